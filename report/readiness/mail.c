/* A1 to A11: would legitimate mail be lost? */
#include <string.h>

#include "core/day.h"
#include "report/readiness/priv.h"

#define WORST_MESSAGES 50
#define OPEN_MESSAGES  10
#define OPEN_DAYS      2

static void check_passing(struct judging *j)
{
	const struct volume *g = &j->gate[FATE_LEGIT];
	double now = percent(g->pass, g->messages);
	const struct volume *w = j->week[1], *b = j->week[0];
	set_check(j, CHECK_A1, g->messages ? judge_value(j, CHECK_A1, now) : CHECK_UNKNOWN,
		  g->messages ? TEXT(j, "%.2f%%", now) : "",
		  TEXT(j, "%llu of %llu messages of legitimate senders pass",
		       (unsigned long long)g->pass, (unsigned long long)g->messages));
	double drop = percent(b[FATE_LEGIT].pass, b[FATE_LEGIT].messages) -
		      percent(w[FATE_LEGIT].pass, w[FATE_LEGIT].messages);
	bool known = b[FATE_LEGIT].messages > 0 && w[FATE_LEGIT].messages > 0;
	set_check(j, CHECK_A9, known ? judge_value(j, CHECK_A9, drop) : CHECK_UNKNOWN,
		  known ? TEXT(j, "%+.2f points", drop == 0 ? 0 : -drop) : "",
		  "a fall means that something was changed last week");
	double dkim = percent(g->dkim, g->messages);
	set_check(j, CHECK_A5, g->messages ? judge_value(j, CHECK_A5, dkim) : CHECK_UNKNOWN,
		  g->messages ? TEXT(j, "%.1f%%", dkim) : "",
		  "RFC 9989 forbids p=reject on SPF alone: forwarding breaks SPF");
}

static void check_worst(struct judging *j)
{
	const struct domain_inventory *inv = j->out->inventory;
	const struct sender *worst = NULL;
	double least = 101;
	for (size_t i = 0; i < inv->n_senders; i++) {
		const struct volume *v = &j->of_sender[i];
		if (!is_legit(&inv->senders[i]) || v->messages < WORST_MESSAGES ||
		    percent(v->pass, v->messages) >= least)
			continue;
		least = percent(v->pass, v->messages);
		worst = &inv->senders[i];
	}
	set_check(j, CHECK_A2, worst ? judge_value(j, CHECK_A2, least) : CHECK_UNKNOWN,
		  worst ? TEXT(j, "%.1f%%", least) : "",
		  worst ? TEXT(j, "%s passes least", worst->name)
			: "no legitimate sender has fifty messages in 14 days");
}

/* However small: five failing invoices a month are five customers. */
static void check_open(struct judging *j)
{
	const struct domain_inventory *inv = j->out->inventory;
	unsigned n = 0;
	const char *names = "";
	for (size_t i = 0; i < inv->n_senders; i++) {
		const struct sender *s = &inv->senders[i];
		if (!is_legit(s) || s->verdict.category == CAT_AUTHORIZED ||
		    (s->t.messages < OPEN_MESSAGES && s->days < OPEN_DAYS))
			continue;
		if (++n <= 5)
			names = TEXT(j, "%s%s%s", names, n > 1 ? ", " : "", s->name);
	}
	set_check(j, CHECK_A3, judge_value(j, CHECK_A3, n), TEXT(j, "%u", n),
		  n ? TEXT(j, "failing: %s%s", names, n > 5 ? " and more" : "")
		    : "every legitimate sender passes");
}

static uint64_t failing_of(const struct sender *s)
{
	return s->t.messages - tally_judged_pass(&s->t);
}

