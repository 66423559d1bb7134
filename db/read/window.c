#include <stdlib.h>
#include <string.h>

#include "core/buf.h"
#include "core/day.h"
#include "core/limits.h"
#include "core/mem.h"
#include "db/read/priv.h"

static void add_org(struct gather *g, uint32_t number, int32_t day, uint64_t messages)
{
	struct digest key = id_key(number);
	bool fresh;
	uint64_t *i = map_put(&g->org_index, &key, &fresh);
	if (fresh) {
		g->orgs = MEM_ROOM(g->orgs, g->n_orgs, g->cap_orgs);
		g->orgs[g->n_orgs] =
		    (struct gather_org){number, {.first_day = day, .last_day = day}};
		*i = g->n_orgs++;
	}
	struct fact_reporter *r = &g->orgs[*i].r;
	r->messages = count_add(r->messages, messages);
	r->first_day = day < r->first_day ? day : r->first_day;
	r->last_day = day > r->last_day ? day : r->last_day;
}

static void put_text(struct buf *key, const char *s)
{
	buf_putc(key, s ? '+' : '-');
	buf_put(key, s ? s : "", s ? strlen(s) + 1 : 0);
}

static void add_policy(struct gather *g, const struct fold_policy *p, uint32_t reporter,
		       int32_t day, uint64_t reports)
{
	struct buf key;
	bool fresh;
	buf_init(&key, 64 * KIB);
	put_text(&key, p->p.text);
	put_text(&key, p->sp.text);
	buf_put(&key, &p->pct, sizeof p->pct);
	buf_putc(&key, p->testing);
	buf_put(&key, &reporter, sizeof reporter);
	struct digest d = hash_fixed128(key.data, key.len);
	uint64_t *i = map_put(&g->policy_index, &d, &fresh);
	buf_free(&key);
	if (fresh) {
		g->policies = MEM_ROOM(g->policies, g->n_policies, g->cap_policies);
		g->policies[g->n_policies] = (struct fact_policy){.p = p->p,
								  .sp = p->sp,
								  .pct = p->pct,
								  .testing = p->testing,
								  .reporter = reporter,
								  .first_day = day,
								  .last_day = day};
		*i = g->n_policies++;
	}
	struct fact_policy *to = &g->policies[*i];
	to->first_day = day < to->first_day ? day : to->first_day;
	to->last_day = day > to->last_day ? day : to->last_day;
	to->reports += (uint32_t)reports;
}

/* Days [from, to) of the month, which begins on first. */
static void add_reports(struct gather *g, const struct fold *f, const uint32_t *numbers,
			int32_t first, uint32_t from, uint32_t to)
{
	struct fact_day days[32] = {{0}};
	bool any[32] = {false};
	for (size_t i = 0; i < f->n_reports; i++) {
		const struct fold_reports *r = &f->reports[i];
		if (r->day < from || r->day >= to)
			continue;
		struct fact_day *day = &days[r->day];
		any[r->day] = true;
		day->day = first + (int32_t)r->day - 1;
		day->messages = count_add(day->messages, r->messages);
		day->dmarc_pass = count_add(day->dmarc_pass, r->dmarc_pass);
		add_org(g, numbers[r->reporter], day->day, r->messages);
		add_policy(g, &f->policies[r->policy], numbers[r->reporter], day->day, r->reports);
		g->out->reports += r->reports;
	}
	for (uint32_t d = from; d < to; d++)
		if (any[d]) {
			g->days = MEM_ROOM(g->days, g->n_days, g->cap_days);
			g->days[g->n_days++] = days[d];
		}
}

static uint32_t profile_index(struct gather *g, const struct dmarc_profile *p)
{
	struct digest key = p->digest;
	bool fresh;
	memset(key.b + sizeof(int64_t), 0,
	       sizeof key.b - sizeof(int64_t)); /* the number is its head */
	uint64_t *i = map_put(&g->profiles, &key, &fresh);
	if (fresh) {
		g->list = MEM_ROOM(g->list, g->n_profiles, g->cap_profiles);
		g->list[g->n_profiles] = *p;
		*i = g->n_profiles++;
	}
	return (uint32_t)*i;
}

static bool is_daily(const struct gather *g)
{
	return g->out->window.until - g->out->window.since <= DAILY_WINDOW;
}

