/* ingest/unpack: files and mails of every shape to their documents. */
#include "tests/unit/check.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/leaves.h"
#include "tests/unit/make.h"

static const char xml[] = "<?xml version=\"1.0\"?>\n<feedback><report_metadata/></feedback>\n";
#define XML_LEN (sizeof xml - 1)

/* One XML leaf of our text, somewhere; returns it. */
static struct found_leaf *only_xml(struct found *f)
{
	struct found_leaf *hit = NULL;
	for (size_t i = 0; i < f->n; i++)
		if (f->v[i].kind == LEAF_XML && !f->v[i].body) {
			assert_null(hit);
			hit = &f->v[i];
		}
	return hit;
}

static struct found look(const struct buf *b, const char *name)
{
	struct found f;
	struct blob blob = as_blob(b);
	assert_int_equal(find_leaves(&blob, name, &f), ST_OK);
	assert_true(f.total > 0);
	return f;
}

static void check_xml(const struct buf *b, const char *name, const char *source, const char *note)
{
	struct found f = look(b, name);
	struct found_leaf *l = only_xml(&f);
	if (!l)
		fail_msg("%s: no XML: %s", name, f.v[0].reason);
	assert_string_equal(l->source, source);
	assert_string_equal(l->reason, note);
	assert_true(l->xml.len >= XML_LEN);
	assert_memory_equal(l->xml.data, xml, XML_LEN);
	assert_int_equal(f.bad, 0);
	found_free(&f);
}

static void check_leaf(const struct buf *b, enum leaf_kind kind, const char *reason)
{
	struct found f = look(b, "x");
	if (f.v[0].kind != kind || strcmp(f.v[0].reason, reason) != 0)
		fail_msg("kind %d, \"%s\", not \"%s\"", (int)f.v[0].kind, f.v[0].reason, reason);
	assert_int_equal(f.total, 1);
	found_free(&f);
}

