/* The next record to publish: none, quarantine in test mode, quarantine, reject in test mode,
 * reject. */
#include <string.h>

#include "core/day.h"
#include "report/readiness/priv.h"
#include "report/remedy/dmarc_edit.h"
#include "report/sender/sentence.h"

#define REPAIR_DAYS 14 /* what was repaired shows when all the mail that is judged is newer */

/* What stands in the way of any stricter policy: every check that may fail, but for the time spent
 * (A8) and what is said before it comes to this (D1, D8). The record can mend D3: it comes last. */
static const struct check *blocking(const struct readiness *r)
{
	static const enum check_id ids[] = {
	    CHECK_C1, CHECK_C3, CHECK_C5, CHECK_C6, CHECK_C2, CHECK_C4, CHECK_A3,
	    CHECK_A1, CHECK_A2, CHECK_A4, CHECK_A5, CHECK_A7, CHECK_A9, CHECK_A10,
	    CHECK_D2, CHECK_D4, CHECK_D5, CHECK_D6, CHECK_D7, CHECK_D9, CHECK_D3};
	for (size_t i = 0; i < sizeof ids / sizeof *ids; i++)
		if (r->checks[ids[i]].status == CHECK_FAIL)
			return &r->checks[ids[i]];
	return NULL;
}

static void say(struct judging *j, int days, const char *text)
{
	j->out->next =
	    (struct next_step){.text = sentence(j->a, text), .again = j->in->as_of + days};
}

/* How long each rung lasts: the RFC's month, or what a person set for A8. */
static int rung_days(const struct judging *j)
{
	return (int)limit_of(j, CHECK_A8);
}

/* Beside a CNAME nothing can be published: who hosts the record changes it. */
static bool is_hosted(const struct judging *j)
{
	const char *owner = j->out->dmarc.owner;
	return owner && !zone_is_ours(&j->zone, owner);
}

static void publish(struct judging *j, enum published_policy p, bool testing, const char *text)
{
	const struct dmarc_answer *d = &j->out->dmarc;
	if (is_hosted(j)) {
		say(j, rung_days(j),
		    TEXT(j,
			 "change the policy to p=%s%s at whoever hosts the record: _dmarc.%s is an "
			 "alias (CNAME) of %s, and nothing can be published beside it",
			 published_policy_names[p], testing ? "; t=y" : "", j->out->domain,
			 d->owner));
		return;
	}
	const struct dmarc_edit e = {.domain = j->out->domain, .p = p, .testing = testing};
	say(j, rung_days(j), text);
	j->out->next.record = dmarc_edit(j->a, d->found == FOUND_HERE ? &d->record : NULL, &e);
}

/* The thing of the list that repairs the DMARC record; NULL: nothing is wrong with it. */
static const struct todo *repair_of(const struct readiness *r)
{
	const struct todo_list *l = r->inventory->todo;
	for (size_t i = 0; i < l->n; i++)
		if (strncmp(l->list[i].id, "dmarc:", 6) == 0)
			return &l->list[i];
	return NULL;
}

/* One new record per name: what repairs it comes before what makes it stricter. */
static void step_repair(struct judging *j, const struct todo *t)
{
	const struct dmarc_answer *d = &j->out->dmarc;
	const char *text = d->found == FOUND_NONE
			       ? "publish a record first. With p=none receivers only send reports"
			   : d->n_records > 1
			       ? "receivers ignore several DMARC records: publish this one alone"
			       : "repair the DMARC record first";
	if (d->found != FOUND_NONE && d->record.n_rua == 0)
		text = "publish a record with rua first: without reports nobody can judge the "
		       "domain";
	say(j, d->found == FOUND_NONE ? rung_days(j) : 1, text);
	j->out->next.record = t->record->after;
}

static const char *name_of(const struct judging *j)
{
	const struct dmarc_answer *d = &j->out->dmarc;
	return TEXT(j, "p=%s%s", published_policy_names[d->policy],
		    d->record.testing ? "; t=y" : "");
}

/* The number of the first thing of a kind in the list; 0: there is none. */
static size_t first_of(const struct readiness *r, enum todo_kind kind)
{
	const struct todo_list *l = r->inventory->todo;
	for (size_t i = 0; i < l->n; i++)
		if (l->list[i].kind == kind)
			return i + 1;
	return 0;
}

