#include "report/inventory.h"

#include <stdlib.h>
#include <string.h>

#include "core/hash.h"
#include "dns/dmarc.h"
#include "report/remedy/remedy.h"
#include "report/sender/classify.h"
#include "report/sender/group.h"
#include "report/sender/zone.h"

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

static struct period read_period(const struct domain_facts *facts, const struct zone *zone,
				 struct knowledge *k)
{
	struct period p;
	group_senders(facts, zone, k->asked, k->rules, k->a, &p.senders, &p.n);
	classify_senders(facts, zone, k->rules, k->a, p.senders, p.n);
	p.partner = arena_alloc(k->a, (p.n + 1) * sizeof *p.partner);
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

/* The same machines under another key: the one with most messages among common addresses. */
static void match_addresses(struct period *now, struct period *before)
{
	struct map owner = {0}; /* address -> index + 1 of what is left over before */
	for (size_t k = before->n; k-- > 0;)
		for (size_t i = 0; !before->partner[k] && i < before->senders[k].n_sources; i++) {
			const struct ip *ip = &before->senders[k].sources[i].ip;
			struct digest key = hash_fixed128(ip, sizeof *ip);
			*map_put(&owner, &key, NULL) = k + 1;
		}
	for (size_t i = 0; i < now->n; i++)
		for (size_t n = 0; !now->partner[i] && n < now->senders[i].n_sources; n++) {
			const struct ip *ip = &now->senders[i].sources[n].ip;
			struct digest key = hash_fixed128(ip, sizeof *ip);
			const uint64_t *at = map_get(&owner, &key);
			if (at && !before->partner[*at - 1])
				pair(now, i, before, *at - 1);
		}
	map_free(&owner);
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

/* What a person must do first: repair what is ours, then look at strangers. */
static int rank(const struct sender *s)
{
	static const int ranks[CAT_COUNT] = {
	    [CAT_SUSPECT_ABUSE] = 0,   [CAT_LEGIT_SPF_MISSING] = 0, [CAT_LEGIT_BROKEN] = 0,
	    [CAT_LEGIT_UNALIGNED] = 0, [CAT_UNAUTHORIZED] = 1,      [CAT_UNKNOWN] = 1,
	    [CAT_FORWARDER] = 2,       [CAT_AUTHORIZED] = 3,
	};
	return s->change == CHANGE_GONE ? 4 : ranks[s->verdict.category];
}

static int by_urgency(const void *x, const void *y)
{
	const struct sender *a = x, *b = y;
	uint64_t fail_a = a->t.messages - a->t.dmarc_pass, fail_b = b->t.messages - b->t.dmarc_pass;
	if (rank(a) != rank(b))
		return rank(a) - rank(b);
	if (rank(a) < 3 && fail_a != fail_b)
		return fail_a < fail_b ? 1 : -1;
	if (a->t.messages != b->t.messages)
		return a->t.messages < b->t.messages ? 1 : -1;
	return strcmp(a->key, b->key);
}

static const char *walked(const struct knowledge *k, const char *domain)
{
	struct dmarc_answer d;
	dmarc_discover(k->view, k->rules, domain, k->a, &d);
	return d.pending || d.failed ? NULL : d.org_domain;
}

static bool is_wanted(const struct sender *s, const struct inventory_options *o)
{
	if (o->findings && (rank(s) > 1 || s->verdict.category == CAT_UNKNOWN ||
			    (s->label && s->label->verdict == LABEL_IGNORE)))
		return false;
	return !o->one_category || s->verdict.category == o->category;
}

void inventory_domain(const struct domain_facts *now, const struct domain_facts *before,
		      struct knowledge *k, const struct inventory_options *options,
		      struct domain_inventory *out)
{
	struct zone zone;
	zone_read(&zone, k, now);
	const struct zone *z = zone.answered ? &zone : NULL;
	struct period p = read_period(now, z, k), old = read_period(before, z, k);
	match_keys(&p, &old);
	for (size_t i = 0; i < p.n; i++)
		if (p.partner[i])
			classify_settle(&p.senders[i], p.partner[i]);
	match_bases(&p, &old);
	match_addresses(&p, &old);
	size_t n, kept = 0;
	struct sender *all = merge(&p, &old, k->a, &n);
	if (z)
		remedy_senders(now, z, all, n);
	qsort(all, n, sizeof *all, by_urgency);
	for (size_t i = 0; i < n; i++)
		if (is_wanted(&all[i], options))
			all[kept++] = all[i];
	for (size_t i = 0; i < kept; i++)
		for (size_t m = 0; m < all[i].n_sources; m++)
			origins_find(k->origins, &all[i].sources[m].ip, &all[i].sources[m].origin);
	zone_end(&zone);
	*out = (struct domain_inventory){.domain = now->domain,
					 .messages = now->messages,
					 .dmarc_pass = now->dmarc_pass,
					 .reports = now->reports,
					 .reporters = now->n_reporters,
					 .compared = before->reports > 0,
					 .dns = z != NULL,
					 .org_domain =
					     k->rules->org_domain(k->rules->ctx, now->domain),
					 .walk_domain = z ? walked(k, now->domain) : NULL,
					 .senders = all,
					 .n_senders = kept};
	for (size_t i = 0; i < old.n; i++)
		out->before[old.senders[i].verdict.category] += old.senders[i].t.messages;
}
