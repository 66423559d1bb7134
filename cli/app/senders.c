#include "cli/app/senders.h"

#include <time.h>

#include "cli/app/dns_run.h"
#include "cli/app/domains.h"
#include "cli/app/facts.h"
#include "core/day.h"
#include "core/log.h"
#include "db/read/query.h"
#include "dns/names.h"
#include "report/catalogue/catalogue.h"
#include "report/one_record.h"

#define ASKED_WINDOWS 2  /* the period, and the one before: DNS is asked about their addresses */
#define PAST_MONTHS   12 /* before the month that is judged: whoever passed then, shall pass */

static enum status read_facts(struct app *app, struct senders_request *r, struct senders *s,
			      struct err *err)
{
	struct inventory *inv = &s->inventory;
	enum status st = ST_OK;
	bool all = r->n_domains == 0;
	if (all) /* a domain that fell silent is in it too: its senders are gone */
		st = query_domains(app->db, (struct window){inv->before.since, inv->window.until},
				   &s->facts, &r->domains, &r->n_domains, err);
	if (st != ST_OK)
		return st;
	const struct window windows[SENDERS_WINDOWS] = {
	    inv->window,
	    inv->before,
	    {month_first_day(month_of_day(inv->window.until - 1) - PAST_MONTHS),
	     inv->before.since}};
	const struct facts_request what = {r->domains, r->n_domains, all, windows, SENDERS_WINDOWS};
	s->windows =
	    arena_alloc(&s->facts, (SENDERS_WINDOWS * r->n_domains + 1) * sizeof *s->windows);
	inv->domains = arena_alloc(&s->facts, (r->n_domains + 1) * sizeof *inv->domains);
	inv->n_domains = r->n_domains;
	return facts_read(app, &what, &s->facts, s->windows, err);
}

/* An empty inventory is mostly a wrong window: say where the data is. */
static enum status explain_emptiness(struct app *app, const struct senders *s, struct err *err)
{
	char since[DAY_STRLEN], last[DAY_STRLEN], day[DAY_STRLEN], month[DAY_STRLEN];
	const struct inventory *inv = &s->inventory;
	int32_t oldest, newest;
	bool any;
	for (size_t i = 0; i < inv->n_domains; i++)
		if (s->windows[SENDERS_WINDOWS * i].reports > 0)
			return ST_OK;
	enum status st = query_day_range(app->db, &oldest, &newest, &any, err);
	if (st != ST_OK)
		return st;
	day_format(inv->window.since, since);
	day_format(inv->window.until - 1, last);
	if (any && newest >= inv->window.since && oldest < inv->window.until)
		log_warn("no reports for %s from %s to %s; there are some for other domains",
			 inv->n_domains == 1 ? s->windows[0].domain : "these domains", since, last);
	else if (any)
		log_warn("no reports from %s to %s; the newest day with data is %s "
			 "(try --month %s)",
			 since, last, day_format(newest, day),
			 month_format(month_of_day(newest), month));
	else
		log_warn("no reports from %s to %s; the database is empty: "
			 "`ruascope ingest PATH` fills it",
			 since, last);
	return ST_OK;
}

static void judge_domain(const struct domain_facts *windows, const struct weighed *weighed,
			 struct knowledge *k, const struct inventory_options *options,
			 struct domain_inventory *out)
{
	const struct inventory_input in = {&windows[0], &windows[1], &windows[2], weighed,
					   day_from_unix(time(NULL))};
	inventory_domain(&in, k, options, out);
}

/* Over and over, until no question is open: each time with what was answered meanwhile. */
static void judge(const struct app *app, struct senders *s, const struct ahead *ahead,
		  const struct weighed *weighed, const struct inventory_options *options)
{
	struct owner_lists owner;
	struct dns_view view = {0};
	struct knowledge k;
	if (s->resolver)
		view = resolver_view(s->resolver);
	owner_lists_read(app, s->rules, &s->facts, &owner);
	dns_run_ahead(s->resolver, ahead, &s->round);
	do {
		arena_reset(&s->round);
		knowledge_begin(&k, s->rules, s->resolver ? &view : NULL, s->catalogue, &s->round);
		k.origins = s->origins;
		k.asked = &ahead->asked;
		for (size_t i = 0; i < s->inventory.n_domains; i++) {
			struct owner_list ours = owner_domains(
			    &owner, s->windows[SENDERS_WINDOWS * i].domain, &s->round);
			k.ours = ours.names;
			k.n_ours = ours.n;
			judge_domain(&s->windows[SENDERS_WINDOWS * i],
				     &weighed[SENDERS_WINDOWS * i], &k, options,
				     &s->inventory.domains[i]);
		}
		one_record(s->inventory.domains, s->inventory.n_domains, &s->round);
		knowledge_end(&k);
	} while (dns_run_round(s->resolver));
}

int senders_collect(struct app *app, struct senders_request *r, struct senders *s)
{
	struct err err;
	struct inventory *inv = &s->inventory;
	inv->dns = "none";
	s->rules = names_open();
	if (!period_windows(app, &r->period, &inv->window, &inv->before))
		return EXIT_USAGE;
	enum status st = app_catalogue(app, s->rules, &s->catalogue, &err);
	if (st == ST_OK)
		st = origins_open(app->config.mmdb, &s->origins, &err);
	if (st != ST_OK) {
		log_error("%s", err.msg);
		return EXIT_CONFIG;
	}
	int rc = app_open(app);
	if (rc != EXIT_OK)
		return rc;
	st = read_facts(app, r, s, &err);
	if (st == ST_OK && !r->quiet)
		st = explain_emptiness(app, s, &err);
	if (st != ST_OK)
		return app_fail(st, &err);
	rc = dns_run_open(app, &s->resolver, &inv->dns);
	if (rc != EXIT_OK)
		return rc;
	struct weighed *weighed;
	struct domain_facts *judged;
	weigh_domains(s->windows, inv->n_domains, SENDERS_WINDOWS, ASKED_WINDOWS, &s->facts,
		      &weighed, &judged);
	struct ahead ahead = {.rules = s->rules,
			      .catalogue = s->catalogue,
			      .windows = judged,
			      .n_domains = inv->n_domains,
			      .n_windows = ASKED_WINDOWS};
	ahead_begin(&ahead, &s->facts);
	judge(app, s, &ahead, weighed, &r->options);
	if (!r->quiet)
		dns_run_keep(app, s->resolver, &ahead);
	ahead_end(&ahead);
	return EXIT_OK;
}

void senders_close(struct senders *s)
{
	resolver_close(s->resolver);
	origins_close(s->origins);
	catalogue_close(s->catalogue);
	arena_free(&s->round);
	arena_free(&s->facts);
	names_close(s->rules);
}
