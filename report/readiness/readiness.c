#include "report/readiness/readiness.h"

#include <string.h>

#include "core/day.h"
#include "report/readiness/priv.h"
#include "report/sender/daily.h"
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

static void add_volume(struct volume *v, const struct dmarc_profile *p, uint64_t messages)
{
	bool dkim =
	    p->cell == CELL_P1 || p->cell == CELL_P2 || p->cell == CELL_P3 || p->cell == CELL_P4;
	v->messages += messages;
	v->pass += p->cell <= CELL_P7 ? messages : 0;
	v->dkim += dkim ? messages : 0;
	v->strict += p->flags & DMARC_STRICT_ONLY ? messages : 0;
}

#define GATE_DAYS   14
#define LINE_DAYS   15 /* no infected line is at it for so long */
#define SILENT_DAYS 60 /* of reports before a domain with an MX is believed to send nothing */

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
	j->of_sender = arena_alloc(j->a, (j->out->inventory->n_senders + 1) * sizeof *j->of_sender);
	for (size_t i = 0; i < d->n_facts; i++) {
		const struct fact *f = &d->facts[i];
		const struct dmarc_profile *p = &d->profiles[f->profile];
		size_t index;
		const struct sender *s = sender_of(j, f, &index);
		if (!s || is_ignored(s))
			continue;
		enum fate fate = fate_of(s);
		uint64_t n = share_of(f, gate, j->in->as_of);
		add_volume(&j->gate[fate], p, n);
		add_volume(&j->of_sender[index], p, n);
		add_volume(&j->week[1][fate], p, share_of(f, week, j->in->as_of));
		add_volume(&j->week[0][fate], p, share_of(f, week - 7, week));
	}
}

static void sum_window(struct judging *j)
{
	const struct domain_inventory *inv = j->out->inventory;
	for (size_t i = 0; i < inv->n_senders; i++) {
		const struct sender *s = &inv->senders[i];
		enum fate fate = fate_of(s);
		if (is_ignored(s))
			continue;
		for (size_t k = 0; k < s->n_facts; k++)
			add_volume(&j->window_volume[fate],
				   &j->window->profiles[s->facts[k]->profile],
				   s->facts[k]->messages);
	}
}

static void find_not_observed(struct judging *j)
{
	const struct domain_inventory *inv = j->out->inventory;
	for (size_t i = 0; i < inv->n_senders; i++) {
		const struct sender *s = &inv->senders[i];
		if (s->change == CHANGE_GONE && fate_of(s) == FATE_LEGIT &&
		    j->out->n_not_observed < NOT_OBSERVED_MAX)
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

static enum verdict_word verdict(const struct readiness *r)
{
	const struct check *c = r->checks;
	if (r->does_not_exist)
		return VERDICT_NOT_READY;
	if (r->parked)
		return c[CHECK_D8].status == CHECK_PASS ? VERDICT_READY : VERDICT_WARNINGS;
	if (c[CHECK_C1].status == CHECK_FAIL || c[CHECK_C3].status == CHECK_FAIL ||
	    c[CHECK_C5].status == CHECK_FAIL)
		return VERDICT_INSUFFICIENT;
	if (r->dns_failed) /* never green when DNS was silent */
		return has(r, CHECK_FAIL) ? VERDICT_NOT_READY : VERDICT_INSUFFICIENT;
	return has(r, CHECK_FAIL)   ? VERDICT_NOT_READY
	       : has(r, CHECK_WARN) ? VERDICT_WARNINGS
				    : VERDICT_READY;
}

/* No mail can be lost: what fails is to be looked at, and only D8 stands in the way. */
static void ease(struct readiness *r)
{
	for (int i = 0; i < CHECK_COUNT; i++)
		if (i != CHECK_D8 && r->checks[i].status == CHECK_FAIL)
			r->checks[i].status = CHECK_WARN;
}

/* It has an MX, and its owner says that it sends nothing; nothing ever passed, and nobody is asked
 * about. */
static bool only_receives(const struct judging *j, const struct spf_record *r)
{
	const struct domain_facts *sets[] = {j->window, j->history};
	int32_t first = j->in->as_of;
	if (!r || r->n_terms != 1 || r->terms[0].kind != SPF_ALL ||
	    r->terms[0].qualifier != SPF_FAIL)
		return false;
	for (int s = 0; s < 2; s++) {
		if (sets[s]->n_days > 0 && sets[s]->days[0].day < first)
			first = sets[s]->days[0].day;
		for (size_t i = 0; i < sets[s]->n_facts; i++)
			if (sets[s]->profiles[sets[s]->facts[i].profile].cell <= CELL_P7)
				return false;
	}
	for (size_t i = 0; i < j->out->inventory->n_senders; i++)
		if (j->out->inventory->senders[i].verdict.remedy.kind == REMEDY_CONFIRM)
			return false;
	return j->in->as_of - first >= SILENT_DAYS;
}

/* An infected line: nothing names it, nobody is asked about it, and it is at it for some days. */
static bool is_line(const struct judging *j, const struct sender *s)
{
	return s->days < LINE_DAYS && !s->hinted && s->verdict.remedy.kind != REMEDY_CONFIRM &&
	       !habit_is_named(s, j->k);
}

/* A domain that sends nothing: no MX, no SPF that allows anybody, and nothing steady in any stored
 * month, whoever it is. One that only sends is not parked: it is asked about. */
static bool is_parked(const struct judging *j)
{
	const struct spf_record *r = j->zone.answered ? j->zone.mailfrom[0].spf.root : NULL;
	bool nobody =
	    !r || r->n_texts == 0 ||
	    (r->n_terms == 1 && r->terms[0].kind == SPF_ALL && r->terms[0].qualifier != SPF_PASS);
	bool receives = j->zone.n_exchangers > 0;
	if (!j->zone.answered || j->out->does_not_exist || j->window_legit > 0 || !nobody ||
	    (receives && !only_receives(j, r)))
		return false;
	for (size_t i = 0; i < j->out->inventory->n_senders; i++) {
		const struct sender *s = &j->out->inventory->senders[i];
		if (receives && is_line(j, s) && (!s->was || is_line(j, s->was)))
			continue;
		if (is_steady(s) || (s->was && is_steady(s->was)) ||
		    (!is_ignored(s) && habit_is_established(s, j->k)))
			return false;
	}
	return true;
}

void readiness_judge(const struct readiness_input *in, struct knowledge *k, struct readiness *out)
{
	static const struct inventory_options everything = {0};
	struct domain_inventory *inv = arena_alloc(k->a, sizeof *inv);
	struct inventory_basis basis;
	struct judging j = {.in = in, .out = out, .k = k, .a = k->a};
	*out = (struct readiness){.domain = in->window->domain, .window = in->window->window};
	inventory_judge(&(struct inventory_input){in->window, in->history, NULL, in->weighed}, k,
			&everything, inv, &basis);
	out->inventory = inv;
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
	sum_window(&j);
	sum_gate(&j);
	project(&j);
	find_not_observed(&j);
	j.window_legit = j.window_volume[FATE_LEGIT].messages;
	out->parked = !out->does_not_exist && is_parked(&j);
	out->dns_failed = !j.zone.answered;
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
