#include "db/status.h"

#include <stdio.h>
#include <string.h>

#include "core/buf.h"
#include "db/db_pg.h"
#include "db/migrate.h"
#include "sql.h"

static void describe_connection(PGconn *conn, char *out, size_t size)
{
	snprintf(out, size, "host=%s port=%s dbname=%s user=%s", PQhost(conn), PQport(conn),
		 PQdb(conn), PQuser(conn));
}

enum status db_status_read(struct db *db, struct db_status *out, struct err *err)
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
	out->any = !PQgetisnull(res, 0, n + OUT_COUNT);
	if (out->any) {
		out->oldest = db_int4(res, 0, n + OUT_COUNT) + DB_EPOCH_DAY;
		out->newest = db_int4(res, 0, n + OUT_COUNT + 1) + DB_EPOCH_DAY;
	}
	PQclear(res);
	describe_connection(db->conn, out->conninfo, sizeof out->conninfo);
	snprintf(out->server_version, sizeof out->server_version, "%s",
		 PQparameterStatus(db->conn, "server_version"));
	return ST_OK;
}
