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
	for (int i = 0; i < PQntuples(res); i++)
		out->last_runs[i] = (struct status_run){
		    .id = strtoll(PQgetvalue(res, i, 0), NULL, 10),
		    .what = arena_strdup(a, PQgetvalue(res, i, 1)),
		    .started = arena_strdup(a, PQgetvalue(res, i, 2)),
		    .finished =
			PQgetisnull(res, i, 3) ? NULL : arena_strdup(a, PQgetvalue(res, i, 3)),
		    .counted = !PQgetisnull(res, i, 4),
		    .inputs = strtoull(PQgetvalue(res, i, 4), NULL, 10),
		    .reports = strtoull(PQgetvalue(res, i, 5), NULL, 10),
		    .records = strtoull(PQgetvalue(res, i, 6), NULL, 10),
		    .seconds = strtod(PQgetvalue(res, i, 7), NULL),
		};
	PQclear(res);
	return ST_OK;
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
	uint64_t *const fields[] = {&out->domains,     &out->reporters, &out->reports,
				    &out->records,     &out->messages,  &out->profiles,
				    &out->quarantined, &out->runs,      &out->bytes};
	const int n = sizeof fields / sizeof *fields;
	for (int i = 0; i < n; i++)
		*fields[i] = (uint64_t)db_int8(res, 0, i);
	for (int i = 0; i < OUT_COUNT; i++)
		out->ledger[i] = (uint64_t)db_int8(res, 0, n + i);
	PQclear(res);
	describe_connection(db->conn, out->conninfo, sizeof out->conninfo);
	snprintf(out->server_version, sizeof out->server_version, "%s",
		 PQparameterStatus(db->conn, "server_version"));
	st = query_day_range(db, &out->oldest, &out->newest, &out->any, err);
	if (st == ST_OK)
		st = read_tables(db, a, out, err);
	if (st == ST_OK)
		st = read_months(db, a, out, err);
	return st == ST_OK ? read_runs(db, a, out, err) : st;
}
