/*
 * cr.h - text with the line ends of old Macs, a CR alone, as text with LF. CRLF stays a line end.
 */
#ifndef INGEST_STREAM_CR_H
#define INGEST_STREAM_CR_H

#include "ingest/stream/stream.h"

struct cr {
	struct origin under;
};

/* c and under must live as long as the origin is used. */
struct origin cr_origin(struct cr *c, const struct origin *under);

#endif
