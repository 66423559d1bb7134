/*
 * Facts for the tests of report/, made from rows of words: for test_report_*.c only.
 *
 * A row is an address, how much, and what its authentication came to; alignment and cell are
 * computed here as ingest does, with the last two labels as organisational domain.
 */
#ifndef TESTS_UNIT_REPORT_FACTS_H
#define TESTS_UNIT_REPORT_FACTS_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/arena.h"
#include "core/day.h"
#include "core/domain.h"
#include "core/facts.h"
#include "report/sender/group.h"
#include "tests/unit/check.h"

/* A row leaves out what is usual. */
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"

#define OURS      "example.com"
#define REPORTERS 8
#define OCTOBER   (2026 * 12 + 9)

struct row {
	const char *ip; /* NULL: no usable address */
	uint64_t messages;
	const char *spf;    /* "bounce.example.com pass", or NULL */
	const char *dkim;   /* "example.com s1 pass, vendor.example k fail", or NULL; selector "-":
			       the reporter left it out */
	unsigned flags;     /* enum dmarc_flag */
	uint32_t days;      /* 0: ten of them */
	unsigned reporters; /* a set; 0: the first three */
	enum dmarc_word_code disposition;
	const char *from; /* NULL: OURS */
};

static inline const char *last_two_labels(void *ctx, const char *name)
{
	(void)ctx;
	unsigned dots = 0;
	for (const char *p = name + strlen(name); p > name; p--)
		if (p[-1] == '.' && ++dots == 2)
			return p;
	return name;
}

static const struct name_rules test_rules = {.org_domain = last_two_labels};

static inline bool is_aligned(const char *name)
{
	return strcmp(last_two_labels(NULL, name), last_two_labels(NULL, OURS)) == 0;
}

static inline struct dmarc_word result_word(const char *s)
{
	struct dmarc_word w = {W_ABSENT, s};
	w.code = dmarc_word_lookup(V_RESULT, s, strlen(s), &w.text);
	return w;
}

static inline enum cell_spf_result read_spf(struct arena *a, const char *text,
					    struct dmarc_profile *p, enum cell_spf_domain *where)
{
	*where = SPF_NO_DOMAIN;
	if (!text)
		return SPF_IS_NONE;
	char name[600], result[32];
	assert_int_equal(sscanf(text, "%599s %31s", name, result), 2);
	struct dmarc_spf *s = arena_alloc(a, sizeof *s);
	*s = (struct dmarc_spf){.domain = arena_strdup(a, name),
				.scope = {W_MFROM, "mfrom"},
				.result = result_word(arena_strdup(a, result))};
	p->spf = s;
	p->n_spf = 1;
	*where = is_aligned(name) ? SPF_ALIGNED : SPF_UNALIGNED;
	switch (s->result.code) {
	case W_PASS:
		p->aligned_spf = *where == SPF_ALIGNED;
		return SPF_PASSES;
	case W_NONE:
		return SPF_IS_NONE;
	case W_PERMERROR:
		return SPF_PERM;
	case W_TEMPERROR:
		return SPF_TEMP;
	default:
		return SPF_FAILS;
	}
}

static inline enum cell_dkim read_dkim(struct arena *a, const char *text, struct dmarc_profile *p,
				       bool *other)
{
	enum cell_dkim best = DKIM_ABSENT;
	struct dmarc_dkim *list = arena_alloc(a, 8 * sizeof *list);
	*other = false;
	p->dkim = list;
	for (const char *at = text; at; at = strchr(at, ',') ? strchr(at, ',') + 1 : NULL) {
		char name[600], selector[600], result[32];
		assert_int_equal(sscanf(at, "%599s %599s %31[a-z]", name, selector, result), 3);
		struct dmarc_dkim *d = &list[p->n_dkim++];
		*d = (struct dmarc_dkim){
		    .domain = arena_strdup(a, name),
		    .selector = strcmp(selector, "-") == 0 ? NULL : arena_strdup(a, selector),
		    .result = result_word(arena_strdup(a, result))};
		bool passes = d->result.code == W_PASS;
		if (!is_aligned(name))
			*other = *other || passes;
		else if (passes)
			best = DKIM_PASSES;
		else if (best == DKIM_ABSENT)
			best = DKIM_FAILS;
	}
	p->aligned_dkim = best == DKIM_PASSES;
	return best;
}

static inline void make_profile(struct arena *a, const struct row *r, struct dmarc_profile *p)
{
	enum cell_spf_domain where;
	bool other;
	*p = (struct dmarc_profile){.header_from = r->from ? r->from : OURS, .flags = r->flags};
	enum cell_spf_result spf = read_spf(a, r->spf, p, &where);
	enum cell_dkim dkim = read_dkim(a, r->dkim, p, &other);
	if (r->flags & DMARC_STRICT_ONLY && spf == SPF_PASSES && where == SPF_ALIGNED) {
		where = SPF_UNALIGNED;
		p->aligned_spf = false;
	}
	if (r->flags & DMARC_STRICT_ONLY && dkim == DKIM_PASSES) {
		dkim = DKIM_ABSENT;
		other = true;
		p->aligned_dkim = false;
	}
	if (r->flags & DMARC_NULL_SENDER && p->n_spf > 0)
		((struct dmarc_spf *)p->spf)->scope = (struct dmarc_word){W_HELO, "helo"};
	p->cell = dmarc_cell(where, spf, dkim, other);
	p->eval_spf.code = p->aligned_spf ? W_PASS : W_FAIL;
	p->eval_dkim.code = p->aligned_dkim ? W_PASS : W_FAIL;
	p->disposition.code = r->disposition ? r->disposition : W_NONE;
}

