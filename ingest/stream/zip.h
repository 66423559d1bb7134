/*
 * zip.h - the members of a zip file. The only door to libzip.
 *
 * Members are taken by index from the central directory, zip64 too; their CRC is checked when they
 * are read to the end. Nothing is ever written, names are only shown.
 *
 *	st = zipfile_open(&blob, &z, &err);
 *	for (uint64_t i = 0; i < zipfile_count(z); i++) {
 *		zipfile_member(z, i, &m);
 *		st = m.origin.open(&m.origin, &stream, &err);
 *	}
 *	zipfile_close(z);
 *
 * From one thread at a time.
 */
#ifndef INGEST_STREAM_ZIP_H
#define INGEST_STREAM_ZIP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/blob.h"
#include "ingest/stream/stream.h"

struct zipfile;

struct zip_member {
	const struct zipfile *zip;
	uint64_t index;
	const char *name;     /* raw bytes, may be ""; lives as long as the zipfile */
	bool is_dir;          /* a directory without content */
	const char *bad;      /* why it cannot be read ("is encrypted"), or NULL */
	struct origin origin; /* its ctx is this struct: do not move it */
};

/* ST_ITEM: not a zip file, cut, or its directory is implausibly large. ST_LATER: blob cannot be
 * read now. blob is borrowed. */
enum status zipfile_open(const struct blob *blob, struct zipfile **out, struct err *err) MUST_CHECK;
void zipfile_close(struct zipfile *z); /* NULL is fine */

/* How many bytes stand in front of the archive that blob ends with, if they are another one: only
 * the last of several has a directory that is found. Else 0. */
uint64_t zipfile_front(const struct blob *blob);

/* Where the archive that blob begins with ends, its comment included; what stands behind is no part
 * of it. blob->size: at the end, or nobody can say. */
uint64_t zipfile_end(const struct blob *blob);

uint64_t zipfile_count(const struct zipfile *z);
void zipfile_member(const struct zipfile *z, uint64_t index, struct zip_member *out);

#endif
