/*
 * mail_key.h - CONTRACT: a public key of DKIM (RFC 6376 section 3.6.1), between dns, which reads
 * it, cli, which asks for it and keeps it, and ingest, which verifies signatures with it.
 */
#ifndef CORE_MAIL_KEY_H
#define CORE_MAIL_KEY_H

#include <stdbool.h>
#include <stddef.h>

#include "core/arena.h"

enum mail_key_state {
	MAIL_KEY_UNKNOWN, /* not there, withdrawn, more than one, not for mail, or DNS is silent:
			     nothing can be said of what it signed */
	MAIL_KEY_UNFIT,   /* something is there, and verifies nothing that we know */
	MAIL_KEY_GOOD
};

struct mail_key {
	enum mail_key_state state;
	/* MAIL_KEY_GOOD: */
	bool ed25519; /* else RSA */
	bool strict;  /* t=s: i= must be of d= itself, not of a name below it */
	const unsigned char
	    *key; /* RSA: SubjectPublicKeyInfo or RSAPublicKey, DER; else 32 octets */
	size_t n;
};

/* Who has keys. Safe from several threads at once. */
struct mail_keys {
	void *ctx;
	/* Those of names[0..n), "SELECTOR._domainkey.DOMAIN", into out[0..n); their octets into the
	 * arena. It may take seconds, and does not fail. */
	void (*find)(void *ctx, const char *const *names, size_t n, struct arena *a,
		     struct mail_key *out);
};

#endif
