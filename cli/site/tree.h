/*
 * tree.h - a directory of files that are ours, as its manifest says: nothing else in it is ever
 * replaced or removed.
 *
 *	tree_open(dir, &t);
 *	tree_has(t, "a/index.html", stamp) && tree_keep(t, "a/", stamp);   what need not be made
 *again tree_begin(t); tree_put(t, "a/b.html", stamp, data, n);     what is linked to first, what
 *links to it later tree_end(t);                                 what was neither kept nor put is
 *removed tree_close(t);
 *
 * Whoever reads the directory meanwhile, and after a run that was killed, sees of each file the old
 * one or the new one, and every link leads somewhere: files are written beside their place and
 * renamed; what is gone goes last. A file whose bytes are the same is left alone, and keeps its
 * time. The manifest (.ruascope-site) has a name a line, then a tab and a stamp: what the file was
 * made from. A stamp stands there only when the file is safely on the disk.
 *
 * Names have at most three parts of letters, digits, ".", "_", "-", and are the caller's: nothing
 * from outside chooses them. The directory is meant by its descriptor, and no link in it is
 * followed (core/owner.h).
 *
 * Functions that return int give an exit code and complain themselves: EXIT_NOT_OURS, when
 * something stands there that we did not make; EXIT_TRY_LATER, when another run is at it.
 */
#ifndef CLI_SITE_TREE_H
#define CLI_SITE_TREE_H

#include <stdbool.h>
#include <stddef.h>

#include "core/hash.h"

struct tree;

int tree_open(const char *dir, struct tree **out); /* made when it is not there */
void tree_close(struct tree *t);                   /* NULL is fine */

/* It was made from this, and everything that was made with it is there. */
bool tree_has(const struct tree *t, const char *prefix, const char *name,
	      const struct digest *stamp);
/* All files whose name begins so and that were made from this stay as they are. */
void tree_keep(struct tree *t, const char *prefix, const struct digest *stamp);

/* A file of this name is on the disk. */
bool tree_there(const struct tree *t, const char *name);

int tree_begin(struct tree *t);
int tree_put(struct tree *t, const char *name, const struct digest *stamp, const void *data,
	     size_t n); /* stamp: NULL: none */
int tree_end(struct tree *t);

/* Since tree_begin(): files that were written, and that were removed. */
size_t tree_written(const struct tree *t);
size_t tree_removed(const struct tree *t);

#endif
