#include "ingest/bounce/span.h"

static bool same(const char *p, const char *word, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (ascii_lower(p[i]) != word[i])
			return false;
	return true;
}

size_t span_find(struct span s, const char *word)
{
	size_t n = strlen(word);
	for (size_t i = 0; n <= s.n && i <= s.n - n; i++)
		if (ascii_lower(s.p[i]) == word[0] && same(s.p + i, word, n))
			return i;
	return SPAN_NONE;
}

bool span_has(struct span s, const char *word)
{
	return span_find(s, word) != SPAN_NONE;
}

bool span_begins(struct span s, const char *word)
{
	size_t n = strlen(word);
	return s.n >= n && same(s.p, word, n);
}

bool span_is(struct span s, const char *word)
{
	return s.n == strlen(word) && same(s.p, word, s.n);
}

size_t span_chr(struct span s, char c)
{
	const char *at = s.n > 0 ? memchr(s.p, c, s.n) : NULL;
	return at ? (size_t)(at - s.p) : SPAN_NONE;
}

struct span span_between(struct span s, const char *from, const char *to)
{
	size_t at = span_find(s, from);
	if (at == SPAN_NONE)
		return (struct span){s.p, 0};
	s = span_from(s, at + strlen(from));
	size_t end = to[0] ? span_find(s, to) : SPAN_NONE;
	return span_to(s, end);
}

bool span_line(struct span *s, struct span *line)
{
	if (s->n == 0)
		return false;
	size_t lf = span_chr(*s, '\n');
	*line = span_to(*s, lf);
	*s = span_from(*s, lf == SPAN_NONE ? s->n : lf + 1);
	if (line->n > 0 && line->p[line->n - 1] == '\r')
		line->n--;
	return true;
}

bool span_word(struct span *s, struct span *word)
{
	size_t i = 0, from;
	while (i < s->n && ascii_is_space(s->p[i]))
		i++;
	from = i;
	while (i < s->n && !ascii_is_space(s->p[i]))
		i++;
	*word = (struct span){s->p + from, i - from};
	*s = span_from(*s, i);
	return word->n > 0;
}
