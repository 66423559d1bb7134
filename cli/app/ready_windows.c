#include "cli/app/ready_windows.h"

#include <stdio.h>

#include "cli/app/facts.h"
#include "core/log.h"
#include "report/readiness/readiness.h"

#define WINDOW_DAYS 30
#define PAST_DAYS   395 /* 13 months */

/* 30 days with hardly a message are no basis: as many days are looked at as make READY_MESSAGES. */
static int32_t since_of(const struct domain_facts *window, const struct domain_facts *history)
{
	uint64_t messages = window->messages;
	size_t i = history->n_days;
	while (window->reports > 0 && messages < READY_MESSAGES && i > 0)
		messages += history->days[--i].messages;
	return i < history->n_days ? history->days[i].day : window->window.since;
}

/* Of those with few messages the windows are read anew. */
static enum status widen(struct app *app, size_t n, int32_t as_of, struct arena *a,
			 struct domain_facts *facts, struct err *err)
{
	struct domain_facts *wide = arena_alloc(a, (READY_WINDOWS * n + 1) * sizeof *wide);
	struct domain_facts **home = arena_alloc(a, (n + 1) * sizeof(struct domain_facts *));
	size_t k = 0;
	for (size_t i = 0; i < n; i++) {
		struct domain_facts *f = &facts[READY_WINDOWS * i], *w = &wide[READY_WINDOWS * k];
		int32_t since = since_of(&f[READY_WINDOW], &f[READY_HISTORY]);
		if (since == f[READY_WINDOW].window.since)
			continue;
		w[READY_WINDOW] =
		    (struct domain_facts){.domain = f->domain, .window = {since, as_of}};
		w[READY_HISTORY] = (struct domain_facts){.domain = f->domain,
							 .window = {as_of - PAST_DAYS, since}};
		home[k++] = f;
	}
	enum status st = facts_read_again(app, k, READY_WINDOWS, a, wide, err);
	for (size_t i = 0; st == ST_OK && i < k; i++)
		for (size_t w = 0; w < READY_WINDOWS; w++)
			home[i][w] = wide[READY_WINDOWS * i + w];
	return st;
}

enum status ready_windows_read(struct app *app, const char *const *domains, size_t n, bool all,
			       int32_t as_of, struct arena *a, struct domain_facts *out,
			       struct err *err)
{
	int32_t since = as_of - WINDOW_DAYS;
	const struct window windows[READY_WINDOWS] = {
	    [READY_WINDOW] = {since, as_of},
	    [READY_HISTORY] = {as_of - PAST_DAYS, since},
	};
	const struct facts_request what = {domains, n, all, windows, READY_WINDOWS};
	enum status st = facts_read(app, &what, a, out, err);
	return st == ST_OK ? widen(app, n, as_of, a, out, err) : st;
}

int ready_limits(const struct app *app, struct readiness_limits *limits)
{
	for (unsigned i = 0; i < app->config.n_readiness; i++) {
		char id[8];
		double pass, warn;
		int end = 0;
		const char *s = app->config.readiness[i];
		if (sscanf(s, "%7s %lf %lf %n", id, &pass, &warn, &end) == 3 && s[end] == '\0' &&
		    readiness_limit(limits, id, pass, warn))
			continue;
		log_error(
		    "%s: readiness: \"%s\" is not like \"A1 99 98\": a check that has limits, to "
		    "pass and to warn",
		    app->config.path, s);
		return EXIT_CONFIG;
	}
	return EXIT_OK;
}
