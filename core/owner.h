/*
 * owner.h - directories that somebody else may change while we walk to them, and whose they are.
 *
 * A path is a row of names, and whoever may write to one of its directories decides what the rest
 * of it means: today a directory, in a moment a link to another. So a directory in which something
 * is to be changed is opened once, name by name, looked at, and from then on meant by its
 * descriptor (openat(), renameat()).
 */
#ifndef CORE_OWNER_H
#define CORE_OWNER_H

#include <stddef.h>
#include <sys/types.h>

#include "core/err.h"

#define OWNER_NAME_SIZE 64

/* "joe", or "user 1234" where it has no name. Returns out. */
const char *owner_name(uid_t uid, char out[OWNER_NAME_SIZE]);

/*
 * Open the directory path (O_PATH). Symbolic links are followed where a person wrote them, in the
 * first given bytes of path: what a link found there leads to is not what was meant. As root, even
 * there only those that root made.
 *
 * ST_ITEM: a link that is not followed, or no directory; the message says which name it is, not
 * what it was wanted for.
 */
enum status owner_open_dir(const char *path, size_t given, int *fd, struct err *err) MUST_CHECK;

#endif
