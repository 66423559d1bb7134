/*
 * digest.h - SHA-256 over values, for what is stored and compared between runs.
 *
 * Values are length-prefixed, so that ("ab", "c") differs from ("a", "bc"), and NULL from "".
 */
#ifndef INGEST_RECORD_DIGEST_H
#define INGEST_RECORD_DIGEST_H

#include <stddef.h>
#include <stdint.h>

#include "core/dmarc.h"

struct sha256;

struct sha256 *sha256_new(void);
void sha256_free(struct sha256 *s);
void sha256_text(struct sha256 *s, const char *text); /* NULL is a value */
void sha256_int(struct sha256 *s, int64_t v);
void sha256_bytes(struct sha256 *s, const void *p, size_t n); /* length-prefixed */
struct digest sha256_cut(struct sha256 *s);                   /* the first 16 bytes; then reset */

/* SHA-256 of p[0..n) and nothing else, for protocols that ask for it. */
void sha256_of(const void *p, size_t n, uint8_t out[32]);

/*
 * Records in any order: the sum, in two lanes, of a hash of each. Fast rather than secure: whoever
 * could make two reports collide wrote both of them.
 */
struct record_sum {
	uint64_t lane[2];
};

/* values: of the record's texts (normalise.h). */
void record_sum_add(struct record_sum *sum, const struct dmarc_record *r,
		    const struct digest *values);

#endif
