#include "report/sender/score.h"

#include "report/sender/habit.h"
#include "report/sender/outbound.h"

#include <stdlib.h>

#define FORWARDER_DIRECT 5  /* per cent of aligned SPF passes a forwarder may have */
#define BROKEN_DIRECT    20 /* per cent of aligned SPF passes that what is broken must have */
#define HEAVY_PART       10 /* per cent of a sender's mail: one odd message is no habit */
#define FLAG_SHARE       20 /* per cent of messages that a reporter's remark must cover */
#define MAILFROM_MANY    5  /* unrelated MAIL FROM domains that no service has */
#define SIBLING_MESSAGES 10

void evidence(struct sender *s, const char *code, int weight, const char *text)
{
	if (s->n_evidence < EVIDENCE_MAX)
		s->evidence[s->n_evidence++] = (struct evidence){code, weight, text};
}

/* Points that DNS gives, the same whoever reports: for most of the sender's mail. */
struct rule {
	enum seen seen;
	struct evidence e;
};

static int points(struct sender *s, const struct observed *o, const struct rule *rules, size_t n)
{
	int sum = 0;
	for (size_t i = 0; i < n; i++) {
		if (!at_least(o->messages[rules[i].seen], s->t.messages, 50))
			continue;
		evidence(s, rules[i].e.code, rules[i].e.weight, rules[i].e.text);
		sum += rules[i].e.weight;
	}
	return sum;
}

/* ---- legitimate ---- */

static bool sends_for_customers(const struct service *s)
{
	return s && (s->kind == KIND_ESP || s->kind == KIND_SAAS);
}

/* Its presence in our zone says nothing of the machine next to ours. */
static bool is_neighbourhood(const struct sender *s)
{
	return s->service && (s->service->kind == KIND_WEBHOST || s->service->kind == KIND_CLOUD ||
			      s->service->kind == KIND_ISP);
}

/* That the service is ours: it is named in our zone, or passes elsewhere, or signs as us here. */
static int score_service(struct sender *s, const struct zone *zone, const struct siblings *siblings)
{
	int sum = 0;
	uint64_t n = s->t.messages;
	const struct service *service = s->service;
	if (!zone || !service || is_neighbourhood(s) || s->guest)
		return 0;
	uint64_t elsewhere = siblings->passing[service - siblings->first];
	bool unaligned = 2 * cells_of(s, SET(F6) | SET(F7) | SET(F9)) > n;
	if (unaligned && elsewhere >= SIBLING_MESSAGES && service->shared) {
		evidence(s, "S_NOT_YOUR_ACCOUNT", 15,
			 "your account at this service signs as your domain; this mail does not");
		return 0;
	}
	if (zone_uses(zone, service)) {
		evidence(s, "L_IN_ZONE", 25, "your DNS names this service");
		sum += 25;
	}
	if (sends_for_customers(service) && tally_judged_pass(&s->t) == 0 &&
	    elsewhere >= SIBLING_MESSAGES && 2 * cells_of(s, SET(F6) | SET(F7) | SET(F9)) < n) {
		evidence(s, "L_SIBLING", 35, "other mail from this service passes for your domain");
		sum += 35;
	}
	if (sends_for_customers(service) && service->verifies != ANSWER_NO && s->days >= 7 &&
	    2 * cells_of(s, SET(F1)) > n) {
		evidence(s, "L_SERVICE", 35,
			 "a service that sends for its customers, and uses your domain as envelope "
			 "sender");
		sum += 35;
	}
	if (sends_for_customers(service) && 2 * cells_of(s, SET(P3)) > n) {
		evidence(s, "L_SERVICE_DKIM", 45,
			 "DKIM passes for your domain; the envelope sender is the service's own");
		sum += 45;
	}
	return sum;
}

/* ---- ties ---- */

