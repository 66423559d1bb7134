/* sax_files.c - see sax.h. */
#include "bench/sax.h"

#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int push(struct files *f, const char *path)
{
	if (f->n == f->cap) {
		size_t cap = f->cap ? f->cap * 2 : 1024;
		char **paths = realloc(f->paths, cap * sizeof *paths);
		if (!paths)
			return -1;
		f->paths = paths;
		f->cap = cap;
	}
	f->paths[f->n] = strdup(path);
	return f->paths[f->n] ? (f->n++, 0) : -1;
}

static int by_name(const FTSENT **a, const FTSENT **b)
{
	return strcmp((*a)->fts_name, (*b)->fts_name);
}

int files_add(struct files *files, const char *path)
{
	char *const roots[] = {(char *)path, NULL};
	FTS *fts = fts_open(roots, FTS_LOGICAL | FTS_NOCHDIR, by_name);
	FTSENT *e;
	int rc = fts ? 0 : -1;
	while (rc == 0 && (e = fts_read(fts))) {
		if (e->fts_info == FTS_F)
			rc = push(files, e->fts_path);
		else if (e->fts_info == FTS_ERR || e->fts_info == FTS_NS || e->fts_info == FTS_DNR)
			errno = e->fts_errno, rc = -1;
	}
	if (rc != 0)
		fprintf(stderr, "bench_sax: %s: %s\n", path, strerror(errno));
	if (fts)
		fts_close(fts);
	return rc;
}

void files_free(struct files *files)
{
	for (size_t i = 0; i < files->n; i++)
		free(files->paths[i]);
	free(files->paths);
}

static int grow(unsigned char **data, size_t *cap, size_t want)
{
	if (want <= *cap)
		return 0;
	unsigned char *p = realloc(*data, want);
	if (!p)
		return -1;
	*data = p;
	*cap = want;
	return 0;
}

long file_read(const char *path, unsigned char **data, size_t *cap)
{
	struct stat st;
	long got = -1;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	if (fstat(fd, &st) == 0 && grow(data, cap, (size_t)st.st_size + 1) == 0) {
		ssize_t n = 1;
		for (got = 0; got < st.st_size && n > 0; got += n)
			if ((n = read(fd, *data + got, (size_t)(st.st_size - got))) <= 0)
				break;
		if (got < st.st_size)
			got = -1;
	}
	close(fd);
	return got;
}
