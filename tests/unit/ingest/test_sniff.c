/* ingest/: sniff, spool, meter, mime_guard, rawscan, pkcs7. */
#include "tests/unit/check.h"

#include <stdio.h>
#include <string.h>

#include "ingest/mail/guard.h"
#include "ingest/mail/pkcs7.h"
#include "ingest/mail/rawscan.h"
#include "ingest/mail/uu.h"
#include "ingest/stream/meter.h"
#include "ingest/stream/peek.h"
#include "ingest/stream/sniff.h"
#include "ingest/stream/spool.h"
#include "tests/unit/make.h"

#define ROW(s, kind, name)                                                                         \
	{                                                                                          \
		s, sizeof(s) - 1, kind, name                                                       \
	}

static void sniff_table(void **state)
{
	(void)state;
	static const struct {
		const char *bytes;
		size_t n;
		enum kind kind;
		const char *name; /* NULL: not looked at */
	} rows[] = {
	    ROW("", KIND_EMPTY, "empty"),
	    ROW("\x1f\x8b\x08", KIND_GZIP, NULL),
	    ROW("\x78\x9c\xed\xbd\x01\x02\x03", KIND_ZLIB, NULL),
	    ROW("hCats are animals", KIND_TEXT, "text"),
	    ROW("x\x01yes", KIND_ZLIB, NULL),
	    ROW("PK\3\4", KIND_ZIP, NULL),
	    ROW("PK\5\6", KIND_ZIP, NULL),
	    ROW("PK\7\10PK\3\4", KIND_ZIP, NULL),
	    ROW("<?xml version", KIND_XML, NULL),
	    ROW("\xef\xbb\xbf \r\n<feedback>", KIND_XML, NULL),
	    ROW("\xff\xfe<\0f\0", KIND_XML, NULL),
	    ROW("\xfe\xff\0 \0<\0?", KIND_XML, NULL),
	    ROW("<\0?\0x\0", KIND_XML, NULL),
	    ROW("\0<\0?", KIND_XML, NULL),
	    ROW("\xff\xfe\0\0<\0\0\0f\0\0\0", KIND_WIDE, NULL),
	    ROW("\0\0\xfe\xff\0\0\0<", KIND_WIDE, NULL),
	    ROW("rubbish first <feedback>", KIND_XML, NULL),
	    ROW("<html>", KIND_XML, NULL),
	    ROW("< 5 is less", KIND_TEXT, "text"),
	    ROW("\xff\xfeh\0i\0", KIND_WIDE, "UTF-16 or UTF-32 text"),
	    ROW("R\0e\0t\0u\0r\0n\0-\0P\0", KIND_WIDE, NULL),
	    ROW("\0R\0e\0t\0u\0r\0n\0-\0P", KIND_WIDE, NULL),
	    ROW("unused", KIND_TEXT, "text"),
	    ROW("\0\0\0\0\0\0\0\0", KIND_UNKNOWN, NULL),
	    ROW("\x8b\x08\0\0\0\0\0\0\3", KIND_UNKNOWN, NULL), /* gzip without its first byte */
	    ROW("\x1f\xef\xbf\xbd\x08\0", KIND_UNKNOWN, NULL), /* gzip through a decoder of UTF-8 */
	    ROW("-\x8e\xb1\n\x80 \x0c\x05", KIND_UNKNOWN, NULL), /* deflate and nothing else */
	    ROW("\xef\xbb\xbf\x1f\x8b\x08", KIND_GZIP, NULL),
	    ROW("\r\n\r\nPK\3\4", KIND_ZIP, NULL),
	    ROW("!BDN", KIND_UNSUPPORTED, NULL),
	    ROW("!\0-lh5-", KIND_UNSUPPORTED, "an LHA archive"),
	    ROW("]\0\0\x80\0", KIND_UNSUPPORTED, "an lzma file"),
	    ROW("\0\5\x16\7\0", KIND_OTHER, NULL),
	    ROW("Received: from x\r\n\tby y\r\n", KIND_MAIL, NULL),
	    ROW("X-Odd: 1\nSubject: 2\n", KIND_MAIL, NULL),
	    ROW("from: a", KIND_MAIL, NULL),
	    ROW("Unknown: 1\n folded\nSubject : 2\n", KIND_MAIL, NULL),
	    ROW(">From a@b Thu Jan  1 00:00:00 2015\nSubject: 2\n", KIND_MAIL, NULL),
	    ROW("Dear all: hello\nSubject: 2\n", KIND_TEXT, "text"),
	    ROW("note: hello\n\nSubject: 2\n", KIND_TEXT, "text"),
	    ROW("From a@b Thu Jan  1 00:00:00 2015\nSubject: 2\n", KIND_MBOX, NULL),
	    ROW("From here on\n", KIND_TEXT, "text"),
	    ROW("From here on\nSubject: 2\n", KIND_MBOX, NULL),
	    ROW("From \nX: 2\n", KIND_MBOX, NULL),
	    ROW("From\r\nX: 2\n", KIND_MBOX, NULL),
	    ROW("From \n>From a\nX: 2\n", KIND_MBOX, NULL),
	    ROW("From here on see\nhttp://example.com\n", KIND_TEXT, "text"),
	    ROW("\xef\xbb\xbf\r\n\nFrom \r\nX: 2\n", KIND_MBOX, NULL),
	    ROW("\xef\xbb\xbfReturn-Path: <a>\n", KIND_MAIL, NULL),
	    ROW("+OK 1234 octets\r\nReturn-Path: <a>\n", KIND_MAIL, NULL),
	    ROW("* 1 FETCH (BODY[] {123}\r\nReturn-Path: <a>\n", KIND_MAIL, NULL),
	    ROW("1234      \nReturn-Path: <a>\n", KIND_MAIL, NULL), /* .emlx */
	    ROW("1234\nand more\n", KIND_TEXT, "text"),
	    ROW(" {\"organization-name\":", KIND_TEXT, "a TLS report (TLS-RPT)"),
	    ROW("[1]", KIND_TEXT, "JSON"),
	    ROW("From: a\rTo: b\r\rc", KIND_CR, NULL),
	    ROW("From a@b Thu Jan  1 00:00:00 2015\rTo: b\r", KIND_CR, NULL),
	    ROW("From: a\rTo: b\n", KIND_MAIL, NULL),
	    ROW("some words\rand more", KIND_TEXT, NULL),
	    ROW("(This file must be converted with BinHex 4.0)\n", KIND_UNSUPPORTED,
		"a BinHex file"),
	    ROW("\\x1F8b0800000000000003aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
		KIND_UNSUPPORTED, NULL),
	    ROW("%PDF-1.4", KIND_OTHER, "a PDF document"),
	    ROW("\xfd\x37zXZ\0", KIND_UNSUPPORTED, "an xz file"),
	    ROW("\x28\xb5\x2f\xfd", KIND_UNSUPPORTED, "a zstd file"),
	    ROW("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", KIND_UNSUPPORTED, NULL),
	    ROW("-----BEGIN PGP MESSAGE-----\n", KIND_UNSUPPORTED, NULL),
	    ROW("\x30\x80\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02\xa0\x80\x30", KIND_SIGNED,
		NULL),
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct sniffed s = sniff((const uint8_t *)rows[i].bytes, rows[i].n);
		CHECK_ROW(s.kind == rows[i].kind, i);
		CHECK_ROW(!rows[i].name || strcmp(s.name, rows[i].name) == 0, i);
	}
	uint8_t tar[512] = "a.xml";
	memcpy(tar + 257, "ustar", 5);
	assert_string_equal(sniff(tar, sizeof tar).name, "a tar archive");
	uint8_t old[512] = "a.xml"; /* before there was a mark */
	unsigned sum = 8 * ' ' + 'a' + '.' + 'x' + 'm' + 'l';
	snprintf((char *)old + 148, 8, "%06o", sum);
	assert_string_equal(sniff(old, sizeof old).name, "a tar archive");
	old[100] = 1;
	assert_int_equal(sniff(old, sizeof old).kind, KIND_UNKNOWN);
	uint8_t blanks[SNIFF_BYTES];
	memset(blanks, '\n', sizeof blanks);
	assert_int_equal(sniff(blanks, sizeof blanks).kind, KIND_XML);
	assert_int_equal(sniff(blanks, 10).kind, KIND_TEXT);
}

