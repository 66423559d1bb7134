#include "report/sender/rhythm.h"

#include <stdlib.h>
#include <string.h>

#include "core/day.h"
#include "core/mem.h"
#include "report/sender/group.h"
#include "report/sender/observe.h"

#define RUN_SHARE        10 /* per cent of the largest day that make a day one of a run */
#define RUN_PAUSE        3  /* days without mail that a run may have, less one */
#define RUNS_MAX         64
#define WEEKS            3  /* runs on one weekday */
#define LINE_WEEKS       6  /* of a machine that nothing names */
#define MONTH_SLACK      2  /* days that the date may move: weekends */
#define OFTEN_DAYS       15 /* no campaign is at it for so long ... */
#define OFTEN_SPAN       21 /* ... and for three weeks */
#define RHYTHM_MESSAGES  6
#define LINE_SPAN        35 /* days; an infected machine is found, or gets another address, before */
#define LINE_EVERY       4  /* days: of so many it sends on one at least */
#define LINE_DAYS        8  /* of a machine with a name */
#define RUN_MESSAGES     20 /* of a run of a month */
#define LINE_MESSAGES    4  /* in the period: an infected one is heard of once a month for years */
#define RHYTHM_REPORTERS 2
#define NAMED_SHARE      95 /* per cent of the mail that comes from machines with a name */
#define FEW_MACHINES     3  /* that authenticate as nobody or as us: more is a campaign */
#define AS_ITSELF        (SET(F6) | SET(F7) | SET(F9))
#define SPAN_MAX         (31 * 64)

struct run {
	int32_t first, last;
	double messages;
};

/* ---- days ---- */

struct days {
	double *on; /* messages, from the day `first` on */
	int32_t first;
	size_t n;
};

static void add_facts(struct days *d, const struct sender *s)
{
	for (size_t i = 0; i < s->n_facts; i++)
		daily_add(s->facts[i], d->first, d->on, d->n);
}

static bool same_base(const struct sender *x, const struct sender *y)
{
	size_t n = group_base_len(x->key);
	return n == group_base_len(y->key) && memcmp(x->key, y->key, n) == 0;
}

/* An organisation sends from other machines the next time: it is known by its key. */
static bool add_by_key(struct days *d, const struct sender *s, const struct earlier *e)
{
	bool found = false;
	for (size_t i = 0; i < e->n; i++) {
		if (!same_base(s, &e->senders[i]))
			continue;
		add_facts(d, &e->senders[i]);
		found = true;
	}
	return found;
}

/* Who had no such key then, or is no organisation, is known by the address. */
static bool add_by_address(struct days *d, const struct sender *s, const struct domain_facts *f)
{
	bool found = false;
	for (size_t i = 0; i < s->n_sources; i++) {
		const struct ip *ip = &s->sources[i].ip;
		for (size_t k = domain_facts_find(f, ip);
		     k < f->n_facts && ip_cmp(&f->facts[k].source, ip) == 0; k++)
			daily_add(&f->facts[k], d->first, d->on, d->n);
	}
	for (size_t i = 0; !found && d->first + (int32_t)i < s->first_day; i++)
		found = d->on[i] > 0;
	return found;
}

/* ---- runs ---- */

/* What is below a tenth of the largest day is no run: a test, an answer, a bounce. */
static size_t find_runs(const struct days *d, struct run *runs, unsigned *days)
{
	double most = 0;
	size_t n = 0;
	for (size_t i = 0; i < d->n; i++)
		most = d->on[i] > most ? d->on[i] : most;
	for (size_t i = 0; i < d->n; i++) {
		int32_t day = d->first + (int32_t)i;
		if (d->on[i] <= 0 || 100 * d->on[i] < RUN_SHARE * most)
			continue;
		++*days;
		if (n > 0 && day - runs[n - 1].last <= RUN_PAUSE) {
			runs[n - 1].last = day;
			runs[n - 1].messages += d->on[i];
		} else if (n < RUNS_MAX) {
			runs[n++] = (struct run){day, day, d->on[i]};
		}
	}
	return n;
}

