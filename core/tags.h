/*
 * tags.h - lists of "tag=value", as DKIM writes signatures and keys (RFC 6376 section 3.2).
 *
 * Nothing is copied. Blanks and folding around tags and values are passed over; inside of a value
 * they stay: what they mean there, the tag says.
 */
#ifndef CORE_TAGS_H
#define CORE_TAGS_H

#include <stdbool.h>
#include <stddef.h>

struct tag {
	const char *name, *value;
	size_t n_name, n;
	const char *from, *to; /* the value with the blanks around it: behind '=', up to ';' */
};

#define TAGS_MAX 32 /* RFC 6376 knows thirteen */

struct tags {
	struct tag list[TAGS_MAX];
	size_t n;
};

/* false: it is no such list, or a tag stands in it twice. */
bool tags_read(const char *s, size_t n, struct tags *out);

const struct tag *tags_find(const struct tags *t, const char *name); /* NULL: it is not there */

bool tag_is(const struct tag *t, const char *value); /* ASCII case aside; NULL is nothing */

/*
 * The words of a list like "dns/txt : other": the next one in *s, *n, without blanks around it.
 * false: there is none.
 */
bool tag_word(const char **s, size_t *n, const char **word, size_t *n_word);

/* Is value one of the words of t? ASCII case aside. */
bool tag_holds(const struct tag *t, const char *value);

#endif
