/*
 * blob.h - bytes that can be read again: memory, or a range of an open file.
 *
 * What ingest reads from and what the loader copies into quarantine. A blob is borrowed: it lives
 * as long as whoever made it says.
 */
#ifndef CORE_BLOB_H
#define CORE_BLOB_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct blob {
	uint64_t size;
	const uint8_t *mem; /* the bytes, or NULL: read from fd */
	int fd;
	uint64_t offset; /* of the first byte in fd */
};

/*
 * Read up to n bytes at position at. Returns bytes read, 0 at the end, -1 with errno set.
 * A file that became shorter meanwhile ends early.
 */
ssize_t blob_read(const struct blob *b, uint64_t at, void *dst, size_t n);

#endif
