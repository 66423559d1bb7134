/*
 * walk.h - paths given by a person to the files in them.
 *
 * Directories are read recursively; hidden files are skipped in plain directories; in a Maildir
 * (two of cur, new and tmp side by side: empty ones get lost in copies) only new and cur are read,
 * of its subfolders too: .Name (Maildir++), or Name where that is a Maildir (LAYOUT=fs). A path
 * that is a directory without a file is told. Symbolic links are followed, a directory is entered
 * once (device and inode). FIFOs, sockets and devices are skipped with a warning.
 *
 * The wing files/: reports that lie in files. In: paths. Out: opened files and mails of an mbox,
 * as blobs; files moved where their outcome belongs. It may include stream/.
 */
#ifndef INGEST_FILES_WALK_H
#define INGEST_FILES_WALK_H

#include "core/err.h"

struct walk_visitor {
	void *ctx;
	/* path: a regular file. problem: NULL, or why it cannot be read (dangling link,
	 * unreadable directory): then it is an input whose outcome is "rejected". Return other than
	 * ST_OK to stop the walk. path "-" is passed through as it is. */
	enum status (*file)(void *ctx, const char *path, const char *problem, struct err *err);
};

/* A path that does not exist is the caller's to refuse beforehand; here it is a problem. */
enum status walk(const char *const *paths, int n_paths, const struct walk_visitor *v,
		 struct err *err) MUST_CHECK;

#endif
