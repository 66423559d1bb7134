#include "ingest/auth/crypto.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>

#include "core/hash.h"
#include "core/limits.h"
#include "core/mem.h"

struct known {
	EVP_PKEY_CTX *rsa; /* ready to verify; NULL: not RSA, or no key that is used */
	EVP_PKEY *ed25519;
	enum crypto_verdict unusable; /* when both are NULL */
};

struct crypto {
	EVP_MD_CTX *hash;
	struct map by_octets; /* -> place in known */
	struct known known[LIMIT_AUTH_KEYS];
	size_t n;
};

/* SHA-256 is always there; what fails is memory. */
static void must(int ok)
{
	if (!ok)
		mem_die();
}

struct crypto *crypto_new(void)
{
	struct crypto *c = mem_alloc(sizeof *c);
	must(OSSL_LIB_CTX_get0_global_default() != NULL); /* as in record/digest.c */
	c->hash = EVP_MD_CTX_new();
	must(c->hash && EVP_DigestInit_ex(c->hash, EVP_sha256(), NULL));
	return c;
}

static void forget(struct crypto *c)
{
	for (size_t i = 0; i < c->n; i++) {
		EVP_PKEY_CTX_free(c->known[i].rsa);
		EVP_PKEY_free(c->known[i].ed25519);
	}
	c->n = 0;
	map_clear(&c->by_octets);
}

void crypto_free(struct crypto *c)
{
	if (!c)
		return;
	forget(c);
	map_free(&c->by_octets);
	EVP_MD_CTX_free(c->hash);
	free(c);
}

void crypto_hash_begin(struct crypto *c)
{
	must(EVP_DigestInit_ex(c->hash, NULL, NULL));
}

void crypto_hash_put(void *crypto, const void *p, size_t n)
{
	struct crypto *c = crypto;
	must(EVP_DigestUpdate(c->hash, p, n));
}

void crypto_hash_end(struct crypto *c, uint8_t out[32])
{
	must(EVP_DigestFinal_ex(c->hash, out, NULL));
}

/* ---- keys ---- */

/* RFC 6376 says RSAPublicKey, its examples and everybody else publish SubjectPublicKeyInfo. */
static EVP_PKEY *read_rsa(const struct mail_key *key)
{
	const unsigned char *p = key->key;
	EVP_PKEY *pkey = d2i_PUBKEY(NULL, &p, (long)key->n);
	if (!pkey) {
		p = key->key;
		pkey = d2i_PublicKey(EVP_PKEY_RSA, NULL, &p, (long)key->n);
	}
	if (pkey && EVP_PKEY_get_base_id(pkey) == EVP_PKEY_RSA)
		return pkey;
	EVP_PKEY_free(pkey);
	return NULL;
}

/* A large exponent costs like a private key. */
static bool is_cheap(EVP_PKEY *pkey)
{
	BIGNUM *e = NULL;
	bool cheap = EVP_PKEY_get_bits(pkey) <= LIMIT_AUTH_RSA_BITS &&
		     EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_RSA_E, &e) &&
		     BN_num_bits(e) <= LIMIT_AUTH_RSA_EXPONENT;
	BN_free(e);
	return cheap;
}

static EVP_PKEY_CTX *prepare(EVP_PKEY *pkey)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(pkey, NULL);
	if (ctx && EVP_PKEY_verify_init(ctx) == 1 &&
	    EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) == 1 &&
	    EVP_PKEY_CTX_set_signature_md(ctx, EVP_sha256()) == 1)
		return ctx;
	EVP_PKEY_CTX_free(ctx);
	return NULL;
}

static struct known know(const struct mail_key *key)
{
	struct known k = {.unusable = CRYPTO_BAD};
	if (key->ed25519) {
		k.ed25519 = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, key->key, key->n);
		return k;
	}
	EVP_PKEY *pkey = key->n <= LIMIT_AUTH_KEY_BYTES ? read_rsa(key) : NULL;
	if (key->n > LIMIT_AUTH_KEY_BYTES || (pkey && !is_cheap(pkey)))
		k.unusable = CRYPTO_TOO_LARGE;
	else if (pkey && EVP_PKEY_get_bits(pkey) >= AUTH_RSA_BITS_LEAST)
		k.rsa = prepare(pkey);
	EVP_PKEY_free(pkey);
	ERR_clear_error();
	return k;
}

static const struct known *find(struct crypto *c, const struct mail_key *key)
{
	bool fresh;
	uint8_t hash[32];
	struct digest d;
	crypto_hash_begin(c); /* whoever could make two keys collide could sign for others */
	crypto_hash_put(c, key->ed25519 ? "e" : "r", 1);
	crypto_hash_put(c, key->key, key->n);
	crypto_hash_end(c, hash);
	memcpy(d.b, hash, sizeof d.b);
	if (c->n == LIMIT_AUTH_KEYS)
		forget(c);
	uint64_t *place = map_put(&c->by_octets, &d, &fresh);
	if (fresh) {
		c->known[c->n] = know(key);
		*place = c->n++;
	}
	return &c->known[*place];
}

/* RFC 8463 section 3: what Ed25519 signs is the hash. */
static bool verify_ed25519(EVP_PKEY *pkey, const uint8_t hash[32], const uint8_t *value, size_t n)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool good = ctx && EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, pkey) == 1 &&
		    EVP_DigestVerify(ctx, value, n, hash, 32) == 1;
	EVP_MD_CTX_free(ctx);
	return good;
}

enum crypto_verdict crypto_verify(struct crypto *c, const struct mail_key *key,
				  const uint8_t hash[32], const uint8_t *value, size_t n)
{
	const struct known *k = find(c, key);
	bool good;
	if (k->rsa)
		good = EVP_PKEY_verify(k->rsa, value, n, hash, 32) == 1;
	else if (k->ed25519)
		good = verify_ed25519(k->ed25519, hash, value, n);
	else
		return k->unusable;
	if (!good)
		ERR_clear_error(); /* nobody else is to find it */
	return good ? CRYPTO_GOOD : CRYPTO_BAD;
}
