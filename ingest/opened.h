/*
 * opened.h - a file, opened once, as a blob.
 */
#ifndef INGEST_OPENED_H
#define INGEST_OPENED_H

#include <stdatomic.h>
#include <sys/stat.h>

#include "core/blob.h"

struct opened {
	struct blob blob;
	struct stat seen;
};

/*
 * NULL, or why it cannot be opened. A small file is read whole, into *small, which is made when it
 * is needed first and belongs to the caller: inside, bytes are wanted here and there, and each time
 * would be a call of the system. The blob lives until opened_close() and the next use of *small.
 * *cold is set when one had to be fetched from the disk; cold may be NULL.
 */
const char *opened_file(struct opened *o, const char *path, uint8_t **small, atomic_bool *cold);
void opened_close(struct opened *o); /* fd -1 is fine */

/* Have the start of a file fetched, without waiting: it will be wanted soon. */
void opened_ahead(const char *path);

#endif