/* Nothing that was seen lately is ours; what a question is about may be, all the same. */
static void step_parked(struct judging *j)
{
	size_t asked = first_of(j->out, TODO_QUESTION);
	if (asked)
		say(j, REPAIR_DAYS,
		    TEXT(j,
			 "answer %zu in the list above first: if it is yours, the domain sends "
			 "mail, which p=reject %s. If not, the domain sends none, and is to have "
			 "p=reject, \"v=spf1 -all\" and, where it receives nothing, a null MX "
			 "(MX 0 .)",
			 asked,
			 j->out->dmarc.policy == POLICY_REJECT ? "refuses now" : "would lose"));
	else if (j->out->dmarc.policy == POLICY_REJECT && !j->out->dmarc.record.testing)
		say(j, rung_days(j), "nothing to do: the domain sends no mail and is locked down");
	else
		publish(j, POLICY_REJECT, false,
			j->zone.n_exchangers > 0
			    ? "the domain receives mail and sends none. Publish p=reject today"
			    : "the domain sends no mail. Publish p=reject today, with \"v=spf1 "
			      "-all\" and a null MX (MX 0 .)");
}

static void step_unpublished(struct judging *j)
{
	const struct dmarc_answer *d = &j->out->dmarc;
	if (d->found == FOUND_ABOVE)
		say(j, rung_days(j),
		    TEXT(j, "the policy of %s applies here: judge that domain, and change it there",
			 d->at));
	else if (d->n_records > 1)
		publish(j, POLICY_NONE, false,
			"receivers ignore several DMARC records: publish this one alone");
	else
		publish(j, POLICY_NONE, false,
			"publish a record first. With p=none receivers only send reports");
}

/* Time alone does not help a domain that sends little, or that nobody reports about any more. */
static const char *too_little(const struct judging *j, const struct check *c)
{
	const struct check *checks = j->out->checks;
	const struct dmarc_published *r = &j->out->dmarc.record;
	if (c != &checks[CHECK_C1] && c != &checks[CHECK_C3] && c != &checks[CHECK_C5] &&
	    c != &checks[CHECK_C6])
		return NULL;
	if (j->stopped)
		return TEXT(j,
			    "stay at %s until reports come again: look into the mailbox that rua "
			    "names%s%s",
			    name_of(j), r->n_rua ? ", " : "", r->n_rua ? r->rua[0].uri : "");
	return TEXT(j,
		    "stay at %s for now: so few reports prove nothing, and waiting may bring no "
		    "more. Go by names instead of numbers: list everything that sends as the "
		    "domain, settle the list above, send one message with each, and when the "
		    "reports of all of them pass, publish p=quarantine; t=y, and look again after "
		    "a month",
		    name_of(j));
}

#define MUCH_LOST 25 /* per cent of the own mail that fails: no policy while it is so much */

static bool loses_much(const struct judging *j)
{
	const struct volume *v = &j->gate[FATE_LEGIT];
	bool asks = j->out->dmarc.policy >= POLICY_QUARANTINE && !j->out->dmarc.record.testing;
	return asks && 100 * (v->messages - v->pass) > MUCH_LOST * v->messages;
}

/* Receivers of before RFC 9989 do as pct says, the others do not know it any more. */
static void step_back(struct judging *j, const struct check *c)
{
	const struct volume *v = &j->gate[FATE_LEGIT];
	publish(
	    j, POLICY_NONE, false,
	    TEXT(j,
		 "go back to p=none until %s passes: %llu of %llu messages of yours failed in the "
		 "last 14 days, and receivers act on %s. %s",
		 c->id, (unsigned long long)(v->messages - v->pass),
		 (unsigned long long)v->messages, name_of(j), c->text));
	j->out->next.again = j->in->as_of + REPAIR_DAYS;
}

static void step_blocked(struct judging *j, const struct check *c)
{
	const char *little = too_little(j, c);
	if (little && rung_now(j->out) < RUNG_REJECT_TEST) {
		say(j, REPAIR_DAYS, little);
		return;
	}
	if (c == &j->out->checks[CHECK_A3] && loses_much(j)) {
		step_back(j, c);
		return;
	}
	if (rung_now(j->out) == RUNG_REJECT) {
		say(j, REPAIR_DAYS,
		    TEXT(j, "p=reject is published although %s fails. %s", c->id, c->text));
	} else {
		say(j, REPAIR_DAYS,
		    TEXT(j, "stay at %s until \"%s\" (%s) passes. %s", name_of(j), c->title, c->id,
			 c->text));
	}
}

