#include "report/roster.h"

#include <stdlib.h>
#include <string.h>

#include "core/text.h"
#include "report/sender/classify.h"
#include "report/sender/group.h"
#include "report/sender/zone.h"

void roster_read(const struct domain_facts *months, size_t n, struct knowledge *k,
		 struct roster *out)
{
	size_t room = 0;
	struct sender **senders = arena_alloc(k->a, (n + 1) * sizeof *senders);
	size_t *counts = arena_alloc(k->a, (n + 1) * sizeof *counts);
	const char ***names = arena_alloc(k->a, (n + 1) * sizeof *names);
	for (size_t i = 0; i < n; i++) {
		struct zone zone;
		counts[i] = 0;
		if (months[i].n_facts == 0)
			continue;
		zone_read(&zone, k, &months[i]);
		const struct zone *z = zone.answered ? &zone : NULL;
		struct ties ties;
		if (z)
			ties_init(&ties, z);
		group_senders(&months[i], i > 0 ? &months[i - 1] : NULL, z, NULL, k->rules, k->a,
			      &senders[i], &counts[i]);
		names[i] = arena_alloc(k->a, (counts[i] + 1) * sizeof **names);
		for (size_t m = 0; m < counts[i]; m++)
			names[i][m] = senders[i][m].name;
		classify_senders(&months[i], NULL, z ? &ties : NULL, k->rules, k->a, senders[i],
				 counts[i]);
		zone_end(&zone);
		room += counts[i];
	}
	out->entries = arena_alloc(k->a, (room + 1) * sizeof *out->entries);
	out->n = 0;
	for (size_t i = 0; i < n; i++)
		for (size_t m = 0; m < counts[i]; m++)
			out->entries[out->n++] =
			    (struct roster_entry){senders[i][m].key, names[i][m], &senders[i][m]};
}

/* ---- by name ---- */

size_t roster_plain(const char *name, const char **mark)
{
	size_t n = strlen(name);
	*mark = "";
	for (size_t i = 0; i < GROUP_MARKS; i++) {
		size_t w = strlen(group_marks[i].words);
		if (n <= w || !ascii_ieq(name + n - w, group_marks[i].words))
			continue;
		*mark = group_marks[i].mark;
		return n - w;
	}
	return n;
}

static const char *mark_of(const char *key)
{
	return key + group_base_len(key);
}

/* Is a[0..n) what b[0..m) is, case aside? */
static bool same(const char *a, size_t n, const char *b, size_t m)
{
	for (size_t i = 0; n == m && i < n; i++)
		if (ascii_lower(a[i]) != ascii_lower(b[i]))
			return false;
	return n == m;
}

static void add(struct roster_match *out, const char *key)
{
	for (size_t i = 0; i < out->n; i++)
		if (strcmp(out->keys[i], key) == 0)
			return;
	if (out->n < ROSTER_MATCHES)
		out->keys[out->n++] = key;
	else
		out->more++;
}

/* What a person wrote, taken apart. */
struct wanted {
	const char *text;
	size_t len, plain, base; /* of it, of it as a name, of it as a key */
	const char *mark;        /* that the name adds */
};

/* By key or printed name: the length of e's key that is meant; 0: it is not this one. */
static size_t by_name(const struct roster_entry *e, const struct wanted *w)
{
	const char *mark;
	size_t base = group_base_len(e->key), name = roster_plain(e->name, &mark);
	if (same(e->key, base, w->text, w->base)) {
		if (w->base == w->len || group_mark_words(w->text + w->base)[0] == '\0')
			return w->base == w->len ? base : 0;
		return same(mark_of(e->key), strlen(mark_of(e->key)), w->text + w->base,
			    w->len - w->base)
			   ? strlen(e->key)
			   : 0;
	}
	if (!same(e->name, name, w->text, w->plain))
		return 0;
	if (w->mark[0] == '\0')
		return base;
	return strcmp(mark_of(e->key), w->mark) == 0 ? strlen(e->key) : 0;
}

static size_t by_colon(const struct roster_entry *e, const struct wanted *w)
{
	size_t base = group_base_len(e->key);
	size_t after = (size_t)(strchr(e->key, ':') + 1 - e->key);
	return same(e->key + after, base - after, w->text, w->len) ? base : 0;
}

static bool has_address(const struct roster_entry *e, const char *name)
{
	for (size_t i = 0; i < e->sender->n_sources; i++)
		if (e->sender->sources[i].ptr && ascii_ieq(e->sender->sources[i].ptr, name))
			return true;
	return false;
}

static bool is_label(const struct roster_entry *e)
{
	return strncmp(e->key, "label:", 6) == 0;
}

