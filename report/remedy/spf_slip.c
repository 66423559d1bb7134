/* Slips of the pen in a record, and the record as it was meant (spf_edit.h). */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/ip.h"
#include "core/text.h"
#include "report/remedy/spf_edit.h"
#include "report/remedy/spf_token.h"

/* An address with or without a prefix length, in a mechanism that takes names, or the other family,
 * or in none: "a:192.0.2.1", "192.0.2.0/24"; NULL: it is no such thing. */
static const char *meant_address(struct arena *a, const struct token *t)
{
	static const char *const known[] = {
	    "ip:", "ipv4:", "ipv6:", "ip4:", "ip6:", "a:", "mx:", "include:"};
	struct token b = bare(t), value = b;
	struct ip ip;
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (begins(&b, known[i])) {
			size_t n = strlen(known[i]);
			value = (struct token){b.at + n, b.n - n};
			break;
		}
	const char *slash = memchr(value.at, '/', value.n);
	size_t n = slash ? (size_t)(slash - value.at) : value.n;
	while (!slash && n > 0 && value.at[n - 1] == '.')
		value.n = --n;
	if (!ip_parse(value.at, n, &ip, NULL) || ip.family == 0)
		return NULL;
	const char *term = arena_printf(a, "%.*sip%u:%.*s", (int)(b.at - t->at), t->at, ip.family,
					(int)value.n, value.at);
	bool same = strlen(term) == t->n && strncasecmp(term, t->at, t->n) == 0;
	bool mapped = ip.family == 4 && memchr(value.at, ':', n);
	return same || mapped ? NULL : term;
}

/* The term as it must have been meant; NULL: as it stands. */
static const char *meant(struct arena *a, const struct token *t)
{
	struct token b = bare(t);
	int q = (int)(b.at - t->at);
	static const char *const equals[] = {"include=", "a=", "mx=", "exists=", "ip4=", "ip6="};
	const char *address = meant_address(a, t);
	if (address)
		return address;
	if (b.n > 3 && begins(&b, "all") && strspn(b.at + 3, ".") == b.n - 3)
		return arena_strndup(a, t->at, (size_t)q + 3);
	if (begins(&b, "ip:") || begins(&b, "ipv4:") || begins(&b, "ipv6:")) {
		const char *value = (const char *)memchr(b.at, ':', b.n) + 1;
		size_t n = (size_t)(b.at + b.n - value);
		return arena_printf(a, "%.*s%s:%.*s", q, t->at,
				    memchr(value, ':', n) ? "ip6" : "ip4", (int)n, value);
	}
	for (size_t i = 0; i < sizeof equals / sizeof *equals; i++)
		if (begins(&b, equals[i])) {
			size_t n = strlen(equals[i]);
			return arena_printf(a, "%.*s%.*s:%.*s", q, t->at, (int)n - 1, b.at,
					    (int)(b.n - n), b.at + n);
		}
	return NULL;
}

static void note(struct arena *a, const char **what, const char *text)
{
	*what = *what ? arena_printf(a, "%s, %s", *what, text) : text;
}

/* No mechanism, and no modifier (name=value): receivers take the whole record for an error. What
 * names a host, a domain or a network was meant to be one, and is no nonsense. */
static bool is_nonsense(const struct token *t)
{
	static const char *const known[] = {"all", "include", "a",   "mx",
					    "ptr", "ip4",     "ip6", "exists"};
	struct token b = bare(t);
	size_t n = 0;
	while (n < b.n && b.at[n] != ':' && b.at[n] != '/' && b.at[n] != '=')
		n++;
	if (n < b.n || memchr(b.at, '.', b.n))
		return false;
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (strlen(known[i]) == n && strncasecmp(b.at, known[i], n) == 0)
			return false;
	return true;
}

/* Quotes and the odd blanks of word processors are no part of a record; what stands between blanks
 * is kept. */
