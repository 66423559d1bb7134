/* A1 to A11: would legitimate mail be lost? */
#include <string.h>

#include "core/day.h"
#include "core/hash.h"
#include "report/readiness/priv.h"
#include "report/refused.h"

#define WORST_MESSAGES 50
#define OPEN_MESSAGES  10
#define OPEN_DAYS      2
#define CHANCE         2 /* standard deviations */

struct fall {
	bool known;
	double points, variance;   /* how much less of the mail passes; of chance alone */
	const struct sender *most; /* who makes most of it; NULL: nobody fell */
};

/* Each sender that has sent in both weeks is compared with itself, and weighs as in both together:
 * who sends how much varies, and changes nothing. */
static struct fall fall_of_week(const struct judging *j)
{
	const struct domain_inventory *inv = j->out->inventory;
	struct fall f = {0};
	double all = 0, worst = 0;
	for (size_t i = 0; i < inv->n_senders; i++) {
		const struct volume *a = &j->week_of[0][i], *b = &j->week_of[1][i];
		if (!sender_is_legit(&inv->senders[i]) || a->messages == 0 || b->messages == 0)
			continue;
		double n = (double)a->messages, m = (double)b->messages;
		double rate = ((double)a->pass + (double)b->pass) / (n + m);
		double points = 100 * (n + m) * ((double)a->pass / n - (double)b->pass / m);
		all += n + m;
		f.points += points;
		f.variance += 1e4 * (n + m) * (n + m) * rate * (1 - rate) * (1 / n + 1 / m);
		if (points > worst) {
			worst = points;
			f.most = &inv->senders[i];
		}
	}
	f.known = all > 0;
	f.points /= f.known ? all : 1;
	f.variance /= f.known ? all * all : 1;
	return f;
}

static void check_fall(struct judging *j)
{
	const struct fall f = fall_of_week(j);
	if (!f.known) {
		set_check(j, CHECK_A9, CHECK_UNKNOWN, "", "no sender of yours sent in both weeks");
		return;
	}
	bool chance = f.points * f.points <= CHANCE * CHANCE * f.variance;
	enum check_status status = judge_value(j, CHECK_A9, chance ? 0 : f.points);
	set_check(j, CHECK_A9, status, TEXT(j, "%+.2f points", f.points == 0 ? 0 : -f.points),
		  status != CHECK_PASS && f.most
		      ? TEXT(j,
			     "less of the mail of %s passes than the week before: look for what "
			     "was changed",
			     f.most->name)
		      : "each sender is compared with itself");
}

static void check_passing(struct judging *j)
{
	const struct volume *g = &j->gate[FATE_LEGIT];
	double now = percent(g->pass, g->messages);
	set_check(j, CHECK_A1, g->messages ? judge_value(j, CHECK_A1, now) : CHECK_UNKNOWN,
		  g->messages ? TEXT(j, "%.2f%%", now) : "",
		  TEXT(j, "%llu of %llu messages from legitimate senders pass",
		       (unsigned long long)g->pass, (unsigned long long)g->messages));
}

static void check_worst(struct judging *j)
{
	const struct domain_inventory *inv = j->out->inventory;
	const struct sender *worst = NULL;
	double least = 101;
	for (size_t i = 0; i < inv->n_senders; i++) {
		const struct volume *v = &j->of_sender[i];
		if (!sender_is_legit(&inv->senders[i]) || v->messages < WORST_MESSAGES ||
		    percent(v->pass, v->messages) >= least)
			continue;
		least = percent(v->pass, v->messages);
		worst = &inv->senders[i];
	}
	set_check(j, CHECK_A2, worst ? judge_value(j, CHECK_A2, least) : CHECK_UNKNOWN,
		  worst ? TEXT(j, "%.1f%%", least) : "",
		  worst ? TEXT(j, "the lowest is that of %s", worst->name)
			: "no legitimate sender has 50 messages in 14 days");
}

