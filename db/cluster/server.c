#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "core/buf.h"
#include "db/cluster/priv.h"
#include "db/pg/pg.h"

#define WAIT_SECONDS   120 /* for a server that starts (it may recover a crash) or stops */
#define ORPHAN_SECONDS 30  /* for the processes of one that was killed */

static void nap(void)
{
	nanosleep(&(struct timespec){.tv_nsec = 20 * 1000 * 1000}, NULL);
}

static time_t now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec;
}

/* In the child: become the server's user, away from our terminal, files and locks; what it prints
 * goes to its log. */
static void become_server(const struct cluster_paths *p, char *const argv[], bool with_us)
{
	sigset_t none;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGINT, SIG_DFL);
	signal(SIGTERM, SIG_DFL);
	signal(SIGPIPE, SIG_DFL);
	setsid();
	if (!whose_become(&p->user))
		_exit(126);
	if (with_us && prctl(PR_SET_PDEATHSIG, SIGTERM) != 0) /* after setuid, which clears it */
		_exit(126);
	umask(077);
	int in = open("/dev/null", O_RDONLY);
	int out = open(p->log, O_WRONLY | O_CREAT | O_APPEND, 0600);
	if (in < 0 || out < 0 || dup2(in, 0) < 0 || dup2(out, 1) < 0 || dup2(out, 2) < 0 ||
	    chdir("/") != 0)
		_exit(126);
	close_range(3, ~0u, 0);
	unsetenv("PGDATA");
	execv(argv[0], argv);
	_exit(127);
}

pid_t server_spawn(const struct cluster_paths *p, char *const argv[], bool with_us)
{
	pid_t pid = fork();
	if (pid == 0)
		become_server(p, argv, with_us);
	return pid;
}

/* Is this line a complaint, not a hint on one? */
static bool complains(const char *line)
{
	return strstr(line, "FATAL:") || strstr(line, "PANIC:") || strstr(line, "error:");
}

/* Spawn it as init's child, not ours: while a dead child of ours waits for us to notice, nobody
 * else could start a server in its place. Returns a pidfd, -1 with errno set. */
static int spawn_detached(const struct cluster_paths *p, char *const argv[])
{
	int ends[2];
	pid_t server = -1, between;
	if (pipe2(ends, O_CLOEXEC) != 0)
		return -1;
	between = fork();
	if (between == 0) {
		server = server_spawn(p, argv, false);
		_exit(write(ends[1], &server, sizeof server) == (ssize_t)sizeof server ? 0 : 1);
	}
	int code = errno;
	close(ends[1]);
	while (between > 0 && waitpid(between, NULL, 0) < 0 && errno == EINTR)
		;
	if (between > 0 && (read(ends[0], &server, sizeof server) != (ssize_t)sizeof server))
		server = -1;
	close(ends[0]);
	errno = code;
	return server > 0 ? pidfd_open(server, 0) : -1;
}

static bool has_ended(int pidfd)
{
	struct pollfd end = {.fd = pidfd, .events = POLLIN};
	return poll(&end, 1, 0) > 0;
}

const char *server_said(const struct cluster_paths *p, char *out, size_t size)
{
	char tail[4096];
	snprintf(out, size, "see %s", p->log);
	int fd = whose_file(p, "server", "postgres.log");
	if (fd < 0)
		return out;
	off_t end = lseek(fd, 0, SEEK_END);
	off_t from = end > (off_t)sizeof tail - 1 ? end - (off_t)sizeof tail + 1 : 0;
	ssize_t n = pread(fd, tail, sizeof tail - 1, from);
	close(fd);
	while (n > 0 && (tail[n - 1] == '\n' || tail[n - 1] == ' '))
		n--;
	if (n <= 0)
		return out;
	tail[n] = '\0';
	bool found = false;
	char *rest = tail;
	for (char *line; (line = strsep(&rest, "\n"));)
		if (complains(line) || !found) {
			found = complains(line);
			snprintf(out, size, "%s", line);
		}
	return out;
}

struct text_file {
	const char *dir, *name, *text;
	int how;
};

