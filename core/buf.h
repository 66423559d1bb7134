/*
 * buf.h - growable bytes with a ceiling from birth.
 *
 * Writers return nothing: once the ceiling is passed the buffer is marked failed, keeps what it
 * had, and ignores further writes; check once at the end.
 *
 *	struct buf b;
 *	buf_init(&b, LIMIT_QUARANTINE);
 *	buf_put(&b, p, n);
 *	if (b.failed)
 *		...
 *	buf_free(&b);
 */
#ifndef CORE_BUF_H
#define CORE_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "core/err.h"

struct buf {
	char *data; /* data[len] is always NUL once something was written; NULL before */
	size_t len;
	size_t cap;
	size_t max; /* ceiling for len */
	bool failed;
};

void buf_init(struct buf *b, size_t max);
void buf_free(struct buf *b);  /* and init again, same ceiling */
void buf_reset(struct buf *b); /* len = 0, failed = false; keeps the memory */

/* Make room for n more bytes and return where they go, or NULL (and failed) past the ceiling.
 * The caller then adds what it wrote to len. */
char *buf_reserve(struct buf *b, size_t n);

void buf_put_slowly(struct buf *b, const void *p, size_t n); /* buf_put() when there is no room */

static inline void buf_put(struct buf *b, const void *p, size_t n)
{
	if (b->failed || n >= b->cap - b->len || n > b->max - b->len) {
		buf_put_slowly(b, p, n);
		return;
	}
	if (n > 0)
		memcpy(b->data + b->len, p, n);
	b->len += n;
	b->data[b->len] = '\0';
}

void buf_putc(struct buf *b, char c);
void buf_puts(struct buf *b, const char *s);
void buf_printf(struct buf *b, const char *fmt, ...) PRINTF_LIKE(2, 3);

#endif
