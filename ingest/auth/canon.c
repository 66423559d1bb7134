#include "ingest/auth/canon.h"

#include <string.h>

#include "core/text.h"

bool canon_read(const char *s, size_t n, enum canon *out)
{
	text_trim(&s, &n);
	*out = ascii_ieq_n(s, n, "relaxed") ? CANON_RELAXED : CANON_SIMPLE;
	return *out == CANON_RELAXED || ascii_ieq_n(s, n, "simple");
}

/* ---- header fields ---- */

/* p[0..n) without its last line end. */
static size_t without_end(const char *p, size_t n)
{
	n -= n > 0 && p[n - 1] == '\n';
	n -= n > 0 && p[n - 1] == '\r';
	return n;
}

static void simple_field(struct buf *out, const char *p, size_t n)
{
	const char *end = p + n;
	while (p < end) {
		const char *lf = memchr(p, '\n', (size_t)(end - p));
		size_t line = lf ? (size_t)(lf - p) : (size_t)(end - p);
		buf_put(out, p, lf ? without_end(p, line + 1) : line);
		if (lf)
			buf_put(out, "\r\n", 2);
		p += line + (lf != NULL);
	}
}

/* A blank, or of a line end. */
static bool is_gap(const char *p, size_t n)
{
	return *p == ' ' || *p == '\t' || *p == '\n' || (*p == '\r' && n > 1 && p[1] == '\n');
}

/* Blanks and line ends: one blank; none at the start and the end of the value. */
static void relaxed_value(struct buf *out, const char *p, size_t n, bool *begun, bool *blank)
{
	for (size_t i = 0; i < n;) {
		size_t run = 0;
		while (i + run < n && !is_gap(p + i + run, n - i - run))
			run++;
		if (run == 0) {
			*blank |= p[i] == ' ' || p[i] == '\t';
			i++;
			continue;
		}
		if (*blank && *begun)
			buf_put(out, " ", 1);
		*blank = false;
		*begun = true;
		buf_put(out, p + i, run);
		i += run;
	}
}

static void relaxed_name(struct buf *out, const struct field *f)
{
	char *name = buf_reserve(out, f->name + 1);
	if (!name)
		return;
	for (size_t i = 0; i < f->name; i++)
		name[i] = ascii_lower(f->p[i]);
	name[f->name] = ':';
	out->len += f->name + 1;
}

void canon_field(struct buf *out, enum canon canon, const struct field *f, const char *hole,
		 const char *hole_end, bool line_end)
{
	const char *value = f->p + f->value, *end = f->p + without_end(f->p, f->n);
	if (!hole || hole > end)
		hole = end;
	if (hole == end || hole_end > end)
		hole_end = end;
	if (canon == CANON_SIMPLE) {
		simple_field(out, f->p, (size_t)(hole - f->p));
		simple_field(out, hole_end, (size_t)(end - hole_end));
	} else {
		bool begun = false, blank = false;
		relaxed_name(out, f);
		relaxed_value(out, value, (size_t)(hole - value), &begun, &blank);
		relaxed_value(out, hole_end, (size_t)(end - hole_end), &begun, &blank);
	}
	if (line_end)
		buf_put(out, "\r\n", 2);
}

/* ---- the body ---- */

static void pass(struct body *b)
{
	if (b->n > 0)
		b->out(b->ctx, b->piece, b->n);
	b->n = 0;
}

static void give(struct body *b, const char *p, size_t n)
{
	if (n > sizeof b->piece - b->n)
		pass(b);
	if (n > sizeof b->piece) {
		b->out(b->ctx, p, n);
		return;
	}
	memcpy(b->piece + b->n, p, n);
	b->n += n;
}

/* Something of a line: what was held back before it counts now. */
static void give_text(struct body *b, const char *p, size_t n)
{
	for (; b->empty > 0; b->empty--)
		give(b, "\r\n", 2);
	if (b->blank)
		give(b, " ", 1);
	b->blank = false;
	b->any = true;
	give(b, p, n);
}

static void end_line(struct body *b)
{
	b->blank = false; /* at the end of a line */
	b->empty++;
}

/* How many octets from p on stand for themselves. */
static size_t plain(const struct body *b, const char *p, size_t n)
{
	size_t i = 0;
	if (b->canon == CANON_RELAXED)
		while (i < n && p[i] != ' ' && p[i] != '\t' && p[i] != '\r' && p[i] != '\n')
			i++;
	else
		while (i < n && p[i] != '\r' && p[i] != '\n')
			i++;
	return i;
}

static void canon_put(struct body *b, const char *p, size_t n)
{
	for (size_t i = 0; i < n;) {
		if (b->cr && p[i] != '\n')
			give_text(b, "\r", 1); /* not of a line end */
		b->cr = false;
		size_t run = plain(b, p + i, n - i);
		if (run > 0) {
			give_text(b, p + i, run);
			i += run;
			continue;
		}
		if (p[i] == '\n')
			end_line(b);
		else if (p[i] == '\r')
			b->cr = true;
		else
			b->blank = true;
		i++;
	}
}

/* ---- lines that an mbox has quoted ---- */

static const char from[] = "From ";

/* The line goes on otherwise, or as what is quoted: then one mark is the mailbox's. */
static void release(struct body *b, bool quoted)
{
	b->hit |= quoted;
	for (uint64_t i = quoted ? 1 : 0; i < b->marks; i++)
		canon_put(b, ">", 1);
	canon_put(b, from, b->word);
	b->marks = b->word = 0;
	b->in_text = true;
}

/* One octet at the start of a line. */
static void at_start(struct body *b, char c)
{
	if (c == '>' && b->word == 0) {
		b->marks++;
		return;
	}
	if (b->marks > 0 && c == from[b->word]) {
		if (++b->word == sizeof from - 1)
			release(b, true);
		return;
	}
	release(b, false);
	canon_put(b, &c, 1);
	b->in_text = c != '\n';
}

static void unquote_put(struct body *b, const char *p, size_t n)
{
	for (size_t i = 0; i < n;) {
		if (!b->in_text) {
			at_start(b, p[i++]);
			continue;
		}
		const char *lf = memchr(p + i, '\n', n - i);
		size_t run = lf ? (size_t)(lf - p) + 1 - i : n - i;
		canon_put(b, p + i, run);
		b->in_text = lf == NULL;
		i += run;
	}
}

void body_put(struct body *b, const void *p, size_t n)
{
	if (b->unquote)
		unquote_put(b, p, n);
	else
		canon_put(b, p, n);
}

void body_end(struct body *b)
{
	if (b->unquote)
		release(b, false);
	if (b->cr)
		give_text(b, "\r", 1);
	/* empty lines at the end do not count; what there is, ends like a line */
	if (b->any || b->canon == CANON_SIMPLE)
		give(b, "\r\n", 2);
	pass(b);
}
