/*
 * prune.h - forget old months: their record partitions whole, and what belongs to them.
 *
 * Profiles stay: loaders remember which are stored (load_dims.c) and would not store one again that
 * was deleted beside them.
 */
#ifndef DB_PRUNE_H
#define DB_PRUNE_H

#include <stdint.h>

#include "db/db.h"

struct prune_result {
	unsigned partitions;
	uint64_t reports, ledger_rows, quarantined;
};

/* Everything with a day before keep_from (the first day of a month; core/day.h) goes: records,
 * reports, rollups; ledger rows and quarantine older than that date too. */
enum status db_prune(struct db *db, int32_t keep_from, struct prune_result *out,
		     struct err *err) MUST_CHECK;

#endif
