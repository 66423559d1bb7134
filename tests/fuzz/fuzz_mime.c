/* A mail of any bytes is walked to its end; the guard and the raw scan see it too. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "ingest/mail/mime.h"
#include "ingest/mail/rawscan.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static enum status on_part(void *ctx, const struct mime_part *part, struct err *err)
{
	const uint8_t *p = part->content.mem;
	(void)err;
	if (p && part->content.size > 0)
		*(unsigned *)ctx += p[0] + p[part->content.size - 1];
	return ST_OK;
}

static enum status on_found(void *ctx, const struct blob *doc, struct err *err)
{
	(void)err;
	*(unsigned *)ctx += doc->mem[0] + doc->mem[doc->size - 1];
	return ST_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct limits limits = LIMITS_DEFAULT;
	unsigned sum = 0;
	struct mime_visitor v = {.ctx = &sum, .part = on_part};
	struct rawscan_visitor raw = {.ctx = &sum, .found = on_found};
	struct err err;
	uint8_t *mail = mem_alloc(size);
	if (size > 0)
		memcpy(mail, data, size);
	if (mime_walk(mail, size, &limits, &v, &err) != ST_OK ||
	    rawscan(data, size, &raw, &err) != ST_OK)
		abort();
	free(mail);
	return 0;
}
