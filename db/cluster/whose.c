/* Whose the directory is, who the server runs as, and acting as that user: as root, nothing is
 * made, changed or removed by a path that somebody else may bend. */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/owner.h"
#include "db/cluster/priv.h"

#define ELSE "set XDG_DATA_HOME to another place, or use --db"

/* ---- as the server's user ---- */

struct answer {
	enum status st;
	struct err err;
};

bool whose_become(const struct server_user *u)
{
	return !u->drop ||
	       (initgroups(u->name, u->gid) == 0 && setgid(u->gid) == 0 && setuid(u->uid) == 0);
}

/* In the child. */
static void act(const struct server_user *u, whose_task *task, void *ctx, int out)
{
	struct answer a = {.st = ST_RETRY};
	if (whose_become(u))
		a.st = task(ctx, &a.err);
	else
		err_set(&a.err, ST_RETRY, "private database: cannot become %s: %s", u->name,
			strerror(errno));
	_exit(write(out, &a, sizeof a) == (ssize_t)sizeof a ? 0 : 1);
}

enum status whose_act(const struct server_user *u, whose_task *task, void *ctx, struct err *err)
{
	struct answer a;
	int ends[2];
	if (!u->drop)
		return task(ctx, err);
	if (pipe2(ends, O_CLOEXEC) != 0)
		return err_set(err, ST_RETRY, "private database: %s", strerror(errno));
	pid_t pid = fork();
	if (pid == 0)
		act(u, task, ctx, ends[1]);
	close(ends[1]);
	ssize_t n = pid > 0 ? read(ends[0], &a, sizeof a) : -1;
	close(ends[0]);
	while (pid > 0 && waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	if (n != (ssize_t)sizeof a)
		return err_set(err, ST_RETRY, "private database: cannot act as %s", u->name);
	if (a.st != ST_OK)
		*err = a.err;
	return a.st;
}

/* ---- who ---- */

static enum status not_ours(const char *path, uid_t owner, const struct server_user *u,
			    struct err *err)
{
	char who[OWNER_NAME_SIZE];
	return err_set(err, ST_FATAL, "private database: %s belongs to %s, not to %s: " ELSE, path,
		       owner_name(owner, who), u->name);
}

static void be(struct server_user *u, const struct passwd *pw)
{
	u->uid = pw->pw_uid;
	u->gid = pw->pw_gid;
	snprintf(u->name, sizeof u->name, "%s", pw->pw_name);
}

/* For root: of the users it may run as, the one whose things are there, else the first there is. */
static enum status choose_user(const struct cluster_paths *p, struct server_user *u,
			       struct err *err)
{
	static const char *const users[] = {"ruascope", "postgres"};
	static const char *const things[] = {"pgdata", "server", "."};
	struct stat st;
	bool any = false;
	for (size_t t = 0; t < sizeof things / sizeof *things; t++)
		for (size_t i = 0; i < sizeof users / sizeof *users; i++) {
			const struct passwd *pw = getpwnam(users[i]);
			if (!pw)
				continue;
			if (!any)
				be(u, pw);
			any = true;
			if (fstatat(p->at, things[t], &st, AT_SYMLINK_NOFOLLOW) == 0 &&
			    st.st_uid == pw->pw_uid) {
				be(u, pw);
				return ST_OK;
			}
		}
	return any ? ST_OK
		   : err_set(err, ST_RETRY,
			     "PostgreSQL does not run as root, and there is neither a user "
			     "\"ruascope\" nor \"postgres\" to run it as: make one, or use --db");
}

static enum status find_user(struct cluster_paths *p, struct err *err)
{
	struct server_user *u = &p->user;
	const struct passwd *pw = getpwuid(geteuid());
	if (!pw)
		return err_set(err, ST_RETRY, "private database: user id %u has no name: use --db",
			       (unsigned)geteuid());
	snprintf(u->own_name, sizeof u->own_name, "%s", pw->pw_name);
	u->drop = geteuid() == 0;
	if (u->drop)
		return choose_user(p, u, err);
	be(u, pw);
	u->gid = getegid();
	return ST_OK;
}

/* ---- the directory, and what is in it ---- */

/* mkdir -p */
static enum status make_dirs(const char *path, mode_t mode, struct err *err)
{
	char part[PATH_MAX];
	snprintf(part, sizeof part, "%s", path);
	for (char *p = part + 1;; p++) {
		if (*p != '/' && *p != '\0')
			continue;
		char c = *p;
		*p = '\0';
		if (mkdir(part, c ? 0755 : mode) != 0 && errno != EEXIST)
			return err_set(err, ST_RETRY, "private database: %s: %s", part,
				       strerror(errno));
		if (!c)
			return ST_OK;
		*p = c;
	}
}

/* Only who made it, the server's user and root may change names in it: those names are trusted. */
static enum status check_dir(struct cluster_paths *p, struct err *err)
{
	struct stat st;
	if (fstat(p->at, &st) != 0)
		return err_set(err, ST_RETRY, "private database: %s: %s", p->dir, strerror(errno));
	p->owner = st.st_uid;
	if (st.st_uid != geteuid() && st.st_uid != p->user.uid)
		return not_ours(p->dir, st.st_uid, &p->user, err);
	if ((st.st_mode & 022) != 0)
		return err_set(err, ST_FATAL,
			       "private database: others may write to %s: chmod go-w it, or " ELSE,
			       p->dir);
	return ST_OK;
}

/* What is there under this name must be a directory of the server's user. *there: it is. */
static enum status check_name(const struct cluster_paths *p, const char *name, bool *there,
			      struct err *err)
{
	struct stat st;
	char path[PATH_MAX];
	snprintf(path, sizeof path, "%s/%s", p->dir, name);
	*there = fstatat(p->at, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
	if (!*there)
		return errno == ENOENT ? ST_OK
				       : err_set(err, ST_RETRY, "private database: %s: %s", path,
						 strerror(errno));
	if (!S_ISDIR(st.st_mode))
		return err_set(err, ST_FATAL, "private database: %s is %s, not a directory: " ELSE,
			       path, S_ISLNK(st.st_mode) ? "a symbolic link" : "something else");
	return st.st_uid == p->user.uid ? ST_OK : not_ours(path, st.st_uid, &p->user, err);
}

static enum status check_pgdata(const struct cluster_paths *p, struct err *err)
{
	bool there;
	enum status st = check_name(p, "pgdata", &there, err);
	if (st != ST_OK || !there)
		return st;
	int fd = whose_file(p, "pgdata", "PG_VERSION");
	if (fd < 0 && errno == ENOENT)
		return err_set(err, ST_FATAL,
			       "private database: %s holds no database (PG_VERSION is missing), "
			       "and is not ours to remove: move it away, or use --db",
			       p->pgdata);
	if (fd < 0)
		return err_set(err, ST_RETRY, "private database: %s/PG_VERSION: %s", p->pgdata,
			       strerror(errno));
	close(fd);
	return ST_OK;
}

int whose_file(const struct cluster_paths *p, const char *dir, const char *name)
{
	struct stat st;
	int at = openat(p->at, dir, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (at < 0)
		return -1;
	int fd = openat(at, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	int e = errno;
	close(at);
	if (fd >= 0 && (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_uid != p->user.uid)) {
		close(fd);
		fd = -1;
		e = EPERM;
	}
	errno = e;
	return fd;
}

/* A name in the directory. */
struct entry {
	const struct cluster_paths *p;
	const char *name;
};

static enum status make_entry(void *ctx, struct err *err)
{
	const struct entry *e = ctx;
	if (mkdirat(e->p->at, e->name, 0700) == 0)
		return ST_OK;
	int code = errno;
	return err_set(err, code == EEXIST ? ST_ITEM : ST_RETRY, "private database: %s/%s: %s",
		       e->p->dir, e->name, strerror(code));
}

/* Where the directory is root's, nobody else can have put another thing in the place of what was
 * just made. Where it is the server's user's, he makes it himself. */
enum status whose_make(const struct cluster_paths *p, const char *name, struct err *err)
{
	struct entry e = {p, name};
	if (p->owner == p->user.uid)
		return whose_act(&p->user, make_entry, &e, err);
	enum status st = make_entry(&e, err);
	if (st != ST_OK)
		return st;
	int fd = openat(p->at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || fchown(fd, p->user.uid, p->user.gid) != 0)
		st = err_set(err, ST_RETRY, "private database: %s/%s: %s", p->dir, name,
			     strerror(errno));
	if (fd >= 0)
		close(fd);
	return st;
}

enum status whose_open(struct cluster_paths *p, struct err *err)
{
	/* root's is open to the server's user, who has to get at his part of it */
	enum status st = make_dirs(p->dir, geteuid() == 0 ? 0755 : 0700, err);
	if (st != ST_OK)
		return st;
	if (owner_open_dir(p->dir, strlen(p->dir), &p->at, err) != ST_OK)
		return err_wrap(err, ST_FATAL, "private database: %s", p->dir);
	st = find_user(p, err);
	return st == ST_OK ? check_dir(p, err) : st;
}

enum status whose_check(const struct cluster_paths *p, struct err *err)
{
	bool there;
	enum status st = check_pgdata(p, err);
	if (st == ST_OK)
		st = check_name(p, "server", &there, err);
	if (st == ST_OK && !there)
		st = whose_make(p, "server", err);
	return st;
}
