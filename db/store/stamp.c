#include "db/store/stamp.h"

#include "core/day.h"
#include "db/pg/array_text.h"
#include "db/pg/result.h"
#include "sql.h"

#define LIST_MAX (1u << 30)

static enum status ask(struct db *db, const char *sql, const char *const *names, size_t n_names,
		       const char *since, PGresult **res, struct err *err)
{
	struct buf list;
	buf_init(&list, LIST_MAX);
	for (size_t i = 0; i < n_names; i++)
		array_put(&list, names[i]);
	const char *params[] = {array_close(&list), since};
	enum status st = db_query_binary(db, sql, since ? 2 : 1, params, res, err);
	buf_free(&list);
	return st;
}

enum status stamp_months(struct db *db, const char *const *names, size_t n_names, int32_t since,
			 struct arena *a, struct month_stamp **out, size_t *n, struct err *err)
{
	char day[DAY_STRLEN];
	PGresult *res;
	enum status st =
	    ask(db, sql_stamp_months, names, n_names, day_format(since, day), &res, err);
	if (st != ST_OK)
		return st;
	*n = (size_t)PQntuples(res);
	*out = arena_alloc(a, (*n + 1) * sizeof **out);
	for (int i = 0; i < (int)*n; i++)
		(*out)[i] = (struct month_stamp){
		    .domain = result_text(res, i, 0, a),
		    .month = month_of_day(db_int4(res, i, 1) + DB_EPOCH_DAY),
		    .reports = (uint64_t)db_int8(res, i, 2),
		    .messages = (uint64_t)db_int8(res, i, 3),
		    .newest = (uint64_t)db_int8(res, i, 4),
		};
	PQclear(res);
	return ST_OK;
}

enum status stamp_labels(struct db *db, const char *const *names, size_t n_names, struct arena *a,
			 struct label_stamp **out, size_t *n, struct err *err)
{
	PGresult *res;
	enum status st = ask(db, sql_stamp_labels, names, n_names, NULL, &res, err);
	if (st != ST_OK)
		return st;
	*n = (size_t)PQntuples(res);
	*out = arena_alloc(a, (*n + 1) * sizeof **out);
	for (int i = 0; i < (int)*n; i++)
		(*out)[i] = (struct label_stamp){.domain = result_text(res, i, 0, a),
						 .labels = (uint64_t)db_int8(res, i, 1),
						 .set_at = result_text(res, i, 2, a)};
	PQclear(res);
	return ST_OK;
}
