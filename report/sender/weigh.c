#include "report/sender/weigh.h"

#include <stdlib.h>
#include <string.h>

#include "report/sender/daily.h"
#include "report/sender/reporters.h"

#define ENOUGH_KNOWN 2  /* known reporters beside which unknown ones count for nothing */
#define VOID_SHARE   80 /* per cent of the mail that the large ones see ... */
#define VOID_CLAIM   50 /* ... and messages of an address that they would not have missed */

struct weighing {
	const struct domain_facts *d;
	const enum reporter_rank *rank;
	struct arena *a;
	bool drop;         /* unknown ones count for nothing, else as one: the first of them */
	bool has_stranger; /* there is an unknown one */
	uint32_t stranger;
	bool large_see; /* the large ones see VOID_SHARE of the mail */
};

/* ---- addresses behind NAT64 ---- */

static bool is_nat64(const struct ip *ip)
{
	static const uint8_t prefix[12] = {0x00, 0x64, 0xff, 0x9b};
	return ip->family == 6 && memcmp(ip->b, prefix, sizeof prefix) == 0;
}

static struct ip plain_address(const struct ip *ip)
{
	struct ip v4 = {.family = 4};
	if (!is_nat64(ip))
		return *ip;
	memcpy(v4.b, ip->b + 12, 4);
	return v4;
}

static int by_source(const void *x, const void *y)
{
	const struct fact *a = x, *b = y;
	int order = ip_cmp(&a->source, &b->source);
	if (order == 0)
		order = (a->month > b->month) - (a->month < b->month);
	return order ? order : (a->profile > b->profile) - (a->profile < b->profile);
}

/* ---- whose word counts ---- */

static void prepare(struct weighing *w)
{
	uint64_t all = 0, large = 0;
	size_t known = 0;
	for (size_t i = 0; i < w->d->n_reporters; i++) {
		known += w->rank[i] != REPORTER_UNKNOWN;
		all += w->rank[i] != REPORTER_UNKNOWN ? w->d->reporters[i].messages : 0;
		large += w->rank[i] == REPORTER_LARGE ? w->d->reporters[i].messages : 0;
		if (w->rank[i] == REPORTER_UNKNOWN && !w->has_stranger) {
			w->has_stranger = true;
			w->stranger = (uint32_t)i;
		}
	}
	w->drop = known >= ENOUGH_KNOWN;
	w->large_see = large > 0 && 100 * (double)large >= VOID_SHARE * (double)all;
}

/* facts[0..n) are those of one address: is what is said of it something that the large ones would
 * have seen, and did not? */
static bool is_void(const struct weighing *w, const struct fact *facts, size_t n)
{
	uint64_t claimed = 0;
	for (size_t i = 0; i < n && w->large_see; i++)
		for (uint32_t k = 0; k < facts[i].n_witnesses; k++) {
			enum reporter_rank rank = w->rank[facts[i].witnesses[k].reporter];
			if (rank == REPORTER_LARGE)
				return false;
			claimed += rank == REPORTER_KNOWN ? facts[i].witnesses[k].messages : 0;
		}
	return claimed >= VOID_CLAIM;
}

/* The part of a fact that the word of these gives. kept: of those who count. */
static struct fact part_of(const struct weighing *w, const struct fact *f, bool is_claim, bool kept)
{
	struct fact part = *f;
	struct fact_witness *list = arena_alloc(w->a, f->n_witnesses * sizeof *list);
	part.messages = 0;
	part.days = 0;
	part.n_witnesses = 0;
	part.witnesses = list;
	for (uint32_t k = 0; k < f->n_witnesses; k++) {
		struct fact_witness x = f->witnesses[k];
		bool stranger = w->rank[x.reporter] == REPORTER_UNKNOWN;
		bool counts = !is_claim && !(stranger && w->drop);
		if (counts != kept)
			continue;
		part.messages += x.messages;
		part.days |= x.days;
		x.reporter = stranger ? w->stranger : x.reporter;
		list[part.n_witnesses++] = x;
	}
	return part;
}

/* ---- totals of what is kept ---- */

