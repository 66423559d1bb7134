#include "report/remedy/spf_edit.h"

#include <string.h>
#include <strings.h>

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

const char *spf_edit_mend(struct arena *a, const char *record, const char **what)
{
	const char *p = record, *out = "v=spf1", *end = NULL;
	bool behind = false;
	*what = NULL;
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
