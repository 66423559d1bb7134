#include "ingest/opened.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "core/limits.h"
#include "core/mem.h"

#define SMALL_FILE (256 * KIB)

/* One that cannot be read, or shrinks meanwhile, is left to who reads it in earnest. */
static void read_small(struct blob *b, uint8_t **small)
{
	if (b->size == 0 || b->size > SMALL_FILE)
		return;
	if (!*small)
		*small = mem_alloc(SMALL_FILE);
	if (pread(b->fd, *small, b->size, 0) == (ssize_t)b->size)
		b->mem = *small;
}

/* O_NONBLOCK so that a FIFO that took the name's place cannot hold us. */
const char *opened_file(struct opened *o, const char *path, uint8_t **small)
{
	*o = (struct opened){.blob.fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)};
	if (o->blob.fd < 0 || fstat(o->blob.fd, &o->seen) != 0)
		return strerror(errno);
	if (!S_ISREG(o->seen.st_mode))
		return "not a regular file";
	o->blob.size = (uint64_t)o->seen.st_size;
	read_small(&o->blob, small);
	return NULL;
}

void opened_close(struct opened *o)
{
	if (o->blob.fd >= 0)
		close(o->blob.fd);
}
