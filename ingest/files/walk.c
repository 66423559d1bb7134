#include "ingest/files/walk.h"

#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/buf.h"
#include "core/hash.h"
#include "core/log.h"
#include "core/mem.h"

#define PATH_BYTES (1024 * 1024)
#define DEPTH_MAX  512 /* a path that deep is longer than the system opens, or nearly */

struct walker {
	const struct walk_visitor *v;
	struct err *err;
	struct map entered; /* directories, by device and inode */
	int depth;
	unsigned files, hidden; /* of the path at hand */
};

struct name {
	char *text;
	bool regular; /* a file, says the directory; else it has to be asked */
};

struct names {
	struct name *v;
	size_t n, cap;
};

/* What a directory is: of a Maildir only some of it is read. */
enum dir_kind { DIR_PLAIN, DIR_MAILDIR };

static enum status walk_dir(struct walker *w, const char *path, enum dir_kind kind);

static enum status file(struct walker *w, const char *path)
{
	w->files++;
	return w->v->file(w->v->ctx, path, NULL, w->err);
}

static enum status problem(struct walker *w, const char *path, int error)
{
	w->files++;
	return w->v->file(w->v->ctx, path, strerror(error), w->err);
}

static bool enter_once(struct walker *w, const struct stat *st)
{
	uint64_t id[2] = {(uint64_t)st->st_dev, (uint64_t)st->st_ino};
	struct digest key;
	bool fresh;
	memcpy(key.b, id, sizeof id);
	map_put(&w->entered, &key, &fresh);
	return fresh;
}

/* ---- one directory ---- */

static void names_free(struct names *names)
{
	for (size_t i = 0; i < names->n; i++)
		free(names->v[i].text);
	free(names->v);
}

static int compare(const void *a, const void *b)
{
	return strcmp(((const struct name *)a)->text, ((const struct name *)b)->text);
}

/* Names in path, sorted; "." and ".." left out. Returns 0 or an errno. */
static int names_read(const char *path, struct names *names)
{
	DIR *dir = opendir(path);
	if (!dir)
		return errno;
	int error = 0;
	for (;;) {
		errno = 0;
		struct dirent *e = readdir(dir);
		if (!e) {
			error = errno;
			break;
		}
		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		names->v = MEM_ROOM(names->v, names->n, names->cap);
		names->v[names->n++] = (struct name){mem_strdup(e->d_name), e->d_type == DT_REG};
	}
	closedir(dir);
	if (names->n > 0)
		qsort(names->v, names->n, sizeof *names->v, compare);
	return error;
}

static char *join(const char *dir, const char *name)
{
	struct buf b;
	size_t n = strlen(dir);
	buf_init(&b, PATH_BYTES);
	buf_printf(&b, "%s%s%s", dir, n > 0 && dir[n - 1] == '/' ? "" : "/", name);
	return b.data ? b.data : mem_strdup(dir);
}

static bool is_dir(const char *path)
{
	struct stat st;
	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static bool has_dir(const char *path, const char *name)
{
	char *sub = join(path, name);
	bool yes = is_dir(sub);
	free(sub);
	return yes;
}

static bool is_folder(const char *path)
{
	return has_dir(path, "cur") || has_dir(path, "new");
}

/* Empty directories get lost in copies: without tmp it is one, too. */
static bool is_maildir(const char *path)
{
	return has_dir(path, "cur") + has_dir(path, "new") + has_dir(path, "tmp") >= 2 &&
	       is_folder(path);
}

/* folder: of a Maildir, whatever it lacks. */
static enum status visit(struct walker *w, const char *path, bool folder)
{
	struct stat st;
	if (stat(path, &st) != 0)
		return problem(w, path, errno);
	if (S_ISDIR(st.st_mode))
		return enter_once(w, &st) ? walk_dir(w, path, folder || is_maildir(path)) : ST_OK;
	if (S_ISREG(st.st_mode))
		return file(w, path);
	log_warn("%s: skipped: a %s", path,
		 S_ISFIFO(st.st_mode)   ? "FIFO"
		 : S_ISSOCK(st.st_mode) ? "socket"
					: "device");
	return ST_OK;
}

/* Of a Maildir: new, cur, and its folders, which are hidden (.Name) or not (Dovecot's LAYOUT=fs,
 * mbsync); else everything not hidden. */
static bool is_wanted(struct walker *w, const char *dir, const struct name *name,
		      enum dir_kind kind)
{
	const char *text = name->text;
	bool hidden = text[0] == '.';
	if (!hidden && (kind == DIR_PLAIN || strcmp(text, "cur") == 0 || strcmp(text, "new") == 0))
		return true;
	if (name->regular || (!hidden && strcmp(text, "tmp") == 0))
		return false;
	char *sub = join(dir, text);
	bool folder = hidden ? is_folder(sub) : is_maildir(sub);
	if (hidden && folder && kind == DIR_PLAIN)
		log_warn("%s: skipped: hidden, though it looks like a folder of a Maildir", sub);
	if (!hidden && !folder && is_dir(sub))
		log_warn("%s: skipped: it lies in a Maildir, and is no folder of it", sub);
	free(sub);
	w->hidden += kind == DIR_PLAIN;
	return folder && kind == DIR_MAILDIR;
}

static enum status walk_dir(struct walker *w, const char *path, enum dir_kind kind)
{
	struct names names = {0};
	enum status st = ST_OK;
	if (w->depth >= DEPTH_MAX)
		return problem(w, path, ENAMETOOLONG);
	int error = names_read(path, &names);
	if (error)
		st = problem(w, path, error);
	w->depth++;
	for (size_t i = 0; i < names.n && st == ST_OK; i++) {
		const struct name *name = &names.v[i];
		if (!is_wanted(w, path, name, kind))
			continue;
		char *sub = join(path, name->text);
		st = name->regular ? file(w, sub)
				   : visit(w, sub, kind == DIR_MAILDIR && name->text[0] == '.');
		free(sub);
	}
	w->depth--;
	names_free(&names);
	return st;
}

/* One path that a person gave. */
static enum status walk_path(struct walker *w, const char *path)
{
	w->files = w->hidden = 0;
	enum status st = visit(w, path, false);
	struct stat s;
	if (st == ST_OK && w->files == 0 && stat(path, &s) == 0 && S_ISDIR(s.st_mode))
		log_warn("%s: no file in it, but for %u hidden", path, w->hidden);
	return st;
}

enum status walk(const char *const *paths, int n_paths, const struct walk_visitor *v,
		 struct err *err)
{
	struct walker w = {.v = v, .err = err};
	enum status st = ST_OK;
	for (int i = 0; i < n_paths && st == ST_OK; i++) {
		if (strcmp(paths[i], "-") == 0)
			st = v->file(v->ctx, paths[i], NULL, err);
		else
			st = walk_path(&w, paths[i]);
	}
	map_free(&w.entered);
	return st;
}
