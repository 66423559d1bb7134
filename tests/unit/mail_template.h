/*
 * mail_template.h - mails for tests, as templates: <<payload|encoding>> stands for bytes of ours.
 *
 *	struct buf b = expand("Content-Type: application/gzip\n"
 *			      "Content-Transfer-Encoding: base64\n\n<<gz|b64>>", "\r\n");
 *
 * Every payload but the pictures holds the report below. Line ends of the template and of encoded
 * payloads become eol.
 */
#ifndef TESTS_UNIT_MAIL_TEMPLATE_H
#define TESTS_UNIT_MAIL_TEMPLATE_H

#include <stdio.h>
#include <string.h>

#include "tests/unit/check.h"
#include "tests/unit/make.h"

static const char xml[] =
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<feedback><report_metadata>"
    "<org_name>reporter.example</org_name><email>a@reporter.example</email>"
    "<report_id>id-1</report_id><date_range><begin>1795132800</begin><end>1795219199</end>"
    "</date_range></report_metadata><policy_published><domain>example.com</domain><p>none</p>"
    "</policy_published><record><row><source_ip>192.0.2.1</source_ip><count>2</count>"
    "<policy_evaluated><disposition>none</disposition><dkim>pass</dkim><spf>fail</spf>"
    "</policy_evaluated></row><identifiers><header_from>example.com</header_from></identifiers>"
    "<auth_results><spf><domain>example.com</domain><result>fail</result></spf></auth_results>"
    "</record></feedback>\n";
#define XML_LEN (sizeof xml - 1)

/* ---- payloads ---- */

static inline void put_xml(struct buf *b)
{
	buf_puts(b, xml);
}

static inline void put_gz(struct buf *b)
{
	make_gzip(b, xml, XML_LEN);
}

static inline void put_zip(struct buf *b)
{
	struct make_member m[] = {{"r!example.com!1!2.xml", xml, XML_LEN, NULL}};
	make_zip(b, m, 1);
}

static inline void put_zlib(struct buf *b)
{
	make_deflate(b, xml, XML_LEN, 15);
}

static inline void put_gz_crlf(struct buf *b)
{
	put_gz(b);
	buf_puts(b, "\r\n");
}

static inline void put_gz_members(struct buf *b)
{
	make_gzip(b, xml, 100);
	make_gzip(b, xml + 100, XML_LEN - 100);
}

static inline void put_gz_gz(struct buf *b)
{
	struct buf inner = made();
	put_gz(&inner);
	make_gzip(b, inner.data, inner.len);
	buf_free(&inner);
}

static inline void put_gz_zip(struct buf *b)
{
	struct buf inner = made();
	put_zip(&inner);
	make_gzip(b, inner.data, inner.len);
	buf_free(&inner);
}

static inline void put_zip_gz(struct buf *b)
{
	struct buf inner = made();
	put_gz(&inner);
	struct make_member m[] = {{"r.xml.gz", inner.data, inner.len, NULL}};
	make_zip(b, m, 1);
	buf_free(&inner);
}

static inline void put_gz_tar(struct buf *b)
{
	static char tar[1024] = "report.xml";
	memcpy(tar + 257, "ustar", 5);
	make_gzip(b, tar, sizeof tar);
}

static inline void put_png(struct buf *b)
{
	buf_put(b, "\x89PNG\r\n\x1a\n\0\0\0\rIHDR", 16);
}

static inline void put_gz_png(struct buf *b)
{
	struct buf inner = made();
	put_png(&inner);
	make_gzip(b, inner.data, inner.len);
	buf_free(&inner);
}

