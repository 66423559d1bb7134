/* What may take for ever, in threads of their own: who gives up leaves them behind. */
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "core/buf.h"
#include "core/limits.h"
#include "core/mem.h"
#include "db/pg/wait.h"
#include "sql.h"

/* Signals are for other threads. false: no thread could be made. */
static bool begin_aside(pthread_t *thread, void *(*run)(void *), void *arg)
{
	sigset_t all, before;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	bool ok = pthread_create(thread, NULL, run, arg) == 0;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return ok;
}

/* The same, for a thread whose end nobody looks at. */
static bool run_aside(void *(*run)(void *), void *arg)
{
	pthread_t thread;
	bool ok = begin_aside(&thread, run, arg);
	if (ok)
		pthread_detach(thread);
	return ok;
}

/* ---- connecting ---- */

#define KEYS_MAX 16

/* Held by the thread and by who waits; the last one frees it. */
struct connecting {
	pthread_mutex_t lock;
	pthread_cond_t done;
	char *keys[KEYS_MAX], *values[KEYS_MAX];
	PGconn *conn;
	bool finished, left;
};

static void connecting_free(struct connecting *c)
{
	for (int i = 0; c->keys[i]; i++) {
		free(c->keys[i]);
		free(c->values[i]);
	}
	pthread_cond_destroy(&c->done);
	pthread_mutex_destroy(&c->lock);
	free(c);
}

static void *connect_main(void *arg)
{
	struct connecting *c = arg;
	PGconn *conn =
	    PQconnectdbParams((const char *const *)c->keys, (const char *const *)c->values, 1);
	pthread_mutex_lock(&c->lock);
	c->conn = conn;
	c->finished = true;
	bool left = c->left;
	pthread_cond_signal(&c->done);
	pthread_mutex_unlock(&c->lock);
	if (left) {
		PQfinish(conn);
		connecting_free(c);
	}
	return NULL;
}

static struct timespec slice_end(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	t.tv_nsec += DB_SLICE_MS * 1000 * 1000L;
	if (t.tv_nsec >= 1000 * 1000 * 1000L) {
		t.tv_nsec -= 1000 * 1000 * 1000L;
		t.tv_sec++;
	}
	return t;
}

static struct connecting *connecting_new(const char *const *keys, const char *const *values)
{
	struct connecting *c = mem_alloc(sizeof *c);
	pthread_condattr_t attr;
	pthread_mutex_init(&c->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&c->done, &attr);
	pthread_condattr_destroy(&attr);
	for (int i = 0; i < KEYS_MAX - 1 && keys[i]; i++) {
		c->keys[i] = mem_strdup(keys[i]);
		c->values[i] = mem_strdup(values[i]);
	}
	return c;
}

PGconn *aside_connect(const char *const *keys, const char *const *values, const atomic_bool *stop,
		      void (*every_slice)(void *ctx), void *ctx)
{
	struct connecting *c = connecting_new(keys, values);
	pthread_t thread;
	if (!begin_aside(&thread, connect_main, c)) {
		connecting_free(c);
		return PQconnectdbParams(keys, values, 1);
	}
	pthread_mutex_lock(&c->lock);
	while (!c->finished && !(stop && atomic_load(stop))) {
		struct timespec t = slice_end();
		pthread_cond_timedwait(&c->done, &c->lock, &t);
		if (!c->finished)
			every_slice(ctx);
	}
	bool finished = c->finished;
	PGconn *conn = c->conn;
	c->left = !finished;
	pthread_mutex_unlock(&c->lock);
	if (!finished) {
		pthread_detach(thread);
		return NULL;
	}
	/* what libcrypto keeps for a thread goes when the thread ends: not while the program does
	 */
	pthread_join(thread, NULL);
	connecting_free(c);
	return conn;
}

/* ---- a look from outside ---- */

struct probe {
	pthread_mutex_t lock;
	struct buf conninfo;
	int pid;
	enum probe_state state;
	bool left;
	char what[256];
};

static void probe_free(struct probe *p)
{
	buf_free(&p->conninfo);
	pthread_mutex_destroy(&p->lock);
	free(p);
}

/* What the server says of the session, or that it says anything at all. */
static enum probe_state look_from_outside(const struct probe *p, char *what, size_t size)
{
	char pid[16];
	const char *param = pid;
	PGconn *conn = PQconnectdb(p->conninfo.data ? p->conninfo.data : "");
	PGresult *res = NULL;
	snprintf(pid, sizeof pid, "%d", p->pid);
	if (PQstatus(conn) == CONNECTION_OK)
		res = PQexecParams(conn, sql_waits_for, 1, NULL, &param, NULL, NULL, 0);
	enum probe_state state = PROBE_FAILED;
	if (PQresultStatus(res) == PGRES_TUPLES_OK) {
		state = PROBE_ANSWERED;
		snprintf(what, size, "%s", PQntuples(res) ? PQgetvalue(res, 0, 0) : "");
	} else if (strstr(PQerrorMessage(conn), "FATAL:")) { /* too many connections, say */
		state = PROBE_ANSWERED;
	}
	PQclear(res);
	PQfinish(conn);
	return state;
}

static void *probe_main(void *arg)
{
	struct probe *p = arg;
	char what[sizeof p->what] = "";
	enum probe_state state = look_from_outside(p, what, sizeof what);
	pthread_mutex_lock(&p->lock);
	memcpy(p->what, what, sizeof what);
	p->state = state;
	bool left = p->left;
	pthread_mutex_unlock(&p->lock);
	if (left)
		probe_free(p);
	return NULL;
}

struct probe *probe_start(PGconn *conn)
{
	struct probe *p = mem_alloc(sizeof *p);
	pthread_mutex_init(&p->lock, NULL);
	buf_init(&p->conninfo, 64 * KIB);
	conninfo_of(conn, &p->conninfo);
	p->pid = PQbackendPID(conn);
	if (run_aside(probe_main, p))
		return p;
	probe_free(p);
	return NULL;
}

enum probe_state probe_look(struct probe *p, char *what, size_t size)
{
	pthread_mutex_lock(&p->lock);
	enum probe_state state = p->state;
	if (state != PROBE_RUNS)
		snprintf(what, size, "%s", p->what);
	pthread_mutex_unlock(&p->lock);
	return state;
}

void probe_forget(struct probe *p)
{
	if (!p)
		return;
	pthread_mutex_lock(&p->lock);
	bool done = p->state != PROBE_RUNS;
	p->left = true;
	pthread_mutex_unlock(&p->lock);
	if (done)
		probe_free(p);
}

/* ---- cancelling ---- */

static void *cancel_main(void *arg)
{
	char ignored[256];
	PQcancel(arg, ignored, sizeof ignored);
	PQfreeCancel(arg);
	return NULL;
}

void aside_cancel(PGconn *conn)
{
	PGcancel *cancel = PQgetCancel(conn);
	if (cancel && !run_aside(cancel_main, cancel))
		PQfreeCancel(cancel);
}
