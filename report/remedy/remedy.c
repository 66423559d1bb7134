#include "report/remedy/remedy.h"

#include <stdlib.h>
#include <string.h>

#include "core/day.h"
#include "report/remedy/published.h"
#include "report/remedy/signing.h"
#include "report/sender/habit.h"
#include "report/sender/sentence.h"

/* The edits of one name are one record: every sender that has some is shown that one. */
static void finish_edits(struct remedier *r)
{
	for (size_t k = 0; k < r->zone->n_mailfrom; k++) {
		remedy_soften(r, &r->plans[k]);
		remedy_deny(r, &r->plans[k]);
		plan_finish(&r->plans[k]);
	}
	for (size_t i = 0; i < r->n; i++) {
		struct sender *s = &r->senders[i];
		struct plan *p = r->plan_of[i];
		if (!p)
			continue;
		if (s->change == CHANGE_GONE)
			s = s->was;
		const char *terms = s->verdict.remedy.change->terms;
		struct record_change *c = p->change ? arena_alloc(r->a, sizeof *c) : NULL;
		if (c) {
			*c = *p->change;
			c->terms = terms;
			s->verdict.remedy.text = arena_printf(r->a, "%s%s", s->verdict.remedy.text,
							      plan_wildcard(r->zone, p->m->domain));
		} else if (p->in_vain && *terms) {
			s->verdict.remedy.text = arena_printf(
			    r->a, "%s. %s", s->verdict.remedy.text, sentence(r->a, p->in_vain));
		}
		s->verdict.remedy.change = c;
	}
}

/* Those of a sender stand together, as they were made. */
static void finish_parts(const struct remedier *r)
{
	for (const struct part *x = r->parts; x; x = x->next) {
		struct remedy *m = &x->s->verdict.remedy;
		if (!x->plan->change || m->kind == REMEDY_CONFIRM)
			continue;
		struct remedy_part *all = arena_alloc(r->a, (m->n_parts + 1) * sizeof *all);
		struct record_change *c = arena_alloc(r->a, sizeof *c);
		*c = *x->plan->change;
		c->terms = x->terms;
		*all = (struct remedy_part){c, x->messages};
		if (m->n_parts > 0)
			memcpy(all + 1, m->parts, m->n_parts * sizeof *all);
		m->parts = all;
		m->n_parts++;
	}
}

#define MEANT_CONFIDENCE   84 /* whom the owner himself names, and nothing else ties to him */

#define PATIENT_MAX        3 /* fax machines that one domain may have; more are of the botnet */
#define CAMPAIGN_DAYS_MOST 10
#define GONE_MESSAGES      6 /* fewer, when last seen, are no run that comes again */

#define ALIKE_MAX          12 /* senders that nothing names, and that do the same: so many are a botnet */
#define DAILY_DAYS         22 /* of a month */
#define SERVERS_MAX        5  /* services of one owner that nobody set up; more are a campaign */
#define ALIKE_MORE         4 /* times what half of them send at most: who sends more is none of them */

/* One that nothing names is worth a question; a swarm of them is none. What a single reporter says
 * makes no swarm: who invents addresses would silence the questions about others. */
static bool is_nameless(const struct remedier *r, const struct sender *s)
{
	return !s->hinted && !s->aged && !s->service && s->reporters > 1 &&
	       !habit_is_named(s, r->zone->known);
}

static int by_number(const void *x, const void *y)
{
	const uint64_t *a = x, *b = y;
	return (*a > *b) - (*a < *b);
}

/* Servers with a name that nothing of ours is tied to: hacked ones, campaigns of a few days. What
 * keeps coming back is none. */
static bool is_strange(const struct remedier *r, const struct sender *s)
{
	return !s->hinted && !s->aged && !s->service && !s->returns && s->reporters > 1 &&
	       (s->one || habit_is_named(s, r->zone->known));
}

/* Infected customer lines, each at it for some days: who has sent ten messages by now is no other
 * than who has sent nine. Messages that one of a swarm sends at most; 0: there is none. PATIENT:
 * among those that have kept at it for weeks, which most are not: few make a swarm. */
