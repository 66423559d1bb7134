/*
 * domain.h - names in one form, and the two questions about names that need outside data.
 *
 * The form: lower case, A-labels (RFC 5890), no trailing dot, at most 253 octets. Underscores are
 * allowed: DKIM and SPF names have them.
 */
#ifndef CORE_DOMAIN_H
#define CORE_DOMAIN_H

#include <stdbool.h>
#include <stddef.h>

#define DOMAIN_SIZE 256 /* 253 octets, NUL, and room */

/*
 * What ingest must ask about names but may not know itself: dns/ implements it (libidn2, libpsl),
 * cli/ hands it over. Both functions are safe to call from several threads.
 */
struct name_rules {
	void *ctx;

	/* UTF-8 name s[0..n) with non-ASCII characters to lower-case A-labels (UTS #46,
	 * non-transitional). false: not a name. */
	bool (*to_alabels)(void *ctx, const char *s, size_t n, char out[DOMAIN_SIZE]);

	/* The organisational domain of a name in normal form: a pointer into the name itself;
	 * the name itself when it is a public suffix or has no registrable part. */
	const char *(*org_domain)(void *ctx, const char *name);
};

/*
 * Put s[0..n) into the form above. ASCII needs no outside help; rules is asked for the rest.
 * false: it cannot be one (empty, a label over 63, over 253, characters no name has).
 */
bool domain_normalise(const struct name_rules *rules, const char *s, size_t n,
		      char out[DOMAIN_SIZE]);

/* Is name the same as, or below, parent? Both in the form above; label boundary respected. */
bool domain_is_below(const char *name, const char *parent);

#endif
