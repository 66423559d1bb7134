/*
 * rawscan.h - the last resort for a mail whose parts show no report: look for one in its text.
 *
 * Finds gzip and zip at the start of a line, "<feedback" (from the "<?xml" before it), and any of
 * them inside lines of base64 or uuencoded. Linear in n: what is found does not overlap. Pure.
 */
#ifndef INGEST_MAIL_RAWSCAN_H
#define INGEST_MAIL_RAWSCAN_H

#include "core/blob.h"
#include "core/err.h"

struct rawscan_visitor {
	void *ctx;
	/* doc is borrowed for the call. Return other than ST_OK to stop. */
	enum status (*found)(void *ctx, const struct blob *doc, struct err *err);
};

enum status rawscan(const uint8_t *p, size_t n, const struct rawscan_visitor *v,
		    struct err *err) MUST_CHECK;

#endif
