/* initdb: in a directory that this attempt made, which gets its name when it is whole. Nothing else
 * is ever removed: what an attempt left that was killed may be looked at by a person. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/log.h"
#include "db/cluster/priv.h"

#define NAMES_MAX 1000 /* of attempts with our process id */

struct attempt {
	const struct cluster_paths *p;
	char name[64], path[PATH_MAX]; /* DIR/name */
};

/* Who may log in: by the socket only, the system's word on who it is, as the one role there is. */
static enum status configure(const struct attempt *a, struct err *err)
{
	const struct server_user *u = &a->p->user;
	char ident[512];
	snprintf(ident, sizeof ident,
		 "ruascope \"%s\" ruascope\nruascope \"%s\" ruascope\nruascope root ruascope\n",
		 u->own_name, u->name);
	enum status st = server_write(u, a->path, "pg_hba.conf", O_EXCL,
				      "local all all peer map=ruascope\n", err);
	if (st == ST_OK)
		st = server_write(u, a->path, "pg_ident.conf", O_EXCL, ident, err);
	if (st == ST_OK)
		st = server_write(
		    u, a->path, "postgresql.conf", O_APPEND,
		    "\n# what ruascope needs; unix_socket_directories is written at each start\n"
		    "include_if_exists 'ruascope.conf'\n",
		    err);
	return st;
}

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)st, (void)flag, (void)ftw;
	return remove(path);
}

static enum status remove_attempt(void *ctx, struct err *err)
{
	const struct attempt *a = ctx;
	(void)err;
	(void)nftw(a->path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	return ST_OK;
}

/* It failed: what is in the directory goes as its owner's, then the empty directory. */
static void give_up(struct attempt *a)
{
	struct err ignored;
	(void)!whose_act(&a->p->user, remove_attempt, a, &ignored);
	(void)unlinkat(a->p->at, a->name, AT_REMOVEDIR);
}

static enum status begin(const struct cluster_paths *p, struct attempt *a, struct err *err)
{
	enum status st = ST_ITEM;
	a->p = p;
	for (int i = 0; st == ST_ITEM && i < NAMES_MAX; i++) {
		snprintf(a->name, sizeof a->name, "pgdata.%ld.%d", (long)getpid(), i);
		st = whose_make(p, a->name, err);
	}
	snprintf(a->path, sizeof a->path, "%s/%s", p->dir, a->name);
	return st == ST_ITEM ? ST_RETRY : st;
}

static enum status run_initdb(const struct attempt *a, struct err *err)
{
	char program[PATH_MAX], path[PATH_MAX], why[512];
	snprintf(program, sizeof program, "%s/initdb", a->p->bin);
	snprintf(path, sizeof path, "%s", a->path);
	char *argv[] = {program,
			(char *)"-D",
			path,
			(char *)"-U",
			(char *)"ruascope",
			(char *)"-E",
			(char *)"UTF8",
			(char *)"--locale=C",
			(char *)"--auth=peer",
			NULL};
	pid_t pid = server_spawn(a->p, argv, true);
	int status = -1;
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (pid < 0 || status != 0)
		return err_set(err, ST_RETRY, "private database: initdb failed: %s",
			       server_said(a->p, why, sizeof why));
	return ST_OK;
}

/* It is whole. What stands under its name meanwhile is not ours. */
static enum status finish(const struct attempt *a, struct err *err)
{
	int at = a->p->at;
	int rc = renameat2(at, a->name, at, "pgdata", RENAME_NOREPLACE);
	if (rc != 0 && (errno == EINVAL || errno == ENOSYS))
		rc = renameat(at, a->name, at, "pgdata"); /* at worst onto an empty directory */
	if (rc != 0)
		return err_set(err, ST_RETRY, "private database: %s: %s", a->p->pgdata,
			       strerror(errno));
	int dir = openat(at, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir >= 0) { /* what is committed in it must not be lost with its name */
		fsync(dir);
		close(dir);
	}
	return ST_OK;
}

/* A word on what attempts left that were killed: nobody else looks for it. */
static void tell_left(const struct cluster_paths *p)
{
	int fd = openat(p->at, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
	for (struct dirent *e; dir && (e = readdir(dir));)
		if (strncmp(e->d_name, "pgdata.", 7) == 0 && e->d_name[7] &&
		    e->d_name[7 + strspn(e->d_name + 7, "0123456789.")] == '\0')
			log_warn("private database: %s/%s was left by an attempt that was killed; "
				 "it is not used, and may be removed",
				 p->dir, e->d_name);
	if (dir)
		closedir(dir);
	else if (fd >= 0)
		close(fd);
}

static enum status make(const struct cluster_paths *p, struct err *err)
{
	struct attempt a;
	enum status st = begin(p, &a, err);
	if (st != ST_OK)
		return st;
	st = run_initdb(&a, err);
	if (st == ST_OK)
		st = configure(&a, err);
	if (st == ST_OK)
		st = finish(&a, err);
	if (st != ST_OK)
		give_up(&a);
	return st;
}

enum status server_make(const struct cluster_paths *p, struct err *err)
{
	static const int later[] = {SIGHUP, SIGINT, SIGTERM};
	sigset_t wait, before;
	struct stat there;
	if (fstatat(p->at, "pgdata", &there, AT_SYMLINK_NOFOLLOW) == 0)
		return ST_OK;
	tell_left(p);
	/* it takes seconds: who interrupts us has them, and nothing is left half made */
	sigemptyset(&wait);
	for (size_t i = 0; i < sizeof later / sizeof *later; i++)
		sigaddset(&wait, later[i]);
	pthread_sigmask(SIG_BLOCK, &wait, &before);
	enum status st = make(p, err);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return st;
}
