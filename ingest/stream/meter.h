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
	bool over;       /* a read was refused */
	char reason[64]; /* "more than 2 GiB decompressed" */
};

struct metered {
	struct origin under;
	struct meter *meter;
	uint64_t seen; /* how far it has been read by any pass */
};

void meter_init(struct meter *m, uint64_t max);

/* Reads fail with ST_ITEM once the meter is used up. m holds its state and must stay in place. */
struct origin metered_origin(struct metered *m, struct meter *meter, const struct origin *under);

#endif
