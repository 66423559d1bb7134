#include "dns/ask/wire.h"

#include <arpa/nameser.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CNAME_LIMIT 8
#define EDNS_SIZE   1232 /* fits any path without fragments (DNS flag day 2020) */
#define NO_SOA_TTL  300  /* of an answer "nothing" that does not say for how long */

/* ---- names ---- */

/* Uncompressed wire form to text: what a host name has as it is, the rest as \DDD. */
static void name_text(const uint8_t *wire, char out[WIRE_NAME_SIZE])
{
	char *o = out;
	for (size_t i = 0; wire[i];) {
		size_t end = i + 1 + wire[i];
		if (i > 0)
			*o++ = '.';
		for (i++; i < end; i++) {
			uint8_t c = wire[i];
			if (isgraph(c) && c != '.' && c != '\\' && c < 0x80) {
				*o++ = (char)tolower(c);
				continue;
			}
			*o++ = '\\';
			*o++ = (char)('0' + c / 100);
			*o++ = (char)('0' + c / 10 % 10);
			*o++ = (char)('0' + c % 10);
		}
	}
	*o = '\0';
}

bool wire_name(const char *text, char out[WIRE_NAME_SIZE])
{
	uint8_t wire[NS_MAXCDNAME];
	if (strlen(text) >= WIRE_NAME_SIZE || ns_name_pton(text, wire, sizeof wire) < 0)
		return false;
	name_text(wire, out);
	return true;
}

static char *get_name(const ns_msg *msg, const uint8_t *at, struct arena *a)
{
	uint8_t wire[NS_MAXCDNAME];
	char text[WIRE_NAME_SIZE];
	if (ns_name_unpack(ns_msg_base(*msg), ns_msg_end(*msg), at, wire, sizeof wire) < 0)
		return NULL;
	name_text(wire, text);
	return arena_strdup(a, text);
}

static bool name_is(const char *text, const char *other)
{
	char x[WIRE_NAME_SIZE];
	return wire_name(text, x) && strcmp(x, other) == 0;
}

size_t wire_query(const char *name, enum dns_type type, uint16_t id, uint8_t out[WIRE_QUERY_SIZE])
{
	uint8_t *p = out;
	memset(out, 0, NS_HFIXEDSZ);
	NS_PUT16(id, p);
	*p = 0x01;   /* RD */
	out[5] = 1;  /* one question */
	out[11] = 1; /* one additional record: OPT */
	p = out + NS_HFIXEDSZ;
	ns_name_pton(name, p, NS_MAXCDNAME);
	while (*p)
		p += 1 + *p;
	p++;
	NS_PUT16(type, p);
	NS_PUT16(ns_c_in, p);
	*p++ = 0; /* OPT: the root, size, no flags, no data */
	NS_PUT16(ns_t_opt, p);
	NS_PUT16(EDNS_SIZE, p);
	NS_PUT32(0, p);
	NS_PUT16(0, p);
	return (size_t)(p - out);
}

const char *dns_reverse_name(const struct ip *ip, char out[DNS_REVERSE_SIZE])
{
	static const char hex[] = "0123456789abcdef";
	char *o = out;
	if (ip->family == 4) {
		snprintf(out, DNS_REVERSE_SIZE, "%u.%u.%u.%u.in-addr.arpa", ip->b[3], ip->b[2],
			 ip->b[1], ip->b[0]);
		return out;
	}
	for (int i = 15; i >= 0; i--) {
		*o++ = hex[ip->b[i] & 15];
		*o++ = '.';
		*o++ = hex[ip->b[i] >> 4];
		*o++ = '.';
	}
	memcpy(o, "ip6.arpa", sizeof "ip6.arpa");
	return out;
}

/* ---- answers ---- */

struct reading {
	ns_msg msg;
	struct arena *a;
	struct dns_answer *out;
	enum dns_type type;
	size_t records; /* of the answer section */
};

/* Follow CNAMEs from out->name: their order in the section is free. */
static bool follow(struct reading *r)
{
	ns_rr rr;
	r->out->canonical = r->out->name;
	for (int step = 0; step <= CNAME_LIMIT; step++) {
		bool moved = false;
		for (size_t i = 0; i < r->records && !moved; i++) {
			if (ns_parserr(&r->msg, ns_s_an, (int)i, &rr) < 0)
				return false;
			if (ns_rr_type(rr) != ns_t_cname ||
			    !name_is(ns_rr_name(rr), r->out->canonical))
				continue;
			const char *to = get_name(&r->msg, ns_rr_rdata(rr), r->a);
			if (!to)
				return false;
			r->out->canonical = to;
			r->out->ttl = ns_rr_ttl(rr) < r->out->ttl ? ns_rr_ttl(rr) : r->out->ttl;
			moved = true;
		}
		if (!moved)
			return true;
	}
	return false; /* a loop, or as good as one */
}

static bool get_text(struct reading *r, const ns_rr *rr, struct dns_text *t)
{
	const uint8_t *p = ns_rr_rdata(*rr), *end = p + ns_rr_rdlen(*rr);
	char *data = arena_alloc(r->a, ns_rr_rdlen(*rr) + 1);
	*t = (struct dns_text){.data = data};
	while (p < end) {
		size_t n = *p++;
		if (n > (size_t)(end - p))
			return false;
		memcpy(data + t->len, p, n);
		t->len += n;
		t->strings++;
		p += n;
	}
	return true;
}