static const struct {
	unsigned tie;
	struct evidence e;
} tie_evidence[] = {
    {TIE_PERSON, {"L_APPROVED", 60, "approved by label"}},
    {TIE_NAME, {"L_OWN_FCRDNS", 60, "forward-confirmed reverse DNS in your domain"}},
    {TIE_HOST, {"L_OUR_HOST", 60, "an A, AAAA or MX record of yours points to it"}},
    {TIE_RECORD, {"L_SPF_NOW", 60, "your SPF record authorises it today"}},
    {TIE_SERVICE,
     {"L_SERVICE_VERIFIED", 60,
      "an address that the service documents for your account; only verified customers may use a "
      "domain as envelope sender there"}},
};

static const struct evidence own_account = {
    "L_OWN_ACCOUNT", 60,
    "your mail host, which signs it for the account that bears the name of your domain"};

/* What ties more than half of the mail. */
static int score_ties(struct sender *s)
{
	/* a record, and a service that verifies MAIL FROM, say nothing of mail that uses another */
	bool as_us = 2 * cells_of(s, SET(P1) | SET(P2) | SET(P5) | SET(P6) | SET(P7) | SET(F1) |
					 SET(F2) | SET(F3) | SET(F4) | SET(F5)) >
		     s->t.messages;
	int sum = 0;
	for (size_t i = 0; i < sizeof tie_evidence / sizeof *tie_evidence; i++) {
		uint64_t tied = 0;
		for (size_t k = 0; k < s->n_sources; k++)
			tied +=
			    s->sources[k].ties & tie_evidence[i].tie ? s->sources[k].messages : 0;
		bool vain = !as_us && tie_evidence[i].tie & (TIE_RECORD | TIE_SERVICE);
		if (2 * tied <= s->t.messages || vain)
			continue;
		const struct evidence *e = &tie_evidence[i].e;
		if (tie_evidence[i].tie == TIE_SERVICE && s->service &&
		    s->service->verifies != ANSWER_YES)
			e = &own_account;
		evidence(s, e->code, e->weight, e->text);
		sum += e->weight;
	}
	return sum;
}

static int score_steadiness(struct sender *s, const struct observed *o)
{
	int sum = 0;
	int days = s->days >= 7 ? 15 : s->days >= 3 ? 5 : 0;
	if (days > 0)
		evidence(s, "L_PERSISTENT", days,
			 days == 15 ? "active on seven days or more"
				    : "active on three days or more");
	if (s->reporters >= 3)
		evidence(s, "L_REPORTERS", 10, "reported by three or more receivers");
	sum += days + (s->reporters >= 3 ? 10 : 0);
	if (at_least(o->messages[SEEN_PTR], s->t.messages, 50)) {
		evidence(s, "L_FCRDNS", 10, "forward-confirmed reverse DNS");
		sum += 10;
	}
	unsigned span = (unsigned)(s->last_day - s->first_day) + 1;
	if (s->days >= 7 && !o->burst && 100 * s->days >= 40 * span) {
		evidence(s, "L_STEADY", 10, "sends on most days");
		sum += 10;
	}
	return sum;
}

/* An aligned SPF pass proves nothing where the record lets in everybody. */
static bool is_let_in(const struct sender *s, const struct ties *ties)
{
	for (size_t i = 0; ties && !s->ties_any && i < ties->zone->n_mailfrom; i++)
		if (ties->scopes[i].open.term || ties->scopes[i].ptr.term)
			return true;
	return false;
}

#define TRIES_DAYS 15

/* Anybody can write a signature of ours that fails. It speaks for a machine that something else
 * leads to, that has a name, or that keeps at it. */
static bool is_believed(const struct sender *s, const struct zone *zone)
{
	return !zone || s->service || s->ties_any || s->returns || s->days >= TRIES_DAYS ||
	       habit_is_named(s, zone->known);
}

