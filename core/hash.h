/*
 * hash.h - fast hashing for tables, and a table keyed by 16 bytes.
 *
 * The only door to xxhash. Not for anything an attacker gains from colliding: what is stored or
 * compared between runs uses SHA-256 (ingest/record/digest.h). Table hashes are seeded once a
 * process.
 */
#ifndef CORE_HASH_H
#define CORE_HASH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* 16 bytes that stand for a longer content. */
struct digest {
	uint8_t b[16];
};

uint64_t hash_bytes(const void *p, size_t n);         /* seeded: differs between runs */
struct digest hash_fixed128(const void *p, size_t n); /* unseeded: the same for ever (XXH3 128) */

/*
 * An open-addressing table: struct digest -> uint64_t. It grows without a ceiling of its own:
 * whoever fills it from input bounds it (map.n) and clears it.
 *
 *	struct map m = {0};
 *	uint64_t *v = map_put(&m, &key, &fresh);
 *	if (fresh)
 *		*v = 7;
 *	map_free(&m);
 */
struct map {
	struct map_slot *slots;
	size_t n, cap;
};

uint64_t *map_get(const struct map *m, const struct digest *key);        /* NULL when absent */
uint64_t *map_put(struct map *m, const struct digest *key, bool *fresh); /* value 0 when fresh */
void map_clear(struct map *m);
void map_free(struct map *m);

#endif
