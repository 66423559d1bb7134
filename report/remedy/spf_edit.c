#include "report/remedy/spf_edit.h"

#include <string.h>
#include <strings.h>

#include "core/text.h"

struct token {
	const char *at;
	size_t n;
};

static struct token next_token(const char **p)
{
	struct token t;
	*p += strspn(*p, " ");
	t = (struct token){*p, strcspn(*p, " ")};
	*p += t.n;
	return t;
}

static bool begins(const struct token *t, const char *word)
{
	size_t n = strlen(word);
	return t->n >= n && strncasecmp(t->at, word, n) == 0;
}

/* The term without its qualifier. */
static struct token bare(const struct token *t)
{
	bool qualified = t->n > 0 && strchr("+-~?", *t->at);
	return (struct token){t->at + qualified, t->n - qualified};
}

static bool is_network(const struct token *t)
{
	struct token b = bare(t);
	return begins(&b, "ip4:") || begins(&b, "ip6:");
}

static bool is_end(const struct token *t)
{
	struct token b = bare(t);
	return (b.n == 3 && begins(&b, "all")) || begins(t, "redirect=");
}

static bool writes_plus(const char *record)
{
	const char *p = record;
	size_t plus = 0, others = 0;
	next_token(&p);
	for (struct token t = next_token(&p); t.n > 0; t = next_token(&p)) {
		if (is_end(&t) || memchr(t.at, '=', t.n))
			continue;
		plus += *t.at == '+';
		others += *t.at != '+';
	}
	return plus > others;
}

/* Where in the record a mechanism goes: behind this octet. */
static size_t place(const char *record, bool network)
{
	const char *p = record;
	struct token version = next_token(&p);
	const char *after_networks = NULL, *end = NULL, *last = version.at + version.n;
	for (struct token t = next_token(&p); t.n > 0 && !end; t = next_token(&p)) {
		if (is_end(&t)) {
			end = last;
			break;
		}
		last = t.at + t.n;
		if (is_network(&t) && *t.at != '-' && *t.at != '~' && *t.at != '?')
			after_networks = last;
	}
	if (network)
		return (size_t)((after_networks ? after_networks : version.at + version.n) -
				record);
	return (size_t)((end ? end : last) - record);
}

const char *spf_edit_add(struct arena *a, const char *record, const char *const *mechanisms,
			 size_t n)
{
	const char *plus = writes_plus(record) ? "+" : "";
	for (size_t i = 0; i < n; i++) {
		struct token t = {mechanisms[i], strlen(mechanisms[i])};
		size_t at = place(record, is_network(&t));
		record = arena_printf(a, "%.*s %s%s%s", (int)at, record, plus, mechanisms[i],
				      record + at);
	}
	return record;
}

const char *spf_edit_drop(struct arena *a, const char *record, size_t term)
{
	const char *p = record;
	struct token t = next_token(&p), before = t;
	for (size_t i = 0; i <= term; i++) {
		before = t;
		t = next_token(&p);
	}
	return arena_printf(a, "%.*s%s", (int)(before.at + before.n - record), record, t.at + t.n);
}

/* How much a qualifier of "all" lets through: the more, the milder. */
static int mildness(char qualifier)
{
	return qualifier == '-' ? 0 : qualifier == '~' ? 1 : 2;
}

static bool has_token(const char *text, const struct token *wanted)
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

/* Terms whose meaning hangs on the rest of their record: the first match decides, and what
 * redirects hands over all. */
static bool stands_alone(const char *record)
{
	const char *p = record;
	next_token(&p);
	for (struct token t = next_token(&p); t.n > 0; t = next_token(&p))
		if (begins(&t, "redirect=") || (strchr("-~?", *t.at) && !is_end(&t)))
			return true;
	return false;
}

