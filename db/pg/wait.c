#include "db/pg/wait.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "core/limits.h"

static struct db_watch watch;
static atomic_int waiting;         /* threads that wait for a server */
static _Atomic int64_t stopped_at; /* when the flag was first seen; 0: not yet */

void db_set_watch(const struct db_watch *w)
{
	watch = *w;
}

bool db_is_waiting(void)
{
	return atomic_load(&waiting) > 0;
}

int64_t db_now_ms(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

const atomic_bool *db_stop_flag(void)
{
	return watch.stop;
}

void db_tell(const char *what, int64_t ms)
{
	if (watch.waiting)
		watch.waiting(what, (unsigned)(ms / 1000));
}

static int64_t silence_ms(void)
{
	return 1000 * (int64_t)(watch.silence_s ? watch.silence_s : LIMIT_DB_SILENCE);
}

/* One wait, from when the server was last heard. */
struct patience {
	int64_t began, told, cancelled, probed;
	struct probe *probe;
	bool unanswered; /* the last look from outside failed */
};

/* Everything on this connection fails from here on. */
static void give_up(struct db *db, const char *why)
{
	if (db->gone[0] == '\0')
		snprintf(db->gone, sizeof db->gone, "%s", why);
	shutdown(PQsocket(db->conn), SHUT_RDWR);
}

/* Told to end: a little time for what is under way, then cancel it, then leave it. */
static bool out_of_grace(struct db *db, struct patience *p, int64_t now)
{
	if (!watch.stop || !atomic_load(watch.stop))
		return false;
	int64_t none = 0;
	atomic_compare_exchange_strong(&stopped_at, &none, now);
	if (now < atomic_load(&stopped_at) + DB_GRACE_MS || now < p->began + DB_SLICE_MS)
		return false;
	if (p->cancelled == 0) {
		p->cancelled = now;
		db->cancelled = true;
		aside_cancel(db->conn);
		return false;
	}
	if (now < p->cancelled + DB_CANCEL_MS)
		return false;
	give_up(db, "interrupted while the server did not answer");
	return true;
}

/* A look from outside when it is time for one; what it says is told. */
static void look(struct db *db, struct patience *p, int64_t now)
{
	char what[256];
	if (!p->probe && now - p->began >= DB_TELL_MS &&
	    (p->probed == 0 || now - p->probed >= DB_AGAIN_MS || p->unanswered)) {
		p->probe = probe_start(db->conn);
		p->probed = now;
	}
	if (!p->probe)
		return;
	enum probe_state state = probe_look(p->probe, what, sizeof what);
	if (state == PROBE_RUNS)
		return;
	probe_forget(p->probe);
	p->probe = NULL;
	p->unanswered = state == PROBE_FAILED;
	if (p->told != 0 && now - p->told < DB_AGAIN_MS)
		return;
	p->told = now;
	db_tell(p->unanswered ? "a server that does not answer"
		: what[0]     ? what
			      : "an answer",
		now - p->began);
}

/* The server answers nobody, or has been silent for longer than anything takes. */
static bool out_of_patience(struct db *db, struct patience *p, int64_t now)
{
	char why[96];
	bool dead = p->unanswered && now - p->began >= silence_ms();
	if (!dead && now - p->began < 1000 * LIMIT_DB_LONGEST)
		return false;
	snprintf(why, sizeof why, "no answer for %lld s%s", (long long)(now - p->began) / 1000,
		 dead ? ", nor does the server answer anybody else" : "");
	give_up(db, why);
	return true;
}

/* Until the socket has something for us (or, with writing, room). false: given up. */
static bool wait_socket(struct db *db, struct patience *p, bool writing)
{
	struct pollfd fd = {.fd = PQsocket(db->conn), .events = POLLIN};
	if (writing)
		fd.events |= POLLOUT;
	for (;;) {
		int n = poll(&fd, 1, DB_SLICE_MS);
		if (n > 0 || (n < 0 && errno != EINTR))
			return true;
		int64_t now = db_now_ms();
		look(db, p, now);
		if (out_of_grace(db, p, now) || out_of_patience(db, p, now))
			return false;
	}
}

void db_wait_begin(void)
{
	atomic_fetch_add(&waiting, 1);
}

void db_wait_end(void)
{
	atomic_fetch_sub(&waiting, 1);
}

static struct patience patience_begin(void)
{
	db_wait_begin();
	return (struct patience){.began = db_now_ms()};
}

static void patience_end(struct patience *p)
{
	db_wait_end();
	probe_forget(p->probe);
}

/* Send what libpq holds. false: it cannot. */
static bool flush(struct db *db, struct patience *p)
{
	int left;
	while ((left = PQflush(db->conn)) == 1) {
		wait_socket(db, p, true);
		if (!PQconsumeInput(db->conn)) /* it may want to say something first */
			return false;
	}
	return left == 0;
}

PGresult *db_result(struct db *db)
{
	struct patience p = patience_begin();
	bool good = flush(db, &p);
	while (good && PQisBusy(db->conn)) {
		wait_socket(db, &p, false);
		good = PQconsumeInput(db->conn) == 1;
	}
	patience_end(&p);
	if (!good && PQsocket(db->conn) >= 0) /* so that this does not wait, either */
		shutdown(PQsocket(db->conn), SHUT_RDWR);
	return PQgetResult(db->conn);
}

/* Nothing of an earlier statement is left: libpq would refuse the next. */
static void drain(struct db *db)
{
	for (PGresult *res; (res = db_result(db)); PQclear(res))
		if (PQresultStatus(res) == PGRES_COPY_IN)
			PQputCopyEnd(db->conn, "abandoned");
}

/* The last result, or the first that is an error; a COPY begins at once. */
static PGresult *last_result(struct db *db, int sent)
{
	PGresult *last = NULL;
	if (!sent)
		return NULL;
	for (PGresult *res; (res = db_result(db));) {
		ExecStatusType s = PQresultStatus(last);
		if (last && (s == PGRES_FATAL_ERROR || s == PGRES_BAD_RESPONSE)) {
			PQclear(res);
			continue;
		}
		PQclear(last);
		last = res;
		if (PQresultStatus(res) == PGRES_COPY_IN)
			break;
		if (PQstatus(db->conn) == CONNECTION_BAD)
			break;
	}
	return last;
}

PGresult *db_run(struct db *db, const char *sql)
{
	drain(db);
	return last_result(db, PQsendQuery(db->conn, sql));
}

PGresult *db_run_params(struct db *db, const char *sql, int n, const char *const *values,
			const int *lengths, const int *formats, int binary)
{
	drain(db);
	return last_result(
	    db, PQsendQueryParams(db->conn, sql, n, NULL, values, lengths, formats, binary));
}

bool db_put(struct db *db, const char *data, size_t n)
{
	if (PQputCopyData(db->conn, data, (int)n) != 1)
		return false;
	struct patience p = patience_begin();
	bool good = flush(db, &p);
	patience_end(&p);
	return good;
}
