#include "db/rollup.h"

#include "core/day.h"
#include "db/db_pg.h"
#include "db/load_priv.h"
#include "sql.h"

/* One domain's month. The lock is held by this transaction alone, so no loader is halfway. */
static enum status rebuild(struct db *db, const char *domain, const char *month, struct err *err)
{
	const char *params[] = {domain, month};
	const char *const steps[] = {sql_rollup_clear, sql_rollup_build, sql_rollup_done};
	enum status st = db_exec(db, "BEGIN; SELECT pg_advisory_xact_lock(" LOCK_ROLLUP ")", err);
	for (size_t i = 0; st == ST_OK && i < sizeof steps / sizeof *steps; i++) {
		PGresult *res;
		st = db_query(db, steps[i], 2, params, &res, err);
		if (st == ST_OK)
			PQclear(res);
	}
	if (st == ST_OK)
		st = db_commit(db, err);
	if (st != ST_OK)
		db_rollback(db);
	return st;
}

enum status db_rollup(struct db *db, int32_t today, unsigned *built, struct err *err)
{
	char open[DAY_STRLEN];
	const char *param = day_format(month_first_day(month_of_day(today)), open);
	PGresult *res;
	unsigned n = 0;
	enum status st = db_query(db, sql_rollup_stale, 1, &param, &res, err);
	if (st != ST_OK)
		return st;
	for (int i = 0; st == ST_OK && i < PQntuples(res); i++, n++)
		st = rebuild(db, PQgetvalue(res, i, 0), PQgetvalue(res, i, 1), err);
	PQclear(res);
	if (built)
		*built = n;
	return st;
}