static bool get_record(struct reading *r, const ns_rr *rr, size_t i)
{
	const uint8_t *p = ns_rr_rdata(*rr);
	size_t n = ns_rr_rdlen(*rr);
	switch (r->type) {
	case DNS_A:
	case DNS_AAAA: {
		struct ip *ip = (struct ip *)r->out->addresses + i;
		if (n != (r->type == DNS_A ? 4 : 16))
			return false;
		ip->family = r->type == DNS_A ? 4 : 6;
		memcpy(ip->b, p, n);
		return true;
	}
	case DNS_MX: {
		struct dns_mx *mx = (struct dns_mx *)r->out->mx + i;
		if (n < 3)
			return false;
		*mx = (struct dns_mx){ns_get16(p), get_name(&r->msg, p + 2, r->a)};
		return mx->host != NULL;
	}
	case DNS_NS:
	case DNS_PTR:
		return (((const char **)r->out->hosts)[i] = get_name(&r->msg, p, r->a)) != NULL;
	case DNS_TXT:
		return get_text(r, rr, (struct dns_text *)r->out->texts + i);
	}
	return false;
}

static int by_preference(const void *x, const void *y)
{
	const struct dns_mx *a = x, *b = y;
	if (a->preference != b->preference)
		return a->preference < b->preference ? -1 : 1;
	return strcmp(a->host, b->host);
}

static bool get_records(struct reading *r)
{
	static const size_t size[] = {
	    [DNS_A] = sizeof(struct ip), [DNS_AAAA] = sizeof(struct ip),
	    [DNS_NS] = sizeof(char *),   [DNS_MX] = sizeof(struct dns_mx),
	    [DNS_PTR] = sizeof(char *),  [DNS_TXT] = sizeof(struct dns_text)};
	ns_rr rr;
	r->out->addresses = arena_alloc(r->a, r->records * size[r->type]);
	for (size_t i = 0; i < r->records; i++) {
		if (ns_parserr(&r->msg, ns_s_an, (int)i, &rr) < 0)
			return false;
		if ((enum dns_type)ns_rr_type(rr) != r->type || ns_rr_class(rr) != ns_c_in ||
		    !name_is(ns_rr_name(rr), r->out->canonical))
			continue;
		if (!get_record(r, &rr, r->out->n))
			return false;
		r->out->ttl = ns_rr_ttl(rr) < r->out->ttl ? ns_rr_ttl(rr) : r->out->ttl;
		r->out->n++;
	}
	if (r->type == DNS_MX && r->out->n > 1)
		qsort((struct dns_mx *)r->out->mx, r->out->n, sizeof *r->out->mx, by_preference);
	return true;
}

/* How long "nothing" holds: RFC 2308 section 5, the lesser of the SOA's TTL and its last number. */
static uint32_t negative_ttl(const struct reading *r)
{
	ns_msg msg = r->msg;
	ns_rr rr;
	for (int i = 0; i < ns_msg_count(msg, ns_s_ns); i++) {
		if (ns_parserr(&msg, ns_s_ns, i, &rr) < 0)
			break;
		if (ns_rr_type(rr) != ns_t_soa || ns_rr_rdlen(rr) < 22)
			continue;
		uint32_t minimum = ns_get32(ns_rr_rdata(rr) + ns_rr_rdlen(rr) - 4);
		return minimum < ns_rr_ttl(rr) ? minimum : ns_rr_ttl(rr);
	}
	return NO_SOA_TTL;
}

static enum dns_outcome read_response(struct reading *r, const uint8_t *msg, size_t len)
{
	ns_rr question;
	if (ns_initparse(msg, (int)len, &r->msg) < 0 || !ns_msg_getflag(r->msg, ns_f_qr) ||
	    ns_msg_count(r->msg, ns_s_qd) != 1 || ns_parserr(&r->msg, ns_s_qd, 0, &question) < 0 ||
	    (enum dns_type)ns_rr_type(question) != r->type ||
	    !name_is(ns_rr_name(question), r->out->name))
		return DNS_MALFORMED;
	switch (ns_msg_getflag(r->msg, ns_f_rcode)) {
	case ns_r_noerror:
	case ns_r_nxdomain:
		break;
	case ns_r_servfail:
		return DNS_SERVFAIL;
	case ns_r_refused:
		return DNS_REFUSED;
	default:
		return DNS_SERVFAIL;
	}
	r->records = ns_msg_count(r->msg, ns_s_an);
	r->out->ttl = UINT32_MAX;
	if (!follow(r) || !get_records(r))
		return DNS_MALFORMED;
	if (r->out->n > 0)
		return DNS_OK;
	bool elsewhere = r->out->canonical != r->out->name;
	uint32_t ttl = negative_ttl(r);
	r->out->ttl = ttl < r->out->ttl ? ttl : r->out->ttl;
	if (ns_msg_getflag(r->msg, ns_f_rcode) == ns_r_nxdomain)
		return DNS_NXDOMAIN;
	/* A name server says "nothing here" with the zone's SOA; without one the chain leads out.
	 */
	return elsewhere && ns_msg_count(r->msg, ns_s_ns) == 0 ? DNS_OK : DNS_NODATA;
}

void dns_answer_read(const uint8_t *msg, size_t len, const char *name, enum dns_type type,
		     struct arena *a, struct dns_answer *out)
{
	struct reading r = {.a = a, .out = out, .type = type};
	char text[WIRE_NAME_SIZE];
	out->name = wire_name(name, text) ? arena_strdup(a, text) : "";
	out->canonical = out->name;
	out->ttl = 0;
	out->n = 0;
	out->outcome = len > NS_MAXMSG ? DNS_MALFORMED : read_response(&r, msg, len);
	if (out->outcome != DNS_OK)
		out->n = 0;
}
