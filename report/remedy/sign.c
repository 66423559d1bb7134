/* What no edit of the envelope-sender domain's record helps: DKIM, Return-Path, HELO. */
#include <string.h>

#include "dns/dkim_key.h"
#include "report/remedy/priv.h"

#define WEAK_KEY_BITS 1024
#define BOUNCES_LEAST 3

static const char *advice(const struct remedier *r, const struct sender *s, const char *text)
{
	const struct service *service = s->service;
	if (!service || s->guest || !text[0])
		return "";
	return arena_printf(r->a, ". %s: %s%s%s", service->name, text, service->link[0] ? " " : "",
			    service->link);
}

static const char *dkim_advice(const struct remedier *r, const struct sender *s)
{
	return s->service ? advice(r, s, s->service->advice_dkim) : "";
}

void remedy_unaligned(const struct remedier *r, struct sender *s)
{
	struct remedy *m = &s->verdict.remedy;
	const struct service *service = s->service;
	uint64_t strict = 0, null_sender = 0;
	for (size_t i = 0; i < s->n_facts; i++) {
		unsigned flags = s->profiles[s->facts[i]->profile].flags;
		strict += flags & DMARC_STRICT_ONLY ? s->facts[i]->messages : 0;
		null_sender += flags & DMARC_NULL_SENDER ? s->facts[i]->messages : 0;
	}
	if (2 * strict > s->t.messages) {
		m->text = "it authenticates as another name in your domain, and your DMARC record "
			  "asks for strict alignment (adkim=s, aspf=s). Relax that, or send with "
			  "the exact domain";
		return;
	}
	if (2 * null_sender > s->t.messages)
		m->text = "bounces and auto-replies have an empty envelope sender, so SPF is "
			  "checked for the HELO name. Give the machine a HELO name in your domain "
			  "with its own SPF record, or sign with DKIM as your domain (d=)";
	else if (service && service->dkim == ANSWER_NO && service->advice_return_path[0]) {
		m->kind = REMEDY_RETURN_PATH;
		m->text = arena_printf(r->a,
				       "its envelope sender is the service's own. Set up a "
				       "Return-Path in your domain%s",
				       advice(r, s, service->advice_return_path));
	} else if (service && (service->kind == KIND_ESP || service->kind == KIND_SAAS ||
			       service->kind == KIND_MAILBOX))
		m->text = arena_printf(r->a,
				       "it authenticates as the service, not as your domain. Let "
				       "it sign with DKIM as your domain (d=)%s",
				       dkim_advice(r, s));
	else
		m->text = "its envelope sender is not in your domain. Set it to an address in your "
			  "domain, or sign with DKIM as your domain (d=)";
}

/* The signature of ours that fails most in the sender's mail. */
static const struct dmarc_dkim *failing_signature(const struct remedier *r, const struct sender *s)
{
	const struct dmarc_dkim *best = NULL;
	uint64_t most = 0;
	for (size_t i = 0; i < s->n_facts; i++) {
		const struct dmarc_profile *p = &s->profiles[s->facts[i]->profile];
		for (unsigned k = 0; k < p->n_dkim; k++) {
			const struct dmarc_dkim *d = &p->dkim[k];
			if (d->result.code == W_PASS || !d->domain || !d->selector ||
			    !*d->selector || !domain_is_below(d->domain, r->zone->org) ||
			    s->facts[i]->messages <= most)
				continue;
			most = s->facts[i]->messages;
			best = d;
		}
	}
	return best;
}

