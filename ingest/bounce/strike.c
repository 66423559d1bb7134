/* Addresses of persons struck out of texts. */
#include <stdlib.h>

#include "core/limits.h"
#include "ingest/bounce/clean.h"

bool clean_is_office(struct span local)
{
	static const char *const offices[] = {"postmaster", "abuse",    "hostmaster",    "delist",
					      "noreply",    "no-reply", "removals",      "support",
					      "security",   "helpdesk", "mailer-daemon", "dmarc",
					      "blacklist",  "unblock"};
	for (size_t i = 0; i < sizeof offices / sizeof *offices; i++)
		if (span_is(local, offices[i]))
			return true;
	return false;
}

/* RFC 5322's atext, the dot, and all that is not ASCII. */
static bool is_local(char c)
{
	return is_alnum(c) || (unsigned char)c >= 0x80 ||
	       (c != '\0' && strchr("!#$%&'*+-/=?^_`{|}~.", c));
}

static bool is_name(char c)
{
	return is_alnum(c) || (unsigned char)c >= 0x80 || c == '[';
}

/* Octets of "@" or "%40" at s, when a name follows; else 0. */
static size_t at_sign(struct span s)
{
	size_t n = s.p[0] == '@' ? 1 : span_begins(s, "%40") ? 3 : 0;
	return n > 0 && n < s.n && is_name(s.p[n]) ? n : 0;
}

/* Where the local part in front of at begins; not before `from`. */
static size_t local_begin(struct span s, size_t from, size_t at)
{
	size_t i = at;
	if (i > from && s.p[i - 1] == '"') { /* "john doe"@ */
		for (i--; i > from && s.p[i - 1] != '"'; i--)
			;
		return i > from ? i - 1 : from;
	}
	while (i > from && is_local(s.p[i - 1]))
		i--;
	while (i < at && (s.p[i] == '\'' || s.p[i] == '`')) /* 'john@... */
		i++;
	return i;
}

/* Where the name in quotes before "<local" begins: "John Doe" <john@...; local: there is none. */
static size_t display_begin(struct span s, size_t from, size_t local)
{
	size_t i = local;
	if (i == from || s.p[--i] != '<')
		return local;
	while (i > from && s.p[i - 1] == ' ')
		i--;
	if (i == from || s.p[--i] != '"')
		return local;
	while (i > from && s.p[i - 1] != '"')
		i--;
	return i > from ? i - 1 : local;
}

/* Octets of a known word at s[i], standing alone; else 0. */
static size_t known_at(struct span s, size_t i, const struct span *known, size_t n)
{
	if (i > 0 && is_alnum(s.p[i - 1]))
		return 0;
	for (size_t k = 0; k < n; k++) {
		size_t len = known[k].n;
		if (len < 3 || i + len > s.n || (i + len < s.n && is_alnum(s.p[i + len])) ||
		    clean_is_office(known[k]))
			continue;
		size_t same = 0;
		while (same < len && ascii_lower(s.p[i + same]) == ascii_lower(known[k].p[same]))
			same++;
		if (same == len)
			return len;
	}
	return 0;
}

const char *clean_strike(struct arena *a, struct span s, const struct span *known, size_t n)
{
	char *out = arena_alloc(a, 3 * s.n + 2);
	size_t len = 0, from = 0; /* s[from..) is not in out yet */
	for (size_t i = 0; i < s.n; i++) {
		struct span rest = span_from(s, i);
		size_t sign = at_sign(rest), begin = i, word = 0;
		if (sign > 0)
			begin = local_begin(s, from, i);
		else
			word = known_at(s, i, known, n);
		if (word == 0 && (sign == 0 || begin == i ||
				  clean_is_office((struct span){s.p + begin, i - begin})))
			continue;
		size_t name = sign > 0 ? display_begin(s, from, begin) : begin;
		memcpy(out + len, s.p + from, name - from);
		len += name - from;
		for (const char *p = name < begin ? "* <*" : "*"; *p; p++)
			out[len++] = *p;
		from = i + word;
		i += word ? word - 1 : 0;
	}
	memcpy(out + len, s.p + from, s.n - from);
	out[len + s.n - from] = '\0';
	return out;
}
