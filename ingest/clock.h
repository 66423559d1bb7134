/*
 * clock.h - is it the reports that are from the future, or the clock that is behind?
 *
 * A report that begins more than seven days ahead is rejected. When most reports are, the clock is
 * wrong (a machine without a battery wakes up in 1970), and none of them must be filed away. Shared
 * by all pipelines of a run; they hold such reports back until a verdict is possible.
 */
#ifndef INGEST_CLOCK_H
#define INGEST_CLOCK_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/err.h"

#define CLOCK_REPORTS 100 /* after that many the verdict is final */
#define CLOCK_FEW     5   /* at the end of a shorter run: fewer from the future say nothing */

struct clock_watch {
	_Atomic uint64_t reports, future;
	atomic_int verdict; /* enum clock_verdict */
};

enum clock_verdict { CLOCK_OPEN, CLOCK_RIGHT, CLOCK_WRONG };

/* A report was read; future: it begins too far ahead. */
void clock_saw(struct clock_watch *c, bool future);

/* at_end: no more reports follow, so it is not CLOCK_OPEN. */
enum clock_verdict clock_judge(struct clock_watch *c, bool at_end);

/* ST_RETRY, with the one line that a person needs. */
enum status clock_complain(const struct clock_watch *c, int64_t now, struct err *err);

#endif