static uint64_t find_swarm(const struct remedier *r, enum swarm kind)
{
	static const size_t most[] = {
	    [LINES] = ALIKE_MAX, [PATIENT] = PATIENT_MAX, [SERVERS] = SERVERS_MAX};
	uint64_t *sent = arena_alloc(r->a, (r->n + 1) * sizeof *sent);
	size_t n = 0;
	for (size_t i = 0; i < r->n; i++) {
		const struct sender *s = &r->senders[i];
		enum category c = s->verdict.category;
		bool alike = kind == SERVERS ? is_strange(r, s)
					     : is_nameless(r, s) && (s->patient || kind == LINES);
		if (s->change != CHANGE_GONE && (c == CAT_UNKNOWN || c == CAT_UNAUTHORIZED) &&
		    tally_judged_pass(&s->t) == 0 && alike)
			sent[n++] = s->t.messages;
	}
	qsort(sent, n, sizeof *sent, by_number);
	return n > most[kind] ? ALIKE_MORE * sent[n / 2] : 0;
}

#define MOVING_ADDRESSES 5  /* at least, one after the other */
#define MOVING_SOURCES   2  /* of a sender */
#define MOVING_A_DAY     4  /* two machines, on the day of the change, as two clocks tell it */
#define MOVING_DAYS      15 /* with mail */
#define MOVING_SHARE     40 /* per cent of what nameless machines send */

/* A line or a rented machine, which nothing names; a provider is no service that sends for us. */
static bool may_move(const struct remedier *r, const struct sender *s)
{
	enum category c = s->verdict.category;
	bool rented = !s->service || s->service->kind == KIND_CLOUD || s->service->kind == KIND_ISP;
	return s->change != CHANGE_GONE && (c == CAT_UNKNOWN || c == CAT_UNAUTHORIZED) && rented &&
	       s->n_sources > 0 && s->n_sources <= MOVING_SOURCES && !s->label && !s->hinted &&
	       tally_judged_pass(&s->t) == 0 && !habit_is_named(s, r->zone->known);
}

static const char *provider_of(const struct remedier *r, const struct sender *s)
{
	return s->service ? s->service->name : knowledge_of(r->zone->known, &s->sources[0].ip)->org;
}

static bool is_at(const struct remedier *r, const struct sender *s, const char *org)
{
	const char *at = may_move(r, s) ? provider_of(r, s) : NULL;
	return at && strcmp(at, org) == 0;
}

struct moving {
	const struct sender *last; /* that was counted on the day */
	unsigned senders;
};

/* Days on which it sent, and who says so. */
static void note_days(const struct sender *s, const struct window *w, struct moving *on, bool *by)
{
	for (size_t i = 0; i < s->n_facts; i++) {
		for (uint32_t k = 0; k < s->facts[i]->n_witnesses; k++)
			by[s->facts[i]->witnesses[k].reporter] = true;
		for (uint32_t bits = s->facts[i]->days; bits; bits &= bits - 1) {
			int32_t day =
			    month_first_day(s->facts[i]->month) + __builtin_ctz(bits) - w->since;
			if (day < 0 || day >= w->until - w->since || on[day].last == s)
				continue;
			on[day].last = s;
			on[day].senders++;
		}
	}
}

/* How many addresses of the provider there are, one after the other; 0: it is not so. */
static size_t count_moving(const struct remedier *r, const char *org, unsigned *days)
{
	const struct domain_facts *d = r->gate.periods[0];
	const struct window *w = &d->window;
	size_t n = (size_t)(w->until - w->since), addresses = 0;
	struct moving *on = arena_alloc(r->a, (n + 1) * sizeof *on);
	unsigned most = 0, receivers = 0;
	bool *by = arena_alloc(r->a, (d->n_reporters + 1) * sizeof *by);
	for (size_t i = 0; i < r->n; i++)
		if (is_at(r, &r->senders[i], org)) {
			addresses += r->senders[i].n_sources;
			note_days(&r->senders[i], w, on, by);
		}
	*days = 0;
	for (size_t i = 0; i < n; i++) {
		*days += on[i].senders > 0;
		most = on[i].senders > most ? on[i].senders : most;
	}
	for (size_t i = 0; i < d->n_reporters; i++)
		receivers += by[i] && !d->reporters[i].unknown;
	bool moves = addresses >= MOVING_ADDRESSES && *days >= MOVING_DAYS &&
		     most <= MOVING_A_DAY && receivers > 1;
	return moves ? addresses : 0;
}

/* A copier on a line whose address changes every night, machines that a cloud starts and stops: one
 * provider, one or two addresses a day, on half of all days, and it is most of what has no name. A
 * botnet has many a day, at many providers. */
