#include "db/pg/pg.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "core/log.h"
#include "core/mem.h"
#include "db/pg/wait.h"
#include "sql.h"

static void on_notice(void *arg, const PGresult *res)
{
	(void)arg;
	const char *msg = PQresultErrorField(res, PG_DIAG_MESSAGE_PRIMARY);
	log_debug("postgres: %s", msg ? msg : "");
}

/* The connection's own message may have several lines: the first says it. */
static enum status fail_connection(const struct db *db, struct err *err)
{
	const char *msg = db->gone[0] ? db->gone : PQerrorMessage(db->conn);
	size_t n = strcspn(msg, "\n");
	return err_set(err, ST_RETRY, "database: %.*s", (int)n, n ? msg : "no connection");
}

enum status db_fail(struct db *db, const PGresult *res, struct err *err)
{
	const char *state = res ? PQresultErrorField(res, PG_DIAG_SQLSTATE) : NULL;
	const char *msg = res ? PQresultErrorField(res, PG_DIAG_MESSAGE_PRIMARY) : NULL;
	if (db->cancelled && state && strcmp(state, "57014") == 0)
		return err_set(err, ST_RETRY, "database: interrupted, the statement is cancelled");
	if (!state || PQstatus(db->conn) != CONNECTION_OK) {
		if (state && strncmp(state, "57", 2) == 0)
			return err_set(err, ST_RETRY, "database: %s: %s", state, msg ? msg : "");
		return fail_connection(db, err);
	}
	if (strcmp(state, "55P03") == 0) {
		db->too_long = true;
		return err_set(err, ST_RETRY,
			       "database: another session holds a lock for too long");
	}
	/* the only check without a name: a row for a partition that is not there (any more) */
	if (strcmp(state, "23514") == 0 && !PQresultErrorField(res, PG_DIAG_CONSTRAINT_NAME))
		return err_set(err, ST_RETRY,
			       "database: a month was pruned while reports of it were loaded");
	enum status st = ST_FATAL;
	/* 54: a value past a limit of the server, say an index row: no less the item's own fault */
	static const char *const item[] = {"22", "23", "54"};
	static const char *const retry[] = {"08", "40", "53", "57"};
	for (size_t i = 0; i < 3; i++)
		if (strncmp(state, item[i], 2) == 0)
			st = ST_ITEM;
	for (size_t i = 0; i < 4; i++)
		if (strncmp(state, retry[i], 2) == 0)
			st = ST_RETRY;
	return err_set(err, st, "database: %s: %s", state, msg ? msg : "");
}

/* ---- connecting ---- */

struct connecting {
	int64_t began;
	bool told;
};

static void while_connecting(void *ctx)
{
	struct connecting *c = ctx;
	int64_t waited = db_now_ms() - c->began;
	if (c->told || waited < DB_TELL_MS)
		return;
	c->told = true;
	db_tell("a connection", waited);
}

static PGconn *connect_to(const char *conninfo)
{
	/* "dbname" is expanded to all that conninfo says: it overrides what stands before it and
	 * is overridden by what stands behind */
	static const char *const keys[] = {
	    "connect_timeout",  "keepalives_idle",  "keepalives_interval",
	    "keepalives_count", "tcp_user_timeout", "fallback_application_name",
	    "dbname",           "client_encoding",  NULL};
	const char *values[] = {"10", "30", "10", "3", "60000", "ruascope", conninfo, "UTF8", NULL};
	struct connecting c = {.began = db_now_ms()};
	db_wait_begin();
	PGconn *conn = aside_connect(keys, values, db_stop_flag(), while_connecting, &c);
	db_wait_end();
	return conn;
}

enum status db_open(const char *conninfo, struct db **out, struct err *err)
{
	struct db *db = mem_alloc(sizeof *db);
	db->conn = connect_to(conninfo);
	if (!db->conn) {
		free(db);
		return err_set(err, ST_RETRY, "database: interrupted while connecting");
	}
	if (PQstatus(db->conn) != CONNECTION_OK || PQsetnonblocking(db->conn, 1) != 0) {
		enum status st = fail_connection(db, err);
		db_close(db);
		return st;
	}
	PQsetNoticeReceiver(db->conn, on_notice, NULL);
	/* not as "options" of the connection: those are the user's, and poolers refuse them */
	enum status st = db_exec(db, sql_session, err);
	if (st != ST_OK) {
		db_close(db);
		return st;
	}
	*out = db;
	return ST_OK;
}

