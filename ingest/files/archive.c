#include "ingest/files/archive.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/mem.h"

#define NUMBERS_MAX   1000000
#define NAME_SHORT    143 /* of an encrypting file system (eCryptfs) */
#define EXTENSION_MAX 32

struct archive {
	int fd;     /* of DIR */
	char *real; /* its canonical path */
	char *dir;  /* as given, for messages */
	atomic_uint n_temp;
};

static const char *const folder[OUT_COUNT] = {
    [OUT_STORED] = "stored",     [OUT_DUPLICATE] = "duplicate",       [OUT_CONFLICT] = "conflict",
    [OUT_REJECTED] = "rejected", [OUT_NOT_A_REPORT] = "not-a-report",
};

const char *archive_folder(enum outcome o)
{
	return folder[o];
}

enum outcome archive_worse(enum outcome a, enum outcome b)
{
	static const int rank[OUT_COUNT] = {
	    [OUT_NOT_A_REPORT] = 0, [OUT_DUPLICATE] = 1, [OUT_STORED] = 2,
	    [OUT_CONFLICT] = 3,     [OUT_REJECTED] = 4,
	};
	return rank[a] >= rank[b] ? a : b;
}

enum status archive_open(const char *dir, struct archive **out, struct err *err)
{
	if (mkdir(dir, 0777) != 0 && errno != EEXIST)
		return err_set(err, ST_FATAL, "%s: %s", dir, strerror(errno));
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	char *real = fd >= 0 ? realpath(dir, NULL) : NULL;
	if (!real) {
		int e = errno;
		if (fd >= 0)
			close(fd);
		return err_set(err, ST_FATAL, "%s: %s", dir, strerror(e));
	}
	struct archive *a = mem_alloc(sizeof *a);
	a->fd = fd;
	a->real = real;
	a->dir = mem_strdup(dir);
	*out = a;
	return ST_OK;
}

void archive_close(struct archive *a)
{
	if (!a)
		return;
	close(a->fd);
	free(a->real);
	free(a->dir);
	free(a);
}

bool archive_holds(const struct archive *a, const char *path)
{
	const char *slash = strrchr(path, '/');
	char *parent = slash ? strndup(path, (size_t)(slash - path) + 1) : strdup(".");
	char *real = parent ? realpath(parent, NULL) : NULL;
	free(parent);
	size_t n = strlen(a->real);
	bool holds = false;
	if (real && strncmp(real, a->real, n) == 0 && real[n] == '/') {
		const char *below = real + n + 1;
		for (int i = 0; i < OUT_COUNT; i++) {
			size_t len = strlen(folder[i]);
			if (strncmp(below, folder[i], len) == 0 &&
			    (below[len] == '/' || below[len] == '\0'))
				holds = true;
		}
	}
	free(real);
	return holds;
}

/* Is target in the folder already (a second look at what was set aside)? */
static bool is_there(const char *target, int to_fd, const char *name)
{
	struct stat here, there;
	return stat(target, &here) == 0 && fstatat(to_fd, name, &there, AT_SYMLINK_NOFOLLOW) == 0 &&
	       here.st_dev == there.st_dev && here.st_ino == there.st_ino && here.st_nlink == 1;
}

/* How much of a name may stay so that it is no longer than max with more bytes behind it; no
 * character is cut. */
static size_t fitting(const char *name, size_t n, size_t more, size_t max)
{
	if (n + more <= max)
		return n;
	n = max - more;
	while (n > 0 && ((unsigned char)name[n] & 0xc0) == 0x80)
		n--;
	return n;
}

/* "a.eml" with 2 is "a.2.eml"; a name without an extension, or with a very long one, gets ".2"
 * behind it; with 0 it stays. What is longer than max is shortened before that. */
static char *numbered(const char *name, unsigned number, size_t max)
{
	char middle[16] = "";
	const char *dot = strrchr(name, '.');
	if (!dot || dot == name || strlen(dot) > EXTENSION_MAX)
		dot = name + strlen(name);
	if (number > 0)
		snprintf(middle, sizeof middle, ".%u", number);
	size_t keep = fitting(name, (size_t)(dot - name), strlen(middle) + strlen(dot), max);
	size_t size = keep + strlen(middle) + strlen(dot) + 1;
	char *out = mem_alloc(size);
	snprintf(out, size, "%.*s%s%s", (int)keep, name, middle, dot);
	return out;
}

/* Rename without overwriting; a filesystem that cannot do that in one step gets a hard link. */
static int rename_new(int from_fd, const char *from, int to_fd, const char *to)
{
	if (renameat2(from_fd, from, to_fd, to, RENAME_NOREPLACE) == 0)
		return 0;
	if (errno != EINVAL && errno != ENOSYS)
		return -1;
	if (linkat(from_fd, from, to_fd, to, 0) != 0)
		return -1;
	return unlinkat(from_fd, from, 0);
}

