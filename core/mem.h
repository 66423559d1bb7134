/*
 * mem.h - allocation that does not fail.
 *
 * Out of memory ends the process with exit code 75 and one line: every size that depends on input
 * has a ceiling (core/limits.h), so running out is the machine's trouble, not the input's, and the
 * next run may succeed. Nothing that could not be judged for want of memory is ever set aside.
 *
 * Libraries that let themselves be given an allocator get these (libxml2, by ingest/xml/xml.c);
 * whoever opens another library tells its "no memory" from its other errors and calls mem_die().
 */
#ifndef CORE_MEM_H
#define CORE_MEM_H

#include <stddef.h>

void *mem_alloc(size_t size);                   /* zeroed */
void *mem_grow(void *p, size_t n, size_t size); /* realloc to n elements of size; checks overflow */
char *mem_strdup(const char *s);
char *mem_strndup(const char *s, size_t n); /* at most n bytes of it */

/* The same as libraries want them. */
void *mem_malloc(size_t size);
void *mem_realloc(void *p, size_t size);

/* One line on stderr, and exit code 75, at once: nothing is freed, written or moved any more. */
__attribute__((noreturn)) void mem_die(void);

/*
 * Some libraries (GLib) end the process themselves when memory runs out, by a signal. From now on
 * that is mem_die(), too; an abort for another reason stays one. What they print through stdio on
 * their way out is held back until it is known which, so stderr has a buffer from here on: who
 * writes a prompt there flushes it. At the start of the program.
 */
void mem_watch_aborts(void);

/* The same for what GLib does when there is no memory for its last words, either: it calls itself
 * until the stack ends. In every thread that uses it; cheap. */
void mem_watch_stack(void);

/* A list of n elements that holds cap, with room for one more: list = MEM_ROOM(list, n, cap). */
#define MEM_ROOM(list, n, cap)                                                                     \
	((n) < (cap) ? (list) : mem_grow(list, (cap) = (cap) ? 2 * (cap) : 64, sizeof *(list)))

/*
 * What is freed stays with the process, up to 64 MiB a thread: the next report needs as much again,
 * and giving it back each time costs page faults. Once, before there are threads.
 */
void mem_keep_freed(void);

#endif
