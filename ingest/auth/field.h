/*
 * field.h - the header of a mail, field by field, from the very bytes (RFC 5322 section 2.2).
 *
 * Lines end with LF or CRLF. Nothing is copied: a field points into the bytes.
 */
#ifndef INGEST_AUTH_FIELD_H
#define INGEST_AUTH_FIELD_H

#include <stdbool.h>
#include <stddef.h>

#include "core/arena.h"

struct field {
	const char *p; /* from its name to its last line end, as it came */
	size_t n;
	size_t name;  /* octets of the name, without blanks in front of the ':' */
	size_t value; /* where the value begins, behind the ':' */
};

struct header {
	struct field *fields; /* in the order of the mail; in the arena */
	size_t n;
	size_t size; /* octets up to the body: the empty line is among them */
	/* false: it may be read in more than one way, or is over a ceiling; what is here ends
	 * where that was seen. */
	bool sound;
};

/* whole: p[0..n) is all there is of the mail. */
void header_read(const char *p, size_t n, bool whole, struct arena *a, struct header *out);

bool field_is(const struct field *f, const char *name); /* ASCII case aside */
size_t header_count(const struct header *h, const char *name);
const struct field *header_last(const struct header *h, const char *name); /* NULL: none */

#endif
