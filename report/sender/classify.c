#include "report/sender/classify.h"

#include <stdlib.h>
#include <string.h>

#include "core/text.h"
#include "report/sender/score.h"

#define LEGIT_SCORE      60
#define LEGIT_MARGIN     20 /* that much more than what speaks for a forgery */
#define AUTHORIZED_PASS  98 /* per cent of messages that must pass DMARC */
#define FORWARDER_SCORE  50
#define FORWARDER_DIRECT 5 /* per cent of aligned SPF passes a forwarder may have */
#define SPOOF_SCORE      50
#define SPOOF_MARGIN     20
#define UNALIGNED_DAYS   7  /* anybody can open an account at a service: so long it must last */
#define FLAG_SHARE       20 /* per cent of messages that a reporter's remark must cover */

#define DKIM_ALONE       (SET(P2) | SET(P3) | SET(P4))

/* ---- what is to know, and weighs nothing ---- */

static const struct note {
	unsigned cells; /* more than half of the messages are in these */
	const char *code, *text;
} notes[] = {
    {SET(F1) | SET(F2), "N_MAILFROM_OURS_NOT_AUTHORISED",
     "MAIL FROM is in your domain but SPF does not authorise this address: a service missing from "
     "SPF, or a forgery"},
    {SET(F3), "N_SPF_PERMERROR", "the SPF record of MAIL FROM, in your domain, has an error"},
    {SET(F4), "N_SPF_ABSENT", "MAIL FROM is in your domain, at a name without an SPF record"},
    {SET(F5), "N_SPF_TEMPERROR", "the SPF record of MAIL FROM, in your domain, could not be read"},
    {SET(F6) | SET(F7), "N_UNALIGNED",
     "authenticates as somebody else: a service of yours that is not set up to sign as you, or a "
     "stranger; an SPF include would not change that"},
    {SET(F9), "N_SIGNED_BY_OTHERS", "somebody else's signature passes, SPF does not"},
    {SET(P5), "N_DKIM_FAILS", "its DKIM signature fails; it passes by SPF alone"},
};

static void take_notes(struct sender *s, const struct observed *o)
{
	uint64_t n = s->t.messages;
	for (size_t i = 0; i < sizeof notes / sizeof *notes; i++)
		if (2 * cells_of(s, notes[i].cells) > n)
			evidence(s, notes[i].code, 0, notes[i].text);
	if (at_least(o->messages[SEEN_STRICT], n, FLAG_SHARE))
		evidence(s, "N_STRICT_ONLY", 0,
			 "relaxed alignment would let it pass; your record asks for strict");
	if (at_least(o->messages[SEEN_MISMATCH], n, FLAG_SHARE))
		evidence(s, "N_REPORTER_MISMATCH", 0,
			 "reporters contradict their own results; judged by the results");
}

/* ---- verdict ---- */

/* What a verdict is made of. */
struct matter {
	const struct sender *s;
	const struct score *x;
	const struct observed *o;
	const struct zone *zone;
	uint64_t n, pass; /* messages; those that pass, or would with today's record */
};

/* 55 at the threshold, 95 well beyond it, less where few days and reporters saw it. */
static int confidence(const struct sender *s, int points)
{
	unsigned days = s->days < 10 ? s->days : 10;
	unsigned reporters = s->reporters < 4 ? s->reporters : 4;
	unsigned data = 40 + 4 * days + 5 * reporters;
	int c = (points * (int)(data < 100 ? data : 100) + 50) / 100;
	return c < 99 ? c : 99;
}

static int with_margin(int margin)
{
	return 55 + (margin < 0 ? 0 : margin > 40 ? 40 : margin);
}

static struct verdict verdict(const struct sender *s, enum category category, int points,
			      enum remedy_kind kind, const char *text)
{
	return (struct verdict){category, confidence(s, points), {.kind = kind, .text = text}};
}

