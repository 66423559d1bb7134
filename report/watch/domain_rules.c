/* Events about a domain: abuse.suspect, spoof.surge, policy.weaker, reporter.gone, auth.rejected,
 * readiness. */
#include <stdlib.h>

#include "report/watch/priv.h"

#define ABUSE_DAYS    7
#define SURGE_LEAST   1000
#define SURGE_ENDS    100
#define CALM_DAYS     3
#define REPORTER_DAYS 5  /* silent, at least */
#define USUAL_DAYS    10 /* of 14: a reporter that is known */
#define LARGEST       5
#define REJECTED_DAYS 7
#define VERDICT_DAYS  2  /* in a row */
#define EXPLAINS_DAYS 30 /* the window of a verdict */

/* ---- abuse ---- */

static void check_abuse(struct day *d)
{
	const char *domain = d->out->domain;
	struct live_event *e = event_open(d, "abuse.suspect", domain);
	if (e && d->in->day - d->m->abuse >= ABUSE_DAYS) {
		event_end(d, e);
		return;
	}
	if (e || d->m->abuse != d->in->day)
		return;
	e = event_begin(d, "abuse.suspect", domain, SEVERITY_HIGH);
	if (!e)
		return;
	const struct domain_inventory *inv = d->in->r->inventory;
	for (size_t i = 0; i < inv->n_senders; i++)
		if (inv->senders[i].verdict.category == CAT_SUSPECT_ABUSE) {
			e->text = TEXT(d, "Mail of %s looks like abuse, although it passes.",
				       inv->senders[i].name);
			e->numbers = TEXT(d, "{\"messages\":%llu}",
					  (unsigned long long)inv->senders[i].t.messages);
			return;
		}
}

/* ---- forgers ---- */

static int by_size(const void *x, const void *y)
{
	uint64_t a = *(const uint64_t *)x, b = *(const uint64_t *)y;
	return a < b ? -1 : a > b;
}

static double median(const struct memory *m)
{
	uint64_t v[SURGE_DAYS];
	if (m->n_forged == 0)
		return 0;
	memcpy(v, m->forged, m->n_forged * sizeof *v);
	qsort(v, m->n_forged, sizeof *v, by_size);
	unsigned mid = m->n_forged / 2;
	return m->n_forged % 2 ? (double)v[mid] : (double)(v[mid - 1] + v[mid]) / 2;
}

static double larger(double a, double b)
{
	return a > b ? a : b;
}

static void remember_forged(struct memory *m, uint64_t n)
{
	if (m->n_forged == SURGE_DAYS) {
		memmove(m->forged, m->forged + 1, (SURGE_DAYS - 1) * sizeof *m->forged);
		m->n_forged--;
	}
	m->forged[m->n_forged++] = n;
}

/* Days of a surge are no part of what is usual. */
static void check_surge(struct day *d)
{
	struct memory *m = d->m;
	uint64_t n = d->out->forged;
	double usual = median(m);
	struct live_event *e = event_open(d, "spoof.surge", d->out->domain);
	bool asks = !d->out->p || strcmp(d->out->p, "reject") != 0;
	if (e) {
		m->calm = (double)n < larger(SURGE_ENDS, 1.5 * usual) ? m->calm + 1 : 0;
		if (m->calm >= CALM_DAYS)
			event_end(d, e);
		return;
	}
	m->calm = 0;
	if (d->baseline || !asks || (double)n < larger(SURGE_LEAST, 3 * usual)) {
		remember_forged(m, n);
		return;
	}
	e = event_begin(d, "spoof.surge", d->out->domain, SEVERITY_LOW);
	e->text = TEXT(d, "%llu spoofed messages on one day; usual are %.0f.",
		       (unsigned long long)n, usual);
	e->numbers = TEXT(d, "{\"messages\":%llu,\"median\":%.0f}", (unsigned long long)n, usual);
}

/* ---- the policy that reports show ---- */

static int rank_of(const struct dmarc_word *w)
{
	return w->code == W_REJECT ? 2 : w->code == W_QUARANTINE ? 1 : 0;
}

struct shown {
	unsigned weaker, told; /* reporters of the day that show less than the level; all */
	int p, sp;             /* the least that any shows */
};

static struct shown shown_of(const struct day *d)
{
	struct shown s = {.p = 2, .sp = 2};
	const struct domain_facts *f = &d->in->weighed->facts;
	for (size_t i = 0; i < f->n_policies; i++) {
		const struct fact_policy *p = &f->policies[i];
		if (p->last_day != d->in->day)
			continue;
		int rp = rank_of(&p->p), rs = p->sp.code == W_ABSENT ? rp : rank_of(&p->sp);
		s.told++;
		s.weaker += rp < d->m->p || rs < d->m->sp;
		s.p = rp < s.p ? rp : s.p;
		s.sp = rs < s.sp ? rs : s.sp;
	}
	return s;
}

