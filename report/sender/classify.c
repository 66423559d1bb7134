#include "report/sender/classify.h"

#include <stdlib.h>
#include <string.h>

#include "core/day.h"
#include "core/text.h"
#include "report/sender/abuse.h"
#include "report/sender/habit.h"
#include "report/sender/outbound.h"
#include "report/sender/score.h"
#include "report/sender/tenant.h"
#include "report/sender/verdict.h"

#define LEGIT_SCORE      60
#define LEGIT_MARGIN     20 /* that much more than what speaks for a forgery */
#define FAILING_MESSAGES 10 /* fewer failures than that, all ... */
#define LONG_DAYS        15 /* no machine of a botnet is at it for so long */
#define FAILING_DAYS     2  /* ... on fewer days, are chance */
#define FORWARDER_SCORE  50
#define CARRIER_SCORE    35 /* of what carries or breaks signatures of others, and no more */
#define FORWARDER_DIRECT 5  /* per cent of aligned SPF passes a forwarder may have */
#define SPOOF_SCORE      45
#define SPOOF_MARGIN     20
#define UNALIGNED_DAYS   7  /* anybody can open an account at a service: so long it must last */
#define FLAG_SHARE       20 /* per cent of messages that a reporter's remark must cover */

/* ---- what is to know, and weighs nothing ---- */

static const struct note {
	unsigned cells; /* more than half of the messages are in these */
	const char *code, *text;
} notes[] = {
    {SET(F1) | SET(F2), "N_MAILFROM_OURS_NOT_AUTHORISED",
     "the envelope sender (MAIL FROM) is in your domain, and SPF does not authorise the address"},
    {SET(F3), "N_SPF_PERMERROR",
     "the SPF record of its envelope-sender domain, which is yours, is an error (permerror)"},
    {SET(F4), "N_SPF_ABSENT", "its envelope-sender domain, which is yours, has no SPF record"},
    {SET(F5), "N_SPF_TEMPERROR",
     "the SPF record of its envelope-sender domain, which is yours, could not be looked up "
     "(temperror)"},
    {SET(F6) | SET(F7), "N_UNALIGNED",
     "authenticates as another domain, not as yours; an SPF include would not change that"},
    {SET(F9), "N_SIGNED_BY_OTHERS", "a DKIM signature of another domain passes; SPF does not"},
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
			 "passes with relaxed alignment; your DMARC record asks for strict");
	if (at_least(o->messages[SEEN_MISMATCH], n, FLAG_SHARE))
		evidence(s, "N_REPORTER_MISMATCH", 0,
			 "receivers' DMARC verdicts contradict their own SPF and DKIM results; "
			 "judged by the results");
}

/* ---- verdict ---- */

static bool is_replay(const struct matter *m)
{
	return m->zone && !m->s->ties_any && 2 * m->o->messages[SEEN_REPLAY] > m->n &&
	       at_least(cells_of(m->s, DKIM_ALONE), m->n, 80) && m->s->days <= 3 &&
	       !(m->s->service && m->s->service->kind == KIND_MAILBOX) &&
	       !at_least(m->o->messages[SEEN_REASON] + m->o->messages[SEEN_ARC], m->n, FLAG_SHARE);
}

/* Whose machine it is comes before what it carries: such an address forwards nothing. */
static bool is_own_machine(const struct matter *m)
{
	uint64_t own = 0;
	for (size_t i = 0; i < m->s->n_sources; i++) {
		const struct sender_source *x = &m->s->sources[i];
		bool named = x->ties & TIE_RECORD && m->zone && zone_names_address(m->zone, &x->ip);
		own += x->ties & (TIE_HOST | TIE_NAME) || named ? x->messages : 0;
	}
	return 2 * own > m->n;
}

/* One machine that sends as us day after day is no botnet: it may be one of ours that SPF does not
 * name. */
