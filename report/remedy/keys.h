/*
 * keys.h - the DKIM keys of the selectors that sign as us: who uses them, and what is wrong. Pure.
 *
 *	senders with remedies -> [keys] -> check D6, faults of the zone
 */
#ifndef REPORT_REMEDY_KEYS_H
#define REPORT_REMEDY_KEYS_H

#include "dns/dkim_key.h"
#include "report/sender/finding.h"
#include "report/sender/zone.h"

#define KEYS_MAX          40
#define KEY_LEAST_BITS    1024 /* RFC 8301: receivers take no signature with fewer */
#define KEY_NEVER_FAILING 10   /* messages; fewer may have been changed on the way */

/* Of a sender that is ours or may be: who forges may name any selector. */
struct used_key {
	const char *name;            /* "s1._domainkey.example.com" */
	int32_t last;                /* day that it passed on; INT32_MIN: it never did */
	bool ours;                   /* a legitimate sender used it ... */
	bool current;                /* ... and has used no other since */
	uint64_t failing;            /* messages of senders that have passed with no other since */
	const struct sender *who;    /* the sender of most of them; NULL: none fail */
	const struct sender *signer; /* a legitimate one that passes with it now; NULL: none */
	uint64_t passing;            /* messages that passed with it */
	uint64_t alone;              /* of ours, that SPF did not carry */
	struct dkim_key key;         /* as it is in DNS today */
	const char *text;            /* that record; NULL: none */
	bool silent;                 /* it was asked, and its servers do not answer */
	/* of keys.c: who was looked at last, and what fails of it; what fails of who */
	const struct sender *now;
	uint64_t now_failing, who_failing;
};

struct used_keys {
	struct used_key list[KEYS_MAX];
	unsigned n;
};

void keys_find(struct used_keys *u, const struct zone *z, const struct sender *senders, size_t n);

/* All of its senders have gone over to another, or it is long unused: its key may go. */
bool key_is_rotated(const struct used_key *k, int32_t until);

#define KEY_LEAST_ALONE 10 /* messages that hang on a key alone; fewer are no matter */

/* Nobody knows whether the key is there, and mail of ours passes by it alone. */
bool key_is_silent(const struct used_key *k);

/* The published key is not the one that signs: it never verified anything. */
bool key_is_another(const struct used_key *k);

/* The name of the key that most of the sender's mail signs with as us in vain. NULL: it does not,
 * or no reporter told a selector; then *domain is that of the signature, or NULL. domain: may be
 * NULL. */
const char *failing_key(const struct zone *z, const struct sender *s, const char **domain);

#endif
