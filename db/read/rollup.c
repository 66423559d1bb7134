#include "db/read/rollup.h"

#include <stdlib.h>

#include "core/day.h"
#include "core/limits.h"
#include "core/mem.h"
#include "db/pg/array_text.h"
#include "db/pg/copy.h"
#include "db/pg/locks.h"
#include "db/read/priv.h"
#include "sql.h"

#define PART ((size_t)MIB) /* of a fold, a row */

/* Months in one transaction: loaders wait for it, a second at most. */
#define GROUP_MONTHS  100
#define GROUP_RECORDS 200000

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
static enum status copy_parts(struct db *db, const struct month *list, size_t n_list,
			      struct err *err)
{
	struct copy c;
	copy_begin(&c, db,
		   "COPY sender_month (domain_id, month, part, fold) FROM STDIN (FORMAT binary)");
	for (size_t i = 0; i < n_list; i++) {
		const struct buf *b = &list[i].bytes;
		for (size_t at = 0, n; at < b->len; at += n) {
			n = b->len - at < PART ? b->len - at : PART;
			copy_row(&c, 4);
			copy_int8(&c, list[i].domain_id);
			copy_date(&c, month_first_day(list[i].month));
			copy_int4(&c, (int32_t)(at / PART));
			copy_bytes(&c, b->data + at, n);
		}
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

/* The folds of these, as bytes. */
static enum status fold_group(struct db *db, struct month *list, size_t n, struct err *err)
{
	struct arena a = {0};
	struct month **each = mem_grow(NULL, n, sizeof(struct month *));
	int32_t first = month_first_day(list[0].month), next = month_first_day(list[0].month + 1);
	for (size_t i = 0; i < n; i++)
		each[i] = &list[i];
	enum status st = months_raw(db, each, n, (struct window){first, next}, &a, err);
	for (size_t i = 0; i < n; i++) {
		if (st == ST_OK)
			fold_write(&list[i].f, &list[i].bytes);
		if (st == ST_OK && list[i].bytes.failed)
			st = err_set(err, ST_ITEM, "a month is too large to be folded");
		fold_free(&list[i].f);
	}
	free((void *)each);
	arena_free(&a);
	return st;
}

static enum status rebuild(struct db *db, struct month *list, size_t n, struct err *err)
{
	char day[DAY_STRLEN];
	struct buf ids;
	buf_init(&ids, MONTH_LIST_MAX);
	for (size_t i = 0; i < n; i++) {
		array_put_number(&ids, list[i].domain_id);
		buf_init(&list[i].bytes, FOLD_MAX);
	}
	const char *params[] = {array_close(&ids), day_format(month_first_day(list[0].month), day)};
	enum status st = fold_group(db, list, n, err);
	if (st == ST_OK)
		st = run_statement(db, sql_rollup_clear, params, err);
	if (st == ST_OK)
		st = copy_parts(db, list, n, err);
	if (st == ST_OK)
		st = run_statement(db, sql_rollup_done, params, err);
	for (size_t i = 0; i < n; i++)
		buf_free(&list[i].bytes);
	buf_free(&ids);
	return st;
}

/* The same month of some domains, in a transaction. */
static enum status rebuild_locked(struct db *db, struct month *list, size_t n, bool *locked,
				  struct err *err)
{
	*locked = false;
	enum status st = try_lock(db, locked, err);
	if (st == ST_OK && *locked)
		st = rebuild(db, list, n, err);
	if (st == ST_OK)
		st = db_commit(db, err);
	if (st != ST_OK)
		db_rollback(db);
	return st;
}

static size_t group_size(const struct month *list, size_t n)
{
	uint64_t records = list[0].records;
	size_t k = 1;
	while (k < n && k < GROUP_MONTHS && list[k].month == list[0].month) {
		records = count_add(records, list[k].records);
		if (records > GROUP_RECORDS)
			break;
		k++;
	}
	return k;
}

static enum status rebuild_all(struct db *db, const PGresult *stale, unsigned *built,
			       struct err *err)
{
	size_t n = (size_t)PQntuples(stale);
	struct month *list = mem_grow(NULL, n + 1, sizeof *list);
	enum status st = ST_OK;
	bool locked = true;
	for (size_t i = 0; i < n; i++)
		list[i] =
		    (struct month){.domain_id = db_int8(stale, (int)i, 0),
				   .month = month_of_day(db_int4(stale, (int)i, 1) + DB_EPOCH_DAY),
				   .records = (uint64_t)db_int8(stale, (int)i, 2)};
	for (size_t i = 0, k; st == ST_OK && locked && i < n; i += k) {
		k = group_size(&list[i], n - i);
		st = rebuild_locked(db, &list[i], k, &locked, err);
		*built += st == ST_OK && locked ? (unsigned)k : 0;
	}
	free(list);
	return st;
}

enum status db_rollup(struct db *db, const char *const *domains, size_t n_domains, struct window w,
		      int32_t today, unsigned *built, struct err *err)
{
	char open[DAY_STRLEN], since[DAY_STRLEN], until[DAY_STRLEN];
	struct buf names;
	PGresult *res;
	unsigned n = 0;
	buf_init(&names, MONTH_LIST_MAX);
	for (size_t i = 0; domains && i < n_domains; i++)
		array_put(&names, domains[i]);
	const char *params[] = {day_format(month_first_day(month_of_day(today)), open),
				domains ? array_close(&names) : NULL, day_format(w.since, since),
				day_format(w.until, until)};
	enum status st = db_query_binary(db, sql_rollup_stale, 4, params, &res, err);
	buf_free(&names);
	if (st != ST_OK)
		return st;
	st = rebuild_all(db, res, &n, err);
	PQclear(res);
	if (built)
		*built = n;
	return st;
}
