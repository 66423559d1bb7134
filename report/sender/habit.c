#include "report/sender/habit.h"

#include <stdlib.h>

#include "core/day.h"

#define RECURRING_MESSAGES  10
#define SET_UP_DAYS         7
#define SET_UP_MESSAGES     10
#define STEADY_DAYS         5
#define STEADY_LINE_DAYS    10
#define STEADY_LONG_DAYS    15 /* every other day: a message is enough */
#define ESTABLISHED_DAYS    15
#define ESTABLISHED_SOURCES 3

unsigned habit_failing_days(const struct sender *s)
{
	uint32_t days[64] = {0}; /* by month since the first */
	int32_t first = month_of_day(s->first_day);
	unsigned n = 0;
	for (size_t i = 0; i < s->n_facts; i++) {
		size_t month = (size_t)(s->facts[i]->month - first);
		if (month < 64 && s->profiles[s->facts[i]->profile].cell > CELL_P7)
			days[month] |= s->facts[i]->days;
	}
	for (size_t i = 0; i < 64; i++)
		n += (unsigned)__builtin_popcount(days[i]);
	return n;
}

uint64_t habit_failing_bounces(const struct sender *s)
{
	uint64_t n = 0;
	for (size_t i = 0; i < s->n_facts; i++) {
		const struct dmarc_profile *p = &s->profiles[s->facts[i]->profile];
		n += p->flags & DMARC_NULL_SENDER && p->cell > CELL_P7 ? s->facts[i]->messages : 0;
	}
	return n;
}

bool habit_recurs(const struct sender *s, const struct domain_facts *earlier,
		  struct knowledge *known)
{
	size_t n = 0;
	for (size_t i = 0; earlier && i < s->n_sources; i++) {
		const struct ip *ip = &s->sources[i].ip;
		bool line = known && knowledge_of(known, ip)->generic;
		n += !line && domain_facts_has(earlier, ip);
	}
	return n > 0 && 2 * n >= s->n_sources && s->t.messages >= RECURRING_MESSAGES;
}

bool habit_is_steady(const struct sender *s, const struct observed *o)
{
	bool line =
	    2 * (o->messages[SEEN_PTR_GENERIC] + o->messages[SEEN_PTR_NONE]) > s->t.messages;
	unsigned days = line ? STEADY_LINE_DAYS : STEADY_DAYS;
	bool daily = s->days >= STEADY_LONG_DAYS && s->t.messages >= STEADY_LONG_DAYS &&
		     (int32_t)(2 * s->days) > s->last_day - s->first_day;
	bool enough = s->t.messages >= 2 * days || daily;
	return (!o->burst && s->days >= days && enough) || s->recurs;
}

bool habit_is_named(const struct sender *s, struct knowledge *known)
{
	for (size_t i = 0; i < s->n_sources; i++) {
		const struct address_known *k = knowledge_of(known, &s->sources[i].ip);
		if (k->ptr != PTR_CONFIRMED || k->generic)
			return false;
	}
	return s->n_sources > 0;
}

bool habit_is_established(const struct sender *s, struct knowledge *known)
{
	uint64_t as_itself = s->t.cells[CELL_F6] + s->t.cells[CELL_F9];
	return s->days >= ESTABLISHED_DAYS && s->n_sources <= ESTABLISHED_SOURCES &&
	       2 * as_itself > s->t.messages && habit_is_named(s, known);
}

#define RUN_MESSAGES  20
#define RUN_DAYS      7  /* since its last mail */
#define RUN_PART      50 /* of what passes it has one part of so many */
#define LARGE_PART    10
#define RUN_LOOK_BACK 62 /* days */

bool habit_is_fresh_run(const struct sender *s, const struct domain_facts *now, uint64_t passing)
{
	uint64_t failing = s->t.messages - tally_judged_pass(&s->t);
	int32_t last = now->n_days ? now->days[now->n_days - 1].day : now->window.until;
	int32_t since = last - s->last_day;
	if (!s->one || failing < RUN_MESSAGES)
		return false;
	return (RUN_PART * failing >= passing && since < RUN_DAYS) ||
	       (LARGE_PART * failing >= passing && since < RUN_LOOK_BACK);
}

int32_t habit_set_up_since(const struct sender *s)
{
	int32_t failed = INT32_MIN, since = INT32_MAX;
	uint64_t failing = 0, passing = 0;
	for (size_t i = 0; i < s->n_facts; i++) {
		const struct fact *f = s->facts[i];
		const struct dmarc_profile *p = &s->profiles[f->profile];
		int32_t first = fact_first_day(f), last = fact_last_day(f);
		bool passes = p->cell <= CELL_P7;
		if (passes && !p->aligned_dkim)
			return INT32_MIN;
		*(passes ? &passing : &failing) += f->messages;
		failed = !passes && last > failed ? last : failed;
		since = passes && first < since ? first : since;
	}
	bool often = passing >= SET_UP_MESSAGES && failing >= SET_UP_MESSAGES;
	/* it began in the course of a day */
	return often && failed <= since && s->last_day - since >= SET_UP_DAYS ? since : INT32_MIN;
}

bool habit_is_unanswered(const struct dmarc_profile *p)
{
	bool silent = false;
	if (p->cell <= CELL_P7)
		return false;
	for (unsigned i = 0; i < p->n_dkim; i++) {
		if (p->dkim[i].result.code == W_FAIL)
			return false;
		silent = silent || p->dkim[i].result.code == W_TEMPERROR;
	}
	for (unsigned i = 0; i < p->n_spf; i++) {
		enum dmarc_word_code c = p->spf[i].result.code;
		if (c == W_FAIL || c == W_SOFTFAIL)
			return false;
		silent = silent || c == W_TEMPERROR;
	}
	return silent;
}