static void spool_grows_into_a_file(void **state)
{
	(void)state;
	static uint8_t chunk[1 << 20];
	struct spool s;
	struct blob b;
	struct err err;
	uint8_t c;
	spool_init(&s, 6 * MIB + 1);
	spool_blob(&s, &b);
	assert_int_equal(b.size, 0);
	for (uint8_t i = 0; i < 6; i++) {
		memset(chunk, i, sizeof chunk);
		assert_int_equal(spool_put(&s, chunk, sizeof chunk, &err), ST_OK);
		assert_true((s.fd >= 0) == (i >= 4));
	}
	assert_int_equal(spool_put(&s, chunk, 2, &err), ST_ITEM);
	assert_int_equal(spool_put(&s, chunk, 1, &err), ST_OK);
	spool_blob(&s, &b);
	assert_int_equal(b.size, 6 * MIB + 1);
	for (uint8_t i = 0; i < 6; i++) {
		assert_int_equal(blob_read(&b, i * MIB + 7, &c, 1), 1);
		assert_int_equal(c, i);
	}
	spool_free(&s);
}

static void meter_counts_bytes_once(void **state)
{
	(void)state;
	struct blob b = {.size = 10, .mem = (const uint8_t *)"0123456789", .fd = -1};
	struct origin o = blob_origin(&b);
	struct meter meter;
	struct metered first, second;
	struct stream *s;
	struct spool spool;
	struct err err;
	meter_init(&meter, 15);
	struct origin m1 = metered_origin(&first, &meter, &o);
	struct origin m2 = metered_origin(&second, &meter, &o);
	spool_init(&spool, 100);
	for (int pass = 0; pass < 3; pass++) {
		assert_int_equal(m1.open(&m1, &s, &err), ST_OK);
		assert_int_equal(spool_drain(&spool, s, &err), ST_OK);
		stream_close(s);
	}
	assert_int_equal(meter.left, 5);
	assert_int_equal(m2.open(&m2, &s, &err), ST_OK);
	assert_int_equal(spool_drain(&spool, s, &err), ST_ITEM);
	assert_string_equal(err.msg, "more than 15 bytes decompressed");
	assert_true(meter.over);
	stream_close(s);
	spool_free(&spool);
}

