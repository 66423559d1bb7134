#include "report/readiness.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/day.h"
#include "report/readiness_priv.h"

const char *const check_status_names[CHECK_STATUS_COUNT] = {"pass", "warn", "fail", "unknown",
							    "info"};
const char *const verdict_names[] = {"ready", "warnings", "not_ready", "insufficient_data"};
const char *const fate_names[FATE_COUNT] = {"legit", "forwarder", "unknown", "unauthorized"};

static const struct {
	const char *id, *title, *limit;
} rows[CHECK_COUNT] = {
    [CHECK_C1] = {"C1", "Days with reports", ""},
    [CHECK_C2] = {"C2", "History covers a month's end", ""},
    [CHECK_C3] = {"C3", "Reporting organisations", ""},
    [CHECK_C4] = {"C4", "Share of the largest reporter", ""},
    [CHECK_C5] = {"C5", "Messages in the window", ""},
    [CHECK_C6] = {"C6", "Age of the newest report, longest gap", ""},
    [CHECK_A1] = {"A1", "Legitimate mail that passes, 14 days", ""},
    [CHECK_A2] = {"A2", "The worst legitimate sender", ""},
    [CHECK_A3] = {"A3", "Legitimate senders that fail", ""},
    [CHECK_A4] = {"A4", "Unknown mail that fails, of legitimate mail", ""},
    [CHECK_A5] = {"A5", "Legitimate mail signed with DKIM", ""},
    [CHECK_A6] = {"A6", "Forwarded mail that breaks, of legitimate mail", ""},
    [CHECK_A7] = {"A7", "Age of the newest sender", ""},
    [CHECK_A8] = {"A8", "Days at p=quarantine or more", ""},
    [CHECK_A9] = {"A9", "Change of A1 against the week before", ""},
    [CHECK_A10] = {"A10", "Bounces for authentication", "0"},
    [CHECK_A11] = {"A11", "Mailing lists", ""},
    [CHECK_D1] = {"D1", "DMARC record", "one, valid"},
    [CHECK_D2] = {"D2", "Reports arrive", "rua, allowed"},
    [CHECK_D3] = {"D3", "Policy of subdomains", "not weaker than p"},
    [CHECK_D4] = {"D4", "SPF records", ""},
    [CHECK_D5] = {"D5", "Width of SPF", ""},
    [CHECK_D6] = {"D6", "DKIM keys", ""},
    [CHECK_D7] = {"D7", "Mail that only strict alignment fails", ""},
    [CHECK_D8] = {"D8", "Domain that sends nothing", "null MX, -all, p=reject"},
    [CHECK_D9] = {"D9", "Names of our own addresses", "confirmed"},
    [CHECK_M1] = {"M1", "Owners of the senders have agreed", ""},
};

/* ---- what the checks share ---- */

bool is_ignored(const struct sender *s)
{
	return s->label && s->label->verdict == LABEL_IGNORE;
}

bool is_legit(const struct sender *s)
{
	enum category c = s->verdict.category;
	return s->change != CHANGE_GONE && !is_ignored(s) &&
	       (c == CAT_AUTHORIZED || c == CAT_LEGIT_SPF_MISSING || c == CAT_LEGIT_UNALIGNED ||
		c == CAT_LEGIT_BROKEN);
}

enum fate fate_of(const struct sender *s)
{
	switch (s->verdict.category) {
	case CAT_FORWARDER:
		return FATE_FORWARDER;
	case CAT_UNKNOWN:
		return FATE_UNKNOWN;
	case CAT_UNAUTHORIZED:
	case CAT_SUSPECT_ABUSE:
		return FATE_UNAUTHORIZED;
	default:
		return FATE_LEGIT;
	}
}

double percent(uint64_t part, uint64_t whole)
{
	return whole ? 100.0 * (double)part / (double)whole : 100.0;
}

/* What a person may change: better is more, or less; pass and warn; the unit. */
static const struct {
	bool more;
	double pass, warn;
	const char *unit;
} defaults[CHECK_COUNT] = {
    [CHECK_C1] = {true, 28, 14, " of 30"},
    [CHECK_C2] = {true, 35, 0, " days"},
    [CHECK_C3] = {true, 5, 3, ", a large one among them"},
    [CHECK_C4] = {false, 90, 100, "%"},
    [CHECK_C5] = {true, 1000, 100, ""},
    [CHECK_C6] = {false, 3, 7, " days"},
    [CHECK_A1] = {true, 99, 98, "%"},
    [CHECK_A2] = {true, 98, 95, "%"},
    [CHECK_A3] = {false, 0, 0, ""},
    [CHECK_A4] = {false, 0.5, 2, "%"},
    [CHECK_A5] = {true, 95, 80, "%"},
    [CHECK_A6] = {false, 0.5, 2, "%"},
    [CHECK_A7] = {true, 15, 7, " days"},
    [CHECK_A8] = {true, 30, 14, ""},
    [CHECK_A9] = {false, 0.5, 1, " points"},
    [CHECK_A11] = {false, 0, 0, " messages"},
    [CHECK_D4] = {false, 8, 10, " lookups, <=1 void"},
    [CHECK_D5] = {false, 4096, 1 << 20, " addresses"}, /* /20, /12 */
    [CHECK_D6] = {true, 2048, 1024, " bits, or Ed25519"},
    [CHECK_D7] = {false, 0, 0.5, "%"},
    [CHECK_M1] = {false, 0, 0, " without"},
};

