#include "ingest/bounce/clean.h"

#include <errno.h>
#include <iconv.h>
#include <stdlib.h>

#include "core/limits.h"

/* ---- character sets ---- */

static void put_plain(struct buf *out, struct span s)
{
	for (size_t i = 0; i < s.n;) {
		size_t len = utf8_sequence(s.p + i, s.n - i);
		if (len == 0)
			buf_put(out, "\xef\xbf\xbd", 3);
		else if (s.p[i] != '\0')
			buf_put(out, s.p + i, len);
		i += len ? len : 1;
	}
}

static void put_latin(struct buf *out, struct span s)
{
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		if (c >= 0x80) {
			char two[2] = {(char)(0xc0 | c >> 6), (char)(0x80 | (c & 0x3f))};
			buf_put(out, two, 2);
		} else if (c) {
			buf_putc(out, (char)c);
		}
	}
}

static void put_converted(struct buf *out, struct span s, iconv_t cd)
{
	char *in = (char *)(uintptr_t)s.p, room[4096];
	size_t left = s.n;
	while (left > 0 && !out->failed) {
		char *to = room;
		size_t space = sizeof room;
		size_t done = iconv(cd, &in, &left, &to, &space);
		put_plain(out, (struct span){room, (size_t)(to - room)});
		if (done != (size_t)-1)
			break;
		if (errno == E2BIG && to > room)
			continue;
		buf_put(out, "\xef\xbf\xbd", 3); /* EILSEQ, EINVAL */
		in++;
		left--;
	}
}

void clean_charset(struct buf *out, struct span s, const char *charset)
{
	bool named = charset && charset[0] && !ascii_ieq(charset, "utf-8") &&
		     !ascii_ieq(charset, "us-ascii") && strlen(charset) < 40 &&
		     !strchr(charset, '/'); /* "//TRANSLIT" and paths are iconv's own */
	iconv_t cd = named ? iconv_open("UTF-8", charset) : (iconv_t)-1;
	if (cd != (iconv_t)-1) {
		put_converted(out, s, cd);
		iconv_close(cd);
	} else if (utf8_valid_prefix(s.p, s.n) == s.n || ascii_ieq(charset, "utf-8")) {
		put_plain(out, s);
	} else {
		put_latin(out, s);
	}
}

/* ---- HTML ---- */

static void put_code_point(struct buf *out, unsigned long c)
{
	char b[4];
	if (c < 0x20 || c > 0x10ffff || (c >= 0xd800 && c < 0xe000) || c == 0xa0) {
		buf_putc(out, ' ');
	} else if (c < 0x80) {
		buf_putc(out, (char)c);
	} else if (c < 0x800) {
		b[0] = (char)(0xc0 | c >> 6), b[1] = (char)(0x80 | (c & 0x3f));
		buf_put(out, b, 2);
	} else if (c < 0x10000) {
		b[0] = (char)(0xe0 | c >> 12), b[1] = (char)(0x80 | (c >> 6 & 0x3f));
		b[2] = (char)(0x80 | (c & 0x3f));
		buf_put(out, b, 3);
	} else {
		b[0] = (char)(0xf0 | c >> 18), b[1] = (char)(0x80 | (c >> 12 & 0x3f));
		b[2] = (char)(0x80 | (c >> 6 & 0x3f)), b[3] = (char)(0x80 | (c & 0x3f));
		buf_put(out, b, 4);
	}
}

/* An entity at s ("&lt;", "&#39;"). Returns its octets, 0: none. */
static size_t put_entity(struct buf *out, struct span s)
{
	static const struct {
		const char *name;
		char c;
	} names[] = {{"&lt;", '<'},   {"&gt;", '>'},    {"&amp;", '&'},
		     {"&quot;", '"'}, {"&apos;", '\''}, {"&nbsp;", ' '}};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		if (span_begins(s, names[i].name)) {
			buf_putc(out, names[i].c);
			return strlen(names[i].name);
		}
	}
	size_t semicolon = span_chr(span_to(s, 10), ';');
	if (!span_begins(s, "&#") || semicolon == SPAN_NONE || semicolon < 3)
		return 0;
	bool hex = ascii_lower(s.p[2]) == 'x';
	char digits[12], *end;
	memcpy(digits, s.p + 2 + hex, semicolon - 2 - hex);
	digits[semicolon - 2 - hex] = '\0';
	unsigned long c = strtoul(digits, &end, hex ? 16 : 10);
	if (*end != '\0' || end == digits)
		return 0;
	put_code_point(out, c);
	return semicolon + 1;
}

static bool breaks_line(struct span tag)
{
	static const char *const words[] = {"br", "p",  "div",   "tr",  "li", "h1",
					    "h2", "h3", "table", "pre", "hr", "title"};
	size_t i = 0;
	if (i < tag.n && tag.p[i] == '/')
		i++;
	size_t from = i;
	while (i < tag.n && is_alnum(tag.p[i]))
		i++;
	for (size_t k = 0; k < sizeof words / sizeof *words; k++)
		if (span_is((struct span){tag.p + from, i - from}, words[k]))
			return true;
	return false;
}

