#include "db/status.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/buf.h"
#include "core/day.h"
#include "db/migrate.h"
#include "db/pg/pg.h"
#include "db/read/query.h"
#include "sql.h"

static void describe_connection(PGconn *conn, char *out, size_t size)
{
	snprintf(out, size, "host=%s port=%s dbname=%s user=%s", PQhost(conn), PQport(conn),
		 PQdb(conn), PQuser(conn));
}

static enum status read_tables(struct db *db, struct arena *a, struct db_status *out,
			       struct err *err)
{
	PGresult *res;
	enum status st = db_query_binary(db, sql_status_tables, 0, NULL, &res, err);
	if (st != ST_OK)
		return st;
	out->n_tables = (size_t)PQntuples(res);
	out->tables = arena_alloc(a, out->n_tables * sizeof *out->tables);
	for (int i = 0; i < PQntuples(res); i++)
		out->tables[i] =
		    (struct status_table){.name = arena_strdup(a, PQgetvalue(res, i, 0)),
					  .bytes = (uint64_t)db_int8(res, i, 1)};
	PQclear(res);
	return ST_OK;
}

static enum status read_months(struct db *db, struct arena *a, struct db_status *out,
			       struct err *err)
{
	PGresult *res;
	enum status st = db_query_binary(db, sql_status_months, 0, NULL, &res, err);
	if (st != ST_OK)
		return st;
	out->n_months = (size_t)PQntuples(res);
	out->months = arena_alloc(a, out->n_months * sizeof *out->months);
	for (int i = 0; i < PQntuples(res); i++)
		out->months[i] = (struct status_month){
		    .month = month_of_day(db_int4(res, i, 0) + DB_EPOCH_DAY),
		    .records = (uint64_t)db_int8(res, i, 1),
		    .messages = (uint64_t)db_int8(res, i, 2),
		    .bytes = (uint64_t)db_int8(res, i, 3),
		};
	PQclear(res);
	return ST_OK;
}

/*
 * sql of each partition of parent, a statement for PARTITIONS_AT_ONCE of them: the server locks
 * what a statement names, and it has room for some thousands of locks.
 */
#define PARTITIONS_AT_ONCE 50
static enum status each_partition(struct db *db, const char *parent, const char *sql_before,
				  const char *sql_behind,
				  void (*row)(void *ctx, const PGresult *res), void *ctx,
				  struct err *err)
{
	PGresult *names;
	struct buf sql;
	enum status st = db_query(db, sql_partitions_of, 1, &parent, &names, err);
	if (st != ST_OK)
		return st;
	buf_init(&sql, 1u << 20);
	for (int i = 0, n = PQntuples(names); st == ST_OK && i < n; i++) {
		buf_printf(&sql, "%s%s %s %s", sql.len ? " UNION ALL " : "", sql_before,
			   PQgetvalue(names, i, 0), sql_behind);
		if ((i + 1) % PARTITIONS_AT_ONCE != 0 && i + 1 < n)
			continue;
		st = db_each(db, sql.data, 0, NULL, row, ctx, err);
		buf_reset(&sql);
	}
	buf_free(&sql);
	PQclear(names);
	return st;
}

static void add_count(void *ctx, const PGresult *res)
{
	uint64_t *sum = ctx;
	*sum += (uint64_t)db_int8(res, 0, 0);
}

/* run id, reports, records, second in which the last was stored */
static void add_to_run(void *ctx, const PGresult *res)
{
	struct db_status *s = ctx;
	for (size_t i = 0; i < s->n_last_runs; i++) {
		struct status_run *r = &s->last_runs[i];
		if (r->id != db_int8(res, 0, 0))
			continue;
		double last = (double)db_int8(res, 0, 3) / 1e6;
		r->reports += (uint64_t)db_int8(res, 0, 1);
		r->records += (uint64_t)db_int8(res, 0, 2);
		if (!r->finished && last - r->began > r->seconds)
			r->seconds = last - r->began;
	}
}

static enum status sum_runs(struct db *db, struct db_status *s, struct err *err)
{
	char since[96];
	if (s->n_last_runs == 0)
		return ST_OK;
	snprintf(since, sizeof since, "WHERE run_id >= %lld GROUP BY run_id",
		 (long long)s->last_runs[s->n_last_runs - 1].id);
	return each_partition(db, "report",
			      "SELECT run_id, count(*), least(sum(records), "
			      "9223372036854775807)::bigint, (extract(epoch FROM max(stored_at)) * "
			      "1000000)::bigint FROM",
			      since, add_to_run, s, err);
}

static enum status read_runs(struct db *db, struct arena *a, struct db_status *out, struct err *err)
{
	char limit[16];
	const char *param = limit;
	PGresult *res;
	snprintf(limit, sizeof limit, "%d", STATUS_RUNS);
	enum status st = db_query(db, sql_status_runs, 1, &param, &res, err);
	if (st != ST_OK)
		return st;
	out->n_last_runs = (size_t)PQntuples(res);
	out->last_runs = arena_alloc(a, out->n_last_runs * sizeof *out->last_runs);
	for (int i = 0; i < PQntuples(res); i++) {
		struct status_run *r = &out->last_runs[i];
		*r = (struct status_run){
		    .id = strtoll(PQgetvalue(res, i, 0), NULL, 10),
		    .what = arena_strdup(a, PQgetvalue(res, i, 1)),
		    .started = arena_strdup(a, PQgetvalue(res, i, 2)),
		    .finished =
			PQgetisnull(res, i, 3) ? NULL : arena_strdup(a, PQgetvalue(res, i, 3)),
		    .counted = !PQgetisnull(res, i, 4),
		    .inputs = strtoull(PQgetvalue(res, i, 4), NULL, 10),
		    .began = strtod(PQgetvalue(res, i, 5), NULL),
		};
		if (r->finished)
			r->seconds = strtod(PQgetvalue(res, i, 6), NULL) - r->began;
	}
	PQclear(res);
	return sum_runs(db, out, err);
}

enum status db_status_read(struct db *db, struct arena *a, struct db_status *out, struct err *err)
{
	PGresult *res;
	*out = (struct db_status){0};
	enum status st = migrate_version(db, &out->schema_version, err);
	if (st == ST_OK)
		st = db_query_binary(db, sql_status, 0, NULL, &res, err);
	if (st != ST_OK)
		return st;
	uint64_t *const fields[] = {&out->domains,  &out->reporters,   &out->reports, &out->records,
				    &out->messages, &out->quarantined, &out->runs,    &out->bytes};
	const int n = sizeof fields / sizeof *fields;
	for (int i = 0; i < n; i++)
		*fields[i] = (uint64_t)db_int8(res, 0, i);
	for (int i = 0; i < OUT_COUNT; i++)
		out->ledger[i] = (uint64_t)db_int8(res, 0, n + i);
	PQclear(res);
	describe_connection(db->conn, out->conninfo, sizeof out->conninfo);
	snprintf(out->server_version, sizeof out->server_version, "%s",
		 PQparameterStatus(db->conn, "server_version"));
	st = each_partition(db, "profile", "SELECT count(*) FROM", "", add_count, &out->profiles,
			    err);
	if (st == ST_OK)
		st = query_day_range(db, &out->oldest, &out->newest, &out->any, err);
	if (st == ST_OK)
		st = read_tables(db, a, out, err);
	if (st == ST_OK)
		st = read_months(db, a, out, err);
	return st == ST_OK ? read_runs(db, a, out, err) : st;
}
