#include "report/classify.h"

#include <stdlib.h>
#include <string.h>

#include "core/day.h"
#include "core/mem.h"
#include "report/selectors.h"

#define LEGIT_SCORE      60
#define LEGIT_MARGIN     20 /* that much more than what speaks for a forgery */
#define AUTHORIZED_PASS  98 /* per cent of messages that must pass DMARC */
#define FORWARDER_SCORE  50
#define FORWARDER_DIRECT 5  /* per cent of aligned SPF passes a forwarder may have */
#define BROKEN_DIRECT    20 /* per cent of aligned SPF passes that what is broken must have */
#define HEAVY_PART       10 /* per cent of a sender's mail: one odd message is no habit */
#define FLAG_SHARE       20 /* per cent of messages that a reporter's remark must cover */
#define BURST_SHARE      80 /* per cent of messages within three days */
#define BURST_MESSAGES   10
#define RELIABLE         2 /* reporters that must have seen what tips a verdict */

/* What a row can be evidence of. */
enum kind {
	KIND_ANY,
	KIND_DIRECT,  /* aligned SPF passes: the address is authorised */
	KIND_OWN,     /* signed by a selector that is mainly this sender's */
	KIND_HEAVY,   /* signed by a selector it has a good share of */
	KIND_CARRIED, /* passes by DKIM alone, with a selector that is mainly others' */
	KIND_REASON,
	KIND_ARC,
	KIND_BROKEN,     /* our signature arrives broken, its selector passes elsewhere */
	KIND_FAULT,      /* an authorised address fails by an error of our SPF record ... */
	KIND_FAULT_DKIM, /* ... or by a signature of its own that does not verify */
	KIND_MISMATCH,
	KIND_STRICT,
	KIND_COUNT
};

struct observed {
	uint64_t messages[KIND_COUNT];
	unsigned reporters[KIND_COUNT]; /* distinct ones */
	unsigned carried;               /* selectors of others; 2: two or more */
};

struct score {
	int legit, spoof, forward;
	bool direct, fault, fault_dkim;
};

struct classifier {
	const struct domain_facts *facts;
	struct selectors selectors;
	unsigned *seen; /* by reporter: kinds; all zero between two senders */
};

static bool at_least(uint64_t part, uint64_t whole, unsigned percent)
{
	return part > 0 && 100 * part >= percent * whole;
}

static uint64_t cells(const struct sender *s, unsigned set)
{
	uint64_t sum = 0;
	for (unsigned c = 0; c < CELL_COUNT; c++)
		sum += set >> c & 1 ? s->t.cells[c] : 0;
	return sum;
}

#define SET(c)     (1u << CELL_##c)
#define DIRECT     (SET(P1) | SET(P5) | SET(P6) | SET(P7))
#define DKIM_ALONE (SET(P2) | SET(P3) | SET(P4))
#define BROKEN     (SET(F2) | SET(F8) | SET(F11))

/* ---- what the rows show ---- */

static unsigned kinds_of_row(const struct classifier *c, const struct fact *f, bool authorised)
{
	const struct dmarc_profile *p = &c->facts->profiles[f->profile];
	unsigned sel = selectors_of(&c->selectors, f->profile), cell = 1u << p->cell;
	unsigned kinds = 1u << KIND_ANY;
	kinds |= (cell & DIRECT) ? 1u << KIND_DIRECT : 0;
	kinds |= sel & SEL_OWN ? 1u << KIND_OWN : 0;
	kinds |= sel & SEL_HEAVY ? 1u << KIND_HEAVY : 0;
	kinds |= (cell & DKIM_ALONE) && (sel & SEL_CARRIED) ? 1u << KIND_CARRIED : 0;
	kinds |= p->flags & DMARC_FORWARD_REASON ? 1u << KIND_REASON : 0;
	kinds |= p->flags & DMARC_ARC_PASS ? 1u << KIND_ARC : 0;
	kinds |= (cell & BROKEN) && (sel & SEL_BROKEN) ? 1u << KIND_BROKEN : 0;
	kinds |= authorised && (cell & (SET(F3) | SET(F5))) ? 1u << KIND_FAULT : 0;
	kinds |=
	    authorised && (cell & BROKEN) && (sel & SEL_BROKEN_OWN) ? 1u << KIND_FAULT_DKIM : 0;
	kinds |= p->flags & DMARC_REPORTER_MISMATCH ? 1u << KIND_MISMATCH : 0;
	kinds |= p->flags & DMARC_STRICT_ONLY ? 1u << KIND_STRICT : 0;
	return kinds;
}

