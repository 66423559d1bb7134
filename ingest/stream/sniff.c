#include "ingest/stream/sniff.h"

#include <string.h>

#include "core/text.h"

struct magic {
	uint16_t at, len;
	const char *bytes;
	enum kind kind;
	const char *name;
};

#define MAGIC(at, bytes, kind, name)                                                               \
	{                                                                                          \
		at, sizeof(bytes) - 1, bytes, kind, name                                           \
	}

static const struct magic magics[] = {
    MAGIC(0, "\x1f\x8b", KIND_GZIP, "gzip"),
    MAGIC(0, "PK\3\4", KIND_ZIP, "zip"),
    MAGIC(0, "PK\5\6", KIND_ZIP, "zip"),
    MAGIC(0, "PK\7\10PK\3\4", KIND_ZIP, "zip"),
    MAGIC(0, "PK00PK\3\4", KIND_ZIP, "zip"),
    MAGIC(0, "7z\xbc\xaf\x27\x1c", KIND_UNSUPPORTED, "a 7z archive"),
    MAGIC(0, "Rar!\x1a\x07", KIND_UNSUPPORTED, "a rar archive"),
    MAGIC(0, "\xfd\x37zXZ\0", KIND_UNSUPPORTED, "an xz file"),
    MAGIC(0, "\x28\xb5\x2f\xfd", KIND_UNSUPPORTED, "a zstd file"),
    MAGIC(0, "\x04\x22\x4d\x18", KIND_UNSUPPORTED, "an lz4 file"),
    MAGIC(0, "LZIP\1", KIND_UNSUPPORTED, "an lzip file"),
    MAGIC(0, "\x1f\x9d", KIND_UNSUPPORTED, "a compress (.Z) file"),
    MAGIC(4, "1AY&SY", KIND_UNSUPPORTED, "a bzip2 file"),
    MAGIC(257, "ustar", KIND_UNSUPPORTED, "a tar archive"),
    MAGIC(0, "MSCF\0\0\0\0", KIND_UNSUPPORTED, "a cabinet archive"),
    MAGIC(0, "\x78\x9f\x3e\x22", KIND_UNSUPPORTED, "TNEF (winmail.dat)"),
    MAGIC(0, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", KIND_UNSUPPORTED,
	  "an Outlook or Office (OLE) file"),
    MAGIC(0, "-----BEGIN PGP MESSAGE-----", KIND_UNSUPPORTED, "an encrypted PGP message"),
    MAGIC(0, "%PDF-", KIND_OTHER, "a PDF document"),
    MAGIC(0, "\x89PNG\r\n\x1a\n", KIND_OTHER, "a PNG image"),
    MAGIC(0, "GIF8", KIND_OTHER, "a GIF image"),
    MAGIC(0, "\xff\xd8\xff", KIND_OTHER, "a JPEG image"),
};

static bool has_at(const uint8_t *p, size_t n, size_t at, const char *bytes, size_t len)
{
	return n >= at && n - at >= len && memcmp(p + at, bytes, len) == 0;
}

static bool is_binary(const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (p[i] == 0x7f || (p[i] < 0x20 && !ascii_is_space((char)p[i]) && p[i] != 0x1b))
			return true;
	return false;
}

/* RFC 1950: deflate, a window up to 32 KiB, the header's own check, no dictionary. Two letters can
 * look like that ("hC"), so something that no text has must follow. */
static bool is_zlib(const uint8_t *p, size_t n)
{
	if (n < 3 || (p[0] & 0x0f) != 8 || p[0] >> 4 > 7 || (p[0] << 8 | p[1]) % 31 != 0 ||
	    (p[1] & 0x20) != 0 || (p[2] & 6) == 6)
		return false;
	return is_binary(p, n) || utf8_valid_prefix((const char *)p, n) + 4 < n;
}

