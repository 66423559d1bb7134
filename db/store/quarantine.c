#include "db/store/quarantine.h"

#include <stdlib.h>

#include "db/pg/copy.h"
#include "db/pg/locks.h"
#include "db/pg/result.h"
#include "sql.h"

static const char *id_text(int64_t id, char out[32])
{
	snprintf(out, 32, "%lld", (long long)id);
	return out;
}

static int nibble(char c)
{
	return c <= '9' ? c - '0' : c - 'a' + 10;
}

static const char *word(const PGresult *res, int row, int col, struct arena *a)
{
	return PQgetisnull(res, row, col) ? NULL : arena_strdup(a, PQgetvalue(res, row, col));
}

/* What a report said, and what was known of its mail. */
static void read_origin(const PGresult *res, int row, struct arena *a, struct quarantined *q)
{
	const char *hex = PQgetvalue(res, row, 8);
	q->has_content = PQgetlength(res, row, 8) == 2 * (int)sizeof q->content.b;
	for (size_t i = 0; q->has_content && i < sizeof q->content.b; i++)
		q->content.b[i] = (uint8_t)(nibble(hex[2 * i]) << 4 | nibble(hex[2 * i + 1]));
	q->has_auth = !PQgetisnull(res, row, 12);
	q->auth = word(res, row, 9, a);
	q->auth_by = word(res, row, 10, a);
	q->auth_domain = word(res, row, 11, a);
	q->standing = q->has_auth ? (int)strtol(PQgetvalue(res, row, 12), NULL, 10) : 0;
}

enum status quarantine_list(struct db *db, int64_t id, struct arena *a, struct quarantined **rows,
			    size_t *n, struct err *err)
{
	char text[32];
	const char *param = id_text(id, text);
	PGresult *res;
	enum status st = db_query(db, sql_quarantine_list, 1, &param, &res, err);
	if (st != ST_OK)
		return st;
	*n = (size_t)PQntuples(res);
	*rows = arena_alloc(a, *n * sizeof **rows);
	for (int i = 0; i < (int)*n; i++) {
		(*rows)[i] = (struct quarantined){
		    .id = strtoll(PQgetvalue(res, i, 0), NULL, 10),
		    .outcome = arena_strdup(a, PQgetvalue(res, i, 1)),
		    .reason = arena_strdup(a, PQgetvalue(res, i, 2)),
		    .source = arena_strdup(a, PQgetvalue(res, i, 3)),
		    .size = strtoull(PQgetvalue(res, i, 4), NULL, 10),
		    .truncated = PQgetvalue(res, i, 5)[0] == 't',
		    .first_seen = arena_strdup(a, PQgetvalue(res, i, 6)),
		    .last_seen = arena_strdup(a, PQgetvalue(res, i, 7)),
		};
		read_origin(res, i, a, &(*rows)[i]);
	}
	PQclear(res);
	return ST_OK;
}

enum status quarantine_newest(struct db *db, unsigned most, struct arena *a,
			      struct quarantined **rows, size_t *n, uint64_t *all, struct err *err)
{
	char limit[16];
	const char *param = limit;
	PGresult *res;
	snprintf(limit, sizeof limit, "%u", most);
	enum status st = db_query_binary(db, sql_quarantine_newest, 1, &param, &res, err);
	if (st != ST_OK)
		return st;
	*n = (size_t)PQntuples(res);
	*all = *n > 0 ? (uint64_t)db_int8(res, 0, 6) : 0;
	*rows = arena_alloc(a, (*n + 1) * sizeof **rows);
	for (int i = 0; i < (int)*n; i++)
		(*rows)[i] = (struct quarantined){.outcome = result_text(res, i, 0, a),
						  .reason = result_text(res, i, 1, a),
						  .source = result_text(res, i, 2, a),
						  .size = (uint64_t)db_int8(res, i, 3),
						  .first_seen = result_text(res, i, 4, a),
						  .last_seen = result_text(res, i, 5, a)};
	PQclear(res);
	return ST_OK;
}

enum status quarantine_export(struct db *db, int64_t id, FILE *out, struct err *err)
{
	char text[32], from[32], length[32];
	const char *params[] = {id_text(id, text), from, length};
	snprintf(length, sizeof length, "%d", 16 * COPY_PIECE);
	for (int64_t at = 1;; at += 16 * COPY_PIECE) {
		PGresult *res;
		snprintf(from, sizeof from, "%lld", (long long)at);
		enum status st = db_query_binary(db, sql_quarantine_piece, 3, params, &res, err);
		if (st != ST_OK)
			return st;
		bool there = PQntuples(res) == 1;
		size_t n = there ? (size_t)PQgetlength(res, 0, 0) : 0;
		size_t written = n ? fwrite(PQgetvalue(res, 0, 0), 1, n, out) : 0;
		PQclear(res);
		if (!there)
			return err_set(err, ST_ITEM, "nothing in quarantine has the id %lld",
				       (long long)id);
		if (n == 0 || written < n)
			return ST_OK;
	}
}

/* $1 and $2 of a statement; *rows: how many it took. */
/* A statement that leaves bytes without a thing, and then without them. */
static enum status run_alone(struct db *db, const char *sql, int n, const char *const *params,
			     uint64_t *rows, struct err *err)
{
	enum status st = db_exec(db, "BEGIN; SELECT pg_advisory_xact_lock(" LOCK_ASIDE ")", err);
	if (st == ST_OK)
		st = db_do(db, sql, n, params, rows, err);
	if (st == ST_OK)
		st = db_do(db, sql_quarantine_orphans, 0, NULL, NULL, err);
	if (st == ST_OK)
		st = db_commit(db, err);
	if (st != ST_OK)
		db_rollback(db);
	return st;
}

enum status quarantine_trim(struct db *db, uint64_t bytes, uint64_t things, uint64_t *dropped,
			    struct err *err)
{
	PGresult *res;
	char most_bytes[32], most_things[32];
	const char *params[] = {most_bytes, most_things};
	*dropped = 0;
	enum status st = db_query_binary(db, sql_quarantine_held, 0, NULL, &res, err);
	if (st != ST_OK)
		return st;
	bool over = (uint64_t)db_int8(res, 0, 0) > things || (uint64_t)db_int8(res, 0, 1) > bytes;
	PQclear(res);
	if (!over)
		return ST_OK;
	/* an eighth below, so that the next few things do not come here again */
	snprintf(most_bytes, sizeof most_bytes, "%llu", (unsigned long long)(bytes - bytes / 8));
	snprintf(most_things, sizeof most_things, "%llu",
		 (unsigned long long)(things - things / 8));
	return run_alone(db, sql_quarantine_trim, 2, params, dropped, err);
}

enum status quarantine_delete(struct db *db, int64_t id, struct err *err)
{
	char text[32];
	const char *param = id_text(id, text);
	return run_alone(db, "DELETE FROM quarantine WHERE id = $1::bigint", 1, &param, NULL, err);
}
