#include "report/refused.h"

#include <stdlib.h>
#include <string.h>

#include "core/hash.h"
#include "report/sender/score.h"

#define TOLD_OF_SENDER 3 /* places and causes in its evidence */

bool refused_is_ours(const struct fact_refusal *f)
{
	return !f->by_us && f->ours != OURS_NO;
}

bool refused_by_auth(const struct fact_refusal *f)
{
	return strncmp(f->class, "auth_", 5) == 0;
}

/* What it was refused for, as it stands behind "12 refused at gmail.com". */
static const char *cause_of(const char *class, struct arena *a)
{
	static const char *const known[][2] = {
	    {"auth_dmarc", " for DMARC"},
	    {"auth_spf", " for SPF"},
	    {"auth_dkim", " for DKIM"},
	    {"auth_any", " for neither SPF nor DKIM"},
	    {"auth_all", " for SPF, DKIM or DMARC"},
	    {"auth_record", " for a record"},
	    {"auth_arc", " for ARC"},
	    {"relay_denied", " to relay"},
	    {"other", ""},
	};
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (strcmp(known[i][0], class) == 0)
			return known[i][1];
	char *words = arena_printf(a, ": %s", class);
	for (char *c = words; *c; c++)
		*c = *c == '_' ? ' ' : *c;
	return words;
}

static const char *place_of(const struct fact_refusal *f)
{
	return f->recipient_domain ? f->recipient_domain
	       : f->receiver_org   ? f->receiver_org
	       : f->receiver_host  ? f->receiver_host
				   : "a receiver that is not named";
}

struct finding_refused {
	struct sender *senders;
	struct map owner; /* address -> sender + 1 */
	struct map lines; /* place, class, sender -> line + 1 */
	struct refused *list;
	size_t n;
	struct arena *a;
};

static void index_senders(struct finding_refused *x, size_t n)
{
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < x->senders[i].n_sources; k++) {
			const struct ip *ip = &x->senders[i].sources[k].ip;
			struct digest key = hash_fixed128(ip, sizeof *ip);
			*map_put(&x->owner, &key, NULL) = i + 1;
		}
}

static struct sender *sender_of(const struct finding_refused *x, const struct ip *ip)
{
	struct digest key = hash_fixed128(ip, sizeof *ip);
	const uint64_t *at = ip->family ? map_get(&x->owner, &key) : NULL;
	return at ? &x->senders[*at - 1] : NULL;
}

static void add(struct finding_refused *x, const struct fact_refusal *f)
{
	struct sender *s = sender_of(x, &f->ip);
	const char *words =
	    arena_printf(x->a, "%s %s %s %d", place_of(f), f->class, s ? s->key : "", f->delayed);
	struct digest key = hash_fixed128(words, strlen(words));
	uint64_t *at = map_put(&x->lines, &key, NULL);
	if (!*at) {
		x->list[x->n] = (struct refused){.place = place_of(f),
						 .class = f->class,
						 .auth = refused_by_auth(f),
						 .delayed = f->delayed,
						 .sender = s ? s->name : NULL,
						 .key = s ? s->key : NULL};
		*at = ++x->n;
	}
	x->list[*at - 1].messages += f->count;
	if (s)
		s->refused += f->count;
}

static int by_weight(const void *p, const void *q)
{
	const struct refused *a = p, *b = q;
	if (a->auth != b->auth)
		return a->auth ? -1 : 1;
	if (a->messages != b->messages)
		return a->messages < b->messages ? 1 : -1;
	int order = strcmp(a->place, b->place);
	return order ? order : strcmp(a->class, b->class);
}

static const char *sentence_of(const struct refused *r, struct arena *a)
{
	return arena_printf(a, "%llu refused at %s%s%s", (unsigned long long)r->messages, r->place,
			    cause_of(r->class, a), r->delayed ? " (tried again)" : "");
}

/* "12 refused at gmail.com for SPF, 3 refused at gmx.de: blocklist" */
static void tell_sender(struct finding_refused *x, struct sender *s)
{
	const char *text = "";
	unsigned told = 0, more = 0;
	for (size_t i = 0; i < x->n; i++) {
		const struct refused *r = &x->list[i];
		if (!r->key || strcmp(r->key, s->key) != 0)
			continue;
		if (told == TOLD_OF_SENDER)
			more++;
		else
			text = arena_printf(x->a, "%s%s%s", text, told++ ? ", " : "", r->text);
	}
	if (more)
		text = arena_printf(x->a, "%s, and more elsewhere", text);
	evidence(s, "N_REFUSED", 0, text);
}

void refused_find(const struct domain_facts *facts, struct sender *senders, size_t n,
		  struct arena *a, const struct refused **out, size_t *n_out)
{
	struct finding_refused x = {.senders = senders, .a = a};
	*n_out = 0;
	if (facts->n_refusals == 0)
		return;
	x.list = arena_alloc(a, facts->n_refusals * sizeof *x.list);
	index_senders(&x, n);
	for (size_t i = 0; i < facts->n_refusals; i++)
		if (refused_is_ours(&facts->refusals[i]))
			add(&x, &facts->refusals[i]);
	if (x.n > 1)
		qsort(x.list, x.n, sizeof *x.list, by_weight);
	for (size_t i = 0; i < x.n; i++)
		x.list[i].text = sentence_of(&x.list[i], a);
	for (size_t i = 0; i < n; i++)
		if (senders[i].refused > 0)
			tell_sender(&x, &senders[i]);
	map_free(&x.owner);
	map_free(&x.lines);
	*out = x.list;
	*n_out = x.n;
}
