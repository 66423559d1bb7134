/*
 * mbox.h - one mbox file to its mails.
 *
 * A mail is a range of the file: nothing is copied. "From " at the start of a line after an empty
 * line (or at the start of the file) begins one; LF and CRLF.
 */
#ifndef INGEST_FILES_MBOX_H
#define INGEST_FILES_MBOX_H

#include <stdbool.h>

#include "core/blob.h"
#include "core/err.h"

bool mbox_looks_like(const struct blob *file); /* starts with a "From " line that has a date */

struct mbox {
	const struct blob *file;
	uint64_t next; /* position of the next "From " line */
	unsigned n;    /* mails returned so far */
};

void mbox_init(struct mbox *m, const struct blob *file);

/* The next mail, without its "From " line; *more = false at the end. ST_ITEM: read error. */
enum status mbox_next(struct mbox *m, struct blob *mail, bool *more, struct err *err) MUST_CHECK;

#endif