static void add_row(struct classifier *c, const struct fact *f, unsigned kinds, struct observed *o)
{
	for (unsigned k = 0; k < KIND_COUNT; k++)
		o->messages[k] += kinds >> k & 1 ? f->messages : 0;
	for (uint32_t i = 0; i < f->n_reporters; i++) {
		unsigned *seen = &c->seen[f->reporters[i]];
		for (unsigned k = 0; k < KIND_COUNT; k++)
			o->reporters[k] += (kinds & ~*seen) >> k & 1;
		*seen |= kinds;
	}
}

/* Rows come address by address; an aligned SPF pass of an address speaks for its other rows. */
static struct observed observe(struct classifier *c, const struct sender *s)
{
	struct observed o = {0};
	selectors_enter(&c->selectors, s);
	o.carried = selectors_carried(&c->selectors, s);
	for (size_t i = 0, end; i < s->n_facts; i = end) {
		bool authorised = false;
		for (end = i;
		     end < s->n_facts && ip_cmp(&s->facts[end]->source, &s->facts[i]->source) == 0;
		     end++)
			authorised |=
			    (1u << c->facts->profiles[s->facts[end]->profile].cell & DIRECT) != 0;
		authorised = authorised && s->facts[i]->source.family != 0;
		for (size_t k = i; k < end; k++)
			add_row(c, s->facts[k], kinds_of_row(c, s->facts[k], authorised), &o);
	}
	selectors_leave(&c->selectors, s);
	for (size_t i = 0; i < s->n_facts; i++)
		for (uint32_t k = 0; k < s->facts[i]->n_reporters; k++)
			c->seen[s->facts[i]->reporters[k]] = 0;
	return o;
}

/* Nearly all within some three days? A fact's messages are spread evenly over its days. */
static bool is_burst(const struct sender *s)
{
	size_t n = (size_t)(s->last_day - s->first_day) + 1;
	if (s->t.messages < BURST_MESSAGES || n <= 3)
		return s->t.messages >= BURST_MESSAGES;
	double *by_day = mem_alloc((n + 3) * sizeof *by_day), best = 0;
	for (size_t i = 0; i < s->n_facts; i++) {
		const struct fact *f = s->facts[i];
		int32_t first = month_first_day(f->month) - s->first_day;
		for (uint32_t bits = f->days ? f->days : 1; bits; bits &= bits - 1)
			by_day[first + __builtin_ctz(bits)] +=
			    (double)f->messages / (f->days ? __builtin_popcount(f->days) : 1);
	}
	for (size_t i = 0; i < n; i++) {
		double sum = by_day[i] + by_day[i + 1] + by_day[i + 2];
		best = sum > best ? sum : best;
	}
	free(by_day);
	return best * 100 >= BURST_SHARE * (double)s->t.messages;
}

/* ---- scores ---- */

/* [0]: from all evidence. [1]: from what reliably many reporters saw. */
struct scores {
	struct score of[2];
};

static void evidence(struct sender *s, const char *code, int weight, const char *text)
{
	if (s->n_evidence < EVIDENCE_MAX)
		s->evidence[s->n_evidence++] = (struct evidence){code, weight, text};
}

