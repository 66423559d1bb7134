/*
 * status.h - what is in the database, for `db status`.
 */
#ifndef DB_STATUS_H
#define DB_STATUS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/arena.h"
#include "core/sink.h"
#include "db/pg/db.h"

struct status_table {
	const char *name;
	uint64_t bytes;
};

struct status_month {
	int32_t month; /* core/day.h */
	uint64_t records, messages;
	uint64_t bytes; /* of its partition */
};

struct status_run {
	int64_t id;
	const char *what;
	const char *started,
	    *finished; /* RFC 3339; finished is NULL when it was killed or still runs */
	bool counted;  /* inputs is known */
	uint64_t inputs, reports, records; /* reports that are still stored */
	double began;                      /* since 1970 */
	double seconds;                    /* of an unfinished one: until it stored last */
};

#define STATUS_RUNS 5 /* the last ones, newest first */

struct db_status {
	int schema_version;
	char server_version[64];
	char conninfo[512]; /* how psql reaches it: host, port, database, user; no password */
	uint64_t domains, reporters, reports, records, messages, profiles;
	uint64_t quarantined, runs;
	uint64_t ledger[OUT_COUNT]; /* all outcomes of all runs, by enum outcome */
	uint64_t bytes;             /* of the whole database on disk */
	bool any;                   /* there is data; then: */
	int32_t oldest, newest;     /* days */

	struct status_table *tables; /* largest first; record with all its partitions */
	struct status_month *months; /* oldest first */
	struct status_run *last_runs;
	size_t n_tables, n_months, n_last_runs;
};

/* Lists and their texts are in the arena. Counts reports and profiles from end to end. */
enum status db_status_read(struct db *db, struct arena *a, struct db_status *out,
			   struct err *err) MUST_CHECK;

#endif