/* Octets of the element at s that is not shown (style, script, head, a comment), or 0. */
static size_t hidden(struct span s)
{
	static const struct {
		const char *open, *close;
	} kinds[] = {{"<!--", "-->"}, {"<style", "</style"}, {"<script", "</script"}};
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		if (!span_begins(s, kinds[i].open))
			continue;
		size_t end = span_find(s, kinds[i].close);
		return end == SPAN_NONE ? s.n : end + strlen(kinds[i].close);
	}
	return 0;
}

/* A tag at s, but not "<a@b.example>". Returns its octets, or 0. */
static size_t tag_at(struct span s)
{
	if (s.n < 3 || !(is_alnum(s.p[1]) || s.p[1] == '/' || s.p[1] == '!'))
		return 0;
	size_t end = span_chr(span_to(s, 4096), '>');
	if (end == SPAN_NONE)
		return 0;
	size_t at = span_chr(span_to(s, end), '@'), blank = span_chr(span_to(s, end), ' ');
	return at != SPAN_NONE && (blank == SPAN_NONE || at < blank) ? 0 : end + 1;
}

static size_t put_markup(struct buf *out, struct span s)
{
	size_t n = hidden(s);
	if (n == 0 && (n = tag_at(s)) > 0)
		buf_putc(out, breaks_line((struct span){s.p + 1, n - 1}) ? '\n' : ' ');
	return n;
}

void clean_html(struct buf *out, struct span s)
{
	for (size_t i = 0; i < s.n;) {
		size_t n = 0;
		if (s.p[i] == '<')
			n = put_markup(out, span_from(s, i));
		else if (s.p[i] == '&')
			n = put_entity(out, span_from(s, i));
		if (n == 0) /* line ends of the source are blanks */
			buf_putc(out, ascii_is_space(s.p[i]) ? ' ' : s.p[i]), n = 1;
		i += n;
	}
}

/* ---- one line ---- */

static int hex_digit(char c)
{
	c = ascii_lower(c);
	return is_digit(c) ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* "=3D", "=20" or "=" at a line's end, in text that nobody decoded. Returns octets, or 0. */
static size_t put_quoted(struct buf *out, struct span s)
{
	if (s.n >= 2 && s.p[1] == '\n')
		return 2;
	if (s.n >= 3 && s.p[1] == '\r' && s.p[2] == '\n')
		return 3;
	int high = s.n >= 3 ? hex_digit(s.p[1]) : -1, low = s.n >= 3 ? hex_digit(s.p[2]) : -1;
	if (high < 2 || high > 7 || low < 0)
		return 0;
	buf_putc(out, (char)(high * 16 + low));
	return 3;
}

static bool forgot_quoted(struct span s)
{
	return span_has(s, "=3d") || span_has(s, "=20\n") || span_has(s, "=\n") ||
	       span_has(s, "=\r\n");
}

static bool forgot_html(struct span s)
{
	return span_has(s, "&lt;") || span_has(s, "&#") || span_has(s, "&gt;") ||
	       span_has(s, "&quot;") || span_has(s, "<br") || span_has(s, "</");
}

static void one_step(struct buf *out, struct span s, bool html, bool quoted)
{
	for (size_t i = 0; i < s.n;) {
		struct span rest = span_from(s, i);
		size_t n = 0;
		if (html && s.p[i] == '<')
			n = put_markup(out, rest);
		else if (html && s.p[i] == '&')
			n = put_entity(out, rest);
		else if (quoted && s.p[i] == '=')
			n = put_quoted(out, rest);
		else if (span_begins(rest, "\\n"))
			buf_putc(out, ' '), n = 2;
		if (n == 0)
			buf_putc(out, s.p[i]), n = 1;
		i += n;
	}
}

/* Octets of a blank or of something that moves a cursor at s, or 0. */
static size_t blank_at(struct span s)
{
	unsigned char c = (unsigned char)s.p[0];
	if (c <= 0x20 || c == 0x7f)
		return 1;
	if (c == 0xc2 && s.n > 1 && (unsigned char)s.p[1] <= 0xa0)
		return 2; /* C1 and the blank that does not break */
	if (c == 0xe2 && s.n > 2 && (unsigned char)s.p[1] == 0x80 &&
	    ((unsigned char)s.p[2] >= 0xa8 && (unsigned char)s.p[2] <= 0xae))
		return 3; /* line, paragraph, direction */
	return 0;
}

struct span clean_line(struct arena *a, struct span s)
{
	struct buf raw, plain;
	size_t n = 0;
	s = span_to(s, 4 * LIMIT_BOUNCE_TEXT);
	buf_init(&raw, 8 * LIMIT_BOUNCE_TEXT);
	buf_init(&plain, 16 * LIMIT_BOUNCE_TEXT);
	one_step(&raw, s, forgot_html(s), forgot_quoted(s));
	put_plain(&plain, (struct span){raw.data, raw.len});
	char *line = arena_alloc(a, LIMIT_BOUNCE_TEXT + 8);
	for (size_t i = 0; i < plain.len && n < LIMIT_BOUNCE_TEXT;) {
		struct span rest = {plain.data + i, plain.len - i};
		size_t len = blank_at(rest);
		if (len > 0) {
			if (n > 0 && line[n - 1] != ' ')
				line[n++] = ' ';
		} else {
			len = utf8_sequence(rest.p, rest.n);
			memcpy(line + n, rest.p, len);
			n += len;
		}
		i += len;
	}
	buf_free(&raw);
	buf_free(&plain);
	return span_trim((struct span){line, n});
}