static void plain_kinds(void **state)
{
	(void)state;
	static const struct {
		const char *bytes;
		size_t n;
		enum leaf_kind kind;
		const char *reason;
	} rows[] = {
	    {"", 0, LEAF_OTHER, "empty"},
	    {"unused", 6, LEAF_OTHER, "text"},
	    {"{\"organization-name\": 1}", 24, LEAF_OTHER, "a TLS report (TLS-RPT)"},
	    {"\x89PNG\r\n\x1a\n", 8, LEAF_OTHER, "a PNG image"},
	    {"7z\xbc\xaf\x27\x1c", 6, LEAF_BAD, "a 7z archive is not supported"},
	    {"Rar!\x1a\x07", 6, LEAF_BAD, "a rar archive is not supported"},
	    {"BZh91AY&SY", 10, LEAF_BAD, "a bzip2 file is not supported"},
	    {"\x78\x9f\x3e\x22", 4, LEAF_BAD, "TNEF (winmail.dat) is not supported"},
	    {"\x1f\x8b\x08", 3, LEAF_BAD, "gzip: truncated after 0 bytes"},
	    {"PK\3\4xxxx", 8, LEAF_BAD, "zip: truncated or damaged (no directory at its end)"},
	    {"PK\5\6\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 22, LEAF_OTHER, "an empty zip"},
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct buf b = made(), gz = made();
		buf_put(&b, rows[i].bytes, rows[i].n);
		check_leaf(&b, rows[i].kind, rows[i].reason);
		make_gzip(&gz, rows[i].bytes, rows[i].n);
		check_leaf(&gz, rows[i].kind, rows[i].reason);
		buf_free(&b);
		buf_free(&gz);
	}
}

static void compressed(void **state)
{
	(void)state;
	struct buf b = made(), c = made();
	buf_puts(&b, xml);
	check_xml(&b, "a.xml", "a.xml", "");
	make_gzip(&c, xml, XML_LEN);
	check_xml(&c, "a.gz", "a.gz", "");
	size_t whole = c.len;
	for (size_t cut = 1; cut <= 8; cut++) { /* in the trailer: all data is out */
		c.len = whole - cut;
		check_xml(&c, "a.gz", "a.gz", "gzip: truncated in the check at its end");
	}
	c.len = whole;
	buf_puts(&c, "\r\n");
	check_xml(&c, "a.gz", "a.gz", "gzip: 2 bytes after the last member");
	buf_reset(&c);
	make_gzip(&c, xml, 10);
	make_gzip(&c, xml + 10, XML_LEN - 10);
	check_xml(&c, "two.gz", "two.gz", "");
	buf_reset(&c);
	make_deflate(&c, xml, XML_LEN, 15);
	check_xml(&c, "a.zlib", "a.zlib", "");
	buf_reset(&c);
	make_gzip(&c, xml, XML_LEN);
	buf_reset(&b);
	make_gzip(&b, c.data, c.len);
	check_xml(&b, "a.gz.gz", "a.gz.gz", "");
	buf_free(&b);
	buf_free(&c);
}

/* What stands behind a container is read, or set aside; only what is too short for a report is not.
 */
static void behind_containers(void **state)
{
	(void)state;
	static const char *const firsts[] = {"gz", "zlib", "zip"};
	struct buf second[5] = {made(), made(), made(), made(), made()};
	make_gzip(&second[0], xml, XML_LEN);
	make_zip(&second[1], &(struct make_member){"b.xml", xml, XML_LEN, NULL}, 1);
	buf_puts(&second[2], xml);
	buf_puts(&second[3], "\r\n");
	make_gzip(&second[3], xml, XML_LEN);
	uint32_t dice = 1;
	for (int k = 0; k < 600; k++) /* bytes of no kind, as many as a report may have */
		buf_putc(&second[4], (char)((dice = dice * 1103515245 + 12345) >> 16));
	for (size_t i = 0; i < COUNT(firsts); i++)
		for (size_t k = 0; k < COUNT(second); k++) {
			struct buf b = made();
			if (i == 0)
				make_gzip(&b, xml, XML_LEN);
			else if (i == 1)
				make_deflate(&b, xml, XML_LEN, 15);
			else
				make_zip(&b, &(struct make_member){"a.xml", xml, XML_LEN, NULL}, 1);
			buf_put(&b, second[k].data, second[k].len);
			struct found f = look(&b, "x");
			size_t documents = 0;
			for (size_t n = 0; n < f.n; n++)
				documents += f.v[n].kind == LEAF_XML;
			bool same_gzip = i == 0 && k == 0; /* a member more of the same */
			CHECK_ROW(documents == (k == 4 || same_gzip ? 1 : 2), 10 * i + k);
			CHECK_ROW(f.bad == (k == 4), 10 * i + k);
			bool front = i == 2 && k == 1; /* zips are told from behind */
			if (k != 4 && !same_gzip && !front)
				CHECK_ROW(strncmp(f.v[1].source, "x!behind1", 9) == 0, 10 * i + k);
			found_free(&f);
			b.len -= second[k].len;
			buf_puts(&b, k % 2 ? "\r\n\0\0" : "_______\nlist mailing list\n");
			f = look(&b, "x");
			CHECK_ROW(f.total == 1 && f.bad == 0, 10 * i + k);
			found_free(&f);
			buf_free(&b);
		}
	for (size_t k = 0; k < COUNT(second); k++)
		buf_free(&second[k]);
}

static void gzip_damage(void **state)
{
	(void)state;
	static const struct {
		size_t from_end;
		const char *what;
	} rows[] = {{8, "gzip: incorrect data check"}, {1, "gzip: incorrect length check"}};
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct buf c = made();
		make_gzip(&c, xml, XML_LEN);
		c.data[c.len - rows[i].from_end] ^= 1;
		struct found f = look(&c, "a.gz");
		assert_int_equal(f.total, 1);
		CHECK_ROW(strncmp(f.v[0].reason, rows[i].what, strlen(rows[i].what)) == 0, i);
		found_free(&f);
		buf_free(&c);
	}
}

