#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/hash.h"
#include "db/cluster/priv.h"

#define SOCKET_NAME "/.s.PGSQL.5432.lock"

enum status cluster_dir_find(char *out, size_t size, struct err *err)
{
	const char *xdg = getenv("XDG_DATA_HOME"), *home = getenv("HOME");
	int n;
	if (xdg && *xdg == '/') {
		n = snprintf(out, size, "%s/ruascope", xdg);
	} else if (geteuid() == 0) {
		n = snprintf(out, size, "/var/lib/ruascope");
	} else {
		const struct passwd *pw = home && *home == '/' ? NULL : getpwuid(geteuid());
		if (pw)
			home = pw->pw_dir;
		if (!home || *home != '/')
			return err_set(
			    err, ST_RETRY,
			    "no place for the private database: set HOME, XDG_DATA_HOME or --db");
		n = snprintf(out, size, "%s/.local/share/ruascope", home);
	}
	if (n < 0 || (size_t)n >= size)
		return err_set(err, ST_RETRY, "the path of the private database is too long");
	return ST_OK;
}

static bool has_server(const char *bin)
{
	char path[PATH_MAX];
	snprintf(path, sizeof path, "%s/initdb", bin);
	if (access(path, X_OK) != 0)
		return false;
	snprintf(path, sizeof path, "%s/postgres", bin);
	return access(path, X_OK) == 0;
}

/* Major version of an existing cluster, 0 when there is none. */
static int cluster_major(const struct cluster_paths *p)
{
	char text[16];
	int fd = whose_file(p, "pgdata", "PG_VERSION");
	ssize_t n = fd >= 0 ? read(fd, text, sizeof text - 1) : 0;
	if (fd >= 0)
		close(fd);
	text[n > 0 ? n : 0] = '\0';
	return (int)strtol(text, NULL, 10);
}

/* Debian keeps each major version's programs out of PATH. */
static bool search_debian(struct cluster_paths *p, int major)
{
	int best = 0;
	DIR *d = opendir("/usr/lib/postgresql");
	for (struct dirent *e; d && (e = readdir(d));) {
		char bin[PATH_MAX / 2];
		int version = (int)strtol(e->d_name, NULL, 10);
		if (version <= best || (major && version != major))
			continue;
		snprintf(bin, sizeof bin, "/usr/lib/postgresql/%.20s/bin", e->d_name);
		if (!has_server(bin))
			continue;
		best = version;
		snprintf(p->bin, sizeof p->bin, "%s", bin);
	}
	if (d)
		closedir(d);
	return best > 0;
}