/* ---- peek ---- */

struct counted {
	struct origin under;
	unsigned opened;
};

static enum status counted_open(const struct origin *o, struct stream **out, struct err *err)
{
	struct counted *c = (struct counted *)(uintptr_t)o->ctx;
	c->opened++;
	return c->under.open(&c->under, out, err);
}

/* Whatever the size of the look: the first pass is the one that looked, the next is a new one. */
static void peek_gives_back_what_it_read(void **state)
{
	(void)state;
	struct blob b = {.size = 10, .mem = (const uint8_t *)"0123456789", .fd = -1};
	for (size_t size = 1; size < 13; size++) {
		struct counted c = {.under = blob_origin(&b)};
		struct origin o = {.open = counted_open, .ctx = &c};
		struct peek p;
		struct err err;
		assert_int_equal(peek_begin(&p, &o, size, &err), ST_OK);
		assert_int_equal(p.n, size < 10 ? size : 10);
		assert_memory_equal(p.head, b.mem, p.n);
		struct origin again = peek_origin(&p);
		for (unsigned pass = 1; pass <= 3; pass++) {
			struct stream *s;
			struct spool spool;
			struct blob all;
			char text[10];
			spool_init(&spool, 100);
			assert_int_equal(again.open(&again, &s, &err), ST_OK);
			assert_int_equal(spool_drain(&spool, s, &err), ST_OK);
			stream_close(s);
			spool_blob(&spool, &all);
			assert_int_equal(all.size, 10);
			assert_int_equal(blob_read(&all, 0, text, 10), 10);
			assert_memory_equal(text, b.mem, 10);
			assert_int_equal(c.opened, pass);
			spool_free(&spool);
		}
		peek_end(&p);
	}
}

static enum status refuse_to_open(const struct origin *o, struct stream **out, struct err *err)
{
	(void)o, (void)out;
	return err_set(err, ST_ITEM, "damaged");
}

