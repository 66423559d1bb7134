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
	bool staged;    /* the loader's temporary tables are there */
	bool cancelled; /* because the program was told to end */
	bool too_long;  /* it waited for a lock until lock_timeout: not to be tried again at once */
	char gone[96];  /* why it was given up; empty: it was not */
};

/*
 * The only ways to a result: they wait with an end (wait.h). As libpq's functions of nearly the
 * same names: the caller clears results, NULL is no memory or no connection. db_put() is COPY data;
 * false: db_fail() tells.
 */
PGresult *db_result(struct db *db);
PGresult *db_run(struct db *db, const char *sql);
PGresult *db_run_params(struct db *db, const char *sql, int n, const char *const *values,
			const int *lengths, const int *formats, int binary);
bool db_put(struct db *db, const char *data, size_t n);

/* Is there a server that takes connections? Refuses: it starts, recovers or shuts down. */
enum db_answer { DB_SILENT, DB_REFUSES, DB_ANSWERS };
enum db_answer db_ping(const char *conninfo);

bool db_stopping(void); /* the program was told to end: nothing is waited for any more */

/* What the failed result (or, with NULL, the connection) means; fills err. */
enum status db_fail(struct db *db, const PGresult *res, struct err *err);

/* A statement, or several without parameters, whose rows nobody wants. */
enum status db_exec(struct db *db, const char *sql, struct err *err) MUST_CHECK;

/* One statement with text parameters ($1..); *res is the caller's to PQclear. */
enum status db_query(struct db *db, const char *sql, int n, const char *const *params,
		     PGresult **res, struct err *err) MUST_CHECK;

/* The same, where nobody wants rows; *rows (may be NULL): how many the statement took. */
enum status db_do(struct db *db, const char *sql, int n, const char *const *params, uint64_t *rows,
		  struct err *err) MUST_CHECK;

/* As db_query(), result in binary. */
enum status db_query_binary(struct db *db, const char *sql, int n, const char *const *params,
			    PGresult **res, struct err *err) MUST_CHECK;

/* The same, row by row as they come, none of them kept; after a failure forget what came. */
enum status db_each(struct db *db, const char *sql, int n, const char *const *params,
		    void (*row)(void *ctx, const PGresult *res), void *ctx,
		    struct err *err) MUST_CHECK;

enum status db_begin(struct db *db, struct err *err) MUST_CHECK;
enum status db_commit(struct db *db, struct err *err) MUST_CHECK;
void db_rollback(struct db *db); /* whatever state it is in; the connection may be gone */

/* A connection string that says all that conn was made of, in out; it has secrets. */
struct buf;
void conninfo_of(PGconn *conn, struct buf *out);

/* Values of a binary result. */
int64_t db_int8(const PGresult *res, int row, int col);
int32_t db_int4(const PGresult *res, int row, int col);
bool db_bool(const PGresult *res, int row, int col);

#define DB_EPOCH_DAY 10957 /* 2000-01-01, where PostgreSQL's binary dates begin */

#endif