enum db_answer db_ping(const char *conninfo)
{
	PGPing p = PQping(conninfo);
	return p == PQPING_OK ? DB_ANSWERS : p == PQPING_REJECT ? DB_REFUSES : DB_SILENT;
}

bool db_stopping(void)
{
	return db_stop_flag() && atomic_load(db_stop_flag());
}

void db_close(struct db *db)
{
	if (!db)
		return;
	PQfinish(db->conn);
	free(db);
}

static enum status take_result(struct db *db, PGresult *res, struct err *err)
{
	ExecStatusType s = PQresultStatus(res);
	if (s == PGRES_COMMAND_OK || s == PGRES_TUPLES_OK || s == PGRES_EMPTY_QUERY)
		return ST_OK;
	return db_fail(db, res, err);
}

enum status db_exec(struct db *db, const char *sql, struct err *err)
{
	PGresult *res = db_run(db, sql);
	enum status st = take_result(db, res, err);
	PQclear(res);
	return st;
}

static enum status query(struct db *db, const char *sql, int n, const char *const *params,
			 int binary, PGresult **res, struct err *err)
{
	*res = db_run_params(db, sql, n, params, NULL, NULL, binary);
	enum status st = take_result(db, *res, err);
	if (st != ST_OK) {
		PQclear(*res);
		*res = NULL;
	}
	return st;
}

enum status db_query(struct db *db, const char *sql, int n, const char *const *params,
		     PGresult **res, struct err *err)
{
	return query(db, sql, n, params, 0, res, err);
}

enum status db_do(struct db *db, const char *sql, int n, const char *const *params, uint64_t *rows,
		  struct err *err)
{
	PGresult *res;
	enum status st = db_query(db, sql, n, params, &res, err);
	if (st != ST_OK)
		return st;
	if (rows)
		*rows = strtoull(PQcmdTuples(res), NULL, 10);
	PQclear(res);
	return ST_OK;
}

enum status db_query_binary(struct db *db, const char *sql, int n, const char *const *params,
			    PGresult **res, struct err *err)
{
	return query(db, sql, n, params, 1, res, err);
}

enum status db_each(struct db *db, const char *sql, int n, const char *const *params,
		    void (*row)(void *ctx, const PGresult *res), void *ctx, struct err *err)
{
	enum status st = ST_OK;
	if (!PQsendQueryParams(db->conn, sql, n, NULL, params, NULL, NULL, 1))
		return fail_connection(db, err);
	PQsetSingleRowMode(db->conn);
	for (PGresult *res; (res = db_result(db)); PQclear(res)) {
		if (PQresultStatus(res) == PGRES_SINGLE_TUPLE)
			row(ctx, res);
		else if (st == ST_OK)
			st = take_result(db, res, err);
	}
	return st;
}

enum status db_begin(struct db *db, struct err *err)
{
	return db_exec(db, "BEGIN", err);
}

enum status db_commit(struct db *db, struct err *err)
{
	return db_exec(db, "COMMIT", err);
}

void db_rollback(struct db *db)
{
	if (PQstatus(db->conn) != CONNECTION_OK || PQtransactionStatus(db->conn) == PQTRANS_IDLE)
		return;
	if (PQtransactionStatus(db->conn) == PQTRANS_ACTIVE) { /* in the middle of a COPY */
		PQputCopyEnd(db->conn, "abandoned");
		for (PGresult *res; (res = db_result(db));)
			PQclear(res);
	}
	PQclear(db_run(db, "ROLLBACK"));
}

int64_t db_int8(const PGresult *res, int row, int col)
{
	uint64_t v;
	memcpy(&v, PQgetvalue(res, row, col), sizeof v);
	return (int64_t)be64toh(v);
}

int32_t db_int4(const PGresult *res, int row, int col)
{
	uint32_t v;
	memcpy(&v, PQgetvalue(res, row, col), sizeof v);
	return (int32_t)be32toh(v);
}

bool db_bool(const PGresult *res, int row, int col)
{
	return *PQgetvalue(res, row, col) != 0;
}