static void find_moving(struct remedier *r)
{
	struct map sums = {0};
	uint64_t nameless = 0, most = 0;
	const char *org = NULL;
	unsigned days;
	for (size_t i = 0; i < r->n; i++) {
		const struct sender *s = &r->senders[i];
		const char *at = may_move(r, s) ? provider_of(r, s) : NULL;
		nameless += may_move(r, s) ? s->t.messages : 0;
		if (!at)
			continue;
		struct digest key = hash_fixed128(at, strlen(at));
		uint64_t *sum = map_put(&sums, &key, NULL);
		*sum += s->t.messages;
		org = *sum > most ? at : org;
		most = *sum > most ? *sum : most;
	}
	map_free(&sums);
	size_t n = org && 100 * most >= MOVING_SHARE * nameless ? count_moving(r, org, &days) : 0;
	for (size_t i = 0; n > 0 && i < r->n; i++)
		if (is_at(r, &r->senders[i], org))
			r->senders[i].moving =
			    arena_printf(r->a,
					 "%zu addresses of %s, one after the other, on %u days: a "
					 "machine whose address changes",
					 n, org, days);
}

/* Machines that keep office days among those that keep none are no part of the swarm, unless so
 * many do that it is one itself. */
static bool is_of_swarm(const struct remedier *r, const struct sender *s)
{
	if (s->moving)
		return false;
	size_t offices = 0;
	for (size_t i = 0; s->office && i < r->n; i++)
		offices += r->senders[i].office;
	if (s->office && offices <= ALIKE_MAX)
		return false;
	if (is_strange(r, s))
		return s->t.messages <= r->swarm[SERVERS];
	/* a copier keeps office days, a server sends every day; bots are heard of now and then */
	bool keeps =
	    s->patient && (s->office || s->days >= DAILY_DAYS || s->rhythm.kind != RHYTHM_OFTEN);
	return s->t.messages <= r->swarm[keeps ? PATIENT : LINES] && is_nameless(r, s);
}

/* Has it a name, by which a person may know it? */
static bool is_known_by_name(const struct remedier *r, const struct sender *s)
{
	return s->returns || s->hinted || habit_is_named(s, r->zone->known) ||
	       (s->service && !s->guest);
}

/* Another sender of the same service passes now: that is how it was repaired. */
static bool passes_today(const struct remedier *r, const struct sender *was)
{
	/* another customer's account is no answer for this one's */
	for (size_t i = 0; was->service && !was->guest && i < r->n; i++) {
		const struct sender *s = &r->senders[i];
		if (s->change != CHANGE_GONE && s->service == was->service &&
		    2 * tally_judged_pass(&s->t) > s->t.messages)
			return true;
	}
	return false;
}

/* Newsletters, invitations, payslips: its last mail failed, whenever that was, and so will its next
 * run, if it has one. */
static bool is_expected(const struct remedier *r, const struct sender *s)
{
	const struct sender *was = s->was;
	return was && is_known_by_name(r, was) &&
	       2 * tally_judged_pass(&was->t) < was->t.messages &&
	       was->t.messages >= GONE_MESSAGES && !passes_today(r, was) &&
	       question_is_due(&r->gate, was);
}

#define RUNS_LEAST 3
#define YEAR_LEAST 320 /* days: what came once a year is due again */
#define YEAR_MOST  400

static bool is_due_again(const struct remedier *r, const struct sender *was)
{
	const struct rhythm *x = &was->rhythm;
	int32_t since = r->gate.periods[0]->window.until - was->last_day;
	if (x->runs >= RUNS_LEAST)
		return since <= 2 * x->pause;
	return since >= YEAR_LEAST && since <= YEAR_MOST && was->days <= CAMPAIGN_DAYS_MOST;
}

/* Payslips, a campaign once a year: the last run passed, and what let it pass was taken out since.
 */
