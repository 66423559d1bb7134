#include "report/command.h"

#include <string.h>

#include "core/text.h"
#include "report/sender/group.h"

static bool is_typable(const char *s, size_t n)
{
	if (n == 0 || s[0] == '-')
		return false;
	for (size_t i = 0; i < n; i++)
		if (s[i] < 0x20 || s[i] > 0x7e)
			return false;
	return true;
}

/* A mark is no comment: that begins a word only. */
static bool is_plain(const char *s, size_t n)
{
	static const char also[] = "._-:/@%+,#";
	for (size_t i = 0; i < n; i++) {
		char c = ascii_lower(s[i]);
		bool word = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
		if (!word && (!strchr(also, c) || (i == 0 && c == '#')))
			return false;
	}
	return true;
}

static void put_word(struct buf *out, const char *s, size_t n)
{
	bool plain = is_plain(s, n);
	buf_puts(out, plain ? " " : " '");
	for (size_t i = 0; i < n; i++) {
		if (s[i] == '\'')
			buf_puts(out, "'\\''");
		else
			buf_putc(out, s[i]);
	}
	if (!plain)
		buf_putc(out, '\'');
}

/* The one address that is meant, where the key would hit others: one that looks re-let, beside
 * those that are as they were; of an IPv4 network what was seen of it, whose neighbours are other
 * people (in a /64 they are the same machine). NULL: the key is meant. */
static const struct sender_source *alone(const struct sender *s)
{
	if (sender_aged_source(s)) /* "own:" are all machines that the record names */
		return sender_aged_source(s);
	if (s->n_sources > 1)
		return NULL;
	bool network = strncmp(s->key, "net:", 4) == 0 && s->n_sources == 1 && !s->more_sources;
	return network && s->sources[0].ip.family == 4 ? &s->sources[0] : NULL;
}

static void put_verdict(struct buf *out, const char *verdict, bool passes)
{
	buf_puts(out, "ruascope label ");
	buf_puts(out, verdict);
	if (strcmp(verdict, "deny") == 0 && passes) /* by a slip it is refused */
		buf_puts(out, " --force");
}

bool label_address_command(struct buf *out, const char *verdict, const char *domain,
			   const struct sender_source *x)
{
	char text[IP_STRLEN];
	size_t d = strlen(domain);
	if (!is_typable(domain, d))
		return false;
	put_verdict(out, verdict, x->dmarc_pass > 0);
	put_word(out, domain, d);
	ip_format(&x->ip, text);
	put_word(out, text, strlen(text));
	return true;
}

bool label_command(struct buf *out, const char *verdict, const char *domain, const struct sender *s)
{
	const struct sender_source *one = alone(s);
	size_t n = s->split ? strlen(s->key) : group_base_len(s->key), d = strlen(domain);
	if (!is_typable(domain, d) || !is_typable(s->key, n))
		return false;
	if (one)
		return label_address_command(out, verdict, domain, one);
	put_verdict(out, verdict, 2 * s->t.dmarc_pass > s->t.messages);
	put_word(out, domain, d);
	put_word(out, s->key, n);
	return true;
}