static void sum_up(struct domain_facts *d, struct arena *a)
{
	size_t n_days =
	    (size_t)(d->window.until > d->window.since ? d->window.until - d->window.since : 0);
	struct fact_day *days = arena_alloc(a, (n_days + 1) * sizeof *days);
	double *all = arena_alloc(a, (n_days + 1) * sizeof *all);
	double *good = arena_alloc(a, (n_days + 1) * sizeof *good);
	d->messages = d->dmarc_pass = 0;
	for (size_t i = 0; i < d->n_facts; i++) {
		const struct fact *f = &d->facts[i];
		const struct dmarc_profile *p = &d->profiles[f->profile];
		bool pass = p->eval_spf.code == W_PASS || p->eval_dkim.code == W_PASS;
		d->messages += f->messages;
		d->dmarc_pass += pass ? f->messages : 0;
		daily_add(f, d->window.since, all, n_days);
		if (pass)
			daily_add(f, d->window.since, good, n_days);
	}
	size_t k = 0;
	for (size_t i = 0; i < n_days; i++)
		if (all[i] > 0)
			days[k++] =
			    (struct fact_day){d->window.since + (int32_t)i,
					      (uint64_t)(all[i] + 0.5), (uint64_t)(good[i] + 0.5)};
	d->days = days;
	d->n_days = k;
}

/* What was published, as those say who count. */
static void keep_policies(const struct weighing *w, struct domain_facts *out)
{
	struct fact_policy *list = arena_alloc(w->a, (w->d->n_policies + 1) * sizeof *list);
	out->n_policies = 0;
	for (size_t i = 0; i < w->d->n_policies; i++)
		if (!w->drop || w->rank[w->d->policies[i].reporter] != REPORTER_UNKNOWN)
			list[out->n_policies++] = w->d->policies[i];
	out->policies = list;
}

static void weigh(struct weighing *w, struct weighed *out)
{
	const struct domain_facts *d = w->d;
	struct fact *facts = arena_alloc(w->a, (d->n_facts + 1) * sizeof *facts);
	struct fact *kept = arena_alloc(w->a, (d->n_facts + 1) * sizeof *kept);
	struct fact *rest = arena_alloc(w->a, (d->n_facts + 1) * sizeof *rest);
	bool moved = false;
	prepare(w);
	*out = (struct weighed){*d, *d};
	out->facts.n_facts = out->rest.n_facts = 0;
	for (size_t i = 0; i < d->n_facts; i++) {
		facts[i] = d->facts[i];
		moved = moved || is_nat64(&facts[i].source);
		facts[i].source = plain_address(&facts[i].source);
	}
	if (moved)
		qsort(facts, d->n_facts, sizeof *facts, by_source);
	for (size_t i = 0, end; i < d->n_facts; i = end) {
		for (end = i + 1;
		     end < d->n_facts && ip_cmp(&facts[end].source, &facts[i].source) == 0; end++)
			;
		bool claim = is_void(w, &facts[i], end - i);
		for (size_t k = i; k < end; k++) {
			struct fact in = part_of(w, &facts[k], claim, true);
			struct fact apart = part_of(w, &facts[k], claim, false);
			if (in.n_witnesses > 0)
				kept[out->facts.n_facts++] = in;
			if (apart.n_witnesses > 0)
				rest[out->rest.n_facts++] = apart;
		}
	}
	out->facts.facts = kept;
	out->rest.facts = rest;
	keep_policies(w, &out->facts);
	sum_up(&out->facts, w->a);
	sum_up(&out->rest, w->a);
}

/* Those who say something that counts: unknown ones are one, or none. */
static void keep_reporters(const struct weighing *w, struct weighed *out)
{
	struct fact_reporter *list = arena_alloc(w->a, (w->d->n_reporters + 1) * sizeof *list);
	uint32_t *index = arena_alloc(w->a, (w->d->n_reporters + 1) * sizeof *index);
	struct domain_facts *d = &out->facts;
	size_t n = 0;
	for (size_t i = 0; i < w->d->n_reporters; i++) {
		bool stranger = w->rank[i] == REPORTER_UNKNOWN;
		index[i] = (uint32_t)n;
		if (!stranger || (!w->drop && i == w->stranger))
			list[n++] = w->d->reporters[i];
		else if (!w->drop)
			list[index[w->stranger]].messages += w->d->reporters[i].messages;
	}
	d->reporters = list;
	d->n_reporters = n;
	for (size_t i = 0; i < d->n_facts; i++)
		for (uint32_t k = 0; k < d->facts[i].n_witnesses; k++) {
			struct fact_witness *x =
			    (struct fact_witness *)(uintptr_t)&d->facts[i].witnesses[k];
			x->reporter = index[x->reporter];
		}
}

void weigh_facts(const struct domain_facts *const *sets, size_t n, struct arena *a,
		 struct weighed *out)
{
	enum reporter_rank **rank = arena_alloc(a, n * sizeof *rank);
	reporters_rank(sets, n, a, rank);
	for (size_t i = 0; i < n; i++) {
		struct weighing w = {.d = sets[i], .rank = rank[i], .a = a};
		weigh(&w, &out[i]);
		keep_reporters(&w, &out[i]);
	}
}