/* Strangers have no veto: anybody may send as us for weeks. Counted is what may well be ours. */
static void check_unknown(struct judging *j)
{
	const struct domain_inventory *inv = j->out->inventory;
	const struct sender *most = NULL;
	uint64_t legit = j->window[FATE_LEGIT].messages, ours = 0, strange = 0;
	bool likely = false;
	for (size_t i = 0; i < inv->n_senders; i++) {
		const struct sender *s = &inv->senders[i];
		if (fate_of(s) != FATE_UNKNOWN || failing_of(s) == 0 || is_ignored(s))
			continue;
		*(s->tied ? &ours : &strange) += failing_of(s);
		likely = likely || (s->likely && failing_of(s) >= WORST_MESSAGES);
		if (s->tied && (!most || failing_of(s) > failing_of(most)))
			most = s;
	}
	double share = legit ? 100.0 * (double)ours / (double)legit : ours ? 100 : 0;
	enum check_status status = likely ? CHECK_FAIL : judge_value(j, CHECK_A4, share);
	const char *rest =
	    strange ? TEXT(j, "; %llu of strangers do not count", (unsigned long long)strange) : "";
	set_check(j, CHECK_A4, status, TEXT(j, "%.2f%%", share),
		  most ? TEXT(j,
			      "%llu messages fail of senders that may be yours, most of %s: find "
			      "out, and label them%s",
			      (unsigned long long)ours, most->name, rest)
		       : TEXT(j, "nothing fails that may be yours%s", rest));
}

static void check_forwarded(struct judging *j)
{
	uint64_t legit = j->window[FATE_LEGIT].messages;
	const struct volume *f = &j->window[FATE_FORWARDER];
	uint64_t breaks = f->messages - f->pass;
	double f_share = legit ? 100.0 * (double)breaks / (double)legit : 0;
	set_check(j, CHECK_A6, judge_value(j, CHECK_A6, f_share), TEXT(j, "%.2f%%", f_share),
		  TEXT(j, "%llu messages were changed on the way; p=reject loses them",
		       (unsigned long long)breaks));
}

static void check_newest(struct judging *j)
{
	const struct domain_inventory *inv = j->out->inventory;
	const struct sender *newest = NULL;
	for (size_t i = 0; i < inv->n_senders && inv->compared; i++) {
		const struct sender *s = &inv->senders[i];
		bool maybe = fate_of(s) == FATE_UNKNOWN && s->tied && !is_ignored(s);
		if (s->change != CHANGE_NEW || s->t.messages < OPEN_MESSAGES ||
		    !(is_legit(s) || maybe))
			continue;
		if (!newest || s->first_day > newest->first_day)
			newest = s;
	}
	if (!inv->compared) {
		set_check(j, CHECK_A7, CHECK_UNKNOWN, "",
			  "there is nothing before the window to compare with");
		return;
	}
	int32_t age = newest ? j->in->as_of - newest->first_day : 999;
	set_check(j, CHECK_A7, judge_value(j, CHECK_A7, age),
		  newest ? TEXT(j, "%d days", age) : "none",
		  newest ? TEXT(j, "%s began to send: wait until it has settled", newest->name)
			 : "no sender is new");
}

static void check_lists(struct judging *j)
{
	uint64_t n = 0;
	const struct domain_facts *d = j->in->window;
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
		  n ? "your people write to mailing lists: RFC 9989 section 7.4 advises such "
		      "domains against p=reject"
		    : "no report speaks of mailing lists");
}

/* A person's word is the only witness: "label approve". */
static void check_owners(struct judging *j)
{
	const struct domain_inventory *inv = j->out->inventory;
	unsigned all = 0, approved = 0;
	for (size_t i = 0; i < inv->n_senders; i++) {
		const struct sender *s = &inv->senders[i];
		all += is_legit(s);
		approved += is_legit(s) && s->label && s->label->verdict == LABEL_APPROVE;
	}
	set_check(j, CHECK_M1, judge_value(j, CHECK_M1, all - approved),
		  TEXT(j, "%u of %u approved", approved, all),
		  "ask the owner of each sender, label what is approved; does your own gateway "
		  "report, too?");
}

void check_mail(struct judging *j)
{
	check_passing(j);
	check_worst(j);
	check_open(j);
	check_unknown(j);
	check_forwarded(j);
	check_newest(j);
	check_stage(j);
	set_check(j, CHECK_A10, CHECK_UNKNOWN, "",
		  "bounces are not read: search your mail servers' logs for \"550 5.7\"");
	check_lists(j);
	check_owners(j);
}
