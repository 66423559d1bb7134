#include "dns/spf/parse.h"

#include <stdlib.h>
#include <string.h>

#include "core/text.h"

#define TERMS_MAX                                                                                  \
	2000 /* a term takes memory, a record may have 64 KiB; real ones have some 100             \
	      */

bool spf_is_record(const struct dns_text *t)
{
	return t->len >= 6 && ascii_ieq_n(t->data, 6, "v=spf1") &&
	       (t->len == 6 || t->data[6] == ' ');
}

/* The grammar is ASCII, whatever the locale. */
static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_alpha(char c)
{
	return ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z';
}

/* ---- macro-strings, section 7.1 ---- */

/* p stands behind "%"; NULL: no macro. */
static const char *skip_macro(const char *p, bool in_exp)
{
	if (*p == '%' || *p == '_' || *p == '-')
		return p + 1;
	if (*p++ != '{')
		return NULL;
	if (!*p || !strchr(in_exp ? "slodiphvcrt" : "slodiphv", ascii_lower(*p)))
		return NULL;
	p++;
	const char *digits = p;
	while (is_digit(*p))
		p++;
	if (p > digits && strtoul(digits, NULL, 10) == 0)
		return NULL;
	if (*p == 'r' || *p == 'R')
		p++;
	p += strspn(p, ".-+,/_=");
	return *p == '}' ? p + 1 : NULL;
}

/* *literal: what follows the last macro, or s. */
static bool read_macro_string(const char *s, bool in_exp, const char **literal)
{
	*literal = s;
	while (*s) {
		unsigned char c = (unsigned char)*s++;
		if (c == '%') {
			s = skip_macro(s, in_exp);
			if (!s)
				return false;
			*literal = s;
		} else if (!(c > 0x20 && c < 0x7f) && !(in_exp && c == ' ')) {
			return false;
		}
	}
	return true;
}

bool spf_macro_valid(const char *s, bool in_exp)
{
	const char *literal;
	return read_macro_string(s, in_exp, &literal);
}

/* toplabel: letters, digits and inner hyphens, not digits alone. */
static bool is_toplabel(const char *s, size_t n)
{
	bool letter = false;
	if (n == 0 || s[0] == '-' || s[n - 1] == '-')
		return false;
	for (size_t i = 0; i < n; i++) {
		if (!is_alpha(s[i]) && !is_digit(s[i]) && s[i] != '-')
			return false;
		letter = letter || !is_digit(s[i]);
	}
	return letter;
}

/* A domain-spec ends in a macro, or in a dot and a top label. */
static bool is_domain_spec(const char *s)
{
	const char *literal;
	if (!*s || !read_macro_string(s, false, &literal))
		return false;
	size_t n = strlen(literal), from;
	if (n == 0)
		return true;
	if (literal[n - 1] == '.')
		n--;
	for (from = n; from > 0 && literal[from - 1] != '.';)
		from--;
	return from > 0 && is_toplabel(literal + from, n - from);
}

/* ---- terms ---- */

/* "/digits" or "//digits" at the end of s[0..*n): taken off. false: digits that are no length. */
static bool take_cidr(const char *s, size_t *n, const char *slashes, unsigned most, unsigned *bits)
{
	size_t digits = *n, m = strlen(slashes);
	while (digits > 0 && is_digit(s[digits - 1]))
		digits--;
	if (digits == *n || digits < m || strncmp(s + digits - m, slashes, m) != 0)
		return true;
	size_t count = *n - digits;
	if (count > 3 || (count > 1 && s[digits] == '0'))
		return false;
	unsigned long v = strtoul(s + digits, NULL, 10);
	if (v > most)
		return false;
	*bits = (unsigned)v;
	*n = digits - m;
	return true;
}

static bool take_dual_cidr(const char *s, size_t *n, struct spf_parsed *t)
{
	return take_cidr(s, n, "//", 128, &t->bits6) && take_cidr(s, n, "/", 32, &t->bits4);
}

static const char *read_network(struct spf_parsed *t, const char *value)
{
	size_t n = strlen(value);
	unsigned most = t->kind == SPF_IP4 ? 32 : 128, bits = most, marks;
	const char *slash = strchr(value, '/');
	if (slash && (!take_cidr(value, &n, "/", most, &bits) || value + n != slash))
		return "a bad prefix length";
	if (!ip_parse(value, n, &t->network.ip, &marks) || (marks & ~(unsigned)IP_MAPPED) ||
	    (marks ? t->kind != SPF_IP6 : t->network.ip.family != (t->kind == SPF_IP4 ? 4 : 6)))
		return "a bad address";
	if (marks) { /* ::ffff:192.0.2.0: as ip6 it is IPv6 (section 5), which no IPv4 client
			matches */
		struct ip v6 = {.family = 6, .b = {[10] = 0xff, [11] = 0xff}};
		memcpy(v6.b + 12, t->network.ip.b, 4);
		t->network.ip = v6;
	}
	t->network.bits = bits;
	t->network.ip = ip_network(&t->network.ip, bits);
	return NULL;
}