static void zips(void **state)
{
	(void)state;
	struct buf gz = made(), z = made(), zz = made();
	make_gzip(&gz, xml, XML_LEN);
	struct make_member one[] = {{"dir", NULL, 0, NULL}, {"b.xml", xml, XML_LEN, NULL}};
	make_zip(&z, one, 2);
	check_xml(&z, "a.zip", "a.zip!b.xml", "");
	struct make_member nested[] = {{"in.zip", z.data, z.len, NULL}};
	make_zip(&zz, nested, 1);
	check_xml(&zz, "o.zip", "o.zip!in.zip!b.xml", "");
	buf_reset(&zz);
	make_gzip(&zz, z.data, z.len);
	check_xml(&zz, "z.gz", "z.gz!b.xml", "");
	buf_reset(&z);
	struct make_member odd[] = {{"../../\x1b[31m\xff.xml.gz", gz.data, gz.len, NULL}};
	make_zip(&z, odd, 1);
	check_xml(&z, "a.zip", "a.zip!../../\\x1b[31m\\xff.xml.gz", "");
	buf_reset(&z);
	struct make_member several[] = {{"1.xml", xml, XML_LEN, NULL},
					{"empty", "", 0, NULL},
					{"s.xml", xml, XML_LEN, "secret"},
					{"2.xml", xml, XML_LEN, NULL}};
	make_zip(&z, several, 4);
	struct found f = look(&z, "a.zip");
	assert_int_equal(f.xml, 2);
	assert_int_equal(f.bad, 1);
	assert_string_equal(f.v[1].reason, "empty");
	assert_string_equal(f.v[2].reason, "zip: member \"s.xml\" is encrypted");
	found_free(&f);
	buf_free(&gz);
	buf_free(&z);
	buf_free(&zz);
}

static void zip_with_wrong_crc(void **state)
{
	(void)state;
	struct buf z = made();
	struct make_member one[] = {{"b.xml", xml, XML_LEN, NULL}};
	make_zip(&z, one, 1);
	char *directory = memmem(z.data, z.len, "PK\1\2", 4);
	directory[16] ^= 1;
	z.data[14] ^= 1;
	struct found f = look(&z, "a.zip");
	assert_int_equal(f.total, 1);
	assert_non_null(strstr(f.v[0].reason, "CRC error"));
	found_free(&f);
	buf_free(&z);
}

static void too_deep(void **state)
{
	(void)state;
	struct buf b = made();
	buf_puts(&b, xml);
	for (int i = 1; i <= 5; i++) {
		struct buf c = made();
		make_gzip(&c, b.data, b.len);
		buf_free(&b);
		b = c;
		if (i <= 4)
			check_xml(&b, "x", "x", "");
	}
	check_leaf(&b, LEAF_BAD, "nested more than 4 deep");
	buf_free(&b);
}

static void many_members(void **state)
{
	(void)state;
	static struct make_member m[10000];
	static char names[10000][16];
	struct buf z = made();
	for (size_t i = 0; i < COUNT(m); i++) {
		snprintf(names[i], sizeof names[i], "%zu.xml", i);
		m[i] = (struct make_member){names[i], xml, XML_LEN, NULL};
	}
	make_zip(&z, m, COUNT(m));
	struct found f = look(&z, "a.zip");
	assert_int_equal(f.xml, 1000);
	assert_int_equal(f.bad, 1);
	assert_int_equal(f.total, 1001);
	found_free(&f);
	buf_free(&z);
}