static void peek_says_what_stops_it(void **state)
{
	(void)state;
	struct origin o = {.open = refuse_to_open};
	struct peek p;
	struct stream *s;
	struct err err;
	assert_int_equal(peek_begin(&p, &o, PEEK_SMALL, &err), ST_ITEM);
	assert_string_equal(err.msg, "damaged");
	assert_int_equal(p.n, 0);
	struct origin again = peek_origin(&p);
	assert_int_equal(again.open(&again, &s, &err), ST_ITEM);
	peek_end(&p);
}

/* ---- guard ---- */

static void guard_blanks_long_fields(void **state)
{
	(void)state;
	static const struct {
		const char *field;
		bool folded, blanked;
		size_t n;
	} rows[] = {
	    {"To: ", false, false, 1000},   {"To: ", false, true, 20000},
	    {"to :", true, true, 20000},    {"X-Any: ", true, true, 20000},
	    {"<a:b>", false, false, 20000}, {"no field ", false, false, 20000},
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct buf b = made();
		enum guard_verdict over;
		buf_printf(&b, "Subject: x\r\n%s", rows[i].field);
		size_t at = b.len;
		while (b.len < rows[i].n)
			buf_puts(&b, rows[i].folded ? "a:\n\t" : "a:");
		buf_puts(&b, "\r\nDate: y\r\n\r\nbody");
		size_t n = b.len;
		CHECK_ROW(mime_guard((uint8_t *)b.data, n, 1000, &over) == n, i);
		CHECK_ROW(over == GUARD_FITS, i);
		CHECK_ROW((b.data[at] == ' ') == rows[i].blanked, i);
		CHECK_ROW((memchr(b.data + at, '\n', n - at - 17) != NULL) ==
			      (rows[i].folded && !rows[i].blanked),
			  i);
		CHECK_ROW(memcmp(b.data, "Subject: x\r\n", 12) == 0, i);
		CHECK_ROW(memcmp(b.data + n - 15, "Date: y\r\n\r\nbody", 15) == 0, i);
		buf_free(&b);
	}
}

/* Each line with "--" is held to each boundary that is open: from both sides of the ceiling. */
static void guard_bounds_open_boundaries(void **state)
{
	(void)state;
	for (int lines = 30000; lines <= 40000; lines += 10000) {
		struct buf b = made();
		enum guard_verdict over;
		for (int i = 0; i < 900; i++)
			buf_printf(&b, "Content-Type: multipart/mixed; boundary=b\n\n--b\n");
		for (int i = 0; i < lines; i++)
			buf_puts(&b, "--a\n");
		size_t use = mime_guard((uint8_t *)b.data, b.len, 1000, &over);
		assert_int_equal(over, lines == 30000 ? GUARD_FITS : GUARD_OPEN);
		assert_true(lines == 30000 ? use == b.len : use < b.len);
		buf_free(&b);
	}
}

static void guard_cuts_parts(void **state)
{
	(void)state;
	static const struct {
		const char *mail;
		size_t keep; /* with at most 2 parts; 0: all */
	} rows[] = {
	    {"boundary=b\n--b\n1\n--b\n2\n--b\n3\n", 23},
	    {"boundary=b\n--b\n1\n--b\n2\n--b--\n3\n", 0},
	    {"BOUNDARY = \n \"b c\"\n--b c \n--b c\r\n--b c\n", 33},
	    {"boundary=b\n--c\n--c\n--c\n--c\n", 0},
	    {"boundary*=b\n--c\n--c\n--c\n--c\n", 20},
	    {"boundary=b--;\n--b--\n--b--\n--b--\n", 26},
	    {"boundary", 0},
	    {"boundary=", 0},
	    {"boundary=\"", 0},
	    {"", 0},
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct buf b = made();
		enum guard_verdict over;
		buf_puts(&b, rows[i].mail);
		size_t n = b.len;
		size_t keep = mime_guard((uint8_t *)b.data, n, 2, &over);
		CHECK_ROW(keep == (rows[i].keep ? rows[i].keep : n), i);
		CHECK_ROW(over == (rows[i].keep ? GUARD_PARTS : GUARD_FITS), i);
		buf_free(&b);
	}
}

/* ---- raw scan ---- */

static enum status on_found(void *ctx, const struct blob *doc, struct err *err)
{
	struct buf *all = ctx;
	(void)err;
	buf_putc(all, '[');
	for (uint64_t i = 0; i < doc->size; i++)
		buf_putc(all, doc->mem[i] < ' ' ? '.' : (char)doc->mem[i]);
	buf_putc(all, ']');
	return ST_OK;
}

