#include "db/migrate.h"

#include <stdio.h>
#include <stdlib.h>

#include "db/pg/pg.h"
#include "sql.h"

int migrate_latest(void)
{
	return SQL_MIGRATIONS;
}

enum status migrate_version(struct db *db, int *version, struct err *err)
{
	PGresult *res;
	*version = 0;
	enum status st = db_query(db, sql_schema_there, 0, NULL, &res, err);
	if (st != ST_OK)
		return st;
	bool there = PQgetvalue(res, 0, 0)[0] == 't';
	PQclear(res);
	if (!there)
		return ST_OK;
	st = db_query_binary(db, "SELECT coalesce(max(version), 0) FROM schema_version", 0, NULL,
			     &res, err);
	if (st != ST_OK)
		return st;
	*version = db_int4(res, 0, 0);
	PQclear(res);
	return ST_OK;
}

static enum status too_new(int version, struct err *err)
{
	return err_set(err, ST_FATAL,
		       "the database has schema version %d, newer than this program knows (%d): "
		       "use a newer ruascope",
		       version, migrate_latest());
}

/* One step in one transaction; the lock is taken again in each, and the version asked again. */
static enum status step(struct db *db, int *version, struct err *err)
{
	char insert[96];
	enum status st = db_exec(db, "BEGIN; SELECT pg_advisory_xact_lock(4711000)", err);
	if (st == ST_OK)
		st = migrate_version(db, version, err);
	if (st != ST_OK || *version >= migrate_latest())
		goto out;
	if (*version == 0)
		st = db_exec(
		    db,
		    "CREATE TABLE IF NOT EXISTS schema_version (version integer PRIMARY KEY, "
		    "applied_at timestamptz NOT NULL DEFAULT now())",
		    err);
	if (st == ST_OK)
		st = db_exec(db, sql_migrations[*version], err);
	snprintf(insert, sizeof insert, "INSERT INTO schema_version (version) VALUES (%d)",
		 *version + 1);
	if (st == ST_OK)
		st = db_exec(db, insert, err);
	if (st == ST_OK)
		st = db_commit(db, err);
	if (st == ST_OK)
		(*version)++;
	else
		err_wrap(err, st, "migration %d", *version + 1);
out:
	db_rollback(db);
	return st;
}

enum status migrate_run(struct db *db, int *from, int *to, struct err *err)
{
	enum status st = migrate_version(db, from, err);
	*to = *from;
	if (st == ST_OK && *from > migrate_latest())
		return too_new(*from, err);
	while (st == ST_OK && *to < migrate_latest())
		st = step(db, to, err);
	return st;
}

enum status migrate_check(struct db *db, struct err *err)
{
	int version;
	enum status st = migrate_version(db, &version, err);
	if (st != ST_OK || version == migrate_latest())
		return st;
	if (version > migrate_latest())
		return too_new(version, err);
	if (version == 0)
		return err_set(
		    err, ST_FATAL,
		    "the database has no schema of ruascope yet: run `ruascope db migrate`");
	return err_set(
	    err, ST_FATAL,
	    "the database has schema version %d, this program wants %d: run `ruascope db migrate`",
	    version, migrate_latest());
}
