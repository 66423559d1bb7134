#include "ingest/xml/input.h"

#include <string.h>

#include "core/limits.h"
#include "core/text.h"

#define LOOKAHEAD   128 /* an element name, a reference */
#define FIRST       512 /* of the first piece: the declaration stands in it */
#define BLANKS_MAX  (LIMIT_XML_TEXT + 4096)
#define REPLACEMENT "\xef\xbf\xbd"

void xml_input_init(struct xml_input *in, struct stream *stream, bool repair)
{
	struct buf *const bufs[] = {&in->clean, &in->pending, &in->out};
	for (size_t i = 0; i < sizeof bufs / sizeof *bufs; i++) {
		if (bufs[i]->max == 0)
			buf_init(bufs[i], 64 * XML_PIECE);
		buf_reset(bufs[i]); /* the memory serves document after document */
	}
	in->stream = stream;
	in->repair = repair;
	in->started = in->bom = in->ended = in->passthrough = in->seen_element = false;
	in->state = IN_PROLOG;
	in->bytes = in->replaced = in->escaped = in->blanks = 0;
	in->max = UINT64_MAX;
	in->wide = false;
	in->n_tail = 0;
}

void xml_input_free(struct xml_input *in)
{
	buf_free(&in->clean);
	buf_free(&in->pending);
	buf_free(&in->out);
}

/* ---- the beginning ---- */

static bool is_utf8_name(const char *s, size_t n)
{
	return ascii_ieq_n(s, n, "utf-8") || ascii_ieq_n(s, n, "utf8") ||
	       ascii_ieq_n(s, n, "us-ascii") || ascii_ieq_n(s, n, "ascii");
}

/* Does <?xml ... encoding="X" ...?> name another encoding than UTF-8? */
static bool declares_other(const char *p, size_t n)
{
	const char *end = memmem(p, n < 512 ? n : 512, "?>", 2);
	if (!end || n < 5 || memcmp(p, "<?xml", 5) != 0)
		return false;
	const char *e = memmem(p, (size_t)(end - p), "encoding", 8);
	if (!e)
		return false;
	for (e += 8; e < end && (ascii_is_space(*e) || *e == '='); e++)
		;
	if (e >= end || (*e != '"' && *e != '\''))
		return false;
	const char *close = memchr(e + 1, *e, (size_t)(end - e - 1));
	return close && !is_utf8_name(e + 1, (size_t)(close - e - 1));
}

static bool is_wide(const unsigned char *p, size_t n)
{
	if (n < 8)
		return false;
	if ((p[0] == 0xff && p[1] == 0xfe) || (p[0] == 0xfe && p[1] == 0xff))
		return true;
	if (p[0] == 0 && p[1] == 0) /* UTF-32: BOM, or '<' and another character */
		return (p[2] == 0xfe && p[3] == 0xff) ||
		       (p[2] == 0 && p[3] == '<' && p[4] == 0 && p[5] == 0 && p[6] == 0);
	return (p[0] == 0 && p[1] == '<' && p[2] == 0) || (p[0] == '<' && p[1] == 0 && p[3] == 0);
}

/* Take off what stands before the document; more of it may follow. */
static void skip_front(struct xml_input *in, size_t *n)
{
	size_t skip = 0;
	if (!in->bom && is_wide((const unsigned char *)in->raw, *n)) {
		in->passthrough = in->wide = true;
		return;
	}
	if (!in->bom && *n >= 3 && memcmp(in->raw, "\xef\xbb\xbf", 3) == 0)
		skip = 3;
	while (skip < *n && (ascii_is_space(in->raw[skip]) || in->raw[skip] == '\0'))
		skip++;
	in->bom |= skip > 0;
	*n -= skip;
	memmove(in->raw, in->raw + skip, *n);
}

/* ---- repair ---- */

