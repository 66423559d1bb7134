/*
 * bounce.h - refused mail out of whatever a person has of it: bounces, mailboxes, pasted replies,
 * mail logs (core/bounce.h).
 *
 * The wing bounce/: In: bytes. Out: refusals and outcomes, to a sink. What the bytes are is told
 * from their content, never from names.
 *
 *	struct bounce_reader *r = bounce_reader_new(&options);
 *	st = bounce_read(r, &blob, "bounces/1.eml", &sink, &err);
 *	bounce_reader_free(r);
 *
 * Logs are read as a stream, in memory that does not grow with them; mails one at a time.
 */
#ifndef INGEST_BOUNCE_BOUNCE_H
#define INGEST_BOUNCE_BOUNCE_H

#include <stdatomic.h>

#include "core/blob.h"
#include "core/bounce.h"
#include "core/limits.h"

struct bounce_options {
	const struct limits *limits;
	const struct name_rules *rules; /* NULL: names that are no ASCII are left out */
	/* Unix seconds. A date without a year is in the year that puts it last, but not after
	 * `written` (of the log file; 0: now), nor after now. */
	int64_t now;
	const atomic_bool *stop; /* looked at in logs: then ST_RETRY; NULL */
};

struct bounce_reader;

/* Options are borrowed. A reader is for one thread. */
struct bounce_reader *bounce_reader_new(const struct bounce_options *options);
void bounce_reader_free(struct bounce_reader *r);

/* When the next file was written last (its mtime); 0: not known. For dates without a year. */
void bounce_reader_written(struct bounce_reader *r, int64_t at);

/*
 * Read one input: a mail, an mbox, a log, a text, each also inside of gzip or zip. All that is
 * wrong with the input itself is an outcome.
 *
 * ST_OK; what the sink returned; ST_LATER when it cannot be read now.
 */
enum status bounce_read(struct bounce_reader *r, const struct blob *input, const char *source,
			const struct refusal_sink *sink, struct err *err) MUST_CHECK;

/* The same of a path: "-" is standard input; directories and Maildirs are walked. */
enum status bounce_read_path(struct bounce_reader *r, const char *path,
			     const struct refusal_sink *sink, struct err *err) MUST_CHECK;

#endif
