/* sax.h - the files of the bare SAX measurement. */
#ifndef BENCH_SAX_H
#define BENCH_SAX_H

#include <stddef.h>

struct files {
	char **paths;
	size_t n, cap;
};

/* Add path, or every file below it, in a fixed order. Returns 0, or -1 with a message printed. */
int files_add(struct files *files, const char *path);
void files_free(struct files *files);

/* The whole file into *data, which grows and is kept between calls. Returns its size or -1. */
long file_read(const char *path, unsigned char **data, size_t *cap);

#endif
