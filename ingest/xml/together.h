/*
 * together.h - documents that stand one behind the other in the same bytes.
 *
 * A person who dumps a column of reports has such files. The first document is read from its
 * origin; this yields the others, each from its declaration or root to its end tag, as bytes of its
 * own (their encodings may differ).
 *
 *	st = together_open(&t, &origin, limits, &err);
 *	while ((st = together_next(&t, &doc, &more, &err)) == ST_OK && more)
 *		...
 *	together_close(&t);
 */
#ifndef INGEST_XML_TOGETHER_H
#define INGEST_XML_TOGETHER_H

#include <stdbool.h>

#include "core/limits.h"
#include "ingest/stream/spool.h"
#include "ingest/stream/stream.h"
#include "ingest/stream/wide.h"

#define TOGETHER_PIECE (16 * 1024)
#define TOGETHER_NAME  64

struct together {
	struct stream *in; /* NULL: there are no others */
	struct wide wide;
	struct spool spool;      /* the document at hand */
	char tag[TOGETHER_NAME]; /* the tag at hand, from '<' to the end of its name */
	size_t n_tag;            /* 0: none is open */
	bool open;               /* behind the start of a document */
	bool declared;           /* behind the start of the declaration of the next one */
	size_t n, at;
	char piece[TOGETHER_PIECE];
};

/* The statuses are those of opening and reading origin, which must outlive t. */
enum status together_open(struct together *t, const struct origin *origin,
			  const struct limits *limits, struct err *err) MUST_CHECK;
void together_close(struct together *t);

/* The next one, borrowed until the next call. */
enum status together_next(struct together *t, struct blob *doc, bool *more,
			  struct err *err) MUST_CHECK;

#endif
