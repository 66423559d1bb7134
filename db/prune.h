/*
 * prune.h - forget old months: their partitions of reports, records and profiles whole, and what
 * belongs to them. A loader that is about to store into one of them stops with ST_RETRY
 * (load/months.c). A year at a time, each in a transaction: the server has room for some thousands
 * of locks, whatever the number of months; what is interrupted has pruned whole years.
 */
#ifndef DB_PRUNE_H
#define DB_PRUNE_H

#include <stdint.h>

#include "db/pg/db.h"

struct prune_result {
	unsigned partitions; /* months */
	uint64_t reports, ledger_rows, quarantined;
};

/* Months before that of keep_from (core/day.h) go: records, reports, profiles, rollups, what was
 * judged; ledger rows, quarantine, and events that were closed before that date too. */
enum status db_prune(struct db *db, int32_t keep_from, struct prune_result *out,
		     struct err *err) MUST_CHECK;

#endif
