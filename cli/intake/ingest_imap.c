#include "cli/intake/ingest_imap.h"

#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/buf.h"
#include "core/limits.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/notify.h"
#include "db/load/load.h"
#include "db/store/mailbox.h"
#include "ingest/imap/conn.h"

#define BACKOFF_MAX_S 60

/* One mailbox at work, and what it needs of the database; NULL while there is no connection. */
struct worker {
	const struct imap_job *job;
	struct mailbox *mailbox;
	struct imap_source *source;
	pthread_t thread;
	bool started;

	struct db *sink_db, *db; /* for the sink; for everything else */
	struct sink *sink;
	struct pipeline *pipeline;
	struct clock_watch clock;
	int64_t run_id;
	bool opened; /* the database was reached once */

	struct ingest_totals totals;
	int rc;
};

/* ---- what the source asks of us ---- */

/* Under which name it is remembered; to be freed. */
static char *remembered(const struct worker *w, const char *name)
{
	struct buf b;
	buf_init(&b, 16 * KIB);
	if (w->job->reads)
		buf_printf(&b, "%s of ", w->job->reads);
	buf_puts(&b, name);
	char *whole = mem_strdup(b.data);
	buf_free(&b);
	return whole;
}

static enum status memory_load(void *ctx, const char *name, uint32_t validity, struct uid_set *done,
			       struct err *err)
{
	struct worker *w = ctx;
	char *as = remembered(w, name);
	enum status st = mailbox_load(w->db, as, validity, done, err);
	free(as);
	return st;
}

static enum status memory_save(void *ctx, const char *name, uint32_t validity,
			       const struct uid_set *done, struct err *err)
{
	struct worker *w = ctx;
	char *as = remembered(w, name);
	enum status st = mailbox_save(w->db, as, validity, done, err);
	free(as);
	return st;
}

static enum status memory_enter(void *ctx, const char *name, struct err *err)
{
	struct worker *w = ctx;
	return mailbox_enter(w->db, name, err);
}

static enum status memory_leave(void *ctx, struct err *err)
{
	struct worker *w = ctx;
	return mailbox_leave(w->db, err);
}

/* Who watches for months wants to hear now, and has no use for a list without end. */
static void tell_pass(struct worker *w, const struct ingest_totals *t)
{
	log_info("%s: %" PRIu64 " read: %" PRIu64 " stored, %" PRIu64 " duplicates, %" PRIu64
		 " quarantined, %" PRIu64 " without a report",
		 imap_source_name(w->source), t->inputs, t->outcomes[OUT_STORED],
		 t->outcomes[OUT_DUPLICATE], t->outcomes[OUT_REJECTED] + t->outcomes[OUT_CONFLICT],
		 t->not_reports);
	for (size_t i = 0; i < t->n_problems; i++) {
		const struct ingest_problem *p = &t->problems[i];
		if (!ingest_is_minor(p->outcome))
			log_warn("%s: %s: %s", p->source, outcome_names[p->outcome], p->reason);
	}
}

static void collect(struct worker *w)
{
	struct ingest_totals *now = pipeline_totals(w->pipeline);
	if (w->job->watch)
		tell_pass(w, now);
	ingest_totals_merge(&w->totals, now);
	while (w->job->watch && w->totals.n_problems > LIMIT_PROBLEMS) {
		struct ingest_problem *p = &w->totals.problems[--w->totals.n_problems];
		free(p->source);
		free(p->reason);
	}
}

static enum status on_passed(void *ctx, struct err *err)
{
	struct worker *w = ctx;
	collect(w);
	if (!w->job->dry && w->job->sinks->passed)
		w->job->sinks->passed(w->job->sinks->ctx, w->db);
	return w->job->dry ? ST_OK : load_run_end(w->db, w->run_id, w->totals.inputs, err);
}

static void on_ready(void *ctx)
{
	struct worker *w = ctx;
	log_info("%s: open", imap_source_name(w->source));
	if (w->job->watch) /* of several, one that is open is enough to begin */
		notify("READY=1\nSTATUS=watching, mailboxes: %zu", w->job->n);
}

/* ---- the database's side ---- */

static void disconnect(struct worker *w)
{
	if (w->pipeline)
		collect(w);
	pipeline_free(w->pipeline);
	if (w->sink)
		w->job->sinks->close(w->job->sinks->ctx, w->sink);
	db_close(w->sink_db);
	db_close(w->db);
	w->pipeline = NULL;
	w->sink = NULL;
	w->sink_db = w->db = NULL;
}

