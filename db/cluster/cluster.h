/*
 * cluster.h - the private PostgreSQL: made, started and stopped by ruascope itself.
 *
 * Under $XDG_DATA_HOME/ruascope (default ~/.local/share/ruascope; /var/lib/ruascope for root
 * without XDG_DATA_HOME): unix socket only, peer authentication, no TCP. As root the server runs as
 * the user "ruascope" if there is one, else "postgres", because PostgreSQL refuses root.
 *
 * A process that uses it holds a shared lock; the last one to leave stops the server, unless `db
 * start` said to keep it. Everything is safe against a second process doing the same and against
 * kill -9 of either at any moment: initdb works in a directory of its own that is renamed when
 * whole.
 *
 * A directory that is not ours, or in which others may write, is refused, as is a pgdata that is a
 * link, another's, or no cluster. Nothing is removed but what this attempt made; as root nothing is
 * done by path in what belongs to the server's user, but as that user (priv.h).
 *
 * The wing cluster/: a PostgreSQL of our own, made, started and stopped. In: a directory. Out: a
 * connection string. It may include pg/.
 */
#ifndef DB_CLUSTER_CLUSTER_H
#define DB_CLUSTER_CLUSTER_H

#include <stdbool.h>

#include "core/err.h"

struct cluster;

/* Make it if there is none, start it if it is down, and hold it. *conninfo is owned by *out.
 * ST_FATAL: a directory is refused, a person must look at it; ST_RETRY: it cannot be made or
 * started. */
enum status cluster_acquire(struct cluster **out, const char **conninfo,
			    struct err *err) MUST_CHECK;

/* Let go; stop the server when nobody else holds it and it is not kept. */
void cluster_release(struct cluster *c);

/* `db start`: acquire and keep running after everybody left. `db stop`: forget that and stop now;
 * ST_LATER when another process is using it. */
enum status cluster_keep(struct cluster *c, struct err *err) MUST_CHECK;
enum status cluster_stop(bool *was_running, struct err *err) MUST_CHECK;

/* The directory it lives in, or would; a static buffer. */
enum status cluster_directory(const char **path, struct err *err) MUST_CHECK;

#endif
