#include "dns/spf_parse.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

bool spf_is_record(const struct dns_text *t)
{
	return t->len >= 6 && strncasecmp(t->data, "v=spf1", 6) == 0 &&
	       (t->len == 6 || t->data[6] == ' ');
}

/* ---- macro-strings, section 7.1 ---- */

/* p stands behind "%"; NULL: no macro. */
static const char *skip_macro(const char *p, bool in_exp)
{
	if (*p == '%' || *p == '_' || *p == '-')
		return p + 1;
	if (*p++ != '{')
		return NULL;
	if (!*p || !strchr(in_exp ? "slodiphvcrt" : "slodiphv", tolower((unsigned char)*p)))
		return NULL;
	p++;
	const char *digits = p;
	while (isdigit((unsigned char)*p))
		p++;
	if (p > digits && strtoul(digits, NULL, 10) == 0)
		return NULL;
	if (*p == 'r' || *p == 'R')
		p++;
	p += strspn(p, ".-+,/_=");
	return *p == '}' ? p + 1 : NULL;
}

bool spf_macro_valid(const char *s, bool in_exp)
{
	while (*s) {
		unsigned char c = (unsigned char)*s++;
		if (c == '%') {
			s = skip_macro(s, in_exp);
			if (!s)
				return false;
		} else if (!(c > 0x20 && c < 0x7f) && !(in_exp && c == ' ')) {
			return false;
		}
	}
	return true;
}

/* toplabel: letters, digits and inner hyphens, not digits alone. */
static bool is_toplabel(const char *s, size_t n)
{
	bool letter = false;
	if (n == 0 || s[0] == '-' || s[n - 1] == '-')
		return false;
	for (size_t i = 0; i < n; i++) {
		if (!isalnum((unsigned char)s[i]) && s[i] != '-')
			return false;
		letter = letter || !isdigit((unsigned char)s[i]);
	}
	return letter;
}

/* A domain-spec ends in a macro, or in a dot and a top label. */
static bool is_domain_spec(const char *s)
{
	size_t n = strlen(s);
	if (n == 0 || !spf_macro_valid(s, false))
		return false;
	if (s[n - 1] == '}') {
		const char *open = strrchr(s, '%');
		return open && open[1] == '{';
	}
	if (n >= 2 && s[n - 2] == '%' && strchr("%_-", s[n - 1]))
		return true;
	if (s[n - 1] == '.')
		n--;
	size_t from = n;
	while (from > 0 && s[from - 1] != '.')
		from--;
	return from > 0 && is_toplabel(s + from, n - from);
}

/* ---- terms ---- */

/* "/digits" or "//digits" at the end of s[0..*n): taken off. false: digits that are no length. */
static bool take_cidr(const char *s, size_t *n, const char *slashes, unsigned most, unsigned *bits)
{
	size_t digits = *n, m = strlen(slashes);
	while (digits > 0 && isdigit((unsigned char)s[digits - 1]))
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
	if (marks) { /* ::ffff:192.0.2.0/120: RFC 7208 section 5 lets IPv4 alone match IPv4 */
		t->network.ip = (struct ip){0};
		return NULL;
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
	while (i < count && (strlen(mechanisms[i].name) != name ||
			     strncasecmp(mechanisms[i].name, word, name) != 0))
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
	if (!isalpha((unsigned char)word[0]))
		return 0;
	while (isalnum((unsigned char)word[n]) || (word[n] && strchr("-_.", word[n])))
		n++;
	return word[n] == '=' ? n : 0;
}

static const char *read_modifier(struct spf_parsed *t, const char *word, size_t name)
{
	t->spec = word + name + 1;
	t->kind = name == 8 && strncasecmp(word, "redirect", 8) == 0 ? SPF_REDIRECT
		  : name == 3 && strncasecmp(word, "exp", 3) == 0    ? SPF_EXP
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

const char *spf_parse(const struct dns_text *record, struct arena *a,
		      const struct spf_parsed **terms, size_t *n)
{
	struct spf_parsed *all = arena_alloc(a, (record->len / 2 + 1) * sizeof *all);
	const char *p = record->data + 6, *end = record->data + record->len;
	*terms = all;
	*n = 0;
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
