/*
 * macro.h - expansion of macro-strings, RFC 7208 section 7. Pure; private to dns/.
 */
#ifndef DNS_SPF_MACRO_H
#define DNS_SPF_MACRO_H

#include "core/buf.h"
#include "dns/spf/spf.h"

struct spf_macros {
	const char *local, *sender_domain; /* of the sender; NULL: not known, it may be any */
	const char *domain;                /* whose record it stands in; octets */
	const char *helo, *receiver;
	const struct ip *ip;
	/* %{p} in octets; called when it is needed. NULL as function: not known */
	const char *(*validated)(void *ctx, const char *domain);
	void *ctx;
};

/* Append the expansion of s, which is valid. false: it depends on something that is not known. */
bool spf_macro_expand(const struct spf_macros *m, const char *s, struct buf *out);

/* A domain-spec to a name in octets: without the dot at its end, cut from the left to 253 (7.3).
 * NULL: it depends on something that is not known. In a. */
const char *spf_macro_name(const struct spf_macros *m, const char *spec, struct arena *a);

/*
 * Names are octets where macros take them apart, and text (answer.h) where they are asked for or
 * shown. An octet that is a dot inside a label cannot be told from one between labels: no name of a
 * record can have it.
 */

/* Could the name be asked for (RFC 1035 section 2.3.4)? wants_dot: has it several labels (4.3)? */
bool spf_name_possible(const char *octets, bool wants_dot);
const char *spf_name_text(const char *octets, struct arena *a); /* in lower case */
const char *spf_name_octets(const char *text, struct arena *a);

#endif
