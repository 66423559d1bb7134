/*
 * scope.h - how many an SPF record lets in, over the whole tree of includes and redirects. Pure.
 *
 * A record that lets in strangers is no tie: that it passes says nothing of who sent.
 */
#ifndef REPORT_SENDER_SCOPE_H
#define REPORT_SENDER_SCOPE_H

#include "report/sender/zone.h"

#define SCOPE_WIDEST 65536 /* IPv4 addresses outside of known services that one owner may have */
#define SCOPE_LARGE  4096  /* ... in one network, without others' lines and rented machines in it */

struct scope_spot {
	const struct spf_term *term; /* NULL: there is none */
	const char *domain;          /* whose record holds it */
	unsigned depth;              /* 0: the record itself */
};

struct scope {
	struct scope_spot open;     /* +all, or an exists, ptr or network that lets everybody in */
	struct scope_spot ptr;      /* ptr, whoever it lets in (RFC 7208 section 5.5) */
	struct scope_spot neutral;  /* ?all */
	struct scope_spot widest;   /* the largest network that belongs to no known service */
	struct scope_spot dangling; /* an include or redirect of a name without a record, or an a,
				       mx or exists of a name that does not exist */
	double addresses;           /* IPv4 addresses outside of known services */
	bool narrow; /* none of: open, neutral, ptr, more than SCOPE_WIDEST addresses */
	bool pending;
};

/* m: one of z->mailfrom. */
void scope_read(const struct zone *z, const struct zone_mailfrom *m, struct scope *out);

/* Does a record of ours let the address in by a network larger than that, of no known service? */
bool scope_is_large_for(const struct zone *z, const struct ip *ip);

/* A term of our own record for one IPv6 host names its /64, in which the host's other addresses
 * are. */
bool scope_names_host_in(const struct zone *z, const struct ip *net);

/*
 * The zone below ours, on the way down to the name, that strangers' name servers answer for (NS):
 * none of them is ours, a known service's, or of whoever runs ours. Whoever holds it says what
 * stands there. The answer to NS of the zone's name; NULL: there is none.
 */
const struct dns_answer *scope_strangers_zone(const struct zone *z, const char *name);

/* Does whoever runs one of these name servers own the host's domain, too? */
bool scope_is_operator(const struct zone *z, const struct dns_answer *servers, const char *host);

#endif
