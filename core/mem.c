#include "core/mem.h"

#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define PROBE     (1 << 20)
#define STACK_END (64 * 1024)

#ifdef __has_feature
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED
#endif

void mem_die(void)
{
	static const char line[] = "ruascope: error: out of memory; what was settled is stored, "
				   "run it again\n";
	ssize_t ignored = write(STDERR_FILENO, line, sizeof line - 1);
	(void)ignored;
	_exit(75);
}

/* Whoever aborts for want of memory has just been told so, or cannot have any now. */
static void on_abort(int sig)
{
	bool out_of_memory = errno == ENOMEM;
	void *probe = mmap(NULL, PROBE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (out_of_memory || probe == MAP_FAILED)
		mem_die();
	fflush_unlocked(stderr);
	signal(sig, SIG_DFL);
	raise(sig);
}

#ifdef SANITIZED /* it has handlers and stacks of its own */

static void watch_segv(void)
{
}

void mem_watch_stack(void)
{
}

#else

/* The lowest address of a thread's stack; handlers have one of their own. */
static _Thread_local char *stack_low;
static _Thread_local char handlers_stack[16 * 1024];

static void on_segv(int sig, siginfo_t *info, void *context)
{
	(void)context;
	const char *at = info->si_addr;
	if (stack_low && errno == ENOMEM && at > stack_low - STACK_END &&
	    at < stack_low + STACK_END)
		mem_die();
	signal(sig, SIG_DFL); /* and on: it happens again */
}

static void watch_segv(void)
{
	struct sigaction segv = {.sa_sigaction = on_segv,
				 .sa_flags = (int)(SA_SIGINFO | SA_ONSTACK)};
	sigaction(SIGSEGV, &segv, NULL);
}

void mem_watch_stack(void)
{
	pthread_attr_t attr;
	void *low;
	size_t size;
	sigset_t last_words; /* a thread may have blocked all signals: then these kill at once */
	stack_t own = {.ss_sp = handlers_stack, .ss_size = sizeof handlers_stack};
	sigemptyset(&last_words);
	sigaddset(&last_words, SIGSEGV);
	sigaddset(&last_words, SIGTRAP);
	if (stack_low || pthread_getattr_np(pthread_self(), &attr) != 0)
		return;
	if (pthread_attr_getstack(&attr, &low, &size) == 0 && sigaltstack(&own, NULL) == 0)
		stack_low = low;
	pthread_sigmask(SIG_UNBLOCK, &last_words, NULL);
	pthread_attr_destroy(&attr);
}

#endif

void mem_watch_aborts(void)
{
	static char last_words[BUFSIZ];
	setvbuf(stderr, last_words, _IOFBF, sizeof last_words);
	struct sigaction sa = {.sa_handler = on_abort, .sa_flags = SA_NODEFER};
	sigaction(SIGABRT, &sa, NULL);
	sigaction(SIGTRAP, &sa, NULL);
	watch_segv();
}

void *mem_alloc(size_t size)
{
	void *p = calloc(1, size ? size : 1);
	if (!p)
		mem_die();
	return p;
}

void *mem_grow(void *p, size_t n, size_t size)
{
	if (size && n > SIZE_MAX / size)
		mem_die();
	size_t total = n * size;
	p = realloc(p, total ? total : 1);
	if (!p)
		mem_die();
	return p;
}

void mem_keep_freed(void)
{
	mallopt(M_TRIM_THRESHOLD, 64 << 20);
	mallopt(M_MMAP_THRESHOLD, 4 << 20);
}

void *mem_malloc(size_t size)
{
	return mem_grow(NULL, size, 1);
}

void *mem_realloc(void *p, size_t size)
{
	return mem_grow(p, size, 1);
}

char *mem_strndup(const char *s, size_t n)
{
	n = strnlen(s, n);
	return memcpy(mem_alloc(n + 1), s, n);
}

char *mem_strdup(const char *s)
{
	size_t n = strlen(s) + 1;
	return memcpy(mem_alloc(n), s, n);
}
