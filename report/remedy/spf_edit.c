#include "report/remedy/spf_edit.h"

#include <string.h>
#include <strings.h>

#include "report/remedy/spf_token.h"

static bool is_network(const struct token *t)
{
	struct token b = bare(t);
	return begins(&b, "ip4:") || begins(&b, "ip6:");
}

static bool is_end(const struct token *t)
{
	return is_all(t) || begins(t, "redirect=");
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

const char *spf_edit_replace(struct arena *a, const char *record, size_t term, const char *with)
{
	const char *p = record;
	struct token t = next_token(&p);
	for (size_t i = 0; i <= term; i++)
		t = next_token(&p);
	struct token b = bare(&t);
	return arena_printf(a, "%.*s%s%s", (int)(b.at - record), record, with, t.at + t.n);
}

/* How much a qualifier of "all" lets through: the more, the milder. */
static int mildness(char qualifier)
{
	return qualifier == '-' ? 0 : qualifier == '~' ? 1 : 2;
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

/* The qualifier of its "all"; ' ' where it has none, which is as ?all (RFC 7208 section 4.7). */
static char end_of(const char *record)
{
	const char *p = record;
	next_token(&p);
	for (struct token t = next_token(&p); t.n > 0; t = next_token(&p))
		if (is_all(&t))
			return *t.at == '-' || *t.at == '~' || *t.at == '?' ? *t.at : '+';
	return ' ';
}

/* What the records end in as one: where they differ, the milder, and ~all at the mildest. */
static char common_end(struct arena *a, const char *const *records, size_t n, const char **why)
{
	char all = end_of(records[0]), hardest = all;
	for (size_t i = 1; i < n; i++) {
		char q = end_of(records[i]);
		all = mildness(q) > mildness(all) ? q : all;
		hardest = mildness(q) < mildness(hardest) ? q : hardest;
	}
	const char *mild = all == ' ' ? "no all" : arena_printf(a, "%call", all);
	*why = hardest == all
		   ? NULL
		   : arena_printf(a, "one record ends in %call, another in %s: ~all is taken, %s",
				  hardest, mild,
				  hardest == '-' ? "so that nothing is refused which the milder "
						   "one let through"
						 : "as the milder one says nothing of strangers");
	return all == '-' ? '-' : '~';
}

const char *spf_edit_merge(struct arena *a, const char *const *records, size_t n, const char **why)
{
	*why = NULL;
	for (size_t i = 0; i < n; i++)
		if (stands_alone(records[i]))
			return NULL;
	const char *out = "v=spf1";
	for (size_t i = 0; i < n; i++) {
		const char *p = records[i];
		next_token(&p);
		for (struct token t = next_token(&p); t.n > 0; t = next_token(&p)) {
			struct token b = bare(&t);
			if (!is_end(&t) && b.n > 0 && !has_token(out, &t))
				out = arena_printf(a, "%s %.*s", out, (int)t.n, t.at);
		}
	}
	return arena_printf(a, "%s %call", out, common_end(a, records, n, why));
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
