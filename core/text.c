#include "core/text.h"

#include <string.h>
#include <wchar.h>

static bool is_continuation(char c)
{
	return ((unsigned char)c & 0xc0) == 0x80;
}

size_t utf8_sequence(const char *s, size_t n)
{
	if (n == 0)
		return 0;
	unsigned char c = (unsigned char)s[0];
	if (c < 0x80)
		return 1;
	if (c < 0xc2 || c > 0xf4)
		return 0;
	size_t len = c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
	if (n < len)
		return 0;
	for (size_t i = 1; i < len; i++)
		if (!is_continuation(s[i]))
			return 0;
	unsigned char d = (unsigned char)s[1];
	/* overlong forms, surrogates, beyond U+10FFFF */
	if ((c == 0xe0 && d < 0xa0) || (c == 0xed && d > 0x9f) || (c == 0xf0 && d < 0x90) ||
	    (c == 0xf4 && d > 0x8f))
		return 0;
	return len;
}

size_t utf8_valid_prefix(const char *s, size_t n)
{
	size_t i = 0;
	while (i < n) {
		uint64_t word[4];
		while (n - i >= sizeof word) { /* nearly everything is ASCII: 32 bytes at a time */
			memcpy(word, s + i, sizeof word);
			if ((word[0] | word[1] | word[2] | word[3]) & UINT64_C(0x8080808080808080))
				break;
			i += sizeof word;
		}
		if (n - i >= sizeof *word) {
			memcpy(word, s + i, sizeof *word);
			if (!(word[0] & UINT64_C(0x8080808080808080))) {
				i += sizeof *word;
				continue;
			}
		}
		if (i == n)
			break;
		size_t len = utf8_sequence(s + i, n - i);
		if (len == 0)
			break;
		i += len;
	}
	return i;
}

size_t utf8_repair(struct buf *out, const char *s, size_t n)
{
	size_t broken = 0;
	while (n > 0) {
		size_t good = utf8_valid_prefix(s, n);
		buf_put(out, s, good);
		s += good;
		n -= good;
		if (n > 0) {
			buf_puts(out, "\xef\xbf\xbd");
			broken++;
			s++;
			n--;
		}
	}
	return broken;
}

static uint32_t decode(const char *s, size_t len)
{
	unsigned char c = (unsigned char)s[0];
	uint32_t cp = len == 1 ? c : len == 2 ? c & 0x1fu : len == 3 ? c & 0x0fu : c & 0x07u;
	for (size_t i = 1; i < len; i++)
		cp = cp << 6 | ((unsigned char)s[i] & 0x3fu);
	return cp;
}

/* Characters that change what a terminal or a reader sees around them. */
static bool is_unsafe(uint32_t cp)
{
	return cp < 0x20 || (cp >= 0x7f && cp < 0xa0) || cp == 0xad || cp == 0x061c ||
	       (cp >= 0x200b && cp <= 0x200f) || (cp >= 0x2028 && cp <= 0x202e) ||
	       (cp >= 0x2060 && cp <= 0x206f) || cp == 0xfeff || (cp >= 0xe0000 && cp <= 0xe007f);
}

void text_terminal(struct buf *out, const char *s, size_t n)
{
	for (size_t i = 0; i < n;) {
		size_t len = utf8_sequence(s + i, n - i);
		if (len == 0) {
			buf_printf(out, "\\x%02x", (unsigned char)s[i]);
			i++;
			continue;
		}
		uint32_t cp = decode(s + i, len);
		if (!is_unsafe(cp))
			buf_put(out, s + i, len);
		else if (cp < 0x80)
			buf_printf(out, "\\x%02x", (unsigned)cp);
		else
			buf_printf(out, "\\u{%04x}", (unsigned)cp);
		i += len;
	}
}

size_t text_width(const char *s, size_t n)
{
	size_t columns = 0;
	mbstate_t state = {0};
	while (n > 0) {
		wchar_t wc;
		size_t len = mbrtowc(&wc, s, n, &state);
		if (len == (size_t)-1 || len == (size_t)-2 || len == 0) {
			columns++;
			s++;
			n--;
			memset(&state, 0, sizeof state);
			continue;
		}
		int w = wcwidth(wc);
		columns += w > 0 ? (size_t)w : 0;
		s += len;
		n -= len;
	}
	return columns;
}

bool ascii_ieq_n(const char *a, size_t n, const char *b)
{
	for (size_t i = 0; i < n; i++)
		if (b[i] == '\0' || ascii_lower(a[i]) != ascii_lower(b[i]))
			return false;
	return b[n] == '\0';
}

bool ascii_ieq(const char *a, const char *b)
{
	if (!a || !b)
		return a == b;
	return ascii_ieq_n(a, strlen(a), b);
}

void text_trim(const char **s, size_t *n)
{
	while (*n > 0 && ascii_is_space(**s)) {
		(*s)++;
		(*n)--;
	}
	while (*n > 0 && ascii_is_space((*s)[*n - 1]))
		(*n)--;
}

static unsigned least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

size_t text_distance(const char *a, const char *b)
{
	unsigned rows[3][TEXT_DISTANCE_MAX + 1];
	unsigned *older = rows[0], *above = rows[1], *row = rows[2];
	size_t n = strlen(a), m = strlen(b);
	if (n > TEXT_DISTANCE_MAX || m > TEXT_DISTANCE_MAX)
		return SIZE_MAX;
	for (size_t k = 0; k <= m; k++)
		above[k] = (unsigned)k;
	for (size_t i = 1; i <= n; i++) {
		row[0] = (unsigned)i;
		for (size_t k = 1; k <= m; k++) {
			char x = ascii_lower(a[i - 1]), y = ascii_lower(b[k - 1]);
			row[k] = least(least(above[k], row[k - 1]) + 1, above[k - 1] + (x != y));
			if (i > 1 && k > 1 && x == ascii_lower(b[k - 2]) &&
			    y == ascii_lower(a[i - 2]))
				row[k] = least(row[k], older[k - 2] + 1);
		}
		unsigned *next = older;
		older = above;
		above = row;
		row = next;
	}
	return above[m];
}

bool text_offer(struct text_nearest *near, const char *candidate)
{
	size_t n = strlen(near->word), d = text_distance(near->word, candidate);
	if (n >= 3 && d > 1 && strlen(candidate) > n && ascii_ieq_n(candidate, n, near->word))
		d = 1;
	if (d > (n < 6 ? 1 + n / 4 : n / 3) || (near->found && d >= near->distance))
		return false;
	near->found = candidate;
	near->distance = d;
	return true;
}

bool text_to_u64(const char *s, size_t n, uint64_t *out)
{
	uint64_t v = 0;
	if (n == 0)
		return false;
	for (size_t i = 0; i < n; i++) {
		if (s[i] < '0' || s[i] > '9')
			return false;
		uint64_t digit = (uint64_t)(s[i] - '0');
		if (v > (UINT64_MAX - digit) / 10)
			return false;
		v = v * 10 + digit;
	}
	*out = v;
	return true;
}
