/*
 * db.h - a connection to the database, and what every file of this room shares with cli/.
 *
 * One struct db a thread. SQLSTATE decides what a failure means: class 22, 23: this item (ST_ITEM);
 * 08, 40, 53, 57 and a lost connection: later (ST_RETRY); anything else: ST_FATAL. Messages hold
 * SQLSTATE and the primary message, never the row's data.
 *
 * The wing pg/: the connection, statements, COPY, arrays and locks. In: SQL and parameters. Out:
 * results and errors by SQLSTATE. It includes nothing of the room, and is the door to libpq; db.h
 * is all that other rooms see of it, with conninfo.h.
 */
#ifndef DB_PG_DB_H
#define DB_PG_DB_H

#include <stdbool.h>

#include "core/err.h"

struct db;

/* conninfo: a libpq connection string or URI; "" leaves everything to libpq's variables. */
enum status db_open(const char *conninfo, struct db **out, struct err *err) MUST_CHECK;
void db_close(struct db *db); /* NULL is fine */

#endif
