/* "If it is yours": the record that a yes would need, where one may be shown. */
#include <string.h>

#include "report/remedy/account.h"
#include "report/remedy/priv.h"

#define YOURS_MAX 4 /* addresses that "if it is yours" may name; of one organisation twice that */

/* Our own account at a host of mailboxes: the term that it documents. */
static bool is_account(struct remedier *r, struct sender *s, struct plan *p)
{
	struct account account;
	if (!account_read(&r->gate, s, &account))
		return false;
	bool yours = s->verdict.remedy.n_readings > 0 &&
		     s->verdict.remedy.readings[0].kind == READING_MISSING;
	struct gate_need need = remedy_need(r, s, p);
	if (!yours || !account.term || need.n == 0)
		return true;
	struct record_change *c = plan_if_yours(p, &need, &account.term, 1);
	if (c)
		c->terms = account.term;
	s->verdict.remedy.if_yours = c;
	return true;
}

/* "If it is yours": single addresses with a name, that no service's customers share, where such a
 * record may be shown. What nothing names may be a customer's line, and somebody else's tomorrow.
 */
void remedy_if_yours(struct remedier *r, struct sender *s)
{
	const char *mechanisms[YOURS_MAX];
	struct plan *p = remedy_plan(r, s);
	bool shared = s->service && s->service->shared && !(s->ties_any & TIE_EDIT);
	bool forwarded = s->verdict.remedy.n_readings > 0 &&
			 s->verdict.remedy.readings[0].kind == READING_FORWARDED;
	bool steady = s->ties_any || s->steady;
	if (p && steady && is_account(r, s, p))
		return;
	if (!p || shared || forwarded || s->doubtful_day || !steady || s->pool_messages > 0 ||
	    (s->way_out && !s->stands_in) || 2 * tally_judged_pass(&s->t) > s->t.messages)
		return;
	struct gate_need need = remedy_need(r, s, p);
	for (size_t i = 0; i < s->n_sources; i++) {
		const struct address_known *k = knowledge_of(r->zone->known, &s->sources[i].ip);
		bool named = k->ptr == PTR_CONFIRMED && !k->generic;
		bool tied = s->sources[i].ties & TIE_EDIT;
		/* a name of ours that ties nothing is one that we give to customers (tie.c) */
		bool given = k->name && zone_is_ours(r->zone, k->name) && !s->sources[i].ties;
		if ((!named && !tied) || given || !ip_is_public(&s->sources[i].ip))
			return;
	}
	if (need.n == 0 || need.n > YOURS_MAX)
		return;
	size_t n = remedy_mechanisms(r, &need, mechanisms, YOURS_MAX);
	struct record_change *c = n ? plan_if_yours(p, &need, mechanisms, n) : NULL;
	if (c)
		c->terms = remedy_terms(r->a, mechanisms, n);
	s->verdict.remedy.if_yours = c;
}

/* ---- machines of one organisation ---- */

/* The domain of the confirmed names of all its machines; NULL: they have none, or a service's. */
static const char *org_of(const struct remedier *r, const struct sender *s)
{
	const char *org = NULL;
	for (size_t i = 0; i < s->n_sources && !s->service; i++) {
		const struct address_known *k = knowledge_of(r->zone->known, &s->sources[i].ip);
		bool named = k->ptr == PTR_CONFIRMED && !k->generic && k->org;
		if (!named || (org && strcmp(org, k->org) != 0))
			return NULL;
		org = k->org;
	}
	return org;
}

static bool is_asked(const struct sender *s)
{
	const struct remedy *m = &s->verdict.remedy;
	return m->kind == REMEDY_CONFIRM && m->if_yours && s->change != CHANGE_GONE;
}

/* Has the sender a record to show, of the same name and organisation? */
static bool is_beside(const struct remedier *r, const struct sender *s, const struct sender *other)
{
	const char *x = org_of(r, s), *y = org_of(r, other);
	return is_asked(other) && x && y && strcmp(x, y) == 0 &&
	       strcmp(s->verdict.remedy.if_yours->name, other->verdict.remedy.if_yours->name) == 0;
}

static void add_need(struct gate_need *all, const struct gate_need *more)
{
	for (size_t i = 0; i < more->n && all->n < 2 * YOURS_MAX; i++)
		all->addresses[all->n++] = more->addresses[i];
}

/* Two records of one name would each leave out the other's machines. */
void remedy_yours_together(struct remedier *r, struct sender *s)
{
	struct ip addresses[2 * YOURS_MAX];
	const char *mechanisms[2 * YOURS_MAX];
	struct gate_need all = {.s = s, .addresses = addresses};
	size_t n = 0, together = 0;
	struct plan *p = remedy_plan(r, s);
	for (size_t i = 0; p && i < r->n; i++) {
		if (!is_asked(s) || !is_beside(r, s, &r->senders[i]))
			continue;
		struct gate_need one = remedy_need(r, &r->senders[i], p);
		add_need(&all, &one);
		together++;
	}
	if (together < 2)
		return;
	n = remedy_mechanisms(r, &all, mechanisms, 2 * YOURS_MAX);
	struct record_change *c = n ? plan_if_yours(p, &all, mechanisms, n) : NULL;
	if (!c)
		return;
	c->terms = remedy_terms(r->a, mechanisms, n);
	for (size_t i = 0; i < r->n; i++) /* s itself is among them, and is looked at last */
		if (&r->senders[i] != s && is_beside(r, s, &r->senders[i]))
			r->senders[i].verdict.remedy.if_yours = c;
	s->verdict.remedy.if_yours = c;
}
