#include "cli/bounce/facts.h"

#include <string.h>
#include <time.h>

#include "cli/app/facts.h"
#include "core/day.h"
#include "db/read/query.h"

#define DAYS_BEFORE 30 /* of the refusal */
#define DAYS_BEHIND 3  /* a reporter's reports of that day, and of the repair */
#define PAST_MONTHS 12
#define NAMES_MAX   40 /* envelope-sender domains of a domain, whose records are asked for */

struct asked_domain {
	const char *name;
	int32_t month;  /* of its refusals (core/day.h); INT32_MIN: those without a date */
	int32_t day;    /* of the last of them */
	int32_t newest; /* stored report; INT32_MIN: none */
	const char *mailfrom[NAMES_MAX];
	size_t n_mailfrom;
};

struct finder {
	const struct name_rules *rules;
	const struct known_domain *known;
	size_t n_known;
	struct app *app;
	struct asked_domain list[BOUNCE_DOMAINS];
	size_t n;
};

/* Reports are stored by the domain whose policy applies: the nearest above the name that has some,
 * else its organisational domain. */
static const char *policy_domain(const struct finder *f, const char *name, int32_t *newest)
{
	const struct known_domain *best = NULL;
	for (size_t i = 0; i < f->n_known; i++)
		if (domain_is_below(name, f->known[i].name) &&
		    (!best || strlen(f->known[i].name) > strlen(best->name)))
			best = &f->known[i];
	*newest = best ? best->newest : INT32_MIN;
	return best ? best->name : f->rules->org_domain(f->rules->ctx, name);
}

static struct asked_domain *find(struct finder *f, const char *name, int32_t month, int32_t newest)
{
	for (size_t i = 0; i < f->n; i++)
		if (f->list[i].month == month && strcmp(f->list[i].name, name) == 0)
			return &f->list[i];
	if (f->n == BOUNCE_DOMAINS)
		return NULL;
	struct asked_domain *d = &f->list[f->n++];
	*d =
	    (struct asked_domain){.name = name, .month = month, .day = INT32_MIN, .newest = newest};
	return d;
}

static void add_mailfrom(const struct finder *f, struct asked_domain *d, const char *name)
{
	const struct name_rules *r = f->rules;
	if (!name || strcmp(name, d->name) == 0 || d->n_mailfrom == NAMES_MAX ||
	    strcmp(r->org_domain(r->ctx, name), r->org_domain(r->ctx, d->name)) != 0)
		return;
	for (size_t i = 0; i < d->n_mailfrom; i++)
		if (strcmp(d->mailfrom[i], name) == 0)
			return;
	d->mailfrom[d->n_mailfrom++] = name;
}

/* Strangers who probe our server name any sender: of what it refuses itself only domains with
 * reports are looked at. */
static void add_case(struct finder *f, const struct bounce_case *x, const char *option)
{
	int32_t newest;
	const char *name = bounce_sent_as(x, option);
	if (!name)
		return;
	const char *domain = policy_domain(f, name, &newest);
	if (x->r.direction == REFUSED_BY_US && newest == INT32_MIN && !option)
		return;
	int32_t day = x->last_at ? day_from_unix(x->last_at) : INT32_MIN;
	struct asked_domain *d =
	    find(f, domain, x->last_at ? month_of_day(day) : INT32_MIN, newest);
	if (!d)
		return;
	d->day = day > d->day ? day : d->day;
	add_mailfrom(f, d, bounce_mail_from(x, option));
}

/* What is not dated is of the last days that are stored. */
static void windows_of(const struct asked_domain *d, struct window out[BOUNCE_WINDOWS])
{
	int32_t today = day_from_unix(time(NULL));
	int32_t day = d->day != INT32_MIN ? d->day : d->newest != INT32_MIN ? d->newest : today;
	if (day > today)
		day = today;
	int32_t until = day + DAYS_BEHIND < today + 1 ? day + DAYS_BEHIND : today + 1;
	int32_t since = day - DAYS_BEFORE, before = since - DAYS_BEFORE - 1;
	out[0] = (struct window){since, until};
	out[1] = (struct window){before, since};
	out[2] = (struct window){month_first_day(month_of_day(before) - PAST_MONTHS), before};
}

