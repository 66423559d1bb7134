/*
 * span.h - pieces of text that are not ended by NUL, and looking for words in them. Pure.
 */
#ifndef INGEST_BOUNCE_SPAN_H
#define INGEST_BOUNCE_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "core/text.h"

struct span {
	const char *p;
	size_t n;
};

static inline struct span span_of(const char *s)
{
	return (struct span){s, strlen(s)};
}

/* Without its first at bytes (at most all). */
static inline struct span span_from(struct span s, size_t at)
{
	at = at < s.n ? at : s.n;
	return (struct span){s.p + at, s.n - at};
}

static inline struct span span_to(struct span s, size_t n)
{
	return (struct span){s.p, n < s.n ? n : s.n};
}

static inline struct span span_trim(struct span s)
{
	text_trim(&s.p, &s.n);
	return s;
}

static inline bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static inline bool is_alnum(char c)
{
	return is_digit(c) || (ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z');
}

#define SPAN_NONE ((size_t)-1)

/* Where word first stands in s, ASCII case aside; SPAN_NONE. word is lower case. */
size_t span_find(struct span s, const char *word);
bool span_has(struct span s, const char *word);
bool span_begins(struct span s, const char *word);
bool span_is(struct span s, const char *word);

/* Where c stands first; SPAN_NONE. */
size_t span_chr(struct span s, char c);

/* What stands between two words: "client=", ","; until the end when `to` is not there. n = 0: from
 * is not there, or nothing is between. */
struct span span_between(struct span s, const char *from, const char *to);

/* The next line of *s, without its line end; *s loses it. false: there is none. */
bool span_line(struct span *s, struct span *line);

/* The next run of what is no blank; *s loses it. false: there is none. */
bool span_word(struct span *s, struct span *word);

#endif