static uint64_t failing_of(const struct sender *s)
{
	if (s->change == CHANGE_GONE)
		return s->verdict.remedy.kind == REMEDY_CONFIRM ? lost_next(s) : 0;
	return s->t.messages - tally_judged_pass(&s->t);
}

/* A record, and what a service documents, tie mail with our envelope sender, and no other. */
static bool is_tied(const struct sender *s)
{
	uint64_t n = s->t.cells[CELL_F6] + s->t.cells[CELL_F7] + s->t.cells[CELL_F9];
	bool elsewhere = 2 * n > s->t.messages;
	return s->ties_any & (elsewhere ? ~(unsigned)(TIE_RECORD | TIE_SERVICE) : ~0u);
}

/* Is it ours, and does its mail fail? By category, or because something of ours is tied to it. */
static bool is_open(const struct sender *s)
{
	enum category c = s->verdict.category;
	bool small = s->t.messages < OPEN_MESSAGES && s->days < OPEN_DAYS && !s->was;
	if (s->change == CHANGE_GONE || sender_is_ignored(s) || small)
		return false;
	if (sender_is_legit(s))
		return c != CAT_AUTHORIZED;
	return c == CAT_UNKNOWN && is_tied(s) && sender_is_steady(s) &&
	       2 * failing_of(s) > s->t.messages;
}

static bool failed_last(const struct sender *s)
{
	return !sender_is_ignored(s) && sender_failed_last(s);
}

/* It passed by SPF alone, and the record that stands today does not name it any more. */
static bool is_taken_out(const struct judging *j, const struct sender *s)
{
	return s->verdict.category == CAT_AUTHORIZED && s->change != CHANGE_GONE &&
	       !sender_is_ignored(s) && j->zone.answered &&
	       2 * zone_taken_out(&j->zone, s) > s->t.messages;
}

/* Who sends most of what may be ours; of one that is not seen now, when it was. */
static const char *most_of(const struct judging *j, const struct sender *s)
{
	char day[DAY_STRLEN];
	if (s->change != CHANGE_GONE)
		return s->name;
	return TEXT(j, "%s (%llu messages on %s failed; not seen since)", s->name,
		    (unsigned long long)lost_next(s), day_format(s->rhythm.last, day));
}

/* However small: five failing invoices a month are five customers. */
static void check_open(struct judging *j)
{
	const struct domain_inventory *inv = j->out->inventory;
	unsigned n = 0;
	const char *names = "";
	char day[DAY_STRLEN];
	for (size_t i = 0; i < inv->n_senders; i++) {
		const struct sender *s = &inv->senders[i];
		bool taken_out = is_taken_out(j, s);
		if (!is_open(s) && !failed_last(s) && !taken_out)
			continue;
		if (++n > 5)
			continue;
		names = TEXT(j, "%s%s%s", names, n > 1 ? ", " : "", s->name);
		if (taken_out)
			names = TEXT(j, "%s (from now on: SPF no longer authorises it)", names);
		if (failed_last(s))
			names =
			    TEXT(j, "%s (%llu messages on %s failed; not seen since)", names,
				 (unsigned long long)lost_next(s), day_format(s->last_day, day));
	}
	set_check(j, CHECK_A3, judge_value(j, CHECK_A3, n), TEXT(j, "%u", n),
		  n ? TEXT(j, "failing: %s%s", names, n > 5 ? " and more" : "")
		    : "every legitimate sender passes");
}

/* Is it asked about, does it come again or is it due again, and is "yours" what is likeliest? */
static bool is_likely_ours(const struct sender *s)
{
	const struct remedy *r = &s->verdict.remedy;
	bool again = s->change == CHANGE_GONE ? s->returns : s->steady || s->returns;
	uint64_t signs = s->t.cells[CELL_F6] + s->t.cells[CELL_F9];
	/* a forger may be at his post every day, and signs nothing */
	bool daily = s->rhythm.kind == RHYTHM_OFTEN && !s->service && 2 * signs <= s->t.messages;
	return r->kind == REMEDY_CONFIRM && again && !daily && !s->itself && r->n_readings > 0 &&
	       r->readings[0].kind == READING_MISSING;
}

