#include "core/blob.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

ssize_t blob_read(const struct blob *b, uint64_t at, void *dst, size_t n)
{
	if (at >= b->size)
		return 0;
	if (n > b->size - at)
		n = (size_t)(b->size - at);
	if (b->mem) {
		memcpy(dst, b->mem + at, n);
		return (ssize_t)n;
	}
	ssize_t got;
	do
		got = pread(b->fd, dst, n, (off_t)(b->offset + at));
	while (got < 0 && errno == EINTR);
	return got;
}