/* Not of a labelled network: a machine in it is not the network. */
static size_t by_address(const struct roster_entry *e, const struct wanted *w)
{
	return !is_label(e) && has_address(e, w->text) ? group_base_len(e->key) : 0;
}

const char *roster_swallowed(const struct roster *r, const char *text)
{
	const char *colon = strchr(text, ':');
	for (size_t i = r->n; i-- > 0;)
		if (is_label(&r->entries[i]) &&
		    has_address(&r->entries[i], colon ? colon + 1 : text))
			return r->entries[i].key + 6;
	return NULL;
}

void roster_find(const struct roster *r, const char *text, struct arena *a,
		 struct roster_match *out)
{
	static size_t (*const ways[])(const struct roster_entry *,
				      const struct wanted *) = {by_name, by_colon, by_address};
	struct wanted w = {.text = text, .len = strlen(text), .base = group_base_len(text)};
	w.plain = roster_plain(text, &w.mark);
	*out = (struct roster_match){.n = 0};
	for (size_t way = 0; out->n == 0 && way < sizeof ways / sizeof *ways; way++)
		for (size_t i = 0; i < r->n; i++) {
			size_t n = ways[way](&r->entries[i], &w);
			if (n > 0)
				add(out, arena_strndup(a, r->entries[i].key, n));
		}
}

const struct roster_entry *roster_nearest(const struct roster *r, struct text_nearest *near,
					  struct arena *a)
{
	const struct roster_entry *found = NULL;
	const char *mark;
	for (size_t i = r->n; i-- > 0;) {
		const struct roster_entry *e = &r->entries[i];
		const char *base = arena_strndup(a, e->key, group_base_len(e->key));
		bool nearer =
		    text_offer(near, arena_strndup(a, e->name, roster_plain(e->name, &mark)));
		nearer = text_offer(near, base) || nearer;
		nearer = text_offer(near, strchr(base, ':') + 1) || nearer;
		if (nearer)
			found = e;
	}
	return found;
}

/* ---- by network ---- */

static bool is_inside(const struct ip *ip, const struct ip *network, unsigned bits)
{
	struct ip net = ip_network(ip, bits);
	return ip->family == network->family && ip_cmp(&net, network) == 0;
}

/* The network of a sender that is a labelled one. */
static bool labelled_network(const struct roster_entry *e, unsigned *bits)
{
	struct ip network;
	return is_label(e) && label_network(e->key + 6, &network, bits);
}

static struct roster_holding *holding_of(struct roster_holding *all, size_t *n,
					 const struct roster_entry *e, struct arena *a)
{
	size_t base = group_base_len(e->key);
	for (size_t i = 0; i < *n; i++)
		if (strlen(all[i].key) == base && memcmp(all[i].key, e->key, base) == 0)
			return &all[i];
	all[*n] = (struct roster_holding){.key = arena_strndup(a, e->key, base)};
	return &all[(*n)++];
}

static int by_weight(const void *x, const void *y)
{
	const struct roster_holding *a = x, *b = y;
	if (a->approved != b->approved)
		return a->approved ? -1 : 1;
	if (a->passes != b->passes)
		return a->passes ? -1 : 1;
	if (a->messages != b->messages)
		return a->messages < b->messages ? 1 : -1;
	return strcmp(a->key, b->key);
}

void roster_within(const struct roster *r, const struct ip *network, unsigned bits, struct arena *a,
		   struct roster_holding **holdings, size_t *n)
{
	*holdings = arena_alloc(a, (r->n + 1) * sizeof **holdings);
	*n = 0;
	for (size_t i = 0; i < r->n; i++) {
		const struct roster_entry *e = &r->entries[i];
		const struct sender *s = e->sender;
		struct roster_holding *h = NULL;
		const char *mark;
		unsigned labelled;
		bool narrows = labelled_network(e, &labelled);
		if (narrows && labelled >= bits)
			continue;
		for (size_t k = 0; k < s->n_sources; k++) {
			if (!is_inside(&s->sources[k].ip, network, bits))
				continue;
			h = h ? h : holding_of(*holdings, n, e, a);
			h->messages += s->sources[k].messages;
			h->dmarc_pass += s->sources[k].dmarc_pass;
		}
		if (!h)
			continue;
		h->name = s->label && s->label->name
			      ? s->label->name
			      : arena_strndup(a, e->name, roster_plain(e->name, &mark));
		if (!narrows && s->label && s->label->verdict == LABEL_APPROVE)
			h->approved = true;
	}
	for (size_t i = 0; i < *n; i++)
		(*holdings)[i].passes = 2 * (*holdings)[i].dmarc_pass >= (*holdings)[i].messages &&
					(*holdings)[i].messages > 0;
	qsort(*holdings, *n, sizeof **holdings, by_weight);
}