const char *spf_edit_merge(struct arena *a, const char *const *records, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (stands_alone(records[i]))
			return NULL;
	const char *out = "v=spf1";
	char all = '\0';
	for (size_t i = 0; i < n; i++) {
		const char *p = records[i];
		next_token(&p);
		for (struct token t = next_token(&p); t.n > 0; t = next_token(&p)) {
			struct token b = bare(&t);
			if (is_end(&t))
				all = !all || mildness(*t.at) > mildness(all) ? *t.at : all;
			else if (b.n > 0 && !has_token(out, &t))
				out = arena_printf(a, "%s %.*s", out, (int)t.n, t.at);
		}
	}
	if (all == '-' || all == '?')
		return arena_printf(a, "%s %call", out, all);
	return arena_printf(a, "%s ~all", out); /* "+all" is no policy */
}

/* ---- slips ---- */

static bool is_all(const struct token *t)
{
	struct token b = bare(t);
	return b.n == 3 && begins(&b, "all");
}

/* The term as it must have been meant; NULL: as it stands. */
static const char *meant(struct arena *a, const struct token *t)
{
	struct token b = bare(t);
	int q = (int)(b.at - t->at);
	static const char *const equals[] = {"include=", "a=", "mx=", "exists=", "ip4=", "ip6="};
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

/* "ip4:192.0.2.1include:example.net", as two strings of a TXT record join: where the next term
 * begins; 0: it is one term. */
static size_t glued_at(const struct token *t)
{
	static const char *const next[] = {
	    "include:", "ip4:", "ip6:", "a:", "mx:", "exists:", "~all", "-all", "?all"};
	struct token b = bare(t);
	size_t n = 4;
	if (!begins(&b, "ip4:"))
		return 0;
	while (n < b.n && strchr("0123456789./", b.at[n]))
		n++;
	struct token rest = {b.at + n, b.n - n};
	for (size_t i = 0; n > 4 && i < sizeof next / sizeof *next; i++)
		if (begins(&rest, next[i]))
			return (size_t)(rest.at - t->at);
	return 0;
}

/* "include: example.net", "ip4:192.0.2.1, ip4:192.0.2.2": each term in one piece, and nothing
 * behind it. */
static const char *joined_terms(struct arena *a, const char *record, const char **what)
{
	const char *p = record, *out = "v=spf1";
	bool apart = false, commas = false, version = false, one = false;
	next_token(&p);
	for (struct token t = next_token(&p); t.n > 0; t = next_token(&p)) {
		size_t n = t.n;
		while (n > 0 && strchr(",;", t.at[n - 1]))
			n--;
		commas = commas || n < t.n;
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
		if (n > 1 && n == t.n && strchr(":=", t.at[n - 1]) && value) {
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

const char *spf_edit_close(struct arena *a, const char *record, char qualifier)
{
	const char *p = record, *out = "v=spf1";
	bool redirect = false;
	next_token(&p);
	for (struct token t = next_token(&p); t.n > 0; t = next_token(&p)) {
		redirect = redirect || begins(&t, "redirect=");
		if (!is_all(&t))
			out = arena_printf(a, "%s %.*s", out, (int)t.n, t.at);
	}
	return redirect ? out : arena_printf(a, "%s %call", out, qualifier);
}

const char *spf_edit_new(struct arena *a, const char *const *mechanisms, size_t n)
{
	const char *out = "v=spf1";
	for (size_t i = 0; i < n; i++)
		out = arena_printf(a, "%s %s", out, mechanisms[i]);
	return arena_printf(a, "%s ~all", out);
}

static void put_string(struct buf *out, const char *s, size_t n)
{
	buf_puts(out, "\"");
	for (size_t i = 0; i < n; i++) {
		if (s[i] == '"' || s[i] == '\\')
			buf_puts(out, "\\");
		buf_put(out, s + i, 1);
	}
	buf_puts(out, "\"");
}

void spf_edit_quote(struct buf *out, const char *record)
{
	size_t left = strlen(record);
	while (left > SPF_STRING_MAX) {
		/* between two terms, the blank in the first string: people see where it joins */
		size_t n = SPF_STRING_MAX;
		while (n > 1 && record[n - 1] != ' ')
			n--;
		if (n == 1)
			n = SPF_STRING_MAX;
		put_string(out, record, n);
		buf_puts(out, " ");
		record += n;
		left -= n;
	}
	put_string(out, record, left);
}
