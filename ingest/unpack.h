/*
 * unpack.h - from one file or mail to the documents in it.
 *
 * Second stage of ingest: source -> [mime, unpack] -> xml. The kind of everything is told from its
 * content, never from names or media types. Containers (gzip, zlib, zip, mails, nested to
 * LIMIT_NESTING) are opened; every document found is handed to the visitor as a leaf.
 */
#ifndef INGEST_UNPACK_H
#define INGEST_UNPACK_H

#include <stdbool.h>

#include "core/limits.h"
#include "ingest/auth/authenticate.h"
#include "ingest/stream/stream.h"

enum leaf_kind {
	LEAF_XML,   /* begins like XML (UTF-16 too): may be a report */
	LEAF_OTHER, /* whole, but nothing we read: text, images, TLS-RPT; reason says what it is */
	LEAF_BAD,   /* damaged, over a ceiling, encrypted, an archive we cannot open, or bytes that
		       nobody   knows; see reason */
};

struct leaf {
	enum leaf_kind kind;
	const char *source; /* the input's name with "!part2!a.zip!b.xml" appended */
	const char *reason; /* LEAF_OTHER, LEAF_BAD: one line */
	bool
	    mail_body; /* LEAF_OTHER: a text part that is the mail's own words, not an attachment */
	bool again;    /* found by the raw scan of a mail: as a part it was visited before, so it is
			  news only when it is a report */
	const struct mail_around *mail; /* the innermost, or NULL: there is none */
	struct origin xml;              /* LEAF_XML: the bytes, as often as wanted */
	struct blob
	    container; /* what to keep if this is set aside: the file, or the decoded attachment */
};

struct unpack_visitor {
	void *ctx;
	bool mbox; /* the input is a mail out of an mbox */
	/* Set *report for an LEAF_XML that is a report, or should have been one: then nobody looks
	 * further. Return other than ST_OK to stop everything; unpack() then returns it. */
	enum status (*leaf)(void *ctx, const struct leaf *leaf, bool *report, struct err *err);
};

/*
 * Visit every document in input. source names it. A mail in which no part showed a report is
 * scanned as the text it is; so is any other text. Everything the input itself does wrong reaches
 * the visitor as LEAF_BAD; at least one leaf is visited, and for a damaged container what was
 * complete before the damage is visited too.
 *
 * ST_OK; what the visitor returned; ST_LATER when input cannot be read now, or a temporary file not
 * be written.
 */
enum status unpack(const struct blob *input, const char *source, const struct limits *limits,
		   const struct unpack_visitor *visitor, struct err *err) MUST_CHECK;

#endif