static void total_ceiling(void **state)
{
	(void)state;
	static char big[600 * 1024] = "<feedback>";
	struct limits limits = LIMITS_DEFAULT;
	struct make_member m[] = {{"1.xml", big, sizeof big, NULL},
				  {"2.xml", big, sizeof big, NULL},
				  {"3.xml", big, sizeof big, NULL}};
	struct buf z = made();
	struct found f;
	limits.container_bytes = 1 * MIB;
	make_zip(&z, m, 3);
	struct blob blob = as_blob(&z);
	assert_int_equal(find_leaves_limited(&blob, "z", &limits, &f), ST_OK);
	assert_int_equal(f.v[0].size, sizeof big);
	assert_string_equal(f.v[1].reason, "more than 1 MiB decompressed");
	assert_int_equal(f.v[2].kind, LEAF_BAD);
	assert_int_equal(f.total, 3);
	found_free(&f);
	buf_free(&z);
}

/* ---- mails ---- */

static void head(struct buf *b, const char *fields)
{
	buf_puts(b, "From: a@example.com\r\nSubject: Report Domain: x\r\nMIME-Version: 1.0\r\n");
	buf_puts(b, fields);
	buf_puts(b, "\r\n");
}

enum payload { P_XML, P_GZIP, P_ZIP, P_ZLIB };

static struct buf payload(enum payload p)
{
	struct buf b = made();
	struct make_member one[] = {{"b.xml", xml, XML_LEN, NULL}};
	if (p == P_XML)
		buf_puts(&b, xml);
	else if (p == P_ZIP)
		make_zip(&b, one, 1);
	else
		make_deflate(&b, xml, XML_LEN, p == P_GZIP ? 31 : 15);
	return b;
}

static void mail_whole_is_archive(void **state)
{
	(void)state;
	static const struct {
		enum payload p;
		const char *fields, *eol;
		bool pad;
	} rows[] = {
	    {P_ZIP, "Content-Type: application/zip", "\r\n", true},
	    {P_GZIP, "Content-Type: application/gzip", "\r\n", true},
	    {P_ZIP, "Content-Type: application/gzip", "\n", true},
	    {P_GZIP, "Content-Type: application/zip", "\n", false},
	    {P_GZIP, "Content-Type: multipart/alternative; boundary=x", "\n", true},
	    {P_ZIP, "Content-Type: application/octet-stream; name*0=a; name*1*=''b", "\r\n", false},
	    {P_GZIP, "ContentType: application/gzip", "\r\n", true},
	    {P_GZIP, "X-Nothing: here", " \r\n\r\n", true},
	    {P_ZLIB, "Content-Type: application/zlib", "\r\n", true},
	    {P_XML, "Content-Type: application/xml", "\r\n", false},
	    {P_XML, "Content-Type: text/plain; name=a.xml", "\r\n", false},
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct buf b = made(), p = payload(rows[i].p), fields = made();
		buf_printf(&fields, "%s\r\nContent-Transfer-Encoding: base64\r\n", rows[i].fields);
		head(&b, fields.data);
		make_base64(&b, p.data, p.len, rows[i].eol, rows[i].pad);
		buf_puts(&b, "\r\n\r\n");
		struct found f = look(&b, "m.eml");
		CHECK_ROW(f.xml == 1, i);
		CHECK_ROW(f.bad == 0, i);
		CHECK_ROW(f.v[f.n - 1].kind == LEAF_XML, i);
		CHECK_ROW(f.v[f.n - 1].xml.len == XML_LEN, i);
		found_free(&f);
		buf_free(&b);
		buf_free(&p);
		buf_free(&fields);
	}
}

/* A multipart of a text, a part with these fields, and a logo. */
static struct buf multipart(const char *top, const char *fields, const void *p, size_t n, bool b64)
{
	struct buf b = made();
	head(&b, top);
	buf_puts(&b, "preamble\r\n--b1\r\nContent-Type: text/html\r\n\r\n<html><body>hello"
		     "</body></html>\r\n--b1\r\n");
	buf_puts(&b, fields);
	buf_puts(&b, "\r\n");
	if (b64)
		make_base64(&b, p, n, "\r\n", true);
	else
		buf_put(&b, p, n);
	buf_puts(&b, "\r\n--b1\r\nContent-Type: image/png\r\n\r\n\x89PNG\r\n\x1a\n--b1--\r\n");
	return b;
}