/* Each reporter of a fact once, or once a day; its days come in order. */
static void add_witness(struct gather *g, struct fact *fact, uint32_t number,
			const struct fold_sighting *s)
{
	if (number >= g->n_last) {
		size_t n = 2 * (size_t)number + 64;
		g->last = mem_grow(g->last, n, sizeof *g->last);
		memset(g->last + g->n_last, 0, (n - g->n_last) * sizeof *g->last);
		g->n_last = n;
	}
	struct gather_last *last = &g->last[number];
	if (last->fact != g->n || (is_daily(g) && last->day != s->day)) {
		g->seen = MEM_ROOM(g->seen, g->n_seen, g->cap_seen);
		g->seen[g->n_seen] = (struct fact_witness){.reporter = number};
		*last = (struct gather_last){g->n, s->day, g->n_seen++};
		fact->n_witnesses++;
	}
	struct fact_witness *w = &g->seen[last->at];
	w->days |= UINT32_C(1) << (s->day - 1);
	w->messages = count_add(w->messages, s->messages);
}

static struct fact *add_fact(struct gather *g, const struct fold_sighting *s, uint32_t profile,
			     int32_t month)
{
	g->facts = MEM_ROOM(g->facts, g->n, g->cap);
	g->facts[g->n] = (struct fact){.source = s->source, .profile = profile, .month = month};
	return &g->facts[g->n++];
}

static bool same_fact(const struct fold_sighting *a, const struct fold_sighting *b)
{
	return a->profile == b->profile && ip_cmp(&a->source, &b->source) == 0;
}

static void add_sightings(struct gather *g, const struct fold *f, const uint32_t *numbers,
			  int32_t month, uint32_t from, uint32_t to)
{
	uint32_t *profiles = mem_grow(NULL, f->n_profiles + 1, sizeof *profiles);
	const struct fold_sighting *last = NULL;
	struct fact *fact = NULL;
	memset(profiles, 0xff, f->n_profiles * sizeof *profiles);
	for (size_t i = 0; i < f->n_sightings; i++) {
		const struct fold_sighting *s = &f->sightings[i];
		if (s->day < from || s->day >= to)
			continue;
		if (!last || !same_fact(last, s)) {
			if (profiles[s->profile] == UINT32_MAX)
				profiles[s->profile] = profile_index(g, &f->profiles[s->profile]);
			fact = add_fact(g, s, profiles[s->profile], month);
		}
		last = s;
		fact->messages = count_add(fact->messages, s->messages);
		fact->records += s->records;
		fact->days |= UINT32_C(1) << (s->day - 1);
		add_witness(g, fact, numbers[s->reporter], s);
	}
	free(profiles);
}

void gather_month(struct gather *g, const struct fold *f, const uint32_t *numbers, int32_t month)
{
	struct window w = window_of_month(g->out->window, month);
	int32_t first = month_first_day(month);
	if (w.since >= w.until)
		return;
	uint32_t from = (uint32_t)(w.since - first) + 1, to = (uint32_t)(w.until - first) + 1;
	add_reports(g, f, numbers, first, from, to);
	add_sightings(g, f, numbers, month, from, to);
}

static int by_first_day(const void *x, const void *y)
{
	const struct fact_policy *a = x, *b = y;
	int order = (a->first_day > b->first_day) - (a->first_day < b->first_day);
	if (order == 0)
		order = strcmp(a->p.text ? a->p.text : "", b->p.text ? b->p.text : "");
	if (order == 0)
		order = strcmp(a->sp.text ? a->sp.text : "", b->sp.text ? b->sp.text : "");
	if (order == 0)
		order = (a->pct > b->pct) - (a->pct < b->pct);
	if (order == 0)
		order = a->testing - b->testing;
	return order ? order : (a->reporter > b->reporter) - (a->reporter < b->reporter);
}

static void finish_totals(struct gather *g, struct arena *a)
{
	struct domain_facts *out = g->out;
	out->days = arena_memdup(a, g->days, g->n_days * sizeof *g->days);
	out->n_days = g->n_days;
	for (size_t i = 0; i < out->n_days; i++) {
		out->messages = count_add(out->messages, out->days[i].messages);
		out->dmarc_pass = count_add(out->dmarc_pass, out->days[i].dmarc_pass);
	}
}

static int by_name(const void *x, const void *y)
{
	const struct fact_reporter *a = x, *b = y;
	int order = strcmp(a->org_name, b->org_name);
	return order ? order : (a->standing > b->standing) - (a->standing < b->standing);
}

static int by_reporter(const void *x, const void *y)
{
	const struct fact_witness *a = x, *b = y;
	int order = (a->reporter > b->reporter) - (a->reporter < b->reporter);
	return order ? order : (a->days > b->days) - (a->days < b->days);
}

