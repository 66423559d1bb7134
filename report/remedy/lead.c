#include "report/remedy/lead.h"

#include <string.h>

#include "report/remedy/asking.h"
#include "report/remedy/keys.h"

/* A name in From that is an alias into the domain whose servers these are. */
static const char *from_alias(const struct zone *z, const struct sender *s, const char **target)
{
	for (size_t i = 0; i < s->n_facts; i++) {
		const char *from = s->profiles[s->facts[i]->profile].header_from;
		if (!from || strcmp(from, z->domain) == 0 || !zone_asks_from(z, from))
			continue;
		const struct dns_answer *r = dns_ask(z->known->view, from, DNS_A);
		const char *org = knowledge_of(z->known, &s->facts[i]->source)->org;
		if (org && strcmp(r->canonical, r->name) != 0 &&
		    domain_is_below(r->canonical, org) && !zone_is_ours(z, org)) {
			*target = r->canonical;
			return from;
		}
	}
	return NULL;
}

struct lead leads_to(const struct zone *z, const struct sender *s)
{
	struct lead x = {0};
	char ip[IP_STRLEN];
	for (size_t i = 0; i < s->n_sources; i++) {
		const struct zone_host *h = zone_host(z, &s->sources[i].ip);
		if (h)
			return (struct lead){h->name,
					     arena_strdup(z->known->a, ip_format(&h->ip, ip)),
					     h->exchanger, h->foreign && !h->exchanger};
	}
	x.name = from_alias(z, s, &x.target);
	x.alias = x.name;
	return x;
}

/* What a yes would need where it signs as us in vain; "": it does not sign. */
const char *key_advice(const struct zone *z, const struct sender *s)
{
	const char *domain = NULL, *name = failing_key(z, s, &domain);
	if (!name && !domain)
		return "";
	if (!name)
		return arena_printf(
		    z->known->a,
		    "look up its selector in its settings (the receivers do not tell "
		    "it), and publish the key at SELECTOR._domainkey.%s",
		    domain ? domain : z->domain);
	switch (dkim_key_read(dns_ask(z->known->view, name, DNS_TXT)).state) {
	case DKIM_KEY_MISSING:
		return arena_printf(z->known->a, "publish its key at %s, where there is none",
				    name);
	case DKIM_KEY_REVOKED:
		return arena_printf(
		    z->known->a, "publish its key at %s again: it is revoked (p= is empty)", name);
	case DKIM_KEY_UNKNOWN:
		return arena_printf(z->known->a, "see that its key is at %s", name);
	default:
		return arena_printf(z->known->a,
				    "compare the key at %s with the one that it signs with", name);
	}
}

/* ---- what of ours names the machines: as it was found, and no more ---- */

/* A record, and what a service documents, say nothing of mail with another envelope sender. */
static unsigned ties_that_count(const struct sender *s)
{
	return asking_is_unaligned(s) ? s->ties_any & ~(unsigned)(TIE_RECORD | TIE_SERVICE)
				      : s->ties_any;
}

/* How many of its addresses have the tie. */
static size_t tied(const struct sender *s, unsigned tie)
{
	size_t n = 0;
	for (size_t i = 0; i < s->n_sources; i++)
		n += (s->sources[i].ties & tie) != 0;
	return n;
}

static const char *host_of(const struct asking *q)
{
	for (size_t i = 0; i < q->s->n_sources; i++) {
		const struct zone_host *h = zone_host(q->g->zone, &q->s->sources[i].ip);
		if (h)
			return h->name;
	}
	return "a name of yours";
}

const char *asking_tied(const struct asking *q)
{
	const struct sender *s = q->s;
	unsigned ties = ties_that_count(s), tie = ties & (~ties + 1); /* the first of them */
	const char *what;
	switch (tie) {
	case TIE_HOST:
		what = arena_printf(q->a, "%s leads to", host_of(q));
		break;
	case TIE_NAME:
		what = "forward-confirmed reverse DNS in your domain is that of";
		break;
	case TIE_RECORD:
		what = "your SPF record authorises";
		break;
	case TIE_SERVICE:
		what = "for what your DNS names of it, the service documents";
		break;
	case TIE_PERSON:
		what = "you approved";
		break;
	default:
		return NULL;
	}
	size_t n = tied(s, tie);
	if (n == s->n_sources)
		return arena_printf(q->a, "%s %s", what, n == 1 ? "the address" : "its addresses");
	return arena_printf(q->a, "%s %zu of its %zu addresses", what, n, s->n_sources);
}
