/*
 * store.h - the file that holds a refresh token: private, locked, replaced as a whole.
 *
 * One line, the token. It must be readable by its owner alone. Whoever exchanges the token holds
 * FILE.lock from before reading until after writing, so that of two processes the second reads
 * what the first was given. A new token is written beside it, brought to disk, and renamed over it:
 * after a crash there is the old one or the new one. The lock file stays: it holds nothing.
 *
 *	struct oauth_store s;
 *	if (oauth_store_open(&s, path, stop, &err) == ST_OK) {   locked now
 *		oauth_store_read(&s, &token, &err);
 *		...
 *		oauth_store_write(&s, new_token, &err);
 *		oauth_store_close(&s);
 *	}
 */
#ifndef INGEST_OAUTH_STORE_H
#define INGEST_OAUTH_STORE_H

#include <stdatomic.h>

#include "core/buf.h"
#include "core/err.h"

struct oauth_store {
	char *path, *temp_path; /* path: where symbolic links lead */
	int lock, temp;
};

/*
 * Take the lock (waits for up to two minutes) and make the temporary file with room in it, so that
 * what will not work shows before the server is asked. ST_FATAL: the directory cannot be written.
 * ST_RETRY: another process holds the lock for too long, or stop.
 */
enum status oauth_store_open(struct oauth_store *s, const char *path, const atomic_bool *stop,
			     struct err *err) MUST_CHECK;
void oauth_store_close(struct oauth_store *s); /* fine after a failed open */

/* Append the token to out. ST_FATAL: no file, others may read it, or there is no token in it. */
enum status oauth_store_read(const struct oauth_store *s, struct buf *out,
			     struct err *err) MUST_CHECK;
/* Once per open. */
enum status oauth_store_write(struct oauth_store *s, const char *token, struct err *err) MUST_CHECK;

/*
 * Append the one line of a file that holds a secret. forbidden: permission bits that it must not
 * have (077, 007). ST_FATAL: missing, too open, empty, several lines.
 */
enum status oauth_secret_file(const char *path, unsigned forbidden, struct buf *out,
			      struct err *err) MUST_CHECK;

#endif
