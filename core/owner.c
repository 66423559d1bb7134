#include "core/owner.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LINKS_MAX 40 /* as many as the system follows */

const char *owner_name(uid_t uid, char out[OWNER_NAME_SIZE])
{
	char room[4096];
	struct passwd pw, *found = NULL;
	if (getpwuid_r(uid, &pw, room, sizeof room, &found) == 0 && found)
		snprintf(out, OWNER_NAME_SIZE, "%s", pw.pw_name);
	else
		snprintf(out, OWNER_NAME_SIZE, "user %u", (unsigned)uid);
	return out;
}

/* A way to a directory: at is as far as we came, rest what remains of the path, of which a person
 * wrote the first given bytes. */
struct way {
	int at;
	char rest[2 * PATH_MAX];
	size_t given;
	unsigned links;
};

static int step_to(struct way *w, int fd)
{
	if (fd < 0)
		return -1;
	if (w->at >= 0)
		close(w->at);
	w->at = fd;
	return 0;
}

static int begin(struct way *w)
{
	return step_to(w, open(w->rest[0] == '/' ? "/" : ".", O_PATH | O_DIRECTORY | O_CLOEXEC));
}

/* Take the first name off rest; false: there is none. *given: it was written, not found. */
static bool next_name(struct way *w, char name[PATH_MAX], bool *given)
{
	const char *p = w->rest + strspn(w->rest, "/");
	size_t n = strcspn(p, "/"), used = (size_t)(p - w->rest) + n;
	if (n == 0)
		return false;
	snprintf(name, PATH_MAX, "%.*s", (int)n, p);
	*given = used <= w->given;
	w->given -= *given ? used : w->given;
	memmove(w->rest, w->rest + used, strlen(w->rest + used) + 1);
	return true;
}

/* What the link fd says goes before the rest. */
static enum status follow(struct way *w, int fd, const char *name, struct err *err)
{
	char target[PATH_MAX], rest[sizeof w->rest];
	ssize_t n = readlinkat(fd, "", target, sizeof target - 1);
	if (n < 0 || ++w->links > LINKS_MAX)
		return err_set(err, ST_ITEM, "%s: %s", name, strerror(n < 0 ? errno : ELOOP));
	int len = snprintf(rest, sizeof rest, "%.*s/%s", (int)n, target, w->rest);
	if (n == 0 || (size_t)len >= sizeof rest)
		return err_set(err, ST_ITEM, "%s: %s", name, strerror(ENAMETOOLONG));
	memcpy(w->rest, rest, (size_t)len + 1);
	w->given += (size_t)n + 1;
	if (target[0] == '/' && begin(w) != 0)
		return err_set(err, ST_ITEM, "%s: %s", name, strerror(errno));
	return ST_OK;
}

/* May the link name, that fd holds, be followed? */
static enum status judge_link(const struct stat *st, const char *name, bool given, struct err *err)
{
	char who[OWNER_NAME_SIZE];
	if (!given)
		return err_set(err, ST_ITEM, "\"%s\" is a symbolic link, which is not followed",
			       name);
	if (geteuid() != 0 || st->st_uid == 0)
		return ST_OK;
	return err_set(err, ST_ITEM, "\"%s\" is a symbolic link of %s, which root does not follow",
		       name, owner_name(st->st_uid, who));
}

static enum status step(struct way *w, const char *name, bool given, struct err *err)
{
	struct stat st;
	int fd = openat(w->at, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) != 0) {
		int e = errno;
		if (fd >= 0)
			close(fd);
		return err_set(err, ST_ITEM, "%s: %s", name, strerror(e));
	}
	if (!S_ISLNK(st.st_mode)) {
		if (S_ISDIR(st.st_mode))
			return step_to(w, fd) == 0 ? ST_OK : ST_ITEM;
		close(fd);
		return err_set(err, ST_ITEM, "%s: %s", name, strerror(ENOTDIR));
	}
	enum status rc = judge_link(&st, name, given, err);
	if (rc == ST_OK)
		rc = follow(w, fd, name, err);
	close(fd);
	return rc;
}

enum status owner_open_dir(const char *path, size_t given, int *fd, struct err *err)
{
	struct way w = {.at = -1, .given = given};
	char name[PATH_MAX];
	bool written;
	*fd = -1;
	if (strlen(path) >= PATH_MAX)
		return err_set(err, ST_ITEM, "%s", strerror(ENAMETOOLONG));
	memcpy(w.rest, path, strlen(path) + 1);
	enum status st = begin(&w) == 0 ? ST_OK : err_set(err, ST_ITEM, "%s", strerror(errno));
	while (st == ST_OK && next_name(&w, name, &written))
		st = step(&w, name, written, err);
	if (st == ST_OK)
		*fd = w.at;
	else if (w.at >= 0)
		close(w.at);
	return st;
}