/* Names that no report has, so that their records are read, too: profiles of no fact. */
static void add_profiles(struct domain_facts *d, const struct asked_domain *asked, struct arena *a)
{
	size_t n = d->n_profiles + asked->n_mailfrom;
	struct dmarc_profile *all = arena_alloc(a, (n + 1) * sizeof *all);
	if (d->n_profiles)
		memcpy(all, d->profiles, d->n_profiles * sizeof *all);
	for (size_t i = 0; i < asked->n_mailfrom; i++) {
		struct dmarc_spf *spf = arena_alloc(a, sizeof *spf);
		*spf = (struct dmarc_spf){.domain = asked->mailfrom[i],
					  .scope = {.code = W_MFROM, .text = "mfrom"}};
		all[d->n_profiles + i] = (struct dmarc_profile){.header_from = d->domain,
								.envelope_from = asked->mailfrom[i],
								.spf = spf,
								.n_spf = 1,
								.cell = CELL_F10};
	}
	d->profiles = all;
	d->n_profiles = n;
}

static enum status read_domain(struct app *app, const struct asked_domain *asked,
			       struct bounce_facts *f, size_t i, struct err *err)
{
	struct window windows[BOUNCE_WINDOWS];
	struct domain_facts *out = &f->windows[i * BOUNCE_WINDOWS];
	enum status st = ST_OK;
	windows_of(asked, windows);
	for (size_t w = 0; w < BOUNCE_WINDOWS; w++)
		out[w] = (struct domain_facts){.domain = asked->name, .window = windows[w]};
	if (app->db && asked->newest != INT32_MIN) {
		const struct facts_request what = {&asked->name, 1, false, windows, BOUNCE_WINDOWS};
		st = facts_read(app, &what, &f->a, out, err);
	}
	f->domains[i] = (struct bounce_domain){
	    .domain = asked->name, .window = windows[0], .stored = out[0].reports > 0};
	if (asked->n_mailfrom)
		add_profiles(&out[0], asked, &f->a);
	return st;
}

enum status bounce_facts_read(struct app *app, const struct name_rules *rules,
			      const struct bounce_batch *b, const char *option,
			      struct bounce_facts *f, struct err *err)
{
	struct finder *finder = arena_alloc(&f->a, sizeof *finder);
	struct known_domain *known = NULL;
	enum status st = ST_OK;
	*finder = (struct finder){.rules = rules, .app = app};
	if (app->db)
		st = query_known_domains(app->db, day_from_unix(time(NULL)) + 1, NULL, &f->a,
					 &known, &finder->n_known, err);
	finder->known = known;
	for (size_t i = 0; st == ST_OK && i < b->n; i++)
		for (size_t k = 0; k < b->inputs[i].n; k++)
			add_case(finder, &b->inputs[i].cases[k], option);
	f->n = finder->n;
	f->windows = arena_alloc(&f->a, (f->n * BOUNCE_WINDOWS + 1) * sizeof *f->windows);
	f->domains = arena_alloc(&f->a, (f->n + 1) * sizeof *f->domains);
	for (size_t i = 0; st == ST_OK && i < f->n; i++)
		st = read_domain(app, &finder->list[i], f, i, err);
	if (st == ST_OK)
		weigh_domains(f->windows, f->n, BOUNCE_WINDOWS, BOUNCE_ASKED_WINDOWS, &f->a,
			      &f->weighed, &f->judged);
	return st;
}

void bounce_facts_judge(struct bounce_facts *f, const struct owner_lists *owner,
			struct knowledge *k)
{
	static const struct inventory_options all;
	for (size_t i = 0; i < f->n; i++) {
		const struct domain_facts *w = &f->windows[i * BOUNCE_WINDOWS];
		struct weighed *weighed = &f->weighed[i * BOUNCE_WINDOWS];
		const struct inventory_input in = {
		    .now = &w[0], .before = &w[1], .past = &w[2], .weighed = weighed};
		struct bounce_domain *d = &f->domains[i];
		struct owner_list ours = owner_domains(owner, d->domain, &f->round);
		k->ours = ours.names;
		k->n_ours = ours.n;
		inventory_judge(&in, k, &all, &d->inventory, &d->basis);
		d->periods[0] = &d->basis.now;
		d->periods[1] = &d->basis.before;
		d->periods[2] = &weighed[2].facts;
		d->judged = true;
	}
}

void bounce_facts_end(struct bounce_facts *f)
{
	for (size_t i = 0; i < f->n; i++)
		zone_end(&f->domains[i].basis.zone);
}

void bounce_facts_reset(struct bounce_facts *f)
{
	f->n = 0;
	arena_reset(&f->a);
}

void bounce_facts_free(struct bounce_facts *f)
{
	arena_free(&f->a);
	arena_free(&f->round);
	arena_free(&f->kept);
}