static const char *without_strays(struct arena *a, const char *text, const char **what)
{
	static const char *const blanks[] = {"\t", "\r", "\n", "\xc2\xa0", "\xe2\x80\x8b"};
	static const char *const quotes[] = {"\"", "\\", "\xe2\x80\x9c", "\xe2\x80\x9d",
					     "\xe2\x80\x9e"};
	char *out = arena_alloc(a, strlen(text) + 1), *to = out;
	bool blank = false, quote = false;
	for (const char *s = text; *s;) {
		size_t n = 0;
		for (size_t i = 0; i < 5 && !n; i++)
			if (strncmp(s, blanks[i], strlen(blanks[i])) == 0) {
				n = strlen(blanks[i]);
				*to++ = ' ';
				blank = true;
			}
		for (size_t i = 0; i < 5 && !n; i++)
			if (strncmp(s, quotes[i], strlen(quotes[i])) == 0) {
				n = strlen(quotes[i]);
				quote = true;
			}
		if (!n) {
			*to++ = *s;
			n = 1;
		}
		s += n;
	}
	*to = '\0';
	if (quote)
		note(a, what, "quotes are no part of a record");
	if (blank)
		note(a, what, "only blanks may stand between terms");
	return quote || blank ? out : text;
}

/* "mx-all", "include:example.net~all": no name ends so. */
static size_t all_at(const struct token *t)
{
	const char *end = t->at + t->n;
	bool all = t->n > 4 && strncasecmp(end - 3, "all", 3) == 0 && strchr("-~?+", end[-4]);
	return all && !memchr(t->at, '%', t->n) && !memchr(t->at, '=', t->n) ? t->n - 4 : 0;
}

/* "ip4:192.0.2.1include:example.net", as two strings of a TXT record join: where the next term
 * begins; 0: it is one term. */
static size_t glued_at(const struct token *t)
{
	static const char *const next[] = {
	    "include:", "ip4:", "ip6:", "a:", "mx:", "exists:", "~all", "-all", "?all"};
	struct token b = bare(t);
	size_t n = 4;
	if (!begins(&b, "ip4:"))
		return all_at(t);
	while (n < b.n && strchr("0123456789./", b.at[n]))
		n++;
	struct token rest = {b.at + n, b.n - n};
	for (size_t i = 0; n > 4 && i < sizeof next / sizeof *next; i++)
		if (begins(&rest, next[i]))
			return (size_t)(rest.at - t->at);
	return all_at(t);
}

/* Where the first comma or semicolon in it stands, unless it is a macro's; else its length. */
static size_t until_comma(const struct token *t)
{
	size_t n = 0;
	while (n < t->n && !strchr(",;", t->at[n]))
		n++;
	return memchr(t->at, '%', t->n) ? t->n : n;
}

/* "include: example.net", "ip4:192.0.2.1, ip4:192.0.2.2": each term in one piece, and nothing
 * behind it. */
static const char *joined_terms(struct arena *a, const char *record, const char **what)
{
	const char *p = record, *out = "v=spf1";
	bool apart = false, commas = false, version = false, one = false;
	next_token(&p);
	for (struct token t = next_token(&p); t.n > 0; t = next_token(&p)) {
		size_t n = until_comma(&t);
		if (n < t.n) { /* the rest is the next term */
			commas = true;
			p = t.at + n + 1;
			t.n = n;
		}
		if (n >= 6 && begins(&t, "v=spf1") && (n == 6 || strchr(",;", t.at[6]))) {
			version = true;
			continue;
		}
		if (n == 0)
			continue;
		size_t glued = glued_at(&t);
		if (glued > 0) { /* the rest is the next term */
			out = arena_printf(a, "%s %.*s", out, (int)glued, t.at);
			p = t.at + glued;
			one = true;
			continue;
		}
		out = arena_printf(a, "%s %.*s", out, (int)n, t.at);
		const char *rest = p + strspn(p, " ");
		size_t more_n = strcspn(rest, " ");
		bool value = memchr(rest, '.', more_n) || memchr(rest, ':', more_n);
		if (n > 1 && strchr(":=", t.at[n - 1]) && value) {
			struct token more = next_token(&p);
			out = arena_printf(a, "%s%.*s", out, (int)more.n, more.at);
			apart = true;
		}
	}
	if (apart)
		note(a, what, "no blank may stand behind a colon");
	if (one)
		note(a, what, "a blank is missing between two terms");
	if (commas)
		note(a, what, "terms are parted by blanks alone");
	if (version)
		note(a, what, "a second v=spf1 stands inside the record");
	return apart || commas || version || one ? out : record;
}

