/*
 * workers.h - many pipelines at once over the files that walk() finds.
 *
 * The calling thread walks and fills a bounded queue of paths; workers share nothing else. A worker
 * is started when a path waits and fewer than jobs run, so that one file costs one sink. Sinks are
 * made and closed in the calling thread, and used by their worker in between.
 *
 * The first ST_RETRY or ST_FATAL sets *stop; so may a signal handler. Then no new input is begun,
 * the report at hand is finished, and every sink that still works is flushed.
 */
#ifndef INGEST_WORKERS_H
#define INGEST_WORKERS_H

#include "ingest/pipeline.h"

#define WORKERS_MAX 64

struct sink_factory {
	void *ctx;
	enum status (*open)(void *ctx, struct sink **sink, struct err *err);
	void (*close)(void *ctx, struct sink *sink);
};

struct workers_options {
	struct pipeline_options pipeline; /* .stop is set from stop below */
	int jobs;                         /* 1 to WORKERS_MAX */
	atomic_bool *stop;
};

int workers_default_jobs(void); /* online processors, at most 16 */

/*
 * Ingest everything under paths. totals is complete for what was settled, whatever is returned.
 *
 * ST_OK also when *stop was set from outside. ST_RETRY, ST_FATAL: the first that a worker met;
 * *opened tells whether any sink could be opened at all.
 */
enum status workers_run(const struct workers_options *options, const struct sink_factory *factory,
			const char *const *paths, int n_paths, struct ingest_totals *totals,
			bool *opened, struct err *err) MUST_CHECK;

#endif
