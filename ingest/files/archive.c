#include "ingest/files/archive.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/mem.h"
#include "core/owner.h"
#include "ingest/files/place.h"

struct archive {
	int fd;      /* of DIR */
	uid_t owner; /* whose it is */
	char *real;  /* its canonical path */
	char *dir;   /* as given, for messages */
	const char *const *paths;
	int n_paths;
};

static const char *const folder[OUT_COUNT] = {
    [OUT_STORED] = "stored",     [OUT_DUPLICATE] = "duplicate",       [OUT_CONFLICT] = "conflict",
    [OUT_REJECTED] = "rejected", [OUT_NOT_A_REPORT] = "not-a-report",
};

const char *archive_folder(enum outcome o)
{
	return folder[o];
}

enum outcome archive_worse(enum outcome a, enum outcome b)
{
	static const int rank[OUT_COUNT] = {
	    [OUT_NOT_A_REPORT] = 0, [OUT_DUPLICATE] = 1, [OUT_STORED] = 2,
	    [OUT_CONFLICT] = 3,     [OUT_REJECTED] = 4,
	};
	return rank[a] >= rank[b] ? a : b;
}

enum status archive_open(const char *dir, const char *const *paths, int n_paths,
			 struct archive **out, struct err *err)
{
	struct stat st;
	char *real = NULL;
	int path = -1, fd = -1;
	if (mkdir(dir, 0777) != 0 && errno != EEXIST)
		return err_set(err, ST_FATAL, "%s: %s", dir, strerror(errno));
	if (owner_open_dir(dir, strlen(dir), &path, err) != ST_OK)
		return err_wrap(err, ST_FATAL, "%s", dir);
	fd = openat(path, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	close(path);
	if (fd < 0 || fstat(fd, &st) != 0 || !(real = realpath(dir, NULL))) {
		int e = errno;
		if (fd >= 0)
			close(fd);
		return err_set(err, ST_FATAL, "%s: %s", dir, strerror(e));
	}
	struct archive *a = mem_alloc(sizeof *a);
	*a = (struct archive){.fd = fd,
			      .owner = st.st_uid,
			      .real = real,
			      .dir = mem_strdup(dir),
			      .paths = paths,
			      .n_paths = n_paths};
	*out = a;
	return ST_OK;
}

void archive_close(struct archive *a)
{
	if (!a)
		return;
	close(a->fd);
	free(a->real);
	free(a->dir);
	free(a);
}

bool archive_holds(const struct archive *a, const char *path)
{
	const char *slash = strrchr(path, '/');
	char *parent = slash ? mem_strndup(path, (size_t)(slash - path) + 1) : mem_strdup(".");
	char *real = parent ? realpath(parent, NULL) : NULL;
	free(parent);
	size_t n = strlen(a->real);
	bool holds = false;
	if (real && strncmp(real, a->real, n) == 0 && real[n] == '/') {
		const char *below = real + n + 1;
		for (int i = 0; i < OUT_COUNT; i++) {
			size_t len = strlen(folder[i]);
			if (strncmp(below, folder[i], len) == 0 &&
			    (below[len] == '/' || below[len] == '\0'))
				holds = true;
		}
	}
	free(real);
	return holds;
}

/* How much of path a person wrote; the rest was found in a directory. */
static size_t given_bytes(const struct archive *a, const char *path)
{
	size_t given = 0;
	for (int i = 0; i < a->n_paths; i++) {
		size_t n = strlen(a->paths[i]);
		bool begins = strncmp(path, a->paths[i], n) == 0;
		if (n > given && begins &&
		    (path[n] == '/' || path[n] == '\0' || path[n - 1] == '/'))
			given = n;
	}
	return given;
}

/* The directory in which path lies; *name is in it. */
static enum status open_parent(const struct archive *a, const char *path, const char **name,
			       int *fd, struct err *err)
{
	const char *slash = strrchr(path, '/');
	size_t n = slash ? (size_t)(slash - path) + 1 : 0;
	char *dir = mem_alloc(n + 1);
	memcpy(dir, path, n);
	*name = path + n;
	enum status st = owner_open_dir(dir, given_bytes(a, path), fd, err);
	free(dir);
	return st;
}

/* As root: is the folder made by root, or by whom DIR belongs to? */
static enum status open_folder(const struct archive *a, enum outcome outcome, int *fd,
			       struct err *err)
{
	struct stat st;
	char who[OWNER_NAME_SIZE];
	if (mkdirat(a->fd, folder[outcome], 0777) != 0 && errno != EEXIST)
		return err_set(err, ST_ITEM, "%s", strerror(errno));
	*fd = openat(a->fd, folder[outcome], O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (*fd < 0 || fstat(*fd, &st) != 0)
		return err_set(err, ST_ITEM, "%s", strerror(errno));
	if (geteuid() != 0 || st.st_uid == 0 || st.st_uid == a->owner)
		return ST_OK;
	return err_set(err, ST_ITEM, "it belongs to %s", owner_name(st.st_uid, who));
}

/*
 * May name in the directory dir be moved? What *seen is of it does not say it: that was read
 * through any link. As root, who can move everything, only what could have been moved by the owner
 * of the directory is.
 */
static enum status judge(const struct archive *a, int dir, const char *name,
			 const struct stat *seen, struct err *err)
{
	struct stat now, parent;
	char who[OWNER_NAME_SIZE], whose[OWNER_NAME_SIZE];
	if (fstat(dir, &parent) != 0 || fstatat(dir, name, &now, AT_SYMLINK_NOFOLLOW) != 0)
		return err_set(err, ST_ITEM, "%s", strerror(errno));
	if (S_ISLNK(now.st_mode))
		return err_set(err, ST_ITEM, "it is a symbolic link");
	if (!place_same(&now, seen))
		return err_set(err, ST_ITEM, "it changed while it was read");
	if (geteuid() != 0)
		return ST_OK;
	owner_name(now.st_uid, who);
	if (now.st_uid != parent.st_uid)
		return err_set(err, ST_ITEM, "it belongs to %s, its directory to %s", who,
			       owner_name(parent.st_uid, whose));
	if (a->owner != 0 && a->owner != now.st_uid)
		return err_set(err, ST_ITEM, "it belongs to %s, the archive to %s", who,
			       owner_name(a->owner, whose));
	return ST_OK;
}

/* The same directory: a second look at what was set aside. */
static bool is_there(int dir, int to)
{
	struct stat a, b;
	return fstat(dir, &a) == 0 && fstat(to, &b) == 0 && a.st_dev == b.st_dev &&
	       a.st_ino == b.st_ino;
}

enum status archive_move(struct archive *a, const char *path, const struct stat *seen,
			 enum outcome outcome, struct err *err)
{
	const char *name;
	int dir = -1, to = -1;
	enum status st = open_folder(a, outcome, &to, err);
	if (st != ST_OK) {
		err_wrap(err, st, "not moved to %s/%s", a->dir, folder[outcome]);
		goto out;
	}
	st = open_parent(a, path, &name, &dir, err);
	if (st == ST_OK && is_there(dir, to))
		goto out;
	if (st == ST_OK)
		st = judge(a, dir, name, seen, err);
	if (st != ST_OK) {
		err_wrap(err, st, "not moved");
		goto out;
	}
	st = place_move(dir, name, seen, to, err);
	if (st != ST_OK)
		err_wrap(err, st, "not moved to %s/%s", a->dir, folder[outcome]);
out:
	if (dir >= 0)
		close(dir);
	if (to >= 0)
		close(to);
	return st;
}