#define LONG "a name of fifty characters or so, and there are two."

static void rawscan_table(void **state)
{
	(void)state;
	static const struct {
		const char *text, *found;
	} rows[] = {
	    {"nothing here", ""},
	    {"x <feedback>1</feedback> y", "[<feedback>1</feedback>]"},
	    {"a<?xml version?>\n<feedback>1</feedback>b<feedback >2</feedback>",
	     "[<?xml version?>.<feedback>1</feedback>][<feedback >2</feedback>]"},
	    {"<feedback>cut", "[<feedback>cut]"},
	    {"<feedbacks>", ""},
	    {"<feedback", ""},
	    {"text\nPK\3\4rest", "[PK..rest]"},
	    {"textPK\3\4rest", ""},
	    {"hello\r\n\r\nPGZlZWRiYWNrPjE8L2Zl\r\nZWRiYWNrPg==\r\nfooter\r\n",
	     "[<feedback>1</feedback>]"},
	    {"hello\n PGZlZWRiYWNrPjE8L2Zl \n\n ZWRiYWNrPg\n--b", "[<feedback>1</feedback>]"},
	    {"SGVsbG8gd29ybGQsIGhvdyBhcmUgeW91\n", ""},
	    {"hello\nbegin 644 a\n6/&9E961B86-K/C$\\+V9E961B86-K/@``\n`\nend\n",
	     "[<feedback>1</feedback>]"},
	    {"begin 644 a\r\n6/&9E961B86-K/C$\\+V9E961B86-K/@``", "[<feedback>1</feedback>]"},
	    {"begin 644 " LONG LONG "\n6/&9E961B86-K/C$\\+V9E961B86-K/@``\n",
	     "[<feedback>1</feedback>]"},
	    {"begin 644 a\n" LONG LONG "\nbegin 644 b\n6/&9E961B86-K/C$\\+V9E961B86-K/@``\n",
	     "[<feedback>1</feedback>]"},
	    {"begin 644 " LONG LONG, ""},
	    {"begin 644 ", ""},
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct buf all = made();
		struct rawscan_visitor v = {.ctx = &all, .found = on_found};
		struct err err;
		CHECK_ROW(rawscan((const uint8_t *)rows[i].text, strlen(rows[i].text), &v, &err) ==
			      ST_OK,
			  i);
		CHECK_ROW(strcmp(all.data ? all.data : "", rows[i].found) == 0, i);
		buf_free(&all);
	}
}

/* ---- uuencode ---- */

static void uu_table(void **state)
{
	(void)state;
	static const struct {
		const char *in, *out;
	} rows[] = {
	    {"begin 644 a\n#0V%T\n`\nend\n", "Cat"},
	    {"begin 0644 a b\r\n#0V%T\r\n \r\nend\r\n", "Cat"},
	    {"words\nbegin at noon\nbegin 644 a\n#0V%T\nend\n#0V%T\n", "Cat"},
	    {"begin 644 a\n#0V%T\n#0V%T", "CatCat"},
	    {"begin 644 a\n#0V%TX\n#0V%T", "CatCat"}, /* a check character */
	    {"begin 644 a\n$0V%T\n", "Cat"},          /* less than it says */
	    {"begin 644 a\n#0V%TXX\n#0V%T", ""},      /* more than it says */
	    {"begin 644 a\n\n#0V%T", ""},
	    {"begin 644\n#0V%T\n", ""},
	    {"begin 64 a\n#0V%T\n", ""},
	    {"#0V%T\n", ""},
	    {"begin 644 a\n#0\xff\x80T\n", NULL},
	    {"", ""},
	};
	for (size_t i = 0; i < COUNT(rows); i++)
		for (size_t step = 1; step < 20; step++) {
			char out[256];
			struct uu u = {0};
			size_t n = strlen(rows[i].in), got = 0;
			for (size_t at = 0; at < n; at += step)
				got += uu_step(&u, rows[i].in + at, n - at < step ? n - at : step,
					       out + got);
			got += uu_end(&u, out + got);
			CHECK_ROW(got <= n, i);
			CHECK_ROW(!rows[i].out || (got == strlen(rows[i].out) &&
						   memcmp(out, rows[i].out, got) == 0),
				  i);
		}
}