void remedy_dkim(const struct remedier *r, struct sender *s)
{
	const struct dmarc_dkim *d = failing_signature(r, s);
	if (!d)
		return;
	const char *name = arena_printf(r->a, "%s._domainkey.%s", d->selector, d->domain);
	const char *who = s->service ? s->service->name : "whoever signs";
	struct dkim_key key = dkim_key_read(dns_ask(r->zone->known->view, name, DNS_TXT));
	struct remedy *m = &s->verdict.remedy;
	switch (key.state) {
	case DKIM_KEY_MISSING:
		m->text = arena_printf(r->a,
				       "it signs with a key that is not in DNS. Publish %s with "
				       "the key that %s shows%s",
				       name, who, dkim_advice(r, s));
		break;
	case DKIM_KEY_REVOKED:
		m->text = arena_printf(r->a,
				       "it signs with a revoked key: %s has an empty p=. Publish "
				       "the key that %s shows, or sign with another selector%s",
				       name, who, dkim_advice(r, s));
		break;
	case DKIM_KEY_BAD:
		m->text = arena_printf(r->a,
				       "it signs with a key that is not valid in DNS. Correct %s: "
				       "copy it again from %s%s",
				       name, who, dkim_advice(r, s));
		break;
	case DKIM_KEY_GOOD:
		if (!key.ed25519 && key.bits < WEAK_KEY_BITS)
			m->text = arena_printf(
			    r->a,
			    "its key %s has %u bits, and receivers accept none below 1,024 (RFC "
			    "8301). Make a new key of 2,048 bits at %s, and publish it%s",
			    name, key.bits, who, dkim_advice(r, s));
		else
			m->text =
			    arena_printf(r->a,
					 "its DKIM signature does not verify, though DNS has a key "
					 "at %s. Compare it with the key that %s shows, and look "
					 "for what modifies mail after signing",
					 name, who);
		break;
	default:
		break;
	}
}

/* The HELO name in our domain that failing bounces came with; NULL: none was reported. */
static const char *helo_of(const struct remedier *r, const struct sender *s)
{
	for (size_t i = 0; i < s->n_facts; i++) {
		const struct dmarc_profile *p = &s->profiles[s->facts[i]->profile];
		for (unsigned k = 0; p->flags & DMARC_NULL_SENDER && k < p->n_spf; k++)
			if (p->cell > CELL_P7 && p->spf[k].domain &&
			    zone_is_ours(r->zone, p->spf[k].domain))
				return p->spf[k].domain;
	}
	for (size_t i = 0; i < s->n_sources; i++)
		if (s->sources[i].ties & TIE_NAME)
			return s->sources[i].ptr;
	return NULL;
}

/* Bounces and auto-replies are checked for the HELO name (RFC 7208 section 2.4): its record. */
static bool remedy_bounces(const struct remedier *r, struct sender *s)
{
	const char *helo = s->bounces >= BOUNCES_LEAST ? helo_of(r, s) : NULL;
	if (s->bounces < BOUNCES_LEAST)
		return false;
	struct remedy *m = &s->verdict.remedy;
	m->kind = REMEDY_SPF_PUBLISH;
	m->text = helo ? arena_printf(r->a,
				      "its bounces and auto-replies have an empty envelope sender, "
				      "so SPF is checked for its HELO name, %s. Publish an SPF "
				      "record there, or sign them with DKIM",
				      helo)
		       : "its bounces and auto-replies have an empty envelope sender, so SPF is "
			 "checked for its HELO name. Give it one in your domain with its own SPF "
			 "record, or sign them with DKIM";
	m->change = helo ? gate_helo(&r->gate, s, helo) : NULL;
	return true;
}

/* It passes, by SPF alone. */
void remedy_passing(const struct remedier *r, struct sender *s)
{
	if (remedy_bounces(r, s))
		return;
	uint64_t dkim =
	    s->t.cells[CELL_P1] + s->t.cells[CELL_P2] + s->t.cells[CELL_P3] + s->t.cells[CELL_P4];
	if (100 * dkim >= 80 * s->t.messages || s->verdict.remedy.kind != REMEDY_NONE)
		return;
	s->verdict.remedy.kind = REMEDY_DKIM_ENABLE;
	if (2 * zone_taken_out(r->zone, s) > s->t.messages) {
		s->verdict.remedy.text =
		    arena_printf(r->a,
				 "it passed by SPF alone, and your SPF record no longer authorises "
				 "it: its mail fails from now on. If that was not meant, put back "
				 "what was taken out; and sign its mail with DKIM as your domain%s",
				 dkim_advice(r, s));
		return;
	}
	s->verdict.remedy.text = arena_printf(r->a,
					      "it passes by SPF alone, which forwarding breaks. "
					      "Sign its mail with DKIM as your domain%s",
					      dkim_advice(r, s));
}
