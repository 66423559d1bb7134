/* What goes of a directory of ours: files singly, a folder of which nothing stays as one. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/app/app.h"
#include "cli/site/tree_priv.h"

#define GONE ".ruascope-site.gone" /* a folder that goes, out of sight at once */

/* Folders that are empty by now go with their last file; others stay. */
static void drop_folders(struct tree *t, const char *name)
{
	char folder[TREE_NAME + 1];
	snprintf(folder, sizeof folder, "%s", name);
	for (char *slash; (slash = strrchr(folder, '/'));) {
		*slash = '\0';
		const char *base;
		int fd = tree_folder(t, folder, false, &base);
		if (fd < 0 || unlinkat(fd, base, AT_REMOVEDIR) != 0)
			return;
	}
}

/* All in a folder that is open. It has nothing that is not ours, and links are not followed. */
static void empty_folder(int fd, unsigned depth)
{
	int copy = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = copy >= 0 ? fdopendir(copy) : NULL;
	struct dirent *e;
	while (d && (e = readdir(d))) {
		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0 ||
		    unlinkat(fd, e->d_name, 0) == 0 || depth == TREE_PARTS)
			continue;
		int sub = openat(fd, e->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (sub < 0)
			continue;
		empty_folder(sub, depth + 1);
		close(sub);
		unlinkat(fd, e->d_name, AT_REMOVEDIR);
	}
	if (d)
		closedir(d);
	else if (copy >= 0)
		close(copy);
}

void tree_drop_gone(struct tree *t)
{
	int fd = openat(t->fd, GONE, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return;
	empty_folder(fd, 0);
	close(fd);
	unlinkat(t->fd, GONE, AT_REMOVEDIR);
}

/* How many files and folders are in it; folders: only those that our files are in. */
static size_t count_in(int fd)
{
	int copy = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = copy >= 0 ? fdopendir(copy) : NULL;
	struct dirent *e;
	struct stat s;
	size_t n = 0;
	while (d && (e = readdir(d))) {
		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		if (fstatat(fd, e->d_name, &s, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(s.st_mode)) {
			int sub =
			    openat(fd, e->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
			n += sub >= 0 ? count_in(sub) : 1;
			if (sub >= 0)
				close(sub);
		} else {
			n++;
		}
	}
	if (d)
		closedir(d);
	else if (copy >= 0)
		close(copy);
	return n;
}

/*
 * A folder of which nothing stays goes as one, so that no page in it leads to one that is gone
 * already; not when it holds something of others. i: its first file. Returns how many files went.
 */
static size_t remove_folder(struct tree *t, size_t i)
{
	const char *slash = strchr(t->old[i].name, '/');
	char folder[TREE_NAME + 1];
	size_t n = 0, there = 0, len = slash ? (size_t)(slash - t->old[i].name) + 1 : 0;
	for (; slash && i + n < t->n_old && strncmp(t->old[i + n].name, t->old[i].name, len) == 0;
	     n++) {
		if (t->old[i + n].stays)
			return 0;
		there += tree_there(t, t->old[i + n].name);
	}
	for (size_t k = 0; n > 0 && k < t->n_made; k++)
		if (strncmp(t->made[k].name, t->old[i].name, len) == 0)
			return 0;
	if (n == 0)
		return 0;
	snprintf(folder, sizeof folder, "%.*s", (int)len - 1, t->old[i].name);
	int fd = openat(t->fd, folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	bool ours = fd >= 0 && count_in(fd) == there;
	if (fd >= 0)
		close(fd);
	if (!ours || renameat(t->fd, folder, t->fd, GONE) != 0)
		return 0;
	tree_drop_gone(t);
	return n;
}

int tree_remove_gone(struct tree *t)
{
	for (size_t i = 0; i < t->n_old; i++) {
		const char *name = t->old[i].name, *base;
		if (t->old[i].stays)
			continue;
		size_t n = remove_folder(t, i);
		if (n > 0) {
			t->removed += n;
			i += n - 1;
			continue;
		}
		int folder = tree_folder(t, name, false, &base);
		if (folder < 0 && errno != ENOENT)
			return tree_cannot(t, name);
		if (folder < 0)
			continue;
		if (unlinkat(folder, base, 0) == 0)
			t->removed++;
		else if (errno != ENOENT)
			return tree_cannot(t, name);
		drop_folders(t, name);
	}
	return EXIT_OK;
}
