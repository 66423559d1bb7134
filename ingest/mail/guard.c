#include "ingest/mail/guard.h"

#include <stdbool.h>
#include <string.h>

#include "core/hash.h"
#include "core/limits.h"
#include "core/text.h"

static bool is_blank(uint8_t c)
{
	return c == ' ' || c == '\t';
}

static size_t line_end(const uint8_t *p, size_t n, size_t at)
{
	const uint8_t *lf = memchr(p + at, '\n', n - at);
	return lf ? (size_t)(lf - p) + 1 : n;
}

/* ---- long header fields ---- */

/* Where the value begins if the line at p[at..end) looks like a header field, else 0. Names are
 * letters, digits and '-': markup and data do not look like one. */
static size_t field_value(const uint8_t *p, size_t at, size_t end)
{
	size_t i = at;
	while (i < end && ((p[i] >= 'a' && p[i] <= 'z') || (p[i] >= 'A' && p[i] <= 'Z') ||
			   (p[i] >= '0' && p[i] <= '9') || p[i] == '-'))
		i++;
	if (i == at)
		return 0;
	while (i < end && is_blank(p[i]))
		i++;
	return i < end && p[i] == ':' ? i + 1 : 0;
}

/* All but the last line end: the library copies a field anew with each of its lines. */
static void blank(uint8_t *p, size_t from, size_t to)
{
	while (to > from && (p[to - 1] == '\n' || p[to - 1] == '\r'))
		to--;
	memset(p + from, ' ', to - from);
}

/* Returns where the first field too many stands, or n. */
static size_t blank_long_fields(uint8_t *p, size_t n)
{
	unsigned fields = 0;
	size_t start = 0, value = 0; /* of the field at hand; value 0: none */
	for (size_t at = 0; at < n;) {
		size_t end = line_end(p, n, at);
		if (!is_blank(p[at])) {
			if (value && at - start > LIMIT_HEADER_BYTES)
				blank(p, value, at);
			start = at;
			value = field_value(p, at, end);
			if (value && ++fields > GUARD_FIELDS_MAX)
				return at;
		}
		at = end;
	}
	if (value && n - start > LIMIT_HEADER_BYTES)
		blank(p, value, n);
	return n;
}

/* ---- part delimiters ---- */

struct boundaries {
	struct map set;
	uint64_t declared; /* also under the same name: each may be open */
	bool any; /* one was declared in a way we do not decode: every "--" line may be one */
};

static void add(struct boundaries *b, const uint8_t *s, size_t n)
{
	const char *t = (const char *)s;
	bool fresh;
	text_trim(&t, &n);
	if (n == 0)
		return;
	b->declared++;
	struct digest key = hash_fixed128(t, n);
	map_put(&b->set, &key, &fresh);
}

/* A boundary parameter's value at p[at..n). */
static void add_value(struct boundaries *b, const uint8_t *p, size_t n, size_t at)
{
	uint8_t plain[256];
	size_t len = 0, i = at;
	bool quoted = i < n && p[i] == '"';
	if (n - at >= 3 && memcmp(p + at + (quoted ? 1 : 0), "=?", 2) == 0)
		b->any = true;
	for (i += quoted ? 1 : 0; i < n && len < sizeof plain; i++) {
		if (quoted ? p[i] == '"' : p[i] == ';' || p[i] == '\n')
			break;
		if (quoted && (p[i] == '\\' || p[i] == '\n' || p[i] == '('))
			b->any = true; /* escapes, folding: more than one way to read it */
		plain[len++] = p[i];
	}
	if (len == sizeof plain)
		b->any = true;
	add(b, plain, len);
	const uint8_t *gap = memchr(plain, ' ', len);
	if (!quoted && gap)
		add(b, plain, (size_t)(gap - plain));
}

static void collect(struct boundaries *b, const uint8_t *p, size_t n)
{
	static const char word[] = "boundary";
	const size_t len = sizeof word - 1;
	for (size_t at = 0; at + len < n;) {
		const uint8_t *hit = memchr(p + at, 'y', n - at);
		const uint8_t *big = memchr(p + at, 'Y', (hit ? (size_t)(hit - p) : n) - at);
		if (big)
			hit = big;
		if (!hit)
			return;
		size_t i = (size_t)(hit - p);
		at = i + 1;
		if (i + 1 < len || !ascii_ieq_n((const char *)p + i + 1 - len, len, word))
			continue;
		for (i++; i < n && ascii_is_space((char)p[i]);)
			i++;
		if (i < n && (p[i] == '*' || p[i] == '('))
			b->any = true;
		if (i >= n || p[i] != '=')
			continue;
		for (i++; i < n && ascii_is_space((char)p[i]);)
			i++;
		if (i < n && p[i] == '(')
			b->any = true;
		add_value(b, p, n, i);
	}
}

/* Does the line s[0..n), which begins with "--", start a part? Closing delimiters do not. */
static bool starts_part(const struct boundaries *b, const char *s, size_t n)
{
	s += 2;
	n -= 2;
	text_trim(&s, &n);
	if (n == 0)
		return false;
	if (b->any)
		return true;
	struct digest key = hash_fixed128(s, n);
	return map_get(&b->set, &key) != NULL;
}

/* Returns where to cut, or n. A boundary is open once it is declared and a part was begun before.
 */
static size_t find_cut(const struct boundaries *b, const uint8_t *p, size_t n, uint64_t max_parts,
		       enum guard_verdict *why)
{
	uint64_t parts = 0, held = 0;
	for (size_t at = 0; at < n;) {
		size_t end = line_end(p, n, at);
		if (end - at > 2 && p[at] == '-' && p[at + 1] == '-') {
			held += (parts < b->declared ? parts : b->declared) + 1;
			*why = GUARD_OPEN;
			if (held > LIMIT_MIME_HELD)
				return at;
			*why = GUARD_PARTS;
			if (starts_part(b, (const char *)p + at, end - at) && ++parts > max_parts)
				return at;
		}
		at = end;
	}
	*why = GUARD_FITS;
	return n;
}

size_t mime_guard(uint8_t *p, size_t n, uint64_t max_parts, enum guard_verdict *over)
{
	struct boundaries b = {.any = false};
	size_t use = blank_long_fields(p, n);
	collect(&b, p, use);
	size_t cut = find_cut(&b, p, use, max_parts, over);
	map_free(&b.set);
	if (cut == use && use < n)
		*over = GUARD_FIELDS;
	return cut;
}
