#include "ingest/imap/parse.h"

#include <string.h>

#include "core/text.h"

/* What is left of a line. */
struct cursor {
	const char *p, *end;
};

static size_t left(const struct cursor *c)
{
	return (size_t)(c->end - c->p);
}

static bool eat(struct cursor *c, char want)
{
	if (c->p == c->end || *c->p != want)
		return false;
	c->p++;
	return true;
}

static void eat_blanks(struct cursor *c)
{
	while (eat(c, ' '))
		;
}

/* Up to one of the stops, or the end. */
static struct imap_text take_until(struct cursor *c, const char *stops)
{
	const char *begin = c->p;
	while (c->p < c->end && !(*c->p && strchr(stops, *c->p)))
		c->p++;
	return (struct imap_text){begin, (size_t)(c->p - begin)};
}

static bool take_number(struct cursor *c, uint64_t *out)
{
	const char *begin = c->p;
	while (c->p < c->end && *c->p >= '0' && *c->p <= '9')
		c->p++;
	return text_to_u64(begin, (size_t)(c->p - begin), out);
}

static bool take_number32(struct cursor *c, uint32_t *out)
{
	uint64_t v;
	if (!take_number(c, &v) || v > UINT32_MAX)
		return false;
	*out = (uint32_t)v;
	return true;
}

bool imap_is(struct imap_text t, const char *word)
{
	return ascii_ieq_n(t.s, t.n, word);
}

/* "quoted", without unquoting. */
static bool take_quoted(struct cursor *c, struct imap_text *out)
{
	if (!eat(c, '"'))
		return false;
	out->s = c->p;
	for (; c->p < c->end; c->p++) {
		if (*c->p == '\\' && left(c) > 1) {
			c->p++;
		} else if (*c->p == '"') {
			out->n = (size_t)(c->p - out->s);
			c->p++;
			return true;
		}
	}
	return false;
}

/* {n} with its bytes behind it, or {*}: handed out by the reader. */
static bool take_literal(struct cursor *c, struct imap_text *out, bool *streamed)
{
	uint64_t n;
	*streamed = false;
	if (!eat(c, '{'))
		return false;
	if (left(c) >= 2 && c->p[0] == '*' && c->p[1] == '}') {
		c->p += 2;
		*out = (struct imap_text){c->p, 0};
		*streamed = true;
		return true;
	}
	if (!take_number(c, &n))
		return false;
	eat(c, '+');
	if (!eat(c, '}') || !eat(c, '\r') || !eat(c, '\n') || n > left(c))
		return false;
	*out = (struct imap_text){c->p, (size_t)n};
	c->p += n;
	return true;
}

/* A string, a literal, or an atom (NIL among them). */
static bool take_string(struct cursor *c, struct imap_text *out, bool *streamed, bool *nil)
{
	*streamed = *nil = false;
	if (c->p == c->end)
		return false;
	if (*c->p == '"')
		return take_quoted(c, out);
	if (*c->p == '{')
		return take_literal(c, out, streamed);
	*out = take_until(c, " ()\"{");
	*nil = imap_is(*out, "NIL");
	return out->n > 0;
}

/* Any value: an item that nobody asked for. */
static bool skip_value(struct cursor *c)
{
	unsigned depth = 0;
	do {
		struct imap_text t;
		bool streamed, nil;
		eat_blanks(c);
		if (eat(c, '(')) {
			if (++depth > IMAP_NESTING)
				return false;
		} else if (depth > 0 && eat(c, ')')) {
			depth--;
		} else if (!take_string(c, &t, &streamed, &nil)) {
			return false;
		}
	} while (depth > 0);
	return true;
}

static bool take_flags(struct cursor *c, struct imap_response *r)
{
	if (!eat(c, '('))
		return false;
	for (;;) {
		eat_blanks(c);
		if (eat(c, ')'))
			return true;
		struct imap_text flag = take_until(c, " ()");
		if (flag.n == 0)
			return false;
		r->seen |= imap_is(flag, "\\Seen");
		r->deleted |= imap_is(flag, "\\Deleted");
	}
}

/* "UID", "RFC822.SIZE", "BODY[HEADER.FIELDS (DATE)]<0>": blanks may stand between brackets. */
static struct imap_text take_item_name(struct cursor *c)
{
	const char *begin = c->p;
	bool brackets = false;
	for (; c->p < c->end; c->p++) {
		if (*c->p == '[')
			brackets = true;
		else if (*c->p == ']')
			brackets = false;
		else if (!brackets && (*c->p == ' ' || *c->p == '(' || *c->p == ')'))
			break;
	}
	return (struct imap_text){begin, (size_t)(c->p - begin)};
}

static bool take_item(struct cursor *c, struct imap_response *r)
{
	struct imap_text name = take_item_name(c);
	bool nil;
	if (name.n == 0)
		return false;
	eat_blanks(c);
	if (imap_is(name, "UID"))
		return take_number32(c, &r->uid) && r->uid > 0;
	if (imap_is(name, "RFC822.SIZE"))
		return r->has_size = take_number(c, &r->size);
	if (imap_is(name, "FLAGS"))
		return take_flags(c, r);
	if (!imap_is(name, "BODY[]"))
		return skip_value(c);
	if (!take_string(c, &r->body, &r->streamed, &nil))
		return false;
	r->has_body = !nil;
	return true;
}

static bool parse_fetch(struct cursor *c, struct imap_response *r)
{
	r->kind = IMAP_FETCH;
	if (!eat(c, '('))
		return false;
	for (;;) {
		eat_blanks(c);
		if (eat(c, ')'))
			return c->p == c->end;
		if (!take_item(c, r))
			return false;
	}
}

