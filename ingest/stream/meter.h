/*
 * meter.h - a ceiling over all that comes out of the decompressors of one input.
 *
 * Zip members can overlap and gzip grows a thousandfold, so what is counted is what streams
 * deliver. Reading the same bytes a second time is free.
 *
 *	struct meter meter;
 *	struct metered m;
 *	meter_init(&meter, 2 * GIB);
 *	origin = metered_origin(&m, &meter, &origin);
 */
#ifndef INGEST_STREAM_METER_H
#define INGEST_STREAM_METER_H

#include <stdbool.h>
#include <stdint.h>

#include "ingest/stream/stream.h"

struct meter {
	uint64_t left;
	uint64_t work_left; /* of bytes that are neither blanks nor NULs */
	bool over;          /* a read was refused */
	char reason[128];   /* "more than 2 GiB decompressed" */
	char work_reason[128];
};

struct metered {
	struct origin under;
	struct meter *meter;
	uint64_t seen; /* how far it has been read by any pass */
};

void meter_init(struct meter *m, uint64_t max);

/* Blanks cost next to nothing; of other bytes no more than ratio times the size of the input shall
 * come, or least, whichever is more. */
void meter_work(struct meter *m, uint64_t size, uint64_t ratio, uint64_t least);

/* Reads fail with ST_ITEM once the meter is used up. m holds its state and must stay in place. */
struct origin metered_origin(struct metered *m, struct meter *meter, const struct origin *under);

#endif