static bool may_be_ours(const struct matter *m)
{
	const struct sender *s = m->s;
	bool ours = 2 * cells_of(s, FAILS_AS_US) > m->n;
	bool machine = s->n_sources <= 3 && (s->recurs || (s->steady && s->days >= LONG_DAYS));
	bool many = m->zone->parked ||
		    (!machine && at_least(m->o->messages[SEEN_DISPERSED], m->n, 50)) ||
		    at_least(m->o->messages[SEEN_NO_SUCH_FROM], m->n, 50) ||
		    at_least(m->o->messages[SEEN_CLAIMS_US], m->n, 50) || m->o->mailfrom > 1;
	/* an account at a service for customers may be ours, whoever its envelope sender is */
	bool account = s->service && !s->guest && s->steady &&
		       (s->service->kind == KIND_ESP || s->service->kind == KIND_SAAS) &&
		       2 * cells_of(s, SET(F6) | SET(F7) | SET(F8) | SET(F9)) > m->n;
	return s->hinted || s->returns || account ||
	       (ours && !many && s->steady && s->n_sources <= 3);
}

/* Some failures are no habit: too few of them, and on one day. */
static bool passes(const struct matter *m)
{
	uint64_t n = m->n - m->bounces, fail = n - m->pass;
	return at_least(m->pass, n, AUTHORIZED_PASS) ||
	       (2 * m->pass > n && fail < FAILING_MESSAGES && m->failing_days < FAILING_DAYS);
}

/* A stranger's account at a service we use, or that many use, looks like ours at first. */
static bool is_too_young(const struct matter *m)
{
	uint64_t unaligned = cells_of(m->s, SET(F6) | SET(F7) | SET(F9));
	return m->s->service && 2 * unaligned > m->n && m->s->days < UNALIGNED_DAYS;
}

/* It failed, and since somebody published the key for it, all of it is signed as us. */
static bool is_set_up(const struct matter *m)
{
	return m->set_up != INT32_MIN && m->o->reporters[SEEN_OWN] >= RELIABLE &&
	       at_least(m->o->messages[SEEN_OWN], tally_judged_pass(&m->s->t), 90);
}

/* Newsletters leave by such services, and no stranger gets in by a stolen mailbox. */
static bool sends_in_bulk(const struct service *s)
{
	return s && s->kind != KIND_MAILBOX && s->kind != KIND_GATEWAY;
}

/* What says that it is somebody else's doing, though it passes; NULL: nothing does. own: it is
 * signed as us; ours: something of ours lets it pass. */
static const char *abused(const struct matter *m, bool own, bool ours, enum strength *how)
{
	const struct sender *s = m->s;
	*how = LIKELY;
	if (m->spike && own && !sends_in_bulk(s->service))
		return "it sends far more than usual, signed as it always is: a newsletter, or a "
		       "stolen password, a script or a web form that strangers use. Ask who sent "
		       "it "
		       "before you change any record";
	if (m->spike && !(s->service && own))
		return "it sends far more than usual. Look for a stolen password, a script or a "
		       "web "
		       "form that strangers use before you change any record";
	if (2 * s->pool_messages > m->n)
		return NULL;
	*how = HINTED;
	if (is_replay(m))
		return "mail with your DKIM signature was sent again from many networks (replay). "
		       "Rotate the DKIM key, and find out which account sent the original";
	const char *taken = m->zone ? abuse_by_alias(s, m->zone, m->compared) : NULL;
	if (!taken && m->zone)
		taken = abuse_by_include(s, m->zone, m->before);
	if (!taken && m->zone)
		taken = abuse_by_delegation(s, m->zone, m->now, m->before);
	if (!taken && m->zone)
		taken = abuse_by_copies(s, m->zone, m->now, m->before);
	if (!taken && m->zone && own)
		taken = abuse_by_key(s, m->zone, m->now, m->before);
	if (taken)
		return taken;
	*how = LIKELY;
	return ours ? m->junked : NULL;
}