/* Reporters by name; facts say which of them. */
static void finish_reporters(struct gather *g, const struct names *names, struct arena *a)
{
	struct domain_facts *out = g->out;
	struct fact_reporter *list = arena_alloc(a, g->n_orgs * sizeof *list);
	struct fact_witness *block = arena_memdup(a, g->seen, g->n_seen * sizeof *block);
	uint32_t *index = mem_grow(NULL, gather_number((uint32_t)names->n, 0) + 1, sizeof *index);
	for (size_t i = 0; i < g->n_orgs; i++) {
		list[i] = g->orgs[i].r;
		list[i].org_name = names->list[gather_org(g->orgs[i].number)];
		list[i].standing = gather_standing(g->orgs[i].number);
	}
	if (g->n_orgs > 1)
		qsort(list, g->n_orgs, sizeof *list, by_name);
	for (size_t i = 0; i < g->n_orgs; i++) {
		const struct fact_reporter key = {.org_name =
						      names->list[gather_org(g->orgs[i].number)],
						  .standing = gather_standing(g->orgs[i].number)};
		const struct fact_reporter *at =
		    bsearch(&key, list, g->n_orgs, sizeof *list, by_name);
		index[g->orgs[i].number] = (uint32_t)(at - list);
	}
	for (size_t i = 0; i < g->n_orgs; i++)
		list[i].org_name = arena_strdup(a, list[i].org_name);
	for (size_t i = 0; i < g->n_seen; i++)
		block[i].reporter = index[block[i].reporter];
	for (size_t i = 0; i < g->n; i++) {
		struct fact *f = &g->facts[i];
		if (f->n_witnesses > 1)
			qsort(block, f->n_witnesses, sizeof *block, by_reporter);
		f->witnesses = block;
		block += f->n_witnesses;
	}
	for (size_t i = 0; i < g->n_policies; i++)
		g->policies[i].reporter = index[g->policies[i].reporter];
	free(index);
	out->reporters = list;
	out->n_reporters = g->n_orgs;
}

static void finish_policies(struct gather *g, struct arena *a)
{
	if (g->n_policies > 1)
		qsort(g->policies, g->n_policies, sizeof *g->policies, by_first_day);
	g->out->policies = arena_memdup(a, g->policies, g->n_policies * sizeof *g->policies);
	g->out->n_policies = g->n_policies;
}

/* Profiles by id: the same question gets the same answer, folded or raw. */
struct numbered {
	int64_t id;
	uint32_t index;
};

static int by_id(const void *x, const void *y)
{
	const struct numbered *a = x, *b = y;
	return (a->id > b->id) - (a->id < b->id);
}

static void finish_profiles(struct gather *g, struct arena *a)
{
	struct numbered *order = mem_grow(NULL, g->n_profiles + 1, sizeof *order);
	uint32_t *renumber = mem_grow(NULL, g->n_profiles + 1, sizeof *renumber);
	struct dmarc_profile *list = arena_alloc(a, g->n_profiles * sizeof *list);
	for (size_t i = 0; i < g->n_profiles; i++)
		order[i] = (struct numbered){dmarc_profile_number(&g->list[i]), (uint32_t)i};
	if (g->n_profiles > 1)
		qsort(order, g->n_profiles, sizeof *order, by_id);
	for (size_t i = 0; i < g->n_profiles; i++) {
		list[i] = g->list[order[i].index];
		renumber[order[i].index] = (uint32_t)i;
	}
	for (size_t i = 0; i < g->n; i++)
		g->facts[i].profile = renumber[g->facts[i].profile];
	free(order);
	free(renumber);
	g->out->profiles = list;
	g->out->n_profiles = g->n_profiles;
}

static int compare_facts(const void *x, const void *y)
{
	const struct fact *a = x, *b = y;
	int order = ip_cmp(&a->source, &b->source);
	if (order == 0)
		order = (a->month > b->month) - (a->month < b->month);
	if (order == 0)
		order = (a->profile > b->profile) - (a->profile < b->profile);
	return order;
}

/* One month comes in order already. */
static bool in_order(const struct gather *g)
{
	for (size_t i = 1; i < g->n; i++)
		if (compare_facts(&g->facts[i - 1], &g->facts[i]) > 0)
			return false;
	return true;
}

void gather_finish(struct gather *g, const struct names *names, struct arena *a)
{
	finish_totals(g, a);
	finish_reporters(g, names, a);
	finish_policies(g, a);
	finish_profiles(g, a);
	if (!in_order(g))
		qsort(g->facts, g->n, sizeof *g->facts, compare_facts);
	g->out->facts = arena_memdup(a, g->facts, g->n * sizeof *g->facts);
	g->out->n_facts = g->n;
}

void gather_free(struct gather *g)
{
	map_free(&g->profiles);
	map_free(&g->org_index);
	map_free(&g->policy_index);
	free(g->list);
	free(g->facts);
	free(g->seen);
	free(g->last);
	free(g->orgs);
	free(g->days);
	free(g->policies);
}