/* These inform, and count only for who sets their limits. */
static bool is_optional(enum check_id id)
{
	return id == CHECK_A11 || id == CHECK_M1;
}

bool readiness_limit(struct readiness_limits *limits, const char *id, double pass, double warn)
{
	for (int i = 0; i < CHECK_COUNT; i++) {
		if (strcmp(rows[i].id, id) != 0 || !defaults[i].unit)
			continue;
		if (defaults[i].more ? pass < warn : pass > warn)
			return false;
		limits->set[i] = true;
		limits->pass[i] = pass;
		limits->warn[i] = warn;
		return true;
	}
	return false;
}

double limit_of(const struct judging *j, enum check_id id)
{
	const struct readiness_limits *l = j->in->limits;
	return l && l->set[id] ? l->pass[id] : defaults[id].pass;
}

static double warning_of(const struct judging *j, enum check_id id)
{
	const struct readiness_limits *l = j->in->limits;
	return l && l->set[id] ? l->warn[id] : defaults[id].warn;
}

enum check_status judge_value(const struct judging *j, enum check_id id, double v)
{
	double pass = limit_of(j, id), warn = warning_of(j, id);
	if (is_optional(id) && !(j->in->limits && j->in->limits->set[id]))
		return CHECK_INFO;
	if (defaults[id].more)
		return v >= pass ? CHECK_PASS : v >= warn ? CHECK_WARN : CHECK_FAIL;
	return v <= pass ? CHECK_PASS : v <= warn ? CHECK_WARN : CHECK_FAIL;
}

void set_check(struct judging *j, enum check_id id, enum check_status status, const char *value,
	       const char *text)
{
	const char *limit = rows[id].limit;
	if (defaults[id].unit && status != CHECK_INFO)
		limit = TEXT(j, "%s%g%s",
			     defaults[id].more     ? ">="
			     : limit_of(j, id) > 0 ? "<="
						   : "",
			     limit_of(j, id), defaults[id].unit);
	j->out->checks[id] =
	    (struct check){rows[id].id, rows[id].title, status, value, limit, text};
}

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

/* A fact's messages are spread evenly over its days: how many fall into [since, until). */
static uint64_t share_of(const struct fact *f, int32_t since, int32_t until)
{
	int32_t first = month_first_day(f->month);
	unsigned all = 0, in = 0;
	for (uint32_t bits = f->days; bits; bits &= bits - 1) {
		int32_t day = first + __builtin_ctz(bits);
		all++;
		in += day >= since && day < until;
	}
	return all ? f->messages * in / all : 0;
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
	const struct domain_facts *d = j->in->gate;
	int32_t week = j->in->as_of - 7;
	j->of_sender = arena_alloc(j->a, (j->out->inventory->n_senders + 1) * sizeof *j->of_sender);
	for (size_t i = 0; i < d->n_facts; i++) {
		const struct fact *f = &d->facts[i];
		const struct dmarc_profile *p = &d->profiles[f->profile];
		size_t index;
		const struct sender *s = sender_of(j, f, &index);
		if (!s || is_ignored(s))
			continue;
		enum fate fate = fate_of(s);
		add_volume(&j->gate[fate], p, f->messages);
		add_volume(&j->of_sender[index], p, f->messages);
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
			add_volume(&j->window[fate], &j->in->window->profiles[s->facts[k]->profile],
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
	if (r->parked)
		return c[CHECK_D8].status == CHECK_PASS ? VERDICT_READY : VERDICT_WARNINGS;
	if (c[CHECK_C1].status == CHECK_FAIL || c[CHECK_C3].status == CHECK_FAIL ||
	    c[CHECK_C5].status == CHECK_FAIL)
		return VERDICT_INSUFFICIENT;
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

void readiness_judge(const struct readiness_input *in, struct knowledge *k, struct readiness *out)
{
	static const struct inventory_options everything = {0};
	struct domain_inventory *inv = arena_alloc(k->a, sizeof *inv);
	struct judging j = {.in = in, .out = out, .k = k, .a = k->a};
	*out = (struct readiness){.domain = in->window->domain, .window = in->window->window};
	inventory_domain(in->window, in->history, k, &everything, inv);
	out->inventory = inv;
	zone_read(&j.zone, k, in->window);
	if (k->view)
		dmarc_discover(k->view, k->rules, in->window->domain, k->a, &out->dmarc);
	own_addresses(&j);
	sum_window(&j);
	sum_gate(&j);
	project(&j);
	find_not_observed(&j);
	out->parked =
	    j.zone.answered && j.window[FATE_LEGIT].messages == 0 && j.zone.n_exchangers == 0;
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
