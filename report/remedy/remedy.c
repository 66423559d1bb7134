#include "report/remedy/remedy.h"

#include <string.h>

#include "report/remedy/spf.h"

struct remedier {
	const struct domain_facts *facts;
	const struct zone *zone;
	struct arena *a;
	const struct sender *senders;
	size_t n;
};

/* ---- SPF ---- */

/* Rows of the sender that a remedy is about. */
static bool concerns(const struct remedier *r, const struct fact *f, enum remedy_kind kind,
		     const char **mailfrom)
{
	const struct dmarc_profile *p = &r->facts->profiles[f->profile];
	*mailfrom = zone_own_mailfrom(r->zone, p);
	if (!*mailfrom || f->source.family == 0)
		return false;
	switch (kind) {
	case REMEDY_SPF_ADD:
		return (p->cell == CELL_F1 || p->cell == CELL_F2) &&
		       zone_spf_now(r->zone, *mailfrom, &f->source) == NOW_NO;
	case REMEDY_SPF_PUBLISH:
		return p->cell == CELL_F4;
	default:
		return p->cell == CELL_F3 || p->cell == CELL_F5;
	}
}

/* The MAIL FROM domain of most of that mail. */
static const struct zone_mailfrom *find_mailfrom(const struct remedier *r, const struct sender *s,
						 enum remedy_kind kind)
{
	uint64_t volume[ZONE_MAILFROM_MAX] = {0};
	const struct zone_mailfrom *best = NULL;
	for (size_t i = 0; i < s->n_facts; i++) {
		const char *name;
		if (!concerns(r, s->facts[i], kind, &name))
			continue;
		for (size_t k = 0; k < r->zone->n_mailfrom; k++) {
			if (strcmp(r->zone->mailfrom[k].domain, name) != 0)
				continue;
			volume[k] += s->facts[i]->messages;
			if (!best || volume[k] > volume[best - r->zone->mailfrom])
				best = &r->zone->mailfrom[k];
		}
	}
	return best;
}

static void spf_remedy(const struct remedier *r, struct sender *s)
{
	enum remedy_kind kind = s->verdict.remedy.kind;
	struct spf_case c = {.facts = r->facts,
			     .zone = r->zone,
			     .senders = r->senders,
			     .n_senders = r->n,
			     .s = s,
			     .from = find_mailfrom(r, s, kind)};
	if (!c.from || c.from->spf.pending)
		return;
	c.addresses = arena_alloc(r->a, (s->n_facts + 1) * sizeof *c.addresses);
	for (size_t i = 0; i < s->n_facts; i++) {
		const char *name;
		if (!concerns(r, s->facts[i], kind, &name) || strcmp(name, c.from->domain) != 0)
			continue;
		const struct ip *last = c.n_addresses ? &c.addresses[c.n_addresses - 1] : NULL;
		if (!last || ip_cmp(last, &s->facts[i]->source) != 0)
			c.addresses[c.n_addresses++] = s->facts[i]->source;
	}
	if (kind == REMEDY_SPF_REPAIR) {
		c.n_addresses =
		    0; /* the record shall evaluate; whom it names is not the question */
		s->verdict.remedy = remedy_spf_repair(&c);
	} else {
		s->verdict.remedy = remedy_spf_add(&c);
	}
}

/* ---- DKIM, and what a service says ---- */

/* The part that fits; a file without parts has one advice for all. */
static const char *advice_of(const struct remedier *r, const struct sender *s)
{
	const struct service *service = s->service;
	if (!service)
		return "";
	const char *text = service->advice_dkim;
	switch (s->verdict.remedy.kind) {
	case REMEDY_SPF_ADD:
	case REMEDY_SPF_PUBLISH:
	case REMEDY_SPF_REPAIR:
		text = service->advice_spf;
		break;
	case REMEDY_RETURN_PATH:
		text = service->advice_return_path;
		break;
	case REMEDY_REVIEW:
		text = service->advice;
		break;
	default:
		break;
	}
	if (!service->advice_spf[0] && !service->advice_dkim[0] && !service->advice_return_path[0])
		text = service->advice;
	if (!text[0])
		return "";
	return arena_printf(r->a, ". %s: %s%s%s", service->name, text, service->link[0] ? " " : "",
			    service->link);
}

