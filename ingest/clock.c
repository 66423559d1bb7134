#include "ingest/clock.h"

#include "core/day.h"

void clock_saw(struct clock_watch *c, bool future)
{
	if (atomic_load(&c->verdict) != CLOCK_OPEN)
		return;
	if (future)
		atomic_fetch_add(&c->future, 1);
	atomic_fetch_add(&c->reports, 1);
}

enum clock_verdict clock_judge(struct clock_watch *c, bool at_end)
{
	int verdict = atomic_load(&c->verdict);
	uint64_t reports = atomic_load(&c->reports), future = atomic_load(&c->future);
	if (verdict != CLOCK_OPEN || (reports < CLOCK_REPORTS && !at_end))
		return (enum clock_verdict)verdict;
	verdict = future >= CLOCK_FEW && 2 * future > reports ? CLOCK_WRONG : CLOCK_RIGHT;
	atomic_store(&c->verdict, verdict);
	return (enum clock_verdict)verdict;
}

enum status clock_complain(const struct clock_watch *c, int64_t now, struct err *err)
{
	char day[DAY_STRLEN];
	return err_set(err, ST_RETRY,
		       "the clock says %s, but %llu of %llu reports begin more than seven days "
		       "later: set the clock; none of these was filed",
		       day_format(day_from_unix(now), day),
		       (unsigned long long)atomic_load(&c->future),
		       (unsigned long long)atomic_load(&c->reports));
}