#define MIXED "Content-Type: multipart/mixed; boundary=\"b1\"\r\n"

static void mail_multipart(void **state)
{
	(void)state;
	struct buf z = payload(P_ZIP), inner;
	struct buf b =
	    multipart(MIXED, "Content-Transfer-Encoding: base64\r\n", z.data, z.len, true);
	check_xml(&b, "m.eml", "m.eml!part2!b.xml", "");
	struct found f = look(&b, "m.eml");
	assert_true(f.v[0].body);
	assert_int_equal(f.v[1].container, z.len);
	assert_string_equal(f.v[2].source, "m.eml!part3");
	found_free(&f);
	inner = b;
	b = multipart("Content-Type: multipart/mixed; boundary=b1\r\n",
		      "Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n",
		      inner.data, inner.len, true);
	check_xml(&b, "m.eml", "m.eml!part2!part2!b.xml", "");
	buf_free(&b);
	b = multipart("Content-Type: multipart/mixed; boundary=b1\r\n",
		      "Content-Type: application/octet-stream\r\n", xml, XML_LEN, false);
	check_xml(&b, "m.eml", "m.eml!part2", "");
	buf_free(&b);
	/* no boundary parameter: found in the text */
	b = multipart("Content-Type: multipart/mixed\r\n", "Content-Transfer-Encoding: base64\r\n",
		      z.data, z.len, true);
	check_xml(&b, "m.eml", "m.eml!raw1!b.xml", "");
	buf_free(&b);
	b = multipart("Content-Type: multipart/mixed\r\n", "", xml, XML_LEN, false);
	f = look(&b, "m.eml");
	assert_int_equal(f.v[f.n - 1].kind, LEAF_XML);
	assert_string_equal(f.v[f.n - 1].source, "m.eml!raw1");
	found_free(&f);
	buf_free(&b);
	buf_free(&inner);
	buf_free(&z);
}

static void mail_secret(void **state)
{
	(void)state;
	static const struct {
		const char *top, *fields, *content;
		const char *reason;
	} rows[] = {
	    {"Content-Type: multipart/encrypted; boundary=b1; "
	     "protocol=\"application/pgp-encrypted\""
	     "\r\n",
	     "", "x", "encrypted (PGP/MIME)"},
	    {MIXED, "Content-Type: application/pkcs7-mime; smime-type=enveloped-data\r\n",
	     "\x30\x80\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x03\xa0\x80\x30",
	     "encrypted S/MIME is not supported"},
	    {MIXED, "Content-Type: application/ms-tnef\r\n", "\x78\x9f\x3e\x22zzzz",
	     "TNEF (winmail.dat) is not supported"},
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct buf b = made();
		struct buf fields = made();
		buf_printf(&fields, "%sContent-Transfer-Encoding: base64\r\n", rows[i].fields);
		b = multipart(rows[i].top, fields.data, rows[i].content, strlen(rows[i].content),
			      true);
		struct found f = look(&b, "m.eml");
		bool told = false;
		for (size_t k = 0; k < f.n; k++)
			told |= f.v[k].kind == LEAF_BAD && !strcmp(f.v[k].reason, rows[i].reason);
		CHECK_ROW(told, i);
		CHECK_ROW(f.bad == 1, i);
		found_free(&f);
		buf_free(&fields);
		buf_free(&b);
	}
}

