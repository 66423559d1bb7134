/*
 * priv.h - private to this wing: the private cluster in five files.
 *
 *	cluster.c  who uses it: locks, the public functions
 *	paths.c    where things are, which PostgreSQL
 *	whose.c    whose things are, acting as the server's user
 *	make.c     initdb
 *	server.c   start, stop
 *
 *	DIR/start.lock    held while the server is made, started or stopped
 *	DIR/users.lock    held shared by every process that uses it
 *	DIR/keep          `db start`: do not stop it with the last user
 *	DIR/pgdata/       the cluster; DIR/pgdata.PID.N/ while initdb works
 *	DIR/server/       its socket and log
 *
 * DIR is ours or the server's user's, and nobody else may write to it. Names in it are used by its
 * descriptor. What is in pgdata and server is the server's user's: as root we change it only as
 * that user, and read it only if it is a plain file of his.
 */
#ifndef DB_CLUSTER_PRIV_H
#define DB_CLUSTER_PRIV_H

#include <limits.h>
#include <stdbool.h>
#include <sys/types.h>

#include "core/err.h"

/* Whom the server runs as. */
struct server_user {
	char name[64], own_name[64]; /* the server's, and of the user who runs ruascope */
	uid_t uid;
	gid_t gid;
	bool drop; /* we are root: change to it */
};

struct cluster_paths {
	char dir[PATH_MAX / 2], pgdata[PATH_MAX], server[PATH_MAX], log[PATH_MAX];
	char socket[108]; /* the directory of the socket */
	char bin[PATH_MAX / 2];
	struct server_user user;
	int at;      /* DIR, opened */
	uid_t owner; /* whose DIR is */
};

/* ---- paths.c ---- */

enum status cluster_dir_find(char *out, size_t size, struct err *err) MUST_CHECK;

/* Fill p, make the directories. ST_FATAL: a directory is refused; ST_RETRY: anything else. */
enum status cluster_paths_prepare(struct cluster_paths *p, struct err *err) MUST_CHECK;
void cluster_paths_close(struct cluster_paths *p); /* also after prepare() failed */

/* ---- whose.c ---- */

/* DIR made, opened and checked; the user found. ST_FATAL: refused. */
enum status whose_open(struct cluster_paths *p, struct err *err) MUST_CHECK;

/* Under start.lock: pgdata, if there is one, and server, which is made. ST_FATAL: refused. */
enum status whose_check(const struct cluster_paths *p, struct err *err) MUST_CHECK;

/* Run task as u: in a child where we are root, so that it can change nothing but err. */
typedef enum status whose_task(void *ctx, struct err *err);
enum status whose_act(const struct server_user *u, whose_task *task, void *ctx,
		      struct err *err) MUST_CHECK;

/* In a child: be u from now on. */
bool whose_become(const struct server_user *u) MUST_CHECK;

/* A directory of the server's user in DIR. ST_ITEM: that name is taken. */
enum status whose_make(const struct cluster_paths *p, const char *name, struct err *err) MUST_CHECK;

/* DIR/dir/name, open for reading, if it is a plain file of the server's user; -1 with errno. */
int whose_file(const struct cluster_paths *p, const char *dir, const char *name);

/* ---- make.c ---- */

/* Under start.lock: make pgdata if there is none. */
enum status server_make(const struct cluster_paths *p, struct err *err) MUST_CHECK;

/* ---- server.c ---- */

/* The program argv, as the server's user, away from our terminal, files and locks. with_us: it ends
 * when we are killed. */
pid_t server_spawn(const struct cluster_paths *p, char *const argv[], bool with_us);

/* One file in a directory of the server's user, as that user. how: O_EXCL for a new file in place
 * of an old one, O_APPEND. */
enum status server_write(const struct server_user *u, const char *dir, const char *name, int how,
			 const char *text, struct err *err) MUST_CHECK;

/* The last complaint in the server's log, or its last line: it usually says why. Returns out. */
const char *server_said(const struct cluster_paths *p, char *out, size_t size);

/* Under start.lock: */
bool server_is_up(const struct cluster_paths *p);
enum status server_ensure(const struct cluster_paths *p, struct err *err) MUST_CHECK;
enum status server_stop(const struct cluster_paths *p, struct err *err) MUST_CHECK;

/* A libpq connection string for the database, or NULL dbname for the one that is always there. */
void server_conninfo(const struct cluster_paths *p, const char *dbname, char *out, size_t size);

#endif