static bool is_name_start(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_name(char c)
{
	return is_name_start(c) || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == ':';
}

/* p[0] is '<'. */
static bool begins_markup(const char *p, size_t n)
{
	size_t i = 1;
	if (i < n && p[i] == '/')
		i++;
	if (i >= n || !is_name_start(p[i]))
		return false;
	while (i < n && is_name(p[i]))
		i++;
	if (i == n) /* the document ends in an end tag: whoever reads this may close it */
		return p[1] == '/';
	return ascii_is_space(p[i]) || p[i] == '>' || (i + 1 < n && p[i] == '/' && p[i + 1] == '>');
}

/* The digits of a character reference, and a character XML has a place for. */
static bool is_xml_char(const char *digits, size_t n, int base)
{
	unsigned long c = 0;
	for (size_t i = 0; i < n; i++) {
		char d = ascii_lower(digits[i]);
		c = c * (unsigned)base + (unsigned)(d >= 'a' ? d - 'a' + 10 : d - '0');
	}
	return c == '\t' || c == '\n' || c == '\r' || (c >= 0x20 && c < 0xd800) ||
	       (c >= 0xe000 && c < 0xfffe) || (c >= 0x10000 && c < 0x110000);
}

/* p[0] is '&'. */
static bool begins_reference(const char *p, size_t n)
{
	static const char *const known[] = {"&amp;", "&lt;", "&gt;", "&quot;", "&apos;"};
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (n >= strlen(known[i]) && memcmp(p, known[i], strlen(known[i])) == 0)
			return true;
	if (n < 4 || p[1] != '#')
		return false;
	bool hex = p[2] == 'x';
	size_t from = hex ? 3 : 2, i = from;
	while (i < n && i < from + 8 &&
	       ((p[i] >= '0' && p[i] <= '9') || (hex && (p[i] | 32) >= 'a' && (p[i] | 32) <= 'f')))
		i++;
	return i > from && i < n && p[i] == ';' && is_xml_char(p + from, i - from, hex ? 16 : 10);
}

static bool starts_with(const char *p, size_t n, const char *word)
{
	return n >= strlen(word) && memcmp(p, word, strlen(word)) == 0;
}

static void escape(struct xml_input *in, const char *reference)
{
	buf_puts(&in->out, reference);
	in->escaped++;
}

/* '<' in text or prolog: what it begins, or a plain character. Returns the bytes used. */
static size_t repair_open(struct xml_input *in, const char *p, size_t n)
{
	bool prolog = in->state == IN_PROLOG;
	if (starts_with(p, n, "<!--")) {
		in->state = IN_COMMENT;
		buf_put(&in->out, p, 4);
		return 4;
	}
	if (!prolog && starts_with(p, n, "<![CDATA[")) {
		in->state = IN_CDATA;
		buf_put(&in->out, p, 9);
		return 9;
	}
	if (starts_with(p, n, "<?")) {
		in->state = IN_PI;
		return 2;
	}
	if ((prolog && starts_with(p, n, "<!")) || begins_markup(p, n)) {
		in->state = IN_TAG;
		buf_putc(&in->out, '<');
		return 1;
	}
	if (!prolog)
		escape(in, "&lt;");
	return 1;
}

/* A comment, CDATA section or instruction ends with several characters. */
static size_t repair_until(struct xml_input *in, const char *p, size_t n, const char *stop,
			   bool keep)
{
	size_t used = starts_with(p, n, stop) ? strlen(stop) : 1;
	if (keep)
		buf_put(&in->out, p, used);
	if (used > 1)
		in->state = in->seen_element ? IN_TEXT : IN_PROLOG;
	return used;
}

/* Length of a character that XML has no place for, or 0. */
static size_t illegal(const char *p, size_t n)
{
	if ((unsigned char)*p < 0x20)
		return *p != '\t' && *p != '\n' && *p != '\r';
	return starts_with(p, n, "\xef\xbf\xbe") || starts_with(p, n, "\xef\xbf\xbf") ? 3 : 0;
}

static size_t repair_char(struct xml_input *in, const char *p, size_t n)
{
	char c = *p;
	size_t bad = illegal(p, n);
	if (bad > 0) {
		if (in->seen_element)
			buf_puts(&in->out, REPLACEMENT);
		in->replaced++;
		return bad;
	}
	switch (in->state) {
	case IN_COMMENT:
		return repair_until(in, p, n, "-->", true);
	case IN_CDATA:
		return repair_until(in, p, n, "]]>", true);
	case IN_PI: /* dropped: the declaration is the only one that mattered */
		return repair_until(in, p, n, "?>", false);
	case IN_TAG:
		if (c == '>') {
			in->state = IN_TEXT;
			in->seen_element = true;
		}
		break;
	case IN_PROLOG:
	case IN_TEXT:
		if (c == '<')
			return repair_open(in, p, n);
		if (in->state == IN_PROLOG)
			return 1;
		if (c == '>') { /* "]]>" */
			escape(in, "&gt;");
			return 1;
		}
		break;
	}
	if (c == '&' && !begins_reference(p, n))
		escape(in, "&amp;");
	else
		buf_putc(&in->out, c);
	return 1;
}

/* What cannot be judged before more is seen stays in pending. */
static void repair(struct xml_input *in, const char *p, size_t n)
{
	size_t i = 0;
	buf_put(&in->pending, p, n);
	buf_reset(&in->out);
	while (i < in->pending.len && (in->pending.len - i >= LOOKAHEAD || in->ended))
		i += repair_char(in, in->pending.data + i, in->pending.len - i);
	in->pending.len -= i;
	if (in->pending.len > 0)
		memmove(in->pending.data, in->pending.data + i, in->pending.len);
}

/* ---- pieces ---- */

/* raw[0..n) as valid UTF-8: as it is, or repaired. A sequence that the piece cuts waits in tail. */
static void clean(struct xml_input *in, size_t n, const char **p, size_t *len)
{
	in->n_tail = 0;
	for (size_t back = 1; !in->ended && back <= 3 && back <= n; back++) {
		unsigned char c = (unsigned char)in->raw[n - back];
		if (c < 0x80)
			break;
		if (c >= 0xc0) {
			if (utf8_sequence(in->raw + n - back, back) == 0)
				in->n_tail = back;
			break;
		}
	}
	n -= in->n_tail;
	memcpy(in->tail, in->raw + n, in->n_tail);
	*p = in->raw;
	*len = n;
	if (utf8_valid_prefix(in->raw, n) == n)
		return;
	buf_reset(&in->clean);
	in->replaced += utf8_repair(&in->clean, in->raw, n);
	*p = in->clean.data ? in->clean.data : "";
	*len = in->clean.len;
}

static bool is_blank(const struct xml_input *in, const char *p, size_t n)
{
	size_t i = 0;
	if (n > 16 && ascii_is_space(p[0]) && memcmp(p, p + 1, n - 1) == 0)
		return true; /* mostly it is the same blank: as fast as memory */
	while (i < n && (ascii_is_space(p[i]) || (in->wide && p[i] == '\0')))
		i++;
	return i == n;
}

/*
 * Of p[0..n), just read, how many bytes go on. The parser keeps what it has not understood yet, and
 * blanks in many places are part of that: of a run of them, what no text node has room for is left
 * out. Of UTF-16 and UTF-32 only whole units are.
 */
static size_t squeeze(struct xml_input *in, const char *p, size_t n)
{
	if (!is_blank(in, p, n)) {
		in->blanks = 0;
		return n;
	}
	in->blanks += n;
	if (in->blanks <= BLANKS_MAX || in->bytes > in->max)
		return n;
	return in->wide ? n % 4 : 0;
}

/* raw: the tail of the piece before, and new bytes; the first piece holds the whole declaration. */
static enum status fill(struct xml_input *in, size_t *n, struct err *err)
{
	size_t got = 1, want = in->started ? 1 : FIRST;
	if (in->n_tail > 0)
		memcpy(in->raw, in->tail, in->n_tail);
	*n = in->n_tail;
	while (*n < want + in->n_tail && got > 0) {
		enum status st = stream_read(in->stream, in->raw + *n, XML_PIECE, &got, err);
		if (st != ST_OK)
			return st;
		in->bytes += got;
		*n += squeeze(in, in->raw + *n, got);
		if (!in->started && !in->passthrough && (*n >= 8 || got == 0))
			skip_front(in, n);
		if (in->bytes > in->max) /* somebody else will say so */
			break;
	}
	in->ended = got == 0;
	return ST_OK;
}

enum status xml_input_next(struct xml_input *in, const char **p, size_t *len, struct err *err)
{
	*p = "";
	for (*len = 0; *len == 0 && !in->ended;) {
		size_t n;
		enum status st = fill(in, &n, err);
		if (st != ST_OK)
			return st;
		if (!in->started && !in->passthrough)
			in->passthrough = !in->repair && declares_other(in->raw, n);
		in->started = true;
		*p = in->raw;
		*len = n;
		if (!in->passthrough)
			clean(in, n, p, len);
		if (in->repair && !in->passthrough) {
			repair(in, *p, *len);
			*p = in->out.data ? in->out.data : "";
			*len = in->out.len;
		}
	}
	return ST_OK;
}
