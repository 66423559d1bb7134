/*
 * dkim_key.h - a public key of DKIM in DNS (RFC 6376 section 3.6.1, RFC 8463): what it is worth.
 */
#ifndef DNS_DKIM_KEY_H
#define DNS_DKIM_KEY_H

#include "dns/ask/answer.h"

enum dkim_key_state {
	DKIM_KEY_UNKNOWN, /* DNS did not answer, or not yet */
	DKIM_KEY_MISSING, /* nothing is published there */
	DKIM_KEY_REVOKED, /* p= is empty */
	DKIM_KEY_BAD,     /* something that is no key */
	DKIM_KEY_GOOD
};

struct dkim_key {
	enum dkim_key_state state;
	bool ed25519;  /* else RSA */
	unsigned bits; /* of the RSA modulus */
	bool testing;  /* t=y: receivers treat its mail as unsigned */
};

/* The TXT answer of SELECTOR._domainkey.DOMAIN. */
struct dkim_key dkim_key_read(const struct dns_answer *answer);

/* A text that is no key for quotes, backslashes or line ends in it, without these; NULL: it is no
 * key even so. */
const char *dkim_key_clean(const char *text, struct arena *a);

#endif
