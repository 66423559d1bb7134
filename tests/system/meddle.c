/* Preloaded into the program by tests: just before the n-th call of the function that MEDDLE names
 * ("renameat2:1"), the command MEDDLE_RUN is run. So somebody is quick enough in that very moment.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int renameat2(int from, const char *name, int to, const char *other, unsigned flags);
int unlinkat(int at, const char *name, int flags);

static void meddle(const char *name)
{
	static atomic_int calls;
	const char *when = getenv("MEDDLE"), *command = getenv("MEDDLE_RUN");
	size_t n = strlen(name);
	if (!when || !command || strncmp(when, name, n) != 0 || when[n] != ':')
		return;
	if (atomic_fetch_add(&calls, 1) + 1 != strtol(when + n + 1, NULL, 10))
		return;
	unsetenv("LD_PRELOAD"); /* the command is not meddled with */
	if (system(command) != 0)
		fprintf(stderr, "meddle: \"%s\" failed\n", command);
	errno = 0;
}

/* The real one behind ours; ISO C has no cast from dlsym() to a function. */
#define REAL(type, name)                                                                           \
	type real;                                                                                 \
	void *symbol = dlsym(RTLD_NEXT, name);                                                     \
	memcpy(&real, &symbol, sizeof real);                                                       \
	meddle(name)

typedef int rename_function(int, const char *, int, const char *, unsigned);
typedef int unlink_function(int, const char *, int);

int renameat2(int from, const char *name, int to, const char *other, unsigned flags)
{
	REAL(rename_function *, "renameat2");
	return real(from, name, to, other, flags);
}

int unlinkat(int at, const char *name, int flags)
{
	REAL(unlink_function *, "unlinkat");
	return real(at, name, flags);
}
