#include "ingest/files/opened.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "core/limits.h"
#include "core/mem.h"

#define SMALL_FILE (256 * KIB)
#define MISS       8  /* what a file that is not in memory weighs; one that is weighs 1 */
#define FELT       32 /* four in a row */
#define SCORE_MAX  64

bool coldness_felt(const struct coldness *c)
{
	return atomic_load(&c->score) >= FELT;
}

/* Two threads at once may lose one of two steps: it is a guess anyway. */
static void tell(struct coldness *c, bool in_memory)
{
	int before = atomic_load(&c->score), after = in_memory ? before - 1 : before + MISS;
	if (after >= 0 && after <= SCORE_MAX && after != before)
		atomic_store(&c->score, after);
}

/* Are the first n bytes in memory, and read by that? A system that cannot say has them not. */
static bool read_at_once(int fd, uint8_t *to, size_t n)
{
	struct iovec v = {to, n};
	return preadv2(fd, &v, 1, 0, RWF_NOWAIT) == (ssize_t)n;
}

/* One that cannot be read, or shrinks meanwhile, is left to who reads it in earnest. */
static void read_small(struct blob *b, uint8_t **small, struct coldness *cold)
{
	if (b->size == 0 || b->size > SMALL_FILE)
		return;
	if (!*small)
		*small = mem_alloc(SMALL_FILE);
	if (cold && !coldness_felt(cold)) { /* else it was asked for, which told */
		if (read_at_once(b->fd, *small, b->size))
			b->mem = *small;
		tell(cold, b->mem != NULL);
	}
	if (!b->mem && pread(b->fd, *small, b->size, 0) == (ssize_t)b->size)
		b->mem = *small;
}

/* O_NONBLOCK so that a FIFO that took the name's place cannot hold us. */
static int open_file(const char *path)
{
	return open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
}

void opened_ahead(const char *path, struct coldness *cold)
{
	uint8_t first;
	int fd = open_file(path);
	if (fd < 0)
		return;
	bool in_memory = read_at_once(fd, &first, 1);
	tell(cold, in_memory);
	if (!in_memory)
		(void)posix_fadvise(fd, 0, SMALL_FILE, POSIX_FADV_WILLNEED);
	close(fd);
}

enum status opened_file(struct opened *o, const char *path, uint8_t **small, struct coldness *cold,
			struct err *err)
{
	*o = (struct opened){.blob.fd = open_file(path)};
	if (o->blob.fd < 0 || fstat(o->blob.fd, &o->seen) != 0)
		return err_set(err, err_status(errno), "%s", strerror(errno));
	if (!S_ISREG(o->seen.st_mode))
		return err_set(err, ST_ITEM, "not a regular file");
	o->blob.size = (uint64_t)o->seen.st_size;
	read_small(&o->blob, small, cold);
	return ST_OK;
}

void opened_close(struct opened *o)
{
	if (o->blob.fd >= 0)
		close(o->blob.fd);
}
