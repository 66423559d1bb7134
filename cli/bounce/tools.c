#include "cli/bounce/tools.h"

#include "core/log.h"
#include "dns/names.h"
#include "report/catalogue/catalogue.h"

int bounce_tools_read(struct bounce_tools *t)
{
	struct err err;
	enum status st = app_bounce_rules(t->app, NULL, &t->rules, &err);
	if (st == ST_OK)
		st = app_catalogue(t->app, t->names, &t->catalogue, &err);
	if (st == ST_OK)
		return EXIT_OK;
	log_error("%s", err.msg);
	return EXIT_CONFIG;
}

int bounce_tools_ask(struct bounce_tools *t)
{
	const char *mode;
	return dns_run_open(t->app, &t->resolver, &mode);
}

void bounce_tools_close(struct bounce_tools *t)
{
	arena_free(&t->dnsbl.a);
	resolver_close(t->resolver);
	catalogue_close(t->catalogue);
	bounce_rules_close(t->rules);
	names_close(t->names);
}

/* Over and over, until no question is open. */
static void explain(struct bounce_tools *t, const struct bounce_batch *b, struct bounce_facts *f,
		    const struct ahead *ahead, struct bounce_explained **all)
{
	struct owner_lists owner;
	struct dns_view view = {0};
	struct knowledge k;
	owner_lists_read(t->app, t->names, &f->a, &owner);
	if (t->resolver)
		view = resolver_view(t->resolver);
	dns_run_ahead(t->resolver, ahead, &f->round);
	do {
		arena_reset(&f->round);
		knowledge_begin(&k, t->names, t->resolver ? &view : NULL, t->catalogue, &f->round);
		k.asked = &ahead->asked;
		bounce_facts_judge(f, &owner, &k);
		const struct bounce_context c = {.k = &k,
						 .rules = t->rules,
						 .domains = f->domains,
						 .n_domains = f->n,
						 .domain = t->domain,
						 .from_ip = t->from_ip,
						 .db = t->app->db != NULL,
						 .lists = t->lists ? &t->dnsbl : NULL};
		for (size_t i = 0; i < b->n; i++)
			bounce_explain(&c, &b->inputs[i], all[i]);
		bounce_facts_end(f);
		knowledge_end(&k);
	} while (dns_run_round(t->resolver));
}

enum status bounce_tools_explain(struct bounce_tools *t, struct bounce_batch *b,
				 struct bounce_facts *f, struct bounce_explained ***all,
				 struct err *err)
{
	enum status st = bounce_facts_read(t->app, t->names, b, t->domain, f, err);
	if (st != ST_OK)
		return st;
	struct ahead ahead = {.rules = t->names,
			      .catalogue = t->catalogue,
			      .windows = f->judged,
			      .n_domains = f->n,
			      .n_windows = BOUNCE_ASKED_WINDOWS};
	ahead_begin(&ahead, &f->a);
	*all = arena_alloc(&b->a, (b->n + 1) * sizeof **all);
	for (size_t i = 0; i < b->n; i++)
		(*all)[i] = arena_alloc(&b->a, (b->inputs[i].n + 1) * sizeof ***all);
	explain(t, b, f, &ahead, *all);
	dns_run_keep(t->app, t->resolver, &ahead);
	ahead_end(&ahead);
	return ST_OK;
}
