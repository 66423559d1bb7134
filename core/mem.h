/*
 * mem.h - allocation that does not fail.
 *
 * Out of memory ends the process with exit code 70 and one line: every size that depends on input
 * has a ceiling (core/limits.h), so running out is the machine's trouble, not the input's.
 */
#ifndef CORE_MEM_H
#define CORE_MEM_H

#include <stddef.h>

void *mem_alloc(size_t size);                   /* zeroed */
void *mem_grow(void *p, size_t n, size_t size); /* realloc to n elements of size; checks overflow */
char *mem_strdup(const char *s);

/* A list of n elements that holds cap, with room for one more: list = MEM_ROOM(list, n, cap). */
#define MEM_ROOM(list, n, cap)                                                                     \
	((n) < (cap) ? (list) : mem_grow(list, (cap) = (cap) ? 2 * (cap) : 64, sizeof *(list)))

/*
 * What is freed stays with the process, up to 64 MiB a thread: the next report needs as much again,
 * and giving it back each time costs page faults. Once, before there are threads.
 */
void mem_keep_freed(void);

#endif
