/*
 * crypto.h - SHA-256 and public keys, for signatures of mails. The only door to libcrypto here.
 *
 * Keys are read once and kept: of twenty reporters come thousands of mails.
 */
#ifndef INGEST_AUTH_CRYPTO_H
#define INGEST_AUTH_CRYPTO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/mail_key.h"

struct crypto;

struct crypto *crypto_new(void);
void crypto_free(struct crypto *c);

/* SHA-256 of what is put between. */
void crypto_hash_begin(struct crypto *c);
void crypto_hash_put(void *crypto, const void *p, size_t n);
void crypto_hash_end(struct crypto *c, uint8_t out[32]);

enum crypto_verdict {
	CRYPTO_GOOD,
	CRYPTO_BAD,      /* it is not signed with this key; or the key is none, or too short */
	CRYPTO_TOO_LARGE /* a key that would cost more than keys do: not tried */
};

/* Is value a signature of hash, which is one of SHA-256? */
enum crypto_verdict crypto_verify(struct crypto *c, const struct mail_key *key,
				  const uint8_t hash[32], const uint8_t *value, size_t n);

#endif