static const struct {
	const char *name;
	enum spf_kind kind;
} mechanisms[] = {
    {"all", SPF_ALL}, {"include", SPF_INCLUDE}, {"a", SPF_A},     {"mx", SPF_MX},
    {"ptr", SPF_PTR}, {"ip4", SPF_IP4},         {"ip6", SPF_IP6}, {"exists", SPF_EXISTS},
};

static const char *read_mechanism(struct spf_parsed *t, const char *word, struct arena *a)
{
	size_t name = strcspn(word, ":/"), n = strlen(word);
	size_t i = 0, count = sizeof mechanisms / sizeof *mechanisms;
	while (i < count && !ascii_ieq_n(word, name, mechanisms[i].name))
		i++;
	if (i == count)
		return "an unknown mechanism";
	t->kind = mechanisms[i].kind;
	const char *value = word[name] == ':' ? word + name + 1 : NULL;
	if (t->kind == SPF_ALL)
		return word[name] ? "\"all\" takes no argument" : NULL;
	if (t->kind == SPF_IP4 || t->kind == SPF_IP6)
		return value ? read_network(t, value) : "an address is missing";
	if (t->kind == SPF_A || t->kind == SPF_MX) {
		if (!take_dual_cidr(word, &n, t))
			return "a bad prefix length";
		if (n < name || (!value && n != name))
			return "a bad prefix length";
		t->spec = value ? arena_strndup(a, value, n - name - 1) : NULL;
	} else {
		if (!value && (t->kind != SPF_PTR || word[name]))
			return "a domain is missing";
		t->spec = value ? arena_strdup(a, value) : NULL;
	}
	return t->spec && !is_domain_spec(t->spec) ? "a bad domain" : NULL;
}

static enum spf_result qualifier_of(char c)
{
	return c == '-' ? SPF_FAIL : c == '~' ? SPF_SOFTFAIL : c == '?' ? SPF_NEUTRAL : SPF_PASS;
}

static size_t modifier_name(const char *word)
{
	size_t n = 0;
	if (!is_alpha(word[0]))
		return 0;
	while (is_alpha(word[n]) || is_digit(word[n]) || (word[n] && strchr("-_.", word[n])))
		n++;
	return word[n] == '=' ? n : 0;
}

static const char *read_modifier(struct spf_parsed *t, const char *word, size_t name)
{
	t->spec = word + name + 1;
	t->kind = ascii_ieq_n(word, name, "redirect") ? SPF_REDIRECT
		  : ascii_ieq_n(word, name, "exp")    ? SPF_EXP
						      : SPF_OTHER;
	if (t->kind == SPF_OTHER)
		return spf_macro_valid(t->spec, false) ? NULL : "bad macros";
	return is_domain_spec(t->spec) ? NULL : "a bad domain";
}

static const char *read_term(struct spf_parsed *t, struct arena *a)
{
	const char *word = t->text;
	for (const char *p = word; *p; p++)
		if ((unsigned char)*p < 0x21 || (unsigned char)*p > 0x7e)
			return "characters that no term has";
	size_t name = modifier_name(word);
	t->bits4 = 32;
	t->bits6 = 128;
	t->qualifier = SPF_PASS;
	if (name > 0)
		return read_modifier(t, word, name);
	if (strchr("+-~?", word[0]))
		t->qualifier = qualifier_of(*word++);
	return *word ? read_mechanism(t, word, a) : "an unknown mechanism";
}

static bool is_second(const struct spf_parsed *terms, size_t n, enum spf_kind kind)
{
	for (size_t i = 0; i < n; i++)
		if (terms[i].kind == kind)
			return true;
	return false;
}

static size_t count_words(const char *p, const char *end)
{
	size_t n = 0;
	for (; p < end; p++)
		n += *p != ' ' && p[-1] == ' ';
	return n;
}

const char *spf_parse(const struct dns_text *record, struct arena *a,
		      const struct spf_parsed **terms, size_t *n)
{
	const char *p = record->data + 6, *end = record->data + record->len;
	size_t words = count_words(p, end);
	*n = 0;
	*terms = NULL;
	if (words > TERMS_MAX)
		return arena_printf(a, "%zu terms are too many", words);
	struct spf_parsed *all = arena_alloc(a, words * sizeof *all);
	*terms = all;
	while (p < end) {
		if (*p == ' ') {
			p++;
			continue;
		}
		const char *stop = memchr(p, ' ', (size_t)(end - p));
		size_t len = (size_t)((stop ? stop : end) - p);
		struct spf_parsed *t = &all[*n];
		t->text = arena_strndup(a, p, len);
		const char *problem =
		    strlen(t->text) < len ? "characters that no term has" : read_term(t, a);
		if (!problem && (t->kind == SPF_REDIRECT || t->kind == SPF_EXP) &&
		    is_second(all, *n, t->kind))
			problem = "stands twice";
		if (problem)
			return arena_printf(a, "\"%s\": %s", t->text, problem);
		(*n)++;
		p += len;
	}
	return NULL;
}
