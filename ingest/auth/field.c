#include "ingest/auth/field.h"

#include <string.h>

#include "core/limits.h"
#include "core/mem.h"
#include "core/text.h"

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* Octets of the line at p[at..n), with its end. 0: it does not end here, and more is to come. */
static size_t line_length(const char *p, size_t n, size_t at, bool whole)
{
	const char *lf = memchr(p + at, '\n', n - at);
	return lf ? (size_t)(lf - p) + 1 - at : whole ? n - at : 0;
}

static bool is_empty(const char *line, size_t n)
{
	return (n == 1 && line[0] == '\n') || (n == 2 && line[0] == '\r' && line[1] == '\n');
}

/* Name, blanks, ':'. */
static bool begin_field(const char *line, size_t n, struct field *f)
{
	size_t i = 0;
	while (i < n && line[i] > 0x20 && line[i] < 0x7f && line[i] != ':')
		i++;
	*f = (struct field){.p = line, .n = n, .name = i};
	while (i < n && is_blank(line[i]))
		i++;
	f->value = i + 1;
	return f->name > 0 && i < n && line[i] == ':';
}

/* Returns where the header ends; *sound says whether all of it was understood. */
static size_t read_lines(const char *p, size_t n, bool whole, struct field *fields, size_t *count,
			 bool *sound)
{
	size_t at = 0;
	*sound = false;
	while (at < n) {
		size_t line = line_length(p, n, at, whole);
		if (line == 0)
			return at;
		if (is_empty(p + at, line)) {
			at += line;
			*sound = true;
			return at;
		}
		if (is_blank(p[at])) {
			if (*count == 0)
				return at;
			fields[*count - 1].n += line;
		} else if (*count == LIMIT_AUTH_FIELDS ||
			   !begin_field(p + at, line, &fields[*count])) {
			return at;
		} else {
			++*count;
		}
		at += line;
	}
	*sound = whole;
	return at;
}

void header_read(const char *p, size_t n, bool whole, struct arena *a, struct header *out)
{
	struct field fields[LIMIT_AUTH_FIELDS];
	*out = (struct header){0};
	if (n > LIMIT_AUTH_HEADER) {
		n = LIMIT_AUTH_HEADER;
		whole = false;
	}
	out->size = read_lines(p, n, whole, fields, &out->n, &out->sound);
	out->fields = arena_memdup(a, fields, out->n * sizeof *fields);
}

bool field_is(const struct field *f, const char *name)
{
	return ascii_ieq_n(f->p, f->name, name);
}

size_t header_count(const struct header *h, const char *name)
{
	size_t count = 0;
	for (size_t i = 0; i < h->n; i++)
		count += field_is(&h->fields[i], name);
	return count;
}

const struct field *header_last(const struct header *h, const char *name)
{
	for (size_t i = h->n; i > 0; i--)
		if (field_is(&h->fields[i - 1], name))
			return &h->fields[i - 1];
	return NULL;
}
