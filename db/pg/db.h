/*
 * db.h - a connection to the database, and what every file of this room shares with cli/.
 *
 * One struct db a thread. SQLSTATE decides what a failure means: class 22, 23: this item (ST_ITEM);
 * 08, 40, 53, 57 and a lost connection: later (ST_RETRY); anything else: ST_FATAL. Messages hold
 * SQLSTATE and the primary message, never the row's data.
 *
 * Nothing waits for ever. Connecting takes 10 s a host (connect_timeout); a dead network is noticed
 * by keepalives and tcp_user_timeout; a lock is waited for ten minutes; a server that answers
 * nobody, silence_s. What conninfo says of these wins. Limits that the server's administrator set
 * for others (statement_timeout, idle_session_timeout, transaction_timeout) do not end a long load.
 *
 * The wing pg/: the connection, statements, COPY, arrays and locks. In: SQL and parameters. Out:
 * results and errors by SQLSTATE. It includes nothing of the room, and is the door to libpq; db.h
 * is all that other rooms see of it, with conninfo.h.
 */
#ifndef DB_PG_DB_H
#define DB_PG_DB_H

#include <stdatomic.h>
#include <stdbool.h>

#include "core/err.h"

struct db;

/* What every wait for a server looks at; set once, before the first connection. */
struct db_watch {
	/* Told to end: a statement under way has seconds to finish, then it is cancelled, then left
	 * alone. May be NULL. */
	const atomic_bool *stop;
	/* A wait is longer than a few seconds: for what ("a lock that session 17 holds (psql,
	 * idle)"), and how long already. From any thread. May be NULL. */
	void (*waiting)(const char *what, unsigned seconds);
	unsigned silence_s; /* 0: LIMIT_DB_SILENCE */
};
void db_set_watch(const struct db_watch *w);

/* Does a thread wait for a server now? Safe in a signal handler. */
bool db_is_waiting(void);

/* conninfo: a libpq connection string or URI; "" leaves everything to libpq's variables. */
enum status db_open(const char *conninfo, struct db **out, struct err *err) MUST_CHECK;
void db_close(struct db *db); /* NULL is fine */

#endif