static enum status connect_all(struct worker *w, struct err *err)
{
	const struct imap_job *job = w->job;
	enum status st = app_connect(job->app, &w->db, err);
	if (st == ST_OK)
		st = app_connect(job->app, &w->sink_db, err);
	if (st == ST_OK && !job->dry && w->run_id == 0)
		st = load_run_begin(w->db, imap_source_name(w->source), &w->run_id, err);
	if (st == ST_OK)
		st = job->sinks->open(job->sinks->ctx, w->sink_db, w->run_id, &w->sink, err);
	if (st != ST_OK)
		return st;
	struct pipeline_options o = job->pipeline;
	o.clock = &w->clock;
	o.stop = &app_interrupted;
	o.done = imap_source_settled;
	o.done_ctx = w->source;
	w->pipeline = pipeline_new(&o, w->sink);
	w->opened = true;
	return ST_OK;
}

/* ---- one mailbox ---- */

static bool stopping(void)
{
	return atomic_load(&app_interrupted);
}

static void nap(unsigned seconds)
{
	for (unsigned i = 0; i < 10 * seconds && !stopping(); i++) {
		struct timespec t = {.tv_nsec = 100 * 1000 * 1000};
		nanosleep(&t, NULL);
	}
}

/* With the database, until something is wrong. *database: it is the database. */
static enum status work(struct worker *w, bool *database, struct err *err)
{
	*database = true;
	enum status st = connect_all(w, err);
	if (st == ST_OK)
		st = imap_source_run(w->source, w->pipeline, database, err);
	/* Stopped or not: what was handed over is settled. */
	if (st == ST_OK && pipeline_flush(w->pipeline, err) != ST_OK) {
		*database = true;
		st = ST_RETRY;
	}
	disconnect(w);
	return st;
}

static int failure(const struct worker *w, enum status st, bool database, const struct err *err)
{
	log_error("%s", err->msg);
	if (database)
		return st != ST_RETRY ? EXIT_INTERNAL
		       : w->opened    ? EXIT_TRY_LATER
				      : EXIT_NO_DATABASE;
	return st == ST_RETRY ? EXIT_TRY_LATER : EXIT_CONFIG;
}

static int run(struct worker *w)
{
	struct err err = {.msg = ""};
	bool database = false;
	unsigned pause = 1;
	for (;;) {
		enum status st = work(w, &database, &err);
		if (st == ST_OK || stopping())
			return EXIT_OK;
		if (!w->job->watch || !database || st != ST_RETRY || !w->opened)
			return failure(w, st, database, &err);
		log_warn("%s: %s; again in %u s", imap_source_name(w->source), err.msg, pause);
		nap(pause);
		pause = 2 * pause < BACKOFF_MAX_S ? 2 * pause : BACKOFF_MAX_S;
		if (!stopping() && app_revive(w->job->app, &err) != ST_OK)
			log_warn("%s", err.msg);
	}
}

static void *worker_main(void *arg)
{
	struct worker *w = arg;
	w->rc = run(w);
	return NULL;
}

static void prepare(struct worker *w, const struct imap_job *job, struct mailbox *m)
{
	*w = (struct worker){.job = job, .mailbox = m};
	m->stop = &app_interrupted;
	m->imap.account.stop = &app_interrupted;
	m->imap.limits = job->pipeline.limits;
	m->imap.memory =
	    (struct imap_memory){w, memory_load, memory_save, memory_enter, memory_leave};
	m->imap.hooks = (struct imap_hooks){w, on_ready, on_passed};
	m->imap.progress = job->pipeline.progress;
	m->imap.dry = job->dry;
	m->imap.watch = job->watch;
	w->source = imap_source_new(&m->imap);
}

/* Signals are for the calling thread. */
static void start(struct worker *w)
{
	sigset_t all, before;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	w->started = pthread_create(&w->thread, NULL, worker_main, w) == 0;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (!w->started) {
		log_error("%s: cannot start a thread", imap_source_name(w->source));
		w->rc = EXIT_TRY_LATER;
	}
}

int ingest_imap(const struct imap_job *job, struct ingest_totals *totals)
{
	struct err err;
	int rc = EXIT_OK;
	if (imap_conn_init(&err) != ST_OK)
		return app_fail(ST_FATAL, &err);
	struct worker *workers = mem_alloc(job->n * sizeof *workers);
	for (size_t i = 0; i < job->n; i++) {
		prepare(&workers[i], job, &job->mailboxes[i]);
		start(&workers[i]);
	}
	for (size_t i = 0; i < job->n; i++) {
		struct worker *w = &workers[i];
		if (w->started)
			pthread_join(w->thread, NULL);
		rc = rc == EXIT_OK ? w->rc : rc;
		ingest_totals_merge(totals, &w->totals);
		imap_source_free(w->source);
	}
	free(workers);
	if (job->watch)
		notify("STOPPING=1");
	if (rc == EXIT_OK && stopping() && !job->watch) {
		log_warn(
		    "interrupted; what is counted here is stored, the rest is for the next run");
		rc = EXIT_TRY_LATER;
	}
	return rc;
}