/* Only the name may be long: such a line before the data is skipped, within it is their end. */
static void uu_long_lines(void **state)
{
	(void)state;
	static char in[3 * 4096], out[sizeof in + UU_LINE_MAX];
	static const char data[] = "\nbegin 644 a\n#0V%T\n";
	static const char named[] = "begin 644 a";
	for (int where = 0; where < 3; where++) {
		struct uu u = {0};
		memset(in, '!', sizeof in);
		memcpy(in + (where == 1 ? 0 : 8000), data + (where == 2 ? 12 : 0),
		       sizeof data - 1 - (where == 2 ? 12 : 0));
		if (where == 2)
			memcpy(in, named, sizeof named - 1);
		in[sizeof in - 1] = '\n';
		CHECK_ROW(uu_step(&u, in, sizeof in, out) == 3, where);
		CHECK_ROW(u.state == UU_DONE, where);
	}
}

/* ---- S/MIME ---- */

#define OID(k) "\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07" k
#define INDEF  "\x80"

static void pkcs7_table(void **state)
{
	(void)state;
	static const char whole[] = "\x30\x29" OID("\2") "\xa0\x1c\x30\x1a\2\1\1\x31\0\x30\x11" OID(
	    "\1") "\xa0\4\4\2hi\x31\0";
	static const char pieces[] =
	    "\x30" INDEF OID("\2") "\xa0" INDEF "\x30" INDEF
				   "\2\1\1\x31\0\x30" INDEF OID("\1") "\xa0" INDEF "\x24" INDEF
								      "\4\2he\4\3llo\0\0\0\0"
								      "\0\0\0\0";
	static const char definite[] =
	    "\x30\x23" OID("\2") "\xa0\x16\x30\x14\2\1\1\x31\0\x30\x0b" OID("\1") "\x31\0";
	static const char open[] =
	    "\x30" INDEF OID("\2") "\xa0" INDEF "\x30" INDEF
				   "\2\1\1\x31\0\x30" INDEF OID("\1") "\0\0\x31\0\0\0\0\0\0\0";
	static const struct {
		const char *p;
		size_t n;
	} detached[] = {{definite, sizeof definite - 1}, {open, sizeof open - 1}};
	struct buf out = made();
	assert_true(pkcs7_content((const uint8_t *)whole, sizeof whole - 1, &out));
	assert_string_equal(out.data, "hi");
	buf_reset(&out);
	assert_true(pkcs7_content((const uint8_t *)pieces, sizeof pieces - 1, &out));
	assert_string_equal(out.data, "hello");
	assert_false(pkcs7_is_detached((const uint8_t *)whole, sizeof whole - 1));
	assert_false(pkcs7_is_detached((const uint8_t *)pieces, sizeof pieces - 1));
	for (size_t i = 0; i < COUNT(detached); i++) {
		CHECK_ROW(pkcs7_is_detached((const uint8_t *)detached[i].p, detached[i].n), i);
		CHECK_ROW(!pkcs7_content((const uint8_t *)detached[i].p, detached[i].n, &out), i);
	}
	for (size_t n = 0; n < sizeof pieces; n++) {
		buf_reset(&out);
		(void)pkcs7_content((const uint8_t *)pieces, n, &out);
		(void)pkcs7_is_detached((const uint8_t *)pieces, n);
	}
	buf_free(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(sniff_table),
	    cmocka_unit_test(spool_grows_into_a_file),
	    cmocka_unit_test(meter_counts_bytes_once),
	    cmocka_unit_test(peek_gives_back_what_it_read),
	    cmocka_unit_test(peek_says_what_stops_it),
	    cmocka_unit_test(guard_blanks_long_fields),
	    cmocka_unit_test(guard_cuts_parts),
	    cmocka_unit_test(guard_bounds_open_boundaries),
	    cmocka_unit_test(rawscan_table),
	    cmocka_unit_test(uu_table),
	    cmocka_unit_test(uu_long_lines),
	    cmocka_unit_test(pkcs7_table),
	};
	return cmocka_run_group_tests_name("sniff", tests, NULL, NULL);
}
