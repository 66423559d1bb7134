#include "db/rollup.h"

#include "core/day.h"
#include "db/db_pg.h"
#include "db/load_priv.h"
#include "sql.h"

/* No loader is halfway while this transaction holds the lock. It is not waited for: behind who
 * waits, all other loaders would queue, for as long as a big report takes. */
static enum status try_lock(struct db *db, bool *locked, struct err *err)
{
	PGresult *res;
	enum status st = db_begin(db, err);
	if (st == ST_OK)
		st = db_query_binary(db, "SELECT pg_try_advisory_xact_lock(" LOCK_ROLLUP ")", 0,
				     NULL, &res, err);
	if (st != ST_OK)
		return st;
	*locked = db_bool(res, 0, 0);
	PQclear(res);
	return ST_OK;
}

/* One domain's month. */
static enum status rebuild(struct db *db, const char *domain, const char *month, bool *locked,
			   struct err *err)
{
	*locked = false;
	const char *params[] = {domain, month};
	const char *const steps[] = {sql_rollup_clear, sql_rollup_build, sql_rollup_done};
	enum status st = try_lock(db, locked, err);
	for (size_t i = 0; st == ST_OK && *locked && i < sizeof steps / sizeof *steps; i++) {
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

enum status db_rollup(struct db *db, const char *domain, struct window w, int32_t today,
		      unsigned *built, struct err *err)
{
	char open[DAY_STRLEN], since[DAY_STRLEN], until[DAY_STRLEN];
	const char *params[] = {day_format(month_first_day(month_of_day(today)), open), domain,
				day_format(w.since, since), day_format(w.until, until)};
	PGresult *res;
	unsigned n = 0;
	enum status st = db_query(db, sql_rollup_stale, 4, params, &res, err);
	if (st != ST_OK)
		return st;
	bool locked = true;
	for (int i = 0; st == ST_OK && locked && i < PQntuples(res); i++) {
		st = rebuild(db, PQgetvalue(res, i, 0), PQgetvalue(res, i, 1), &locked, err);
		n += st == ST_OK && locked;
	}
	PQclear(res);
	if (built)
		*built = n;
	return st;
}