/* ---- new ---- */

#define NEW_SINCE 7 /* days of reports without it make its first mail new */

bool habit_is_new(const struct sender *s, const struct domain_facts *now,
		  const struct domain_facts *earlier)
{
	const struct domain_facts *e = earlier && earlier->n_days ? earlier : NULL;
	if (now->n_days == 0)
		return false;
	int32_t first = s->first_day, begin = e ? e->days[0].day : now->days[0].day;
	for (size_t i = 0; e && i < s->n_sources; i++) {
		size_t at = domain_facts_find(e, &s->sources[i].ip);
		for (; at < e->n_facts && ip_cmp(&e->facts[at].source, &s->sources[i].ip) == 0;
		     at++) {
			int32_t day = fact_first_day(&e->facts[at]);
			first = day < first ? day : first;
		}
	}
	return first >= begin + NEW_SINCE;
}

/* ---- far more than usual ---- */

static void add_earlier(const struct domain_facts *d, const struct ip *ip, int32_t first,
			double *by_day, size_t n)
{
	for (size_t i = domain_facts_find(d, ip);
	     i < d->n_facts && ip_cmp(&d->facts[i].source, ip) == 0; i++)
		daily_add(&d->facts[i], first, by_day, n);
}

static int by_size(const void *x, const void *y)
{
	const double *a = x, *b = y;
	return (*a > *b) - (*a < *b);
}

/* The median of the days before `day` on which something was sent; 0: too few of them. */
static double usual(const double *by_day, size_t day, double *scratch)
{
	size_t n = 0;
	for (size_t i = 0; i < day; i++)
		if (by_day[i] > 0)
			scratch[n++] = by_day[i];
	if (n < USUAL_DAYS)
		return 0;
	qsort(scratch, n, sizeof *scratch, by_size);
	return scratch[n / 2];
}

/* A newsletter goes out on the same weekday, or on the same date of the month, two days either way:
 * half as much was sent then. */
static bool has_its_day(const double *by_day, size_t day)
{
	for (size_t back = 7; back <= 33 && back <= day; back++)
		if ((back == 7 || back >= 26) && 2 * by_day[day - back] >= by_day[day])
			return true;
	return false;
}

/* What was seen long ago may be known by the month alone, spread over its days. Beside what is sent
 * on the days of this period, the month before has half of the day's mail left over: it had such a
 * day, too. period: where this one begins. */
static bool had_its_month(const double *by_day, size_t n, size_t day, size_t period,
			  double *scratch)
{
	double before = 0;
	size_t days = 0, now = 0;
	for (size_t i = period; i < n; i++)
		if (i != day && by_day[i] > 0)
			scratch[now++] = by_day[i];
	if (now < USUAL_DAYS)
		return false;
	qsort(scratch, now, sizeof *scratch, by_size);
	for (size_t i = day > 33 ? day - 33 : 0; i < period; i++) {
		before += by_day[i];
		days += by_day[i] > 0;
	}
	return 2 * (before - (double)days * scratch[now / 2]) >= by_day[day];
}

/* What is more than usual on the day; where `days` is more than one, on all days as large among so
 * many: a small office's infected machine stays below any ceiling of one day. */
static double excess(const double *by_day, size_t n, size_t day, double median, size_t days)
{
	double sum = 0;
	for (size_t i = day; i < n && i < day + days; i++)
		if (by_day[i] >= SPIKE_FACTOR * median)
			sum += by_day[i] - median;
	return sum;
}

/* It passes by SPF alone: whoever gets hold of the machine does, too. */
static bool is_unsigned(const struct sender *s)
{
	const uint64_t *c = s->t.cells;
	return 10 * (c[CELL_P5] + c[CELL_P6] + c[CELL_P7]) > 9 * s->t.messages;
}

bool find_spike(const struct sender *s, const struct domain_facts *earlier, double more,
		struct arena *a, struct spike *out)
{
	if ((double)s->t.messages < more)
		return false;
	int32_t first = earlier && earlier->reports ? earlier->window.since : s->first_day;
	if (first > s->first_day)
		first = s->first_day;
	size_t n = (size_t)(s->last_day - first) + 1;
	double *by_day = arena_alloc(a, n * sizeof *by_day),
	       *scratch = arena_alloc(a, n * sizeof *scratch);
	size_t days = is_unsigned(s) ? SPIKE_WEEK : 1;
	*out = (struct spike){0};
	for (size_t i = 0; earlier && i < s->n_sources; i++)
		add_earlier(earlier, &s->sources[i].ip, first, by_day, n);
	for (size_t i = 0; i < s->n_facts; i++)
		daily_add(s->facts[i], first, by_day, n);
	size_t period = (size_t)(s->first_day - first);
	for (size_t i = period; i < n; i++) {
		if (by_day[i] <= out->messages)
			continue;
		double median = usual(by_day, i, scratch);
		if (median > 0 && by_day[i] >= SPIKE_FACTOR * median &&
		    excess(by_day, n, i, median, days) >= more && !has_its_day(by_day, i) &&
		    !had_its_month(by_day, n, i, period, scratch))
			*out = (struct spike){
			    .day = first + (int32_t)i, .messages = by_day[i], .usual = median};
	}
	if (out->messages == 0)
		return false;
	double most = 0;
	for (size_t i = 0, end; i < s->n_facts; i = end) {
		double on_day = 0;
		for (end = i;
		     end < s->n_facts && ip_cmp(&s->facts[end]->source, &s->facts[i]->source) == 0;
		     end++)
			daily_add(s->facts[end], out->day, &on_day, 1);
		if (on_day > most) {
			most = on_day;
			out->busiest = s->facts[i]->source;
		}
	}
	return true;
}
