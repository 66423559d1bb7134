/*
 * text.h - strings from outside: UTF-8, case, trimming, numbers, and making them harmless.
 *
 * Strings from outside are data. They are kept as they came (valid UTF-8, NUL-free) and escaped at
 * the edge that prints them: text_terminal() here, JSON in core/json.h, CSV and HTML in report/.
 */
#ifndef CORE_TEXT_H
#define CORE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/buf.h"

/* Length of the UTF-8 sequence at s[0..n), 1 to 4, or 0 when it is broken or cut (RFC 3629). */
size_t utf8_sequence(const char *s, size_t n);

/* How many bytes at the start of s[0..n) are valid UTF-8. */
size_t utf8_valid_prefix(const char *s, size_t n);

/* Append s[0..n), each broken byte as U+FFFD. Returns how many were broken. */
size_t utf8_repair(struct buf *out, const char *s, size_t n);

/*
 * Append s for a person's terminal or log: control characters (C0, DEL, C1, line and bidi
 * controls) and broken UTF-8 become \xNN or \u{NNNN}; newlines too. What remains cannot move the
 * cursor, change colours, or start a line.
 */
void text_terminal(struct buf *out, const char *s, size_t n);

/* Columns that s[0..n) takes on a terminal (wcwidth; needs a UTF-8 locale, else counts bytes). */
size_t text_width(const char *s, size_t n);

/* ASCII only, independent of the locale. */
static inline bool ascii_is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static inline char ascii_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

bool ascii_ieq(const char *a, const char *b); /* equal but for case; NULL equals only NULL */
bool ascii_ieq_n(const char *a, size_t n, const char *b);

/* Narrow *s, *n to what stands between outer blanks (space, tab, CR, LF, FF, VT). */
void text_trim(const char **s, size_t *n);

/* How many slips make b of a: a byte too many, missing, wrong, or two swapped; ASCII case aside.
 * SIZE_MAX when either is longer than TEXT_DISTANCE_MAX. */
size_t text_distance(const char *a, const char *b);
#define TEXT_DISTANCE_MAX 320

/*
 * What was probably meant: offer all that it may be; the first of those with the fewest slips is
 * found, NULL when nothing is near. What begins with the word counts as near.
 *
 *	struct text_nearest near = {.word = "aprove"};
 *	text_offer(&near, "approve");
 */
struct text_nearest {
	const char *word, *found;
	size_t distance;
};
bool text_offer(struct text_nearest *near, const char *candidate); /* true: the nearest so far */

/* Decimal digits only, nothing else, no overflow. */
bool text_to_u64(const char *s, size_t n, uint64_t *out);

#endif