static bool lists_break(const struct judging *j)
{
	const struct volume *f = &j->window_volume[FATE_FORWARDER];
	uint64_t legit = j->window_volume[FATE_LEGIT].messages;
	return legit > 0 && 100 * (f->messages - f->pass) > TODO_LISTS_SHARE * legit;
}

static void step_up(struct judging *j, enum rung now)
{
	static const struct {
		enum published_policy p;
		bool testing;
		const char *text;
	} next[RUNG_REJECT] = {
	    [RUNG_NONE] = {POLICY_QUARANTINE, true,
			   "publish this record. Receivers that know t=y keep delivering; review "
			   "after a month"},
	    [RUNG_QUARANTINE_TEST] = {POLICY_QUARANTINE, false,
				      "publish this record. What fails goes to junk folders, where "
				      "users find it; review after a month"},
	    [RUNG_QUARANTINE] = {POLICY_REJECT, true,
				 "publish this record. t=y still asks for quarantine, while "
				 "reports show what p=reject would do"},
	    [RUNG_REJECT_TEST] =
		{POLICY_REJECT, false,
		 "publish this record, without t=y: receivers then refuse what fails"},
	};
	int days = j->in->as_of - rung_since(j, now), month = rung_days(j);
	days = days < 0 ? 0 : days;
	if (j->silent_key)
		say(j, 1,
		    TEXT(j,
			 "stay at %s until the DKIM key %s can be asked again: nobody knows "
			 "whether it "
			 "is there, and mail of yours hangs on it alone",
			 name_of(j), j->silent_key));
	else if (j->most_open) /* however small: who publishes the record loses that mail */
		say(j, REPAIR_DAYS,
		    TEXT(
			j,
			"stay at %s until somebody has answered what may be yours, most of it from "
			"%s: `ruascope label` takes the answer. Receivers that do not know t=y "
			"(RFC 9989) act on the policy at once",
			name_of(j), j->most_open->name));
	else if (first_of(j->out, TODO_ABUSE))
		say(j, REPAIR_DAYS,
		    TEXT(j,
			 "stay at %s until %zu in the list above is looked into: what passes now "
			 "passes with p=reject, too, and an answer may make it yours",
			 name_of(j), first_of(j->out, TODO_ABUSE)));
	else if (now == RUNG_QUARANTINE && lists_break(j))
		say(j, month,
		    TEXT(j,
			 "stay at %s: %s of the mail goes through lists and forwarders that break "
			 "it, and p=reject would lose it there. RFC 9989 section 7.4 advises such "
			 "domains against p=reject; a subdomain for who writes to lists, with a "
			 "policy of its own, is the way beyond",
			 name_of(j), j->out->checks[CHECK_A6].value));
	else if (days < month)
		say(j, month - days,
		    TEXT(j, "stay at %s: %d of %d days have passed", name_of(j), days, month));
	else
		publish(j, next[now].p, next[now].testing, next[now].text);
}

void find_next_step(struct judging *j)
{
	const struct readiness *r = j->out;
	const struct dmarc_answer *d = &r->dmarc;
	const struct check *block = blocking(r);
	const struct todo *repair = repair_of(r);
	enum rung now = rung_now(r);
	bool here = d->found == FOUND_HERE && d->n_records == 1 && d->policy != POLICY_ABSENT;
	if (block == &r->checks[CHECK_D3] && now == RUNG_NONE)
		block = NULL; /* sp=none is no weaker than p=none, and goes with the next record */
	if (r->does_not_exist)
		say(j, 1,
		    "the domain does not exist (NXDOMAIN): check the spelling, and whether it is "
		    "still registered");
	else if (r->dns_failed || d->pending)
		say(j, 1, "DNS of the domain did not answer: ask again later");
	else if (r->parked)
		step_parked(j);
	else if (repair && repair->record)
		step_repair(j, repair);
	else if (!here)
		step_unpublished(j);
	else if (block)
		step_blocked(j, block);
	else if (now == RUNG_REJECT && first_of(r, TODO_ABUSE))
		say(j, rung_days(j),
		    TEXT(
			j,
			"p=reject is in force, and does not stop what passes: look into %zu in the "
			"list above first",
			first_of(r, TODO_ABUSE)));
	else if (now == RUNG_REJECT)
		say(j, rung_days(j), "nothing to do: p=reject is in force");
	else if (r->verdict == VERDICT_READY && now < RUNG_QUARANTINE)
		publish(j, POLICY_REJECT, true,
			"every check passes by your limits. Publish this record: t=y still asks "
			"for quarantine, while reports show what p=reject would do");
	else
		step_up(j, now);
}