/* Why the failing mail of a legitimate sender fails: the largest of three groups of cells. */
static enum category why_failing(const struct matter *m)
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
static struct verdict failing(const struct matter *m, int points)
{
	const struct sender *s = m->s;
	uint64_t n = m->n;
	switch (why_failing(m)) {
	case CAT_LEGIT_SPF_MISSING:
		return verdict(s, CAT_LEGIT_SPF_MISSING, points, REMEDY_SPF_ADD,
			       "add its addresses to the SPF record of its MAIL FROM domain");
	case CAT_LEGIT_UNALIGNED:
		return verdict(
		    s, CAT_LEGIT_UNALIGNED, points, REMEDY_DKIM_ALIGN,
		    "adding an include to SPF will not fix this: MAIL FROM is not in your "
		    "domain; let the service sign with DKIM as your domain (d=), or use a "
		    "Return-Path in your domain");
	default:
		break;
	}
	if (2 * cells_of(s, SET(F3)) > n - m->pass)
		return verdict(s, CAT_LEGIT_BROKEN, points, REMEDY_SPF_REPAIR,
			       "the SPF record of its MAIL FROM domain has an error; repair it");
	if (2 * cells_of(s, SET(F4)) > n - m->pass)
		return verdict(s, CAT_LEGIT_BROKEN, points, REMEDY_SPF_PUBLISH,
			       "its MAIL FROM domain has no SPF record; publish one there");
	if (2 * cells_of(s, SET(F5)) > n - m->pass)
		return verdict(s, CAT_LEGIT_BROKEN, points, REMEDY_DNS_REPAIR,
			       "SPF of its MAIL FROM domain could not be looked up: check the name "
			       "servers");
	if (2 * cells_of(s, SET(F10)) > n - m->pass)
		return verdict(
		    s, CAT_LEGIT_BROKEN, points, REMEDY_DKIM_ENABLE,
		    "nothing of it authenticates: sign its mail with DKIM as your domain, "
		    "and send with a MAIL FROM in your domain");
	return verdict(s, CAT_LEGIT_BROKEN, points, REMEDY_DKIM_REPAIR,
		       "it is yours, and its DKIM signature does not verify: look for what changes "
		       "mail after signing, and for the key in DNS");
}

static bool is_proven_fault(const struct matter *m)
{
	return m->x->direct && (m->x->fault || m->x->fault_dkim);
}

static struct verdict fault(const struct matter *m, int points)
{
	if (m->x->fault_dkim)
		return verdict(
		    m->s, CAT_LEGIT_BROKEN, points, REMEDY_DKIM_REPAIR,
		    "it is yours, and its DKIM signature does not verify: look for what changes "
		    "mail after signing, and for the key in DNS");
	return verdict(m->s, CAT_LEGIT_BROKEN, points, REMEDY_DNS_REPAIR,
		       "it is yours, and your SPF record fails with an error: check the record and "
		       "its name servers");
}

static struct verdict passing(const struct matter *m, int points)
{
	uint64_t dkim = cells_of(m->s, SET(P1) | DKIM_ALONE);
	if (m->o->messages[SEEN_REPAIRED] > 0 && tally_judged_pass(&m->s->t) < m->pass)
		return verdict(
		    m->s, CAT_AUTHORIZED, points, REMEDY_NONE,
		    "repaired: it failed earlier, and your SPF record authorises it today");
	return verdict(
	    m->s, CAT_AUTHORIZED, points, REMEDY_NONE,
	    at_least(dkim, m->n, 80)
		? "nothing to do"
		: "nothing to do today; before p=reject sign its mail with DKIM, too: it "
		  "passes by SPF alone");
}

static bool is_replay(const struct matter *m)
{
	return m->zone && 2 * m->o->messages[SEEN_REPLAY] > m->n &&
	       at_least(cells_of(m->s, DKIM_ALONE), m->n, 80) && m->s->days <= 3 &&
	       !(m->s->service && m->s->service->kind == KIND_MAILBOX) &&
	       !at_least(m->o->messages[SEEN_REASON] + m->o->messages[SEEN_ARC], m->n, FLAG_SHARE);
}

/* A stranger's account at a service that we use, or that many use, looks like ours at first. */
static bool is_too_young(const struct matter *m)
{
	uint64_t unaligned = cells_of(m->s, SET(F6) | SET(F7) | SET(F9));
	return m->s->service && 2 * unaligned > m->n && m->s->days < UNALIGNED_DAYS;
}

static struct verdict decide(const struct matter *m)
{
	const struct score *x = m->x;
	const struct sender *s = m->s;
	int margin = x->legit - x->spoof - LEGIT_MARGIN;
	bool legit = x->legit >= LEGIT_SCORE && margin >= 0;
	if (is_replay(m))
		return verdict(s, CAT_SUSPECT_ABUSE, 55, REMEDY_REVIEW,
			       "signed mail of yours was sent again from many networks: rotate the "
			       "DKIM key, and find out which account signed it");
	if (x->forward >= FORWARDER_SCORE &&
	    !at_least(m->o->messages[SEEN_DIRECT], m->n, FORWARDER_DIRECT))
		return verdict(s, CAT_FORWARDER, with_margin(x->forward - FORWARDER_SCORE),
			       REMEDY_FORWARDER,
			       "nothing to do in SPF; sign all mail with DKIM, which survives most "
			       "forwarding");
	if (legit && at_least(m->pass, m->n, AUTHORIZED_PASS))
		return passing(m, with_margin(margin));
	if (margin >= 0 && is_proven_fault(m))
		return fault(m, with_margin(margin));
	if (legit && m->zone && !is_too_young(m))
		return failing(m, with_margin(margin));
	margin = x->spoof - x->legit - SPOOF_MARGIN;
	if (m->zone && m->pass == 0 && x->spoof >= SPOOF_SCORE && margin >= 0 &&
	    at_least(m->o->messages[SEEN_PTR_KNOWN], m->n, 50))
		return verdict(s, CAT_UNAUTHORIZED, with_margin(margin), REMEDY_BLOCK,
			       "not yours; p=reject makes receivers refuse it; no change of SPF");
	return verdict(s, CAT_UNKNOWN, 40, REMEDY_REVIEW,
		       m->zone ? "find out whether it is yours; label it when you know"
			       : "find out whether it is yours; reports alone do not tell");
}