/* Failing mail of unknown senders, by what speaks for them. */
struct open_mail {
	uint64_t ours, open, strange, hidden; /* hidden: by label */
	const struct sender *most;            /* of those that may be ours; NULL: there are none */
	bool asked;                           /* some question, or steady hint, is open */
};

static struct open_mail find_open_mail(const struct judging *j)
{
	const struct domain_inventory *inv = j->out->inventory;
	bool nobody = j->window_volume[FATE_LEGIT].messages == 0;
	struct open_mail m = {0};
	for (size_t i = 0; i < inv->n_senders; i++) {
		const struct sender *s = &inv->senders[i];
		uint64_t n = failing_of(s);
		if (fate_of(s) != FATE_UNKNOWN || n == 0)
			continue;
		if (sender_is_ignored(s)) {
			m.hidden += s->change == CHANGE_GONE ? 0 : n;
			continue;
		}
		bool confirm = s->verdict.remedy.kind == REMEDY_CONFIRM;
		bool may_be_ours = s->hinted || confirm;
		m.ours += s->hinted || is_likely_ours(s) || (confirm && nobody) ? n : 0;
		*(may_be_ours ? &m.open : &m.strange) += n;
		m.asked = m.asked || confirm || (s->hinted && sender_is_steady(s));
		if (may_be_ours && (!m.most || n > failing_of(m.most)))
			m.most = s;
	}
	return m;
}

static double share_of_legit(uint64_t part, uint64_t legit)
{
	return legit ? 100.0 * (double)part / (double)legit : part ? 100 : 0;
}

/*
 * Strangers have no veto: anybody may send as us for weeks. What fails the check is what something
 * of ours speaks for, or what comes back and is likeliest ours; what is asked about besides is
 * counted and warns, until a person answers.
 */
static void check_unknown(struct judging *j)
{
	const struct open_mail m = find_open_mail(j);
	uint64_t legit = j->window_volume[FATE_LEGIT].messages, pass = 0;
	for (int f = 0; f < FATE_COUNT; f++)
		pass += j->window_volume[f].pass;
	legit = pass > legit ? pass : legit; /* what is looked into as abuse is ours, too */
	j->open_share = share_of_legit(m.open, legit);
	j->most_open = m.asked || j->open_share > limit_of(j, CHECK_A4) ? m.most : NULL;
	enum check_status status = judge_value(j, CHECK_A4, share_of_legit(m.ours, legit));
	if (status == CHECK_PASS &&
	    (m.asked || judge_value(j, CHECK_A4, j->open_share) != CHECK_PASS))
		status = CHECK_WARN; /* small is no excuse: five invoices are five customers */
	const char *rest = m.strange ? TEXT(j, "; %llu more from strangers do not count",
					    (unsigned long long)m.strange)
				     : "";
	if (m.hidden) /* to hide is no answer: whose it is stays open */
		rest = TEXT(j, "%s; %llu more from senders that a label hides do not count", rest,
			    (unsigned long long)m.hidden);
	set_check(j, CHECK_A4, status, TEXT(j, "%.2f%%", j->open_share),
		  m.most ? TEXT(j,
				"%llu failing messages are from senders that may be yours, most "
				"from %s: find out, and label them%s",
				(unsigned long long)m.open, most_of(j, m.most), rest)
			 : TEXT(j, "no failing mail that may be yours%s", rest));
}

static const char lists_help[] =
    "With p=reject they are lost, unless the list rewrites From or the receiver trusts its ARC "
    "seal: ask its owner. Where people write to lists, RFC 9989 section 7.4 advises against "
    "p=reject: keep p=quarantine, or let them write from a subdomain with a policy of its own";

