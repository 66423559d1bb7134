#include "report/catalogue/csv.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/text.h"

void csv_open(struct csv_reader *r, const char *file, const char *text, size_t n)
{
	*r = (struct csv_reader){.file = file, .at = text, .end = text + n};
	if (n >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
		r->at += 3;
}

enum status csv_complain(const struct csv_reader *r, struct err *err, const char *fmt, ...)
{
	char text[ERR_SIZE];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	return err_set(err, ST_FATAL, "%s:%u: %s", r->file, r->line, text);
}

static enum status check_line(const struct csv_reader *r, const char *s, size_t n, struct err *err)
{
	if (utf8_valid_prefix(s, n) != n)
		return csv_complain(r, err, "not UTF-8");
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)s[i];
		bool c1 = c == 0xc2 && i + 1 < n && (unsigned char)s[i + 1] < 0xa0;
		if (c < 0x20 || c == 0x7f || c1)
			return csv_complain(r, err, "a control byte (tabs are none either)");
	}
	return ST_OK;
}

/* A quoted field: *s stands behind the opening quote, afterwards behind the closing one. */
static enum status take_quoted(const struct csv_reader *r, const char **s, const char *end,
			       char *out, size_t *len, struct err *err)
{
	for (;; (*s)++) {
		if (*s == end)
			return csv_complain(r, err, "a quote is not closed on its line");
		if (**s == '"' && (*s + 1 == end || (*s)[1] != '"'))
			break;
		if (**s == '"')
			(*s)++;
		if (*len == CSV_FIELD)
			return csv_complain(r, err, "a field is too long");
		out[(*len)++] = **s;
	}
	(*s)++;
	if (*s < end && **s != ',')
		return csv_complain(r, err, "text behind a closing quote");
	return ST_OK;
}

static enum status take_plain(const struct csv_reader *r, const char **s, const char *end,
			      char *out, size_t *len, struct err *err)
{
	for (; *s < end && **s != ','; (*s)++) {
		if (**s == '"')
			return csv_complain(r, err,
					    "a quote inside a field that does not begin with one");
		if (*len == CSV_FIELD)
			return csv_complain(r, err, "a field is too long");
		out[(*len)++] = **s;
	}
	return ST_OK;
}

static enum status split(struct csv_reader *r, const char *s, const char *end, struct arena *a,
			 struct err *err)
{
	char out[CSV_FIELD];
	for (r->n = 0;; s++) { /* over the comma */
		size_t len = 0;
		enum status st;
		if (r->n == CSV_FIELDS)
			return csv_complain(r, err, "too many fields");
		if (s < end && *s == '"') {
			s++;
			st = take_quoted(r, &s, end, out, &len, err);
		} else {
			st = take_plain(r, &s, end, out, &len, err);
		}
		if (st != ST_OK)
			return st;
		const char *field = out;
		text_trim(&field, &len);
		r->fields[r->n++] = arena_strndup(a, field, len);
		if (s == end)
			return ST_OK;
	}
}

enum status csv_next(struct csv_reader *r, struct arena *a, struct err *err)
{
	r->n = 0;
	while (r->at < r->end) {
		const char *line = r->at;
		const char *lf = memchr(line, '\n', (size_t)(r->end - line));
		const char *end = lf ? lf : r->end;
		r->at = lf ? lf + 1 : r->end;
		r->line++;
		if (end > line && end[-1] == '\r')
			end--;
		if (line == end || *line == '#')
			continue;
		enum status st = check_line(r, line, (size_t)(end - line), err);
		return st == ST_OK ? split(r, line, end, a, err) : st;
	}
	return ST_OK;
}

enum status csv_columns(struct csv_reader *r, const char *const *names, int n, struct err *err)
{
	r->columns = names;
	r->width = r->n;
	for (int k = 0; k < CSV_FIELDS; k++)
		r->place[k] = -1;
	for (unsigned i = 0; i < r->n; i++) {
		int k = 0;
		while (k < n && !ascii_ieq(names[k], r->fields[i]))
			k++;
		if (k == n)
			return csv_complain(r, err, "unknown column \"%s\"", r->fields[i]);
		if (r->place[k] >= 0)
			return csv_complain(r, err, "the column %s stands here twice", names[k]);
		r->place[k] = (int)i;
	}
	return ST_OK;
}

bool csv_has(const struct csv_reader *r, int column)
{
	return r->place[column] >= 0;
}

const char *csv_field(const struct csv_reader *r, int column)
{
	return csv_has(r, column) ? r->fields[r->place[column]] : "";
}