/* Give from the first free name like name in the folder to_fd: that name, to be freed; or NULL.
 * Some file systems take less than 255 bytes. */
static char *place(int from_fd, const char *from, int to_fd, const char *name)
{
	size_t max = NAME_MAX;
	errno = EEXIST;
	for (unsigned i = 0; errno == EEXIST && i < NUMBERS_MAX; i++) {
		char *other = numbered(name, i, max);
		if (rename_new(from_fd, from, to_fd, other) == 0)
			return other;
		int e = errno;
		free(other);
		errno = e;
		if (errno == ENAMETOOLONG && max == NAME_MAX) {
			max = NAME_SHORT;
			errno = EEXIST;
			i--;
		}
	}
	return NULL;
}

static int write_all(int fd, const char *p, size_t n)
{
	while (n > 0) {
		ssize_t w = write(fd, p, n);
		if (w < 0 && errno == EINTR)
			continue;
		if (w < 0)
			return -1;
		p += w;
		n -= (size_t)w;
	}
	return 0;
}

static int copy_bytes(int in, int out)
{
	static const size_t size = 64 * 1024;
	char *chunk = mem_alloc(size);
	int rc = -1;
	for (;;) {
		ssize_t n = read(in, chunk, size);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			rc = (int)n;
			break;
		}
		if (write_all(out, chunk, (size_t)n) != 0)
			break;
	}
	free(chunk);
	return rc;
}

/* Copy path to a hidden name in the folder, durable; -1 with errno. */
static int copy_durably(const char *path, const struct stat *seen, int to_fd, const char *temp)
{
	int rc = -1, e = 0;
	int in = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	int out = -1;
	if (in >= 0)
		out = openat(to_fd, temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
			     seen->st_mode & 0777);
	if (out >= 0 && copy_bytes(in, out) == 0) {
		/* The time of arrival is worth keeping; failing to is not worth a word. */
		struct timespec times[2] = {seen->st_atim, seen->st_mtim};
		int ignored = futimens(out, times);
		(void)ignored;
		rc = fsync(out);
	}
	e = errno;
	if (out >= 0 && close(out) != 0 && rc == 0) {
		rc = -1;
		e = errno;
	}
	if (out >= 0 && rc != 0)
		unlinkat(to_fd, temp, 0);
	if (in >= 0)
		close(in);
	errno = e;
	return rc;
}

static int move_across(struct archive *a, const char *path, const struct stat *seen, int to_fd,
		       const char *name)
{
	char temp[64];
	snprintf(temp, sizeof temp, ".ruascope-%ld-%u", (long)getpid(),
		 atomic_fetch_add(&a->n_temp, 1));
	if (copy_durably(path, seen, to_fd, temp) != 0)
		return -1;
	char *placed = place(to_fd, temp, to_fd, name);
	int rc = placed ? fsync(to_fd) : -1;
	if (rc == 0)
		rc = unlink(path);
	if (rc != 0) { /* an original that stays needs no copy: each run would add one */
		int e = errno;
		unlinkat(to_fd, placed ? placed : temp, 0);
		errno = e;
	}
	free(placed);
	return rc;
}

static bool same_file(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
	       a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

static int open_folder(struct archive *a, enum outcome outcome)
{
	if (mkdirat(a->fd, folder[outcome], 0777) != 0 && errno != EEXIST)
		return -1;
	return openat(a->fd, folder[outcome], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

enum status archive_move(struct archive *a, const char *path, const struct stat *seen,
			 enum outcome outcome, struct err *err)
{
	struct stat now, link;
	char *target = NULL, *placed = NULL;
	int to_fd = -1;
	enum status st = ST_OK;
	if (stat(path, &now) != 0 || lstat(path, &link) != 0) {
		st = err_set(err, ST_ITEM, "%s: not moved: %s", path, strerror(errno));
		goto out;
	}
	if (!same_file(&now, seen)) {
		st = err_set(err, ST_ITEM, "%s: not moved: it changed while it was read", path);
		goto out;
	}
	target = S_ISLNK(link.st_mode) ? realpath(path, NULL) : mem_strdup(path);
	if (target)
		to_fd = open_folder(a, outcome);
	if (to_fd < 0)
		goto failed;
	const char *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path;
	if (is_there(target, to_fd, name))
		goto out;
	placed = place(AT_FDCWD, target, to_fd, name);
	if (!placed && (errno != EXDEV || move_across(a, target, seen, to_fd, name) != 0))
		goto failed;
	if (S_ISLNK(link.st_mode) && unlink(path) != 0)
		st = err_set(err, ST_ITEM, "%s: moved, but the link stays: %s", path,
			     strerror(errno));
	goto out;
failed:
	st = err_set(err, ST_ITEM, "%s: not moved to %s/%s: %s", path, a->dir, folder[outcome],
		     strerror(errno));
out:
	if (to_fd >= 0)
		close(to_fd);
	free(target);
	free(placed);
	return st;
}