static void score_legit(struct sender *s, const struct observed *o, const struct ties *ties,
			const struct siblings *siblings, struct scores *sc)
{
	/* the neighbour at the host can write our MAIL FROM as well as we can */
	const struct rule hints[] = {
	    {SEEN_HOST_RELAY,
	     {"L_HOST_RELAY", 2 * cells_of(s, SET(F1) | SET(F2)) > s->t.messages ? 10 : 30,
	      "a machine of the web host where your own site is"}},
	    {SEEN_SERIES,
	     {"L_SERIES", 25,
	      "reverse DNS calls it as your own servers are called, or it stands beside them, and "
	      "that name has no address in DNS"}},
	};
	const struct zone *zone = ties ? ties->zone : NULL;
	uint64_t n = s->t.messages;
	bool direct = at_least(o->messages[SEEN_DIRECT], n, FORWARDER_DIRECT);
	bool own = 2 * o->messages[SEEN_OWN] > n;
	bool tries = 2 * o->messages[SEEN_TRIES] > n && is_believed(s, zone);
	int by_dns = 0;
	if (direct && is_let_in(s, ties)) {
		evidence(s, "N_OPEN_RECORD", 0,
			 "passes SPF only because your record authorises every address");
		sc->let_in = true;
		direct = false;
	}
	if (direct)
		evidence(s, "L_ALIGNED_SPF", 60, "SPF passes for your domain");
	if (own)
		evidence(
		    s, "L_ALIGNED_DKIM", 60,
		    "DKIM passes for your domain, with a selector that mainly this sender uses");
	if (tries && !s->guest) {
		evidence(s, "L_TRIES_DKIM", s->service ? 50 : 30,
			 "signs as your domain, and the signature never verifies");
		by_dns += s->service ? 50 : 30;
	}
	if (zone)
		by_dns += score_ties(s) + score_service(s, zone, siblings) + points(s, o, hints, 2);
	if (s->way_out) {
		int weight = o->way_out == OUTBOUND_REPLACES ? 60 : 40;
		evidence(s, "L_WAY_OUT", weight, s->way_out);
		by_dns += weight;
	}
	s->hinted = direct || own || tries || s->way_out || s->named_ours ||
		    at_least(o->messages[SEEN_SERIES], n, 50) || s->ties_any ||
		    tally_judged_pass(&s->t) > 0 ||
		    (s->service && !s->guest && !is_neighbourhood(s) &&
		     2 * cells_of(s, SET(F1) | SET(F2) | SET(F3)) > n);
	if (!direct && !own && by_dns == 0)
		return; /* a stranger does not become legitimate by persisting */
	int steadiness = score_steadiness(s, o);
	for (int i = 0; i < 2; i++) {
		struct score *score = &sc->of[i];
		unsigned needed = i == 0 ? 0 : RELIABLE;
		score->direct = direct && o->reporters[SEEN_DIRECT] >= needed;
		int proof = by_dns + (score->direct ? 60 : 0) +
			    (own && o->reporters[SEEN_OWN] >= needed ? 60 : 0);
		score->legit = proof ? proof + steadiness : 0;
		score->legit = score->legit > 100 ? 100 : score->legit;
	}
}

/* ---- forwarded ---- */

static void forward(struct sender *s, struct scores *sc, const struct observed *o, enum seen seen,
		    struct evidence e)
{
	evidence(s, e.code, e.weight, e.text);
	sc->of[0].forward += e.weight;
	if (o->reporters[seen] >= RELIABLE || e.weight < 0)
		sc->of[1].forward += e.weight;
}

static bool hands_on_mail(const struct service *s)
{
	return s &&
	       (s->kind == KIND_MAILBOX || s->kind == KIND_GATEWAY || s->kind == KIND_FORWARDER);
}

