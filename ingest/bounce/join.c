#include "ingest/bounce/join.h"

#include <stdlib.h>

#include "core/hash.h"
#include "core/limits.h"
#include "core/mem.h"

#define NONE UINT32_MAX

void join_clear(struct open_id *e)
{
	free(e->from);
	free(e->message_id);
	free(e->client_host);
	free(e->recipient);
	e->from = e->message_id = e->client_host = e->recipient = NULL;
	e->logged_in = e->submission = false;
	e->client_ip = (struct ip){0};
}

void join_free(struct join *j)
{
	for (uint32_t i = j->n > 0 ? j->oldest : NONE; i != NONE; i = j->list[i].newer)
		join_clear(&j->list[i]);
	free(j->list);
	free(j->heads);
	*j = (struct join){0};
}

void join_set(char **field, struct span value)
{
	free(*field);
	*field = mem_strndup(value.p, value.n);
}

static bool key_of(char kind, struct span id, char key[JOIN_ID + 1], size_t *n)
{
	if (id.n == 0 || id.n >= JOIN_ID)
		return false;
	key[0] = kind;
	memcpy(key + 1, id.p, id.n);
	*n = id.n + 1;
	key[*n] = '\0';
	return true;
}

static uint32_t *head_of(const struct join *j, const char *key, size_t n)
{
	return &j->heads[hash_bytes(key, n) & (j->n_heads - 1)];
}

static uint32_t find(const struct join *j, const char *key, size_t n)
{
	if (j->n_heads == 0)
		return NONE;
	for (uint32_t i = *head_of(j, key, n); i > 0; i = j->list[i - 1].next)
		if (j->list[i - 1].n == n && memcmp(j->list[i - 1].id, key, n) == 0)
			return i - 1;
	return NONE;
}

struct open_id *join_get(struct join *j, char kind, struct span id)
{
	char key[JOIN_ID + 1];
	size_t n;
	uint32_t i = key_of(kind, id, key, &n) ? find(j, key, n) : NONE;
	return i == NONE ? NULL : &j->list[i];
}

static void unlink_id(struct join *j, uint32_t i)
{
	struct open_id *e = &j->list[i];
	uint32_t *at = head_of(j, e->id, e->n);
	while (*at != i + 1)
		at = &j->list[*at - 1].next;
	*at = e->next;
	if (e->older != NONE)
		j->list[e->older].newer = e->newer;
	else
		j->oldest = e->newer;
	if (e->newer != NONE)
		j->list[e->newer].older = e->older;
	else
		j->newest = e->older;
	join_clear(e);
	e->next = j->free;
	j->free = i + 1;
	j->n--;
}

void join_drop(struct join *j, char kind, struct span id)
{
	char key[JOIN_ID + 1];
	size_t n;
	uint32_t i = key_of(kind, id, key, &n) ? find(j, key, n) : NONE;
	if (i != NONE)
		unlink_id(j, i);
}

/* Twice the room; chains are made anew. */
static void grow(struct join *j)
{
	uint32_t old = j->cap;
	j->cap = old ? 2 * old : 1024;
	j->list = mem_grow(j->list, j->cap, sizeof *j->list);
	memset(j->list + old, 0, (j->cap - old) * sizeof *j->list);
	free(j->heads);
	j->n_heads = 2 * j->cap;
	j->heads = mem_alloc(j->n_heads * sizeof *j->heads);
	for (uint32_t i = j->n > 0 ? j->oldest : NONE; i != NONE; i = j->list[i].newer) {
		uint32_t *head = head_of(j, j->list[i].id, j->list[i].n);
		j->list[i].next = *head;
		*head = i + 1;
	}
	for (uint32_t i = j->cap; i > old; i--) {
		j->list[i - 1].next = j->free;
		j->free = i;
	}
}

struct open_id *join_put(struct join *j, char kind, struct span id)
{
	char key[JOIN_ID + 1];
	size_t n;
	if (!key_of(kind, id, key, &n))
		return NULL;
	uint32_t i = find(j, key, n);
	if (i != NONE)
		return &j->list[i];
	if (j->n == LIMIT_LOG_OPEN) {
		unlink_id(j, j->oldest);
		j->forgotten++;
	}
	if (j->free == 0)
		grow(j);
	i = j->free - 1;
	struct open_id *e = &j->list[i];
	j->free = e->next;
	memcpy(e->id, key, n + 1);
	e->n = (uint8_t)n;
	uint32_t *head = head_of(j, key, n);
	e->next = *head;
	*head = i + 1;
	e->older = j->n > 0 ? j->newest : NONE;
	e->newer = NONE;
	if (j->n > 0)
		j->list[j->newest].newer = i;
	else
		j->oldest = i;
	j->newest = i;
	j->n++;
	return e;
}