static struct verdict decide(const struct matter *m)
{
	const struct score *x = m->x;
	const struct sender *s = m->s;
	/* a record, and a service that verifies MAIL FROM, prove nothing of mail that uses another
	 */
	uint64_t as_us = m->o->messages[SEEN_DIRECT] + cells_of(s, FAILS_AS_US);
	bool tied = 2 * s->tied_messages > m->n && (2 * as_us > m->n || is_own_machine(m)),
	     own = 2 * m->o->messages[SEEN_OWN] > m->n;
	bool direct = at_least(m->o->messages[SEEN_DIRECT], m->n, FORWARDER_DIRECT);
	int margin = x->legit - x->spoof - LEGIT_MARGIN;
	bool legit = x->legit >= LEGIT_SCORE && margin >= 0;
	bool proven = tied || (x->direct && !m->let_in) || (own && x->legit >= LEGIT_SCORE);
	if (s->guest && !s->label && 2 * m->o->messages[SEEN_DIRECT] > m->n)
		return strncmp(s->key, NEIGHBOUR_KEY, strlen(NEIGHBOUR_KEY)) == 0
			   ? verdict_neighbour(m)
			   : verdict_let_in(m);
	enum strength how;
	const char *abuse = abused(m, own, tied || direct || own, &how);
	if (abuse)
		return verdict_abused(m, how, abuse);
	if (2 * s->pool_messages > m->n)
		return verdict_pooled(m);
	if (s->guest && !tied && !s->returns)
		return verdict_guest(m);
	bool handed_on =
	    !is_own_machine(m) && !direct && !s->way_out && m->o->way_out != OUTBOUND_EXCESS;
	if (x->forward >= FORWARDER_SCORE && handed_on)
		return verdict_forwards(m, x->forward >= FORWARDER_SCORE + 20 ? PROVEN : LIKELY);
	/* one message is enough to see that it carries a signature of others, or broke it */
	bool carries = 2 * (m->o->messages[SEEN_CARRIED] + m->o->messages[SEEN_BROKEN]) > m->n &&
		       at_least(m->o->messages[SEEN_PTR], m->n, 50);
	if (carries && x->forward >= CARRIER_SCORE && !legit && handed_on && x->spoof < SPOOF_SCORE)
		return verdict_forwards(m, HINTED);
	if (m->let_in && !own && passes(m)) /* nothing else speaks for it */
		return verdict_of(
		    s, CAT_UNKNOWN, HINTED, REMEDY_REVIEW,
		    "it passes only because your SPF record authorises every address. "
		    "Close the record first, then see who still passes");
	if (is_set_up(m))
		return verdict_set_up(m);
	if (legit && passes(m))
		return verdict_passing(m, proven ? PROVEN : LIKELY);
	if (margin >= 0 && verdict_is_fault(m))
		return verdict_fault(m, PROVEN);
	if ((legit || (tied && margin >= -LEGIT_MARGIN)) && m->zone && !is_too_young(m))
		return verdict_failing(m, tied ? PROVEN : LIKELY);
	if (2 * m->o->messages[SEEN_STRICT] > m->n && m->zone && !m->let_in)
		return verdict_of(s, CAT_LEGIT_UNALIGNED, LIKELY, REMEDY_DKIM_ALIGN, "not strict");
	margin = x->spoof - x->legit - SPOOF_MARGIN;
	if (m->zone && m->pass == 0 && x->spoof >= SPOOF_SCORE && margin >= 0 && !may_be_ours(m) &&
	    at_least(m->o->messages[SEEN_PTR_KNOWN], m->n, 50))
		return verdict_of(s, CAT_UNAUTHORIZED,
				  x->spoof - x->legit >= 65   ? PROVEN
				  : x->spoof - x->legit >= 55 ? LIKELY
							      : HINTED,
				  REMEDY_BLOCK,
				  "not yours: change nothing. With p=reject receivers refuse it");
	return verdict_of(s, CAT_UNKNOWN, HINTED, REMEDY_REVIEW,
			  m->zone ? "find out whether it is yours, then label it"
				  : "find out whether it is yours: reports alone do not tell");
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
	if (verdict_why_failing(m) == CAT_LEGIT_UNALIGNED)
		return verdict_failing(m, PROVEN);
	return verdict_of(m->s, CAT_LEGIT_BROKEN, PROVEN, REMEDY_REVIEW,
			  "it is yours and fails. Run again with DNS to learn why");
}

