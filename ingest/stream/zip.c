#include "ingest/stream/zip.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <zip.h>

#include "core/limits.h"
#include "core/mem.h"

/* libzip keeps some hundred bytes an entry: a directory of 8 MiB costs up to 60 MiB. */
#define DIRECTORY_MAX (8 * MIB)
#define ENTRIES_MAX   (DIRECTORY_MAX / 46)
#define TAIL_BYTES    (64 * 1024 + 22) /* where libzip looks for the end record */

struct zipfile {
	struct blob blob;
	uint64_t at; /* read position of libzip's source */
	zip_t *zip;
	zip_error_t error;
	int read_errno; /* of the blob; libzip may not pass it on */
};

/* ---- how large the directory claims to be ---- */

static uint64_t little(const uint8_t *p, unsigned n)
{
	uint64_t v = 0;
	while (n-- > 0)
		v = v << 8 | p[n];
	return v;
}

/* The zip64 end record that the locator before an end record points to. */
static bool zip64_is_sane(const struct blob *b, const uint8_t *locator)
{
	uint8_t r[56];
	uint64_t at = little(locator + 8, 8);
	if (blob_read(b, at, r, sizeof r) != (ssize_t)sizeof r || memcmp(r, "PK\6\6", 4) != 0)
		return true; /* libzip refuses it */
	return little(r + 24, 8) <= ENTRIES_MAX && little(r + 32, 8) <= ENTRIES_MAX &&
	       little(r + 40, 8) <= DIRECTORY_MAX;
}

/* libzip allocates what any end record in the tail claims: so none may claim too much. */
static bool directory_is_sane(const struct blob *b)
{
	size_t n = b->size < TAIL_BYTES + 20 ? (size_t)b->size : TAIL_BYTES + 20;
	uint8_t *tail = mem_alloc(n);
	bool sane = true;
	if (blob_read(b, b->size - n, tail, n) != (ssize_t)n)
		n = 0;
	for (size_t i = 0; sane && i + 22 <= n; i++) {
		if (memcmp(tail + i, "PK\5\6", 4) != 0)
			continue;
		uint64_t size = little(tail + i + 12, 4);
		sane = size <= DIRECTORY_MAX || size == UINT32_MAX;
		if (sane && i >= 20 && memcmp(tail + i - 20, "PK\6\7", 4) == 0)
			sane = zip64_is_sane(b, tail + i - 20);
	}
	free(tail);
	return sane;
}

/* ---- libzip's view of a blob ---- */

static zip_int64_t source_read(struct zipfile *z, void *data, zip_uint64_t len)
{
	zip_uint64_t done = 0;
	while (done < len) {
		ssize_t got = blob_read(&z->blob, z->at, (char *)data + done, len - done);
		if (got < 0) {
			z->read_errno = errno;
			zip_error_set(&z->error, ZIP_ER_READ, errno);
			return -1;
		}
		if (got == 0)
			break;
		z->at += (uint64_t)got;
		done += (zip_uint64_t)got;
	}
	return (zip_int64_t)done;
}

static zip_int64_t source_seek(struct zipfile *z, void *data, zip_uint64_t len)
{
	zip_int64_t to = zip_source_seek_compute_offset(z->at, z->blob.size, data, len, &z->error);
	if (to < 0)
		return -1;
	z->at = (uint64_t)to;
	return 0;
}

static zip_int64_t source_call(void *ctx, void *data, zip_uint64_t len, zip_source_cmd_t cmd)
{
	struct zipfile *z = ctx;
	switch (cmd) {
	case ZIP_SOURCE_OPEN:
		z->at = 0;
		return 0;
	case ZIP_SOURCE_READ:
		return source_read(z, data, len);
	case ZIP_SOURCE_CLOSE:
	case ZIP_SOURCE_FREE:
		return 0;
	case ZIP_SOURCE_STAT: {
		zip_stat_t *st = data;
		if (len < sizeof *st)
			return -1;
		zip_stat_init(st);
		st->size = z->blob.size;
		st->valid = ZIP_STAT_SIZE;
		return sizeof *st;
	}
	case ZIP_SOURCE_ERROR:
		return zip_error_to_data(&z->error, data, len);
	case ZIP_SOURCE_SEEK:
		return source_seek(z, data, len);
	case ZIP_SOURCE_TELL:
		return (zip_int64_t)z->at;
	case ZIP_SOURCE_SUPPORTS:
		return ZIP_SOURCE_SUPPORTS_SEEKABLE;
	default:
		zip_error_set(&z->error, ZIP_ER_OPNOTSUPP, 0);
		return -1;
	}
}