/* What a look at DNS has told already is not told again. */
static bool told_by_dns(const struct day *d, const char *rule)
{
	for (size_t i = 0; i < d->in->n_by_dns; i++) {
		const struct judged_event *e = &d->in->by_dns[i];
		if (strcmp(e->rule, rule) == 0 && e->opened <= d->in->day + 3 &&
		    (e->closed == NO_DAY || e->closed >= d->in->day - 3))
			return true;
	}
	return false;
}

static void check_policy(struct day *d)
{
	static const char *const words[] = {"none", "quarantine", "reject"};
	struct memory *m = d->m;
	struct shown s = shown_of(d);
	struct live_event *e = event_open(d, "policy.weaker", d->out->domain);
	if (s.told == 0)
		return;
	if (s.weaker == 0 || m->p == UNSAID) {
		m->p = s.p;
		m->sp = s.sp;
		if (e)
			event_end(d, e);
		return;
	}
	if (e || s.weaker < 2 || s.weaker < s.told || told_by_dns(d, "policy.weaker"))
		return;
	e = event_begin(d, "policy.weaker", d->out->domain, SEVERITY_NORMAL);
	if (!e)
		return;
	bool sub = s.p >= m->p;
	e->text = TEXT(d, "Reports show %s=%s; it was %s.", sub ? "sp" : "p",
		       words[sub ? s.sp : s.p], words[sub ? m->sp : m->p]);
	e->numbers = TEXT(d, "{\"p\":\"%s\",\"sp\":\"%s\",\"reporters\":%u}", words[s.p],
			  words[s.sp], s.told);
}

/* ---- reporters ---- */

static struct reporting *reporter(struct day *d, const char *org)
{
	for (size_t i = 0; i < d->m->reporters.n; i++)
		if (strcmp(d->m->reporters.list[i].org, org) == 0)
			return &d->m->reporters.list[i];
	struct reporting *r = LIST_ADD(&d->m->reporters, d->a);
	*r = (struct reporting){.org = org, .last = NO_DAY, .rejected = NO_DAY};
	return r;
}

static void take_reporters(struct day *d)
{
	const struct domain_facts *f = &d->in->weighed->facts;
	for (size_t i = 0; i < f->n_reporters; i++) {
		const struct fact_reporter *o = &f->reporters[i];
		if (o->unknown || o->last_day != d->in->day)
			continue;
		struct reporting *r = reporter(d, o->org_name);
		int32_t gap = r->last == NO_DAY ? 32 : d->in->day - r->last;
		if (gap > 0)
			r->bits = (gap < 32 ? r->bits << gap : 0) | 1;
		r->last = d->in->day;
		r->messages = o->messages;
	}
}

static bool is_largest(const struct memory *m, const struct reporting *r)
{
	unsigned larger_ones = 0;
	for (size_t i = 0; i < m->reporters.n; i++)
		larger_ones += m->reporters.list[i].messages > r->messages;
	return larger_ones < LARGEST;
}

/* On how many of its last 14 days it reported. */
static int frequency(const struct reporting *r)
{
	return __builtin_popcount(r->bits & 0x3fff);
}

static int32_t newest_of(const struct memory *m)
{
	int32_t newest = NO_DAY;
	for (size_t i = 0; i < m->reporters.n; i++)
		if (m->reporters.list[i].last > newest)
			newest = m->reporters.list[i].last;
	return newest;
}

/* When nobody reports, no single one is gone. */
static void check_reporter(struct day *d, const struct reporting *r, bool all_silent)
{
	struct live_event *e = event_open(d, "reporter.gone", r->org);
	int32_t silent = r->last == NO_DAY ? 0 : d->in->day - r->last;
	if (e && silent == 0)
		event_end(d, e);
	if (e || silent == 0 || all_silent || frequency(r) < USUAL_DAYS || !is_largest(d->m, r))
		return;
	if (silent < REPORTER_DAYS || silent * frequency(r) <= 4 * 14)
		return;
	e = event_begin(d, "reporter.gone", r->org, SEVERITY_LOW);
	if (!e)
		return;
	e->text = TEXT(d, "%s has sent no report for %d days; before, it did on %d of 14.", r->org,
		       silent, frequency(r));
	e->numbers = TEXT(d, "{\"days\":%d}", silent);
}