static struct verdict by_label(const struct matter *m)
{
	struct verdict v;
	switch (m->s->label->verdict) {
	case LABEL_DENY:
		v = verdict_of(m->s, CAT_UNAUTHORIZED, PROVEN, REMEDY_BLOCK,
			       2 * m->pass > m->n
				   ? "you denied it, and it passes DMARC: no policy refuses what "
				     "passes. Let your SPF record no longer authorise it, and take "
				     "the key out of DNS if it signs as you"
				   : "denied by label: change nothing");
		break;
	case LABEL_APPROVE:
		v = at_least(m->pass, m->n, AUTHORIZED_PASS) ? verdict_passing(m, PROVEN)
		    : m->zone                                ? verdict_failing(m, PROVEN)
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
	struct outbound outbound;
	struct siblings siblings;
	const struct zone *zone;
	struct ties *ties;             /* NULL without DNS */
	const struct earlier *earlier; /* NULL: there was none */
	struct arena *a;
};

static void classify(struct classifier *c, struct sender *s)
{
	struct spike spike;
	char day[DAY_STRLEN], ip[IP_STRLEN];
	struct observed o = observe(&c->observer, s);
	s->label = label_of(c->observer.facts, s);
	if (s->label && s->label->name)
		s->name = s->label->name;
	if (c->zone)
		ties_of(c->ties, s);
	if (c->zone)
		rhythm_find(s, c->earlier, c->zone->known, o.reporters[SEEN_ANY]);
	o.way_out = outbound_find(&c->outbound, s, &o, c->a);
	o.burst = o.burst && !s->returns; /* a newsletter goes out on one day */
	struct scores sc = score(s, &o, c->ties, &c->siblings);
	take_notes(s, &o);
	struct matter m = {.compared = c->earlier && c->earlier->facts->reports > 0,
			   .now = c->observer.facts,
			   .before = c->earlier ? c->earlier->facts : NULL,
			   .s = s,
			   .o = &o,
			   .zone = c->zone,
			   .n = s->t.messages,
			   .let_in = sc.let_in};
	m.pass = tally_judged_pass(&s->t) + o.messages[SEEN_REPAIRED];
	m.failing_days = habit_failing_days(s);
	m.set_up = habit_set_up_since(s);
	const struct domain_facts *before = c->earlier ? c->earlier->facts : NULL;
	s->recurs = habit_recurs(s, before, c->zone ? c->zone->known : NULL);
	s->steady = habit_is_steady(s, &o) || s->returns;
	if (find_spike(s, before, SPIKE_DOUBT, c->a, &spike)) {
		s->doubtful_day = arena_printf(
		    c->a, "%.0f messages on %s, most from %s, where %.0f a day were usual",
		    spike.messages, day_format(spike.day, day), ip_format(&spike.busiest, ip),
		    spike.usual);
		m.spike = find_spike(s, before, SPIKE_MORE, c->a, &spike);
	}
	m.junked = abuse_by_receivers(s, c->observer.facts, c->a);
	if (m.spike)
		evidence(s, "N_SPIKE", 0, s->doubtful_day);
	if (is_own_machine(&m))
		m.bounces = s->bounces = habit_failing_bounces(s);
	m.x = &sc.of[0];
	s->leaning = s->label ? by_label(&m) : decide(&m);
	m.x = &sc.of[1];
	s->verdict = s->label ? by_label(&m) : decide(&m);
	if (s->leaning.category != s->verdict.category)
		evidence(s, "N_ONE_REPORTER", 0, "only one receiver reported what speaks for it");
	else if (s->reporters == 1)
		evidence(s, "N_ONE_REPORTER", 0, "only one receiver reported it");
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

void classify_senders(const struct domain_facts *facts, const struct earlier *earlier,
		      struct ties *ties, const struct name_rules *rules, struct arena *a,
		      struct sender *senders, size_t n)
{
	/* a zone that nobody answered for is no DNS at all: then nothing is guessed */
	struct classifier c = {.earlier = earlier, .a = a};
	struct given given = {0};
	if (ties && ties->zone->answered) {
		c.ties = ties;
		c.zone = ties->zone;
		given_init(&given, facts, c.zone);
		ties_look_at(ties, facts, earlier ? earlier->facts : NULL, &given);
	}
	observer_init(&c.observer, facts, c.zone, rules, a);
	outbound_init(&c.outbound, facts, earlier ? earlier->facts : NULL, c.ties, a);
	find_siblings(&c, senders, n, a);
	for (size_t i = 0; i < n; i++)
		classify(&c, &senders[i]);
	observer_end(&c.observer);
	given_end(&given);
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
	settle(now,
	       "only one receiver reported what decides it, and the period before says the same");
	settle(before,
	       "only one receiver reported what decides it, and the period after says the same");
}
