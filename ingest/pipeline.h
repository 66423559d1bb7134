/*
 * pipeline.h - one worker's line: files and mails in, outcomes out.
 *
 *	input -> [mbox: each mail is an input] -> unpack -> leaves -> xml_read_report -> sink
 *
 * The pipeline keeps the account. Every input gets at least one outcome, every report exactly one:
 * a damaged leaf is REJECTED; a leaf that is something else is NOT_A_REPORT, unless it is the words
 * of a mail; an input in which nothing was a report is one NOT_A_REPORT as a whole. A file is
 * counted, and moved to the archive, when the last thing in it is settled.
 *
 *	struct pipeline *p = pipeline_new(&options, sink);
 *	st = pipeline_file(p, "mail/1.eml", NULL, &err);
 *	...
 *	st = pipeline_flush(p, &err);
 *	ingest_totals_merge(&sum, pipeline_totals(p));
 *	pipeline_free(p);
 *
 * Used from one thread at a time.
 */
#ifndef INGEST_PIPELINE_H
#define INGEST_PIPELINE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/blob.h"
#include "core/domain.h"
#include "core/err.h"
#include "core/limits.h"
#include "core/sink.h"
#include "ingest/auth/authenticate.h"
#include "ingest/clock.h"
#include "ingest/files/archive.h"
#include "ingest/totals.h"

/* Numbers that another thread may watch while workers run. */
struct ingest_progress {
	_Atomic uint64_t done, total, stored, aside; /* total: inputs found so far */
	atomic_bool total_known;
};

struct coldness;

struct pipeline_options {
	const struct name_rules *rules;
	const struct limits *limits;
	const struct auth_options *auth;  /* NULL: nobody is asked who sent a report */
	struct archive *archive;          /* NULL: files stay where they are */
	struct ingest_progress *progress; /* NULL: nobody watches */
	/* Set by a signal or by another worker: begin no further mail or document. May be NULL. */
	const atomic_bool *stop;
	struct coldness *cold;     /* ingest/files/opened.h, shared by all; may be NULL */
	struct clock_watch *clock; /* shared by all of a run; NULL: now is believed */
	int64_t now;               /* bounds report dates; 0: the clock */
	/* Ours, in normal form; names below them count. Reports about others are REJECTED. None:
	 * whatever comes is taken. */
	const char *const *domains;
	size_t n_domains;
	/* An input of pipeline_message() or pipeline_reject() is settled whole, its worst outcome
	 * is durable. Called from whatever call settles it. May be NULL. */
	void (*done)(void *ctx, uint64_t id, enum outcome worst);
	void *done_ctx;
};

struct pipeline;

/* options and sink are borrowed until pipeline_free(). Of a sink that takes refused mail (sink.h)
 * inputs are read as that, and no report is looked for. */
struct pipeline *pipeline_new(const struct pipeline_options *options, struct sink *sink);
void pipeline_free(struct pipeline *p); /* what is not settled by now is not counted */

/*
 * One file, or "-" for stdin. problem: why it is known to be unreadable (walk.h), or NULL.
 *
 * ST_RETRY, ST_FATAL: from the sink, or the clock is wrong. A file that cannot be read is an
 * outcome, not an error; one that cannot be read now (core/err.h) stays where it is, and is counted
 * as such.
 */
enum status pipeline_file(struct pipeline *p, const char *path, const char *problem,
			  struct err *err) MUST_CHECK;

/* One input held by the caller: it may be an mbox too. source names it. ST_LATER: it, or a part of
 * it, cannot be read now. */
enum status pipeline_blob(struct pipeline *p, const struct blob *input, const char *source,
			  struct err *err) MUST_CHECK;

/* One mail, and nothing but a mail; done() is told its id unless it is 0, or reading was stopped.
 * ST_LATER: it cannot be read now, which was said and counted. */
enum status pipeline_message(struct pipeline *p, const struct blob *mail, const char *source,
			     uint64_t id, struct err *err) MUST_CHECK;

/* An input that could not be read, and why: its outcome is REJECTED. */
enum status pipeline_reject(struct pipeline *p, const char *source, const char *reason, uint64_t id,
			    struct err *err) MUST_CHECK;

/* Settle everything. ST_RETRY also when the clock is wrong. */
enum status pipeline_flush(struct pipeline *p, struct err *err) MUST_CHECK;

/* Settle what does not depend on the clock: others of the run may still read. */
enum status pipeline_flush_early(struct pipeline *p, struct err *err) MUST_CHECK;

struct ingest_totals *pipeline_totals(struct pipeline *p);

#endif
