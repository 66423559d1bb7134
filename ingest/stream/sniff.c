#include "ingest/stream/sniff.h"

#include <string.h>

#include "core/text.h"

struct magic {
	uint16_t at, len;
	enum kind kind;
	const char *bytes, *name;
};

#define MAGIC(at, bytes, kind, name)                                                               \
	{                                                                                          \
		at, sizeof(bytes) - 1, kind, bytes, name                                           \
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
    MAGIC(0, "!BDN", KIND_UNSUPPORTED, "an Outlook folder (PST)"),
    MAGIC(2, "-lh", KIND_UNSUPPORTED, "an LHA archive"),
    MAGIC(2, "-lz", KIND_UNSUPPORTED, "an LHA archive"),
    MAGIC(0, "]\0\0", KIND_UNSUPPORTED, "an lzma file"),
    MAGIC(0, "070701", KIND_UNSUPPORTED, "a cpio archive"),
    MAGIC(0, "070707", KIND_UNSUPPORTED, "a cpio archive"),
    MAGIC(0, "!<arch>\n", KIND_UNSUPPORTED, "an ar archive"),
    MAGIC(0, "\x60\xea", KIND_UNSUPPORTED, "an ARJ archive"),
    MAGIC(7, "**ACE**", KIND_UNSUPPORTED, "an ACE archive"),
    MAGIC(0, "xar!", KIND_UNSUPPORTED, "a xar archive"),
    MAGIC(0, "(This file must be converted with BinHex", KIND_UNSUPPORTED, "a BinHex file"),
    MAGIC(0, "%PDF-", KIND_OTHER, "a PDF document"),
    MAGIC(0, "\x89PNG\r\n\x1a\n", KIND_OTHER, "a PNG image"),
    MAGIC(0, "GIF8", KIND_OTHER, "a GIF image"),
    MAGIC(0, "\xff\xd8\xff", KIND_OTHER, "a JPEG image"),
    MAGIC(0, "II*\0", KIND_OTHER, "a TIFF image"),
    MAGIC(0, "MM\0*", KIND_OTHER, "a TIFF image"),
    MAGIC(0, "8BPS", KIND_OTHER, "a Photoshop image"),
    MAGIC(0, "\0\0\1\0\1\0", KIND_OTHER, "an icon"),
    MAGIC(0, "\0\0\1\0\2\0", KIND_OTHER, "an icon"),
    MAGIC(6, "\0\0\0\0\x36\0\0\0\x28\0\0\0", KIND_OTHER, "a bitmap"),
    MAGIC(0, "\xd7\xcd\xc6\x9a", KIND_OTHER, "a metafile (WMF)"),
    MAGIC(40, " EMF", KIND_OTHER, "a metafile (EMF)"),
    MAGIC(0, "RIFF", KIND_OTHER, "an image, sound or film (RIFF)"),
    MAGIC(4, "ftyp", KIND_OTHER, "an image or film (ISO media)"),
    MAGIC(0, "OggS", KIND_OTHER, "sound (Ogg)"),
    MAGIC(0, "ID3", KIND_OTHER, "sound (MP3)"),
    MAGIC(0, "fLaC", KIND_OTHER, "sound (FLAC)"),
    MAGIC(0, "wOFF", KIND_OTHER, "a font"),
    MAGIC(0, "wOF2", KIND_OTHER, "a font"),
    MAGIC(0, "OTTO\0", KIND_OTHER, "a font"),
    MAGIC(0, "\0\1\0\0\0", KIND_OTHER, "a font"),
    MAGIC(0,
	  "\x7f"
	  "ELF",
	  KIND_OTHER, "a program (ELF)"),
    MAGIC(0, "MZ\x90\0", KIND_OTHER, "a program (Windows)"),
    MAGIC(0, "SQLite format 3\0", KIND_OTHER, "an SQLite database"),
    MAGIC(0, "\0\5\x16\7", KIND_OTHER, "an AppleDouble file"),
    MAGIC(0, "\0\0\0\1Bud1", KIND_OTHER, "a folder's view (.DS_Store)"),
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

static bool sniff_magic(const uint8_t *p, size_t n, struct sniffed *out)
{
	for (size_t i = 0; i < sizeof magics / sizeof *magics; i++)
		if (has_at(p, n, magics[i].at, magics[i].bytes, magics[i].len)) {
			*out = (struct sniffed){magics[i].kind, magics[i].name, 0};
			return true;
		}
	return false;
}

/* Before "ustar" nothing marks a tar but the sum of its first block, in octal digits. */
static bool is_tar(const uint8_t *p, size_t n)
{
	unsigned sum = 0, claimed = 0, digits = 0;
	if (n < 512)
		return false;
	for (size_t i = 0; i < 512; i++)
		sum += i >= 148 && i < 156 ? ' ' : p[i];
	for (size_t i = 148; i < 156; i++)
		if (p[i] >= '0' && p[i] <= '7') {
			claimed = claimed << 3 | (unsigned)(p[i] - '0');
			digits++;
		}
	return digits >= 4 && sum == claimed;
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
			*out = is_signed
				   ? (struct sniffed){KIND_SIGNED, "S/MIME signed data", 0}
				   : (struct sniffed){KIND_UNSUPPORTED, "encrypted S/MIME", 0};
			return true;
		}
		if (has_at(p, n, at, smime, 12)) {
			*out = (struct sniffed){KIND_UNSUPPORTED, "encrypted S/MIME", 0};
			return true;
		}
	}
	return false;
}

