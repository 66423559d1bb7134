#include "core/hash.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <xxhash.h>

#include "core/mem.h"

struct map_slot {
	struct digest key;
	uint64_t value;
	bool used;
};

static uint64_t seed;
static pthread_once_t seed_once = PTHREAD_ONCE_INIT;

static void draw_seed(void)
{
	if (getrandom(&seed, sizeof seed, 0) != (ssize_t)sizeof seed)
		seed = UINT64_C(0x9e3779b97f4a7c15);
}

uint64_t hash_bytes(const void *p, size_t n)
{
	pthread_once(&seed_once, draw_seed);
	return XXH3_64bits_withSeed(p, n, seed);
}

struct digest hash_fixed128(const void *p, size_t n)
{
	XXH128_canonical_t canonical;
	XXH128_canonicalFromHash(&canonical, XXH3_128bits(p, n));
	struct digest d;
	memcpy(d.b, canonical.digest, sizeof d.b);
	return d;
}

/* Written out, because a call of memcmp() for each look costs more than the look. */
static bool same(const struct digest *a, const struct digest *b)
{
	uint64_t x[2], y[2];
	memcpy(x, a->b, sizeof x);
	memcpy(y, b->b, sizeof y);
	return ((x[0] ^ y[0]) | (x[1] ^ y[1])) == 0;
}

/* The slot of key, or the empty slot where it belongs. cap is a power of two. */
static struct map_slot *find(struct map_slot *slots, size_t cap, const struct digest *key)
{
	size_t i = (size_t)hash_bytes(key->b, sizeof key->b) & (cap - 1);
	while (slots[i].used && !same(&slots[i].key, key))
		i = (i + 1) & (cap - 1);
	return &slots[i];
}

static void grow(struct map *m)
{
	size_t cap = m->cap ? m->cap * 2 : 64;
	struct map_slot *slots = mem_alloc(cap * sizeof *slots);
	for (size_t i = 0; i < m->cap; i++)
		if (m->slots[i].used)
			*find(slots, cap, &m->slots[i].key) = m->slots[i];
	free(m->slots);
	m->slots = slots;
	m->cap = cap;
}

uint64_t *map_get(const struct map *m, const struct digest *key)
{
	if (m->n == 0)
		return NULL;
	struct map_slot *s = find(m->slots, m->cap, key);
	return s->used ? &s->value : NULL;
}

uint64_t *map_put(struct map *m, const struct digest *key, bool *fresh)
{
	if (m->n + 1 > m->cap - m->cap / 4)
		grow(m);
	struct map_slot *s = find(m->slots, m->cap, key);
	if (fresh)
		*fresh = !s->used;
	if (!s->used) {
		*s = (struct map_slot){.key = *key, .used = true};
		m->n++;
	}
	return &s->value;
}

void map_clear(struct map *m)
{
	if (m->slots)
		memset(m->slots, 0, m->cap * sizeof *m->slots);
	m->n = 0;
}

void map_free(struct map *m)
{
	free(m->slots);
	*m = (struct map){0};
}
