#include "core/label.h"

#include <stdio.h>
#include <string.h>

#include "core/text.h"

#define MIN_BITS_4 8 /* wider ones are slips: a label for half of the world */
#define MIN_BITS_6 32

const char *const label_verdict_names[LABEL_COUNT] = {"none", "approve", "deny", "ignore"};

enum status label_text(const char *what, const char *s, size_t max, struct err *err)
{
	struct buf shown;
	const char *at = s;
	size_t n = strlen(s), blank = n;
	text_trim(&at, &blank);
	if (blank == 0)
		return err_set(err, ST_ITEM, "%s: empty", what);
	if (n > max)
		return err_set(err, ST_ITEM, "%s: longer than %zu octets", what, max);
	buf_init(&shown, 16 * max);
	text_terminal(&shown, s, n);
	bool clean = shown.len == n && memcmp(shown.data, s, n) == 0;
	buf_free(&shown);
	if (!clean)
		return err_set(err, ST_ITEM, "%s: \"%s\" holds control characters or broken UTF-8",
			       what, s);
	return ST_OK;
}

/* Does it look as if an address or a network was meant? */
static bool looks_like_network(const char *s)
{
	size_t n = strspn(s, "0123456789abcdef.:");
	if (s[n] == '/')
		return strcspn(s, ".:") < n;
	return s[n] == '\0' && (strspn(s, "0123456789.") == n || strchr(s, ':'));
}

/* s is lower case. "not an address" is left to the caller. */
static bool parse_network(const char *s, struct ip *ip, unsigned *bits)
{
	const char *slash = strchr(s, '/');
	size_t n = slash ? (size_t)(slash - s) : strlen(s);
	uint64_t v;
	unsigned marks;
	if (!ip_parse(s, n, ip, &marks) || (marks & ~(unsigned)IP_MAPPED))
		return false;
	unsigned width = ip->family == 4 ? 32 : 128;
	*bits = width;
	if (!slash)
		return true;
	if (!text_to_u64(slash + 1, strlen(slash + 1), &v))
		return false;
	if (marks & IP_MAPPED) {
		if (v < 96)
			return false;
		v -= 96;
	}
	*bits = (unsigned)v;
	return v <= width;
}

static enum status format_network(const struct ip *ip, unsigned bits, char out[LABEL_SENDER],
				  struct err *err)
{
	char text[IP_STRLEN], base[IP_STRLEN];
	struct ip network = ip_network(ip, bits);
	unsigned width = ip->family == 4 ? 32 : 128;
	ip_format(ip, text);
	ip_format(&network, base);
	if (ip_cmp(&network, ip) != 0)
		return err_set(err, ST_ITEM,
			       "%s/%u has bits behind the network: %s/%u is the network, %s the "
			       "address",
			       text, bits, base, bits, text);
	if (bits == width)
		snprintf(out, LABEL_SENDER, "%s", text);
	else
		snprintf(out, LABEL_SENDER, "%s/%u", text, bits);
	return ST_OK;
}

static enum status network_sender(const char *s, char out[LABEL_SENDER], struct err *err)
{
	struct ip ip;
	unsigned bits;
	if (!parse_network(s, &ip, &bits))
		return err_set(err, ST_ITEM, "\"%s\" is not an address or a network", s);
	return format_network(&ip, bits, out, err);
}

static enum status fits(int n, struct err *err)
{
	return n < LABEL_SENDER ? ST_OK : err_set(err, ST_ITEM, "SENDER: too long");
}

