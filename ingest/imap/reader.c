/* Bytes of a server cut into responses; the literal of a mail is not held. */
#include <inttypes.h>
#include <string.h>

#include "core/text.h"
#include "ingest/imap/parse.h"

void imap_reader_init(struct imap_reader *r, uint64_t body_max)
{
	*r = (struct imap_reader){.body_max = body_max};
	buf_init(&r->line, IMAP_SEARCH_MAX);
}

void imap_reader_free(struct imap_reader *r)
{
	buf_free(&r->line);
}

static bool begins(const struct buf *line, const char *word)
{
	size_t n = strlen(word);
	return line->len >= n && ascii_ieq_n(line->data, n, word);
}

static size_t ceiling(const struct imap_reader *r)
{
	bool numbers = begins(&r->line, "* SEARCH") || begins(&r->line, "* ESEARCH");
	return numbers ? IMAP_SEARCH_MAX : IMAP_LINE_MAX;
}

/* "* 12 FETCH (" and, at the end, "BODY[] " before the brace at at. */
static bool is_mail(const struct buf *line, size_t at)
{
	static const char fetch[] = " FETCH (", body[] = "BODY[] ";
	size_t n = sizeof body - 1, i = 2;
	if (!begins(line, "* ") || at < n || !ascii_ieq_n(line->data + at - n, n, body))
		return false;
	while (i < line->len && line->data[i] >= '0' && line->data[i] <= '9')
		i++;
	char before = at > n ? line->data[at - n - 1] : '\0';
	return i > 2 && line->len - i > sizeof fetch - 1 &&
	       ascii_ieq_n(line->data + i, sizeof fetch - 1, fetch) &&
	       (before == ' ' || before == '(');
}

/* Does the line end in {n}? *at is where. */
static bool ends_in_literal(const struct buf *line, size_t *at, uint64_t *size)
{
	size_t end = line->len;
	if (end < 3 || line->data[end - 1] != '}')
		return false;
	size_t digits = end - 1;
	if (line->data[digits - 1] == '+') /* LITERAL+ is the client's, but harmless */
		digits--;
	size_t begin = digits;
	while (begin > 0 && line->data[begin - 1] >= '0' && line->data[begin - 1] <= '9')
		begin--;
	if (begin == 0 || line->data[begin - 1] != '{')
		return false;
	*at = begin - 1;
	if (!text_to_u64(line->data + begin, digits - begin, size))
		*size = UINT64_MAX; /* no digits: no literal; too many: more than anybody takes */
	return digits > begin;
}

/* A line has ended: is it the response, or does a literal follow? */
static enum imap_event line_ended(struct imap_reader *r, struct err *err)
{
	size_t at;
	uint64_t size;
	if (r->line.len > 0 && r->line.data[r->line.len - 1] == '\r')
		r->line.data[--r->line.len] = '\0';
	if (!ends_in_literal(&r->line, &at, &size)) {
		r->whole = true;
		return IMAP_LINE;
	}
	if (is_mail(&r->line, at)) {
		if (size > r->body_max || ++r->bodies > 1) {
			(void)err_set(err, ST_RETRY, "the server announces %s of %" PRIu64 " bytes",
				      r->bodies > 1 ? "a second mail in one answer" : "a mail",
				      size);
			return IMAP_BROKEN;
		}
		r->line.len = at; /* imap_parse() knows it by this: */
		buf_puts(&r->line, "{*}");
		r->in_body = true;
		r->body_size = size;
	} else {
		if (size >
		    IMAP_LINE_MAX - (r->line.len < IMAP_LINE_MAX ? r->line.len : IMAP_LINE_MAX)) {
			(void)err_set(err, ST_RETRY,
				      "the server announces a literal of %" PRIu64 " bytes", size);
			return IMAP_BROKEN;
		}
		buf_puts(&r->line, "\r\n");
		r->in_literal = true;
	}
	r->left = size;
	return IMAP_MORE;
}

static enum imap_event take_literal(struct imap_reader *r, const char **p, size_t *n,
				    struct imap_piece *piece)
{
	size_t take = *n < r->left ? *n : (size_t)r->left;
	bool body = r->in_body;
	if (body)
		*piece = (struct imap_piece){*p, take};
	else
		buf_put(&r->line, *p, take);
	*p += take;
	*n -= take;
	r->left -= take;
	if (r->left == 0)
		r->in_body = r->in_literal = false;
	return body && take > 0 ? IMAP_BODY : IMAP_MORE;
}

static enum imap_event take_line(struct imap_reader *r, const char **p, size_t *n, struct err *err)
{
	const char *end = memchr(*p, '\n', *n);
	size_t take = end ? (size_t)(end - *p) : *n;
	buf_put(&r->line, *p, take);
	*p += take + (end ? 1 : 0);
	*n -= take + (end ? 1 : 0);
	if (r->line.failed || r->line.len > ceiling(r)) {
		(void)err_set(err, ST_RETRY, "the server sends a line of more than %zu bytes",
			      ceiling(r));
		return IMAP_BROKEN;
	}
	return end ? line_ended(r, err) : IMAP_MORE;
}

enum imap_event imap_reader_next(struct imap_reader *r, const char **p, size_t *n,
				 struct imap_piece *piece, struct err *err)
{
	enum imap_event e = IMAP_MORE;
	if (r->whole) {
		if (r->line.cap > 2 * IMAP_LINE_MAX)
			buf_free(&r->line);
		buf_reset(&r->line);
		r->bodies = 0;
		r->whole = false;
	}
	while (e == IMAP_MORE && *n > 0) {
		if (r->left > 0)
			e = take_literal(r, p, n, piece);
		else
			e = take_line(r, p, n, err);
		if (r->left == 0)
			r->in_body = r->in_literal = false;
	}
	return e;
}
