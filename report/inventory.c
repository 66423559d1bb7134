#include "report/inventory.h"

#include <stdlib.h>
#include <string.h>

#include "core/hash.h"
#include "report/classify.h"
#include "report/group.h"

/* The senders of one period, by key. */
struct period {
	struct sender *senders;
	size_t n;
	struct sender **partner; /* of each, in the other period; NULL: none */
};

bool category_parse(const char *s, enum category *out)
{
	for (int i = 0; i < CAT_COUNT; i++)
		if (strcmp(s, category_names[i]) == 0) {
			*out = (enum category)i;
			return true;
		}
	return false;
}

static struct period read_period(const struct domain_facts *facts, const struct name_rules *rules,
				 struct arena *a)
{
	struct period p;
	group_senders(facts, rules, a, &p.senders, &p.n);
	classify_senders(facts, rules, a, p.senders, p.n);
	p.partner = arena_alloc(a, (p.n + 1) * sizeof *p.partner);
	return p;
}

/* ---- which sender was which ---- */

static void pair(struct period *now, size_t i, struct period *before, size_t k)
{
	now->partner[i] = &before->senders[k];
	before->partner[k] = &now->senders[i];
}

static void match_keys(struct period *now, struct period *before)
{
	for (size_t i = 0, k = 0; i < now->n && k < before->n;) {
		int order = strcmp(now->senders[i].key, before->senders[k].key);
		if (order == 0)
			pair(now, i, before, k);
		i += order <= 0;
		k += order >= 0;
	}
}

static struct digest base_of(const struct sender *s)
{
	return hash_fixed128(s->key, group_base_len(s->key));
}

/* Among what is left over; of several with one base, in the order of their marks. */
static void match_bases(struct period *now, struct period *before)
{
	struct map first = {0}; /* base -> index + 1 of the first left over */
	for (size_t k = before->n; k-- > 0;) {
		struct digest base = base_of(&before->senders[k]);
		if (!before->partner[k])
			*map_put(&first, &base, NULL) = k + 1;
	}
	for (size_t i = 0; i < now->n; i++) {
		struct digest base = base_of(&now->senders[i]), other;
		const uint64_t *at = now->partner[i] ? NULL : map_get(&first, &base);
		for (size_t k = at ? *at - 1 : before->n; k < before->n; k++) {
			other = base_of(&before->senders[k]);
			if (memcmp(&other, &base, sizeof base) != 0)
				break; /* those of one base stand together */
			if (before->partner[k])
				continue;
			pair(now, i, before, k);
			break;
		}
	}
	map_free(&first);
}

/* ---- the list ---- */

/* The sender as it was, without a message now. */
static struct sender gone(const struct sender *was)
{
	return (struct sender){
	    .name = was->name,
	    .key = was->key,
	    .verdict = {.category = was->verdict.category,
			.confidence = was->verdict.confidence,
			.remedy = {.kind = REMEDY_NONE, .text = "not seen in this period"}},
	    .first_day = was->first_day,
	    .last_day = was->last_day,
	    .change = CHANGE_GONE};
}

static struct sender *merge(struct period *now, const struct period *before, struct arena *a,
			    size_t *n)
{
	struct sender *all = arena_alloc(a, (now->n + before->n + 1) * sizeof *all);
	*n = 0;
	for (size_t i = 0; i < now->n; i++) {
		struct sender *s = &now->senders[i];
		const struct sender *was = now->partner[i];
		s->change = !was                                           ? CHANGE_NEW
			    : was->verdict.category == s->verdict.category ? CHANGE_SAME
									   : CHANGE_CHANGED;
		all[(*n)++] = *s;
	}
	for (size_t i = 0; i < before->n; i++)
		if (!before->partner[i])
			all[(*n)++] = gone(&before->senders[i]);
	return all;
}

static int rank(const struct sender *s)
{
	if (s->change == CHANGE_GONE)
		return 3;
	return s->verdict.category == CAT_AUTHORIZED  ? 2
	       : s->verdict.category == CAT_FORWARDER ? 1
						      : 0;
}

static int by_urgency(const void *x, const void *y)
{
	const struct sender *a = x, *b = y;
	uint64_t fail_a = a->t.messages - a->t.dmarc_pass, fail_b = b->t.messages - b->t.dmarc_pass;
	if (rank(a) != rank(b))
		return rank(a) - rank(b);
	if (rank(a) < 2 && fail_a != fail_b)
		return fail_a < fail_b ? 1 : -1;
	if (a->t.messages != b->t.messages)
		return a->t.messages < b->t.messages ? 1 : -1;
	return strcmp(a->key, b->key);
}

void inventory_domain(const struct domain_facts *now, const struct domain_facts *before,
		      const struct name_rules *rules, const struct inventory_options *options,
		      struct arena *a, struct domain_inventory *out)
{
	struct period p = read_period(now, rules, a), old = read_period(before, rules, a);
	match_keys(&p, &old);
	for (size_t i = 0; i < p.n; i++)
		if (p.partner[i])
			classify_settle(&p.senders[i], p.partner[i]);
	match_bases(&p, &old);
	size_t n, kept = 0;
	struct sender *all = merge(&p, &old, a, &n);
	qsort(all, n, sizeof *all, by_urgency);
	for (size_t i = 0; i < n; i++)
		if (!options->one_category || all[i].verdict.category == options->category)
			all[kept++] = all[i];
	*out = (struct domain_inventory){.domain = now->domain,
					 .messages = now->messages,
					 .dmarc_pass = now->dmarc_pass,
					 .reports = now->reports,
					 .reporters = now->n_reporters,
					 .compared = before->reports > 0,
					 .senders = all,
					 .n_senders = kept};
}
