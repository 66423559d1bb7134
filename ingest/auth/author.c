#include "ingest/auth/author.h"

#include <string.h>

#include "core/text.h"

#define LOCAL_MAX 320 /* octets; RFC 5321 has 64, and programs exceed it */

struct scan {
	const char *p, *end;
};

/* Behind the comment that begins at s->p; comments nest. false: it does not end. */
static bool skip_comment(struct scan *s)
{
	size_t depth = 0;
	for (; s->p < s->end; s->p++) {
		if (*s->p == '\\' && s->p + 1 < s->end)
			s->p++;
		else if (*s->p == '(')
			depth++;
		else if (*s->p == ')' && --depth == 0)
			return s->p++, true;
	}
	return false;
}

/* What stands for itself, as text: blanks inside are one, comments none. */
struct words {
	char text[LOCAL_MAX + DOMAIN_SIZE + 2];
	size_t n;
	bool blank, over;
};

static void put(struct words *w, const char *p, size_t n)
{
	bool gap = w->blank && w->n > 0;
	if (w->n + gap + n >= sizeof w->text) {
		w->over = true;
		return;
	}
	if (gap)
		w->text[w->n++] = ' ';
	memcpy(w->text + w->n, p, n);
	w->n += n;
	w->blank = false;
}

/* "..." as it is. false: it does not end. */
static bool put_quoted(struct words *w, struct scan *s)
{
	const char *from = s->p++;
	while (s->p < s->end && *s->p != '"')
		s->p += *s->p == '\\' && s->p + 1 < s->end ? 2 : 1;
	if (s->p >= s->end)
		return false;
	s->p++;
	put(w, from, (size_t)(s->p - from));
	return true;
}

/* Up to one of the characters in ends, which is not taken, or the end. */
static bool read_words(struct scan *s, const char *ends, struct words *w)
{
	*w = (struct words){.n = 0};
	while (s->p < s->end && !(*s->p != '\0' && strchr(ends, *s->p))) {
		if (*s->p == '(') {
			w->blank = true;
			if (!skip_comment(s))
				return false;
		} else if (*s->p == '"') {
			if (!put_quoted(w, s))
				return false;
		} else if (ascii_is_space(*s->p)) {
			w->blank = true;
			s->p++;
		} else {
			put(w, s->p++, 1);
		}
	}
	return true;
}

/* One element of the list, into addr. *any = false: it is empty. */
static bool read_element(struct scan *s, struct words *addr, bool *any)
{
	struct words name, rest;
	*any = false;
	if (!read_words(s, ",:;<>", &name))
		return false;
	if (s->p == s->end || *s->p == ',') {
		*addr = name;
		*any = name.n > 0 || name.over;
		return true;
	}
	if (*s->p != '<')
		return false;
	s->p++;
	if (!read_words(s, "<>", addr) || s->p == s->end || *s->p != '>')
		return false;
	s->p++;
	*any = true;
	return read_words(s, ",:;<>", &rest) && rest.n == 0 && !rest.over &&
	       (s->p == s->end || *s->p == ',');
}

/* Quoted as a whole, or without anything that would have to be. */
static bool is_local(const char *s, size_t n)
{
	if (n == 0 || n > LOCAL_MAX || utf8_valid_prefix(s, n) != n)
		return false;
	bool quoted = n >= 2 && s[0] == '"' && s[n - 1] == '"';
	for (size_t i = 0; i < n; i++) {
		if ((unsigned char)s[i] < 0x20 || s[i] == 0x7f)
			return false;
		if (!quoted && strchr(" \"@<>()[],:;\\", s[i]))
			return false;
	}
	return true;
}

static bool split(const struct name_rules *rules, const struct words *addr, struct author *out)
{
	const char *at = memrchr(addr->text, '@', addr->n);
	char domain[DOMAIN_SIZE];
	if (!at || addr->over)
		return false;
	size_t n = (size_t)(at - addr->text);
	const char *name = at + 1;
	size_t n_name = addr->n - n - 1;
	if (!is_local(addr->text, n) || memchr(name, ' ', n_name) ||
	    !domain_normalise(rules, name, n_name, domain))
		return false;
	memcpy(out->address, addr->text, n + 1);
	memcpy(out->address + n + 1, domain, strlen(domain) + 1);
	out->domain = out->address + n + 1;
	return true;
}

bool author_read(const struct name_rules *rules, const char *value, size_t n, struct author *out)
{
	struct scan s = {value, value + n};
	struct words found = {.n = 0}, addr;
	unsigned count = 0;
	for (;;) {
		bool any;
		if (!read_element(&s, &addr, &any))
			return false;
		if (any && count++ == 0)
			found = addr;
		if (s.p == s.end)
			break;
		s.p++; /* the ',' */
	}
	return count == 1 && split(rules, &found, out);
}
