/*
 * gzip.h - gzip (RFC 1952) and zlib (RFC 1950) over another origin. The only door to zlib
 * and libdeflate.
 *
 * All members of a gzip file are read as one; CRC and length are checked. Odd but whole, told in
 * stream.warning at the end: bytes after the last member; cut inside the trailer when all the data
 * is out. ST_ITEM from read: "gzip: truncated after N bytes" (of output), a wrong check value, bad
 * data.
 *
 *	struct gzip g;
 *	struct origin o = gzip_origin(&g, &file, GZIP_FORMAT);
 *	st = o.open(&o, &stream, &err);
 */
#ifndef INGEST_STREAM_GZIP_H
#define INGEST_STREAM_GZIP_H

#include <stdbool.h>
#include <stdint.h>

#include "ingest/stream/stream.h"

enum gzip_format { GZIP_FORMAT, ZLIB_FORMAT };

/* What the origin reads from; must outlive it and stay where it is. */
struct gzip {
	struct origin under;
	enum gzip_format format;
	/* what stands behind the last member, once a stream came to its end: */
	uint64_t rest_at, rest_n; /* where in under, and how many bytes */
	bool rest_odd;            /* there is more in it than blanks and NULs */
};

struct origin gzip_origin(struct gzip *g, const struct origin *under, enum gzip_format format);

#endif