/* ---- text in any of the Unicode encodings ---- */

/* Does it begin like UTF-16 of plain letters without a mark, the letters at odd or even places? */
static bool is_latin(const uint8_t *p, size_t n, size_t first)
{
	if (n < 16)
		return false;
	for (size_t i = 0; i < 16; i += 2)
		if (p[i + 1 - first] != 0 || p[i + first] > 0x7e ||
		    (p[i + first] < 0x20 && !ascii_is_space((char)p[i + first])))
			return false;
	return true;
}

struct encoding sniff_encoding(const uint8_t *p, size_t n)
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
	if (is_latin(p, n, 0))
		return (struct encoding){2, false, 0};
	if (is_latin(p, n, 1))
		return (struct encoding){2, true, 0};
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

static bool is_blank(const uint8_t *p, size_t n)
{
	while (n > 0 && ascii_is_space((char)p[n - 1]))
		n--;
	return n == 0;
}

/* Bytes that a database or an editor wrote out as digits: of gzip, zip or XML. */
static bool is_hex_dump(const uint8_t *p, size_t n)
{
	static const char *const starts[] = {"1f8b08", "504b0304", "3c3f786d6c", "3c6665656462"};
	if (n > 2 && (memcmp(p, "\\x", 2) == 0 || memcmp(p, "0x", 2) == 0)) {
		p += 2;
		n -= 2;
	}
	for (size_t i = 0; i < sizeof starts / sizeof *starts; i++)
		if (n > 64 && ascii_ieq_n((const char *)p, strlen(starts[i]), starts[i]))
			return true;
	return false;
}

static struct sniffed sniff_text(const uint8_t *p, size_t n)
{
	struct encoding e = sniff_encoding(p, n);
	char c[2];
	first_units(p, n, e, c);
	if (is_markup(c) && e.width < 4) /* libxml2 does not know the mark of UTF-32 */
		return (struct sniffed){KIND_XML, "XML", 0};
	if (e.width > 1)
		return (struct sniffed){KIND_WIDE, "UTF-16 or UTF-32 text", 0};
	if (c[0] == '{' || c[0] == '[') {
		bool tls = contains(p, n, "\"organization-name\"");
		return (struct sniffed){KIND_TEXT, tls ? "a TLS report (TLS-RPT)" : "JSON", 0};
	}
	/* rubbish before the root: the XML stage knows how to skip it */
	if (contains(p, n, "<feedback") || contains(p, n, "<?xml"))
		return (struct sniffed){KIND_XML, "XML", 0};
	if (n >= SNIFF_BYTES && is_blank(p, n)) /* what follows them, who reads on will see */
		return (struct sniffed){KIND_XML, "XML", 0};
	if (is_hex_dump(p, n))
		return (struct sniffed){KIND_UNSUPPORTED, "a report in hexadecimal digits", 0};
	if (is_binary(p, n))
		return (struct sniffed){KIND_UNKNOWN, "no kind that is known", 0};
	return (struct sniffed){KIND_TEXT, "text", 0};
}

static bool is_mail(const uint8_t *p, size_t n)
{
	struct mail_front front;
	size_t at = sniff_front(p, n);
	return sniff_separator(p + at, n - at) || sniff_from_date(p + at, n - at) ||
	       sniff_mail_front(p, n, &front);
}

bool sniff_cr_mail(const uint8_t *p, size_t n)
{
	uint8_t lines[SNIFF_BYTES];
	n = n < sizeof lines ? n : sizeof lines;
	if (memchr(p, '\n', n) || !memchr(p, '\r', n))
		return false;
	for (size_t i = 0; i < n; i++)
		lines[i] = p[i] == '\r' ? '\n' : p[i];
	return is_mail(lines, n);
}

struct sniffed sniff(const uint8_t *p, size_t n)
{
	struct sniffed out;
	struct mail_front front;
	size_t at = sniff_front(p, n);
	if (n == 0)
		return (struct sniffed){KIND_EMPTY, "empty", 0};
	if (sniff_magic(p, n, &out))
		return out;
	if (is_tar(p, n))
		return (struct sniffed){KIND_UNSUPPORTED, "a tar archive", 0};
	if (is_zlib(p, n))
		return (struct sniffed){KIND_ZLIB, "zlib", 0};
	if (sniff_pkcs7(p, n, &out))
		return out;
	if (sniff_cr_mail(p, n))
		return (struct sniffed){KIND_CR, "a mail with CR line ends", 0};
	if (sniff_separator(p + at, n - at) || sniff_from_date(p + at, n - at))
		return (struct sniffed){KIND_MBOX, "a mailbox", 0};
	if (sniff_mail_front(p, n, &front))
		return (struct sniffed){KIND_MAIL, "a mail", 0};
	/* line ends or a mark in front, put there on the way */
	if (at > 0 && sniff_magic(p + at, n - at, &out) && out.kind != KIND_OTHER) {
		out.skip = at;
		return out;
	}
	return sniff_text(p, n);
}
