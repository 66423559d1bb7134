/* Folds as the database hands them over, with a checksum to match: what is read can be written and
 * read again, and is the same then. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/hash.h"
#include "db/read/fold.h"

#define VERSION 1
#define CEILING ((size_t)1 << 30)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* false: it was not read. */
static bool copy(const struct buf *in, struct buf *out)
{
	struct arena a = {0};
	struct fold f;
	struct err err;
	bool ok = fold_read(in->data, in->len, &a, &f, &err) == ST_OK;
	if (ok) {
		fold_sort(&f);
		fold_write(&f, out);
		fold_free(&f);
	}
	arena_free(&a);
	return ok;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct digest sum = hash_fixed128(data, size);
	struct buf in, once, twice;
	buf_init(&in, CEILING);
	buf_init(&once, CEILING);
	buf_init(&twice, CEILING);
	buf_putc(&in, VERSION);
	buf_put(&in, sum.b, sizeof sum.b);
	buf_put(&in, data, size);
	if (copy(&in, &once)) {
		if (once.failed || !copy(&once, &twice))
			abort();
		if (once.len != twice.len || memcmp(once.data, twice.data, once.len) != 0)
			abort();
	}
	buf_free(&in);
	buf_free(&once);
	buf_free(&twice);
	return 0;
}