static inline int by_source(const void *x, const void *y)
{
	const struct fact *a = x, *b = y;
	int order = ip_cmp(&a->source, &b->source);
	return order ? order : (a->profile > b->profile) - (a->profile < b->profile);
}

/* Large receivers: what is weighed believes them. A test of strangers writes other names. */
static const char *const large_reporters[REPORTERS] = {
    "google.com", "Enterprise Outlook", "Yahoo",  "comcast.net",
    "GMX",        "Mimecast",           "WEB.DE", "mail.ru"};

/* What the reporters saw, as the facts have it. */
static inline void sum_reporters(const struct domain_facts *d, struct fact_reporter *reporters)
{
	for (size_t i = 0; i < d->n_reporters; i++) {
		reporters[i].first_day = d->window.since;
		reporters[i].last_day = d->window.until - 1;
	}
	for (size_t i = 0; i < d->n_facts; i++)
		for (uint32_t k = 0; k < d->facts[i].n_witnesses; k++)
			reporters[d->facts[i].witnesses[k].reporter].messages +=
			    d->facts[i].witnesses[k].messages;
}

/* And what of it was seen on which day. */
static inline void sum_days(struct arena *a, struct domain_facts *d)
{
	size_t n = (size_t)(d->window.until - d->window.since), k = 0;
	double *all = arena_alloc(a, (n + 1) * sizeof *all);
	struct fact_day *days = arena_alloc(a, (n + 1) * sizeof *days);
	for (size_t i = 0; i < d->n_facts; i++)
		daily_add(&d->facts[i], d->window.since, all, n);
	for (size_t i = 0; i < n; i++)
		if (all[i] > 0)
			days[k++] = (struct fact_day){d->window.since + (int32_t)i,
						      (uint64_t)(all[i] + 0.5), 0};
	d->days = days;
	d->n_days = k;
}

static inline struct domain_facts make_facts(struct arena *a, int32_t month, const struct row *rows,
					     size_t n)
{
	struct dmarc_profile *profiles = arena_alloc(a, (n + 1) * sizeof *profiles);
	struct fact_reporter *reporters = arena_alloc(a, REPORTERS * sizeof *reporters);
	struct fact *facts = arena_alloc(a, (n + 1) * sizeof *facts);
	struct domain_facts d = {
	    .domain = OURS,
	    .window = {month_first_day(month), month_first_day(month + 1)},
	    .reports = n,
	    .profiles = profiles,
	    .n_profiles = n,
	    .reporters = reporters,
	    .n_reporters = REPORTERS,
	    .facts = facts,
	    .n_facts = n,
	};
	for (size_t i = 0; i < REPORTERS; i++)
		reporters[i].org_name = large_reporters[i];
	for (size_t i = 0; i < n; i++) {
		const struct row *r = &rows[i];
		unsigned set = r->reporters ? r->reporters : 7;
		struct fact_witness *seen = arena_alloc(a, REPORTERS * sizeof *seen);
		unsigned n_seen = (unsigned)__builtin_popcount(set & ((1u << REPORTERS) - 1));
		make_profile(a, r, &profiles[i]);
		facts[i] = (struct fact){.profile = (uint32_t)i,
					 .month = month,
					 .days = r->days ? r->days : 0x3ff,
					 .messages = r->messages,
					 .records = 1,
					 .witnesses = seen};
		if (r->ip)
			assert_true(ip_parse(r->ip, strlen(r->ip), &facts[i].source, NULL));
		for (uint32_t k = 0; k < REPORTERS; k++)
			if (set >> k & 1) {
				uint64_t first = facts[i].n_witnesses ? 0 : r->messages % n_seen;
				seen[facts[i].n_witnesses++] = (struct fact_witness){
				    k, facts[i].days, r->messages / n_seen + first};
			}
		d.messages += r->messages;
		if (profiles[i].aligned_spf || profiles[i].aligned_dkim)
			d.dmarc_pass += r->messages;
	}
	qsort(facts, n, sizeof *facts, by_source);
	sum_reporters(&d, reporters);
	sum_days(a, &d);
	return d;
}

static inline struct sender *find_sender(struct sender *senders, size_t n, const char *key)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(senders[i].key, key) == 0)
			return &senders[i];
	return NULL;
}

/* Only the tests of inventory and render link it. */
#ifdef REPORT_INVENTORY_H
static inline void inventory_without_dns(const struct domain_facts *now,
					 const struct domain_facts *before,
					 const struct inventory_options *options, struct arena *a,
					 struct domain_inventory *out)
{
	struct knowledge k;
	knowledge_begin(&k, &test_rules, NULL, NULL, a);
	inventory_domain(&(struct inventory_input){.now = now, .before = before}, &k, options, out);
	knowledge_end(&k);
}
#endif

#endif
