/*
 * tree_priv.h - private to this wing: what tree.c and gone.c share.
 */
#ifndef CLI_SITE_TREE_PRIV_H
#define CLI_SITE_TREE_PRIV_H

#include "cli/site/tree.h"
#include "core/arena.h"

#define TREE_HEX   32
#define TREE_NAME  255
#define TREE_PARTS 3

struct tree_entry {
	const char *name;
	char stamp[TREE_HEX + 1]; /* "": none */
	bool stays;               /* kept, or put */
};

struct tree {
	char *path;
	int fd;   /* of the directory */
	int list; /* the manifest, to append; -1: not open */
	struct arena a;
	struct tree_entry *old; /* by name */
	size_t n_old;
	struct tree_entry *made; /* not among the old ones */
	size_t n_made, room_made;
	struct map made_at;      /* name -> index in made, plus 1 */
	char sub[TREE_NAME + 1]; /* the folder that sub_fd is of; "": none */
	int sub_fd;
	size_t written, removed;
};

/* "DIR/name: what errno says", and EXIT_OUTPUT. */
int tree_cannot(const struct tree *t, const char *name);

/* Where a name stands: its folder, opened, and *base its last part. -1: there is none. */
int tree_folder(struct tree *t, const char *name, bool make, const char **base);

/* What a run that was killed put out of sight. */
void tree_drop_gone(struct tree *t);

/* What was neither kept nor put. Exit code; complains itself. */
int tree_remove_gone(struct tree *t);

#endif
