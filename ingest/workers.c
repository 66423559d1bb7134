#include "ingest/workers.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "core/log.h"
#include "core/mem.h"
#include "ingest/files/opened.h"
#include "ingest/files/walk.h"

#define QUEUE_SIZE 512
#define TAKE_MOST  16 /* paths taken at once: a lock for each would be felt */

struct entry {
	char *path, *problem; /* owned; problem may be NULL */
};

struct crew;

struct worker {
	struct crew *crew;
	struct sink *sink;
	struct pipeline *pipeline;
	pthread_t thread;
};

/* What walker and workers share. lock guards everything from queue to failed_err. */
struct crew {
	const struct workers_options *o;
	const struct sink_factory *factory;
	struct pipeline_options pipeline;
	struct worker workers[WORKERS_MAX];
	int n_workers, jobs;
	struct clock_watch clock;
	struct coldness cold; /* files that come from the disk are asked for when they are queued */

	pthread_mutex_t lock;
	pthread_cond_t work, room; /* something to take; something to put */
	int idle;                  /* workers that wait for work */
	struct entry queue[QUEUE_SIZE];
	size_t head, n;
	bool closed;
	enum status failed; /* the first failure of a worker */
	struct err failed_err;
};

int workers_default_jobs(void)
{
	long n = sysconf(_SC_NPROCESSORS_ONLN);
	return n < 1 ? 1 : n > 16 ? 16 : (int)n;
}

/* A signal handler cannot signal a condition: waits end by themselves to look at *stop. */
static void wait_a_little(struct crew *c, pthread_cond_t *changed)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	t.tv_nsec += 200 * 1000 * 1000;
	if (t.tv_nsec >= 1000 * 1000 * 1000) {
		t.tv_nsec -= 1000 * 1000 * 1000;
		t.tv_sec++;
	}
	pthread_cond_timedwait(changed, &c->lock, &t);
}

static bool stopping(const struct crew *c)
{
	return atomic_load(c->o->stop);
}

static struct entry dequeue(struct crew *c)
{
	struct entry e = c->queue[c->head];
	c->head = (c->head + 1) % QUEUE_SIZE;
	c->n--;
	return e;
}

/* The next paths, a fair share of what waits. 0: there are no more, or it is time to stop. */
static size_t take(struct crew *c, struct entry e[TAKE_MOST])
{
	size_t got = 0;
	pthread_mutex_lock(&c->lock);
	c->idle++;
	while (c->n == 0 && !c->closed && !stopping(c))
		wait_a_little(c, &c->work);
	c->idle--;
	bool was_full = c->n > QUEUE_SIZE / 2;
	size_t share = c->n / (2 * (size_t)c->jobs) + 1;
	while (c->n > 0 && got < share && got < TAKE_MOST && !stopping(c))
		e[got++] = dequeue(c);
	if (was_full && c->n <= QUEUE_SIZE / 2)
		pthread_cond_signal(&c->room);
	pthread_mutex_unlock(&c->lock);
	return got;
}

static void forget(struct entry *e)
{
	free(e->path);
	free(e->problem);
}

static void report_failure(struct crew *c, enum status st, const struct err *err)
{
	pthread_mutex_lock(&c->lock);
	if (c->failed == ST_OK) {
		c->failed = st;
		c->failed_err = *err;
	}
	atomic_store(c->o->stop, true);
	pthread_cond_broadcast(&c->work);
	pthread_cond_broadcast(&c->room);
	pthread_mutex_unlock(&c->lock);
}

static void *worker_main(void *arg)
{
	struct worker *w = arg;
	struct entry e[TAKE_MOST];
	struct err err = {.msg = ""};
	enum status st = ST_OK;
	size_t n = 0;
	while (st == ST_OK && (n = take(w->crew, e)) > 0)
		for (size_t i = 0; i < n; i++) {
			/* what was taken and is not read any more stays where it is */
			if (st == ST_OK && !stopping(w->crew))
				st = pipeline_file(w->pipeline, e[i].path, e[i].problem, &err);
			forget(&e[i]);
		}
	if (st == ST_OK)
		st = pipeline_flush_early(w->pipeline, &err);
	if (st != ST_OK)
		report_failure(w->crew, st, &err);
	return NULL;
}