static void score_forward_dns(struct sender *s, const struct observed *o, struct scores *sc)
{
	uint64_t n = s->t.messages;
	uint64_t handed = cells_of(s, SET(P2) | SET(P3) | SET(P4) | SET(F2) | SET(F8) | SET(F11));
	if (at_least(o->messages[SEEN_SRS], n, 50))
		forward(
		    s, sc, o, SEEN_ANY,
		    (struct evidence){
			"F_SRS", 25, "envelope sender in the domain of its own reverse DNS (SRS)"});
	if (hands_on_mail(s->service) && at_least(handed, n, 50))
		forward(s, sc, o, SEEN_ANY,
			(struct evidence){"F_SERVICE", 20,
					  "a service where people have mail forwarded"});
	if (sc->of[0].forward > 0 && s->days >= 7 && at_least(o->messages[SEEN_PTR], n, 50))
		forward(s, sc, o, SEEN_ANY,
			(struct evidence){"F_PERSISTENT", 15, "relays on seven days or more"});
	if (sc->of[0].forward > 0 && sends_for_customers(s->service))
		forward(
		    s, sc, o, SEEN_ANY,
		    (struct evidence){"F_SENDER", -40,
				      "a service that sends for customers and does not forward"});
	if (sc->of[0].forward > 0 && at_least(o->messages[SEEN_SPF_NOW], n, 50))
		forward(s, sc, o, SEEN_ANY,
			(struct evidence){"F_IN_SPF", -40, "your SPF record authorises it"});
}

static void score_forward(struct sender *s, const struct observed *o, const struct zone *zone,
			  struct scores *sc)
{
	uint64_t n = s->t.messages;
	if (at_least(o->messages[SEEN_REASON], n, FLAG_SHARE))
		forward(
		    s, sc, o, SEEN_REASON,
		    (struct evidence){"F_FORWARD_REASON", 50,
				      "receivers report that it forwards, or is a mailing list"});
	if (at_least(o->messages[SEEN_ARC], n, FLAG_SHARE))
		forward(s, sc, o, SEEN_ARC,
			(struct evidence){"F_ARC", 45,
					  "receivers accepted it because of its ARC seal"});
	if (at_least(o->messages[SEEN_CARRIED], n, 50))
		forward(s, sc, o, SEEN_CARRIED,
			(struct evidence){
			    "F_SELECTOR", 35,
			    "relays mail with a DKIM signature that another of your senders uses"});
	if (o->carried >= 2 && o->messages[SEEN_CARRIED] > 0)
		forward(s, sc, o, SEEN_CARRIED,
			(struct evidence){"F_SELECTORS", 15,
					  "relays mail signed with two or more of your selectors"});
	if (at_least(o->messages[SEEN_BROKEN], n, 30))
		forward(s, sc, o, SEEN_BROKEN,
			(struct evidence){"F_BROKEN_SIGNATURE", 20,
					  "your DKIM signature fails: modified in transit"});
	if (zone)
		score_forward_dns(s, o, sc);
	if (sc->of[0].forward > 0 && !hands_on_mail(s->service) &&
	    at_least(o->messages[SEEN_HEAVY], n, HEAVY_PART))
		forward(
		    s, sc, o, SEEN_HEAVY,
		    (struct evidence){"F_MAIN_USER", -30,
				      "has a fifth or more of the mail of one of your selectors"});
}

/* ---- spoofed ---- */

static int spoof(struct sender *s, bool applies, const char *code, int weight, const char *text)
{
	if (applies)
		evidence(s, code, weight, text);
	return applies ? weight : 0;
}