static void unaligned_remedy(const struct remedier *r, struct sender *s)
{
	struct remedy *m = &s->verdict.remedy;
	const struct service *service = s->service;
	uint64_t strict = 0;
	for (size_t i = 0; i < s->n_facts; i++)
		if (r->facts->profiles[s->facts[i]->profile].flags & DMARC_STRICT_ONLY)
			strict += s->facts[i]->messages;
	if (2 * strict > s->t.messages) {
		m->text =
		    "adding an include to SPF will not fix this: it authenticates as another name "
		    "of your domain, and your DMARC record asks for the same name (adkim=s, "
		    "aspf=s); "
		    "relax that, or send with the exact domain";
		return;
	}
	if (service && service->dkim == ANSWER_NO && service->aligned_spf != ANSWER_NO)
		m->kind = REMEDY_RETURN_PATH;
	if (s->label == NULL && !service)
		m->text =
		    "adding an include to SPF will not fix this: MAIL FROM is not in your domain; "
		    "set "
		    "the envelope sender to an address in your domain (then SPF counts), or sign "
		    "with DKIM as your domain (d=)";
	m->text = arena_printf(r->a, "%s%s", m->text, advice_of(r, s));
}

/* The selector of ours that fails most in the sender's mail. */
static const struct dmarc_dkim *failing_signature(const struct remedier *r, const struct sender *s)
{
	const struct dmarc_dkim *best = NULL;
	uint64_t most = 0;
	for (size_t i = 0; i < s->n_facts; i++) {
		const struct dmarc_profile *p = &r->facts->profiles[s->facts[i]->profile];
		for (unsigned k = 0; k < p->n_dkim; k++) {
			const struct dmarc_dkim *d = &p->dkim[k];
			if (d->result.code == W_PASS || !d->domain || !d->selector ||
			    !domain_is_below(d->domain, r->zone->org) ||
			    s->facts[i]->messages <= most)
				continue;
			most = s->facts[i]->messages;
			best = d;
		}
	}
	return best;
}

static void dkim_remedy(const struct remedier *r, struct sender *s)
{
	const struct dmarc_dkim *d = failing_signature(r, s);
	if (!d)
		return;
	const char *name = arena_printf(r->a, "%s._domainkey.%s", d->selector, d->domain);
	const struct dns_answer *key = dns_ask(r->zone->known->view, name, DNS_TXT);
	struct remedy *m = &s->verdict.remedy;
	if (dns_is_void(key))
		m->text = arena_printf(
		    r->a,
		    "it signs with a key that is not in DNS: publish %s as the service "
		    "or signer gives it%s",
		    name, advice_of(r, s));
	else if (key->outcome == DNS_OK)
		m->text =
		    arena_printf(r->a,
				 "its DKIM signature does not verify though its key %s is in DNS: "
				 "look for what changes mail after signing, and for a key that was "
				 "rotated on one side only",
				 name);
}

void remedy_senders(const struct domain_facts *facts, const struct zone *zone,
		    struct sender *senders, size_t n)
{
	struct remedier r = {facts, zone, zone->known->a, senders, n};
	for (size_t i = 0; i < n; i++) {
		struct sender *s = &senders[i];
		if (s->change == CHANGE_GONE)
			continue;
		switch (s->verdict.remedy.kind) {
		case REMEDY_SPF_ADD:
		case REMEDY_SPF_PUBLISH:
		case REMEDY_SPF_REPAIR:
			spf_remedy(&r, s);
			break;
		case REMEDY_DKIM_ALIGN:
			unaligned_remedy(&r, s);
			break;
		case REMEDY_DKIM_REPAIR:
			dkim_remedy(&r, s);
			break;
		default:
			break;
		}
	}
}