static int32_t distance(int32_t a, int32_t b, int32_t round)
{
	int32_t d = (a > b ? a - b : b - a) % round;
	return d < round - d ? d : round - d;
}

/* An organisation may be a day late. Of a line that nothing names chance alone makes three Tuesdays
 * and a Wednesday. */
static bool is_weekly(const struct run *runs, size_t n, bool one)
{
	size_t same = 0;
	for (size_t i = 0; i < n; i++)
		same += distance(runs[i].first, runs[n - 1].first, 7) <= (one ? 1 : 0);
	return same >= (one ? WEEKS : LINE_WEEKS) && 4 * same >= 3 * n;
}

/* The same date in two months, two days either way; or the same weekday of both, as the first
 * Thursday is. */
static bool is_month_apart(const struct run *x, const struct run *y)
{
	int year;
	unsigned month, a, b;
	if (month_of_day(x->first) == month_of_day(y->first))
		return false;
	day_to_civil(x->first, &year, &month, &a);
	day_to_civil(y->first, &year, &month, &b);
	return distance((int32_t)a, (int32_t)b, 30) <= MONTH_SLACK ||
	       (distance(x->first, y->first, 7) == 0 && (a - 1) / 7 == (b - 1) / 7);
}

static bool is_monthly(const struct run *runs, size_t n)
{
	size_t paired = 0;
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < n; k++)
			if (is_month_apart(&runs[i], &runs[k])) {
				paired++;
				break;
			}
	return paired >= 2 && 2 * paired > n && is_month_apart(&runs[n - 1], &runs[0]);
}

static struct rhythm rhythm_of(const struct run *runs, size_t n, unsigned days, bool one)
{
	struct rhythm r = {.kind = RHYTHM_NONE, .runs = (unsigned)n};
	if (n == 0)
		return r;
	const struct run *last = &runs[n - 1];
	r.first = runs[0].first;
	r.before = n > 1 ? runs[n - 2].first : r.first;
	r.last = last->first;
	r.until = last->last;
	r.messages = (uint64_t)(last->messages + 0.5);
	for (size_t i = 1; i < n; i++)
		if (runs[i].first - runs[i - 1].last > r.pause)
			r.pause = runs[i].first - runs[i - 1].last;
	if (is_weekly(runs, n, one))
		r.kind = RHYTHM_WEEKLY;
	else if (is_monthly(runs, n))
		r.kind = RHYTHM_MONTHLY;
	else if (days >= OFTEN_DAYS && last->last - r.first >= OFTEN_SPAN)
		r.kind = RHYTHM_OFTEN;
	for (size_t i = n - 1; r.kind == RHYTHM_MONTHLY && i-- > 0;)
		if (is_month_apart(&runs[i], last)) {
			r.before = runs[i].first;
			break;
		}
	return r;
}

/* ---- one organisation ---- */

/* The domain of the forward-confirmed names of its machines; NULL: they have none, or several. */
static const char *organisation_of(const struct sender *s, struct knowledge *known)
{
	const char *org = NULL;
	uint64_t named = 0;
	for (size_t i = 0; i < s->n_sources; i++) {
		const struct address_known *k = knowledge_of(known, &s->sources[i].ip);
		if (k->ptr != PTR_CONFIRMED || k->generic || !k->org)
			continue;
		if (org && strcmp(org, k->org) != 0)
			return NULL;
		org = k->org;
		named += s->sources[i].messages;
	}
	return at_least(named, s->t.messages, NAMED_SHARE) ? org : NULL;
}

static bool is_of(const char *name, const char *org, const struct knowledge *known)
{
	return name && strcmp(known->rules->org_domain(known->rules->ctx, name), org) == 0;
}

/* Does most of its mail pass as the organisation: signed, by envelope sender, or, where that is
 * empty, by HELO? */
