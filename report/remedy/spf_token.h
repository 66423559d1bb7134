/* spf_token.h - private to this wing: the words of a record, as they stand, right or wrong. */
#ifndef REPORT_REMEDY_SPF_TOKEN_H
#define REPORT_REMEDY_SPF_TOKEN_H

#include <stdbool.h>
#include <string.h>
#include <strings.h>

struct token {
	const char *at;
	size_t n;
};

static inline struct token next_token(const char **p)
{
	struct token t;
	*p += strspn(*p, " ");
	t = (struct token){*p, strcspn(*p, " ")};
	*p += t.n;
	return t;
}

static inline bool begins(const struct token *t, const char *word)
{
	size_t n = strlen(word);
	return t->n >= n && strncasecmp(t->at, word, n) == 0;
}

/* The term without its qualifier. */
static inline struct token bare(const struct token *t)
{
	bool qualified = t->n > 0 && strchr("+-~?", *t->at);
	return (struct token){t->at + qualified, t->n - qualified};
}

static inline bool is_all(const struct token *t)
{
	struct token b = bare(t);
	return b.n == 3 && begins(&b, "all");
}

static inline bool has_token(const char *text, const struct token *wanted)
{
	const char *p = text;
	struct token w = bare(wanted);
	for (struct token t = next_token(&p); t.n > 0; t = next_token(&p)) {
		struct token b = bare(&t);
		if (b.n == w.n && strncasecmp(b.at, w.at, w.n) == 0)
			return true;
	}
	return false;
}

#endif
