#include "cli/site/tree_priv.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/app/app.h"
#include "core/arena.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/owner.h"

#define MANIFEST   ".ruascope-site"
#define BESIDE     ".ruascope-site.new"
#define READ_CHUNK 65536

int tree_cannot(const struct tree *t, const char *name)
{
	log_error("%s/%s: %s", t->path, name, strerror(errno));
	return EXIT_OUTPUT;
}

static void put_hex(const struct digest *d, char out[TREE_HEX + 1])
{
	out[0] = '\0';
	for (size_t i = 0; d && i < sizeof d->b; i++)
		snprintf(out + 2 * i, 3, "%02x", d->b[i]);
}

/* ---- names ---- */

static bool is_plain(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '.' || c == '_' || c == '-';
}

/* Whoever may write to the manifest shall not choose what we remove elsewhere. */
static bool name_is_ours(const char *name, size_t n)
{
	unsigned parts = 1;
	if (n == 0 || n > TREE_NAME || name[n - 1] == '/')
		return false;
	for (size_t i = 0; i < n; i++) {
		bool first = i == 0 || name[i - 1] == '/';
		if (name[i] == '/' ? first : !is_plain(name[i]) || (first && name[i] == '.'))
			return false;
		parts += name[i] == '/';
	}
	return parts <= TREE_PARTS;
}

static int by_name(const void *x, const void *y)
{
	return strcmp(((const struct tree_entry *)x)->name, ((const struct tree_entry *)y)->name);
}

