/* Everything that unpack() finds in any bytes can be read, or says why not. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "ingest/unpack.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static enum status drain(void *ctx, const struct leaf *leaf, bool *report, struct err *err)
{
	char chunk[4096];
	size_t got = 1, total = 0;
	struct stream *s;
	(*(unsigned *)ctx)++;
	*report = leaf->container.size % 2; /* it decides whether the raw scan runs */
	if (leaf->kind != LEAF_XML || leaf->xml.open(&leaf->xml, &s, err) != ST_OK)
		return ST_OK;
	while (got > 0 && total < 1 * MIB) {
		got = 0;
		if (stream_read(s, chunk, sizeof chunk, &got, err) != ST_OK)
			break;
		total += got;
	}
	stream_close(s);
	return ST_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct limits limits = LIMITS_DEFAULT;
	unsigned leaves = 0;
	struct blob blob = {.size = size, .mem = data, .fd = -1};
	struct unpack_visitor v = {.ctx = &leaves, .leaf = drain};
	struct err err;
	limits.container_bytes = 8 * MIB; /* the fuzzer's own patience */
	if (unpack(&blob, "fuzz", &limits, &v, &err) != ST_OK || leaves == 0)
		abort();
	return 0;
}
