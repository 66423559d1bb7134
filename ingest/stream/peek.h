/*
 * peek.h - how a stream begins, and the same stream from its start all the same.
 *
 * What bytes are is told from how they begin. Opening them once for that and once to read
 * them would inflate every small report twice.
 *
 *	struct peek p;
 *	st = peek_begin(&p, &origin, PEEK_SMALL, &err);
 *	... p.head, p.n ...
 *	struct origin again = peek_origin(&p); // its first pass goes on where the look ended
 *	peek_end(&p);
 */
#ifndef INGEST_STREAM_PEEK_H
#define INGEST_STREAM_PEEK_H

#include <stdbool.h>
#include <stdint.h>

#include "ingest/stream/stream.h"

#define PEEK_SMALL 1024        /* where opening again costs nothing */
#define PEEK_LARGE (64 * 1024) /* most reports are smaller: one call of inflate() */

struct peek {
	struct stream s; /* of the first pass */
	struct origin under;
	struct stream *in; /* open until the first pass is over */
	uint8_t *head;     /* owned */
	size_t n, at;      /* bytes in head; those the first pass took */
	bool lent;
};

/*
 * Open under and read up to size bytes, fewer only at its end or where it is damaged. What cannot
 * be read says so (the status of open or read) with p.n bytes before it. peek_end() is due in any
 * case.
 */
enum status peek_begin(struct peek *p, const struct origin *under, size_t size,
		       struct err *err) MUST_CHECK;

/* p must stay in place, and outlive what is opened. */
struct origin peek_origin(struct peek *p);

void peek_end(struct peek *p);

#endif