static bool ask_of_taken_out(struct remedier *r, struct sender *s)
{
	const struct sender *was = s->was;
	char day[DAY_STRLEN];
	if (!was || was->verdict.category != CAT_AUTHORIZED || was->t.messages < GONE_MESSAGES ||
	    !is_due_again(r, was) || 2 * remedy_taken_out(r, was) <= was->t.messages)
		return false;
	struct reading *open = arena_alloc(r->a, 2 * sizeof *open);
	open[0] = (struct reading){.kind = READING_MISSING, .n_for = 1};
	open[0].speaks_for[0] =
	    arena_printf(r->a, "it passed DMARC until %s", day_format(was->last_day, day));
	open[1] = (struct reading){.kind = READING_SWITCHED_OFF, .n_for = 1};
	open[1].speaks_for[0] = "its SPF term or DKIM key is no longer in DNS";
	s->verdict.remedy = (struct remedy){
	    .kind = REMEDY_CONFIRM,
	    .text = "does it still send? What let it pass is no longer in DNS: neither does the "
		    "SPF record of its envelope sender authorise it, nor is there the key that it "
		    "signed with. If it comes again, put back what was taken out before that; if "
		    "it was ended, deny it",
	    .readings = open,
	    .n_readings = 2};
	return true;
}

static void ask_of_gone(struct remedier *r, struct sender *s)
{
	if (!s->label && ask_of_taken_out(r, s))
		return;
	if (s->label || s->verdict.remedy.kind != REMEDY_NONE || !is_expected(r, s))
		return;
	s->was->verdict.remedy = question_of(&r->gate, s->was, r->unsigned_share);
	remedy_if_yours(r, s->was);
	s->verdict.remedy = s->was->verdict.remedy;
}

static void ask(struct remedier *r, struct sender *s)
{
	if (s->change == CHANGE_GONE) {
		ask_of_gone(r, s);
		return;
	}
	enum remedy_kind kind = s->verdict.remedy.kind;
	bool patient = kind == REMEDY_BLOCK && (s->patient || s->moving),
	     blocked = kind == REMEDY_BLOCK && s->one;
	bool open = kind == REMEDY_REVIEW || kind == REMEDY_NONE || s->aged || patient || blocked;
	if (kind != REMEDY_CONFIRM && !(open && question_is_due(&r->gate, s)))
		return;
	if (kind != REMEDY_CONFIRM && is_of_swarm(r, s))
		return;
	if (kind != REMEDY_CONFIRM)
		s->verdict.remedy = question_of(&r->gate, s, r->unsigned_share);
	if (s->verdict.category == CAT_UNAUTHORIZED)
		s->verdict.category = CAT_UNKNOWN;
	int most = patient || blocked ? 49 : 84;
	if (s->verdict.confidence > most)
		s->verdict.confidence = most; /* what is asked is not known */
	remedy_if_yours(r, s);
}

static int by_lost_mail(const void *x, const void *y)
{
	const struct sender *const *a = x, *const *b = y;
	uint64_t m = (*a)->t.messages - tally_judged_pass(&(*a)->t),
		 n = (*b)->t.messages - tally_judged_pass(&(*b)->t);
	return m != n ? (m < n) - (m > n) : strcmp((*a)->key, (*b)->key);
}

static unsigned unsigned_share(const struct zone *z, const struct sender *senders, size_t n)
{
	uint64_t all = 0, bare = 0;
	for (size_t i = 0; i < n; i++) {
		const struct sender *s = &senders[i];
		if (s->verdict.category != CAT_AUTHORIZED)
			continue;
		all += s->t.messages;
		bare += signing_of(z, s).bare;
	}
	return all ? (unsigned)(100 * bare / all) : 0;
}

static void find_faults(const struct remedier *r, struct remedies *out)
{
	out->most = r->zone->n_mailfrom + PUBLISHED_FAULTS_MAX;
	out->faults = arena_alloc(r->a, out->most * sizeof *out->faults);
	if (dmarc_faults(r, out)) /* there is no such domain, and so no record of it */
		return;
	if (!silent_fault(r, out))
		remedy_first_record(r, out);
	key_faults(r, out);
	for (size_t k = 0; k < r->zone->n_mailfrom; k++) {
		const struct plan *p = &r->plans[k];
		if (!p->fault)
			continue;
		out->faults[out->n_faults++] = (struct fault){
		    .weight = p->weight,
		    .id = arena_printf(r->a, "spf:%s", p->m->domain),
		    .title = arena_printf(r->a, "SPF record of %s", p->m->domain),
		    .text = p->mended ? arena_printf(r->a, "%s. Repair: %s", p->fault, p->mended)
			    : p->in_vain
				? arena_printf(r->a, "%s. %s", p->fault, sentence(r->a, p->in_vain))
				: p->fault,
		    .change = p->mended ? p->change : NULL};
	}
}