/* ---- a person's word ---- */

static const struct fact_label *label_of(const struct domain_facts *facts, const struct sender *s)
{
	size_t base = strcspn(s->key, "#");
	const char *network = strncmp(s->key, "label:", 6) == 0 ? s->key + 6 : NULL;
	for (size_t i = 0; i < facts->n_labels; i++) {
		const struct fact_label *l = &facts->labels[i];
		bool same = strcmp(l->sender, s->key) == 0 || ascii_ieq(l->sender, s->name) ||
			    (strlen(l->sender) == base && strncmp(l->sender, s->key, base) == 0) ||
			    (network && strcmp(l->sender, network) == 0);
		if (same)
			return l;
	}
	return NULL;
}

/* A person says that it is ours, it fails, and DNS was not asked why. */
static struct verdict failing_unasked(const struct matter *m)
{
	if (why_failing(m) == CAT_LEGIT_UNALIGNED)
		return failing(m, 95);
	return verdict(m->s, CAT_LEGIT_BROKEN, 95, REMEDY_REVIEW,
		       "it is yours and fails; ask again with DNS to be told why");
}

static struct verdict by_label(const struct matter *m)
{
	struct verdict v;
	switch (m->s->label->verdict) {
	case LABEL_DENY:
		v = verdict(m->s, CAT_UNAUTHORIZED, 95, REMEDY_BLOCK,
			    "a person said that it is not yours; no change of SPF");
		break;
	case LABEL_APPROVE:
		v = at_least(m->pass, m->n, AUTHORIZED_PASS) ? passing(m, 95)
		    : m->zone                                ? failing(m, 95)
							     : failing_unasked(m);
		break;
	default:
		return decide(m);
	}
	v.confidence = 100;
	return v;
}

/* ---- senders ---- */

struct classifier {
	struct observer observer;
	struct siblings siblings;
	const struct zone *zone;
};

static void classify(struct classifier *c, struct sender *s)
{
	struct observed o = observe(&c->observer, s);
	s->label = label_of(c->observer.facts, s);
	if (s->label && s->label->name)
		s->name = s->label->name;
	struct scores sc = score(s, &o, c->zone, &c->siblings);
	take_notes(s, &o);
	struct matter m = {.s = s, .o = &o, .zone = c->zone, .n = s->t.messages};
	m.pass = tally_judged_pass(&s->t) + o.messages[SEEN_REPAIRED];
	m.x = &sc.of[0];
	s->leaning = s->label ? by_label(&m) : decide(&m);
	m.x = &sc.of[1];
	s->verdict = s->label ? by_label(&m) : decide(&m);
	if (s->leaning.category != s->verdict.category)
		evidence(s, "N_ONE_REPORTER", 0, "what speaks for it comes from one reporter only");
	else if (s->reporters == 1)
		evidence(s, "N_ONE_REPORTER", 0, "only one reporter saw it");
}

static void find_siblings(struct classifier *c, const struct sender *senders, size_t n,
			  struct arena *a)
{
	if (!c->zone)
		return;
	const struct knowledge *k = c->zone->known;
	c->siblings.first = k->services;
	c->siblings.passing = arena_alloc(a, (k->n_services + 1) * sizeof *c->siblings.passing);
	for (size_t i = 0; i < n; i++)
		if (senders[i].service)
			c->siblings.passing[senders[i].service - k->services] +=
			    tally_judged_pass(&senders[i].t);
}

void classify_senders(const struct domain_facts *facts, const struct zone *zone,
		      const struct name_rules *rules, struct arena *a, struct sender *senders,
		      size_t n)
{
	/* a zone that nobody answered for is no DNS at all: then nothing is guessed */
	struct classifier c = {.zone = zone && zone->answered ? zone : NULL};
	observer_init(&c.observer, facts, c.zone, rules, a);
	find_siblings(&c, senders, n, a);
	for (size_t i = 0; i < n; i++)
		classify(&c, &senders[i]);
}

static void settle(struct sender *s, const char *text)
{
	if (s->verdict.category == s->leaning.category)
		return;
	s->verdict = s->leaning;
	for (unsigned i = 0; i < s->n_evidence; i++)
		if (strcmp(s->evidence[i].code, "N_ONE_REPORTER") == 0)
			s->evidence[i] = (struct evidence){"N_HISTORY", 0, text};
}

void classify_settle(struct sender *now, struct sender *before)
{
	if (now->leaning.category != before->leaning.category)
		return;
	settle(now, "what tips it comes from one reporter, and the period before says the same");
	settle(before, "what tips it comes from one reporter, and the period after says the same");
}
