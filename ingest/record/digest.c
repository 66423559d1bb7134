#include "ingest/record/digest.h"

#include <endian.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"

/* Values are mostly a few bytes long: gathered, libcrypto sees them in pieces worth a call. */
struct sha256 {
	EVP_MD_CTX *ctx;
	size_t n;
	uint8_t gathered[1024];
};

/* SHA-256 is always there; what fails is memory. */
static void must(int ok)
{
	if (!ok)
		mem_die();
}

struct sha256 *sha256_new(void)
{
	struct sha256 *s = mem_alloc(sizeof *s);
	/* where memory ran out while it was set up, libcrypto goes on and falls over a lock that
	 * is not there */
	must(OSSL_LIB_CTX_get0_global_default() != NULL);
	s->ctx = EVP_MD_CTX_new();
	must(s->ctx && EVP_DigestInit_ex(s->ctx, EVP_sha256(), NULL));
	return s;
}

void sha256_free(struct sha256 *s)
{
	if (!s)
		return;
	EVP_MD_CTX_free(s->ctx);
	free(s);
}

static void pass_on(struct sha256 *s, const void *p, size_t n)
{
	if (n > 0)
		must(EVP_DigestUpdate(s->ctx, p, n));
}

static void put(struct sha256 *s, const void *p, size_t n)
{
	if (n > sizeof s->gathered - s->n) {
		pass_on(s, s->gathered, s->n);
		s->n = 0;
	}
	if (n > sizeof s->gathered) {
		pass_on(s, p, n);
		return;
	}
	memcpy(s->gathered + s->n, p, n);
	s->n += n;
}

void sha256_of(const void *p, size_t n, uint8_t out[32])
{
	must(EVP_Digest(p, n, out, NULL, EVP_sha256(), NULL));
}

void sha256_int(struct sha256 *s, int64_t v)
{
	uint64_t big_endian = htobe64((uint64_t)v);
	put(s, &big_endian, sizeof big_endian);
}

void sha256_bytes(struct sha256 *s, const void *p, size_t n)
{
	sha256_int(s, (int64_t)n);
	if (n > 0)
		put(s, p, n);
}

void sha256_text(struct sha256 *s, const char *text)
{
	if (text)
		sha256_bytes(s, text, strlen(text));
	else
		sha256_int(s, -1);
}

struct digest sha256_cut(struct sha256 *s)
{
	uint8_t whole[32];
	struct digest d;
	pass_on(s, s->gathered, s->n);
	s->n = 0;
	must(EVP_DigestFinal_ex(s->ctx, whole, NULL));
	must(EVP_DigestInit_ex(s->ctx, NULL, NULL));
	memcpy(d.b, whole, sizeof d.b);
	return d;
}

void record_sum_add(struct record_sum *sum, const struct dmarc_record *r,
		    const struct digest *values)
{
	struct {
		struct digest values;
		uint64_t messages, flags, family;
		uint8_t address[16];
	} key = {.values = *values,
		 .messages = r->messages,
		 .flags = r->flags,
		 .family = r->source.family};
	uint64_t lane[2];
	memcpy(key.address, r->source.b, sizeof key.address);
	struct digest d = hash_fixed128(&key, sizeof key);
	if (r->source_raw) { /* what is odd is compared, too */
		struct digest both[2] = {d, hash_fixed128(r->source_raw, strlen(r->source_raw))};
		d = hash_fixed128(both, sizeof both);
	}
	memcpy(lane, d.b, sizeof lane);
	sum->lane[0] += lane[0];
	sum->lane[1] += lane[1];
}
