/*
 * answer.h - questions to DNS and their answers, as everything above the resolver sees them.
 *
 * Who needs DNS asks a view and must take DNS_PENDING for an answer: it means "noted, not known
 * yet". The resolver then asks all that was noted at once, and the work is done again, until
 * nothing is pending any more:
 *
 *	do
 *		work(view);
 *	while (resolver_run(r) asked anything);
 *
 * So everything above is a pure function of a view: no callbacks, no order of events, and thousands
 * of questions travel side by side. A test, or a report repeated later, brings a view of its own.
 *
 * The wing ask/: questions on their way to servers, and answers kept. In: name and type. Out:
 * struct dns_answer, read through a view. It includes nothing of the room; c-ares is behind
 * transport.h, the format of messages behind wire.h.
 */
#ifndef DNS_ASK_ANSWER_H
#define DNS_ASK_ANSWER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/arena.h"
#include "core/ip.h"

enum dns_type { /* numbers of RFC 1035, RFC 3596 */
		DNS_A = 1,
		DNS_NS = 2,
		DNS_PTR = 12,
		DNS_MX = 15,
		DNS_TXT = 16,
		DNS_AAAA = 28,
};

enum dns_outcome {
	DNS_PENDING,  /* noted; ask again after the resolver ran */
	DNS_OK,       /* n >= 1 */
	DNS_NXDOMAIN, /* the name does not exist */
	DNS_NODATA,   /* it exists, without records of this type */
	DNS_SERVFAIL,
	DNS_REFUSED,
	DNS_TIMEOUT,   /* no answer came */
	DNS_MALFORMED, /* the answer, or the name asked for, is no DNS */
	DNS_NOT_ASKED, /* offline, or past the bounds of the run */
	DNS_OUTCOME_COUNT
};

extern const char *const dns_outcome_names[DNS_OUTCOME_COUNT]; /* "ok", "nxdomain" ... */

struct dns_text {
	const char *data; /* the strings of one TXT record, joined without anything between */
	size_t len;       /* data[len] is NUL; there may be others before */
	size_t strings;   /* how many character-strings it came in */
};

struct dns_mx {
	unsigned preference;
	const char *host; /* as a name below; "" is the null MX of RFC 7505 */
};

/* Names are lower case, without trailing dot; bytes that no host name has are written \DDD. */
struct dns_answer {
	enum dns_outcome outcome;
	const char *name;      /* as asked */
	const char *canonical; /* where CNAMEs led; name itself when there was none */
	uint32_t ttl;          /* seconds, the least of the records used */
	int64_t asked_at;      /* seconds since 1970 */
	size_t n;
	union { /* by the type asked for; hosts: of NS and PTR */
		const struct ip *addresses;
		const struct dns_mx *mx; /* by preference */
		const char *const *hosts;
		const struct dns_text *texts;
	};
};

/* Is it known that there is nothing (RFC 7208 section 4.6.4 calls it a void lookup)? */
static inline bool dns_is_void(const struct dns_answer *a)
{
	return a->outcome == DNS_NXDOMAIN || a->outcome == DNS_NODATA;
}

/* Did asking fail, so that nothing is known? Pending is not a failure. */
static inline bool dns_failed(const struct dns_answer *a)
{
	return a->outcome > DNS_NODATA;
}

/* Never NULL; the answer lives as long as the view. name: in any case, with or without the trailing
 * dot, bytes as \DDD; one that cannot be asked is DNS_MALFORMED. */
struct dns_view {
	const struct dns_answer *(*ask)(void *ctx, const char *name, enum dns_type type);
	void *ctx;
};

static inline const struct dns_answer *dns_ask(const struct dns_view *v, const char *name,
					       enum dns_type type)
{
	return v->ask(v->ctx, name, type);
}

/* The name whose PTR records name the address: "1.2.0.192.in-addr.arpa". Returns out. */
#define DNS_REVERSE_SIZE 80
const char *dns_reverse_name(const struct ip *ip, char out[DNS_REVERSE_SIZE]);

/*
 * Read the response msg[0..len) to the question name, type into out: outcome, canonical, ttl and
 * records; the rest of out is kept. It lives in a. Anything that is no well-formed response to that
 * question is DNS_MALFORMED. CNAMEs inside the response are followed, at most 8 (RFC 1034 section
 * 3.6.2); when they lead out of it, outcome is DNS_OK with n = 0 and canonical is where to go on.
 */
void dns_answer_read(const uint8_t *msg, size_t len, const char *name, enum dns_type type,
		     struct arena *a, struct dns_answer *out);

#endif
