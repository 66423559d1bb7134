#include "report/readiness/readiness.h"

#include <string.h>

#include "core/day.h"
#include "report/readiness/priv.h"
#include "report/remedy/parked.h"
#include "report/sender/habit.h"

const char *const verdict_names[] = {"ready", "warnings", "not_ready", "insufficient_data"};

/* ---- volumes ---- */

static void own_addresses(struct judging *j)
{
	const struct domain_inventory *inv = j->out->inventory;
	for (size_t i = 0; i < inv->n_senders; i++)
		for (size_t k = 0; k < inv->senders[i].n_sources; k++) {
			const struct ip *ip = &inv->senders[i].sources[k].ip;
			struct digest key = hash_fixed128(ip, sizeof *ip);
			*map_put(&j->owner, &key, NULL) = i + 1;
		}
}

/* Does one receiver alone report that it had no answer of DNS? That is its trouble: such mail says
 * nothing of ours. Two would be our name servers'. */
static bool one_unanswered(const struct domain_facts *d)
{
	uint32_t who = UINT32_MAX;
	for (size_t i = 0; i < d->n_facts; i++) {
		const struct fact *f = &d->facts[i];
		if (!habit_is_unanswered(&d->profiles[f->profile]))
			continue;
		for (uint32_t k = 0; k < f->n_witnesses; k++) {
			if (who != UINT32_MAX && who != f->witnesses[k].reporter)
				return false;
			who = f->witnesses[k].reporter;
		}
	}
	return who != UINT32_MAX;
}

static void add_volume(const struct judging *j, struct volume *v, const struct dmarc_profile *p,
		       uint64_t messages)
{
	bool cut = j->out->dmarc.found == FOUND_HERE && j->out->dmarc.record.psd == 'n' &&
		   zone_is_cut_off(&j->zone, p);
	if (j->one_unanswered && habit_is_unanswered(p))
		return;
	bool dkim =
	    p->cell == CELL_P1 || p->cell == CELL_P2 || p->cell == CELL_P3 || p->cell == CELL_P4;
	v->messages += messages;
	v->pass += p->cell <= CELL_P7 ? messages : 0;
	v->dkim += dkim ? messages : 0;
	bool strict = p->cell > CELL_P7 && p->flags & DMARC_STRICT_ONLY;
	v->strict += strict || cut ? messages : 0;
}

#define GATE_DAYS 14

/* How many of a fact's messages fall into [since, until). */
static uint64_t share_of(const struct fact *f, int32_t since, int32_t until)
{
	double by_day[GATE_DAYS] = {0}, sum = 0;
	daily_add(f, since, by_day, (size_t)(until - since));
	for (int32_t i = 0; i < until - since; i++)
		sum += by_day[i];
	return (uint64_t)(sum + 0.5);
}

/* Addresses that the window does not know belong to nobody: they are in the window's facts. */
static const struct sender *sender_of(const struct judging *j, const struct fact *f, size_t *index)
{
	struct digest key = hash_fixed128(&f->source, sizeof f->source);
	const uint64_t *at = map_get(&j->owner, &key);
	if (!at)
		return NULL;
	*index = (size_t)*at - 1;
	return &j->out->inventory->senders[*index];
}

static void sum_gate(struct judging *j)
{
	const struct domain_facts *d = j->window;
	int32_t week = j->in->as_of - 7, gate = j->in->as_of - GATE_DAYS;
	size_t room = (j->out->inventory->n_senders + 1) * sizeof *j->of_sender;
	j->of_sender = arena_alloc(j->a, room);
	for (int k = 0; k < 2; k++)
		j->week_of[k] = arena_alloc(j->a, room);
	for (size_t i = 0; i < d->n_facts; i++) {
		const struct fact *f = &d->facts[i];
		const struct dmarc_profile *p = &d->profiles[f->profile];
		size_t index;
		const struct sender *s = sender_of(j, f, &index);
		if (!s || sender_is_ignored(s))
			continue;
		enum fate fate = fate_of(s);
		uint64_t n = share_of(f, gate, j->in->as_of);
		add_volume(j, &j->gate[fate], p, n);
		add_volume(j, &j->of_sender[index], p, n);
		add_volume(j, &j->week_of[0][index], p, share_of(f, week - 7, week));
		add_volume(j, &j->week_of[1][index], p, share_of(f, week, j->in->as_of));
	}
}

static void sum_window(struct judging *j)
{
	const struct domain_inventory *inv = j->out->inventory;
	for (size_t i = 0; i < inv->n_senders; i++) {
		const struct sender *s = &inv->senders[i];
		enum fate fate = fate_of(s);
		if (sender_is_ignored(s))
			continue;
		for (size_t k = 0; k < s->n_facts; k++)
			add_volume(j, &j->window_volume[fate],
				   &j->window->profiles[s->facts[k]->profile],
				   s->facts[k]->messages);
	}
}

