#include "db/cluster/cluster.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/log.h"
#include "core/mem.h"
#include "db/cluster/priv.h"

struct cluster {
	struct cluster_paths paths;
	int users; /* users.lock, held shared */
	char conninfo[512];
};

/* A file of DIR, made when missing. As root in the directory of another it becomes his, or he could
 * not use it afterwards; only what was made just now does. */
static enum status open_own(const struct cluster_paths *p, const char *name, int *fd,
			    struct err *err)
{
	const int flags = O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK;
	struct stat st;
	*fd = openat(p->at, name, flags | O_CREAT | O_EXCL, 0600);
	if (*fd >= 0 && p->owner != geteuid() && fchown(*fd, p->owner, (gid_t)-1) != 0) {
		int code = errno;
		close(*fd);
		errno = code;
		*fd = -1;
	} else if (*fd < 0 && errno == EEXIST) {
		*fd = openat(p->at, name, flags);
	}
	if (*fd < 0)
		return err_set(err, ST_RETRY, "private database: %s/%s: %s", p->dir, name,
			       strerror(errno));
	if (fstat(*fd, &st) == 0 && S_ISREG(st.st_mode))
		return ST_OK;
	close(*fd);
	*fd = -1;
	return err_set(err, ST_FATAL, "private database: %s/%s is no plain file", p->dir, name);
}

static enum status lock(const struct cluster_paths *p, const char *name, int how, int *fd,
			struct err *err)
{
	enum status st = open_own(p, name, fd, err);
	if (st != ST_OK)
		return st;
	while (flock(*fd, how) != 0) {
		if (errno == EINTR)
			continue;
		int code = errno;
		close(*fd);
		*fd = -1;
		return err_set(err, code == EWOULDBLOCK ? ST_LATER : ST_RETRY,
			       "private database: %s/%s: %s", p->dir, name, strerror(code));
	}
	return ST_OK;
}

enum status cluster_acquire(struct cluster **out, const char **conninfo, struct err *err)
{
	struct cluster *c = mem_alloc(sizeof *c);
	int start = -1;
	c->users = -1;
	enum status st = cluster_paths_prepare(&c->paths, err);
	if (st == ST_OK)
		st = lock(&c->paths, "start.lock", LOCK_EX, &start, err);
	if (st == ST_OK)
		st = lock(&c->paths, "users.lock", LOCK_SH, &c->users, err);
	if (st == ST_OK)
		st = whose_check(&c->paths, err);
	if (st == ST_OK)
		st = server_ensure(&c->paths, err);
	if (start >= 0)
		close(start);
	if (st != ST_OK) {
		if (c->users >= 0)
			close(c->users);
		cluster_paths_close(&c->paths);
		free(c);
		return st;
	}
	server_conninfo(&c->paths, "ruascope", c->conninfo, sizeof c->conninfo);
	*conninfo = c->conninfo;
	*out = c;
	return ST_OK;
}

void cluster_release(struct cluster *c)
{
	if (!c)
		return;
	struct err err;
	int start;
	if (lock(&c->paths, "start.lock", LOCK_EX, &start, &err) == ST_OK) {
		/* converting the lock lets go of ours first: whoever comes now waits for start.lock
		 */
		bool last = flock(c->users, LOCK_EX | LOCK_NB) == 0;
		bool keep = faccessat(c->paths.at, "keep", F_OK, AT_SYMLINK_NOFOLLOW) == 0;
		if (last && !keep && server_stop(&c->paths, &err) != ST_OK)
			log_warn("%s", err.msg);
		close(c->users);
		close(start);
	} else {
		close(c->users);
	}
	cluster_paths_close(&c->paths);
	free(c);
}

enum status cluster_keep(struct cluster *c, struct err *err)
{
	int fd;
	enum status st = open_own(&c->paths, "keep", &fd, err);
	if (st == ST_OK)
		close(fd);
	return st;
}

/* Under start.lock. */
static enum status stop(const struct cluster_paths *p, bool *was_running, struct err *err)
{
	int users = -1;
	enum status st = whose_check(p, err);
	if (st != ST_OK)
		return st;
	unlinkat(p->at, "keep", 0); /* even when somebody uses it: the last one then stops it */
	*was_running = server_is_up(p);
	st = lock(p, "users.lock", LOCK_EX | LOCK_NB, &users, err);
	if (st == ST_LATER)
		return err_set(
		    err, st,
		    "private database: another ruascope is using it; it stops when that ends");
	if (st != ST_OK)
		return st;
	st = server_stop(p, err);
	close(users);
	return st;
}

enum status cluster_stop(bool *was_running, struct err *err)
{
	struct cluster_paths p;
	int start = -1;
	*was_running = false;
	enum status st = cluster_paths_prepare(&p, err);
	if (st == ST_OK)
		st = lock(&p, "start.lock", LOCK_EX, &start, err);
	if (st == ST_OK)
		st = stop(&p, was_running, err);
	if (start >= 0)
		close(start);
	cluster_paths_close(&p);
	return st;
}

enum status cluster_directory(const char **path, struct err *err)
{
	static char dir[PATH_MAX / 2];
	enum status st = cluster_dir_find(dir, sizeof dir, err);
	*path = dir;
	return st;
}
