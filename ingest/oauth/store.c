#include "ingest/oauth/store.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "core/mem.h"
#include "core/text.h"
#include "ingest/oauth/reply.h"

#define LOCK_SECONDS 120
#define LOCK_STEP_MS 50

static enum status failed(struct err *err, const char *path)
{
	return err_set(err, ST_FATAL, "%s: %s", path, strerror(errno));
}

/* The file's owner; of a new file, its directory's. Root logs in for the user that will read. */
static void give_to_owner(const struct oauth_store *s, int fd)
{
	struct stat st;
	char dir[PATH_MAX];
	const char *slash = strrchr(s->path, '/');
	snprintf(dir, sizeof dir, "%.*s", slash ? (int)(slash - s->path) + 1 : 1,
		 slash ? s->path : ".");
	if (geteuid() == 0 && (lstat(s->path, &st) == 0 || stat(dir, &st) == 0) &&
	    fchown(fd, st.st_uid, st.st_gid) != 0)
		return; /* it stays root's: the reader will say so */
}

static enum status open_lock(struct oauth_store *s, const char *path, struct err *err)
{
	const int flags = O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY;
	s->lock = open(path, flags | O_CREAT | O_EXCL, 0600);
	if (s->lock >= 0)
		give_to_owner(s, s->lock);
	else if (errno == EEXIST)
		s->lock = open(path, flags);
	return s->lock >= 0 ? ST_OK : failed(err, path);
}

static enum status take_lock(struct oauth_store *s, const atomic_bool *stop, struct err *err)
{
	const struct timespec step = {.tv_nsec = LOCK_STEP_MS * 1000000L};
	for (int i = 0; i < LOCK_SECONDS * 1000 / LOCK_STEP_MS; i++) {
		if (flock(s->lock, LOCK_EX | LOCK_NB) == 0)
			return ST_OK;
		if (errno != EWOULDBLOCK && errno != EINTR)
			return failed(err, s->path);
		if (stop && atomic_load(stop))
			return err_set(err, ST_RETRY, "%s: interrupted", s->path);
		nanosleep(&step, NULL);
	}
	return err_set(err, ST_RETRY, "%s: another process has held its lock for %d seconds",
		       s->path, LOCK_SECONDS);
}

/* Only one has the lock: what stands there under this name was left by a process that died. */
static enum status open_temp(struct oauth_store *s, struct err *err)
{
	(void)unlink(s->temp_path);
	s->temp = open(s->temp_path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (s->temp < 0)
		return failed(err, s->temp_path);
	give_to_owner(s, s->temp);
	errno = posix_fallocate(s->temp, 0, OAUTH_TOKEN_MAX + 1);
	if (errno == ENOSPC || errno == EDQUOT || errno == EFBIG)
		return failed(err, s->temp_path);
	return ST_OK;
}

enum status oauth_store_open(struct oauth_store *s, const char *path, const atomic_bool *stop,
			     struct err *err)
{
	char *lock_path = NULL, *real = realpath(path, NULL);
	*s = (struct oauth_store){.path = real ? real : mem_strdup(path), .lock = -1, .temp = -1};
	size_t n = strlen(s->path) + 8;
	s->temp_path = mem_alloc(n);
	snprintf(s->temp_path, n, "%s.new", s->path);
	lock_path = mem_alloc(n);
	snprintf(lock_path, n, "%s.lock", s->path);
	enum status st = open_lock(s, lock_path, err);
	if (st == ST_OK)
		st = take_lock(s, stop, err);
	if (st == ST_OK)
		st = open_temp(s, err);
	free(lock_path);
	if (st != ST_OK)
		oauth_store_close(s);
	return st;
}

void oauth_store_close(struct oauth_store *s)
{
	if (s->temp >= 0) {
		close(s->temp);
		(void)unlink(s->temp_path);
	}
	if (s->lock >= 0)
		close(s->lock);
	free(s->path);
	free(s->temp_path);
	*s = (struct oauth_store){.lock = -1, .temp = -1};
}

static enum status read_line(const char *path, int fd, unsigned forbidden, struct buf *out,
			     struct err *err)
{
	char text[OAUTH_TOKEN_MAX + 64];
	struct stat st;
	size_t n = 0;
	ssize_t got;
	if (fstat(fd, &st) != 0)
		return failed(err, path);
	if (!S_ISREG(st.st_mode))
		return err_set(err, ST_FATAL, "%s: not a regular file", path);
	if (st.st_mode & forbidden)
		return err_set(err, ST_FATAL, "%s: others may read this secret; `chmod 600` it",
			       path);
	while ((got = read(fd, text + n, sizeof text - n)) > 0)
		n += (size_t)got;
	if (got < 0)
		return failed(err, path);
	const char *s = text;
	bool full = n == sizeof text;
	text_trim(&s, &n);
	enum status rc = ST_OK;
	if (n == 0)
		rc = err_set(err, ST_FATAL, "%s: empty", path);
	else if (full || !oauth_is_token(s, n))
		rc = err_set(err, ST_FATAL, "%s: not one line with one secret", path);
	else
		buf_put(out, s, n);
	explicit_bzero(text, sizeof text);
	return rc;
}

enum status oauth_secret_file(const char *path, unsigned forbidden, struct buf *out,
			      struct err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return failed(err, path);
	enum status st = read_line(path, fd, forbidden, out, err);
	close(fd);
	return st;
}

enum status oauth_store_read(const struct oauth_store *s, struct buf *out, struct err *err)
{
	return oauth_secret_file(s->path, 077, out, err);
}

static bool write_all(int fd, const char *p, size_t n)
{
	while (n > 0) {
		ssize_t put = write(fd, p, n);
		if (put < 0 && errno == EINTR)
			continue;
		if (put <= 0)
			return false;
		p += put;
		n -= (size_t)put;
	}
	return true;
}

/* The new name is on disk when the directory is. */
static bool sync_directory(const char *path)
{
	char dir[PATH_MAX];
	const char *slash = strrchr(path, '/');
	snprintf(dir, sizeof dir, "%.*s", slash ? (int)(slash - path) + 1 : 1, slash ? path : ".");
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool ok = fd >= 0 && (fsync(fd) == 0 || errno == EINVAL);
	if (fd >= 0)
		close(fd);
	return ok;
}

enum status oauth_store_write(struct oauth_store *s, const char *token, struct err *err)
{
	size_t n = strlen(token);
	if (!write_all(s->temp, token, n) || !write_all(s->temp, "\n", 1) ||
	    ftruncate(s->temp, (off_t)n + 1) != 0 || fsync(s->temp) != 0 ||
	    rename(s->temp_path, s->path) != 0)
		return failed(err, s->temp_path);
	close(s->temp);
	s->temp = -1;
	return sync_directory(s->path) ? ST_OK : failed(err, s->path);
}
