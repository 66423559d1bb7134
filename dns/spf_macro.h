/*
 * spf_macro.h - expansion of macro-strings, RFC 7208 section 7. Pure; private to dns/.
 */
#ifndef DNS_SPF_MACRO_H
#define DNS_SPF_MACRO_H

#include "core/buf.h"
#include "dns/spf.h"

struct spf_macros {
	const char *local, *sender_domain; /* of the sender; NULL: not known, it may be any */
	const char *domain;                /* whose record it stands in */
	const char *helo, *receiver;
	const struct ip *ip;
	/* %{p}; called when it is needed. NULL as function: not known */
	const char *(*validated)(void *ctx, const char *domain);
	void *ctx;
};

/* Append the expansion of s, which is valid. false: it depends on something that is not known. */
bool spf_macro_expand(const struct spf_macros *m, const char *s, struct buf *out);

/* A domain-spec to a name: cut from the left to 253 octets (7.3), what no name has as \DDD. NULL:
 * it depends on something that is not known. In a. */
const char *spf_macro_name(const struct spf_macros *m, const char *spec, struct arena *a);

#endif
