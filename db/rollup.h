/*
 * rollup.h - closed months folded into sender_month, so that old months answer fast.
 *
 * Loading marks a month of a domain stale; db_rollup() rebuilds those that are stale and closed
 * (before the month of today). Readers use sender_month only where it is fresh. While
 * somebody loads nothing is rebuilt: the next call does it. Loading waits while one domain's month
 * is.
 */
#ifndef DB_ROLLUP_H
#define DB_ROLLUP_H

#include <stdint.h>

#include "db/db.h"

/* today: core/day.h. *built counts what was rebuilt; may be NULL. */
enum status db_rollup(struct db *db, int32_t today, unsigned *built, struct err *err) MUST_CHECK;

#endif
