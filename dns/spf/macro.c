#include "dns/spf/macro.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/text.h"

#define EXPANSION_MAX (64 * 1024)
#define NAME_MAX_LEN  253
#define LABEL_MAX_LEN 63
#define PARTS_MAX     256 /* of one value; a name has 127 at most */
#define DELIMITERS    ".-+,/_="

static const char *address_text(const struct ip *ip, char out[80])
{
	char *o = out;
	if (ip->family != 6)
		return ip_format(ip, out);
	for (int i = 0; i < 16; i++)
		o += snprintf(o, 6, "%s%X.%X", i ? "." : "", ip->b[i] >> 4, ip->b[i] & 15);
	return out;
}

/* NULL: not known. scratch holds what is made here. */
static const char *value_of(const struct spf_macros *m, char letter, char scratch[512])
{
	switch (letter) {
	case 's':
		if (!m->local || !m->sender_domain)
			return NULL;
		snprintf(scratch, 512, "%.240s@%.253s", m->local, m->sender_domain);
		return scratch;
	case 'l':
		return m->local;
	case 'o':
		return m->sender_domain;
	case 'd':
		return m->domain;
	case 'i':
		return m->ip ? address_text(m->ip, scratch) : NULL;
	case 'c':
		return m->ip ? ip_format(m->ip, scratch) : NULL;
	case 'v':
		return !m->ip ? NULL : m->ip->family == 6 ? "ip6" : "in-addr";
	case 'h':
		return m->helo;
	case 'p':
		return m->validated ? m->validated(m->ctx, m->domain) : NULL;
	case 'r':
		return m->receiver ? m->receiver : "unknown";
	default:
		snprintf(scratch, 512, "%lld", (long long)time(NULL));
		return scratch;
	}
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_alnum(char c)
{
	return is_digit(c) || (ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z');
}

static void put_escaped(struct buf *out, const char *s, size_t n, bool url)
{
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)s[i];
		if (!url || is_alnum(s[i]) || strchr("-._~", s[i]))
			buf_putc(out, s[i]);
		else
			buf_printf(out, "%%%02X", c);
	}
}

/* The value split at delimiters, perhaps reversed, its last parts joined with dots. */
static void put_transformed(struct buf *out, const char *value, const char *delimiters,
			    unsigned long keep, bool reverse, bool url)
{
	struct part {
		const char *at;
		size_t n;
	} parts[PARTS_MAX];
	size_t n = 0;
	for (const char *p = value; n < PARTS_MAX;) {
		size_t len = strcspn(p, delimiters);
		parts[n++] = (struct part){p, len};
		if (!p[len])
			break;
		p += len + 1;
	}
	size_t first = keep > 0 && keep < n ? n - keep : 0;
	for (size_t i = first; i < n; i++) {
		const struct part *x = &parts[reverse ? n - 1 - i : i];
		if (i > first)
			buf_putc(out, '.');
		put_escaped(out, x->at, x->n, url);
	}
}

/* p stands behind "%{"; returns what follows "}", or NULL: not known. */
static const char *expand_one(const struct spf_macros *m, const char *p, struct buf *out)
{
	char scratch[512], delimiters[sizeof DELIMITERS] = "", *end;
	char letter = ascii_lower(*p);
	bool url = letter != *p;
	const char *value = value_of(m, letter, scratch);
	unsigned long keep = 0;
	p++;
	if (is_digit(*p)) {
		keep = strtoul(p, &end, 10);
		p = end;
	}
	bool reverse = ascii_lower(*p) == 'r';
	p += reverse;
	for (; *p != '}'; p++) /* each once: they may be repeated without end */
		if (!strchr(delimiters, *p))
			delimiters[strlen(delimiters)] = *p;
	if (!value)
		return NULL;
	put_transformed(out, value, *delimiters ? delimiters : ".", keep, reverse, url);
	return p + 1;
}

bool spf_macro_expand(const struct spf_macros *m, const char *s, struct buf *out)
{
	while (*s) {
		if (*s != '%') {
			buf_putc(out, *s++);
			continue;
		}
		s++;
		if (*s == '{') {
			s = expand_one(m, s + 1, out);
			if (!s)
				return false;
			continue;
		}
		buf_puts(out, *s == '%' ? "%" : *s == '_' ? " " : "%20");
		s++;
	}
	return true;
}

const char *spf_macro_name(const struct spf_macros *m, const char *spec, struct arena *a)
{
	struct buf b;
	const char *name = NULL;
	buf_init(&b, EXPANSION_MAX);
	if (spf_macro_expand(m, spec, &b)) {
		const char *s = b.data ? b.data : "";
		size_t n = b.len;
		if (n > 0 && s[n - 1] == '.')
			n--;
		while (n > NAME_MAX_LEN) { /* 7.3: labels go from the left */
			const char *dot = memchr(s, '.', n);
			if (!dot)
				break;
			n -= (size_t)(dot + 1 - s);
			s = dot + 1;
		}
		/* A label that long is no name; nor is it worth keeping. */
		name = b.failed || n > NAME_MAX_LEN ? "" : arena_strndup(a, s, n);
	}
	buf_free(&b);
	return name;
}

/* ---- octets and the text that a view takes ---- */

bool spf_name_possible(const char *octets, bool wants_dot)
{
	size_t n = strlen(octets), label = 0;
	bool dot = false;
	for (size_t i = 0; i < n; i++) {
		bool end = octets[i] == '.';
		if (end && label == 0)
			return false;
		label = end ? 0 : label + 1;
		if (label > LABEL_MAX_LEN)
			return false;
		dot = dot || end;
	}
	return label > 0 && n <= NAME_MAX_LEN && (dot || !wants_dot);
}

const char *spf_name_text(const char *octets, struct arena *a)
{
	char *out = arena_alloc(a, 4 * strlen(octets) + 1), *o = out;
	for (const char *s = octets; *s; s++) {
		unsigned char c = (unsigned char)*s;
		if (c > 0x20 && c < 0x7f && c != '\\')
			*o++ = ascii_lower(*s);
		else
			o += snprintf(o, 5, "\\%03u", c);
	}
	return out;
}

const char *spf_name_octets(const char *text, struct arena *a)
{
	char *out = arena_alloc(a, strlen(text) + 1), *o = out;
	for (const char *s = text; *s; s++) {
		if (s[0] == '\\' && is_digit(s[1]) && is_digit(s[2]) && is_digit(s[3])) {
			*o++ = (char)((s[1] - '0') * 100 + (s[2] - '0') * 10 + (s[3] - '0'));
			s += 3;
		} else {
			*o++ = *s;
		}
	}
	return out;
}
