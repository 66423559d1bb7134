#include "ingest/digest.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"

/* libcrypto uses the processor's own instructions for it. */
struct sha256 {
	EVP_MD_CTX *context;
};

/* It fails for want of memory only, which ends every program of ours. */
static void check(int ok)
{
	if (!ok)
		abort();
}

struct sha256 *sha256_new(void)
{
	struct sha256 *s = mem_alloc(sizeof *s);
	s->context = EVP_MD_CTX_new();
	check(s->context != NULL);
	check(EVP_DigestInit_ex(s->context, EVP_sha256(), NULL));
	return s;
}

void sha256_free(struct sha256 *s)
{
	if (!s)
		return;
	EVP_MD_CTX_free(s->context);
	free(s);
}

void sha256_reset(struct sha256 *s)
{
	check(EVP_DigestInit_ex(s->context, NULL, NULL));
}

void sha256_of(const void *p, size_t n, uint8_t out[32])
{
	check(EVP_Digest(p, n, out, NULL, EVP_sha256(), NULL));
}

void sha256_int(struct sha256 *s, int64_t v)
{
	uint8_t bytes[8];
	for (int i = 0; i < 8; i++)
		bytes[i] = (uint8_t)((uint64_t)v >> (56 - 8 * i));
	check(EVP_DigestUpdate(s->context, bytes, sizeof bytes));
}

void sha256_bytes(struct sha256 *s, const void *p, size_t n)
{
	sha256_int(s, (int64_t)n);
	check(EVP_DigestUpdate(s->context, p, n));
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
	check(EVP_DigestFinal_ex(s->context, whole, NULL));
	sha256_reset(s);
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
