/* What no edit of the envelope-sender domain's record helps: DKIM, Return-Path, HELO. */
#include <string.h>

#include "core/day.h"
#include "dns/dkim_key.h"
#include "report/remedy/keys.h"
#include "report/remedy/priv.h"
#include "report/remedy/signing.h"
#include "report/sender/tenant.h"

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

/* The name of ours that the mail passes for, and that is not the exact one. */
static const char *strict_name(const struct remedier *r, const struct sender *s)
{
	for (size_t i = 0; i < s->n_facts; i++) {
		const struct dmarc_profile *p = &s->profiles[s->facts[i]->profile];
		if (!(p->flags & DMARC_STRICT_ONLY) || p->cell <= CELL_P7)
			continue;
		for (unsigned k = 0; k < p->n_dkim; k++)
			if (p->dkim[k].result.code == W_PASS && p->dkim[k].domain &&
			    zone_is_ours(r->zone, p->dkim[k].domain))
				return p->dkim[k].domain;
		const char *from = zone_own_mailfrom(r->zone, p);
		if (from)
			return from;
	}
	return "another name in your domain";
}

/* May mail with an envelope sender in our domain come from its addresses? */
static bool is_authorised(const struct remedier *r, const struct sender *s)
{
	for (size_t i = 0; i < s->n_sources; i++)
		if (zone_spf_now(r->zone, r->zone->domain, &s->sources[i].ip) != NOW_YES)
			return false;
	return s->n_sources > 0;
}

/* A site of ours, on a machine of its host. */
static bool is_site(const struct remedier *r, const struct sender *s)
{
	if (s->guest || s->n_sources == 0)
		return false;
	const struct ip *ip = &s->sources[0].ip;
	return (s->service && s->service->kind == KIND_WEBHOST) ||
	       (zone_host(r->zone, ip) && zone_is_shared_machine(r->zone, ip));
}

/* An envelope sender that our record does not authorise makes SPF fail where it passed before. */
static const char *foreign_sender_text(const struct remedier *r, const struct sender *s)
{
	if (is_authorised(r, s))
		return "its envelope sender is not in your domain. Set it to an address in your "
		       "domain, or sign with DKIM as your domain (d=)";
	if (is_site(r, s))
		return arena_printf(
		    r->a,
		    "its envelope sender is the web host's. Let the site send through your mail "
		    "service, with a login (SMTP, port 587), or sign with DKIM as your domain "
		    "(d=). Do not set the envelope sender to your domain: the SPF record of %s "
		    "does not authorise the machine",
		    r->zone->domain);
	return arena_printf(
	    r->a,
	    "its envelope sender is not in your domain. Have it sign with DKIM as your domain "
	    "(d=). An envelope sender in your domain would make SPF fail, as the SPF record of %s "
	    "does not authorise it: if at all, a Return-Path in a name below your domain, with an "
	    "SPF record of its own",
	    r->zone->domain);
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
		m->text = arena_printf(
		    r->a,
		    "it authenticates as %s, which is yours, and fails only because your DMARC "
		    "record asks for strict alignment (adkim=s, aspf=s). Let it sign as, or send "
		    "from, the exact domain; or ask for relaxed alignment",
		    strict_name(r, s));
		return;
	}
	if (2 * null_sender > s->t.messages && remedy_helo(r, s))
		return;
	if (service && service->dkim == ANSWER_NO && service->advice_return_path[0]) {
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
		m->text = foreign_sender_text(r, s);
}

/* The envelope-sender domain of ours whose record did not answer for its addresses; NULL: all did.
 */
static const char *not_answered(const struct remedier *r, const struct sender *s)
{
	for (size_t i = 0; i < s->n_facts; i++) {
		const struct dmarc_profile *p = &s->profiles[s->facts[i]->profile];
		const char *name = p->cell > CELL_P7 ? zone_own_mailfrom(r->zone, p) : NULL;
		if (name && s->facts[i]->source.family &&
		    zone_spf_now(r->zone, name, &s->facts[i]->source) == NOW_UNKNOWN)
			return name;
	}
	return NULL;
}

/* No reporter told a selector: then its settings do. Without any signature nothing "does not
 * verify". */
static void unsigned_or_unnamed(const struct remedier *r, struct sender *s, const char *domain)
{
	struct remedy *m = &s->verdict.remedy;
	if (domain) {
		m->text =
		    arena_printf(r->a,
				 "it signs as %s, and the signature does not verify. Look up "
				 "its selector in its settings (the receivers do not tell it), "
				 "and compare the key at SELECTOR._domainkey.%s%s",
				 domain, domain, dkim_advice(r, s));
		return;
	}
	const char *silent = not_answered(r, s);
	m->kind = silent ? REMEDY_DNS_REPAIR : REMEDY_DKIM_ENABLE;
	if (silent)
		m->text = arena_printf(
		    r->a,
		    "whether the SPF record of %s authorises it could not be asked: a name in it "
		    "does not answer. Ask again later; if it stays so, take that name out of the "
		    "record",
		    silent);
	else
		m->text =
		    arena_printf(r->a,
				 "what fails of its mail has no DKIM signature of your domain. "
				 "Sign its mail with DKIM as your domain%s",
				 dkim_advice(r, s));
}

