#include "core/arena.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"

#define BLOCK_SIZE 16384
#define ALIGNMENT  16

struct arena_block {
	struct arena_block *older;
	size_t size, used;
	_Alignas(ALIGNMENT) unsigned char data[];
};

/* Not zeroed. */
static void *take(struct arena *a, size_t size)
{
	size_t need = size > SIZE_MAX - ALIGNMENT
			  ? SIZE_MAX
			  : (size + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
	struct arena_block *b = a->head;
	if (!b || b->size - b->used < need) {
		size_t room = need > BLOCK_SIZE ? need : BLOCK_SIZE;
		b = mem_grow(NULL, room > SIZE_MAX - sizeof *b ? SIZE_MAX : room + sizeof *b, 1);
		b->older = a->head;
		b->size = room;
		b->used = 0;
		a->head = b;
	}
	void *p = b->data + b->used;
	b->used += need;
	a->used += need;
	return p;
}

void *arena_alloc(struct arena *a, size_t size)
{
	return memset(take(a, size), 0, size);
}

char *arena_strndup(struct arena *a, const char *s, size_t n)
{
	char *p = take(a, n + 1);
	if (n > 0)
		memcpy(p, s, n);
	p[n] = '\0';
	return p;
}

char *arena_strdup(struct arena *a, const char *s)
{
	return s ? arena_strndup(a, s, strlen(s)) : NULL;
}

void *arena_memdup(struct arena *a, const void *p, size_t n)
{
	void *copy = take(a, n);
	if (n > 0)
		memcpy(copy, p, n);
	return copy;
}

char *arena_printf(struct arena *a, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	int n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0)
		n = 0;
	char *s = arena_alloc(a, (size_t)n + 1);
	va_start(ap, fmt);
	vsnprintf(s, (size_t)n + 1, fmt, ap);
	va_end(ap);
	return s;
}

struct arena_mark arena_mark(const struct arena *a)
{
	return (struct arena_mark){a->head, a->head ? a->head->used : 0, a->used};
}

void arena_rewind(struct arena *a, struct arena_mark mark)
{
	while (a->head != mark.block) {
		struct arena_block *older = a->head->older;
		free(a->head);
		a->head = older;
	}
	if (a->head)
		a->head->used = mark.block_used;
	a->used = mark.used;
}

void arena_reset(struct arena *a)
{
	while (a->head && a->head->older) {
		struct arena_block *older = a->head->older;
		free(a->head);
		a->head = older;
	}
	if (a->head)
		a->head->used = 0;
	a->used = 0;
}

void arena_free(struct arena *a)
{
	arena_rewind(a, (struct arena_mark){0});
}