/* The archive is damaged, or cannot be read now. */
static enum status status_of(const struct zipfile *z, int zip_code)
{
	if (zip_code == ZIP_ER_MEMORY)
		return ST_LATER;
	return z->read_errno ? err_status(z->read_errno) : ST_ITEM;
}

static enum status open_failed(struct zipfile *z, zip_error_t *ze, struct err *err)
{
	enum status st = status_of(z, zip_error_code_zip(ze));
	if (zip_error_code_zip(ze) == ZIP_ER_NOZIP && st == ST_ITEM)
		st = err_set(err, ST_ITEM, "zip: truncated or damaged (no directory at its end)");
	else
		st = err_set(err, st, "zip: %s", zip_error_strerror(ze));
	zip_error_fini(ze);
	zipfile_close(z);
	return st;
}

void zipfile_close(struct zipfile *z)
{
	if (!z)
		return;
	if (z->zip)
		zip_discard(z->zip);
	zip_error_fini(&z->error);
	free(z);
}

/* Members that share bytes are a bomb: together they are larger than the archive that holds them.
 */
static bool members_overlap(const struct zipfile *z)
{
	zip_int64_t n = zip_get_num_entries(z->zip, 0);
	uint64_t sum = 0;
	for (zip_int64_t i = 0; i < n; i++) {
		zip_stat_t st;
		if (zip_stat_index(z->zip, (zip_uint64_t)i, 0, &st) == 0 &&
		    (st.valid & ZIP_STAT_COMP_SIZE))
			sum = st.comp_size > UINT64_MAX - sum ? UINT64_MAX : sum + st.comp_size;
	}
	return sum > z->blob.size;
}

enum status zipfile_open(const struct blob *blob, struct zipfile **out, struct err *err)
{
	if (!directory_is_sane(blob))
		return err_set(err, ST_ITEM, "zip: a directory of more than %" PRIu64 " members",
			       (uint64_t)ENTRIES_MAX);
	struct zipfile *z = mem_alloc(sizeof *z);
	zip_error_t ze;
	z->blob = *blob;
	zip_error_init(&z->error);
	zip_error_init(&ze);
	zip_source_t *source = zip_source_function_create(source_call, z, &ze);
	if (!source)
		return open_failed(z, &ze, err);
	z->zip = zip_open_from_source(source, ZIP_RDONLY, &ze);
	if (!z->zip) {
		zip_source_free(source);
		return open_failed(z, &ze, err);
	}
	zip_error_fini(&ze);
	if (members_overlap(z)) {
		zipfile_close(z);
		return err_set(err, ST_ITEM, "zip: its members overlap");
	}
	*out = z;
	return ST_OK;
}

/* What the end record at p, which stands at in the file, makes the archive's first byte. */
static uint64_t front_of(const uint8_t *p, uint64_t at)
{
	uint64_t size = little(p + 12, 4), offset = little(p + 16, 4);
	if (size == UINT32_MAX || offset == UINT32_MAX || size + offset > at)
		return 0;
	return at - size - offset;
}

static bool begins_archive(const struct blob *b, uint64_t at)
{
	uint8_t head[4];
	return blob_read(b, at, head, sizeof head) == sizeof head &&
	       memcmp(head, "PK\3\4", sizeof head) == 0;
}