static void score_legit(struct sender *s, const struct observed *o, struct scores *sc)
{
	uint64_t n = s->t.messages;
	bool direct = at_least(o->messages[KIND_DIRECT], n, FORWARDER_DIRECT);
	bool own = 2 * o->messages[KIND_OWN] > n;
	if (direct)
		evidence(s, "L_ALIGNED_SPF", 60,
			 "SPF passes for your domain: your record authorises it");
	if (own)
		evidence(s, "L_ALIGNED_DKIM", 60,
			 "signs as your domain, with a selector that mainly this sender uses");
	if (!direct && !own)
		return; /* a stranger does not become legitimate by persisting */
	int days = s->days >= 7 ? 15 : s->days >= 3 ? 5 : 0, reporters = s->reporters >= 3 ? 10 : 0;
	if (days > 0)
		evidence(s, "L_PERSISTENT", days,
			 days == 15 ? "active on seven days or more"
				    : "active on three days or more");
	if (reporters > 0)
		evidence(s, "L_REPORTERS", reporters, "seen by three reporters or more");
	for (int i = 0; i < 2; i++) {
		struct score *score = &sc->of[i];
		unsigned needed = i == 0 ? 0 : RELIABLE;
		score->direct = direct && o->reporters[KIND_DIRECT] >= needed;
		int proof =
		    (score->direct ? 60 : 0) + (own && o->reporters[KIND_OWN] >= needed ? 60 : 0);
		score->legit = proof ? proof + days + reporters : 0;
		score->legit = score->legit > 100 ? 100 : score->legit;
	}
}

static void forward(struct sender *s, struct scores *sc, const struct observed *o, enum kind kind,
		    struct evidence e)
{
	evidence(s, e.code, e.weight, e.text);
	sc->of[0].forward += e.weight;
	if (o->reporters[kind] >= RELIABLE || e.weight < 0)
		sc->of[1].forward += e.weight;
}

static void score_forward(struct sender *s, const struct observed *o, struct scores *sc)
{
	uint64_t n = s->t.messages;
	if (at_least(o->messages[KIND_REASON], n, FLAG_SHARE))
		forward(s, sc, o, KIND_REASON,
			(struct evidence){"F_FORWARD_REASON", 50,
					  "reporters say that it forwards, or is a mailing list"});
	if (at_least(o->messages[KIND_ARC], n, FLAG_SHARE))
		forward(s, sc, o, KIND_ARC,
			(struct evidence){"F_ARC", 45, "reporters accepted it for its ARC seal"});
	if (at_least(o->messages[KIND_CARRIED], n, 50))
		forward(
		    s, sc, o, KIND_CARRIED,
		    (struct evidence){"F_SELECTOR", 35,
				      "carries your signature of mail that others mainly send"});
	if (o->carried >= 2 && o->messages[KIND_CARRIED] > 0)
		forward(
		    s, sc, o, KIND_CARRIED,
		    (struct evidence){"F_SELECTORS", 15, "carries two or more of your selectors"});
	if (at_least(o->messages[KIND_BROKEN], n, 30))
		forward(s, sc, o, KIND_BROKEN,
			(struct evidence){"F_BROKEN_SIGNATURE", 20,
					  "your signature arrives broken: changed on the way"});
	if (sc->of[0].forward > 0 && at_least(o->messages[KIND_HEAVY], n, HEAVY_PART))
		forward(
		    s, sc, o, KIND_HEAVY,
		    (struct evidence){"F_MAIN_USER", -30,
				      "has a fifth or more of the mail of one of your selectors"});
}

static void score_spoof(struct sender *s, struct scores *sc)
{
	uint64_t n = s->t.messages, pass = tally_judged_pass(&s->t);
	int spoof = 0;
	if (pass == 0 && n > 0) {
		spoof += 15;
		evidence(s, "S_NEVER_ALIGNED", 15, "nothing of it ever passed for your domain");
	}
	if (2 * cells(s, SET(F10)) > n) {
		spoof += 20;
		evidence(s, "S_NOTHING_AUTHENTICATES", 20,
			 "neither SPF nor DKIM passes for anybody");
	}
	if (2 * pass < n && is_burst(s)) {
		spoof += 15;
		evidence(s, "S_BURST", 15, "nearly all of it within three days");
	}
	sc->of[0].spoof = sc->of[1].spoof = spoof;
}

/* An authorised address fails because of us: more than half of its failures must be of that kind.
 */
