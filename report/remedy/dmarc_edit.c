#include "report/remedy/dmarc_edit.h"

#include <string.h>
#include <strings.h>

struct tag {
	const char *at; /* "adkim=s", without the blanks around it */
	size_t n, name; /* octets of all, and of what stands before "=" */
};

static bool next_tag(const char **p, struct tag *t)
{
	while (**p) {
		size_t n = strcspn(*p, ";");
		const char *s = *p, *end = s + n;
		*p += n + (s[n] == ';');
		s += strspn(s, " \t");
		while (end > s && (end[-1] == ' ' || end[-1] == '\t'))
			end--;
		*t = (struct tag){s, end > s ? (size_t)(end - s) : 0, strcspn(s, "= \t;")};
		if (t->n > 0 && t->name < t->n && memchr(s, '=', t->n))
			return true;
	}
	return false;
}

static bool is(const struct tag *t, const char *name)
{
	return strlen(name) == t->name && strncasecmp(t->at, name, t->name) == 0;
}

static bool is_one_of(const struct tag *t, const char *const *names)
{
	for (; *names; names++)
		if (is(t, *names))
			return true;
	return false;
}

/* Is the value this word? */
static bool says(const struct tag *t, const char *word)
{
	const char *v = (const char *)memchr(t->at, '=', t->n) + 1;
	v += strspn(v, " \t");
	size_t n = (size_t)(t->at + t->n - v);
	return strlen(word) == n && strncasecmp(v, word, n) == 0;
}

static bool says_policy(const struct tag *t, enum published_policy least)
{
	for (int p = (int)least; p <= POLICY_REJECT; p++)
		if (says(t, published_policy_names[p]))
			return true;
	return false;
}

static bool stays(const struct tag *t, const struct dmarc_edit *e)
{
	static const char *const remade[] = {"v", "p", "t", "rua", NULL};
	static const char *const gone[] = {"pct", "rf", "ri", NULL};
	bool below = is(t, "sp") || is(t, "np");
	if (is_one_of(t, remade) || (e->adkim && is(t, "adkim")) || (e->aspf && is(t, "aspf")))
		return false;
	if (e->join && is(t, "psd"))
		return false;
	if (!e->repair)
		return !is_one_of(t, gone) && !(below && says(t, "none"));
	if (is(t, "adkim") || is(t, "aspf"))
		return says(t, "r") || says(t, "s");
	if (is(t, "psd"))
		return says(t, "y") || says(t, "n") || says(t, "u");
	return !below || says_policy(t, e->p);
}

/* The addresses that can be written to, "mailto:" put before those that lack it. */
static const char *addresses(struct arena *a, const struct dmarc_published *r,
			     const struct dmarc_edit *e)
{
	const char *out = NULL;
	for (unsigned i = 0; r && i < r->n_rua; i++) {
		const char *uri = r->rua[i].uri;
		if (!r->rua[i].domain && (!strchr(uri, '@') || strchr(uri, ':')))
			continue;
		out = arena_printf(a, "%s%s%s%s", out ? out : "", out ? "," : "",
				   r->rua[i].domain ? "" : "mailto:", uri);
	}
	return out ? out : arena_printf(a, "mailto:dmarc-reports@%s", e->domain);
}

static const char *put(struct arena *a, const char *out, const char *name, const char *value)
{
	return arena_printf(a, "%s; %s=%s", out, name, value);
}

const char *dmarc_edit(struct arena *a, const struct dmarc_published *r, const struct dmarc_edit *e)
{
	const char *out = put(a, "v=DMARC1", "p", published_policy_names[e->p]);
	const char *p = r && r->text ? r->text : "", *rua = addresses(a, r, e);
	struct tag t;
	bool told = false;
	out = e->testing ? put(a, out, "t", "y") : out;
	while (next_tag(&p, &t)) {
		if (is(&t, "rua") && !told)
			out = put(a, out, "rua", rua);
		told = told || is(&t, "rua");
		if (stays(&t, e))
			out = arena_printf(a, "%s; %.*s", out, (int)t.n, t.at);
	}
	out = told ? out : put(a, out, "rua", rua);
	if (e->adkim == 's') /* relaxed is what holds without the tag */
		out = put(a, out, "adkim", "s");
	if (e->aspf == 's')
		out = put(a, out, "aspf", "s");
	return out;
}
