#include "ingest/mail/rawscan.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "core/buf.h"
#include "core/limits.h"
#include "ingest/mail/uu.h"

#define PREFIX_MAX      32   /* of a namespace */
#define DECLARATION_GAP 1024 /* how far before "<feedback" its "<?xml" may stand */

static bool starts(const uint8_t *p, size_t n, const char *s)
{
	size_t len = strlen(s);
	return n >= len && memcmp(p, s, len) == 0;
}

static const uint8_t *find(const uint8_t *p, size_t n, const char *s)
{
	return memmem(p, n, s, strlen(s));
}

static size_t line_end(const uint8_t *p, size_t n, size_t at)
{
	const uint8_t *lf = memchr(p + at, '\n', n - at);
	return lf ? (size_t)(lf - p) + 1 : n;
}

static bool is_archive(const uint8_t *p, size_t n)
{
	return starts(p, n, "\x1f\x8b\x08") || starts(p, n, "PK\3\4");
}

static bool is_document(const uint8_t *p, size_t n)
{
	if (starts(p, n, "\xef\xbb\xbf")) {
		p += 3;
		n -= 3;
	}
	return is_archive(p, n) || starts(p, n, "<?xm") || starts(p, n, "<fee") ||
	       starts(p, n, "<ns1") || starts(p, n, "<!--");
}

/* ---- base64 ---- */