static bool authenticates_as(const struct sender *s, const char *org, const struct knowledge *known)
{
	uint64_t n = 0;
	for (size_t i = 0; i < s->n_facts; i++) {
		const struct dmarc_profile *p = &s->profiles[s->facts[i]->profile];
		bool passes = false;
		for (unsigned k = 0; k < p->n_dkim; k++)
			passes = passes || (p->dkim[k].result.code == W_PASS &&
					    is_of(p->dkim[k].domain, org, known));
		for (unsigned k = 0; k < p->n_spf; k++)
			passes = passes || (p->spf[k].result.code == W_PASS &&
					    is_of(p->spf[k].domain, org, known));
		n += passes ? s->facts[i]->messages : 0;
	}
	return 2 * n > s->t.messages;
}

/* Where anybody has a mailbox, or has mail handed on, the name of the machine says nothing. */
static bool serves_anybody(const struct service *s)
{
	return s &&
	       (s->kind == KIND_MAILBOX || s->kind == KIND_GATEWAY || s->kind == KIND_FORWARDER);
}

/* An organisation's account at a host of mailboxes, which signs as it: a sister company, or whoever
 * writes for us there. Mail that people have handed on has no signature of theirs alone. */
static bool is_tenant(const struct sender *s)
{
	return s->guest && s->service && s->service->kind == KIND_MAILBOX &&
	       strncmp(s->key, "dkim:", 5) == 0;
}

/* Few machines that authenticate as us, in vain, or as nobody. */
static bool is_few(const struct sender *s)
{
	uint64_t n = cells_of(s, SET(F1) | SET(F2) | SET(F3) | SET(F4) | SET(F5) | SET(F10));
	return 2 * n > s->t.messages && s->n_sources <= FEW_MACHINES;
}

#define ITSELF_SHARE    95 /* per cent of its mail that passes as one domain of somebody else's */
#define ITSELF_MACHINES 8

/* Its key is the domain that it authenticates as, on rented machines whose names say nothing: small
 * services send so. */
static bool is_itself(const struct sender *s)
{
	bool domain = strncmp(s->key, "dkim:", 5) == 0 || strncmp(s->key, "mailfrom:", 9) == 0;
	bool rented =
	    !s->service || s->service->kind == KIND_CLOUD || s->service->kind == KIND_WEBHOST;
	return domain && rented && s->n_sources <= ITSELF_MACHINES &&
	       at_least(cells_of(s, AS_ITSELF), s->t.messages, ITSELF_SHARE);
}

static bool is_one_organisation(const struct sender *s, struct knowledge *known)
{
	uint64_t as_itself = cells_of(s, AS_ITSELF);
	bool sends_for_customers =
	    s->service && (s->service->kind == KIND_ESP || s->service->kind == KIND_SAAS);
	if (is_tenant(s))
		return 2 * as_itself > s->t.messages;
	if (serves_anybody(s->service))
		return false;
	if (sends_for_customers && 2 * as_itself > s->t.messages)
		return true; /* a guest signs there as a company of his own, and strangers do not */
	const char *org = organisation_of(s, known);
	if (is_itself(s))
		return true;
	if (!org)
		return false;
	return 2 * as_itself > s->t.messages ? authenticates_as(s, org, known) : is_few(s);
}

/* A form, a fax on the office line: it keeps at it, and where the name of the machine says nothing,
 * for longer than an infected one is left alone. */
static bool is_patient(const struct sender *s, unsigned days, bool named)
{
	bool weekly =
	    s->rhythm.kind == RHYTHM_WEEKLY; /* one weekday for two months: no infection */
	int32_t span = s->rhythm.until - s->rhythm.first;
	/* invoices on the 1st, from a machine that nothing names; no bot keeps to that */
	if (s->rhythm.kind == RHYTHM_MONTHLY && s->rhythm.messages >= RUN_MESSAGES &&
	    s->rhythm.until - s->rhythm.last < RUN_PAUSE)
		return is_few(s);
	if (!named && !weekly && (int32_t)days * LINE_EVERY < span)
		return false; /* of many bots each is heard of now and then */
	return is_few(s) && (named || s->t.messages >= LINE_MESSAGES) &&
	       days >= (named || weekly ? LINE_DAYS : OFTEN_DAYS) &&
	       (s->rhythm.kind == RHYTHM_WEEKLY || s->rhythm.kind == RHYTHM_OFTEN) &&
	       span >= (named ? OFTEN_SPAN : LINE_SPAN);
}

