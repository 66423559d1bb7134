/* ruascope readiness: may a domain publish p=reject, and what would break. */
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "cli/app/app.h"
#include "cli/app/dns_run.h"
#include "cli/app/facts.h"
#include "cli/app/senders.h"
#include "cli/command/commands.h"
#include "core/day.h"
#include "core/log.h"
#include "db/read/query.h"
#include "dns/names.h"
#include "report/catalogue/catalogue.h"
#include "report/readiness/readiness.h"
#include "report/render/render.h"

#define OUTPUT_MAX   (256 * MIB)
#define WINDOW_DAYS  30
#define GATE_DAYS    14
#define HISTORY_DAYS 60

/* As a Nagios plugin has them. */
enum { READY = 0, WARNINGS = 1, NOT_READY = 2, TOO_LITTLE = 3 };

struct request {
	int32_t as_of;
	bool strict, all, json, html;
	const char *const *domains;
	size_t n;
};

struct readiness_run {
	const struct name_rules *rules;
	struct catalogue *catalogue;
	struct resolver *resolver;
	struct readiness_limits limits;
	struct readiness_input *inputs;
	const struct domain_facts *windows; /* N_WINDOWS of each domain */
	struct readiness *out;
	struct arena facts, round;
};

enum { WINDOW, GATE, HISTORY, N_WINDOWS };

static enum status read_facts(struct app *app, const struct request *q, struct readiness_run *run,
			      struct err *err)
{
	int32_t since = q->as_of - WINDOW_DAYS;
	const struct window windows[N_WINDOWS] = {
	    [WINDOW] = {since, q->as_of},
	    [GATE] = {q->as_of - GATE_DAYS, q->as_of},
	    [HISTORY] = {since - HISTORY_DAYS, since},
	};
	const struct facts_request what = {q->domains, q->n, q->all, windows, N_WINDOWS};
	struct domain_facts *facts =
	    arena_alloc(&run->facts, (N_WINDOWS * q->n + 1) * sizeof *facts);
	enum status st = facts_read(app, &what, &run->facts, facts, err);
	run->windows = facts;
	for (size_t i = 0; i < q->n; i++, facts += N_WINDOWS)
		run->inputs[i] = (struct readiness_input){.as_of = q->as_of,
							  .window = &facts[WINDOW],
							  .gate = &facts[GATE],
							  .history = &facts[HISTORY],
							  .limits = &run->limits};
	return st;
}

static void judge(struct readiness_run *run, const struct request *q, const struct ahead *ahead)
{
	struct dns_view view = {0};
	struct knowledge k;
	if (run->resolver)
		view = resolver_view(run->resolver);
	dns_run_ahead(run->resolver, ahead, &run->round);
	do {
		arena_reset(&run->round);
		knowledge_begin(&k, run->rules, run->resolver ? &view : NULL, run->catalogue,
				&run->round);
		k.asked = &ahead->asked;
		k.reporters = ahead->reporters;
		for (size_t i = 0; i < q->n; i++)
			readiness_judge(&run->inputs[i], &k, &run->out[i]);
		knowledge_end(&k);
	} while (dns_run_round(run->resolver));
}

static int exit_of(const struct readiness *r, bool strict)
{
	switch (r->verdict) {
	case VERDICT_READY:
		return READY;
	case VERDICT_WARNINGS:
		return strict ? NOT_READY : WARNINGS;
	case VERDICT_NOT_READY:
		return NOT_READY;
	default:
		return TOO_LITTLE;
	}
}

/* Of many domains the worst; that a domain's own DNS cannot be asked is another time's business. */
static int print(const struct readiness_run *run, const struct request *q)
{
	struct text_style style;
	struct buf out;
	int rc = READY;
	bool later = false;
	text_style_of(NULL, &style);
	buf_init(&out, OUTPUT_MAX);
	for (size_t i = 0; i < q->n; i++) {
		const struct readiness *r = &run->out[i];
		int one = exit_of(r, q->strict);
		rc = one == NOT_READY || rc == NOT_READY ? NOT_READY : one > rc ? one : rc;
		later = later || r->dns_failed;
		if (q->json)
			render_readiness_json(r, &out);
		else if (!q->all && !q->html)
			render_readiness_text(r, &style, &out);
	}
	if (q->html)
		render_readiness_html(run->out, q->n, &out);
	else if (q->all && !q->json)
		render_readiness_summary(run->out, q->n, &style, &out);
	bool failed = out.failed;
	print_buf(&out);
	buf_free(&out);
	return failed ? EXIT_INTERNAL : later && !q->all ? EXIT_TRY_LATER : rc;
}

