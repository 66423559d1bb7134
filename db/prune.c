#include "db/prune.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/day.h"
#include "db/pg/locks.h"
#include "db/pg/pg.h"
#include "sql.h"

#define MONTHS_AT_ONCE 12 /* in one transaction: each has a dozen tables and indexes to lock */

/* A statement about what lies before day; *number: of its row, or how many rows it took. */
static enum status run_before(struct db *db, const char *sql, const char *day, uint64_t *number,
			      struct err *err)
{
	PGresult *res;
	enum status st = db_query(db, sql, 1, &day, &res, err);
	if (st != ST_OK)
		return st;
	if (number)
		*number =
		    strtoull(PQntuples(res) ? PQgetvalue(res, 0, 0) : PQcmdTuples(res), NULL, 10);
	PQclear(res);
	return ST_OK;
}

static enum status drop_partitions(struct db *db, const char *day, unsigned *months,
				   struct err *err)
{
	PGresult *res;
	enum status st = db_query(db, sql_partitions_before, 1, &day, &res, err);
	if (st != ST_OK)
		return st;
	for (int i = 0; st == ST_OK && i < PQntuples(res); i++) {
		char sql[128];
		/* the name is one of ours, like record_YYYYMM (the query matches it) */
		snprintf(sql, sizeof sql, "DROP TABLE %s", PQgetvalue(res, i, 0));
		st = db_exec(db, sql, err);
		*months += PQgetvalue(res, i, 1)[0] == 't';
	}
	PQclear(res);
	return st;
}

#define MONTH_BEFORE "month < date_trunc('month', $1::date::timestamp)::date"
#define DAY_BEFORE   "day < date_trunc('month', $1::date::timestamp)::date"

/* All before the day in one transaction. */
static enum status prune_before(struct db *db, const char *day, struct prune_result *out,
				struct err *err)
{
	uint64_t reports = 0, ledger_rows = 0, quarantined = 0;
	const struct {
		const char *sql;
		uint64_t *rows;
	} steps[] = {
	    {sql_prune_marks, NULL},
	    {"SELECT coalesce(sum(reports), 0) FROM rollup_month WHERE " MONTH_BEFORE, &reports},
	    {"DELETE FROM sender_month WHERE " MONTH_BEFORE, NULL},
	    {"DELETE FROM rollup_month WHERE " MONTH_BEFORE, NULL},
	    {"DELETE FROM domain_state WHERE " DAY_BEFORE, NULL},
	    {"DELETE FROM sender_state WHERE " DAY_BEFORE, NULL},
	    {"DELETE FROM event WHERE closed < $1::date", NULL},
	    {"DELETE FROM remedy_state WHERE since < $1::date AND state <> 'offered'", NULL},
	    {sql_prune_dns, NULL},
	    {"DELETE FROM bounce WHERE " DAY_BEFORE, NULL},
	    {"DELETE FROM bounce_seen WHERE " DAY_BEFORE, NULL},
	    {"DELETE FROM bounce_covered WHERE " DAY_BEFORE, NULL},
	    {"DELETE FROM ledger WHERE at < $1::date", &ledger_rows},
	    {"DELETE FROM quarantine WHERE last_seen < $1::date", &quarantined},
	};
	/* exclusive: no loader is halfway into a month that goes. The parents alone, as everybody
	 * locks them: with all their partitions the server could run out of locks. */
	enum status st = db_exec(db,
				 "BEGIN; SELECT pg_advisory_xact_lock(" LOCK_JUDGE "); "
				 "SELECT pg_advisory_xact_lock(" LOCK_ROLLUP "); LOCK TABLE "
				 "ONLY report, ONLY record, ONLY profile IN ACCESS EXCLUSIVE MODE; "
				 "SELECT pg_advisory_xact_lock(" LOCK_ASIDE ")",
				 err);
	for (size_t i = 0; st == ST_OK && i < sizeof steps / sizeof *steps; i++)
		st = run_before(db, steps[i].sql, day, steps[i].rows, err);
	if (st == ST_OK)
		st = db_exec(db, sql_quarantine_orphans, err);
	if (st == ST_OK)
		st = drop_partitions(db, day, &out->partitions, err);
	if (st == ST_OK)
		st = db_commit(db, err);
	if (st != ST_OK)
		db_rollback(db);
	out->reports += reports;
	out->ledger_rows += ledger_rows;
	out->quarantined += quarantined;
	return st;
}

/* The oldest month that goes, or that of keep_from: none does. */
static enum status oldest_month(struct db *db, int32_t keep_from, int32_t *month, struct err *err)
{
	char day[DAY_STRLEN];
	const char *param = day_format(keep_from, day);
	PGresult *res;
	enum status st = db_query(db, sql_partitions_before, 1, &param, &res, err);
	if (st != ST_OK)
		return st;
	*month = month_of_day(keep_from);
	if (PQntuples(res) > 0) { /* by month: "report_202610" */
		const char *digits = strrchr(PQgetvalue(res, 0, 0), '_') + 1;
		long n = strtol(digits, NULL, 10);
		snprintf(day, sizeof day, "%04ld-%02ld-01", n / 100 % 10000, n % 100);
		int32_t first;
		if (day_parse(day, &first))
			*month = month_of_day(first);
	}
	PQclear(res);
	return ST_OK;
}

enum status db_prune(struct db *db, int32_t keep_from, struct prune_result *out, struct err *err)
{
	char day[DAY_STRLEN];
	int32_t last = month_of_day(keep_from), month;
	*out = (struct prune_result){0};
	for (;;) {
		enum status st = oldest_month(db, keep_from, &month, err);
		if (st != ST_OK)
			return st;
		bool more = month + MONTHS_AT_ONCE < last;
		day_format(more ? month_first_day(month + MONTHS_AT_ONCE) : keep_from, day);
		st = prune_before(db, day, out, err);
		if (st != ST_OK || !more)
			return st;
	}
}
