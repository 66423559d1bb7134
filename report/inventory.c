#include "report/inventory.h"

#include <stdlib.h>
#include <string.h>

#include "core/hash.h"
#include "report/classify.h"
#include "report/group.h"

const char *const change_names[CHANGE_COUNT] = {
    [CHANGE_NEW] = "new",
    [CHANGE_GONE] = "gone",
    [CHANGE_CHANGED] = "changed",
    [CHANGE_SAME] = "same",
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

static struct digest key_of(const struct sender *s)
{
	return hash_fixed128(s->key, strlen(s->key));
}

/* What is not settled first, by what fails; then forwarders; then what is fine; what is gone last.
 */
static int rank(const struct sender *s)
{
	if (s->change == CHANGE_GONE)
		return 3;
	return s->category == CAT_AUTHORIZED ? 2 : s->category == CAT_FORWARDER ? 1 : 0;
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

/* The sender as it was, without a message now. */
static struct sender gone(const struct sender *was)
{
	return (struct sender){.name = was->name,
			       .key = was->key,
			       .category = was->category,
			       .confidence = was->confidence,
			       .first_day = was->first_day,
			       .last_day = was->last_day,
			       .change = CHANGE_GONE,
			       .remedy = REMEDY_NONE,
			       .remedy_text = "not seen in this period"};
}

/* senders has room for those that are gone. */
static size_t compare(struct sender *senders, size_t n, const struct sender *before,
		      size_t n_before)
{
	struct map old = {0}, now = {0};
	for (size_t i = 0; i < n_before; i++) {
		struct digest key = key_of(&before[i]);
		*map_put(&old, &key, NULL) = i;
	}
	for (size_t i = 0; i < n; i++) {
		struct digest key = key_of(&senders[i]);
		const uint64_t *was = map_get(&old, &key);
		map_put(&now, &key, NULL);
		if (!was)
			senders[i].change = CHANGE_NEW;
		else
			senders[i].change = before[*was].category == senders[i].category
						? CHANGE_SAME
						: CHANGE_CHANGED;
	}
	for (size_t i = 0; i < n_before; i++) {
		struct digest key = key_of(&before[i]);
		if (!map_get(&now, &key))
			senders[n++] = gone(&before[i]);
	}
	map_free(&old);
	map_free(&now);
	return n;
}

void inventory_domain(const struct domain_facts *now, const struct domain_facts *before,
		      const struct name_rules *rules, const struct inventory_options *options,
		      struct arena *a, struct domain_inventory *out)
{
	struct sender *senders, *old;
	size_t n, n_old;
	group_senders(now, rules, a, &senders, &n);
	classify_senders(now, rules, a, senders, n);
	group_senders(before, rules, a, &old, &n_old);
	classify_senders(before, rules, a, old, n_old);
	struct sender *all = arena_alloc(a, (n + n_old + 1) * sizeof *all);
	if (n > 0)
		memcpy(all, senders, n * sizeof *all);
	n = compare(all, n, old, n_old);
	qsort(all, n, sizeof *all, by_urgency);
	if (options->one_category) {
		size_t kept = 0;
		for (size_t i = 0; i < n; i++)
			if (all[i].category == options->category)
				all[kept++] = all[i];
		n = kept;
	}
	*out = (struct domain_inventory){.domain = now->domain,
					 .messages = now->messages,
					 .dmarc_pass = now->dmarc_pass,
					 .reports = now->reports,
					 .reporters = now->n_reporters,
					 .senders = all,
					 .n_senders = n};
}
