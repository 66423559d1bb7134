#include "ingest/opened.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "core/limits.h"
#include "core/mem.h"

#define SMALL_FILE (256 * KIB)

/* Is it in memory, and read by that? A system that cannot say has it not. */
static bool read_at_once(const struct blob *b, uint8_t *to)
{
	struct iovec v = {to, b->size};
	return preadv2(b->fd, &v, 1, 0, RWF_NOWAIT) == (ssize_t)b->size;
}

/* One that cannot be read, or shrinks meanwhile, is left to who reads it in earnest. */
static void read_small(struct blob *b, uint8_t **small, atomic_bool *cold)
{
	if (b->size == 0 || b->size > SMALL_FILE)
		return;
	if (!*small)
		*small = mem_alloc(SMALL_FILE);
	if (cold && !atomic_load(cold)) {
		if (read_at_once(b, *small)) {
			b->mem = *small;
			return;
		}
		atomic_store(cold, true);
	}
	if (pread(b->fd, *small, b->size, 0) == (ssize_t)b->size)
		b->mem = *small;
}

/* O_NONBLOCK so that a FIFO that took the name's place cannot hold us. */
static int open_file(const char *path)
{
	return open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
}

void opened_ahead(const char *path)
{
	int fd = open_file(path);
	if (fd < 0)
		return;
	(void)posix_fadvise(fd, 0, SMALL_FILE, POSIX_FADV_WILLNEED);
	close(fd);
}

const char *opened_file(struct opened *o, const char *path, uint8_t **small, atomic_bool *cold)
{
	*o = (struct opened){.blob.fd = open_file(path)};
	if (o->blob.fd < 0 || fstat(o->blob.fd, &o->seen) != 0)
		return strerror(errno);
	if (!S_ISREG(o->seen.st_mode))
		return "not a regular file";
	o->blob.size = (uint64_t)o->seen.st_size;
	read_small(&o->blob, small, cold);
	return NULL;
}

void opened_close(struct opened *o)
{
	if (o->blob.fd >= 0)
		close(o->blob.fd);
}
