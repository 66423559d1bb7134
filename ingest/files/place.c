#include "ingest/files/place.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/mem.h"

#define NUMBERS_MAX   1000000
#define NAME_SHORT    143 /* of an encrypting file system (eCryptfs) */
#define EXTENSION_MAX 32
#define TEMP_NAME     64

/* ---- names ---- */

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

/* Hidden: no walk reads it. */
static void temp_name(char out[TEMP_NAME])
{
	static atomic_uint n;
	snprintf(out, TEMP_NAME, ".ruascope-%ld-%u", (long)getpid(), atomic_fetch_add(&n, 1));
}

/* ---- renaming ---- */

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
static char *find_place(int from_fd, const char *from, int to_fd, const char *name)
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

bool place_same(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
	       a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

static bool is_still(int dir, const char *name, const struct stat *seen)
{
	struct stat now;
	return fstatat(dir, name, &now, AT_SYMLINK_NOFOLLOW) == 0 && place_same(&now, seen);
}

static enum status changed(struct err *err)
{
	return err_set(err, ST_ITEM, "it changed while it was read");
}

/* What was moved from name to placed is another file: back with it. */
static enum status move_back(int from_fd, const char *name, int to_fd, const char *placed,
			     struct err *err)
{
	if (rename_new(to_fd, placed, from_fd, name) == 0)
		return changed(err);
	return err_set(err, ST_ITEM, "it was changed twice meanwhile, and what it became is now %s",
		       placed);
}

/* ---- copying ---- */

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

/* What a copy takes along but its bytes. A file system that knows no owners, modes or times is no
 * reason to fail. */
static void copy_attributes(int out, const struct stat *seen)
{
	struct timespec times[2] = {seen->st_atim, seen->st_mtim};
	int ignored = 0;
	if (geteuid() == 0)
		ignored |= fchown(out, seen->st_uid, seen->st_gid);
	ignored |= fchmod(out, seen->st_mode & 0777);
	ignored |= futimens(out, times);
	(void)ignored;
}

/* A new file in to_fd; -1 with errno. */
static int create_temp(int to_fd, char temp[TEMP_NAME])
{
	int fd;
	do { /* one that was killed may have had our number */
		temp_name(temp);
		fd = openat(to_fd, temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	} while (fd < 0 && errno == EEXIST);
	return fd;
}

/* The open file in to a hidden name in to_fd, durable; its descriptor, or -1 with errno. */
static int copy_durably(int in, const struct stat *seen, int to_fd, char temp[TEMP_NAME])
{
	int out = create_temp(to_fd, temp);
	if (out < 0)
		return -1;
	int rc = copy_bytes(in, out);
	copy_attributes(out, seen);
	if (rc == 0 && fsync(out) == 0)
		return out;
	int e = errno;
	close(out);
	unlinkat(to_fd, temp, 0);
	errno = e;
	return -1;
}

/* The original goes when its copy is there: aside first, for it may be another file by now. */
static enum status remove_original(int dir, const char *name, const struct stat *seen,
				   struct err *err)
{
	char aside[TEMP_NAME];
	int rc;
	do {
		temp_name(aside);
		rc = rename_new(dir, name, dir, aside);
	} while (rc != 0 && errno == EEXIST);
	if (rc != 0)
		return err_set(err, ST_ITEM, "%s", strerror(errno));
	if (!is_still(dir, aside, seen))
		return move_back(dir, name, dir, aside, err);
	if (unlinkat(dir, aside, 0) == 0)
		return ST_OK;
	int e = errno;
	if (rename_new(dir, aside, dir, name) != 0)
		return err_set(err, ST_ITEM, "%s, and it is now called %s", strerror(e), aside);
	return err_set(err, ST_ITEM, "%s", strerror(e));
}

/* The copy out, under temp in to_fd, gets its name; then the original goes. */
static enum status place_copy(int from_fd, const char *name, const struct stat *seen, int to_fd,
			      int out, const char *temp, struct err *err)
{
	struct stat copy;
	enum status st = ST_OK;
	char *placed = find_place(to_fd, temp, to_fd, name);
	const char *lies = placed ? placed : temp;
	if (!placed || fstat(out, &copy) != 0 || fsync(to_fd) != 0)
		st = err_set(err, ST_ITEM, "%s", strerror(errno));
	else if (!is_still(to_fd, placed, &copy))
		st = err_set(err, ST_ITEM, "its copy was changed by somebody else");
	else
		st = remove_original(from_fd, name, seen, err);
	/* An original that stays needs no copy: each run would add one. */
	if (st != ST_OK && fstat(out, &copy) == 0 && is_still(to_fd, lies, &copy))
		unlinkat(to_fd, lies, 0);
	free(placed);
	return st;
}

static enum status move_across(int from_fd, const char *name, const struct stat *seen, int to_fd,
			       struct err *err)
{
	char temp[TEMP_NAME];
	struct stat now;
	enum status st;
	/* O_NONBLOCK so that a FIFO that took the name's place cannot hold us. */
	int in = openat(from_fd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
	if (in < 0)
		return err_set(err, ST_ITEM, "%s", strerror(errno));
	int out = -1;
	if (fstat(in, &now) != 0 || !place_same(&now, seen))
		st = changed(err);
	else if ((out = copy_durably(in, seen, to_fd, temp)) < 0)
		st = err_set(err, ST_ITEM, "%s", strerror(errno));
	else
		st = place_copy(from_fd, name, seen, to_fd, out, temp, err);
	if (out >= 0)
		close(out);
	close(in);
	return st;
}

enum status place_move(int from_fd, const char *name, const struct stat *seen, int to_fd,
		       struct err *err)
{
	char *placed = find_place(from_fd, name, to_fd, name);
	if (!placed && errno == EXDEV)
		return move_across(from_fd, name, seen, to_fd, err);
	if (!placed)
		return err_set(err, ST_ITEM, "%s", strerror(errno));
	enum status st = ST_OK;
	if (!is_still(to_fd, placed, seen))
		st = move_back(from_fd, name, to_fd, placed, err);
	free(placed);
	return st;
}
