/*
 * opened.h - a file, opened once, as a blob; and files asked for before they are opened, where
 * they come from the disk.
 */
#ifndef INGEST_FILES_OPENED_H
#define INGEST_FILES_OPENED_H

#include <stdatomic.h>
#include <stdbool.h>
#include <sys/stat.h>

#include "core/blob.h"
#include "core/err.h"

struct opened {
	struct blob blob;
	struct stat seen;
};

/*
 * Do files come from the disk? All threads tell what they meet. Asking for one costs as much as
 * opening it, so it has to be worth it: from one file in nine on that is not in memory.
 */
struct coldness {
	atomic_int score;
};

bool coldness_felt(const struct coldness *c);

/*
 * ST_ITEM, ST_LATER: why it cannot be opened, now or ever. A small file is read whole, into *small,
 * which is made when it is needed first and belongs to the caller: inside, bytes are wanted here
 * and there, and each time would be a call of the system. The blob lives until opened_close() and
 * the next use of *small. cold may be NULL.
 */
enum status opened_file(struct opened *o, const char *path, uint8_t **small, struct coldness *cold,
			struct err *err) MUST_CHECK;
void opened_close(struct opened *o); /* fd -1 is fine */

/* Have the start of a file fetched, without waiting: it will be wanted soon. */
void opened_ahead(const char *path, struct coldness *cold);

#endif
