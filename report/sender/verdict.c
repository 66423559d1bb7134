#include "report/sender/verdict.h"

#include <string.h>

/*
 * Per cent, measured on simulated worlds rather than summed (docs/senders.md): of sayings at 90 and
 * more at least 95 in 100 are right. Few days and few reporters make less of a likelihood, and
 * little less of a proof.
 */
static int confidence(const struct sender *s, enum strength strength)
{
	static const int most[] = {[HINTED] = 65, [LIKELY] = 84, [PROVEN] = 97};
	int days = (int)(s->days < 10 ? s->days : 10),
	    reporters = (int)(s->reporters < 4 ? s->reporters : 4);
	int missing = 60 - 4 * days - 5 * reporters; /* of 60 */
	int less = strength == PROVEN ? missing / 6 : missing / 2;
	return most[strength] - (less > 0 ? less : 0);
}

struct verdict verdict_of(const struct sender *s, enum category category, enum strength strength,
			  enum remedy_kind kind, const char *text)
{
	return (struct verdict){category, confidence(s, strength), {.kind = kind, .text = text}};
}

/* Why the failing mail of a legitimate sender fails: the largest of three groups of cells. */
enum category verdict_why_failing(const struct matter *m)
{
	const struct sender *s = m->s;
	uint64_t repaired = m->o->messages[SEEN_REPAIRED];
	uint64_t f2 = cells_of(s, SET(F2)), missing = m->o->messages[SEEN_SPF_MISSING];
	uint64_t unaligned = cells_of(s, SET(F6) | SET(F7) | SET(F9));
	/* F8: it signs as us already, so that what is to do is to find what breaks the signature */
	uint64_t broken = cells_of(s, SET(F3) | SET(F4) | SET(F5) | SET(F8) | SET(F10) | SET(F11)) +
			  (f2 < repaired ? f2 : 0);
	if (missing + unaligned + broken == 0)
		return CAT_UNKNOWN; /* SPF of its MAIL FROM domain could not be evaluated */
	if (missing >= unaligned && missing >= broken)
		return CAT_LEGIT_SPF_MISSING;
	return unaligned >= broken ? CAT_LEGIT_UNALIGNED : CAT_LEGIT_BROKEN;
}

/* The remedies that need no record: remedy.c makes those that do. */
struct verdict verdict_failing(const struct matter *m, enum strength strength)
{
	const struct sender *s = m->s;
	uint64_t n = m->n;
	switch (verdict_why_failing(m)) {
	case CAT_LEGIT_SPF_MISSING:
		return verdict_of(
		    s, CAT_LEGIT_SPF_MISSING, strength, REMEDY_SPF_ADD,
		    "add its addresses to the SPF record of its envelope-sender domain");
	case CAT_LEGIT_UNALIGNED:
		return verdict_of(s, CAT_LEGIT_UNALIGNED, strength, REMEDY_DKIM_ALIGN,
				  "let the service sign with DKIM as your domain (d=), or use a "
				  "Return-Path in your domain. An SPF include does not help: the "
				  "envelope sender is not in your domain");
	default:
		break;
	}
	if (2 * cells_of(s, SET(F3)) > n - m->pass)
		return verdict_of(
		    s, CAT_LEGIT_BROKEN, strength, REMEDY_SPF_REPAIR,
		    "repair the SPF record of its envelope-sender domain, which is an "
		    "error (permerror)");
	if (2 * cells_of(s, SET(F4)) > n - m->pass)
		return verdict_of(
		    s, CAT_LEGIT_BROKEN, strength, REMEDY_SPF_PUBLISH,
		    "publish an SPF record at its envelope-sender domain, which has none");
	if (2 * cells_of(s, SET(F5)) > n - m->pass)
		return verdict_of(s, CAT_LEGIT_BROKEN, strength, REMEDY_DNS_REPAIR,
				  "check the name servers of its envelope-sender domain: SPF could "
				  "not be looked up (temperror)");
	if (2 * cells_of(s, SET(F10)) > n - m->pass)
		return verdict_of(
		    s, CAT_LEGIT_BROKEN, strength, REMEDY_DKIM_ENABLE,
		    "sign its mail with DKIM as your domain, and send with an envelope sender "
		    "(MAIL FROM) in your domain: today neither SPF nor DKIM passes");
	return verdict_of(
	    s, CAT_LEGIT_BROKEN, strength, REMEDY_DKIM_REPAIR,
	    "it is yours, and its DKIM signature does not verify. Check the key in DNS, "
	    "and look for what modifies mail after signing");
}

bool verdict_is_fault(const struct matter *m)
{
	return m->x->direct && (m->x->fault || m->x->fault_dkim);
}

struct verdict verdict_fault(const struct matter *m, enum strength strength)
{
	if (m->x->fault_dkim)
		return verdict_of(
		    m->s, CAT_LEGIT_BROKEN, strength, REMEDY_DKIM_REPAIR,
		    "it is yours, and its DKIM signature does not verify. Check the key "
		    "in DNS, and look for what modifies mail after signing");
	return verdict_of(
	    m->s, CAT_LEGIT_BROKEN, strength, REMEDY_DNS_REPAIR,
	    "it is yours, and your SPF record fails with an error. Check the record and "
	    "its name servers");
}

