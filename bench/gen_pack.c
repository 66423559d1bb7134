/* gen_pack.c - XML to a file: gzip, zip (a writer of our own, one member), or bare. See gen.h. */
#include "bench/gen.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#define WINDOW_GZIP (15 + 16)
#define WINDOW_RAW  (-15)

static void compress_to(struct text *out, const struct text *in, int window)
{
	z_stream z = {0};
	if (deflateInit2(&z, 6, Z_DEFLATED, window, 8, Z_DEFAULT_STRATEGY) != Z_OK)
		die("deflateInit2 failed");
	size_t bound = deflateBound(&z, in->len);
	unsigned char *buf = malloc(bound);
	if (!buf)
		die("out of memory");
	z.next_in = (unsigned char *)in->data;
	z.avail_in = (unsigned)in->len;
	z.next_out = buf;
	z.avail_out = (unsigned)bound;
	if (deflate(&z, Z_FINISH) != Z_STREAM_END)
		die("deflate failed");
	text_add(out, buf, z.total_out);
	deflateEnd(&z);
	free(buf);
}

static void put16(struct text *t, unsigned v)
{
	text_add(t, (unsigned char[]){v & 255, v >> 8 & 255}, 2);
}

static void put32(struct text *t, uint32_t v)
{
	put16(t, v & 0xffff);
	put16(t, v >> 16);
}

/* The fields that the local header and the directory share. */
static void zip_fields(struct text *t, uint32_t crc, size_t packed, size_t size, size_t name)
{
	put16(t, 20);     /* version needed */
	put16(t, 0);      /* flags */
	put16(t, 8);      /* deflate */
	put16(t, 0);      /* time */
	put16(t, 0x5d61); /* date: 2026-11-01 */
	put32(t, crc);
	put32(t, (uint32_t)packed);
	put32(t, (uint32_t)size);
	put16(t, (unsigned)name);
	put16(t, 0); /* extra */
}

static void zip_to(struct text *out, const struct text *xml)
{
	static const char name[] = "report.xml";
	const size_t n = sizeof name - 1;
	struct text body = {0};
	uint32_t crc = (uint32_t)crc32(0, (const unsigned char *)xml->data, (unsigned)xml->len);
	compress_to(&body, xml, WINDOW_RAW);
	text_add(out, "PK\3\4", 4);
	zip_fields(out, crc, body.len, xml->len, n);
	text_add(out, name, n);
	text_add(out, body.data, body.len);
	size_t directory = out->len;
	text_add(out, "PK\1\2", 4);
	put16(out, 20);
	zip_fields(out, crc, body.len, xml->len, n);
	text_add(out, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 14); /* comment, disk, attributes, offset */
	text_add(out, name, n);
	size_t size = out->len - directory;
	text_add(out, "PK\5\6\0\0\0\0\1\0\1\0", 12);
	put32(out, (uint32_t)size);
	put32(out, (uint32_t)directory);
	put16(out, 0);
	text_free(&body);
}

static void write_file(const char *path, const struct text *t)
{
	FILE *f = fopen(path, "wb");
	if (!f || fwrite(t->data, 1, t->len, f) != t->len || fclose(f) != 0)
		die("%s: %s", path, strerror(errno));
}

uint64_t pack_write(enum pack kind, const char *path, const struct text *xml)
{
	static const char *const suffix[] = {".xml.gz", ".zip", ".xml"};
	char full[4096];
	struct text out = {0};
	snprintf(full, sizeof full, "%s%s", path, suffix[kind]);
	if (kind == PACK_GZIP)
		compress_to(&out, xml, WINDOW_GZIP);
	else if (kind == PACK_ZIP)
		zip_to(&out, xml);
	else
		text_add(&out, xml->data, xml->len);
	write_file(full, &out);
	uint64_t size = out.len;
	text_free(&out);
	return size;
}