static int digit(uint8_t c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* Decoding goes on from line to line. */
struct base64 {
	uint32_t bits;
	unsigned n;
	bool padded; /* '=' was seen: nothing follows */
};

/* Append what the characters of p[0..n) say; blanks are skipped. */
static void decode(struct base64 *d, const uint8_t *p, size_t n, struct buf *out)
{
	for (size_t i = 0; i < n && !d->padded; i++) {
		int v = digit(p[i]);
		if (p[i] == '=')
			d->padded = true;
		if (v < 0)
			continue;
		d->bits = d->bits << 6 | (uint32_t)v;
		d->n += 6;
		if (d->n >= 8) {
			d->n -= 8;
			buf_putc(out, (char)(d->bits >> d->n & 0xff));
		}
	}
}

/* Only base64 and outer blanks? An empty line counts as such. */
static bool is_base64_line(const uint8_t *p, size_t n)
{
	size_t i = 0;
	while (n > 0 &&
	       (p[n - 1] == '\n' || p[n - 1] == '\r' || p[n - 1] == ' ' || p[n - 1] == '\t'))
		n--;
	while (i < n && (p[i] == ' ' || p[i] == '\t'))
		i++;
	while (i < n && digit(p[i]) >= 0)
		i++;
	while (i < n && p[i] == '=')
		i++;
	return i == n;
}

/* Do the first characters of this line decode to the start of a document? */
static bool begins_document(const uint8_t *p, size_t n)
{
	struct base64 d = {0};
	struct buf head;
	buf_init(&head, 64);
	decode(&d, p, n < 24 ? n : 24, &head);
	bool yes = head.len >= 7 && is_document((const uint8_t *)head.data, head.len);
	buf_free(&head);
	return yes;
}

/* Decode the run of lines at p[at..n). Returns where it ends. */
static size_t decode_run(const uint8_t *p, size_t n, size_t at, struct buf *out)
{
	struct base64 d = {0};
	while (at < n && !d.padded) {
		size_t end = line_end(p, n, at);
		if (!is_base64_line(p + at, end - at))
			break;
		decode(&d, p + at, end - at, out);
		at = end;
	}
	return at;
}

/* ---- uuencode ---- */

/* Decode what the line at p[at..n) opens. Returns where it ends, past that line. */
static size_t decode_uu(const uint8_t *p, size_t n, size_t at, struct buf *out)
{
	struct uu u = {.state = UU_INSIDE};
	char plain[2 * UU_LINE_MAX];
	at = line_end(p, n, at);
	while (at < n && u.state != UU_DONE) {
		size_t step = line_end(p, n, at) - at;
		if (step > UU_LINE_MAX)
			break;
		buf_put(out, plain, uu_step(&u, (const char *)p + at, step, plain));
		at += step;
	}
	buf_put(out, plain, uu_end(&u, plain));
	return at;
}

/* ---- plain XML ---- */

static bool is_name(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '-' || c == '_' || c == '.';
}

/* Where the tag begins whose name ends in "feedback" at p[at], or SIZE_MAX: "<feedback>", or with a
 * prefix, "<x:feedback>". */
static size_t tag_start(const uint8_t *p, size_t n, size_t at)
{
	size_t end = at + 8, i = at;
	if (end >= n ||
	    (p[end] != '>' && p[end] != ' ' && p[end] != '\t' && p[end] != '\r' && p[end] != '\n'))
		return SIZE_MAX;
	if (i > 0 && p[i - 1] == ':') {
		size_t low = at > PREFIX_MAX ? at - PREFIX_MAX : 0;
		for (i--; i > low && is_name(p[i - 1]);)
			i--;
	}
	return i > 0 && p[i - 1] == '<' ? i - 1 : SIZE_MAX;
}

/* Behind the end tag of the root that begins at p[at], whose name ends at p[name_end]. */
static size_t root_end(const uint8_t *p, size_t n, size_t at, size_t name_end)
{
	char close[PREFIX_MAX + 16];
	int len = snprintf(close, sizeof close, "</%.*s>", (int)(name_end - at - 1),
			   (const char *)p + at + 1);
	const uint8_t *hit = memmem(p + name_end, n - name_end, close, (size_t)len);
	return hit ? (size_t)(hit - p) + (size_t)len : n;
}

/* Documents in p[0..n), each from its declaration to "</feedback>" or the end. */
static enum status scan_xml(const uint8_t *p, size_t n, const struct rawscan_visitor *v,
			    struct err *err)
{
	size_t done = 0;
	const uint8_t *hit;
	size_t from = 0;
	while (from < n && (hit = find(p + from, n - from, "feedback"))) {
		size_t name = (size_t)(hit - p), at = tag_start(p, n, name);
		from = name + 8;
		if (at == SIZE_MAX || at < done)
			continue;
		size_t low = at - done > DECLARATION_GAP ? at - DECLARATION_GAP : done;
		const uint8_t *declaration = find(p + low, at - low, "<?xml");
		size_t start = declaration ? (size_t)(declaration - p) : at;
		size_t end = root_end(p, n, at, from);
		struct blob doc = {.size = end - start, .mem = p + start, .fd = -1};
		enum status st = v->found(v->ctx, &doc, err);
		if (st != ST_OK)
			return st;
		done = from = end;
	}
	return ST_OK;
}

enum status rawscan(const uint8_t *p, size_t n, const struct rawscan_visitor *v, struct err *err)
{
	struct buf out;
	enum status st = ST_OK;
	buf_init(&out, n);
	for (size_t at = 0; at < n && st == ST_OK;) {
		size_t end = line_end(p, n, at);
		if (is_archive(p + at, n - at)) {
			/* raw bytes: no telling where they end, so they are the last thing found */
			struct blob doc = {.size = n - at, .mem = p + at, .fd = -1};
			st = v->found(v->ctx, &doc, err);
			n = at;
			break;
		}
		buf_reset(&out);
		if (end - at >= 12 && is_base64_line(p + at, end - at) &&
		    begins_document(p + at, end - at))
			end = decode_run(p, n, at, &out);
		else if (uu_begins((const char *)p + at, end - at))
			end = decode_uu(p, n, at, &out);
		if (out.len > 0 && is_document((const uint8_t *)out.data, out.len)) {
			struct blob doc = {
			    .size = out.len, .mem = (const uint8_t *)out.data, .fd = -1};
			st = v->found(v->ctx, &doc, err);
		}
		at = end;
	}
	if (st == ST_OK)
		st = scan_xml(p, n, v, err);
	buf_free(&out);
	return st;
}