/* Mails in the name of somebody who proves what he sends, that prove nothing. */
static void check_proof(struct day *d)
{
	const struct domain_facts *f = d->in->raw;
	for (size_t i = 0; i < f->n_reporters; i++) {
		const struct fact_reporter *o = &f->reporters[i];
		if (o->standing != STANDING_OPEN || !o->usual || o->last_day != d->in->day)
			continue;
		struct reporting *r = reporter(d, o->org_name);
		if (r->rejected != NO_DAY && d->in->day - r->rejected < REJECTED_DAYS)
			continue;
		r->rejected = d->in->day;
		r->last = r->last == NO_DAY ? d->in->day - 1 : r->last;
		event_once(d, "auth.rejected", o->org_name, SEVERITY_NORMAL,
			   TEXT(d,
				"A report in the name of %s came by a mail that does not prove "
				"it: it counts in no verdict.",
				o->org_name),
			   TEXT(d, "{\"messages\":%llu}", (unsigned long long)o->messages));
	}
}

static void check_reporters(struct day *d)
{
	take_reporters(d);
	bool all_silent = d->in->day - newest_of(d->m) >= 3;
	for (size_t i = 0; i < d->m->reporters.n; i++)
		check_reporter(d, &d->m->reporters.list[i], all_silent);
	check_proof(d);
}

/* ---- readiness ---- */

static int level_of(const struct readiness *r)
{
	static const int levels[] = {[VERDICT_READY] = LEVEL_READY,
				     [VERDICT_WARNINGS] = LEVEL_WARNINGS,
				     [VERDICT_NOT_READY] = LEVEL_NOT_READY,
				     [VERDICT_INSUFFICIENT] = UNSAID};
	return levels[r->verdict];
}

static bool explains(const char *rule)
{
	return strcmp(rule, "readiness") != 0 && strcmp(rule, "spoof.surge") != 0 &&
	       strcmp(rule, "reporter.gone") != 0 && strcmp(rule, "auth.rejected") != 0;
}

static bool is_lately(const struct day *d, int32_t opened, int32_t closed)
{
	return opened <= d->in->day && (closed == NO_DAY || d->in->day - closed <= EXPLAINS_DAYS);
}

static bool is_explained(const struct day *d)
{
	for (size_t i = 0; i < d->m->events.n; i++) {
		const struct live_event *e = &d->m->events.list[i];
		if (explains(e->rule) && is_lately(d, e->opened, e->closed))
			return true;
	}
	for (size_t i = 0; i < d->in->n_by_dns; i++) {
		const struct judged_event *e = &d->in->by_dns[i];
		if (explains(e->rule) && is_lately(d, e->opened, e->closed))
			return true;
	}
	return false;
}

/* Something of ours fails, and may be told by itself in a day or two. */
static bool may_be_explained(const struct day *d)
{
	for (size_t i = 0; i < d->m->subjects.n; i++) {
		const struct subject *s = &d->m->subjects.list[i];
		if (s->good && s->n_of > 0 && d->in->day - s->last < WEEK &&
		    s->of[s->n_of - 1].failing > 0 && s->streak == 0)
			return true;
	}
	return false;
}

static void tell_verdict(struct day *d, int was)
{
	static const char *const words[] = {"ready", "ready with warnings", "not ready"};
	struct live_event *e = event_begin(d, "readiness", d->out->domain, SEVERITY_NORMAL);
	if (!e)
		return;
	int now = level_of(d->in->r);
	e->text = TEXT(d, "For p=reject the domain is %s; it was %s. Checks that fail: %s.",
		       words[now], words[was], d->out->fails[0] ? d->out->fails : d->out->warns);
	e->numbers =
	    TEXT(d, "{\"was\":\"%s\",\"now\":\"%s\"}", verdict_names[was], verdict_names[now]);
}

/* Two days in a row make a verdict another one. */
static void check_verdict(struct day *d)
{
	struct memory *m = d->m;
	int now = level_of(d->in->r);
	if (now == UNSAID)
		return;
	if (m->level == UNSAID || d->baseline) {
		m->level = now;
		return;
	}
	m->worse_days = now > m->level ? m->worse_days + 1 : 0;
	m->better_days = now < m->level ? m->better_days + 1 : 0;
	if (m->better_days >= VERDICT_DAYS) {
		struct live_event *e = event_open(d, "readiness", d->out->domain);
		if (e)
			event_end(d, e);
		m->level = now;
		m->better_days = 0;
		return;
	}
	if (m->worse_days < VERDICT_DAYS)
		return;
	bool explained = is_explained(d);
	if (!explained && may_be_explained(d))
		return;
	if (!explained && !event_open(d, "readiness", d->out->domain))
		tell_verdict(d, m->level);
	m->level = now;
	m->worse_days = 0;
}

void rules_of_domain(struct day *d)
{
	check_abuse(d);
	check_surge(d);
	check_policy(d);
	check_reporters(d);
	check_verdict(d);
}
