/*
 * ip.h - IPv4 and IPv6 addresses and networks in one canonical form.
 *
 * IPv4-mapped IPv6 (::ffff:192.0.2.1) becomes IPv4. What reporters add to an address (blanks,
 * brackets, a port, a zone id) is taken off and marked.
 */
#ifndef CORE_IP_H
#define CORE_IP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* family 4: b[0..4) in network order, the rest zero. family 6: b[0..16). family 0: no address. */
struct ip {
	uint8_t family;
	uint8_t b[16];
};

enum ip_mark {
	IP_BLANKS = 1 << 0,   /* blanks around it */
	IP_BRACKETS = 1 << 1, /* [2001:db8::1] */
	IP_PORT = 1 << 2,     /* 192.0.2.1:25, [2001:db8::1]:25 */
	IP_ZONE = 1 << 3,     /* fe80::1%eth0 */
	IP_MAPPED = 1 << 4,   /* ::ffff:192.0.2.1 */
};

#define IP_STRLEN 46

/* Read s[0..n). On failure *out is family 0. marks (may be NULL) gets enum ip_mark bits. */
bool ip_parse(const char *s, size_t n, struct ip *out, unsigned *marks);

/* The usual text (RFC 5952 for IPv6); "" for family 0. Returns out. */
const char *ip_format(const struct ip *ip, char out[IP_STRLEN]);

int ip_cmp(const struct ip *a, const struct ip *b); /* IPv4 before IPv6, then by value */

/* false: private, carrier-NAT, loopback, link-local, multicast, or no address at all. */
bool ip_is_public(const struct ip *ip);

/* IPv6: an interface identifier as a machine makes them up (RFC 8981, RFC 7217), and no provider
 * deals out: no small number, and none made of a network card (RFC 4291 appendix A). */
bool ip_looks_temporary(const struct ip *ip);

/* The address with all but its first bits bits cleared. */
struct ip ip_network(const struct ip *ip, unsigned bits);

#endif