static int read_limits(const struct app *app, struct readiness_limits *limits)
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

static int work(struct app *app, struct request *q, struct readiness_run *run)
{
	struct err err;
	const char *mode;
	enum status st = app_catalogue(app, run->rules, &run->catalogue, &err);
	if (st != ST_OK) {
		log_error("%s", err.msg);
		return EXIT_CONFIG;
	}
	int rc = read_limits(app, &run->limits);
	if (rc == EXIT_OK)
		rc = app_open(app);
	if (rc != EXIT_OK)
		return rc;
	if (q->all)
		st = query_domains(app->db, (struct window){q->as_of - WINDOW_DAYS, q->as_of},
				   &run->facts, &q->domains, &q->n, &err);
	run->inputs = arena_alloc(&run->facts, (q->n + 1) * sizeof *run->inputs);
	run->out = arena_alloc(&run->facts, (q->n + 1) * sizeof *run->out);
	if (st == ST_OK)
		st = read_facts(app, q, run, &err);
	if (st != ST_OK)
		return app_fail(st, &err);
	rc = dns_run_open(app, &run->resolver, &mode);
	if (rc != EXIT_OK)
		return rc;
	struct ahead ahead = {.rules = run->rules,
			      .catalogue = run->catalogue,
			      .windows = run->windows,
			      .n_domains = q->n,
			      .n_windows = N_WINDOWS};
	ahead_begin(&ahead, &run->facts);
	judge(run, q, &ahead);
	dns_run_keep(app, run->resolver, &ahead);
	ahead_end(&ahead);
	return print(run, q);
}

enum { OPT_AS_OF = 256, OPT_STRICT, OPT_ALL };

static int read_option(struct app *app, struct request *q, int c, char **argv)
{
	switch (c) {
	case OPT_AS_OF:
		return day_parse(optarg, &q->as_of)
			   ? EXIT_OK
			   : usage_error(app, "--as-of: \"%s\" is not YYYY-MM-DD", optarg);
	case OPT_STRICT:
		q->strict = true;
		return EXIT_OK;
	case OPT_ALL:
		q->all = true;
		return EXIT_OK;
	case 'f':
		q->html = strcmp(optarg, "html") == 0;
		return q->html || format_text_or_json(app, optarg, &q->json) ? EXIT_OK : EXIT_USAGE;
	default:
		return bad_option(app, argv, c);
	}
}

int cmd_readiness(struct app *app, int argc, char **argv)
{
	static const struct option options[] = {{"as-of", required_argument, NULL, OPT_AS_OF},
						{"strict", no_argument, NULL, OPT_STRICT},
						{"all", no_argument, NULL, OPT_ALL},
						{"format", required_argument, NULL, 'f'},
						{NULL, 0, NULL, 0}};
	struct request q = {.as_of = day_from_unix(time(NULL))};
	char domain[DOMAIN_SIZE];
	const char *one = domain;
	int c, rc = EXIT_OK;
	while (rc == EXIT_OK && (c = getopt_long(argc, argv, ":f:", options, NULL)) != -1)
		rc = read_option(app, &q, c, argv);
	if (rc != EXIT_OK)
		return rc;
	if (q.all ? optind != argc : argc - optind != 1)
		return usage_error(app, "one DOMAIN, or --all, is wanted");
	struct readiness_run run = {.rules = names_open()};
	if (!q.all && !domain_normalise(run.rules, argv[optind], strlen(argv[optind]), domain))
		rc = usage_error(app, "\"%s\" is not a domain name", argv[optind]);
	if (!q.all) {
		q.domains = &one;
		q.n = 1;
	}
	if (rc == EXIT_OK)
		rc = work(app, &q, &run);
	resolver_close(run.resolver);
	catalogue_close(run.catalogue);
	arena_free(&run.round);
	arena_free(&run.facts);
	names_close(run.rules);
	return rc;
}