/* The first of the old ones that is not before name. */
static size_t lower(const struct tree *t, const char *name)
{
	size_t lo = 0, hi = t->n_old;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		if (strcmp(t->old[mid].name, name) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static struct tree_entry *find_old(const struct tree *t, const char *name)
{
	size_t i = lower(t, name);
	return i < t->n_old && strcmp(t->old[i].name, name) == 0 ? &t->old[i] : NULL;
}

/* ---- the manifest ---- */

static void read_line(struct tree *t, const char *line, size_t n)
{
	const char *tab = memchr(line, '\t', n);
	size_t len = tab ? (size_t)(tab - line) : n;
	if (!name_is_ours(line, len))
		return;
	struct tree_entry *e = &t->old[t->n_old++];
	e->name = arena_strndup(&t->a, line, len);
	if (tab && n - len - 1 == TREE_HEX)
		memcpy(e->stamp, tab + 1, TREE_HEX);
}

static void drop_doubles(struct tree *t)
{
	size_t k = 0;
	qsort(t->old, t->n_old, sizeof *t->old, by_name);
	for (size_t i = 0; i < t->n_old; i++)
		if (k == 0 || strcmp(t->old[k - 1].name, t->old[i].name) != 0)
			t->old[k++] = t->old[i];
	t->n_old = k;
}

/* A last line without an end was being written when its run was killed: its file is not there. */
static int read_manifest(struct tree *t, int fd)
{
	struct stat s;
	if (fstat(fd, &s) != 0)
		return tree_cannot(t, MANIFEST);
	size_t size = (size_t)s.st_size, have = 0, lines = 0;
	char *data = mem_alloc(size + 1);
	ssize_t got = 1;
	while (have < size && (got = read(fd, data + have, size - have)) > 0)
		have += (size_t)got;
	for (size_t i = 0; i < have; i++)
		lines += data[i] == '\n';
	t->old = mem_alloc((lines + 1) * sizeof *t->old);
	for (char *p = data, *end; (end = memchr(p, '\n', have - (size_t)(p - data))); p = end + 1)
		read_line(t, p, (size_t)(end - p));
	free(data);
	drop_doubles(t);
	return got < 0 ? tree_cannot(t, MANIFEST) : EXIT_OK;
}

static bool is_empty(int fd)
{
	int copy = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = copy >= 0 ? fdopendir(copy) : NULL;
	bool empty = d != NULL;
	struct dirent *e;
	while (d && (e = readdir(d)))
		empty = empty && (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0 ||
				  strcmp(e->d_name, BESIDE) == 0);
	if (d)
		closedir(d);
	else if (copy >= 0)
		close(copy);
	return empty;
}

static int read_state(struct tree *t)
{
	int fd = openat(t->fd, MANIFEST, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd >= 0) {
		int rc = read_manifest(t, fd);
		close(fd);
		return rc;
	}
	if (errno != ENOENT)
		return tree_cannot(t, MANIFEST);
	if (is_empty(t->fd))
		return EXIT_OK;
	log_error("%s is not empty, and ruascope did not make what is in it (there is no " MANIFEST
		  "): nothing was written",
		  t->path);
	return EXIT_NOT_OURS;
}

/* ---- open ---- */

static int open_directory(struct tree *t)
{
	struct err err;
	int path;
	if (mkdir(t->path, 0777) != 0 && errno != EEXIST) {
		log_error("%s: %s", t->path, strerror(errno));
		return EXIT_OUTPUT;
	}
	if (owner_open_dir(t->path, strlen(t->path), &path, &err) != ST_OK) {
		log_error("%s", err.msg);
		return EXIT_OUTPUT;
	}
	t->fd = openat(path, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int e = errno;
	close(path);
	errno = e;
	if (t->fd < 0)
		return tree_cannot(t, ".");
	if (flock(t->fd, LOCK_EX | LOCK_NB) == 0)
		return EXIT_OK;
	if (errno != EWOULDBLOCK)
		return tree_cannot(t, ".");
	log_error("%s: another run is writing it", t->path);
	return EXIT_TRY_LATER;
}

int tree_open(const char *dir, struct tree **out)
{
	struct tree *t = mem_alloc(sizeof *t);
	size_t n = strlen(dir);
	while (n > 1 && dir[n - 1] == '/')
		n--;
	t->path = mem_strndup(dir, n);
	t->fd = t->list = t->sub_fd = -1;
	int rc = open_directory(t);
	if (rc == EXIT_OK)
		rc = read_state(t);
	if (rc != EXIT_OK) {
		tree_close(t);
		t = NULL;
	}
	*out = t;
	return rc;
}

void tree_close(struct tree *t)
{
	if (!t)
		return;
	if (t->sub_fd >= 0)
		close(t->sub_fd);
	if (t->list >= 0)
		close(t->list);
	if (t->fd >= 0)
		close(t->fd);
	map_free(&t->made_at);
	arena_free(&t->a);
	free(t->old);
	free(t->made);
	free(t->path);
	free(t);
}

/* ---- files ---- */

static int open_folder(struct tree *t, const char *folder, bool make)
{
	char part[TREE_NAME + 1];
	int fd = dup(t->fd);
	for (const char *p = folder; fd >= 0 && *p;) {
		size_t n = strcspn(p, "/");
		snprintf(part, sizeof part, "%.*s", (int)n, p);
		if (make && mkdirat(fd, part, 0777) != 0 && errno != EEXIST) {
			close(fd);
			return -1;
		}
		int next = openat(fd, part, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		int e = errno;
		close(fd);
		errno = e;
		fd = next;
		p += n + (p[n] == '/');
	}
	return fd;
}

int tree_folder(struct tree *t, const char *name, bool make, const char **base)
{
	char folder[TREE_NAME + 1];
	const char *slash = strrchr(name, '/');
	*base = slash ? slash + 1 : name;
	if (!slash)
		return t->fd;
	snprintf(folder, sizeof folder, "%.*s", (int)(slash - name), name);
	if (t->sub_fd >= 0 && strcmp(t->sub, folder) == 0)
		return t->sub_fd;
	if (t->sub_fd >= 0)
		close(t->sub_fd);
	t->sub_fd = open_folder(t, folder, make);
	memcpy(t->sub, folder, sizeof folder);
	return t->sub_fd;
}

bool tree_there(const struct tree *t, const char *name)
{
	struct stat s;
	return fstatat(t->fd, name, &s, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(s.st_mode);
}

bool tree_has(const struct tree *t, const char *prefix, const char *name,
	      const struct digest *stamp)
{
	char hex[TREE_HEX + 1];
	const struct tree_entry *e = find_old(t, name);
	size_t n = strlen(prefix);
	put_hex(stamp, hex);
	if (!e || strcmp(e->stamp, hex) != 0)
		return false;
	for (size_t i = lower(t, prefix); i < t->n_old && strncmp(t->old[i].name, prefix, n) == 0;
	     i++)
		if (strcmp(t->old[i].stamp, hex) == 0 && !tree_there(t, t->old[i].name))
			return false;
	return true;
}

void tree_keep(struct tree *t, const char *prefix, const struct digest *stamp)
{
	char hex[TREE_HEX + 1];
	size_t n = strlen(prefix);
	put_hex(stamp, hex);
	for (size_t i = lower(t, prefix); i < t->n_old && strncmp(t->old[i].name, prefix, n) == 0;
	     i++)
		if (strcmp(t->old[i].stamp, hex) == 0)
			t->old[i].stays = true;
}

static bool write_all(int fd, const void *data, size_t n)
{
	const char *p = data;
	while (n > 0) {
		ssize_t k = write(fd, p, n);
		if (k < 0 && errno == EINTR)
			continue;
		if (k <= 0)
			return false;
		p += k;
		n -= (size_t)k;
	}
	return true;
}

/* Beside it, then renamed. */
static int replace(struct tree *t, const char *name, int folder, const char *base, const void *data,
		   size_t n, bool sync)
{
	if (unlinkat(t->fd, BESIDE, 0) != 0 && errno != ENOENT)
		return tree_cannot(t, BESIDE);
	int fd = openat(t->fd, BESIDE, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
	if (fd < 0)
		return tree_cannot(t, BESIDE);
	bool good = write_all(fd, data, n) && (!sync || fsync(fd) == 0);
	int e = errno;
	if (close(fd) != 0 && good) {
		good = false;
		e = errno;
	}
	errno = e;
	if (good && renameat(t->fd, BESIDE, folder, base) == 0)
		return EXIT_OK;
	int rc = tree_cannot(t, name);
	unlinkat(t->fd, BESIDE, 0);
	return rc;
}

static bool is_same(int folder, const char *base, const void *data, size_t n)
{
	char chunk[READ_CHUNK];
	struct stat s;
	int fd = openat(folder, base, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	bool same = fd >= 0 && fstat(fd, &s) == 0 && S_ISREG(s.st_mode) && (size_t)s.st_size == n;
	for (size_t at = 0; same && at < n;) {
		ssize_t k = read(fd, chunk, sizeof chunk);
		same = k > 0 && (size_t)k <= n - at &&
		       memcmp((const char *)data + at, chunk, (size_t)k) == 0;
		at += same ? (size_t)k : 0;
	}
	if (fd >= 0)
		close(fd);
	return same;
}

/* ---- the manifest, written ---- */

static int write_manifest(struct tree *t, bool all)
{
	struct tree_entry *list = mem_alloc((t->n_old + t->n_made + 1) * sizeof *list);
	struct buf b;
	size_t n = 0;
	for (size_t i = 0; i < t->n_old; i++)
		if (all || t->old[i].stays)
			list[n++] = t->old[i];
	for (size_t i = 0; i < t->n_made; i++)
		list[n++] = t->made[i];
	qsort(list, n, sizeof *list, by_name);
	buf_init(&b, 1u << 30);
	for (size_t i = 0; i < n; i++) {
		/* while it is written, what is not kept has no stamp */
		bool stamped = list[i].stamp[0] && (!all || list[i].stays);
		buf_printf(&b, "%s%s%s\n", list[i].name, stamped ? "\t" : "",
			   stamped ? list[i].stamp : "");
	}
	free(list);
	int rc = replace(t, MANIFEST, t->fd, MANIFEST, b.data ? b.data : "", b.len, true);
	buf_free(&b);
	return rc;
}

int tree_begin(struct tree *t)
{
	tree_drop_gone(t);
	int rc = write_manifest(t, true);
	if (rc != EXIT_OK)
		return rc;
	t->list = openat(t->fd, MANIFEST, O_WRONLY | O_APPEND | O_NOFOLLOW | O_CLOEXEC);
	return t->list >= 0 ? EXIT_OK : tree_cannot(t, MANIFEST);
}

/* Its name stands in the manifest before it is there. */
static int enter(struct tree *t, const char *name, struct tree_entry **out)
{
	struct digest key = hash_fixed128(name, strlen(name));
	char line[TREE_NAME + 2];
	struct stat s;
	bool fresh;
	uint64_t *at = map_put(&t->made_at, &key, &fresh);
	if (!fresh) {
		*out = &t->made[*at - 1];
		return EXIT_OK;
	}
	if (fstatat(t->fd, name, &s, AT_SYMLINK_NOFOLLOW) == 0) {
		log_error("%s/%s stands where a page is to be, and ruascope did not make it",
			  t->path, name);
		return EXIT_NOT_OURS;
	}
	int n = snprintf(line, sizeof line, "%s\n", name);
	if (!write_all(t->list, line, (size_t)n))
		return tree_cannot(t, MANIFEST);
	t->made = MEM_ROOM(t->made, t->n_made, t->room_made);
	t->made[t->n_made++] = (struct tree_entry){.name = arena_strdup(&t->a, name)};
	*at = t->n_made;
	*out = &t->made[t->n_made - 1];
	return EXIT_OK;
}

int tree_put(struct tree *t, const char *name, const struct digest *stamp, const void *data,
	     size_t n)
{
	struct tree_entry *e = find_old(t, name);
	const char *base;
	int rc = e ? EXIT_OK : enter(t, name, &e);
	if (rc != EXIT_OK)
		return rc;
	int folder = tree_folder(t, name, true, &base);
	if (folder < 0)
		return tree_cannot(t, name);
	e->stays = true;
	put_hex(stamp, e->stamp);
	if (is_same(folder, base, data, n))
		return EXIT_OK;
	t->written++;
	return replace(t, name, folder, base, data, n, false);
}

int tree_end(struct tree *t)
{
	if (syncfs(t->fd) != 0)
		return tree_cannot(t, ".");
	int rc = tree_remove_gone(t);
	return rc == EXIT_OK ? write_manifest(t, false) : rc;
}

size_t tree_written(const struct tree *t)
{
	return t->written;
}

size_t tree_removed(const struct tree *t)
{
	return t->removed;
}