static void find_faults(const struct sender *s, const struct observed *o, struct scores *sc)
{
	uint64_t n = s->t.messages, failing = n - tally_judged_pass(&s->t);
	uint64_t spf = o->messages[KIND_FAULT], dkim = o->messages[KIND_FAULT_DKIM];
	bool known = at_least(o->messages[KIND_DIRECT], n, BROKEN_DIRECT);
	for (int i = 0; i < 2; i++) {
		unsigned needed = i == 0 ? 0 : RELIABLE;
		sc->of[i].fault = known && 2 * spf > failing && o->reporters[KIND_FAULT] >= needed;
		sc->of[i].fault_dkim =
		    known && 2 * dkim > failing && o->reporters[KIND_FAULT_DKIM] >= needed;
	}
}

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
		if (2 * cells(s, notes[i].cells) > n)
			evidence(s, notes[i].code, 0, notes[i].text);
	if (at_least(o->messages[KIND_STRICT], n, FLAG_SHARE))
		evidence(s, "N_STRICT_ONLY", 0,
			 "relaxed alignment would let it pass; your record asks for strict");
	if (at_least(o->messages[KIND_MISMATCH], n, FLAG_SHARE))
		evidence(s, "N_REPORTER_MISMATCH", 0,
			 "reporters contradict their own results; judged by the results");
}

/* ---- verdict ---- */

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

static struct verdict decide(const struct sender *s, const struct score *x,
			     const struct observed *o)
{
	uint64_t n = s->t.messages, pass = tally_judged_pass(&s->t);
	uint64_t dkim = cells(s, SET(P1) | DKIM_ALONE);
	int margin = x->legit - x->spoof - LEGIT_MARGIN;
	if (x->forward >= FORWARDER_SCORE &&
	    !at_least(o->messages[KIND_DIRECT], n, FORWARDER_DIRECT))
		return verdict(s, CAT_FORWARDER, with_margin(x->forward - FORWARDER_SCORE),
			       REMEDY_FORWARDER,
			       "nothing to do in SPF; sign all mail with DKIM, which survives most "
			       "forwarding");
	if (x->legit >= LEGIT_SCORE && margin >= 0 && at_least(pass, n, AUTHORIZED_PASS))
		return verdict(
		    s, CAT_AUTHORIZED, with_margin(margin), REMEDY_NONE,
		    at_least(dkim, n, 80)
			? "nothing to do"
			: "nothing to do today; before p=reject sign its mail with DKIM, "
			  "too: it passes by SPF alone");
	if (x->direct && margin >= 0 && x->fault_dkim)
		return verdict(s, CAT_LEGIT_BROKEN, with_margin(margin), REMEDY_DKIM_REPAIR,
			       "it is yours, and its DKIM signature does not verify: look for what "
			       "changes mail after signing, and for the key in DNS");
	if (x->direct && margin >= 0 && x->fault)
		return verdict(s, CAT_LEGIT_BROKEN, with_margin(margin), REMEDY_DNS_REPAIR,
			       "it is yours, and your SPF record fails with an error: check the "
			       "record and its name servers");
	return verdict(s, CAT_UNKNOWN, 40, REMEDY_REVIEW,
		       "find out whether it is yours; reports alone do not tell");
}

static void classify(struct classifier *c, struct sender *s)
{
	struct scores sc = {0};
	struct observed o = observe(c, s);
	score_legit(s, &o, &sc);
	score_forward(s, &o, &sc);
	score_spoof(s, &sc);
	find_faults(s, &o, &sc);
	take_notes(s, &o);
	s->leaning = decide(s, &sc.of[0], &o);
	s->verdict = decide(s, &sc.of[1], &o);
	if (s->leaning.category != s->verdict.category)
		evidence(s, "N_ONE_REPORTER", 0, "what speaks for it comes from one reporter only");
	else if (s->reporters == 1)
		evidence(s, "N_ONE_REPORTER", 0, "only one reporter saw it");
}

void classify_senders(const struct domain_facts *facts, const struct name_rules *rules,
		      struct arena *a, struct sender *senders, size_t n)
{
	struct classifier c = {.facts = facts};
	selectors_init(&c.selectors, facts, rules, a);
	c.seen = arena_alloc(a, (facts->n_reporters + 1) * sizeof *c.seen);
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
	settle(now, "one reporter only, but the period before says the same");
	settle(before, "one reporter only, but the period after says the same");
}
