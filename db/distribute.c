#include "db/distribute.h"

#include "db/pg/pg.h"
#include "sql.h"

const char *distribute_statements(void)
{
	return sql_distribute;
}

static enum status find_extension(struct db *db, struct err *err)
{
	const char *name = "citus";
	PGresult *res;
	enum status st = db_query_binary(db, sql_extension, 1, &name, &res, err);
	if (st != ST_OK)
		return st;
	bool made = db_bool(res, 0, 0), available = db_bool(res, 0, 1);
	PQclear(res);
	if (made)
		return ST_OK;
	return err_set(err, ST_FATAL,
		       available ? "the database has no Citus yet: a superuser makes it with "
				   "CREATE EXTENSION citus"
				 : "this server has no Citus extension: nothing was distributed");
}

enum status db_distribute(struct db *db, struct err *err)
{
	enum status st = find_extension(db, err);
	if (st == ST_OK)
		st = db_begin(db, err);
	if (st == ST_OK)
		st = db_exec(db, sql_distribute, err);
	if (st == ST_OK)
		st = db_commit(db, err);
	if (st != ST_OK)
		db_rollback(db);
	return st;
}