/* Signals are for the calling thread: a worker inherits a mask that blocks them. */
static int start_thread(struct worker *w)
{
	sigset_t all, before;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	int rc = pthread_create(&w->thread, NULL, worker_main, w);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return rc;
}

static enum status hire(struct crew *c, struct err *err)
{
	struct worker *w = &c->workers[c->n_workers];
	*w = (struct worker){.crew = c};
	enum status st = c->factory->open(c->factory->ctx, &w->sink, err);
	if (st != ST_OK)
		return st;
	w->pipeline = pipeline_new(&c->pipeline, w->sink);
	int rc = start_thread(w);
	if (rc != 0) {
		pipeline_free(w->pipeline);
		c->factory->close(c->factory->ctx, w->sink);
		return err_set(err, ST_RETRY, "cannot start a thread: %s", strerror(rc));
	}
	c->n_workers++;
	return ST_OK;
}

/* One more when work waits; the first must succeed, later ones are only welcome. */
static enum status hire_if_needed(struct crew *c, struct err *err)
{
	if (c->n_workers >= c->jobs)
		return ST_OK;
	pthread_mutex_lock(&c->lock);
	bool waits = c->n > 0;
	pthread_mutex_unlock(&c->lock);
	if (c->n_workers > 0 && !waits)
		return ST_OK;
	enum status st = hire(c, err);
	if (st == ST_OK || c->n_workers == 0)
		return st;
	log_info("going on with %d jobs: %s", c->n_workers, err->msg);
	c->jobs = c->n_workers;
	return ST_OK;
}

/*
 * What was moved to an archive below PATH is not to be met again by the same walk, or the next run.
 * Files come folder by folder, so the last folder's answer is kept.
 */
struct archive_guard {
	const struct archive *archive; /* NULL: nothing to guard */
	char *folder;
	bool inside;
};

/* A person who names a folder of the archive means it. */
static void guard_init(struct archive_guard *g, const struct archive *archive,
		       const char *const *paths, int n_paths)
{
	*g = (struct archive_guard){.archive = archive};
	for (int i = 0; archive && i < n_paths; i++) {
		size_t size = strlen(paths[i]) + 3;
		char *inside = mem_alloc(size);
		snprintf(inside, size, "%s/.", paths[i]);
		if (archive_holds(archive, inside) || archive_holds(archive, paths[i]))
			g->archive = NULL;
		free(inside);
	}
}

static bool guarded(struct archive_guard *g, const char *path)
{
	const char *slash = strrchr(path, '/');
	if (!g->archive || !slash)
		return false;
	size_t n = (size_t)(slash - path);
	if (!g->folder || strncmp(g->folder, path, n) != 0 || g->folder[n] != '\0') {
		free(g->folder);
		g->folder = mem_strndup(path, n);
		g->inside = archive_holds(g->archive, path);
	}
	return g->inside;
}

struct walker {
	struct crew *crew;
	struct archive_guard guard;
	bool stopped;
};

/* The walk ends early by a status that workers_run() knows from a failure by w->stopped. */
static enum status stop_walk(struct walker *w, struct err *err)
{
	w->stopped = true;
	return err_set(err, ST_RETRY, "interrupted");
}