/* What `postgres --version` says: "postgres (PostgreSQL) 15.8". 0: nothing that makes sense. */
static int program_major(const char *bin)
{
	char path[PATH_MAX], line[128];
	int ends[2], major = 0;
	snprintf(path, sizeof path, "%s/postgres", bin);
	char *argv[] = {path, (char *)"--version", NULL};
	if (pipe2(ends, O_CLOEXEC) != 0)
		return 0;
	pid_t pid = fork();
	if (pid == 0) {
		if (dup2(ends[1], 1) == 1)
			execv(path, argv);
		_exit(127);
	}
	close(ends[1]);
	ssize_t n = pid > 0 ? read(ends[0], line, sizeof line - 1) : 0;
	close(ends[0]);
	while (pid > 0 && waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	line[n > 0 ? n : 0] = '\0';
	return sscanf(line, "postgres (PostgreSQL) %d", &major) == 1 ? major : 0;
}

static bool search_path(struct cluster_paths *p, int major)
{
	const char *path = getenv("PATH");
	for (const char *s = path; s && *s;) {
		size_t n = strcspn(s, ":");
		if (n > 0 && n < sizeof p->bin) {
			snprintf(p->bin, sizeof p->bin, "%.*s", (int)n, s);
			if (has_server(p->bin) && (!major || program_major(p->bin) == major))
				return true;
		}
		s += n + (s[n] == ':');
	}
	return false;
}

static enum status find_programs(struct cluster_paths *p, struct err *err)
{
	const char *given = getenv("RUASCOPE_PG_BINDIR");
	int major = cluster_major(p);
	if (given && *given) {
		snprintf(p->bin, sizeof p->bin, "%s", given);
		if (has_server(p->bin))
			return ST_OK;
		return err_set(err, ST_RETRY,
			       "PostgreSQL's server programs (initdb, postgres) are not in %s "
			       "(RUASCOPE_PG_BINDIR)",
			       given);
	}
	if (search_debian(p, major) || search_path(p, major))
		return ST_OK;
	if (major)
		return err_set(err, ST_RETRY,
			       "the private database needs PostgreSQL %d: install the package "
			       "postgresql-%d, or use --db with a server of your own",
			       major, major);
	return err_set(
	    err, ST_RETRY,
	    "PostgreSQL's server programs (initdb, postgres) are not installed: install the "
	    "package postgresql-15, or use --db with a server of your own");
}

static enum status make_socket_dir(void *ctx, struct err *err)
{
	const char *path = ctx;
	if (mkdir(path, 0700) == 0 || errno == EEXIST)
		return ST_OK;
	return err_set(err, ST_RETRY, "private database: %s: %s", path, strerror(errno));
}

/* A directory that is ours alone, for a socket whose path must be short. */
static enum status private_socket_dir(struct cluster_paths *p, struct err *err)
{
	const char *runtime = p->user.drop ? NULL : getenv("XDG_RUNTIME_DIR");
	struct digest d = hash_fixed128(p->dir, strlen(p->dir));
	struct stat st;
	if (!runtime || *runtime != '/' || strlen(runtime) > 60)
		runtime = "/tmp";
	snprintf(p->socket, sizeof p->socket, "%s/ruascope-%u-%02x%02x%02x%02x", runtime,
		 (unsigned)p->user.uid, d.b[0], d.b[1], d.b[2], d.b[3]);
	enum status rc = whose_act(&p->user, make_socket_dir, p->socket, err);
	if (rc != ST_OK)
		return rc;
	/* /tmp is everybody's: it must not be somebody else's, nor a link */
	if (lstat(p->socket, &st) != 0 || !S_ISDIR(st.st_mode) || st.st_uid != p->user.uid ||
	    (st.st_mode & 077) != 0)
		return err_set(err, ST_FATAL,
			       "private database: %s is not a private directory of %s", p->socket,
			       p->user.name);
	return ST_OK;
}

/* Can the server's user get to dir? Asked as that user, in a child. *stop: the first that refuses.
 */
static bool can_traverse(const struct cluster_paths *p, char stop[PATH_MAX])
{
	char part[PATH_MAX];
	snprintf(part, sizeof part, "%s", p->dir);
	for (char *s = part + 1;; s++) {
		if (*s != '/' && *s != '\0')
			continue;
		char c = *s;
		*s = '\0';
		pid_t pid = fork();
		if (pid == 0) {
			bool ok = setgroups(0, NULL) == 0 && setgid(p->user.gid) == 0 &&
				  setuid(p->user.uid) == 0 && access(part, X_OK) == 0;
			_exit(ok ? 0 : 1);
		}
		int status = 1;
		while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
			;
		if (status != 0) {
			snprintf(stop, PATH_MAX, "%s", part);
			return false;
		}
		if (!c)
			return true;
		*s = c;
	}
}

enum status cluster_paths_prepare(struct cluster_paths *p, struct err *err)
{
	char stop[PATH_MAX];
	*p = (struct cluster_paths){.at = -1};
	enum status st = cluster_dir_find(p->dir, sizeof p->dir, err);
	if (st == ST_OK)
		st = whose_open(p, err);
	if (st == ST_OK)
		st = find_programs(p, err);
	if (st != ST_OK)
		return st;
	snprintf(p->pgdata, sizeof p->pgdata, "%s/pgdata", p->dir);
	snprintf(p->server, sizeof p->server, "%s/server", p->dir);
	snprintf(p->log, sizeof p->log, "%s/server/postgres.log", p->dir);
	if (p->user.drop && !can_traverse(p, stop))
		return err_set(err, ST_RETRY,
			       "private database: the server runs as %s, who may not enter %s: set "
			       "XDG_DATA_HOME to another place, or use --db",
			       p->user.name, stop);
	/* the server takes a list there, in which quotes and commas have a meaning */
	static const char plain[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789/._-";
	bool odd = p->server[strspn(p->server, plain)] != '\0';
	if (odd || strlen(p->server) + sizeof SOCKET_NAME > sizeof p->socket)
		return private_socket_dir(p, err);
	snprintf(p->socket, sizeof p->socket, "%s", p->server);
	return ST_OK;
}

void cluster_paths_close(struct cluster_paths *p)
{
	if (p->at >= 0)
		close(p->at);
	p->at = -1;
}
