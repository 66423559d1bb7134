#include "db/read/rollup.h"

#include <stdio.h>

#include "core/day.h"
#include "core/limits.h"
#include "db/pg/copy.h"
#include "db/pg/locks.h"
#include "db/read/priv.h"
#include "sql.h"

#define PART ((size_t)MIB) /* of a fold, a row */

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

/* In parts: a value of the server's is held in memory whole, more than once. */
static enum status copy_parts(struct db *db, int64_t domain_id, int32_t month, const struct buf *b,
			      struct err *err)
{
	struct copy c;
	copy_begin(&c, db,
		   "COPY sender_month (domain_id, month, part, fold) FROM STDIN (FORMAT binary)");
	for (size_t at = 0, n; at < b->len; at += n) {
		n = b->len - at < PART ? b->len - at : PART;
		copy_row(&c, 4);
		copy_int8(&c, domain_id);
		copy_date(&c, month_first_day(month));
		copy_int4(&c, (int32_t)(at / PART));
		copy_bytes(&c, b->data + at, n);
	}
	return copy_end(&c, err);
}

static enum status run_statement(struct db *db, const char *sql, const char *const *params,
				 struct err *err)
{
	PGresult *res;
	enum status st = db_query(db, sql, 2, params, &res, err);
	if (st == ST_OK)
		PQclear(res);
	return st;
}

static enum status rebuild(struct db *db, int64_t domain_id, int32_t month, struct err *err)
{
	char id[32], day[DAY_STRLEN];
	int32_t first = month_first_day(month);
	const char *params[] = {id, day_format(first, day)};
	struct arena a = {0};
	struct fold f = {0};
	struct buf bytes;
	snprintf(id, sizeof id, "%lld", (long long)domain_id);
	buf_init(&bytes, FOLD_MAX);
	enum status st = month_read(db, id, first, month_first_day(month + 1), &a, &f, err);
	if (st == ST_OK)
		fold_write(&f, &bytes);
	if (st == ST_OK && bytes.failed)
		st = err_set(err, ST_ITEM, "a month is too large to be folded");
	if (st == ST_OK)
		st = run_statement(db, sql_rollup_clear, params, err);
	if (st == ST_OK)
		st = copy_parts(db, domain_id, month, &bytes, err);
	if (st == ST_OK)
		st = run_statement(db, sql_rollup_done, params, err);
	fold_free(&f);
	buf_free(&bytes);
	arena_free(&a);
	return st;
}

/* One domain's month, in a transaction. */
static enum status rebuild_locked(struct db *db, int64_t domain_id, int32_t month, bool *locked,
				  struct err *err)
{
	*locked = false;
	enum status st = try_lock(db, locked, err);
	if (st == ST_OK && *locked)
		st = rebuild(db, domain_id, month, err);
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
	enum status st = db_query_binary(db, sql_rollup_stale, 4, params, &res, err);
	if (st != ST_OK)
		return st;
	bool locked = true;
	for (int i = 0; st == ST_OK && locked && i < PQntuples(res); i++) {
		st = rebuild_locked(db, db_int8(res, i, 0),
				    month_of_day(db_int4(res, i, 1) + DB_EPOCH_DAY), &locked, err);
		n += st == ST_OK && locked;
	}
	PQclear(res);
	if (built)
		*built = n;
	return st;
}