/* "net:" and a network, always with its bits, then perhaps a mark. */
static enum status net_key(const char *value, const char *mark, char out[LABEL_SENDER],
			   struct err *err)
{
	char text[LABEL_SENDER];
	struct ip ip;
	unsigned bits;
	if (strcmp(value, "none") == 0)
		return fits(snprintf(out, LABEL_SENDER, "net:none%s", mark), err);
	if (!strchr(value, '/') || !parse_network(value, &ip, &bits))
		return err_set(err, ST_ITEM,
			       "\"net:%s\" is not a key: it would be like net:192.0.2.0/24", value);
	enum status st = format_network(&ip, bits, text, err);
	if (st != ST_OK)
		return st;
	text[strcspn(text, "/")] = '\0';
	return fits(snprintf(out, LABEL_SENDER, "net:%s/%u%s", text, bits, mark), err);
}

/* A machine without a name has its address behind "host:". */
static bool host_address(const char *value, const char *mark, char out[LABEL_SENDER])
{
	char text[IP_STRLEN];
	struct ip ip;
	unsigned marks;
	if (!ip_parse(value, strlen(value), &ip, &marks) || (marks & ~(unsigned)IP_MAPPED))
		return false;
	return snprintf(out, LABEL_SENDER, "host:%s%s", ip_format(&ip, text), mark) < LABEL_SENDER;
}

static enum status name_key(const struct name_rules *rules, const char *prefix, const char *value,
			    const char *mark, char out[LABEL_SENDER], struct err *err)
{
	char name[DOMAIN_SIZE];
	if (!domain_normalise(rules, value, strlen(value), name))
		return err_set(err, ST_ITEM, "\"%s%s\": what follows the colon is not a name",
			       prefix, value);
	return fits(snprintf(out, LABEL_SENDER, "%s%s%s", prefix, name, mark), err);
}

/* s is a key with this prefix: take it apart. s may be written to. */
static enum status key_sender(const struct name_rules *rules, const char *prefix, char *s,
			      char out[LABEL_SENDER], struct err *err)
{
	char mark[LABEL_SENDER] = "";
	char *value = s + strlen(prefix), *hash = strchr(value, '#');
	if (hash) {
		snprintf(mark, sizeof mark, "%s", hash);
		*hash = '\0';
	}
	if (value[0] == '\0')
		return err_set(err, ST_ITEM, "\"%s\" alone is nobody's key", prefix);
	if (strcmp(prefix, "label:") == 0 && !hash)
		return network_sender(value, out, err);
	if (strcmp(prefix, "net:") == 0)
		return net_key(value, mark, out, err);
	if (strcmp(prefix, "host:") == 0 && host_address(value, mark, out))
		return ST_OK;
	if (strcmp(prefix, "service:") != 0)
		return name_key(rules, prefix, value, mark, out, err);
	return fits(snprintf(out, LABEL_SENDER, "%s%s%s", prefix, value, mark), err);
}

enum status label_sender(const struct name_rules *rules, const char *s, char out[LABEL_SENDER],
			 struct err *err)
{
	static const char *const prefixes[] = {
	    "service:", "dkim:", "mailfrom:", "host:", "ptr:", "own:", "net:", "label:"};
	char text[LABEL_SENDER];
	size_t n = strlen(s);
	enum status st = label_text("SENDER", s, LABEL_SENDER - 1, err);
	if (st != ST_OK)
		return st;
	text_trim(&s, &n);
	for (size_t i = 0; i < n; i++)
		text[i] = ascii_lower(s[i]);
	text[n] = '\0';
	for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++)
		if (strncmp(text, prefixes[i], strlen(prefixes[i])) == 0)
			return key_sender(rules, prefixes[i], text, out, err);
	if (looks_like_network(text))
		return network_sender(text, out, err);
	snprintf(out, LABEL_SENDER, "%s", text);
	return ST_OK;
}

bool label_is_wide(const struct ip *network, unsigned bits)
{
	return bits < (network->family == 4 ? MIN_BITS_4 : MIN_BITS_6);
}

bool label_network(const char *sender, struct ip *network, unsigned *bits)
{
	if (looks_like_network(sender) && parse_network(sender, network, bits))
		return true;
	*network = (struct ip){0};
	*bits = 0;
	return false;
}
