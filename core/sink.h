/*
 * sink.h - where reports go: the seam between ingest/ and whoever takes its reports (the loader in
 * db/, the JSON printer of `parse`, a list in a test). A sink for refused mail is one, too.
 *
 * One worker drives one sink from one thread:
 *
 *	for each report:  begin, records (0..n times), then end or abort
 *	for each other outcome of an input:  note
 *	now and then, and at the end:  flush
 *
 * A sink may settle things later than they are handed over (it commits many reports at once). When
 * an outcome is durable, not before, it calls settled() exactly once for each end() and each
 * note().
 */
#ifndef CORE_SINK_H
#define CORE_SINK_H

#include <stdbool.h>

#include "core/authentic.h"
#include "core/blob.h"
#include "core/dmarc.h"
#include "core/err.h"

/* A report about a domain that is not among those configured. */
#define REASON_FOREIGN "not one of our domains"

struct refusal; /* core/bounce.h */
struct bounce_outcome;

enum outcome { OUT_STORED, OUT_DUPLICATE, OUT_CONFLICT, OUT_REJECTED, OUT_NOT_A_REPORT, OUT_COUNT };

extern const char *const outcome_names[OUT_COUNT]; /* "stored" .. "not_a_report" */

/*
 * What an outcome is about. Borrowed until the call returns; a sink that settles later copies what
 * it needs. container holds the bytes to keep when it is set aside: the file, or the decoded
 * attachment. A container larger than LIMIT_BLOB_COPY must be settled before end() or note()
 * returns, because its bytes go away after that.
 */
struct item {
	void *ticket;       /* the pipeline's own; handed back in settled() */
	const char *source; /* "mail/17.eml!part2!a.zip!b.xml" */
	struct blob container;
	/* Who sent it, of the innermost mail that holds it; never NULL. Known from begin() on; of
	 * what is noted nobody asks, and only whether there was a mail is told. */
	const struct authentic *auth;
};

struct settlement {
	void *ticket;
	const char *source;
	enum outcome outcome;
	const char *reason;          /* one line for CONFLICT, REJECTED, NOT_A_REPORT; else NULL */
	uint64_t records, messages;  /* of the report, for STORED */
	const char *const *warnings; /* for STORED */
	unsigned n_warnings;
	/* DUPLICATE of what was stored from this very source: a run that died before it could file
	 * the input. */
	bool again;
};

struct sink {
	void *ctx;

	/* The head of a report. Its counts, content and warnings are not known yet. */
	enum status (*begin)(void *ctx, const struct dmarc_report *report, const struct item *item,
			     struct err *err);
	/* Up to CHUNK_RECORDS records. Everything pointed to is borrowed for the call. */
	enum status (*records)(void *ctx, const struct dmarc_record *records, size_t n,
			       struct err *err);
	/* The report is whole. report is complete now. */
	enum status (*end)(void *ctx, const struct dmarc_report *report, const struct item *item,
			   struct err *err);
	/* Forget everything since begin: the report turned out damaged. A note follows. */
	void (*abort)(void *ctx);

	/* REJECTED or NOT_A_REPORT. */
	enum status (*note)(void *ctx, const struct item *item, enum outcome outcome,
			    const char *reason, struct err *err);

	/* Settle everything handed over so far. */
	enum status (*flush)(void *ctx, struct err *err);

	/*
	 * A sink that has these two takes refused mail in place of reports. Of the above note,
	 * flush and abort are called then, the latter when an input is not read to its end.
	 *
	 *	for each mail, log or text of an input:  refusal (0..n times), told
	 *
	 * What is told is settled like a note: STORED, DUPLICATE, REJECTED or NOT_A_REPORT.
	 */
	enum status (*refusal)(void *ctx, const struct refusal *r, struct err *err);
	enum status (*told)(void *ctx, const struct bounce_outcome *o, const struct item *item,
			    struct err *err);

	/* Set by the pipeline before the first call. */
	void (*settled)(void *settled_ctx, const struct settlement *s);
	void *settled_ctx;
};

#endif