uint64_t zipfile_front(const struct blob *b)
{
	size_t n = b->size < TAIL_BYTES ? (size_t)b->size : TAIL_BYTES;
	uint8_t *tail = mem_alloc(n + 1);
	uint64_t front = 0;
	if (blob_read(b, b->size - n, tail, n) != (ssize_t)n)
		n = 0;
	for (size_t i = n < 22 ? 0 : n - 22 + 1; i-- > 0;) {
		bool is_end =
		    memcmp(tail + i, "PK\5\6", 4) == 0 && i + 22 + little(tail + i + 20, 2) == n;
		if (!is_end)
			continue;
		if (i < 20 || memcmp(tail + i - 20, "PK\6\7", 4) != 0) /* zip64 has more there */
			front = front_of(tail + i, b->size - n + i);
		break;
	}
	free(tail);
	return front > 0 && begins_archive(b, 0) && begins_archive(b, front) ? front : 0;
}

uint64_t zipfile_end(const struct blob *b)
{
	size_t n = b->size < TAIL_BYTES ? (size_t)b->size : TAIL_BYTES;
	uint8_t *tail = mem_alloc(n + 1);
	uint64_t end = b->size;
	if (blob_read(b, b->size - n, tail, n) != (ssize_t)n)
		n = 0;
	for (size_t i = n < 22 ? 0 : n - 22 + 1; i-- > 0;) {
		if (memcmp(tail + i, "PK\5\6", 4) != 0)
			continue;
		size_t behind = i + 22 + little(tail + i + 20, 2);
		if (behind < n)
			end = b->size - (n - behind);
		break;
	}
	free(tail);
	return end;
}

uint64_t zipfile_count(const struct zipfile *z)
{
	zip_int64_t n = zip_get_num_entries(z->zip, 0);
	return n < 0 ? 0 : (uint64_t)n;
}

/* ---- a member as a stream ---- */

struct member_stream {
	struct stream s;
	const struct zipfile *zip;
	zip_file_t *file;
};

static enum status member_read(struct stream *s, void *dst, size_t n, size_t *got, struct err *err)
{
	struct member_stream *m = (struct member_stream *)s;
	zip_int64_t r = zip_fread(m->file, dst, n);
	*got = 0;
	if (r < 0)
		return err_set(err,
			       status_of(m->zip, zip_error_code_zip(zip_file_get_error(m->file))),
			       "zip: %s", zip_file_strerror(m->file));
	*got = (size_t)r;
	return ST_OK;
}

static void member_close(struct stream *s)
{
	struct member_stream *m = (struct member_stream *)s;
	zip_fclose(m->file);
	free(m);
}

static const struct stream_ops member_ops = {member_read, member_close};

static enum status member_open(const struct origin *o, struct stream **out, struct err *err)
{
	const struct zip_member *member = o->ctx;
	zip_file_t *file = zip_fopen_index(member->zip->zip, member->index, 0);
	if (!file)
		return err_set(
		    err,
		    status_of(member->zip, zip_error_code_zip(zip_get_error(member->zip->zip))),
		    "zip: %s", zip_strerror(member->zip->zip));
	struct member_stream *m = mem_alloc(sizeof *m);
	m->s.ops = &member_ops;
	m->zip = member->zip;
	m->file = file;
	*out = &m->s;
	return ST_OK;
}

void zipfile_member(const struct zipfile *z, uint64_t index, struct zip_member *out)
{
	zip_stat_t st;
	*out = (struct zip_member){.zip = z, .index = index};
	out->name = zip_get_name(z->zip, index, ZIP_FL_ENC_RAW);
	if (!out->name)
		out->name = "";
	out->origin = (struct origin){.open = member_open, .ctx = out};
	if (zip_stat_index(z->zip, index, 0, &st) != 0) {
		out->bad = "cannot be read";
		return;
	}
	size_t n = strlen(out->name);
	out->is_dir = n > 0 && out->name[n - 1] == '/' && st.size == 0;
	if ((st.valid & ZIP_STAT_ENCRYPTION_METHOD) && st.encryption_method != ZIP_EM_NONE)
		out->bad = "is encrypted";
}