struct verdict verdict_passing(const struct matter *m, enum strength strength)
{
	uint64_t dkim = cells_of(m->s, SET(P1) | DKIM_ALONE);
	if (m->o->messages[SEEN_REPAIRED] > 0 && tally_judged_pass(&m->s->t) < m->pass)
		return verdict_of(
		    m->s, CAT_AUTHORIZED, strength, REMEDY_NONE,
		    "nothing to do: it failed earlier, and your SPF record authorises it today");
	return verdict_of(m->s, CAT_AUTHORIZED, strength, REMEDY_NONE,
			  at_least(dkim, m->n, 80)
			      ? "nothing to do"
			      : "nothing to do today. Before p=reject sign its "
				"mail with DKIM: it passes by SPF alone");
}

struct verdict verdict_set_up(const struct matter *m)
{
	return verdict_of(
	    m->s, CAT_AUTHORIZED, PROVEN, REMEDY_NONE,
	    "nothing to do: it failed until it was set up to sign as your domain, and "
	    "all of it passes since");
}

struct verdict verdict_abused(const struct matter *m, enum strength strength, const char *text)
{
	return verdict_of(m->s, CAT_SUSPECT_ABUSE, strength, REMEDY_REVIEW, text);
}

struct verdict verdict_pooled(const struct matter *m)
{
	return verdict_of(
	    m->s, CAT_FORWARDER, LIKELY, REMEDY_FORWARDER,
	    "add nothing to SPF, and sign all mail with DKIM. This relay pool is shared by all "
	    "customers, and the service leaves it out of its SPF record on purpose");
}

/* By envelope sender alone, at a service where people have mail forwarded: handed on (SRS). */
static bool hands_on(const struct sender *s)
{
	bool mailboxes = s->service->kind == KIND_MAILBOX || s->service->kind == KIND_FORWARDER;
	return mailboxes && strncmp(s->key, "mailfrom:", 9) == 0;
}

struct verdict verdict_guest(const struct matter *m)
{
	if (hands_on(m->s))
		return verdict_of(
		    m->s, CAT_FORWARDER, HINTED, REMEDY_FORWARDER,
		    "somebody's account there hands on mail of yours, with an envelope sender "
		    "of its own: nothing to do in SPF; sign all mail with DKIM");
	/* who signs as a company of its own at a service that sends for customers may be a supplier
	 */
	const struct service *at = m->s->service;
	bool supplier = at && (at->kind == KIND_ESP || at->kind == KIND_SAAS);
	enum category c = m->pass > 0 || supplier ? CAT_UNKNOWN : CAT_UNAUTHORIZED;
	return verdict_of(
	    m->s, c, HINTED, REMEDY_REVIEW,
	    "another customer of the service sends in your name. Change no record; if "
	    "it is an agency of yours, have it send from your account");
}

struct verdict verdict_let_in(const struct matter *m)
{
	const struct sender *s = m->s;
	const struct service *x = s->service;
	const char *name = x ? x->name : "the service";
	bool include = x && x->n_names[BY_INCLUDE] > 0;
	return verdict_abused(
	    m, LIKELY,
	    arena_printf(
		m->zone->known->a,
		"it passes DMARC as you, and another account at %s sends it: yours signs as your "
		"domain, or is called as you are, and this is signed by %s alone. Is it a second "
		"account of yours, or one with a former name of yours? Then label it, and have "
		"your domain signed there, too. If nobody knows it, report it to %s: SPF lets "
		"every customer of the service pass, and strict alignment changes nothing about "
		"that. Once all mail of yours there is signed as your domain, your SPF record can "
		"name the service without a pass%s%s: then strangers fail, and so does what you "
		"leave unsigned",
		name, s->guest, name, include ? " (?include:" : "",
		include ? arena_printf(m->zone->known->a, "%s)", x->names[BY_INCLUDE][0]) : ""));
}

struct verdict verdict_neighbour(const struct matter *m)
{
	const struct sender *s = m->s;
	const struct service *x = s->service;
	const char *name = x ? x->name : s->guest;
	return verdict_abused(
	    m, LIKELY,
	    arena_printf(
		m->zone->known->a,
		"it passes DMARC by SPF alone, and what you send by way of %s is signed as "
		"your domain. Another customer of %s sends it, whom your SPF record lets "
		"pass, or a form or program of yours that does not sign: ask %s who does. "
		"If nobody knows it: as your own mail there is signed, your SPF record can name "
		"the service without a pass (?include:). Then strangers fail, your mail passes by "
		"DKIM, and what of it is unsigned fails, too%s%s",
		name, name, name, x && *x->link ? ". " : "", x ? x->link : ""));
}

struct verdict verdict_forwards(const struct matter *m, enum strength strength)
{
	return verdict_of(
	    m->s, CAT_FORWARDER, strength, REMEDY_FORWARDER,
	    "add nothing to SPF. Sign all mail with DKIM, which survives most forwarding");
}