static void mail_over_ceiling(void **state)
{
	(void)state;
	struct limits limits = LIMITS_DEFAULT;
	struct buf b = made(), gz = made();
	struct found f;
	limits.mail_bytes = 1000;
	head(&b, "");
	while (b.len < 40000)
		buf_puts(&b, "words words words\r\n");
	struct blob blob = as_blob(&b);
	assert_int_equal(find_leaves_limited(&blob, "m", &limits, &f), ST_OK);
	assert_int_equal(f.total, 1);
	assert_non_null(strstr(f.v[0].reason, "is over the ceiling of 1000"));
	found_free(&f);
	make_gzip(&gz, b.data, b.len);
	blob = as_blob(&gz);
	assert_int_equal(find_leaves_limited(&blob, "m", &limits, &f), ST_OK);
	assert_string_equal(f.v[0].reason, "mail is over the ceiling of 1000 bytes");
	found_free(&f);
	buf_free(&b);
	buf_free(&gz);
}

/* Cut anywhere: an outcome, no crash. */
static void truncated_anywhere(void **state)
{
	(void)state;
	struct buf all[4];
	all[0] = payload(P_GZIP);
	all[1] = payload(P_ZIP);
	all[2] = payload(P_ZLIB);
	all[3] = multipart(MIXED, "Content-Transfer-Encoding: base64\r\n", all[1].data, all[1].len,
			   true);
	for (size_t i = 0; i < COUNT(all); i++)
		for (size_t n = 0; n < all[i].len; n++) {
			struct buf b = made();
			buf_put(&b, all[i].data, n);
			struct found f = look(&b, "x");
			found_free(&f);
			buf_free(&b);
		}
	for (size_t i = 0; i < COUNT(all); i++)
		buf_free(&all[i]);
}

/* ---- nothing is dropped unseen ---- */

static const char report_xml[] = "<feedback><report_metadata/></feedback>\n";

/* What a text, a mail or a file without a kind of its own gives: words of leaves, "x b o". */
static void check_kinds(const void *p, size_t n, const char *want, size_t row)
{
	struct buf b = made();
	char got[64] = "";
	buf_put(&b, p, n);
	struct found f = look(&b, "f");
	for (size_t i = 0; i < f.n && i < 20; i++)
		if (!f.v[i].body)
			strcat(got, f.v[i].kind == LEAF_XML   ? "x"
				    : f.v[i].kind == LEAF_BAD ? "b"
							      : "o");
	if (strcmp(got, want) != 0)
		fail_msg("row %zu: %s, not %s: %s", row, got, want, f.v[0].reason);
	found_free(&f);
	buf_free(&b);
}

static void unseen_is_set_aside(void **state)
{
	(void)state;
	static uint8_t wide[4096], text[8192];
	struct buf gz = made(), b64 = made();
	make_gzip(&gz, report_xml, sizeof report_xml - 1);
	make_base64(&b64, gz.data, gz.len, "\n", true);
	check_kinds(gz.data + 1, gz.len - 1, "b", 0);
	check_kinds(gz.data + 10, gz.len - 18, "b", 1); /* deflate */
	check_kinds("\0\0\0\0", 4, "b", 2);
	check_kinds("\x89PNG\r\n\x1a\n", 8, "o", 3);
	check_kinds("some words\n", 11, "o", 4);
	/* in the middle of a text */
	memset(text, 'w', 2000);
	size_t n =
	    2000 + (size_t)snprintf((char *)text + 2000, sizeof text - 2000, "\n%s", report_xml);
	check_kinds(text, n, "x", 5);
	n = 2000 + (size_t)snprintf((char *)text + 2000, sizeof text - 2000,
				    "\n<x:feedback><x:report_metadata>"
				    "</x:report_metadata></x:feedback>");
	check_kinds(text, n, "x", 6);
	n = 2000 + (size_t)snprintf((char *)text + 2000, sizeof text - 2000,
				    " a <feedback> of report_metadata");
	check_kinds(text, n, "o", 7);
	n = (size_t)snprintf((char *)text, sizeof text, "saved:\n\n%s", b64.data);
	check_kinds(text, n, "x", 8);
	/* behind what does not belong to it */
	memcpy(text, "\xef\xbb\xbf\r\n", 5);
	memcpy(text + 5, gz.data, gz.len);
	check_kinds(text, gz.len + 5, "x", 9);
	/* UTF-16, with a mark and without */
	n = (size_t)snprintf((char *)text, sizeof text,
			     "Subject: x\nContent-Transfer-Encoding: base64\n\n%s", b64.data);
	for (size_t mark = 0; mark < 2; mark++) {
		wide[0] = 0xff;
		wide[1] = 0xfe;
		for (size_t i = 0; i < n; i++)
			wide[2 * (i + mark)] = text[i], wide[2 * (i + mark) + 1] = 0;
		check_kinds(wide, 2 * (n + mark), "x", 10 + mark);
	}
	/* the line ends of old Macs; in an mbox, too */
	for (size_t i = 0; i < n; i++)
		wide[i] = text[i] == '\n' ? '\r' : text[i];
	check_kinds(wide, n, "x", 12);
	static const char from[] = "From a@b Thu Jan  1 00:00:00 2015\r";
	memmove(wide + sizeof from - 1, wide, n);
	memcpy(wide, from, sizeof from - 1);
	n += sizeof from - 1;
	memcpy(wide + n, wide, n);
	check_kinds(wide, 2 * n, "xx", 13);
	buf_free(&gz);
	buf_free(&b64);
}