static const char filters_help[] =
    "These are filters of recipients, which change mail before the recipient's mail host checks "
    "it. With p=reject it is refused there, unless that host trusts the filter: ask the "
    "recipients' administrators";

/* A list that nobody can repair is no reason to wait: it is told, with what lists can do. */
static void check_forwarded(struct judging *j)
{
	const struct domain_inventory *inv = j->out->inventory;
	uint64_t legit = j->window_volume[FATE_LEGIT].messages, most = 0;
	const struct volume *f = &j->window_volume[FATE_FORWARDER];
	uint64_t breaks = f->messages - f->pass;
	double share = legit ? 100.0 * (double)breaks / (double)legit : 0;
	const struct sender *worst = NULL;
	uint64_t filtered = 0, refused = 0;
	for (size_t i = 0; i < inv->n_senders; i++) {
		const struct sender *s = &inv->senders[i];
		if (fate_of(s) == FATE_FORWARDER && s->change != CHANGE_GONE) {
			filtered += sender_is_filter(s) ? failing_of(s) : 0;
			refused += s->t.rejected + s->t.quarantined;
		}
		if (fate_of(s) != FATE_FORWARDER || failing_of(s) <= most)
			continue;
		most = failing_of(s);
		worst = s;
	}
	enum check_status status = judge_value(j, CHECK_A6, share);
	set_check(j, CHECK_A6, status == CHECK_FAIL ? CHECK_WARN : status, TEXT(j, "%.2f%%", share),
		  !breaks ? "no forwarded mail fails"
			  : TEXT(j, "%llu forwarded messages fail%s, most of them from %s. %s",
				 (unsigned long long)breaks,
				 refused ? TEXT(j, " (%llu are refused or quarantined already)",
						(unsigned long long)refused)
					 : "",
				 worst ? worst->name : "a forwarder",
				 2 * filtered > breaks ? filters_help : lists_help));
}

static void check_newest(struct judging *j)
{
	const struct domain_inventory *inv = j->out->inventory;
	const struct sender *newest = NULL;
	for (size_t i = 0; i < inv->n_senders && inv->compared; i++) {
		const struct sender *s = &inv->senders[i];
		bool maybe = fate_of(s) == FATE_UNKNOWN && s->hinted && !sender_is_ignored(s);
		if (s->change != CHANGE_NEW || s->t.messages < OPEN_MESSAGES ||
		    !(sender_is_legit(s) || maybe))
			continue;
		if (!newest || s->first_day > newest->first_day)
			newest = s;
	}
	if (!inv->compared) {
		set_check(j, CHECK_A7, CHECK_UNKNOWN, "",
			  "no reports from before the window to compare with");
		return;
	}
	int32_t age = newest ? j->in->as_of - newest->first_day : 999;
	set_check(j, CHECK_A7, judge_value(j, CHECK_A7, age),
		  newest ? TEXT(j, "%d days", age)
			 : TEXT(j, "none new in %g days", limit_of(j, CHECK_A7)),
		  newest ? TEXT(j, "%s is new: wait until its mail has been seen for a while",
				newest->name)
			 : "no new sender");
}

static void check_lists(struct judging *j)
{
	uint64_t n = 0;
	const struct domain_facts *d = j->window;
	for (size_t i = 0; i < d->n_facts; i++) {
		const struct dmarc_profile *p = &d->profiles[d->facts[i].profile];
		for (unsigned k = 0; k < p->n_reasons; k++)
			if (p->reasons[k].type.code == W_MAILING_LIST) {
				n += d->facts[i].messages;
				break;
			}
	}
	set_check(j, CHECK_A11, judge_value(j, CHECK_A11, (double)n),
		  TEXT(j, "%llu messages", (unsigned long long)n),
		  n ? "your users post to mailing lists: RFC 9989 section 7.4 advises such domains "
		      "against p=reject"
		    : "no report mentions mailing lists");
}