/* Anybody can sign as us with a selector that he made up: who publishes its key lets him in. */
static bool may_be_a_stranger(const struct remedier *r, const struct sender *s)
{
	return !s->ties_any && !zone_uses(r->zone, s->service) && tally_judged_pass(&s->t) == 0;
}

/* Most of what fails of a machine of ours has an empty envelope sender. */
static bool is_bounces(const struct sender *s)
{
	uint64_t failing = s->t.messages - tally_judged_pass(&s->t);
	return s->ties_any && sender_is_legit(s) && failing > 0 &&
	       s->verdict.category != CAT_AUTHORIZED && 2 * habit_failing_bounces(s) > failing;
}

/* Who is named in a record that a slip makes useless is no stranger: the repair is what it needs.
 */
static void find_mended(const struct remedier *r, struct sender *s)
{
	struct verdict *v = &s->verdict;
	if (!remedy_is_mended(r, s))
		return;
	int sure = v->category == CAT_UNKNOWN ? MEANT_CONFIDENCE : v->confidence;
	*v = (struct verdict){CAT_LEGIT_BROKEN, sure, {.kind = REMEDY_SPF_REPAIR}};
	if (s->n_evidence < EVIDENCE_MAX)
		s->evidence[s->n_evidence++] = (struct evidence){
		    "L_MEANT", 0, "your SPF record names it, in a way that receivers cannot read"};
}

static void remedy_of(struct remedier *r, struct sender *s, struct plan **to)
{
	find_mended(r, s);
	if (is_bounces(s) && remedy_helo(r, s)) {
		s->verdict.remedy.kind = REMEDY_SPF_PUBLISH;
		return;
	}
	switch (s->verdict.remedy.kind) {
	case REMEDY_SPF_ADD:
	case REMEDY_SPF_PUBLISH:
		remedy_spf(r, s, to);
		break;
	case REMEDY_SPF_REPAIR:
	case REMEDY_DNS_REPAIR:
		remedy_spf_error(r, s, to);
		break;
	case REMEDY_DKIM_ALIGN:
		remedy_unaligned(r, s);
		break;
	case REMEDY_DKIM_REPAIR:
		if (may_be_a_stranger(r, s))
			s->verdict.remedy = question_of(&r->gate, s, r->unsigned_share);
		else
			remedy_dkim(r, s);
		break;
	case REMEDY_NONE:
		if (s->verdict.category == CAT_AUTHORIZED)
			remedy_passing(r, s);
		break;
	default:
		break;
	}
}

void remedy_senders(const struct domain_facts *const *periods, size_t n_periods, struct ties *ties,
		    struct sender *senders, size_t n, struct remedies *out)
{
	struct remedier r = {
	    .zone = ties->zone, .a = ties->zone->known->a, .senders = senders, .n = n};
	*out = (struct remedies){.judged = true};
	gate_init(&r.gate, ties, periods, n_periods, senders, n);
	r.unsigned_share = unsigned_share(r.zone, senders, n);
	r.plans = arena_alloc(r.a, (r.zone->n_mailfrom + 1) * sizeof *r.plans);
	r.plan_of = arena_alloc(r.a, (n + 1) * sizeof(struct plan *));
	for (size_t k = 0; k < r.zone->n_mailfrom; k++)
		plan_begin(&r.plans[k], &r.gate, &r.zone->mailfrom[k]);
	struct sender **order = arena_alloc(r.a, (n + 1) * sizeof *order);
	for (size_t i = 0; i < n; i++)
		order[i] = &senders[i];
	qsort(order, n, sizeof *order, by_lost_mail);
	for (size_t i = 0; i < n; i++) {
		struct sender *s = order[i];
		struct plan **to = &r.plan_of[s - senders];
		if (s->change != CHANGE_GONE)
			remedy_of(&r, s, to);
		else if (sender_failed_last(s)) /* what would have helped it helps its next run */
			remedy_of(&r, s->was, to);
	}
	finish_edits(&r);
	finish_parts(&r);
	find_moving(&r);
	for (int k = 0; k < SWARMS; k++)
		r.swarm[k] = find_swarm(&r, (enum swarm)k);
	for (size_t i = 0; i < n; i++)
		ask(&r, order[i]);
	for (size_t i = 0; i < n; i++)
		remedy_yours_together(&r, order[i]);
	find_faults(&r, out);
}