/* An attachment under this label, beside a logo in XML. */
static void beside(const char *fields, const char *content, size_t n, bool b64, const char *want)
{
	struct buf b = made();
	head(&b, MIXED);
	buf_puts(&b, "--b1\r\nContent-Type: image/svg+xml\r\n"
		     "Content-Disposition: attachment\r\n\r\n<svg/>\r\n--b1\r\n");
	buf_puts(&b, fields);
	buf_puts(&b, "\r\n");
	if (b64)
		make_base64(&b, content, n, "\r\n", true);
	else
		buf_put(&b, content, n);
	buf_puts(&b, "\r\n--b1--\r\n");
	check_kinds(b.data, b.len, want, 0);
	buf_free(&b);
}

static void raw_scan_beside_other_xml(void **state)
{
	(void)state;
	struct buf gz = made(), b64 = made();
	make_gzip(&gz, report_xml, sizeof report_xml - 1);
	make_base64(&b64, gz.data, gz.len, "\r\n", true);
	beside("Content-Type: application/gzip\r\nContent-Transfer-Encoding: base64;\r\n", b64.data,
	       b64.len, false, "xx");
	beside("Content-Type: text/plain\r\n", b64.data, b64.len, false,
	       "xx"); /* by the raw scan */
	beside("Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n",
	       gz.data + 1, gz.len - 1, true, "xb");
	beside("Content-Type: image/x-thing\r\nContent-Transfer-Encoding: base64\r\n", gz.data + 1,
	       gz.len - 1, true, "xo");
	/* cut, in a part and in the raw text: told once */
	beside("Content-Type: application/gzip\r\nContent-Transfer-Encoding: base64\r\n",
	       "7z\xbc\xaf\x27\x1c", 6, true, "xb");
	buf_free(&gz);
	buf_free(&b64);
}

/* Two archives in one file: the directory that is found is the last one's. */
static void zip_behind_zip(void **state)
{
	(void)state;
	struct buf z = made();
	struct make_member one[] = {{"1.xml", xml, XML_LEN, NULL}};
	struct make_member two[] = {{"a.xml", xml, XML_LEN, NULL}, {"b.xml", xml, XML_LEN, NULL}};
	make_zip(&z, one, 1);
	size_t first = z.len;
	make_zip(&z, two, 2);
	check_kinds(z.data, z.len, "xxx", 0);
	check_kinds(z.data, first, "x", 1);
	check_kinds((const char *)z.data + first, z.len - first, "xx", 2);
	buf_free(&z);
}

