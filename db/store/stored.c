#include "db/store/stored.h"

#include <stdlib.h>

#include "core/day.h"
#include "core/text.h"
#include "db/pg/array_text.h"
#include "db/pg/locks.h"
#include "db/pg/pg.h"
#include "db/pg/result.h"
#include "db/store/document.h"
#include "sql.h"

static void read_row(const PGresult *res, int row, struct arena *a, struct stored_report *out)
{
	*out = (struct stored_report){
	    .domain = result_text(res, row, 0, a),
	    .org_name = result_text(res, row, 1, a),
	    .email = result_text(res, row, 2, a),
	    .report_id = result_text(res, row, 3, a),
	    .begin = db_int8(res, row, 4),
	    .end = db_int8(res, row, 5),
	    .records = (uint64_t)db_int8(res, row, 6),
	    .messages = (uint64_t)db_int8(res, row, 7),
	    .auth = result_text(res, row, 8, a),
	    .auth_domain = result_text(res, row, 9, a),
	    .auth_by = result_text(res, row, 10, a),
	    .source = result_text(res, row, 11, a),
	    .stored_at = result_text(res, row, 12, a),
	    .standing = (enum standing)db_int4(res, row, 13),
	    .domain_id = db_int8(res, row, 14),
	    .day = db_int4(res, row, 15) + DB_EPOCH_DAY,
	    .row = db_int8(res, row, 16),
	};
}

enum status stored_list(struct db *db, const struct stored_filter *f, struct arena *a,
			struct stored_report **out, size_t *n, struct err *err)
{
	struct buf names;
	char since[DAY_STRLEN], until[DAY_STRLEN], *org = arena_strdup(a, f->org_name);
	PGresult *res;
	buf_init(&names, 1u << 30);
	for (size_t i = 0; i < f->n_domains; i++)
		array_put(&names, f->domains[i]);
	for (char *c = org; c && *c; c++)
		*c = ascii_lower(*c);
	const char *params[] = {f->n_domains ? array_close(&names) : NULL,
				f->has_since ? day_format(f->since, since) : NULL, org,
				f->report_id, f->has_until ? day_format(f->until, until) : NULL};
	enum status st = db_query_binary(db, sql_reports_list, 5, params, &res, err);
	buf_free(&names);
	if (st != ST_OK)
		return st;
	*n = (size_t)PQntuples(res);
	*out = arena_alloc(a, (*n + 1) * sizeof **out);
	for (size_t i = 0; i < *n; i++)
		read_row(res, (int)i, a, &(*out)[i]);
	PQclear(res);
	return ST_OK;
}

enum status stored_write(struct db *db, const struct stored_report *r, FILE *out, struct err *err)
{
	return document_write(db, r->domain_id, r->day, r->row, out, err);
}

static void number(int64_t v, char out[32])
{
	snprintf(out, 32, "%lld", (long long)v);
}

static enum status drop_rows(struct db *db, const struct stored_report *r, bool *gone,
			     struct err *err)
{
	char domain[32], day[DAY_STRLEN], row[32], month[DAY_STRLEN], records[32], messages[32];
	number(r->domain_id, domain);
	number(r->row, row);
	snprintf(records, sizeof records, "{-%llu}", (unsigned long long)r->records);
	snprintf(messages, sizeof messages, "{-%llu}", (unsigned long long)r->messages);
	char domains[40], months[DAY_STRLEN + 4];
	snprintf(domains, sizeof domains, "{%s}", domain);
	snprintf(months, sizeof months, "{%s}",
		 day_format(month_first_day(month_of_day(r->day)), month));
	const char *const tell[] = {domain, day_format(r->day, day), row, "rejected",
				    "dropped by a person"};
	const char *const mark[] = {domain, row};
	const char *const touch[] = {domains, months, records, messages, "{-1}"};
	uint64_t rows = 0;
	enum status st = db_do(db, sql_report_tell, 5, tell, &rows, err);
	*gone = st == ST_OK && rows == 1;
	if (!*gone)
		return st;
	st = db_do(db, sql_record_delete, 3, tell, NULL, err);
	if (st == ST_OK)
		st = db_do(db, sql_mark_delete, 2, mark, NULL, err);
	if (st == ST_OK)
		st = db_do(db, sql_report_delete, 3, tell, &rows, err);
	if (st == ST_OK && rows != 1)
		st = err_set(err, ST_RETRY, "database: the report changed meanwhile");
	return st == ST_OK ? db_do(db, sql_rollup_touch, 5, touch, NULL, err) : st;
}

enum status stored_drop(struct db *db, const struct stored_report *r, bool *gone, struct err *err)
{
	enum status st =
	    db_exec(db, "BEGIN; SELECT pg_advisory_xact_lock_shared(" LOCK_ROLLUP ")", err);
	*gone = false;
	if (st == ST_OK)
		st = drop_rows(db, r, gone, err);
	if (st == ST_OK)
		st = db_commit(db, err);
	if (st != ST_OK)
		db_rollback(db);
	return st;
}
