/*
 * pg.h - private to db/: one door to libpq for the files of this room.
 */
#ifndef DB_PG_PG_H
#define DB_PG_PG_H

#include <libpq-fe.h>
#include <stdint.h>

#include "core/arena.h"
#include "db/pg/db.h"

struct db {
	PGconn *conn;
	bool staged; /* the loader's temporary tables are there */
};

/* What the failed result (or, with NULL, the connection) means; fills err. */
enum status db_fail(struct db *db, const PGresult *res, struct err *err);

/* A statement, or several without parameters, whose rows nobody wants. */
enum status db_exec(struct db *db, const char *sql, struct err *err) MUST_CHECK;

/* One statement with text parameters ($1..); *res is the caller's to PQclear. */
enum status db_query(struct db *db, const char *sql, int n, const char *const *params,
		     PGresult **res, struct err *err) MUST_CHECK;

/* The same, result in binary. */
enum status db_query_binary(struct db *db, const char *sql, int n, const char *const *params,
			    PGresult **res, struct err *err) MUST_CHECK;

/* The same, row by row as they come, none of them kept; after a failure forget what came. */
enum status db_each(struct db *db, const char *sql, int n, const char *const *params,
		    void (*row)(void *ctx, const PGresult *res), void *ctx,
		    struct err *err) MUST_CHECK;

enum status db_begin(struct db *db, struct err *err) MUST_CHECK;
enum status db_commit(struct db *db, struct err *err) MUST_CHECK;
void db_rollback(struct db *db); /* whatever state it is in; the connection may be gone */

/* Values of a binary result. */
int64_t db_int8(const PGresult *res, int row, int col);
int32_t db_int4(const PGresult *res, int row, int col);
bool db_bool(const PGresult *res, int row, int col);

#define DB_EPOCH_DAY 10957 /* 2000-01-01, where PostgreSQL's binary dates begin */

#endif