static enum status on_file(void *ctx, const char *path, const char *problem, struct err *err)
{
	struct walker *w = ctx;
	struct crew *c = w->crew;
	if (stopping(c))
		return stop_walk(w, err);
	if (guarded(&w->guard, path))
		return ST_OK;
	enum status st = hire_if_needed(c, err);
	if (st != ST_OK)
		return st;
	if (!problem && coldness_felt(&c->cold))
		opened_ahead(path, &c->cold);
	pthread_mutex_lock(&c->lock);
	while (c->n == QUEUE_SIZE && !stopping(c))
		wait_a_little(c, &c->room);
	if (c->n < QUEUE_SIZE) {
		c->queue[(c->head + c->n) % QUEUE_SIZE] = (struct entry){
		    .path = mem_strdup(path), .problem = problem ? mem_strdup(problem) : NULL};
		c->n++;
		if (c->idle > 0)
			pthread_cond_signal(&c->work);
	}
	pthread_mutex_unlock(&c->lock);
	if (c->pipeline.progress)
		atomic_fetch_add(&c->pipeline.progress->total, 1);
	return ST_OK;
}

static void crew_init(struct crew *c, const struct workers_options *o,
		      const struct sink_factory *factory)
{
	pthread_condattr_t attr;
	*c = (struct crew){.o = o, .factory = factory, .pipeline = o->pipeline};
	c->pipeline.stop = o->stop;
	c->pipeline.cold = &c->cold;
	c->pipeline.clock = &c->clock;
	c->jobs = o->jobs < 1 ? 1 : o->jobs > WORKERS_MAX ? WORKERS_MAX : o->jobs;
	pthread_mutex_init(&c->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&c->work, &attr);
	pthread_cond_init(&c->room, &attr);
	pthread_condattr_destroy(&attr);
}

/* All reports of the run were seen: what waited for a verdict on the clock has it now. */
static void settle_rest(struct crew *c, struct worker *w)
{
	struct err err;
	if (c->failed != ST_OK)
		return;
	c->failed = pipeline_flush(w->pipeline, &err);
	if (c->failed != ST_OK)
		c->failed_err = err;
}

/* Let the workers finish, and add up what they settled. */
static void dismiss(struct crew *c, struct ingest_totals *totals)
{
	pthread_mutex_lock(&c->lock);
	c->closed = true;
	pthread_cond_broadcast(&c->work);
	pthread_mutex_unlock(&c->lock);
	for (int i = 0; i < c->n_workers; i++) {
		struct worker *w = &c->workers[i];
		pthread_join(w->thread, NULL);
	}
	for (int i = 0; i < c->n_workers; i++) {
		struct worker *w = &c->workers[i];
		settle_rest(c, w);
		ingest_totals_merge(totals, pipeline_totals(w->pipeline));
		pipeline_free(w->pipeline);
		c->factory->close(c->factory->ctx, w->sink);
	}
	while (c->n > 0) {
		struct entry e = dequeue(c);
		forget(&e);
	}
	pthread_cond_destroy(&c->work);
	pthread_cond_destroy(&c->room);
	pthread_mutex_destroy(&c->lock);
}

enum status workers_run(const struct workers_options *options, const struct sink_factory *factory,
			const char *const *paths, int n_paths, struct ingest_totals *totals,
			bool *opened, struct err *err)
{
	struct crew *c = mem_alloc(sizeof *c);
	crew_init(c, options, factory);
	struct walker w = {.crew = c};
	struct walk_visitor visitor = {.ctx = &w, .file = on_file};
	guard_init(&w.guard, options->pipeline.archive, paths, n_paths);
	enum status st = walk(paths, n_paths, &visitor, err);
	if (st != ST_OK && w.stopped)
		st = ST_OK;
	else if (st != ST_OK) /* nobody is to begin what the walk cannot end */
		atomic_store(options->stop, true);
	if (options->pipeline.progress)
		atomic_store(&options->pipeline.progress->total_known, true);
	*opened = c->n_workers > 0;
	dismiss(c, totals);
	if (c->failed != ST_OK) {
		st = c->failed;
		*err = c->failed_err;
	}
	free(w.guard.folder);
	free(c);
	return st;
}