void remedy_dkim(const struct remedier *r, struct sender *s)
{
	const char *domain = NULL, *name = failing_key(r->zone, s, &domain);
	if (!name) {
		unsigned_or_unnamed(r, s, domain);
		return;
	}
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

static bool remedy_bounces(const struct remedier *r, struct sender *s)
{
	if (s->bounces < BOUNCES_LEAST)
		return false;
	s->verdict.remedy.kind = REMEDY_SPF_PUBLISH;
	return remedy_helo(r, s);
}

/* Does the published key verify mail of ours? Else the key itself is at fault (key_fault.c). */
static bool key_verifies(const struct remedier *r, const char *name)
{
	struct dkim_key key = dkim_key_read(dns_ask(r->zone->known->view, name, DNS_TXT));
	if (key.state != DKIM_KEY_GOOD)
		return false;
	for (size_t i = 0; i < r->n; i++)
		for (size_t k = 0; k < r->senders[i].n_facts; k++) {
			const struct sender *s = &r->senders[i];
			const struct dmarc_profile *p = &s->profiles[s->facts[k]->profile];
			for (unsigned d = 0; d < p->n_dkim; d++)
				if (p->dkim[d].result.code == W_PASS && p->dkim[d].domain &&
				    p->dkim[d].selector &&
				    strcmp(arena_printf(r->a, "%s._domainkey.%s",
							p->dkim[d].selector, p->dkim[d].domain),
					   name) == 0)
					return true;
		}
	return false;
}

/* Its mail is signed, and passes by SPF: which machines sign in vain? false: none does, or most of
 * what does not pass is not signed at all. */
static bool remedy_broken(const struct remedier *r, struct sender *s, const struct signing *x)
{
	const struct broken_machines b = signing_broken(r->zone, s);
	char day[DAY_STRLEN], last[DAY_STRLEN];
	if (b.n == 0 || b.messages < x->bare)
		return false;
	if (b.key && !key_verifies(r, b.key))
		return true; /* told with the key */
	const char *since = b.last == INT32_MIN
				? ""
				: arena_printf(r->a, " since %s, and verified until %s",
					       day_format(b.since, day), day_format(b.last, last));
	s->verdict.remedy.kind = REMEDY_DKIM_REPAIR;
	s->verdict.remedy.messages = b.messages;
	s->verdict.remedy.text = arena_printf(
	    r->a,
	    "the DKIM signature of what %s sends fails%s%s%s%s; it passes by SPF alone, which "
	    "forwarding breaks. Either it signs with another key than the one in DNS, or something "
	    "behind the signer changes the mail (a list's footer, a disclaimer, a filter): let it "
	    "sign behind that",
	    b.names, b.key ? " (key " : "", b.key ? b.key : "", b.key ? ")" : "", since);
	return true;
}

/* What is unsigned, and passes out of machines that others share: that no report says whose it is.
 */
static const char *untold(const struct remedier *r, const struct sender *s)
{
	const char *at;
	bool known;
	uint64_t n = r->zone ? tenant_untold(r->zone, s, &at, &known) : 0;
	if (2 * n <= s->t.messages)
		return "";
	return arena_printf(
	    r->a,
	    ". %s %s, and your SPF record lets all of them pass as you: whether all of this is "
	    "yours, no report can tell. Compare the number with what you sent. Once all of yours "
	    "is signed, the record can name them without a pass (?include:)",
	    known ? "Its machines send for anybody who is a customer of"
		  : "Its machines may send "
		    "for other customers of",
	    at);
}

/* It passes, by SPF alone. */
void remedy_passing(const struct remedier *r, struct sender *s)
{
	if (remedy_bounces(r, s))
		return;
	const struct signing x = signing_of(r->zone, s);
	if (s->verdict.remedy.kind == REMEDY_NONE && remedy_broken(r, s, &x))
		return;
	uint64_t dkim =
	    s->t.cells[CELL_P1] + s->t.cells[CELL_P2] + s->t.cells[CELL_P3] + s->t.cells[CELL_P4];
	uint64_t bare = s->t.cells[CELL_P5] + s->t.cells[CELL_P6] + s->t.cells[CELL_P7];
	if (100 * dkim >= 80 * s->t.messages || (dkim > 0 && bare == 0) ||
	    s->verdict.remedy.kind != REMEDY_NONE)
		return;
	s->verdict.remedy.kind = REMEDY_DKIM_ENABLE;
	s->verdict.remedy.messages = x.bare;
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
					      "Sign its mail with DKIM as your domain%s%s",
					      untold(r, s), dkim_advice(r, s));
}

static bool signs_today(const struct remedier *r, const struct dmarc_profile *p)
{
	for (unsigned i = 0; i < p->n_dkim; i++) {
		const struct dmarc_dkim *d = &p->dkim[i];
		if (d->result.code != W_PASS || !d->domain || !zone_is_ours(r->zone, d->domain))
			continue;
		if (!d->selector)
			return true; /* nobody can tell */
		const char *name = arena_printf(r->a, "%s._domainkey.%s", d->selector, d->domain);
		const struct dns_answer *x = dns_ask(r->zone->known->view, name, DNS_TXT);
		if (dns_failed(x) || dkim_key_read(x).state == DKIM_KEY_GOOD)
			return true;
	}
	return false;
}

/* Does SPF pass today? What cannot be told does. */
static bool is_let_in_today(const struct remedier *r, const char *from, const struct ip *ip)
{
	const struct dns_answer *x = dns_ask(r->zone->known->view, from, DNS_TXT);
	return !dns_is_void(x) && zone_spf_now(r->zone, from, ip) != NOW_NO;
}

uint64_t remedy_taken_out(const struct remedier *r, const struct sender *s)
{
	uint64_t n = 0;
	for (size_t i = 0; i < s->n_facts; i++) {
		const struct fact *f = s->facts[i];
		const struct dmarc_profile *p = &s->profiles[f->profile];
		const char *from = p->aligned_spf ? zone_own_mailfrom(r->zone, p) : NULL;
		bool passes = p->aligned_spf && (!from || is_let_in_today(r, from, &f->source));
		if (p->cell <= CELL_P7 && !passes && !(p->aligned_dkim && signs_today(r, p)))
			n += f->messages;
	}
	return n;
}
