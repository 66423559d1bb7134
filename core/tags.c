#include "core/tags.h"

#include <string.h>

#include "core/text.h"

static bool is_name(const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		char c = ascii_lower(s[i]);
		bool letter = c >= 'a' && c <= 'z';
		if (!letter && (i == 0 || !((c >= '0' && c <= '9') || c == '_')))
			return false;
	}
	return n > 0;
}

/* One "tag=value", or nothing but blanks: then t->name is NULL. */
static bool read_one(const char *s, size_t n, struct tag *t)
{
	const char *equals = memchr(s, '=', n);
	*t = (struct tag){.name = NULL};
	if (!equals) {
		text_trim(&s, &n);
		return n == 0;
	}
	t->name = s;
	t->n_name = (size_t)(equals - s);
	text_trim(&t->name, &t->n_name);
	t->from = t->value = equals + 1;
	t->to = s + n;
	t->n = (size_t)(t->to - t->from);
	text_trim(&t->value, &t->n);
	return is_name(t->name, t->n_name);
}

bool tags_read(const char *s, size_t n, struct tags *out)
{
	const char *end = s + n;
	out->n = 0;
	while (s < end) {
		const char *semicolon = memchr(s, ';', (size_t)(end - s));
		const char *stop = semicolon ? semicolon : end;
		struct tag t;
		if (!read_one(s, (size_t)(stop - s), &t))
			return false;
		for (size_t i = 0; t.name && i < out->n; i++)
			if (out->list[i].n_name == t.n_name &&
			    memcmp(out->list[i].name, t.name, t.n_name) == 0)
				return false;
		if (t.name && out->n == TAGS_MAX)
			return false;
		if (t.name)
			out->list[out->n++] = t;
		s = stop + (semicolon != NULL);
	}
	return true;
}

const struct tag *tags_find(const struct tags *t, const char *name)
{
	for (size_t i = 0; i < t->n; i++)
		if (t->list[i].n_name == strlen(name) &&
		    memcmp(t->list[i].name, name, t->list[i].n_name) == 0)
			return &t->list[i];
	return NULL;
}

bool tag_is(const struct tag *t, const char *value)
{
	return t && ascii_ieq_n(t->value, t->n, value);
}

bool tag_word(const char **s, size_t *n, const char **word, size_t *n_word)
{
	if (!*s)
		return false;
	const char *colon = memchr(*s, ':', *n);
	*word = *s;
	*n_word = colon ? (size_t)(colon - *s) : *n;
	text_trim(word, n_word);
	*n -= colon ? (size_t)(colon - *s) + 1 : *n;
	*s = colon ? colon + 1 : NULL;
	return true;
}

bool tag_holds(const struct tag *t, const char *value)
{
	const char *s = t->value, *word;
	size_t n = t->n, n_word;
	while (tag_word(&s, &n, &word, &n_word))
		if (ascii_ieq_n(word, n_word, value))
			return true;
	return false;
}
