#include "report/remedy/keys.h"

#include <string.h>

#define RECENT_DAYS 7

/* Tried with our d=, passing or not. */
static bool is_tried(const struct zone *z, const struct dmarc_dkim *s)
{
	return s->result.code != W_ABSENT && s->result.code != W_NONE &&
	       s->result.code != W_TEMPERROR && s->domain && s->selector && *s->selector &&
	       domain_is_below(s->domain, z->org);
}

/* The last day that something of our domain passed on, of this sender. */
static int32_t signed_until(const struct zone *z, const struct sender *s)
{
	int32_t last = INT32_MIN;
	for (size_t i = 0; i < s->n_facts; i++) {
		const struct dmarc_profile *p = &s->profiles[s->facts[i]->profile];
		for (unsigned k = 0; k < p->n_dkim; k++)
			if (is_tried(z, &p->dkim[k]) && p->dkim[k].result.code == W_PASS &&
			    fact_last_day(s->facts[i]) > last)
				last = fact_last_day(s->facts[i]);
	}
	return last;
}

static struct used_key *key_named(struct used_keys *u, const char *name)
{
	for (unsigned i = 0; i < u->n; i++)
		if (strcmp(u->list[i].name, name) == 0)
			return &u->list[i];
	if (u->n == KEYS_MAX)
		return NULL;
	u->list[u->n] = (struct used_key){.name = name, .last = INT32_MIN};
	return &u->list[u->n++];
}

/* Who fails most; whoever hands on mail of ours has its failures, and is not who signs. */
static void note_failing(struct used_key *x, const struct sender *s, uint64_t messages)
{
	if (x->now != s)
		x->now_failing = 0;
	x->now = s;
	x->now_failing += messages;
	if (s->verdict.category == CAT_FORWARDER && x->who)
		return;
	bool ours = sender_is_legit(s), before = x->who && sender_is_legit(x->who);
	if (x->who && x->who != s && (ours != before ? before : x->now_failing <= x->who_failing) &&
	    x->who->verdict.category != CAT_FORWARDER)
		return;
	x->who = s;
	x->who_failing = x->now_failing;
}

static void note_signature(struct used_key *x, const struct dmarc_dkim *d, const struct sender *s,
			   const struct fact *f, int32_t until)
{
	const struct dmarc_profile *p = &s->profiles[f->profile];
	bool alone = p->aligned_dkim && !p->aligned_spf;
	int32_t last = fact_last_day(f);
	if (d->result.code == W_PASS) {
		bool now = sender_is_legit(s) && last == until;
		x->last = last > x->last ? last : x->last;
		x->ours = x->ours || sender_is_legit(s);
		x->current = x->current || now;
		x->passing += f->messages;
		x->alone += alone && sender_is_legit(s) ? f->messages : 0;
		if (now && (!x->signer || s->t.messages > x->signer->t.messages))
			x->signer = s;
	} else if (last >= until) { /* on the same day: two streams, not a rotation */
		x->failing += f->messages;
		note_failing(x, s, f->messages);
	}
}

static void look_up(const struct zone *z, struct used_key *x)
{
	const struct dns_answer *r = dns_ask(z->known->view, x->name, DNS_TXT);
	x->key = dkim_key_read(r);
	x->silent = dns_failed(r);
	x->text = r->outcome == DNS_OK && r->n == 1 ? r->texts[0].data : NULL;
}

static void enter(struct used_keys *u, const struct zone *z, const struct sender *s)
{
	int32_t until = signed_until(z, s);
	bool counts = sender_is_legit(s) || (s->hinted && !s->label);
	for (size_t i = 0; i < s->n_facts; i++) {
		const struct dmarc_profile *p = &s->profiles[s->facts[i]->profile];
		for (unsigned k = 0; k < p->n_dkim; k++) {
			const struct dmarc_dkim *d = &p->dkim[k];
			if (!is_tried(z, d) || (!counts && d->result.code != W_PASS))
				continue;
			struct used_key *x =
			    key_named(u, arena_printf(z->known->a, "%s._domainkey.%s", d->selector,
						      d->domain));
			if (x)
				note_signature(x, d, s, s->facts[i], until);
		}
	}
}

void keys_find(struct used_keys *u, const struct zone *z, const struct sender *senders, size_t n)
{
	u->n = 0;
	for (size_t i = 0; i < n; i++)
		enter(u, z, &senders[i]);
	for (unsigned i = 0; i < u->n; i++)
		look_up(z, &u->list[i]);
}

bool key_is_rotated(const struct used_key *k, int32_t until)
{
	if (k->failing > 0)
		return false;
	return k->ours ? !k->current : k->last < until - RECENT_DAYS;
}

bool key_is_silent(const struct used_key *k)
{
	return k->silent && k->current && k->alone >= KEY_LEAST_ALONE;
}

bool key_is_another(const struct used_key *k)
{
	return k->key.state == DKIM_KEY_GOOD && k->last == INT32_MIN &&
	       k->failing >= KEY_NEVER_FAILING;
}

const char *failing_key(const struct zone *z, const struct sender *s, const char **domain)
{
	const struct dmarc_dkim *best = NULL;
	uint64_t most = 0;
	for (size_t i = 0; i < s->n_facts; i++) {
		const struct dmarc_profile *p = &s->profiles[s->facts[i]->profile];
		for (unsigned k = 0; k < p->n_dkim; k++) {
			const struct dmarc_dkim *d = &p->dkim[k];
			if (d->result.code == W_PASS || d->result.code == W_ABSENT ||
			    d->result.code == W_NONE || !d->domain ||
			    !domain_is_below(d->domain, z->org))
				continue;
			if (domain && !*domain)
				*domain = d->domain;
			if (!d->selector || !*d->selector || s->facts[i]->messages <= most)
				continue;
			most = s->facts[i]->messages;
			best = d;
		}
	}
	return best ? arena_printf(z->known->a, "%s._domainkey.%s", best->selector, best->domain)
		    : NULL;
}
