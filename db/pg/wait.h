/*
 * wait.h - private to this wing: waiting for the server, with an end.
 *
 * A connection is non-blocking; every wait for it is here, in slices, so that
 *
 *	a signal ends it: a statement has DB_GRACE_MS to finish, then it is cancelled, then left
 *alone a server that answers nobody ends it: after some seconds of silence another connection is
 *tried, which also tells what the first one waits for (aside.c), and who waits is told
 *
 * What is given up is shut: everything that follows on the connection fails at once.
 */
#ifndef DB_PG_WAIT_H
#define DB_PG_WAIT_H

#include <stdatomic.h>

#include "core/err.h"
#include "db/pg/pg.h"

#define DB_SLICE_MS  200         /* a signal handler only sets a flag: waits end to look at it */
#define DB_TELL_MS   3000        /* a wait longer than this says what for */
#define DB_AGAIN_MS  (30 * 1000) /* and again */
#define DB_GRACE_MS  3000        /* for the statement under way when the program is told to end */
#define DB_CANCEL_MS 2000        /* for the server to say that it cancelled */

/* ---- wait.c, for db.c ---- */

int64_t db_now_ms(void);
const atomic_bool *db_stop_flag(void);
void db_wait_begin(void); /* for db_is_waiting() */
void db_wait_end(void);
void db_tell(const char *what, int64_t ms);

/* ---- aside.c: what may take long or for ever, in threads that nobody waits for ---- */

/* PQconnectdbParams(); NULL: the program was told to end, or there is no memory for it. */
PGconn *aside_connect(const char *const *keys, const char *const *values, const atomic_bool *stop,
		      void (*every_slice)(void *ctx), void *ctx);

/* Is the server there, and what does the session behind conn wait for? */
struct probe;
enum probe_state { PROBE_RUNS, PROBE_ANSWERED, PROBE_FAILED };
struct probe *probe_start(PGconn *conn);
/* what: NULL or of size bytes; filled unless it still runs. */
enum probe_state probe_look(struct probe *p, char *what, size_t size);
void probe_forget(struct probe *p); /* NULL is fine */

/* Ask the server to cancel what conn does. */
void aside_cancel(PGconn *conn);

#endif
