/*
 * priv.h - private to this wing: the private cluster in three files.
 *
 *	cluster.c         who uses it: locks, the public functions
 *	paths.c   where things are, whose they are, which PostgreSQL
 *	server.c  initdb, start, stop
 *
 *	DIR/start.lock    held while the server is made, started or stopped
 *	DIR/users.lock    held shared by every process that uses it
 *	DIR/keep          `db start`: do not stop it with the last user
 *	DIR/pgdata/       the cluster; DIR/pgdata.PID/ while initdb works
 *	DIR/server/       its socket and log
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
	char dir[PATH_MAX / 2], pgdata[PATH_MAX], fresh[PATH_MAX], server[PATH_MAX], log[PATH_MAX];
	char socket[108]; /* the directory of the socket */
	char bin[PATH_MAX / 2];
	struct server_user user;
};

enum status cluster_dir_find(char *out, size_t size, struct err *err) MUST_CHECK;

/* Fill p, make the directories. ST_FATAL with a sentence when that cannot be. */
enum status cluster_paths_prepare(struct cluster_paths *p, struct err *err) MUST_CHECK;

/* Under start.lock: */
bool server_is_up(const struct cluster_paths *p);
enum status server_ensure(struct cluster_paths *p, struct err *err) MUST_CHECK;
enum status server_stop(const struct cluster_paths *p, struct err *err) MUST_CHECK;

/* A libpq connection string for the database, or NULL dbname for the one that is always there. */
void server_conninfo(const struct cluster_paths *p, const char *dbname, char *out, size_t size);

#endif