static void find_not_observed(struct judging *j)
{
	const struct domain_inventory *inv = j->out->inventory;
	for (size_t i = 0; i < inv->n_senders; i++) {
		const struct sender *s = &inv->senders[i];
		if (s->change != CHANGE_GONE || fate_of(s) != FATE_LEGIT)
			continue;
		j->out->all_not_observed++;
		if (j->out->n_not_observed < NOT_OBSERVED_MAX)
			j->out->not_observed[j->out->n_not_observed++] = s->name;
	}
}

/* ---- verdict ---- */

static bool has(const struct readiness *r, enum check_status status)
{
	for (int i = 0; i < CHECK_COUNT; i++)
		if (r->checks[i].status == status)
			return true;
	return false;
}

/* Something of the list a person must look at before anything is green. A duty has its check; of a
 * domain that sends nothing D8 knows what of its zone matters. */
static bool has_open_thing(const struct todo_list *l, bool parked)
{
	for (size_t i = 0; i < l->n; i++) {
		enum todo_kind k = l->list[i].kind;
		if (k == TODO_ABUSE || k == TODO_QUESTION ||
		    (!parked && k != TODO_DUTY && k != TODO_FORGED))
			return true;
	}
	return false;
}

static enum verdict_word verdict(const struct readiness *r)
{
	const struct check *c = r->checks;
	if (r->does_not_exist)
		return VERDICT_NOT_READY;
	bool open = has_open_thing(r->inventory->todo, r->parked);
	if (r->parked)
		return c[CHECK_D8].status == CHECK_PASS && !open ? VERDICT_READY : VERDICT_WARNINGS;
	if (c[CHECK_C1].status == CHECK_FAIL || c[CHECK_C3].status == CHECK_FAIL ||
	    c[CHECK_C5].status == CHECK_FAIL)
		return VERDICT_INSUFFICIENT;
	if (r->dns_failed) /* never green when DNS was silent */
		return has(r, CHECK_FAIL) ? VERDICT_NOT_READY : VERDICT_INSUFFICIENT;
	return has(r, CHECK_FAIL)           ? VERDICT_NOT_READY
	       : has(r, CHECK_WARN) || open ? VERDICT_WARNINGS
					    : VERDICT_READY;
}

/* No mail can be lost: what fails is to be looked at, and only D8 stands in the way. */
static void ease(struct readiness *r)
{
	for (int i = 0; i < CHECK_COUNT; i++)
		if (i != CHECK_D8 && r->checks[i].status == CHECK_FAIL)
			r->checks[i].status = CHECK_WARN;
}

void readiness_judge(const struct readiness_input *in, struct knowledge *k, struct readiness *out)
{
	static const struct inventory_options everything = {0};
	struct domain_inventory *inv = arena_alloc(k->a, sizeof *inv);
	struct inventory_basis basis;
	struct judging j = {.in = in, .out = out, .k = k, .a = k->a};
	*out = (struct readiness){.domain = in->window->domain, .window = in->window->window};
	inventory_judge(&(struct inventory_input){in->window, in->history, NULL, in->weighed, 0}, k,
			&everything, inv, &basis);
	out->inventory = inv;
	j.window_unproved = in->weighed ? in->weighed->unproved : 0;
	j.window = &basis.now;
	j.history = &basis.before;
	j.zone = basis.zone;
	j.ties = basis.zone.answered ? &basis.ties : NULL;
	if (j.ties)
		j.ties->zone = &j.zone;
	if (k->view) {
		dmarc_discover(k->view, k->rules, in->window->domain, k->a, &out->dmarc);
		out->does_not_exist =
		    dns_ask(k->view, in->window->domain, DNS_TXT)->outcome == DNS_NXDOMAIN;
	}
	own_addresses(&j);
	j.one_unanswered = one_unanswered(j.window);
	sum_window(&j);
	sum_gate(&j);
	project(&j);
	find_not_observed(&j);
	const struct domain_facts *const periods[] = {j.window, j.history};
	out->parked = !out->does_not_exist &&
		      zone_sends_nothing(&j.zone, periods, 2, inv->senders, inv->n_senders);
	out->dns_failed = !j.zone.answered || out->dmarc.silent;
	check_data(&j);
	check_mail(&j);
	check_dns(&j);
	if (out->parked)
		ease(out);
	out->verdict = verdict(out);
	find_next_step(&j);
	map_free(&j.owner);
	zone_end(&j.zone);
}
