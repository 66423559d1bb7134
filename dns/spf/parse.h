/*
 * parse.h - the text of a record as terms (RFC 7208 sections 4.5, 4.6, 5, 12), and the check of
 * macro syntax (7.1). Pure; private to dns/.
 */
#ifndef DNS_SPF_PARSE_H
#define DNS_SPF_PARSE_H

#include "dns/spf/spf.h"

struct spf_parsed {
	const char *text; /* the term as written */
	enum spf_kind kind;
	enum spf_result qualifier;
	const char *spec; /* domain-spec, or the value of a modifier; NULL: none */
	unsigned bits4, bits6;
	struct spf_network network; /* of ip4, ip6 */
};

/* Does a TXT record begin with the version, as a whole word? */
bool spf_is_record(const struct dns_text *t);

/* NULL and *terms, *n; or what is wrong with the record, and *terms up to there. All in a. */
const char *spf_parse(const struct dns_text *t, struct arena *a, const struct spf_parsed **terms,
		      size_t *n);

/* Is s a macro-string? in_exp: c, r, t and blanks may occur. */
bool spf_macro_valid(const char *s, bool in_exp);

#endif
