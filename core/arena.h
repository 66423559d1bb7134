/*
 * arena.h - memory with one lifetime: a message, a report, a run.
 *
 * Everything taken from an arena is zeroed and dies together at arena_reset() or arena_free(), or
 * back to a mark at arena_rewind(). Nothing in it is freed singly.
 *
 *	struct arena a = {0};
 *	char *s = arena_strndup(&a, p, n);
 *	arena_free(&a);
 */
#ifndef CORE_ARENA_H
#define CORE_ARENA_H

#include <stddef.h>

#include "core/err.h"

struct arena_block;

struct arena {
	struct arena_block *head; /* newest block; blocks are chained */
	size_t used;              /* bytes handed out since the last reset */
};

struct arena_mark {
	struct arena_block *block;
	size_t block_used, used;
};

void *arena_alloc(struct arena *a, size_t size); /* aligned for any type; size 0 is fine */
char *arena_strndup(struct arena *a, const char *s, size_t n);
char *arena_strdup(struct arena *a, const char *s); /* NULL stays NULL */
void *arena_memdup(struct arena *a, const void *p, size_t n);
char *arena_printf(struct arena *a, const char *fmt, ...) PRINTF_LIKE(2, 3);

struct arena_mark arena_mark(const struct arena *a);
void arena_rewind(struct arena *a, struct arena_mark mark);
void arena_reset(struct arena *a); /* empty; keeps one block for the next use */
void arena_free(struct arena *a);

#endif