static bool status_word(struct imap_text t, enum imap_word *out)
{
	static const char *const words[] = {"OK", "NO", "BAD", "BYE", "PREAUTH"};
	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		if (imap_is(t, words[i])) {
			*out = (enum imap_word)i;
			return true;
		}
	}
	return false;
}

static bool parse_status(struct cursor *c, struct imap_response *r)
{
	r->kind = IMAP_STATUS;
	eat_blanks(c);
	if (eat(c, '[')) {
		r->code = take_until(c, "]");
		if (!eat(c, ']'))
			return false;
		eat_blanks(c);
	}
	r->text = (struct imap_text){c->p, left(c)};
	return true;
}

static bool parse_list(struct cursor *c, struct imap_response *r)
{
	struct imap_text sep;
	bool streamed, nil;
	r->kind = IMAP_LIST;
	if (!skip_value(c))
		return false;
	eat_blanks(c);
	if (!take_string(c, &sep, &streamed, &nil))
		return false;
	if (!nil && sep.n > 0)
		r->separator = sep.s[sep.n - 1]; /* a backslash may stand before it */
	eat_blanks(c);
	return take_string(c, &r->name, &streamed, &nil);
}

/* (TAG "A1") UID ALL 1:5,8 COUNT 6 ...: the set behind ALL. */
static bool parse_esearch(struct cursor *c, struct imap_response *r)
{
	r->kind = IMAP_ESEARCH;
	eat_blanks(c);
	if (c->p < c->end && *c->p == '(' && !skip_value(c))
		return false;
	for (;;) {
		eat_blanks(c);
		if (c->p == c->end)
			return true;
		struct imap_text name = take_until(c, " (");
		if (imap_is(name, "UID"))
			continue;
		eat_blanks(c);
		if (imap_is(name, "ALL"))
			r->rest = take_until(c, " ");
		else if (!skip_value(c))
			return false;
	}
}

/* "12 EXISTS" */
static bool parse_numbered(struct cursor *c, struct imap_response *r)
{
	if (!take_number32(c, &r->number) || !eat(c, ' '))
		return false;
	struct imap_text word = take_until(c, " ");
	if (imap_is(word, "FETCH")) {
		eat_blanks(c);
		return parse_fetch(c, r);
	}
	if (imap_is(word, "EXISTS"))
		r->kind = IMAP_EXISTS;
	else if (imap_is(word, "EXPUNGE"))
		r->kind = IMAP_EXPUNGE;
	return true;
}

static bool parse_untagged(struct cursor *c, struct imap_response *r)
{
	if (c->p < c->end && *c->p >= '0' && *c->p <= '9')
		return parse_numbered(c, r);
	struct imap_text word = take_until(c, " ");
	eat_blanks(c);
	if (status_word(word, &r->word))
		return parse_status(c, r);
	if (imap_is(word, "LIST"))
		return parse_list(c, r);
	if (imap_is(word, "ESEARCH"))
		return parse_esearch(c, r);
	if (imap_is(word, "SEARCH"))
		r->kind = IMAP_SEARCH;
	else if (imap_is(word, "CAPABILITY"))
		r->kind = IMAP_CAPABILITY;
	r->rest = (struct imap_text){c->p, left(c)};
	return word.n > 0;
}

bool imap_parse(const char *line, size_t n, struct imap_response *r)
{
	struct cursor c = {line, line + n};
	struct imap_text none = {line, 0};
	*r = (struct imap_response){.kind = IMAP_OTHER,
				    .tag = none,
				    .code = none,
				    .text = none,
				    .body = none,
				    .rest = none,
				    .name = none};
	if (eat(&c, '+')) {
		eat_blanks(&c);
		r->kind = IMAP_CONTINUE;
		r->text = (struct imap_text){c.p, left(&c)};
		return true;
	}
	if (n > 1 && line[0] == '*' && line[1] == ' ') {
		c.p += 2;
		return parse_untagged(&c, r);
	}
	r->tag = take_until(&c, " ");
	if (r->tag.n == 0 || !eat(&c, ' '))
		return false;
	return status_word(take_until(&c, " "), &r->word) && parse_status(&c, r);
}

bool imap_next_word(struct imap_text *rest, struct imap_text *word)
{
	struct cursor c = {rest->s, rest->s + rest->n};
	eat_blanks(&c);
	*word = take_until(&c, " ");
	*rest = (struct imap_text){c.p, left(&c)};
	return word->n > 0;
}

bool imap_next_range(struct imap_text *rest, uint32_t *lo, uint32_t *hi, bool *bad)
{
	struct cursor c = {rest->s, rest->s + rest->n};
	*bad = false;
	while (c.p < c.end && (*c.p == ' ' || *c.p == ','))
		c.p++;
	if (c.p == c.end || *c.p == '(') /* (MODSEQ 5) may end a SEARCH answer */
		return false;
	*bad = !take_number32(&c, lo) || *lo == 0;
	*hi = *lo;
	if (!*bad && eat(&c, ':'))
		*bad = !take_number32(&c, hi) || *hi == 0;
	if (!*bad && c.p < c.end && *c.p != ' ' && *c.p != ',')
		*bad = true;
	if (*bad)
		return false;
	if (*lo > *hi) {
		uint32_t swap = *lo;
		*lo = *hi;
		*hi = swap;
	}
	*rest = (struct imap_text){c.p, left(&c)};
	return true;
}

bool imap_code(const struct imap_response *r, const char *name, struct imap_text *value)
{
	struct imap_text rest = r->code, word;
	if (r->kind != IMAP_STATUS || r->code.n == 0 || !imap_next_word(&rest, &word) ||
	    !imap_is(word, name))
		return false;
	while (rest.n > 0 && rest.s[0] == ' ') {
		rest.s++;
		rest.n--;
	}
	if (value)
		*value = rest;
	return true;
}
