/*
 * wide.h - text in UTF-16 or UTF-32 as UTF-8, and a stream without its first bytes.
 *
 * What sniff_encoding() says of the first bytes holds for all of them. Units that are no character
 * become U+FFFD; a byte order mark is left out.
 *
 *	struct wide w;
 *	struct origin plain = wide_origin(&w, &origin);
 */
#ifndef INGEST_STREAM_WIDE_H
#define INGEST_STREAM_WIDE_H

#include "ingest/stream/stream.h"

struct wide {
	struct origin under;
};

struct origin wide_origin(struct wide *w, const struct origin *under);

struct skipped {
	struct origin under;
	size_t n;
};

/* Without the first n bytes of under. */
struct origin skipped_origin(struct skipped *s, const struct origin *under, size_t n);

#endif
