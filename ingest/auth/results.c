#include "ingest/auth/results.h"

#include <string.h>

#include "core/text.h"

#define TOKEN_MAX 512

/* A token: a word, a quoted string without its quotes, or one of ";=". n 0: the end. */
struct token {
	char text[TOKEN_MAX];
	size_t n;
	bool word;
};

struct scan {
	const char *p, *end;
	bool bad; /* a comment or quotes that do not end, a token that is too long */
};

/* Blanks and comments. */
static void skip(struct scan *s)
{
	size_t depth = 0;
	for (; s->p < s->end; s->p++) {
		if (depth > 0 && *s->p == '\\' && s->p + 1 < s->end)
			s->p++;
		else if (*s->p == '(')
			depth++;
		else if (*s->p == ')' && depth > 0)
			depth--;
		else if (depth == 0 && !ascii_is_space(*s->p))
			break;
	}
	s->bad |= depth > 0;
}

static void put(struct scan *s, struct token *t, char c)
{
	if (t->n < sizeof t->text - 1)
		t->text[t->n++] = c;
	else
		s->bad = true;
}

static void quoted(struct scan *s, struct token *t)
{
	for (s->p++; s->p < s->end && *s->p != '"'; s->p++) {
		if (*s->p == '\\' && s->p + 1 < s->end)
			s->p++;
		put(s, t, *s->p);
	}
	s->bad |= s->p == s->end;
	s->p += s->p < s->end;
}

/* Quoted strings and words that touch are one: "a b"@x.example. */
static bool next(struct scan *s, struct token *t)
{
	skip(s);
	t->n = 0;
	t->word = true;
	if (s->p < s->end && (*s->p == ';' || *s->p == '=')) {
		t->word = false;
		put(s, t, *s->p++);
	}
	while (t->word && s->p < s->end && !ascii_is_space(*s->p) && !strchr(";=()", *s->p)) {
		if (*s->p == '"')
			quoted(s, t);
		else
			put(s, t, *s->p++);
	}
	if (t->word && t->n == 0 && s->p < s->end)
		s->bad = true; /* a ")", or a NUL */
	t->text[t->n] = '\0';
	return t->n > 0 && !s->bad;
}

static bool is_mark(const struct token *t, char c)
{
	return !t->word && t->text[0] == c;
}

static bool is_trusted(const struct auth_options *o, const char *host)
{
	for (size_t i = 0; i < o->n_trusted; i++)
		if (ascii_ieq(o->trusted[i], host))
			return true;
	return false;
}

/* ---- one field ---- */

/* Of the resinfos about DMARC. */
struct found {
	unsigned n, passes, fails;
	bool other; /* one is about another author */
};

static bool is_method(const char *name, const char *method)
{
	size_t n = strcspn(name, "/"); /* its version */
	return ascii_ieq_n(name, n, method);
}

static bool is_author(const struct name_rules *rules, const char *value, const char *from)
{
	char domain[DOMAIN_SIZE];
	const char *at = strrchr(value, '@');
	value = at ? at + 1 : value;
	return from && domain_normalise(rules, value, strlen(value), domain) &&
	       strcmp(domain, from) == 0;
}

/* "name = value" within a resinfo; the first is the method. */
static void pair(const struct name_rules *rules, const char *from, const char *name,
		 const char *value, bool first, bool *dmarc, struct found *f)
{
	if (first) {
		*dmarc = is_method(name, "dmarc");
		f->n += *dmarc;
		f->passes += *dmarc && ascii_ieq(value, "pass");
		f->fails += *dmarc && ascii_ieq(value, "fail");
	} else if (*dmarc && ascii_ieq(name, "header.from")) {
		f->other |= !is_author(rules, value, from);
	}
}

/* Behind the authserv-id: resinfos, each begun by ';'. false: it is damaged. */
static bool read_resinfos(struct scan *s, const struct name_rules *rules, const char *from,
			  struct found *f)
{
	struct token name, t;
	bool dmarc = false, first = true, have = false;
	while (next(s, &t)) {
		if (is_mark(&t, ';')) {
			first = true;
			have = dmarc = false;
		} else if (is_mark(&t, '=')) {
			if (!have || !next(s, &t) || !t.word)
				return false;
			pair(rules, from, name.text, t.text, first, &dmarc, f);
			first = have = false;
		} else {
			name = t;
			have = true;
		}
	}
	return !s->bad;
}

enum results_verdict results_field(const struct auth_options *o, const struct name_rules *rules,
				   const char *value, size_t n, const char *from, bool *trusted)
{
	struct scan s = {value, value + n, false};
	struct found f = {0};
	struct token id, t;
	*trusted = next(&s, &id) && id.word && is_trusted(o, id.text);
	if (!*trusted)
		return RESULTS_NOTHING;
	const char *behind = s.p; /* a version, and the first ';' */
	if (next(&s, &t) && !is_mark(&t, ';'))
		behind = s.p;
	s.p = behind;
	if (!read_resinfos(&s, rules, from, &f) || f.n == 0 || f.other || !from)
		return RESULTS_NOTHING;
	return f.passes == f.n ? RESULTS_PASS : f.fails == f.n ? RESULTS_FAIL : RESULTS_NOTHING;
}

/* ---- all of them ---- */

/* Was this Received written by a host that is trusted? */
static bool received_by_trusted(const struct auth_options *o, const struct field *f)
{
	struct scan s = {f->p + f->value, f->p + f->n, false};
	struct token t;
	while (next(&s, &t) && !is_mark(&t, ';'))
		if (t.word && ascii_ieq(t.text, "by"))
			return next(&s, &t) && t.word && is_trusted(o, t.text);
	return false;
}

enum results_verdict results_read(const struct auth_options *o, const struct name_rules *rules,
				  const struct header *h, const char *from)
{
	for (size_t i = 0; i < h->n; i++) {
		const struct field *f = &h->fields[i];
		bool trusted;
		if (field_is(f, "Received") && !received_by_trusted(o, f))
			return RESULTS_NOTHING;
		if (!field_is(f, "Authentication-Results"))
			continue;
		enum results_verdict v =
		    results_field(o, rules, f->p + f->value, f->n - f->value, from, &trusted);
		if (trusted)
			return v;
	}
	return RESULTS_NOTHING;
}
