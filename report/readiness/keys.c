/* D6: are the keys of the selectors in use in DNS, and strong enough? */
#include <string.h>

#include "core/day.h"
#include "dns/dkim_key.h"
#include "report/readiness/priv.h"

#define SELECTORS_MAX    40
#define RECENT_DAYS      7
#define FAILING_MESSAGES 10 /* fewer may have been changed on the way */

struct selector {
	const char *name;         /* "s1._domainkey.example.com" */
	int32_t last;             /* day that it passed on */
	bool ours;                /* a legitimate sender used it ... */
	bool current;             /* ... and has used no other since */
	uint64_t failing;         /* messages of senders that have passed with no other since */
	const struct sender *who; /* most of them */
};

struct selectors_used {
	struct selector list[SELECTORS_MAX];
	unsigned n;
};

/* Tried with our d=, passing or not. */
static bool is_tried(const struct judging *j, const struct dmarc_dkim *s)
{
	return s->result.code != W_ABSENT && s->result.code != W_NONE &&
	       s->result.code != W_TEMPERROR && s->domain && s->selector && *s->selector &&
	       domain_is_below(s->domain, j->zone.org);
}

/* The last day that something of our domain passed on, of this sender. */
static int32_t signed_until(const struct judging *j, const struct sender *s)
{
	int32_t last = INT32_MIN;
	for (size_t i = 0; i < s->n_facts; i++) {
		const struct dmarc_profile *p = &j->window->profiles[s->facts[i]->profile];
		for (unsigned k = 0; k < p->n_dkim; k++)
			if (is_tried(j, &p->dkim[k]) && p->dkim[k].result.code == W_PASS &&
			    fact_last_day(s->facts[i]) > last)
				last = fact_last_day(s->facts[i]);
	}
	return last;
}

static struct selector *selector_named(struct selectors_used *u, const char *name)
{
	for (unsigned i = 0; i < u->n; i++)
		if (strcmp(u->list[i].name, name) == 0)
			return &u->list[i];
	if (u->n == SELECTORS_MAX)
		return NULL;
	u->list[u->n] = (struct selector){.name = name, .last = INT32_MIN};
	return &u->list[u->n++];
}

static void note_signature(struct selector *x, const struct dmarc_dkim *d, const struct sender *s,
			   const struct fact *f, int32_t until)
{
	int32_t last = fact_last_day(f);
	if (d->result.code == W_PASS) {
		x->last = last > x->last ? last : x->last;
		x->ours = x->ours || is_legit(s);
		x->current = x->current || (is_legit(s) && last == until);
	} else if (last >= until) { /* on the same day: two streams, not a rotation */
		x->failing += f->messages;
		x->who = s;
	}
}

/* Of senders that may be ours: who forges may name any selector. */
static void find_selectors(struct judging *j, struct selectors_used *u)
{
	const struct domain_inventory *inv = j->out->inventory;
	for (size_t i = 0; i < inv->n_senders; i++) {
		const struct sender *s = &inv->senders[i];
		int32_t until = signed_until(j, s);
		bool counts = is_legit(s) || s->hinted;
		for (size_t k = 0; k < s->n_facts; k++) {
			const struct dmarc_profile *p = &j->window->profiles[s->facts[k]->profile];
			for (unsigned m = 0; m < p->n_dkim; m++) {
				const struct dmarc_dkim *d = &p->dkim[m];
				if (!is_tried(j, d) || (!counts && d->result.code != W_PASS))
					continue;
				struct selector *x = selector_named(
				    u, TEXT(j, "%s._domainkey.%s", d->selector, d->domain));
				if (x)
					note_signature(x, d, s, s->facts[k], until);
			}
		}
	}
}

/* A selector whose senders have all gone over to another was rotated: its key may go. */
static bool is_rotated(const struct judging *j, const struct selector *s)
{
	if (s->failing > 0)
		return false;
	return s->ours ? !s->current : s->last < j->in->as_of - RECENT_DAYS;
}

static enum check_status key_status(const struct judging *j, const struct selector *s,
				    const struct dkim_key *k, const char **what)
{
	static const char *const words[] = {[DKIM_KEY_UNKNOWN] = "could not be looked up",
					    [DKIM_KEY_MISSING] = "is not in DNS",
					    [DKIM_KEY_REVOKED] = "is revoked",
					    [DKIM_KEY_BAD] = "is not a valid key",
					    [DKIM_KEY_GOOD] = ""};
	bool never = s->failing > 0 && s->last == INT32_MIN;
	const char *who = s->who ? TEXT(j, ", and %s signs with it (%llu messages fail)",
					s->who->name, (unsigned long long)s->failing)
				 : "";
	*what = TEXT(j, "%s%s", words[k->state], who);
	if (k->state == DKIM_KEY_UNKNOWN)
		return CHECK_UNKNOWN;
	if (k->state != DKIM_KEY_GOOD)
		return is_rotated(j, s) ? CHECK_PASS : CHECK_FAIL;
	enum check_status status = k->ed25519 ? CHECK_PASS : judge_value(j, CHECK_D6, k->bits);
	if (status != CHECK_PASS)
		*what = TEXT(j, "has %u bits%s", k->bits, who);
	else if (never && s->failing >= FAILING_MESSAGES) {
		*what =
		    TEXT(j, "never verified%s: the published key is not the one that signs", who);
		status = CHECK_FAIL;
	} else if (k->testing)
		*what = "is a key in test mode (t=y)";
	return status == CHECK_PASS && k->testing ? CHECK_WARN : status;
}

void check_keys(struct judging *j)
{
	struct selectors_used used = {.n = 0};
	const char *text = "every selector in use has a valid key";
	enum check_status worst = CHECK_PASS;
	unsigned least = 0;
	find_selectors(j, &used);
	for (unsigned i = 0; i < used.n; i++) {
		const struct selector *s = &used.list[i];
		struct dkim_key key = dkim_key_read(dns_ask(j->k->view, s->name, DNS_TXT));
		const char *what;
		enum check_status status = key_status(j, s, &key, &what);
		if (key.state == DKIM_KEY_GOOD && !key.ed25519 && (!least || key.bits < least))
			least = key.bits;
		if (worse(status, worst) > 0) {
			worst = status;
			text = TEXT(j, "%s %s", s->name, what);
		}
	}
	if (used.n == 0)
		set_check(j, CHECK_D6, CHECK_FAIL, "none",
			  "no DKIM signature of your domain passes");
	else
		set_check(
		    j, CHECK_D6, worst,
		    least ? TEXT(j, "%u selector%s, %u bits", used.n, used.n == 1 ? "" : "s", least)
			  : TEXT(j, "%u selector%s", used.n, used.n == 1 ? "" : "s"),
		    text);
}
