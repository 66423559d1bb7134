/*
 * archive.h - where files go when everything in them is settled (ingest --archive DIR).
 *
 * DIR/stored, DIR/duplicate, DIR/conflict, DIR/rejected, DIR/not-a-report; made when missing. A
 * file is never overwritten (an equal name gets a number: a.eml, a.1.eml; one that has no room for
 * it is shortened) and never lost: across filesystems the copy is on disk before the original goes.
 * A file that changed since it was read stays where it is. Safe to call from several threads.
 */
#ifndef INGEST_FILES_ARCHIVE_H
#define INGEST_FILES_ARCHIVE_H

#include <stdbool.h>
#include <sys/stat.h>

#include "core/err.h"
#include "core/sink.h"

struct archive;

/* ST_FATAL: DIR cannot be made or opened. */
enum status archive_open(const char *dir, struct archive **out, struct err *err) MUST_CHECK;
void archive_close(struct archive *a); /* NULL is fine */

/* "stored" .. "not-a-report" */
const char *archive_folder(enum outcome o);

/* Which of two outcomes decides where a file goes: rejected, conflict, stored, duplicate,
 * not_a_report, worst first. */
enum outcome archive_worse(enum outcome a, enum outcome b);

/*
 * Move path. seen is what fstat() said when it was read. A symbolic link's target is moved, under
 * the link's name, and the link removed.
 *
 * ST_ITEM: it stays (changed meanwhile, no permission, disk full ...).
 */
enum status archive_move(struct archive *a, const char *path, const struct stat *seen,
			 enum outcome outcome, struct err *err) MUST_CHECK;

/* Does path (a file about to be read) lie in one of the archive's folders? */
bool archive_holds(const struct archive *a, const char *path);

#endif
