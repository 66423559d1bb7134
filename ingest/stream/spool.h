/*
 * spool.h - bytes collected until they can be read again: in memory first, past LIMIT_SPOOL_MEMORY
 * in a temporary file that has no name ($TMPDIR, else /tmp).
 *
 *	struct spool s;
 *	spool_init(&s, 64 * MIB);
 *	st = spool_put(&s, p, n, &err);
 *	spool_blob(&s, &blob);
 *	...
 *	spool_free(&s);
 */
#ifndef INGEST_STREAM_SPOOL_H
#define INGEST_STREAM_SPOOL_H

#include "core/blob.h"
#include "core/buf.h"
#include "core/err.h"
#include "ingest/stream/stream.h"

struct spool {
	uint64_t len, max;
	struct buf mem; /* while fd < 0 */
	int fd;
};

void spool_init(struct spool *s, uint64_t max);
void spool_free(struct spool *s);

/* ST_ITEM: over the ceiling, nothing was added. ST_LATER: the temporary file. */
enum status spool_put(struct spool *s, const void *p, size_t n, struct err *err) MUST_CHECK;

/* All of in. ST_ITEM: over the ceiling, or in is damaged; what came before stays. */
enum status spool_drain(struct spool *s, struct stream *in, struct err *err) MUST_CHECK;

/* What was collected; borrowed until the next spool_put() or spool_free(). */
void spool_blob(const struct spool *s, struct blob *out);

/* An origin that reads b, which must outlive it. */
struct origin blob_origin(const struct blob *b);

#endif
