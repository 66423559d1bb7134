/*
 * rollup.h - closed months folded into sender_month, so that old months answer fast.
 *
 * Loading marks a month of a domain stale. Who is about to read a window calls db_rollup(), which
 * rebuilds what is stale and closed of it (before the month of today): a bulk load of years costs
 * nothing here, and a month that nobody asks for is never folded. Readers use sender_month only
 * where it is fresh. While somebody loads nothing is rebuilt: the next call does it. Loading waits
 * while a month of one domain is, or of many small ones, which share a transaction.
 */
#ifndef DB_READ_ROLLUP_H
#define DB_READ_ROLLUP_H

#include <stdint.h>

#include "core/facts.h"

#include "db/pg/db.h"

/* domains: NULL is all. today: core/day.h. *built counts what was rebuilt; may be NULL. A failure
 * harms no reader: what is stale is read raw. */
enum status db_rollup(struct db *db, const char *const *domains, size_t n_domains, struct window w,
		      int32_t today, unsigned *built, struct err *err) MUST_CHECK;

#endif
