/*
 * place.h - one file from one directory into another, under a name that is free there.
 *
 * Directories are descriptors, names are single names: nothing here follows a link. Somebody may
 * own a directory and change it at any moment, so what was moved is looked at behind it; where that
 * is not the file that was meant, it goes back.
 */
#ifndef INGEST_FILES_PLACE_H
#define INGEST_FILES_PLACE_H

#include <stdbool.h>
#include <sys/stat.h>

#include "core/err.h"

/* The same file, unchanged? */
bool place_same(const struct stat *a, const struct stat *b);

/*
 * Move the file name, which was *seen, from from_fd to to_fd. A taken name gets a number (a.eml,
 * a.1.eml), and is shortened where it has no room for one. Across file systems the copy is on disk
 * before the original goes, with its mode and time; as root, with its owner.
 *
 * ST_ITEM: it stays where it is, and the message says why.
 */
enum status place_move(int from_fd, const char *name, const struct stat *seen, int to_fd,
		       struct err *err) MUST_CHECK;

#endif
