#include "db/cluster/cluster.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "core/mem.h"
#include "db/cluster/priv.h"

struct cluster {
	struct cluster_paths paths;
	int users; /* users.lock, held shared */
	char conninfo[512];
};

static enum status lock(const struct cluster_paths *p, const char *name, int how, int *fd,
			struct err *err)
{
	char path[PATH_MAX + 32];
	snprintf(path, sizeof path, "%s/%s", p->dir, name);
	*fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (*fd < 0)
		return err_set(err, ST_FATAL, "private database: %s: %s", path, strerror(errno));
	while (flock(*fd, how) != 0) {
		if (errno == EINTR)
			continue;
		int code = errno;
		close(*fd);
		*fd = -1;
		return err_set(err, ST_RETRY, "private database: %s: %s", path, strerror(code));
	}
	return ST_OK;
}

static void keep_path(const struct cluster_paths *p, char out[PATH_MAX])
{
	snprintf(out, PATH_MAX, "%s/keep", p->dir);
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
		st = server_ensure(&c->paths, err);
	if (start >= 0)
		close(start);
	if (st != ST_OK) {
		if (c->users >= 0)
			close(c->users);
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
	char keep[PATH_MAX];
	int start;
	keep_path(&c->paths, keep);
	if (lock(&c->paths, "start.lock", LOCK_EX, &start, &err) == ST_OK) {
		/* converting the lock lets go of ours first: whoever comes now waits for start.lock
		 */
		bool last = flock(c->users, LOCK_EX | LOCK_NB) == 0;
		if (last && access(keep, F_OK) != 0 && server_stop(&c->paths, &err) != ST_OK)
			fprintf(stderr, "ruascope: warning: %s\n", err.msg);
		close(c->users);
		close(start);
	} else {
		close(c->users);
	}
	free(c);
}

enum status cluster_keep(struct cluster *c, struct err *err)
{
	char keep[PATH_MAX];
	keep_path(&c->paths, keep);
	int fd = open(keep, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return err_set(err, ST_FATAL, "private database: %s: %s", keep, strerror(errno));
	close(fd);
	return ST_OK;
}

enum status cluster_stop(bool *was_running, struct err *err)
{
	struct cluster_paths p;
	char keep[PATH_MAX];
	int start = -1, users = -1;
	*was_running = false;
	enum status st = cluster_paths_prepare(&p, err);
	if (st == ST_OK)
		st = lock(&p, "start.lock", LOCK_EX, &start, err);
	if (st != ST_OK)
		return st;
	keep_path(&p, keep);
	unlink(keep); /* even when somebody uses it: the last one then stops it */
	*was_running = server_is_up(&p);
	if (lock(&p, "users.lock", LOCK_EX | LOCK_NB, &users, err) != ST_OK)
		st = err_set(
		    err, ST_RETRY,
		    "private database: another ruascope is using it; it stops when that ends");
	else
		st = server_stop(&p, err);
	if (users >= 0)
		close(users);
	close(start);
	return st;
}

enum status cluster_directory(const char **path, struct err *err)
{
	static char dir[PATH_MAX / 2];
	enum status st = cluster_dir_find(dir, sizeof dir, err);
	*path = dir;
	return st;
}