/* A PKCS #7 ContentInfo: SEQUENCE { OID 1.2.840.113549.1.7.x ... } near the front. */
static bool sniff_pkcs7(const uint8_t *p, size_t n, struct sniffed *out)
{
	static const char pkcs7[] = "\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07";
	static const char smime[] = "\x06\x0b\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x01";
	if (n < 16 || p[0] != 0x30)
		return false;
	for (size_t at = 2; at <= 8; at++) {
		if (has_at(p, n, at, pkcs7, 10) && at + 10 < n) {
			bool is_signed = p[at + 10] == 2;
			*out = is_signed ? (struct sniffed){KIND_SIGNED, "S/MIME signed data"}
					 : (struct sniffed){KIND_UNSUPPORTED, "encrypted S/MIME"};
			return true;
		}
		if (has_at(p, n, at, smime, 12)) {
			*out = (struct sniffed){KIND_UNSUPPORTED, "encrypted S/MIME"};
			return true;
		}
	}
	return false;
}

/* ---- text in any of the Unicode encodings ---- */

struct encoding {
	unsigned width; /* octets a unit */
	bool big;
	size_t bom;
};

static struct encoding guess_encoding(const uint8_t *p, size_t n)
{
	static const struct {
		const char *bytes;
		size_t len;
		struct encoding enc;
	} starts[] = {
	    {"\xff\xfe\0\0", 4, {4, false, 4}}, {"\0\0\xfe\xff", 4, {4, true, 4}},
	    {"\xff\xfe", 2, {2, false, 2}},     {"\xfe\xff", 2, {2, true, 2}},
	    {"\xef\xbb\xbf", 3, {1, true, 3}},  {"<\0\0\0", 4, {4, false, 0}},
	    {"\0\0\0<", 4, {4, true, 0}},       {"<\0", 2, {2, false, 0}},
	    {"\0<", 2, {2, true, 0}},
	};
	for (size_t i = 0; i < sizeof starts / sizeof *starts; i++)
		if (has_at(p, n, 0, starts[i].bytes, starts[i].len))
			return starts[i].enc;
	return (struct encoding){1, true, 0};
}

/* The unit at p as an ASCII character, or 0x7f when it is something else. */
static char unit(const uint8_t *p, struct encoding e)
{
	size_t low = e.big ? e.width - 1 : 0;
	for (unsigned i = 0; i < e.width; i++)
		if (i != low && p[i] != 0)
			return 0x7f;
	return p[low] < 0x80 ? (char)p[low] : 0x7f;
}

/* The first two characters behind BOM and blanks. */
static void first_units(const uint8_t *p, size_t n, struct encoding e, char out[2])
{
	size_t at = e.bom;
	out[0] = out[1] = '\0';
	while (n >= at && n - at >= e.width && ascii_is_space(unit(p + at, e)))
		at += e.width;
	for (int i = 0; i < 2 && n >= at && n - at >= e.width; i++, at += e.width)
		out[i] = unit(p + at, e);
}

static bool is_letter(char c)
{
	return ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z';
}

static bool is_markup(const char c[2])
{
	return c[0] == '<' &&
	       (c[1] == '?' || c[1] == '!' || c[1] == '_' || c[1] == '\0' || is_letter(c[1]));
}

static bool contains(const uint8_t *p, size_t n, const char *word)
{
	return memmem(p, n, word, strlen(word)) != NULL;
}

static struct sniffed sniff_text(const uint8_t *p, size_t n)
{
	struct encoding e = guess_encoding(p, n);
	char c[2];
	first_units(p, n, e, c);
	if (is_markup(c))
		return (struct sniffed){KIND_XML, "XML"};
	if (e.width > 1)
		return (struct sniffed){KIND_OTHER, e.bom ? "text" : "binary data"};
	if (c[0] == '{' || c[0] == '[') {
		bool tls = contains(p, n, "\"organization-name\"");
		return (struct sniffed){KIND_OTHER, tls ? "a TLS report (TLS-RPT)" : "JSON"};
	}
	/* rubbish before the root: the XML stage knows how to skip it */
	if (contains(p, n, "<feedback") || contains(p, n, "<?xml"))
		return (struct sniffed){KIND_XML, "XML"};
	return (struct sniffed){KIND_OTHER, is_binary(p, n) ? "binary data" : "text"};
}

