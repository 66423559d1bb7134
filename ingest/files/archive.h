/*
 * archive.h - where files go when everything in them is settled (ingest --archive DIR).
 *
 * DIR/stored, DIR/duplicate, DIR/conflict, DIR/rejected, DIR/not-a-report; made when missing. A
 * file is never overwritten (an equal name gets a number: a.eml, a.1.eml; one that has no room for
 * it is shortened) and never lost: across filesystems the copy is on disk before the original goes.
 * A file that changed since it was read stays where it is. Safe to call from several threads.
 *
 * Whoever owns a directory can put links there, and other people's files under a second name. So
 * what a symbolic link points to stays: a file that is a link, and all below a directory that is
 * one, but for links in what a person wrote. As root, who may do anything, a file moves only if its
 * owner is that of its directory, only into an archive of root's or of his own, and even written
 * links are followed only when root made them. Nothing is done by path: what a name means in the
 * moment of moving was looked at, and what was moved is looked at again.
 */
#ifndef INGEST_FILES_ARCHIVE_H
#define INGEST_FILES_ARCHIVE_H

#include <stdbool.h>
#include <sys/stat.h>

#include "core/err.h"
#include "core/sink.h"

struct archive;

/* paths: what a person wrote, of which every path that is moved begins with one; borrowed until
 * archive_close(). ST_FATAL: DIR cannot be made or opened, or is not to be trusted. */
enum status archive_open(const char *dir, const char *const *paths, int n_paths,
			 struct archive **out, struct err *err) MUST_CHECK;
void archive_close(struct archive *a); /* NULL is fine */

/* "stored" .. "not-a-report" */
const char *archive_folder(enum outcome o);

/* Which of two outcomes decides where a file goes: rejected, conflict, stored, duplicate,
 * not_a_report, worst first. */
enum outcome archive_worse(enum outcome a, enum outcome b);

/*
 * Move path. seen is what fstat() said when it was read.
 *
 * ST_ITEM: it stays (changed meanwhile, a link, another's, no permission, disk full ...). The
 * message leaves path out: names may be longer than it.
 */
enum status archive_move(struct archive *a, const char *path, const struct stat *seen,
			 enum outcome outcome, struct err *err) MUST_CHECK;

/* Does path (a file about to be read) lie in one of the archive's folders? */
bool archive_holds(const struct archive *a, const char *path);

#endif
