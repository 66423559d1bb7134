/*
 * status.h - what is in the database, for `db status`.
 */
#ifndef DB_STATUS_H
#define DB_STATUS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/sink.h"
#include "db/db.h"

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
};

enum status db_status_read(struct db *db, struct db_status *out, struct err *err) MUST_CHECK;

#endif
