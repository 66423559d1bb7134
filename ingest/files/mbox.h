/*
 * mbox.h - one mbox file to its mails.
 *
 * A mail is a range of the file: nothing is copied. A line that begins with "From " begins one when
 * a header field stands on the next line, whatever else it says and whether or not an empty line is
 * before it; byte order mark and blanks in front of the first are passed over. LF and CRLF.
 */
#ifndef INGEST_FILES_MBOX_H
#define INGEST_FILES_MBOX_H

#include <stdbool.h>

#include "core/blob.h"
#include "core/err.h"

/* Begins with a "From " line that separates, or has a date. */
bool mbox_looks_like(const struct blob *file);

struct mbox {
	const struct blob *file;
	uint64_t next;     /* position of the next "From " line */
	unsigned n;        /* mails returned so far */
	unsigned doubtful; /* lines in the mail returned last that have a sender and a date like a
			      separator, but no header behind them: it may be several */
};

#define MBOX_DOUBTFUL "a line in it looks like the start of another mail, but no header follows"

void mbox_init(struct mbox *m, const struct blob *file);

/* The next mail, without its "From " line; *more = false at the end. ST_ITEM, ST_LATER: it cannot
 * be read. */
enum status mbox_next(struct mbox *m, struct blob *mail, bool *more, struct err *err) MUST_CHECK;

#endif
