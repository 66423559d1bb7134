#include "report/sender/habit.h"

#include "core/day.h"

#define RECURRING_MESSAGES  10
#define SET_UP_DAYS         7
#define SET_UP_MESSAGES     10
#define STEADY_DAYS         5
#define STEADY_LINE_DAYS    10
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
	return (!o->burst && s->days >= days && s->t.messages >= 2 * days) || s->recurs;
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

static int32_t first_day_of(const struct fact *f)
{
	return month_first_day(f->month) + (f->days ? __builtin_ctz(f->days) : 0);
}

int32_t habit_set_up_since(const struct sender *s)
{
	int32_t failed = INT32_MIN, since = INT32_MAX;
	uint64_t failing = 0, passing = 0;
	for (size_t i = 0; i < s->n_facts; i++) {
		const struct fact *f = s->facts[i];
		const struct dmarc_profile *p = &s->profiles[f->profile];
		int32_t first = first_day_of(f), last = fact_last_day(f);
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