/* ---- mail ---- */

bool sniff_from_line(const uint8_t *p, size_t n)
{
	if (!has_at(p, n, 0, "From ", 5))
		return false;
	const uint8_t *lf = memchr(p, '\n', n);
	size_t end = lf ? (size_t)(lf - p) : n;
	bool time = false, year = false;
	for (size_t i = 5; i + 4 < end; i++) {
		const uint8_t *d = p + i;
		bool two = d[0] >= '0' && d[0] <= '9' && d[1] >= '0' && d[1] <= '9';
		time |= two && d[2] == ':' && d[3] >= '0' && d[3] <= '9';
		year |= d[0] == ' ' && (has_at(d, 5, 1, "19", 2) || has_at(d, 5, 1, "20", 2)) &&
			d[3] >= '0' && d[3] <= '9' && d[4] >= '0' && d[4] <= '9';
	}
	return time && year;
}

static bool is_known_field(const char *s, size_t n)
{
	static const char *const prefixes[] = {
	    "X-",        "Content-", "ARC-",       "Resent-",  "List-", "DKIM-", "Authentication-",
	    "Received-", "MIME-",    "Delivered-", "Envelope-"};
	static const char *const names[] = {
	    "Received",    "Return-Path",   "From",   "To",         "Cc",
	    "Bcc",         "Subject",       "Date",   "Message-ID", "Sender",
	    "Reply-To",    "ContentType",   "Status", "Precedence", "References",
	    "In-Reply-To", "Auto-Submitted"};
	for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++) {
		size_t len = strlen(prefixes[i]);
		if (n > len && ascii_ieq_n(s, len, prefixes[i]))
			return true;
	}
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (ascii_ieq_n(s, n, names[i]))
			return true;
	return false;
}

/* Header fields from the first line on, one of them known. */
static bool is_mail(const uint8_t *p, size_t n)
{
	size_t at = 0;
	bool known = false;
	if (has_at(p, n, 0, "From ", 5) || has_at(p, n, 0, ">From ", 6)) {
		const uint8_t *lf = memchr(p, '\n', n);
		at = lf ? (size_t)(lf - p) + 1 : n;
	}
	while (at < n && !known) {
		const uint8_t *lf = memchr(p + at, '\n', n - at);
		size_t end = lf ? (size_t)(lf - p) : n;
		bool folded = p[at] == ' ' || p[at] == '\t';
		size_t colon = at;
		while (colon < end && p[colon] > 0x20 && p[colon] < 0x7f && p[colon] != ':')
			colon++;
		size_t name_end = colon;
		while (colon < end && (p[colon] == ' ' || p[colon] == '\t'))
			colon++;
		bool field = name_end > at && colon < end && p[colon] == ':';
		if (!field && !(folded && at > 0))
			return false;
		known = field && is_known_field((const char *)p + at, name_end - at);
		at = end + 1;
	}
	return known;
}

struct sniffed sniff(const uint8_t *p, size_t n)
{
	struct sniffed out;
	if (n == 0)
		return (struct sniffed){KIND_EMPTY, "empty"};
	for (size_t i = 0; i < sizeof magics / sizeof *magics; i++)
		if (has_at(p, n, magics[i].at, magics[i].bytes, magics[i].len))
			return (struct sniffed){magics[i].kind, magics[i].name};
	if (is_zlib(p, n))
		return (struct sniffed){KIND_ZLIB, "zlib"};
	if (sniff_pkcs7(p, n, &out))
		return out;
	if (sniff_from_line(p, n))
		return (struct sniffed){KIND_MBOX, "a mailbox"};
	if (is_mail(p, n))
		return (struct sniffed){KIND_MAIL, "a mail"};
	return sniff_text(p, n);
}
