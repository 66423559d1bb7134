#include "db/prune.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/day.h"
#include "db/pg/locks.h"
#include "db/pg/pg.h"
#include "sql.h"

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

enum status db_prune(struct db *db, int32_t keep_from, struct prune_result *out, struct err *err)
{
	char day[DAY_STRLEN];
	day_format(keep_from, day);
	*out = (struct prune_result){0};
	const struct {
		const char *sql;
		uint64_t *rows;
	} steps[] = {
	    {sql_prune_marks, NULL},
	    {"SELECT coalesce(sum(reports), 0) FROM rollup_month WHERE " MONTH_BEFORE,
	     &out->reports},
	    {"DELETE FROM sender_month WHERE " MONTH_BEFORE, NULL},
	    {"DELETE FROM rollup_month WHERE " MONTH_BEFORE, NULL},
	    {"DELETE FROM ledger WHERE at < $1::date", &out->ledger_rows},
	    {"DELETE FROM quarantine WHERE last_seen < $1::date", &out->quarantined},
	};
	/* exclusive: no loader is halfway into a month that goes */
	enum status st = db_exec(db,
				 "BEGIN; SELECT pg_advisory_xact_lock(" LOCK_ROLLUP "); LOCK TABLE "
				 "report, record, profile IN ACCESS EXCLUSIVE MODE",
				 err);
	for (size_t i = 0; st == ST_OK && i < sizeof steps / sizeof *steps; i++)
		st = run_before(db, steps[i].sql, day, steps[i].rows, err);
	if (st == ST_OK)
		st = drop_partitions(db, day, &out->partitions, err);
	if (st == ST_OK)
		st = db_commit(db, err);
	if (st != ST_OK)
		db_rollback(db);
	return st;
}
