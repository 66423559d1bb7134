#include "db/load/known.h"

#include <pthread.h>
#include <stdlib.h>

#include "core/hash.h"
#include "core/mem.h"

#define KNOWN_MAX 190000 /* 8 MiB: past it all are forgotten, and brought once more */

struct load_known {
	pthread_mutex_t lock;
	struct map profiles;
};

struct load_known *load_known_new(void)
{
	struct load_known *k = mem_alloc(sizeof *k);
	pthread_mutex_init(&k->lock, NULL);
	return k;
}

void load_known_free(struct load_known *k)
{
	if (!k)
		return;
	pthread_mutex_destroy(&k->lock);
	map_free(&k->profiles);
	free(k);
}

void load_known_take(struct load_known *k)
{
	if (k)
		pthread_mutex_lock(&k->lock);
}

void load_known_give(struct load_known *k)
{
	if (k)
		pthread_mutex_unlock(&k->lock);
}

static struct digest key_of(int64_t domain_id, uint32_t table, int64_t profile_id)
{
	const int64_t all[3] = {domain_id, table, profile_id};
	return hash_fixed128(all, sizeof all);
}

bool load_known_has(const struct load_known *k, int64_t domain_id, uint32_t table,
		    int64_t profile_id)
{
	struct digest key = key_of(domain_id, table, profile_id);
	return k && map_get(&k->profiles, &key);
}

void load_known_add(struct load_known *k, int64_t domain_id, uint32_t table, int64_t profile_id)
{
	struct digest key = key_of(domain_id, table, profile_id);
	if (!k)
		return;
	if (k->profiles.n >= KNOWN_MAX)
		map_free(&k->profiles);
	map_put(&k->profiles, &key, NULL);
}