static enum status write_file(void *ctx, struct err *err)
{
	const struct text_file *t = ctx;
	char path[PATH_MAX + 32];
	size_t n = strlen(t->text);
	snprintf(path, sizeof path, "%s/%s", t->dir, t->name);
	if (t->how == O_EXCL)
		unlink(path);
	int fd = open(path,
		      O_WRONLY | O_CLOEXEC | O_NOFOLLOW | t->how | (t->how == O_EXCL ? O_CREAT : 0),
		      0600);
	bool ok = fd >= 0 && write(fd, t->text, n) == (ssize_t)n;
	int code = errno;
	if (fd >= 0)
		close(fd);
	return ok ? ST_OK
		  : err_set(err, ST_RETRY, "private database: %s: %s", path, strerror(code));
}

enum status server_write(const struct server_user *u, const char *dir, const char *name, int how,
			 const char *text, struct err *err)
{
	struct text_file t = {dir, name, text, how};
	return whose_act(u, write_file, &t, err);
}

/* 'value' of a configuration file or connection string, with quote doubled by escape. */
static void put_quoted(struct buf *b, const char *value, char escape)
{
	buf_putc(b, '\'');
	for (; *value; value++) {
		if (*value == '\'' || (*value == '\\' && escape == '\\'))
			buf_putc(b, escape);
		buf_putc(b, *value);
	}
	buf_putc(b, '\'');
}

void server_conninfo(const struct cluster_paths *p, const char *dbname, char *out, size_t size)
{
	struct buf b;
	buf_init(&b, size - 1);
	buf_puts(&b, "hostaddr='' host="); /* PGHOSTADDR would win over the socket */
	put_quoted(&b, p->socket, '\\');
	buf_puts(&b, " requirepeer="); /* whoever may bend the path to it is not to be talked to */
	put_quoted(&b, p->user.name, '\\');
	buf_printf(&b, " port=5432 user=ruascope dbname=%s", dbname ? dbname : "postgres");
	snprintf(out, size, "%s", b.data);
	buf_free(&b);
}

static enum db_answer ping(const struct cluster_paths *p)
{
	char conninfo[512];
	server_conninfo(p, NULL, conninfo, sizeof conninfo);
	return db_ping(conninfo);
}

bool server_is_up(const struct cluster_paths *p)
{
	return ping(p) == DB_ANSWERS;
}

static enum status write_settings(const struct cluster_paths *p, struct err *err)
{
	struct buf b;
	buf_init(&b, 4096);
	buf_puts(&b, "listen_addresses = ''\nport = 5432\nunix_socket_directories = ");
	put_quoted(&b, p->socket, '\'');
	buf_puts(&b,
		 "\nunix_socket_permissions = 0700\nmax_connections = 60\nshared_buffers = 64MB\n"
		 "max_wal_size = 2GB\nwal_level = minimal\nmax_wal_senders = 0\n"
		 "max_logical_replication_workers = 0\nlogging_collector = off\n"
		 "log_min_messages = warning\nlog_checkpoints = off\n");
	enum status st = server_write(&p->user, p->pgdata, "ruascope.conf", O_EXCL, b.data, err);
	buf_free(&b);
	return st;
}

/* One attempt. *again: an old server of this cluster is just dying, another attempt makes sense. */
static enum status start_once(const struct cluster_paths *p, bool *again, struct err *err)
{
	char program[PATH_MAX], why[512];
	snprintf(program, sizeof program, "%s/postgres", p->bin);
	char *argv[] = {program, (char *)"-D", (char *)p->pgdata, NULL};
	*again = false;
	int server = spawn_detached(p, argv);
	if (server < 0 && errno != ESRCH)
		return err_set(err, ST_RETRY, "private database: cannot start: %s",
			       strerror(errno));
	bool up = false, ended = false;
	for (time_t end = now() + WAIT_SECONDS; !up && !ended && now() < end; nap()) {
		ended = server < 0 || has_ended(server); /* asked first: an old one may answer */
		up = ping(p) == DB_ANSWERS;
	}
	if (server >= 0)
		close(server);
	if (up)
		return ST_OK;
	server_said(p, why, sizeof why);
	if (!ended)
		return err_set(err, ST_RETRY,
			       "private database: the server does not answer after %d seconds: %s",
			       WAIT_SECONDS, why);
	*again = strstr(why, "is still in use") || strstr(why, "lock file");
	return err_set(err, ST_RETRY, "private database: the server does not start: %s", why);
}