static const char *version_end(const char *s)
{
	s += strspn(s, " ");
	if (ascii_lower(*s) == 'v') {
		s++;
		s += strspn(s, " :=");
	}
	if (strncasecmp(s, "spf", 3) != 0 || s[3] == '2')
		return NULL;
	s += 3;
	return s + (*s == '1');
}

const char *spf_edit_attempt(struct arena *a, const char *text)
{
	const char *what = NULL, *clean = without_strays(a, text, &what),
		   *rest = version_end(clean);
	if (!rest || (*rest && !strchr(" ;:,.+-~?", *rest)))
		return NULL;
	rest += strspn(rest, " ;:,.");
	const char *record = arena_printf(a, "v=spf1%s%s", *rest ? " " : "", rest);
	bool versioned = ascii_lower(clean[strspn(clean, " ")]) == 'v';
	bool meant_so = strcasestr(rest, "all") || strcasestr(rest, "include:") ||
			strcasestr(rest, "ip4:") || strcasestr(rest, "redirect=");
	return strcmp(record, text) != 0 && (versioned || meant_so) ? record : NULL;
}

const char *spf_edit_mend(struct arena *a, const char *record, const char **what)
{
	const char *end = NULL, *out = "v=spf1";
	bool behind = false;
	*what = NULL;
	record = joined_terms(a, without_strays(a, record, what), what);
	const char *p = record;
	next_token(&p);
	for (struct token t = next_token(&p); t.n > 0; t = next_token(&p)) {
		const char *better = meant(a, &t);
		if (better)
			note(a, what, arena_printf(a, "%.*s should be %s", (int)t.n, t.at, better));
		if (!better && is_nonsense(&t)) {
			note(a, what, arena_printf(a, "%.*s is no valid term", (int)t.n, t.at));
			continue;
		}
		if (is_all(&t) && !end) {
			end = arena_strndup(a, t.at, t.n);
			continue;
		}
		bool modifier = memchr(t.at, '=', t.n) && !better;
		if (end && !is_all(&t) && has_token(out, &t)) { /* it stands before, too */
			behind = true;
			continue;
		}
		if (end && !modifier && !is_all(&t))
			behind = true;
		if (!is_all(&t))
			out = better ? arena_printf(a, "%s %s", out, better)
				     : arena_printf(a, "%s %.*s", out, (int)t.n, t.at);
	}
	if (behind)
		note(a, what, arena_printf(a, "what stands behind %s is never read", end));
	return !*what ? record : end ? arena_printf(a, "%s %s", out, end) : out;
}

/* A network wider than SPF_EDIT_WIDE that is written as one of its addresses; 0: it is not so. */
static size_t host_of_wide(const struct token *t)
{
	struct token b = bare(t);
	const char *slash = memchr(b.at, '/', b.n);
	struct ip ip;
	if (!begins(&b, "ip4:") || !slash || b.at != t->at + (*t->at == '+'))
		return 0;
	size_t n = (size_t)(slash - b.at) - 4;
	unsigned bits = (unsigned)strtoul(slash + 1, NULL, 10);
	if (!ip_parse(b.at + 4, n, &ip, NULL) || ip.family != 4 || bits >= SPF_EDIT_WIDE)
		return 0;
	struct ip net = ip_network(&ip, bits);
	return ip_cmp(&net, &ip) != 0 ? (size_t)(slash - t->at) : 0;
}

const char *spf_edit_narrow(struct arena *a, const char *record, const char **what)
{
	const char *p = record, *out = "v=spf1";
	*what = NULL;
	next_token(&p);
	for (struct token t = next_token(&p); t.n > 0; t = next_token(&p)) {
		size_t n = host_of_wide(&t);
		if (n > 0)
			note(a, what,
			     arena_printf(a,
					  "%.*s names one host, and authorises all %llu addresses "
					  "around it",
					  (int)t.n, t.at,
					  1ull << (32 - strtoul(t.at + n + 1, NULL, 10))));
		out = arena_printf(a, "%s %.*s", out, (int)(n ? n : t.n), t.at);
	}
	return *what ? out : record;
}