static int score_spoof_dns(struct sender *s, const struct observed *o, const struct zone *zone,
			   const struct scores *sc)
{
	static const struct rule by_name[] = {
	    {SEEN_PTR_NONE, {"S_NO_PTR", 20, "no reverse DNS"}},
	    {SEEN_PTR_GENERIC,
	     {"S_GENERIC_PTR", 15, "reverse DNS looks like a dial-up or broadband customer"}},
	    {SEEN_PTR_UNCONFIRMED,
	     {"S_UNCONFIRMED_PTR", 10, "reverse DNS that is not forward-confirmed"}},
	    {SEEN_CLAIMS_US,
	     {"S_CLAIMS_US", 25,
	      "reverse DNS claims a name in your domain that does not resolve to it"}},
	};
	uint64_t n = s->t.messages;
	bool failing = tally_judged_pass(&s->t) == 0;
	bool unknown = sc->of[0].legit == 0 && (!s->service || is_neighbourhood(s));
	int sum = points(s, o, by_name, 4);
	sum += spoof(
	    s, zone->parked && failing && !s->returns && !habit_is_established(s, zone->known),
	    "S_PARKED", 30, "your DNS says that the domain sends no mail");
	sum += spoof(s, at_least(o->messages[SEEN_NO_SUCH_FROM], n, 50), "S_NO_SUCH_FROM", 15,
		     "the From header names a host in your domain that does not exist");
	sum += spoof(s, at_least(o->messages[SEEN_DISPERSED], n, 50), "S_DISPERSED", 15,
		     "20 or more networks sent the same pattern on the same days");
	sum += spoof(s, failing && unknown && n >= 50, "S_VOLUME", 10,
		     "50 or more messages from an unknown address");
	sum += spoof(s, failing && s->days <= 2 && n >= 100, "S_FLOOD", 10,
		     "100 or more messages within two days");
	sum += spoof(s, o->mailfrom >= MAILFROM_MANY && !s->service, "S_MANY_MAILFROM", 25,
		     "uses five or more unrelated envelope-sender domains");
	sum += spoof(s, unknown && 2 * cells_of(s, SET(F7)) > n, "S_OWN_MAILFROM", 10,
		     "authenticates as another domain that is no known service");
	sum += spoof(s, unknown && 2 * cells_of(s, SET(F1)) > n, "S_FORGED_MAILFROM", 10,
		     "uses your domain as envelope sender from an unrelated IP address");
	return sum;
}

static void score_spoof(struct sender *s, const struct observed *o, const struct zone *zone,
			struct scores *sc)
{
	uint64_t n = s->t.messages, pass = tally_judged_pass(&s->t);
	int sum = spoof(s, pass == 0 && n > 0, "S_NEVER_ALIGNED", 15,
			"never passed SPF or DKIM for your domain");
	sum += spoof(s, 2 * cells_of(s, SET(F10)) > n, "S_NOTHING_AUTHENTICATES", 20,
		     "no SPF or DKIM pass for any domain");
	sum += spoof(s, 2 * pass < n && o->burst, "S_BURST", 15,
		     "more than 80 % sent within three days");
	if (zone)
		sum += score_spoof_dns(s, o, zone, sc);
	sc->of[0].spoof = sc->of[1].spoof = sum > 100 ? 100 : sum;
}

/* An authorised address fails because of us: more than half of its failures must be of that kind.
 */
static void find_faults(const struct sender *s, const struct observed *o, struct scores *sc)
{
	uint64_t n = s->t.messages, failing = n - tally_judged_pass(&s->t);
	uint64_t spf = o->messages[SEEN_FAULT], dkim = o->messages[SEEN_FAULT_DKIM];
	bool known = at_least(o->messages[SEEN_DIRECT], n, BROKEN_DIRECT);
	for (int i = 0; i < 2; i++) {
		unsigned needed = i == 0 ? 0 : RELIABLE;
		sc->of[i].fault = known && 2 * spf > failing && o->reporters[SEEN_FAULT] >= needed;
		sc->of[i].fault_dkim =
		    known && 2 * dkim > failing && o->reporters[SEEN_FAULT_DKIM] >= needed;
	}
}

struct scores score(struct sender *s, const struct observed *o, const struct ties *ties,
		    const struct siblings *siblings)
{
	struct scores sc = {0};
	const struct zone *zone = ties ? ties->zone : NULL;
	score_legit(s, o, ties, siblings, &sc);
	score_forward(s, o, zone, &sc);
	score_spoof(s, o, zone, &sc);
	find_faults(s, o, &sc);
	return sc;
}