static void mails_of_a_nested_mbox(void **state)
{
	(void)state;
	struct limits limits = LIMITS_DEFAULT;
	limits.mbox_mails = 3;
	for (unsigned n = 2; n <= 5; n++) {
		struct buf b = made(), gz = made();
		struct found f;
		for (unsigned i = 0; i < n; i++)
			buf_puts(&b, "From \nX-A: b\n\n<feedback/>\n");
		make_gzip(&gz, b.data, b.len);
		struct blob blob = as_blob(&gz);
		assert_int_equal(find_leaves_limited(&blob, "x", &limits, &f), ST_OK);
		assert_int_equal(f.xml, n < 3 ? n : 3);
		assert_int_equal(f.bad, n > 3);
		if (n > 3)
			assert_non_null(strstr(f.v[3].reason, "more than 3 mails"));
		found_free(&f);
		buf_free(&b);
		buf_free(&gz);
	}
}

static void documents_of_one_input(void **state)
{
	(void)state;
	struct limits limits = LIMITS_DEFAULT;
	limits.documents = 3;
	struct make_member m[5];
	char names[COUNT(m)][8];
	for (size_t n = 2; n <= COUNT(m); n++) {
		struct buf z = made();
		struct found f;
		for (size_t i = 0; i < n; i++) {
			snprintf(names[i], sizeof names[i], "%zu", i);
			m[i] = (struct make_member){names[i], xml, XML_LEN, NULL};
		}
		make_zip(&z, m, n);
		struct blob blob = as_blob(&z);
		assert_int_equal(find_leaves_limited(&blob, "x", &limits, &f), ST_OK);
		assert_int_equal(f.xml, n < 3 ? n : 3);
		assert_int_equal(f.bad, n > 3); /* the rest is one */
		found_free(&f);
		buf_free(&z);
	}
}

/* Ten zips in a zip, and so on: too deep is said once for all of them. */
static void too_deep_is_said_once(void **state)
{
	(void)state;
	struct buf z = made();
	buf_puts(&z, xml);
	for (int depth = 0; depth < 5; depth++) {
		struct make_member m[10];
		char names[COUNT(m)][8];
		struct buf next = made();
		for (size_t i = 0; i < COUNT(m); i++) {
			snprintf(names[i], sizeof names[i], "%zu.zip", i);
			m[i] = (struct make_member){names[i], z.data, z.len, NULL};
		}
		make_zip(&next, m, depth == 4 ? 2 : COUNT(m));
		buf_free(&z);
		z = next;
	}
	struct found f = look(&z, "z");
	assert_int_equal(f.total, 1);
	assert_string_equal(f.v[0].reason, "nested more than 4 deep");
	found_free(&f);
	buf_free(&z);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(unseen_is_set_aside),
	    cmocka_unit_test(raw_scan_beside_other_xml),
	    cmocka_unit_test(zip_behind_zip),
	    cmocka_unit_test(mails_of_a_nested_mbox),
	    cmocka_unit_test(documents_of_one_input),
	    cmocka_unit_test(too_deep_is_said_once),
	    cmocka_unit_test(plain_kinds),
	    cmocka_unit_test(compressed),
	    cmocka_unit_test(behind_containers),
	    cmocka_unit_test(gzip_damage),
	    cmocka_unit_test(zips),
	    cmocka_unit_test(zip_with_wrong_crc),
	    cmocka_unit_test(too_deep),
	    cmocka_unit_test(many_members),
	    cmocka_unit_test(total_ceiling),
	    cmocka_unit_test(mail_whole_is_archive),
	    cmocka_unit_test(mail_multipart),
	    cmocka_unit_test(mail_secret),
	    cmocka_unit_test(mail_over_ceiling),
	    cmocka_unit_test(truncated_anywhere),
	};
	return cmocka_run_group_tests_name("unpack", tests, NULL, NULL);
}