#define OFFICE_DAYS 15 /* that all are working days by chance, one time in 150 */

/* Fifteen days and more, and none of them a Saturday or Sunday: it stands in an office. */
static bool keeps_office_days(const struct days *d)
{
	unsigned days = 0;
	for (size_t i = 0; i < d->n; i++) {
		int32_t weekday = ((d->first + (int32_t)i) % 7 + 7 + 3) % 7; /* 0: Monday */
		if (d->on[i] <= 0)
			continue;
		if (weekday >= 5)
			return false;
		days++;
	}
	return days >= OFFICE_DAYS;
}

void rhythm_find(struct sender *s, const struct earlier *earlier, struct knowledge *known,
		 unsigned reporters)
{
	struct run runs[RUNS_MAX];
	struct days d = {.first = s->first_day};
	unsigned days = 0;
	bool one = is_one_organisation(s, known), few = !one && is_few(s);
	const struct domain_facts *before = earlier ? earlier->facts : NULL;
	if (before && (before->reports == 0 || !(one || few)))
		before = NULL;
	const struct domain_facts *past =
	    before && earlier->past && earlier->past->reports > 0 ? earlier->past : NULL;
	if (before && before->window.since < d.first)
		d.first = month_first_day(month_of_day(before->window.since));
	if (past && past->window.since < d.first)
		d.first = month_first_day(month_of_day(past->window.since));
	d.n = (size_t)(s->last_day - d.first) + 1;
	if (d.n > SPAN_MAX)
		return;
	d.on = mem_alloc(d.n * sizeof *d.on);
	add_facts(&d, s);
	bool found = before && one && add_by_key(&d, s, earlier);
	found = found || (before && add_by_address(&d, s, before));
	found = (past && add_by_address(&d, s, past)) || found;
	double all = 0;
	for (size_t i = 0; i < d.n; i++)
		all += d.on[i];
	size_t n = find_runs(&d, runs, &days); /* which sets days, too */
	s->rhythm = rhythm_of(runs, n, days, one);
	/* whoever uses our MAIL FROM every day may be a forger at his post */
	bool kept = s->rhythm.kind == RHYTHM_OFTEN ? 2 * cells_of(s, AS_ITSELF) > s->t.messages
						   : s->rhythm.kind != RHYTHM_NONE;
	bool seen = reporters >= RHYTHM_REPORTERS || found;
	s->one = one && seen;
	const char *org = organisation_of(s, known);
	s->itself = s->one && is_itself(s) && !(org && authenticates_as(s, org, known));
	s->returns = one && kept && all >= RHYTHM_MESSAGES && seen;
	s->patient = !s->returns && is_few(s) && seen && is_patient(s, days, one);
	s->office = s->patient && keeps_office_days(&d);
	free(d.on);
}

const char *rhythm_text(const struct rhythm *r, struct arena *a)
{
	char first[DAY_STRLEN], last[DAY_STRLEN];
	switch (r->kind) {
	case RHYTHM_WEEKLY:
		return arena_printf(
		    a, "comes %s, %u times from %s to %s",
		    (r->last - r->first) % 7 == 0 ? "on the same weekday" : "every week", r->runs,
		    day_format(r->first, first), day_format(r->last, last));
	case RHYTHM_MONTHLY:
		return arena_printf(a, "comes on the same day of the month: %s, %s",
				    day_format(r->before, first), day_format(r->last, last));
	case RHYTHM_OFTEN:
		return arena_printf(a, "has come again and again since %s",
				    day_format(r->first, first));
	default:
		return NULL;
	}
}
