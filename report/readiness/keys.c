/* D6: are the keys of the selectors in use in DNS, and strong enough? */
#include <string.h>

#include "core/day.h"
#include "dns/dkim_key.h"
#include "report/readiness/priv.h"

#define SELECTORS_MAX 40
#define RECENT_DAYS   7

struct selector {
	const char *name; /* "s1._domainkey.example.com" */
	int32_t last;     /* day that it passed on */
	bool ours;        /* a legitimate sender used it ... */
	bool current;     /* ... and has used no other since */
};

struct selectors_used {
	struct selector list[SELECTORS_MAX];
	unsigned n;
};

static int32_t last_day(const struct fact *f)
{
	return month_first_day(f->month) + 31 - __builtin_clz(f->days | 1);
}

static bool is_used(const struct judging *j, const struct dmarc_dkim *s)
{
	return s->result.code == W_PASS && s->domain && s->selector && *s->selector &&
	       domain_is_below(s->domain, j->zone.org);
}

/* The last day that something of our domain passed on, of this sender. */
static int32_t signed_until(const struct judging *j, const struct sender *s)
{
	int32_t last = INT32_MIN;
	for (size_t i = 0; i < s->n_facts; i++) {
		const struct dmarc_profile *p = &j->in->window->profiles[s->facts[i]->profile];
		for (unsigned k = 0; k < p->n_dkim; k++)
			if (is_used(j, &p->dkim[k]) && last_day(s->facts[i]) > last)
				last = last_day(s->facts[i]);
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

static void note_fact(struct judging *j, struct selectors_used *u, const struct fact *f, bool legit,
		      int32_t until)
{
	const struct dmarc_profile *p = &j->in->window->profiles[f->profile];
	int32_t last = last_day(f);
	for (unsigned k = 0; k < p->n_dkim; k++) {
		const struct dmarc_dkim *d = &p->dkim[k];
		struct selector *s =
		    is_used(j, d)
			? selector_named(u, TEXT(j, "%s._domainkey.%s", d->selector, d->domain))
			: NULL;
		if (!s)
			continue;
		s->last = last > s->last ? last : s->last;
		s->ours = s->ours || legit;
		s->current = s->current || (legit && last == until);
	}
}

static void find_selectors(struct judging *j, struct selectors_used *u)
{
	const struct domain_inventory *inv = j->out->inventory;
	for (size_t i = 0; i < inv->n_senders; i++) {
		const struct sender *s = &inv->senders[i];
		int32_t until = signed_until(j, s);
		for (size_t k = 0; k < s->n_facts; k++)
			note_fact(j, u, s->facts[k], is_legit(s), until);
	}
}

/* A selector whose senders have all gone over to another was rotated: its key may go. */
static bool is_rotated(const struct judging *j, const struct selector *s)
{
	return s->ours ? !s->current : s->last < j->in->as_of - RECENT_DAYS;
}

static enum check_status key_status(const struct judging *j, const struct dkim_key *k, bool rotated,
				    const char **what)
{
	static const char *const words[] = {[DKIM_KEY_UNKNOWN] = "cannot be asked",
					    [DKIM_KEY_MISSING] = "is not in DNS",
					    [DKIM_KEY_REVOKED] = "is revoked",
					    [DKIM_KEY_BAD] = "is no key",
					    [DKIM_KEY_GOOD] = ""};
	*what = words[k->state];
	if (k->state == DKIM_KEY_UNKNOWN)
		return CHECK_UNKNOWN;
	if (k->state != DKIM_KEY_GOOD)
		return rotated ? CHECK_PASS : CHECK_FAIL;
	enum check_status s = k->ed25519 ? CHECK_PASS : judge_value(j, CHECK_D6, k->bits);
	if (s != CHECK_PASS)
		*what = TEXT(j, "has %u bits", k->bits);
	else if (k->testing)
		*what = "is in test mode (t=y)";
	return s == CHECK_PASS && k->testing ? CHECK_WARN : s;
}

void check_keys(struct judging *j)
{
	struct selectors_used used = {.n = 0};
	const char *text = "every selector in use has a good key";
	enum check_status worst = CHECK_PASS;
	unsigned least = 0;
	find_selectors(j, &used);
	for (unsigned i = 0; i < used.n; i++) {
		const struct selector *s = &used.list[i];
		struct dkim_key key = dkim_key_read(dns_ask(j->k->view, s->name, DNS_TXT));
		const char *what;
		enum check_status status = key_status(j, &key, is_rotated(j, s), &what);
		if (key.state == DKIM_KEY_GOOD && !key.ed25519 && (!least || key.bits < least))
			least = key.bits;
		if (worse(status, worst) > 0) {
			worst = status;
			text = TEXT(j, "%s %s", s->name, what);
		}
	}
	if (used.n == 0)
		set_check(j, CHECK_D6, CHECK_FAIL, "none", "no signature of your domain passes");
	else
		set_check(j, CHECK_D6, worst,
			  least ? TEXT(j, "%u selectors, %u bits", used.n, least)
				: TEXT(j, "%u selectors", used.n),
			  text);
}