#define BOUNCE_DAYS 14
#define BOUNCE_LESS 2 /* days without a source that are let pass: the newest come late */

/* Mail of ours that a receiver refused for authentication. What a forwarder handed on is the
 * forwarder's. */
static bool is_bounced(const struct judging *j, const struct fact_refusal *f)
{
	if (!refused_is_ours(f) || !refused_by_auth(f) || f->day < j->in->as_of - BOUNCE_DAYS)
		return false;
	struct digest key = hash_fixed128(&f->ip, sizeof f->ip);
	const uint64_t *at = f->ip.family ? map_get(&j->owner, &key) : NULL;
	const struct sender *s = at ? &j->out->inventory->senders[*at - 1] : NULL;
	return s ? sender_is_legit(s) && !sender_is_ignored(s) : f->ours == OURS_YES;
}

static int covered_days(const struct judging *j)
{
	const struct domain_facts *d = j->window;
	int n = 0;
	for (size_t i = 0; i < d->n_refusal_days; i++)
		n += d->refusal_days[i] >= j->in->as_of - BOUNCE_DAYS &&
		     d->refusal_days[i] < j->in->as_of;
	return n;
}

/* What was refused was refused, whatever else was read; that nothing was, only who read all of the
 * days can say. */
static void check_bounces(struct judging *j)
{
	const struct domain_facts *d = j->window;
	const struct fact_refusal *most = NULL;
	uint64_t n = 0;
	int days = covered_days(j);
	for (size_t i = 0; i < d->n_refusals; i++) {
		const struct fact_refusal *f = &d->refusals[i];
		if (!is_bounced(j, f))
			continue;
		n += f->count;
		most = !most || f->count > most->count ? f : most;
	}
	if (n == 0 && days < BOUNCE_DAYS - BOUNCE_LESS) {
		set_check(j, CHECK_A10, CHECK_UNKNOWN, "",
			  TEXT(j,
			       "bounces or mail logs of %d of the last %d days were read: feed "
			       "them to `ruascope bounce ingest`",
			       days, BOUNCE_DAYS));
		return;
	}
	const char *place = !most                    ? ""
			    : most->recipient_domain ? most->recipient_domain
			    : most->receiver_org     ? most->receiver_org
						     : "a receiver";
	set_check(j, CHECK_A10, judge_value(j, CHECK_A10, (double)n),
		  TEXT(j, "%llu in %d days", (unsigned long long)n, BOUNCE_DAYS),
		  n == 0 ? "no mail of yours was refused for SPF, DKIM or DMARC, as far as bounces "
			   "and logs were read"
			 : TEXT(j,
				"receivers refused mail of yours for SPF, DKIM or DMARC, most of "
				"it at %s: `ruascope bounce list %s`",
				place, d->domain));
}

/* A person's word is the only witness: "label approve". */
static void check_owners(struct judging *j)
{
	const struct domain_inventory *inv = j->out->inventory;
	unsigned all = 0, approved = 0;
	for (size_t i = 0; i < inv->n_senders; i++) {
		const struct sender *s = &inv->senders[i];
		all += sender_is_legit(s);
		approved += sender_is_legit(s) && s->label && s->label->verdict == LABEL_APPROVE;
	}
	set_check(j, CHECK_M1, judge_value(j, CHECK_M1, all - approved),
		  TEXT(j, "%u of %u", approved, all),
		  "ask the owner of each sender, then approve it by label");
}

void check_mail(struct judging *j)
{
	check_passing(j);
	check_signed(j);
	check_fall(j);
	check_worst(j);
	check_open(j);
	check_unknown(j);
	check_forwarded(j);
	check_newest(j);
	check_stage(j);
	check_bounces(j);
	check_lists(j);
	check_owners(j);
}