static enum status start(const struct cluster_paths *p, struct err *err)
{
	enum status st = write_settings(p, err);
	if (st != ST_OK)
		return st;
	bool again = true;
	/* orphans of a killed server leave within seconds */
	for (time_t end = now() + ORPHAN_SECONDS; again && now() <= end;) {
		enum db_answer state = ping(p);
		for (time_t busy = now() + WAIT_SECONDS; state == DB_REFUSES && now() < busy;) {
			nap(); /* one that somebody left behind recovers, or is shutting down */
			state = ping(p);
		}
		if (state == DB_ANSWERS)
			return ST_OK;
		st = start_once(p, &again, err);
		if (st == ST_OK)
			break;
		for (int k = 0; again && k < 10; k++)
			nap();
	}
	return st;
}

static enum status make_database_once(const struct cluster_paths *p, struct err *err)
{
	char conninfo[512];
	server_conninfo(p, NULL, conninfo, sizeof conninfo);
	struct db *db = NULL;
	PGresult *res = NULL;
	enum status st = db_open(conninfo, &db, err);
	if (st == ST_OK)
		st = db_query(db, "SELECT 1 FROM pg_database WHERE datname = 'ruascope'", 0, NULL,
			      &res, err);
	if (st == ST_OK && PQntuples(res) == 0)
		st = db_exec(db, "CREATE DATABASE ruascope", err);
	PQclear(res);
	db_close(db);
	return st == ST_OK ? st : err_wrap(err, ST_RETRY, "private database");
}

/* A process that was killed may have left its CREATE DATABASE at work: ours fails until that ends.
 */
static enum status make_database(const struct cluster_paths *p, struct err *err)
{
	enum status st = make_database_once(p, err);
	for (time_t end = now() + ORPHAN_SECONDS; st != ST_OK && !db_stopping() && now() < end;) {
		nap();
		st = make_database_once(p, err);
	}
	return st;
}

enum status server_ensure(const struct cluster_paths *p, struct err *err)
{
	enum status st = ST_OK;
	if (!server_is_up(p)) {
		st = server_make(p, err);
		if (st == ST_OK)
			st = start(p, err);
	}
	return st == ST_OK ? make_database(p, err) : st;
}

/* A server works in its data directory; any other process of that number is somebody else's. */
static bool lives_in(long pid, const struct cluster_paths *p)
{
	char path[64];
	struct stat here, there;
	snprintf(path, sizeof path, "/proc/%ld/cwd", pid);
	return stat(path, &there) == 0 &&
	       fstatat(p->at, "pgdata", &here, AT_SYMLINK_NOFOLLOW) == 0 &&
	       here.st_dev == there.st_dev && here.st_ino == there.st_ino;
}

/* The running server's, 0 when there is none: the file outlives a server that was killed. */
static pid_t server_pid(const struct cluster_paths *p)
{
	char text[32];
	int fd = whose_file(p, "pgdata", "postmaster.pid");
	ssize_t n = fd >= 0 ? read(fd, text, sizeof text - 1) : 0;
	if (fd >= 0)
		close(fd);
	text[n > 0 ? n : 0] = '\0';
	long pid = strtol(text, NULL, 10);
	return pid > 1 && lives_in(pid, p) ? (pid_t)pid : 0;
}

/* Its user wrote that number: as that user, no process of anybody else is reached. */
static enum status interrupt(void *ctx, struct err *err)
{
	const pid_t *pid = ctx;
	if (kill(*pid, SIGINT) == 0 || errno == ESRCH) /* the fast shutdown */
		return ST_OK;
	return err_set(err, ST_RETRY, "private database: cannot stop process %ld: %s", (long)*pid,
		       strerror(errno));
}

static enum status remove_socket_dir(void *ctx, struct err *err)
{
	(void)err;
	(void)rmdir(ctx);
	return ST_OK;
}

enum status server_stop(const struct cluster_paths *p, struct err *err)
{
	char socket[sizeof p->socket];
	pid_t pid = server_pid(p);
	if (pid == 0)
		return ST_OK;
	enum status st = whose_act(&p->user, interrupt, &pid, err);
	if (st != ST_OK)
		return st;
	for (time_t end = now() + WAIT_SECONDS; now() < end; nap()) {
		if (server_pid(p) == pid && (kill(pid, 0) == 0 || errno != ESRCH))
			continue;
		if (strcmp(p->socket, p->server) == 0)
			return ST_OK;
		memcpy(socket, p->socket, sizeof socket);
		/* the one in /tmp; made again when needed */
		return whose_act(&p->user, remove_socket_dir, socket, err);
	}
	return err_set(err, ST_RETRY, "private database: the server does not stop");
}