static inline void put_ole(struct buf *b)
{
	buf_put(b, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\0\0\0\0\0\0\0\0", 16);
}

static inline void put_tnef(struct buf *b)
{
	buf_put(b, "\x78\x9f\x3e\x22\1\0\1\6", 8);
}

static inline void put_zip_members(struct buf *b)
{
	struct make_member m[] = {{"reports/", NULL, 0, NULL},
				  {"empty.xml", "", 0, NULL},
				  {"note.txt", "hello", 5, NULL},
				  {"../../etc/r.xml", xml, XML_LEN, NULL}};
	make_zip(b, m, COUNT(m));
}

static inline void put_zip_secret(struct buf *b)
{
	struct make_member m[] = {{"r.xml", xml, XML_LEN, "secret"}};
	make_zip(b, m, 1);
}

static inline void put_le(struct buf *b, uint64_t v, int n)
{
	for (; n > 0; n--, v >>= 8)
		buf_putc(b, (char)(v & 0xff));
}

#define LATER UINT32_MAX /* a size that stands elsewhere: in a descriptor, or in a zip64 record */

/* The part that local headers and the directory share: from "version needed" to "extra length". */
static inline void put_zip_fields(struct buf *b, unsigned version, unsigned flags, uint32_t crc,
				  uint32_t size, size_t name, size_t extra)
{
	put_le(b, version, 2);
	put_le(b, flags, 2);
	put_le(b, 0, 2); /* stored */
	put_le(b, 0x5c610000, 4);
	put_le(b, crc, 4);
	put_le(b, size, 4);
	put_le(b, size, 4);
	put_le(b, name, 2);
	put_le(b, extra, 2);
}

static inline uint32_t xml_crc(void)
{
	return (uint32_t)crc32(0, (const Bytef *)xml, XML_LEN);
}

/* Every field that zip64 can take over is taken over. */
static inline void put_zip64(struct buf *b)
{
	static const char name[] = "r.xml";
	const size_t n = sizeof name - 1, start = b->len;
	buf_puts(b, "PK\3\4");
	put_zip_fields(b, 45, 0, xml_crc(), LATER, n, 20);
	buf_puts(b, name);
	put_le(b, 0x100001, 4); /* extra field 1 of 16 octets */
	put_le(b, XML_LEN, 8);
	put_le(b, XML_LEN, 8);
	buf_puts(b, xml);
	size_t directory = b->len - start;
	buf_puts(b, "PK\1\2");
	put_le(b, 45, 2);
	put_zip_fields(b, 45, 0, xml_crc(), LATER, n, 28);
	put_le(b, 0, 10);
	put_le(b, LATER, 4);
	buf_puts(b, name);
	put_le(b, 0x180001, 4);
	put_le(b, XML_LEN, 8);
	put_le(b, XML_LEN, 8);
	put_le(b, 0, 8);
	size_t end = b->len - start;
	buf_puts(b, "PK\6\6");
	put_le(b, 44, 8);
	put_le(b, 0x2d002d, 4);
	put_le(b, 0, 8);
	put_le(b, 1, 8);
	put_le(b, 1, 8);
	put_le(b, end - directory, 8);
	put_le(b, directory, 8);
	buf_puts(b, "PK\6\7");
	put_le(b, 0, 4);
	put_le(b, end, 8);
	put_le(b, 1, 4);
	buf_puts(b, "PK\5\6");
	put_le(b, 0, 4);
	put_le(b, UINT64_MAX, 8);
	put_le(b, LATER, 4);
	put_le(b, 0, 2);
}

/* A member without a name, its sizes in a descriptor behind it. */
static inline void put_zip_nameless(struct buf *b)
{
	size_t start = b->len;
	buf_puts(b, "PK\3\4");
	put_zip_fields(b, 20, 8, 0, 0, 0, 0);
	buf_puts(b, xml);
	buf_puts(b, "PK\7\10");
	put_le(b, xml_crc(), 4);
	put_le(b, XML_LEN, 4);
	put_le(b, XML_LEN, 4);
	size_t directory = b->len - start;
	buf_puts(b, "PK\1\2");
	put_le(b, 20, 2);
	put_zip_fields(b, 20, 8, xml_crc(), XML_LEN, 0, 0);
	put_le(b, 0, 14);
	size_t end = b->len - start;
	buf_puts(b, "PK\5\6");
	put_le(b, 0, 4);
	put_le(b, 0x10001, 4);
	put_le(b, end - directory, 4);
	put_le(b, directory, 4);
	put_le(b, 0, 2);
}

/* A mail of its own, the gzip in it. */
static inline void put_mail(struct buf *b)
{
	struct buf gz = made();
	put_gz(&gz);
	buf_puts(b, "From: a@reporter.example\nSubject: inner\nMIME-Version: 1.0\n"
		    "Content-Type: application/gzip\nContent-Transfer-Encoding: base64\n\n");
	make_base64(b, gz.data, gz.len, "\n", true);
	buf_free(&gz);
}

/* PKCS #7 signed data around a mail, lengths left open as OpenSSL's streaming does. */
static inline void put_opaque(struct buf *b)
{
	struct buf m = made();
	put_mail(&m);
	buf_put(b,
		"\x30\x80\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02\xa0\x80\x30\x80\x02\x01\x01"
		"\x31\x00\x30\x80\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01\xa0\x80\x24\x80",
		39);
	for (size_t at = 0; at < m.len; at += 100) {
		size_t n = m.len - at < 100 ? m.len - at : 100;
		buf_putc(b, 4);
		buf_putc(b, (char)n);
		buf_put(b, m.data + at, n);
	}
	put_le(b, 0, 8);
	buf_free(&m);
}

/* The signature of a clear-signed mail: signed data without the data. */
static inline void put_signature(struct buf *b)
{
	buf_put(b,
		"\x30\x80\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02\xa0\x80\x30\x80\x02\x01\x01"
		"\x31\x0f\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00"
		"\x30\x0b\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01\x31\x00\0\0\0\0\0\0",
		58);
}

static const struct {
	const char *name;
	void (*put)(struct buf *b);
} payloads[] = {
    {"xml", put_xml},
    {"gz", put_gz},
    {"zip", put_zip},
    {"zlib", put_zlib},
    {"gz+crlf", put_gz_crlf},
    {"gz+gz", put_gz_members},
    {"gz(gz)", put_gz_gz},
    {"gz(zip)", put_gz_zip},
    {"zip(gz)", put_zip_gz},
    {"gz(tar)", put_gz_tar},
    {"png", put_png},
    {"gz(png)", put_gz_png},
    {"ole", put_ole},
    {"tnef", put_tnef},
    {"zip members", put_zip_members},
    {"zip secret", put_zip_secret},
    {"zip64", put_zip64},
    {"zip nameless", put_zip_nameless},
    {"mail", put_mail},
    {"opaque", put_opaque},
    {"signature", put_signature},
};

/* ---- encodings ---- */

static inline void raw(struct buf *to, const struct buf *p, const char *eol)
{
	(void)eol;
	buf_put(to, p->data, p->len);
}

static inline void b64(struct buf *to, const struct buf *p, const char *eol)
{
	make_base64(to, p->data, p->len, eol, true);
}

static inline void b64_unpadded(struct buf *to, const struct buf *p, const char *eol)
{
	make_base64(to, p->data, p->len, eol, false);
}

static inline void b64_one_line(struct buf *to, const struct buf *p, const char *eol)
{
	make_base64(to, p->data, p->len, "", true);
	buf_puts(to, eol);
}

static inline void b64_blank_lines(struct buf *to, const struct buf *p, const char *eol)
{
	b64(to, p, eol);
	for (int i = 0; i < 5; i++)
		buf_puts(to, eol);
}

/* Characters that are no base64 within the lines, blanks around them. */
static inline void b64_junk(struct buf *to, const struct buf *p, const char *eol)
{
	struct buf plain = made();
	b64(&plain, p, "\n");
	for (size_t i = 0; i < plain.len; i++) {
		if (plain.data[i] == '\n')
			buf_printf(to, " \t%s", eol);
		else
			buf_putc(to, plain.data[i]);
		if (i % 41 == 7)
			buf_puts(to, "!\xff*\t");
	}
	buf_free(&plain);
}

static inline void qp(struct buf *to, const struct buf *p, const char *eol)
{
	size_t column = 0;
	for (size_t i = 0; i < p->len; i++) {
		unsigned char c = (unsigned char)p->data[i];
		if (c < 32 || c > 126 || c == '=' || c == '.')
			buf_printf(to, "=%02X", c), column += 3;
		else
			buf_putc(to, (char)c), column++;
		if (column > 70)
			buf_printf(to, "=%s", eol), column = 0;
	}
	buf_puts(to, eol);
}

static inline char uu_char(unsigned v)
{
	return v & 63 ? (char)(32 + (v & 63)) : '`';
}

static inline void uu(struct buf *to, const struct buf *p, const char *eol)
{
	const unsigned char *s = (const unsigned char *)p->data;
	buf_printf(to, "begin 644 r!example.com!1!2.xml.gz%s", eol);
	for (size_t at = 0; at < p->len; at += 45) {
		size_t n = p->len - at < 45 ? p->len - at : 45;
		buf_putc(to, uu_char((unsigned)n));
		for (size_t i = at; i < at + n; i += 3) {
			unsigned b1 = i + 1 < p->len ? s[i + 1] : 0,
				 b2 = i + 2 < p->len ? s[i + 2] : 0;
			buf_putc(to, uu_char(s[i] >> 2u));
			buf_putc(to, uu_char(s[i] << 4u | b1 >> 4u));
			buf_putc(to, uu_char(b1 << 2u | b2 >> 6u));
			buf_putc(to, uu_char(b2));
		}
		buf_puts(to, eol);
	}
	buf_printf(to, "`%send%s", eol, eol);
}

static const struct {
	const char *name;
	void (*put)(struct buf *to, const struct buf *payload, const char *eol);
} encodings[] = {
    {"raw", raw},
    {"b64", b64},
    {"unpadded", b64_unpadded},
    {"one line", b64_one_line},
    {"blank lines", b64_blank_lines},
    {"junk", b64_junk},
    {"qp", qp},
    {"uu", uu},
};

static inline bool is_word(const char *word, const char *p, size_t n)
{
	return strlen(word) == n && memcmp(word, p, n) == 0;
}

/* "payload|encoding" */
static inline void put_word(struct buf *to, const char *p, size_t n, const char *eol)
{
	const char *bar = memchr(p, '|', n);
	struct buf bytes = made();
	bool done = false;
	for (size_t i = 0; bar && i < COUNT(payloads); i++)
		if (is_word(payloads[i].name, p, (size_t)(bar - p)))
			payloads[i].put(&bytes);
	for (size_t i = 0; bytes.len > 0 && i < COUNT(encodings); i++)
		if (is_word(encodings[i].name, bar + 1, n - (size_t)(bar + 1 - p))) {
			encodings[i].put(to, &bytes, eol);
			done = true;
		}
	buf_free(&bytes);
	if (!done)
		fail_msg("<<%.*s>>: no such thing", (int)n, p);
}

static inline struct buf expand(const char *template, const char *eol)
{
	struct buf b = made();
	for (const char *p = template; *p; p++) {
		const char *close = p[0] == '<' && p[1] == '<' ? strstr(p, ">>") : NULL;
		if (close) {
			put_word(&b, p + 2, (size_t)(close - p) - 2, eol);
			p = close + 1;
		} else if (*p == '\n') {
			buf_puts(&b, eol);
		} else {
			buf_putc(&b, *p);
		}
	}
	return b;
}

#endif
