#include "report/sender/weigh.h"

#include <stdlib.h>
#include <string.h>

#include "report/sender/reporters.h"

#define ENOUGH_KNOWN 2  /* known reporters beside which unknown ones count for nothing */
#define VOID_SHARE   80 /* per cent of the mail that the large ones see ... */
#define VOID_CLAIM   50 /* ... and messages of an address that they would not have missed */

struct weighing {
	const struct domain_facts *d;
	const enum reporter_rank *rank;
	struct arena *a;
	bool drop;        /* unknown ones count for nothing, else as one: the first of them */
	bool strangers;   /* there are unknown ones */
	bool merges;      /* some stand apart that are one, or count for nothing */
	uint32_t *number; /* by reporter: its index among those that count */
	bool large_see;   /* the large ones see VOID_SHARE of the mail */
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

/* The organisation of the last one before it that counts, by other reports. */
static bool same_as_before(const struct weighing *w, size_t i)
{
	const struct fact_reporter *list = w->d->reporters;
	size_t k = i;
	while (k > 0 && w->rank[k - 1] == REPORTER_UNPROVED)
		k--;
	return k > 0 && w->rank[i] != REPORTER_UNPROVED &&
	       strcmp(list[k - 1].org_name, list[i].org_name) == 0;
}

static void prepare(struct weighing *w)
{
	uint64_t all = 0, large = 0;
	size_t known = 0;
	for (size_t i = 0; i < w->d->n_reporters; i++) {
		bool again = same_as_before(w, i);
		w->merges = w->merges || again || w->rank[i] == REPORTER_UNPROVED;
		if (w->rank[i] == REPORTER_UNPROVED)
			continue;
		known += !again && w->rank[i] != REPORTER_UNKNOWN;
		w->strangers = w->strangers || w->rank[i] == REPORTER_UNKNOWN;
		all += w->rank[i] != REPORTER_UNKNOWN ? w->d->reporters[i].messages : 0;
		large += w->rank[i] == REPORTER_LARGE ? w->d->reporters[i].messages : 0;
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

static bool counts(const struct weighing *w, const struct fact_witness *x, bool claim)
{
	enum reporter_rank rank = w->rank[x->reporter];
	return !claim && rank != REPORTER_UNPROVED && !(w->drop && rank == REPORTER_UNKNOWN);
}

/* The part of a fact that the word of these gives; kept: of those who count, under their new
 * numbers. Without witnesses: none. */
static struct fact part_of(const struct weighing *w, const struct fact *f, bool claim, bool kept)
{
	struct fact part = *f;
	uint32_t n = 0;
	for (uint32_t k = 0; k < f->n_witnesses; k++)
		n += counts(w, &f->witnesses[k], claim) == kept;
	part.n_witnesses = 0;
	if (n == 0 || (n == f->n_witnesses && !kept)) {
		part.n_witnesses = n;
		return part;
	}
	struct fact_witness *list = arena_alloc(w->a, n * sizeof *list);
	part.messages = 0;
	part.days = 0;
	part.witnesses = list;
	for (uint32_t k = 0; k < f->n_witnesses; k++) {
		struct fact_witness x = f->witnesses[k];
		if (counts(w, &x, claim) != kept)
			continue;
		part.messages += x.messages;
		part.days |= x.days;
		x.reporter = kept ? w->number[x.reporter] : x.reporter;
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
		if (w->rank[w->d->policies[i].reporter] != REPORTER_UNPROVED &&
		    (!w->drop || w->rank[w->d->policies[i].reporter] != REPORTER_UNKNOWN))
			list[out->n_policies++] = w->d->policies[i];
	out->policies = list;
}

static void add_reporter(struct fact_reporter *to, const struct fact_reporter *more)
{
	to->messages += more->messages;
	to->first_day = more->first_day < to->first_day ? more->first_day : to->first_day;
	to->last_day = more->last_day > to->last_day ? more->last_day : to->last_day;
}

/* Those who say something that counts; unknown ones are one, or none. */
static void number_reporters(struct weighing *w, struct domain_facts *d)
{
	struct fact_reporter *list = arena_alloc(w->a, (w->d->n_reporters + 1) * sizeof *list);
	w->number = arena_alloc(w->a, (w->d->n_reporters + 1) * sizeof *w->number);
	size_t n = 0, one = SIZE_MAX;
	for (size_t i = 0; i < w->d->n_reporters; i++) {
		bool stranger = w->rank[i] == REPORTER_UNKNOWN;
		if (w->rank[i] == REPORTER_UNPROVED)
			continue;
		if (n > 0 && !stranger && same_as_before(w, i)) {
			add_reporter(&list[n - 1], &w->d->reporters[i]);
			w->number[i] = (uint32_t)(n - 1);
			continue;
		}
		if (stranger && (w->drop || one != SIZE_MAX)) {
			w->number[i] = (uint32_t)one;
			if (!w->drop)
				list[one].messages += w->d->reporters[i].messages;
			continue;
		}
		one = stranger ? n : one;
		w->number[i] = (uint32_t)n;
		list[n] = w->d->reporters[i];
		list[n++].unknown = stranger;
	}
	d->reporters = list;
	d->n_reporters = n;
}

/* Facts whose addresses are plain; a copy only where one is not. */
static const struct fact *plain_facts(const struct weighing *w)
{
	const struct domain_facts *d = w->d;
	bool moved = false;
	for (size_t i = 0; i < d->n_facts; i++)
		moved = moved || is_nat64(&d->facts[i].source);
	if (!moved)
		return d->facts;
	struct fact *facts = arena_memdup(w->a, d->facts, d->n_facts * sizeof *facts);
	for (size_t i = 0; i < d->n_facts; i++)
		facts[i].source = plain_address(&facts[i].source);
	qsort(facts, d->n_facts, sizeof *facts, by_source);
	return facts;
}

/* Into kept and rest, or only how many there would be of each. */
static void part(const struct weighing *w, const struct fact *facts, struct fact *kept,
		 struct fact *rest, size_t n[2])
{
	n[0] = n[1] = 0;
	for (size_t i = 0, end; i < w->d->n_facts; i = end) {
		for (end = i + 1;
		     end < w->d->n_facts && ip_cmp(&facts[end].source, &facts[i].source) == 0;
		     end++)
			;
		bool claim = is_void(w, &facts[i], end - i);
		for (size_t k = i; k < end; k++) {
			bool in = false, out = false;
			for (uint32_t m = 0; m < facts[k].n_witnesses; m++)
				*(counts(w, &facts[k].witnesses[m], claim) ? &in : &out) = true;
			if (kept && in)
				kept[n[0]] = part_of(w, &facts[k], claim, true);
			if (rest && out)
				rest[n[1]] = part_of(w, &facts[k], claim, false);
			n[0] += in;
			n[1] += out;
		}
	}
}

/* Of those whose reports usually are proved, in reports that are not. */
static uint64_t unproved_messages(const struct weighing *w)
{
	uint64_t n = 0;
	for (size_t i = 0; i < w->d->n_reporters; i++)
		n += w->rank[i] == REPORTER_UNPROVED ? w->d->reporters[i].messages : 0;
	return n;
}

static void weigh(struct weighing *w, struct weighed *out)
{
	size_t n[2];
	prepare(w);
	const struct fact *facts = plain_facts(w);
	*out = (struct weighed){*w->d, *w->d, 0};
	part(w, facts, NULL, NULL, n);
	if (n[1] == 0 && !w->strangers && !w->merges) { /* nothing is left out, nobody is merged */
		out->facts.facts = facts;
		out->rest.n_facts = out->rest.n_days = 0;
		out->rest.messages = out->rest.dmarc_pass = 0;
		return;
	}
	struct fact *kept = arena_alloc(w->a, (n[0] + 1) * sizeof *kept);
	struct fact *rest = arena_alloc(w->a, (n[1] + 1) * sizeof *rest);
	number_reporters(w, &out->facts);
	part(w, facts, kept, rest, n);
	out->facts.facts = kept;
	out->facts.n_facts = n[0];
	out->rest.facts = rest;
	out->rest.n_facts = n[1];
	keep_policies(w, &out->facts);
	sum_up(&out->facts, w->a);
	sum_up(&out->rest, w->a);
	out->unproved = unproved_messages(w);
}

void weigh_facts(const struct domain_facts *const *sets, size_t n, struct arena *a,
		 struct weighed *out)
{
	enum reporter_rank **rank = arena_alloc(a, n * sizeof *rank);
	reporters_rank(sets, n, a, rank);
	for (size_t i = 0; i < n; i++) {
		struct weighing w = {.d = sets[i], .rank = rank[i], .a = a};
		weigh(&w, &out[i]);
	}
}

void weigh_domains(const struct domain_facts *windows, size_t n_domains, size_t n_windows,
		   size_t n_first, struct arena *a, struct weighed **out,
		   struct domain_facts **facts)
{
	const struct domain_facts **sets = arena_alloc(a, (n_windows + 1) * sizeof *sets);
	*out = arena_alloc(a, (n_domains * n_windows + 1) * sizeof **out);
	*facts = arena_alloc(a, (n_domains * n_first + 1) * sizeof **facts);
	for (size_t i = 0; i < n_domains; i++) {
		struct weighed *w = &(*out)[i * n_windows];
		for (size_t k = 0; k < n_windows; k++)
			sets[k] = &windows[i * n_windows + k];
		weigh_facts(sets, n_windows, a, w);
		for (size_t k = 0; k < n_first; k++)
			(*facts)[i * n_first + k] = w[k].facts;
	}
}
