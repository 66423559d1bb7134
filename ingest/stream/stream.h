/*
 * stream.h - bytes pulled through a decompressor, and how to start over.
 *
 * An origin knows how to open the same bytes again and again (a second pass over a report needs
 * it); a stream is one pass. Streams stack: gzip over a zip member over a file.
 *
 * The wing stream/: bytes on their way, and out of what contains them. In: a blob. Out: its
 * content, decompressed as it is read, measured and bounded. It includes nothing of the room; zlib
 * and libdeflate are behind gzip.h, libzip behind zip.h.
 */
#ifndef INGEST_STREAM_STREAM_H
#define INGEST_STREAM_STREAM_H

#include <stddef.h>

#include "core/blob.h"
#include "core/err.h"

struct stream;

struct stream_ops {
	/* Up to n bytes into dst; *got = 0 at the end. ST_ITEM: damaged, err says where. */
	enum status (*read)(struct stream *s, void *dst, size_t n, size_t *got, struct err *err);
	void (*close)(struct stream *s);
};

struct stream {
	const struct stream_ops *ops;
	const char
	    *warning; /* set at the end: odd but whole ("gzip: 2 bytes after the last member") */
};

struct origin {
	enum status (*open)(const struct origin *o, struct stream **out,
			    struct err *err) MUST_CHECK;
	const void *ctx;
};

static inline enum status MUST_CHECK stream_read(struct stream *s, void *dst, size_t n, size_t *got,
						 struct err *err)
{
	return s->ops->read(s, dst, n, got, err);
}

static inline void stream_close(struct stream *s)
{
	if (s)
		s->ops->close(s);
}

#endif
