#include "core/ip.h"

#include <arpa/inet.h>
#include <string.h>

#include "core/text.h"

/* s[0..n) must be all of an address. inet_pton is strict: no leading zeros, four parts. */
static bool parse_plain(const char *s, size_t n, struct ip *out)
{
	char text[IP_STRLEN];
	if (n == 0 || n >= sizeof text || memchr(s, '\0', n))
		return false;
	memcpy(text, s, n);
	text[n] = '\0';
	*out = (struct ip){0};
	if (inet_pton(AF_INET, text, out->b) == 1)
		out->family = 4;
	else if (inet_pton(AF_INET6, text, out->b) == 1)
		out->family = 6;
	return out->family != 0;
}

static bool is_port(const char *s, size_t n)
{
	uint64_t port;
	return n <= 5 && text_to_u64(s, n, &port) && port <= 65535;
}

/* Take off what stands around the address; false when that is malformed in itself. */
static bool strip(const char **s, size_t *n, unsigned *marks)
{
	size_t before = *n;
	text_trim(s, n);
	if (*n != before)
		*marks |= IP_BLANKS;
	if (*n > 0 && **s == '[') {
		const char *close = memchr(*s, ']', *n);
		if (!close)
			return false;
		size_t rest = (size_t)(*s + *n - close) - 1;
		if (rest > 0) {
			if (close[1] != ':' || !is_port(close + 2, rest - 1))
				return false;
			*marks |= IP_PORT;
		}
		*marks |= IP_BRACKETS;
		(*s)++;
		*n = (size_t)(close - *s);
	} else {
		/* one colon only: a port behind an IPv4 address */
		const char *colon = memchr(*s, ':', *n);
		size_t host = colon ? (size_t)(colon - *s) : *n;
		if (colon && !memchr(colon + 1, ':', *n - host - 1)) {
			if (!is_port(colon + 1, *n - host - 1))
				return false;
			*marks |= IP_PORT;
			*n = host;
		}
	}
	const char *zone = memchr(*s, '%', *n);
	if (zone) {
		*marks |= IP_ZONE;
		*n = (size_t)(zone - *s);
	}
	return true;
}

bool ip_parse(const char *s, size_t n, struct ip *out, unsigned *marks)
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
	unsigned seen = 0;
	bool ok = strip(&s, &n, &seen) && parse_plain(s, n, out);
	if (ok && (seen & IP_ZONE) && out->family != 6)
		ok = false;
	if (!ok) {
		*out = (struct ip){0};
	} else if (out->family == 6 && memcmp(out->b, mapped, sizeof mapped) == 0) {
		struct ip v4 = {.family = 4};
		memcpy(v4.b, out->b + 12, 4);
		*out = v4;
		seen |= IP_MAPPED;
	}
	if (marks)
		*marks = seen;
	return ok;
}

const char *ip_format(const struct ip *ip, char out[IP_STRLEN])
{
	out[0] = '\0';
	if (ip->family != 0)
		inet_ntop(ip->family == 4 ? AF_INET : AF_INET6, ip->b, out, IP_STRLEN);
	return out;
}

int ip_cmp(const struct ip *a, const struct ip *b)
{
	if (a->family != b->family)
		return a->family < b->family ? -1 : 1;
	return memcmp(a->b, b->b, sizeof a->b);
}

struct ip ip_network(const struct ip *ip, unsigned bits)
{
	struct ip net = *ip;
	for (unsigned i = 0; i < sizeof net.b; i++) {
		unsigned keep = bits > i * 8 ? bits - i * 8 : 0;
		if (keep < 8)
			net.b[i] &= (uint8_t)(0xff00u >> keep);
	}
	return net;
}

struct special {
	struct ip ip;
	unsigned bits;
};

bool ip_is_public(const struct ip *ip)
{
	/* RFC 1122, 1918, 3927, 6598, 5771, 1112; RFC 4291, 4193. Networks for documentation are
	 * not among them: nobody has machines there, and everybody has examples. */
	static const struct special special[] = {
	    {{4, {0}}, 8},         {{4, {10}}, 8},       {{4, {100, 64}}, 10},    {{4, {127}}, 8},
	    {{4, {169, 254}}, 16}, {{4, {172, 16}}, 12}, {{4, {192, 168}}, 16},   {{4, {224}}, 3},
	    {{6, {0}}, 120},       {{6, {0xfc}}, 7},     {{6, {0xfe, 0x80}}, 10}, {{6, {0xff}}, 8},
	};
	for (size_t i = 0; i < sizeof special / sizeof *special; i++) {
		struct ip net = ip_network(ip, special[i].bits);
		if (ip->family == special[i].ip.family && ip_cmp(&net, &special[i].ip) == 0)
			return false;
	}
	return ip->family != 0;
}

bool ip_looks_temporary(const struct ip *ip)
{
	static const uint8_t none[4];
	bool card = ip->b[11] == 0xff && ip->b[12] == 0xfe;
	return ip->family == 6 && memcmp(ip->b + 8, none, sizeof none) != 0 && !card;
}
