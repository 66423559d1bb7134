#include "db/store/snapshot.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/mem.h"
#include "db/pg/copy.h"
#include "sql.h"

struct snapshot_writer {
	struct db *db;
	struct copy copy;
};

static const char *text_at(const PGresult *res, int row, int col)
{
	return PQgetisnull(res, row, col) ? NULL : PQgetvalue(res, row, col);
}

static enum status load(struct db *db, const char *query, int64_t since,
			void (*each)(void *ctx, const struct snapshot_row *row), void *ctx,
			struct err *err)
{
	char text[32];
	const char *param = text;
	PGresult *res;
	snprintf(text, sizeof text, "%lld", (long long)since);
	enum status st = db_query_binary(db, query, 1, &param, &res, err);
	if (st != ST_OK)
		return st;
	for (int i = 0; i < PQntuples(res); i++)
		each(ctx, &(struct snapshot_row){.name = PQgetvalue(res, i, 0),
						 .type = db_int4(res, i, 1),
						 .outcome = PQgetvalue(res, i, 2),
						 .message = PQgetvalue(res, i, 3),
						 .len = (size_t)PQgetlength(res, i, 3),
						 .asked_at = db_int8(res, i, 4),
						 .failed = text_at(res, i, 5),
						 .failed_at = db_int8(res, i, 6),
						 .servers = text_at(res, i, 7)});
	PQclear(res);
	return ST_OK;
}

enum status snapshot_load(struct db *db, int64_t since,
			  void (*each)(void *ctx, const struct snapshot_row *row), void *ctx,
			  struct err *err)
{
	return load(db, sql_snapshot_load, since, each, ctx, err);
}

enum status snapshot_load_keys(struct db *db, int64_t since,
			       void (*each)(void *ctx, const struct snapshot_row *row), void *ctx,
			       struct err *err)
{
	return load(db, sql_snapshot_keys, since, each, ctx, err);
}

enum status snapshot_begin(struct db *db, struct snapshot_writer **out, struct err *err)
{
	enum status st = db_begin(db, err);
	if (st == ST_OK)
		st = db_exec(db, sql_snapshot_stage, err);
	if (st != ST_OK)
		return st;
	struct snapshot_writer *w = mem_alloc(sizeof *w);
	w->db = db;
	copy_begin(&w->copy, db, "COPY stage_snapshot FROM STDIN (FORMAT binary)");
	*out = w;
	return ST_OK;
}

void snapshot_add(void *writer, const struct snapshot_row *row)
{
	struct snapshot_writer *w = writer;
	copy_row(&w->copy, 6);
	copy_text(&w->copy, row->name);
	copy_int4(&w->copy, row->type);
	copy_text(&w->copy, row->outcome);
	copy_bytes(&w->copy, row->message, row->len);
	copy_timestamp(&w->copy, row->asked_at);
	copy_text(&w->copy, row->servers);
}

enum status snapshot_end(struct snapshot_writer *w, struct err *err)
{
	enum status st = copy_end(&w->copy, err);
	if (st == ST_OK)
		st = db_exec(w->db, sql_snapshot_merge, err);
	if (st == ST_OK)
		st = db_commit(w->db, err);
	if (st != ST_OK)
		db_rollback(w->db);
	free(w);
	return st;
}
