/*
 * make.h - gzip, zip and base64 made for tests.
 */
#ifndef TESTS_UNIT_MAKE_H
#define TESTS_UNIT_MAKE_H

#include <stdlib.h>
#include <string.h>
#include <zip.h>
#include <zlib.h>

#include "core/blob.h"
#include "core/buf.h"
#include "core/limits.h"
#include "core/mem.h"

static inline struct buf made(void)
{
	struct buf b;
	buf_init(&b, 1 * GIB);
	return b;
}

static inline struct blob as_blob(const struct buf *b)
{
	return (struct blob){
	    .size = b->len, .mem = (const uint8_t *)(b->data ? b->data : ""), .fd = -1};
}

/* Append p[0..n) compressed; bits as in deflateInit2: 31 gzip, 15 zlib. */
static inline void make_deflate(struct buf *out, const void *p, size_t n, int bits)
{
	z_stream z = {.next_in = (Bytef *)(uintptr_t)p, .avail_in = (uInt)n};
	if (deflateInit2(&z, 6, Z_DEFLATED, bits, 8, Z_DEFAULT_STRATEGY) != Z_OK)
		abort();
	size_t room = deflateBound(&z, n) + 64;
	z.next_out = (Bytef *)buf_reserve(out, room);
	z.avail_out = (uInt)room;
	if (deflate(&z, Z_FINISH) != Z_STREAM_END)
		abort();
	out->len += z.total_out;
	deflateEnd(&z);
}

static inline void make_gzip(struct buf *out, const void *p, size_t n)
{
	make_deflate(out, p, n, 31);
}

struct make_member {
	const char *name;
	const void *p;
	size_t n;
	const char *password;
};

/* Append a zip with these members. */
static inline void make_zip(struct buf *out, const struct make_member *m, size_t n)
{
	zip_error_t ze;
	zip_error_init(&ze);
	zip_source_t *to = zip_source_buffer_create(NULL, 0, 0, &ze);
	zip_t *z = zip_open_from_source(to, ZIP_TRUNCATE, &ze);
	if (!z)
		abort();
	zip_source_keep(to);
	for (size_t i = 0; i < n; i++) {
		zip_source_t *s = zip_source_buffer(z, m[i].p, m[i].n, 0);
		zip_int64_t at = m[i].p ? zip_file_add(z, m[i].name, s, ZIP_FL_OVERWRITE)
					: zip_dir_add(z, m[i].name, 0);
		if (!m[i].p)
			zip_source_free(s);
		if (at >= 0 && m[i].password)
			zip_file_set_encryption(z, (zip_uint64_t)at, ZIP_EM_AES_256, m[i].password);
	}
	if (zip_close(z) != 0 || zip_source_open(to) != 0)
		abort();
	zip_source_seek(to, 0, SEEK_END);
	size_t size = (size_t)zip_source_tell(to);
	zip_source_seek(to, 0, SEEK_SET);
	zip_source_read(to, buf_reserve(out, size), size);
	out->len += size;
	zip_source_close(to);
	zip_source_free(to);
}

/* Append p[0..n) in base64, with lines of 76 ending in eol; pad = false leaves '=' off. */
static inline void make_base64(struct buf *out, const void *p, size_t n, const char *eol, bool pad)
{
	static const char digits[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const uint8_t *s = p;
	for (size_t i = 0; i < n; i += 3) {
		unsigned v = (unsigned)s[i] << 16 | (i + 1 < n ? (unsigned)s[i + 1] << 8 : 0) |
			     (i + 2 < n ? s[i + 2] : 0);
		for (unsigned k = 0; k < 4; k++)
			if (i + k <= n)
				buf_putc(out, digits[v >> (18 - 6 * k) & 63]);
			else if (pad)
				buf_putc(out, '=');
		if (i / 3 % 19 == 18)
			buf_puts(out, eol);
	}
	buf_puts(out, eol);
}

#endif
