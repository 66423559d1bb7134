/* ingest/gzip: what is inflated at once and what goes in steps reads alike. */
#include "tests/unit/check.h"

#include <stdlib.h>
#include <string.h>

#include "core/buf.h"
#include "core/limits.h"
#include "core/mem.h"
#include "ingest/stream/gzip.h"
#include "ingest/stream/spool.h"
#include "tests/unit/make.h"

#define ROOM (64 * MIB)

struct outcome {
	struct buf out;
	struct err err; /* "" when it was read to its end */
	char warning[64];
};

/* All that comes out of c, in reads of n bytes. */
static struct outcome inflated(const struct buf *c, enum gzip_format format, size_t n)
{
	struct outcome o = {.err.msg = ""};
	struct blob blob = {.size = c->len, .mem = (const uint8_t *)c->data, .fd = -1};
	struct origin under = blob_origin(&blob);
	struct gzip g;
	struct origin origin = gzip_origin(&g, &under, format);
	struct stream *s;
	char *chunk = mem_alloc(n);
	size_t got = 1;
	buf_init(&o.out, ROOM);
	assert_int_equal(origin.open(&origin, &s, &o.err), ST_OK);
	enum status st = ST_OK;
	while (st == ST_OK && got > 0) {
		st = stream_read(s, chunk, n, &got, &o.err);
		if (st == ST_OK)
			buf_put(&o.out, chunk, got);
	}
	if (s->warning)
		strncpy(o.warning, s->warning, sizeof o.warning - 1);
	stream_close(s);
	free(chunk);
	return o;
}

static void check(const struct buf *c, enum gzip_format format, size_t n, const struct buf *plain,
		  const char *error, const char *warning)
{
	struct outcome o = inflated(c, format, n);
	if (strncmp(o.err.msg, error, strlen(error)) != 0 || (!*error && *o.err.msg))
		fail_msg("\"%s\", not \"%s\"", o.err.msg, error);
	assert_string_equal(o.warning, warning);
	if (plain) {
		assert_int_equal(o.out.len, plain->len);
		if (plain->len > 0)
			assert_memory_equal(o.out.data, plain->data, plain->len);
	}
	buf_free(&o.out);
}

static struct buf text(size_t n)
{
	struct buf b;
	unsigned x = 1;
	buf_init(&b, ROOM);
	while (b.len < n) { /* words that repeat, but not all of them */
		x = x * 1103515245 + 12345;
		buf_printf(&b, "<count>%u</count>\n", x >> 20);
	}
	b.len = n;
	return b;
}

static void lengths(void **state)
{
	(void)state;
	static const size_t rows[] = {0,     1,      1000,       65535,          65536,
				      65537, 100000, 512 * 1024, 512 * 1024 + 1, 3000000};
	static const size_t reads[] = {997, 32768, 65536, 4000000};
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct buf plain = text(rows[i]), gz = made(), z = made();
		make_gzip(&gz, plain.data ? plain.data : "", plain.len);
		make_deflate(&z, plain.data ? plain.data : "", plain.len, 15);
		for (size_t k = 0; k < COUNT(reads); k++) {
			check(&gz, GZIP_FORMAT, reads[k], &plain, "", "");
			check(&z, ZLIB_FORMAT, reads[k], &plain, "", "");
		}
		buf_free(&plain);
		buf_free(&gz);
		buf_free(&z);
	}
}

/* The length of one member says nothing of the next. */
static void members(void **state)
{
	(void)state;
	static const size_t rows[][3] = {
	    {100, 70000, 5}, {70000, 100, 0}, {0, 0, 70000}, {9, 9, 9}};
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct buf gz = made(), plain;
		buf_init(&plain, ROOM);
		for (size_t k = 0; k < 3; k++) {
			struct buf part = text(rows[i][k]);
			make_gzip(&gz, part.data ? part.data : "", part.len);
			buf_put(&plain, part.data, part.len);
			buf_free(&part);
		}
		check(&gz, GZIP_FORMAT, 65536, &plain, "", "");
		buf_puts(&gz, "\r\n");
		check(&gz, GZIP_FORMAT, 1000, &plain, "", "gzip: 2 bytes after the last member");
		buf_free(&gz);
		buf_free(&plain);
	}
}

/* The length that stands at the end is not believed: neither a small one nor a large one. */
static void claims(void **state)
{
	(void)state;
	static const unsigned char rows[][4] = {
	    {0, 0, 0, 0}, {1, 0, 0, 0}, {0, 0, 7, 0}, {0xff, 0xff, 0xff, 0xff}};
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct buf plain = text(90000), gz = made();
		make_gzip(&gz, plain.data, plain.len);
		memcpy(gz.data + gz.len - 4, rows[i], 4);
		check(&gz, GZIP_FORMAT, 65536, NULL, "gzip: incorrect length check", "");
		buf_free(&gz);
		buf_reset(&plain);
		char *zeros = mem_alloc(20 * MIB); /* 20 KB of gzip */
		make_gzip(&gz, zeros, 20 * MIB);
		memcpy(gz.data + gz.len - 4, rows[i], 4);
		check(&gz, GZIP_FORMAT, 65536, NULL, "gzip: incorrect length check", "");
		free(zeros);
		buf_free(&gz);
		buf_free(&plain);
	}
}

/* A header with a check of its own, which only zlib looks at. */
static void header_check(void **state)
{
	(void)state;
	struct buf plain = text(5000), gz = made(), with = made();
	make_gzip(&gz, plain.data, plain.len);
	buf_put(&with, gz.data, 10);
	with.data[3] = 2;
	uint16_t crc = (uint16_t)crc32(0, (const unsigned char *)with.data, 10);
	const char check16[2] = {(char)crc, (char)(crc >> 8)};
	buf_put(&with, check16, 2);
	buf_put(&with, gz.data + 10, gz.len - 10);
	check(&with, GZIP_FORMAT, 65536, &plain, "", "");
	with.data[10] ^= 1;
	check(&with, GZIP_FORMAT, 65536, NULL, "gzip: header crc mismatch after 0 bytes", "");
	buf_free(&plain);
	buf_free(&gz);
	buf_free(&with);
}

/* Cut anywhere, or with any byte changed: zlib says what is wrong. */
static void damage(void **state)
{
	(void)state;
	struct buf plain = text(3000), gz = made();
	make_gzip(&gz, plain.data, plain.len);
	for (size_t cut = 4; cut < gz.len; cut++) {
		struct buf part = gz;
		part.len = cut;
		struct outcome o = inflated(&part, GZIP_FORMAT, 65536);
		const char *says = *o.err.msg ? o.err.msg : o.warning;
		assert_int_equal(strncmp(says, "gzip: truncated ", 16), 0);
		buf_free(&o.out);
	}
	for (size_t at = 10; at < gz.len; at++) {
		gz.data[at] ^= 0x10;
		struct outcome o = inflated(&gz, GZIP_FORMAT, 65536);
		bool same = o.out.len == plain.len && !memcmp(o.out.data, plain.data, o.out.len);
		assert_true(*o.err.msg || *o.warning || same); /* bits that pad mean nothing */
		buf_free(&o.out);
		gz.data[at] ^= 0x10;
	}
	buf_free(&plain);
	buf_free(&gz);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(lengths),      cmocka_unit_test(members), cmocka_unit_test(claims),
	    cmocka_unit_test(header_check), cmocka_unit_test(damage),
	};
	return cmocka_run_group_tests_name("gzip", tests, NULL, NULL);
}
