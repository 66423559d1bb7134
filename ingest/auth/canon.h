/*
 * canon.h - the form in which a mail is signed (RFC 6376 section 3.4). Pure.
 *
 * Line ends may be LF or CRLF, and are CRLF in what comes out. A body goes through in pieces of any
 * size:
 *
 *	struct body b = {.canon = CANON_RELAXED, .out = take, .ctx = hash};
 *	body_put(&b, p, n);
 *	body_end(&b);
 */
#ifndef INGEST_AUTH_CANON_H
#define INGEST_AUTH_CANON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/buf.h"
#include "ingest/auth/field.h"

enum canon { CANON_SIMPLE, CANON_RELAXED };

bool canon_read(const char *s, size_t n, enum canon *out); /* its name; false: another */

/* Append one field; what stands between hole and hole_end is left out (hole NULL: nothing is). */
void canon_field(struct buf *out, enum canon canon, const struct field *f, const char *hole,
		 const char *hole_end, bool line_end);

struct body {
	enum canon canon;
	bool unquote; /* ">From " at a line's start is "From ", ">>From " is ">From " */
	void (*out)(void *ctx, const void *p, size_t n);
	void *ctx;

	/* private */
	bool cr, blank, in_line;
	uint64_t empty; /* line ends that only count when something follows */
	bool any;       /* something came out */
	bool in_text;   /* of a line that is not quoted, or known not to be */
	uint64_t marks; /* '>' at the start of a line, held back */
	unsigned word;  /* octets of "From " behind them */
	bool hit;       /* something quoted was there */
	char piece[1024];
	size_t n;
};

void body_put(struct body *b, const void *p, size_t n);
void body_end(struct body *b);

#endif
