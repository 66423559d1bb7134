#include "ingest/stream/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/limits.h"
#include "core/mem.h"

void spool_init(struct spool *s, uint64_t max)
{
	*s = (struct spool){.max = max, .fd = -1};
	buf_init(&s->mem, LIMIT_SPOOL_MEMORY);
}

void spool_free(struct spool *s)
{
	if (s->fd >= 0)
		close(s->fd);
	buf_free(&s->mem);
	spool_init(s, s->max);
}

static const char *directory(void)
{
	const char *dir = getenv("TMPDIR");
	return dir && *dir ? dir : "/tmp";
}

static enum status write_all(int fd, const char *p, size_t n, struct err *err)
{
	while (n > 0) {
		ssize_t put = write(fd, p, n);
		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return err_set(err, ST_LATER, "temporary file in %s: %s", directory(),
				       strerror(errno));
		p += put;
		n -= (size_t)put;
	}
	return ST_OK;
}

static int open_unnamed(const char *dir)
{
	int fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC | O_EXCL, 0600);
	if (fd >= 0)
		return fd;
	struct buf path; /* a filesystem without O_TMPFILE */
	buf_init(&path, 4096);
	buf_printf(&path, "%s/ruascope-XXXXXX", dir);
	if (path.data && !path.failed)
		fd = mkostemp(path.data, O_CLOEXEC);
	if (fd >= 0)
		unlink(path.data);
	buf_free(&path);
	return fd;
}

static enum status move_to_file(struct spool *s, struct err *err)
{
	s->fd = open_unnamed(directory());
	if (s->fd < 0)
		return err_set(err, ST_LATER, "temporary file in %s: %s", directory(),
			       strerror(errno));
	enum status st = write_all(s->fd, s->mem.data, s->mem.len, err);
	buf_free(&s->mem);
	return st;
}

enum status spool_put(struct spool *s, const void *p, size_t n, struct err *err)
{
	if (n > s->max - s->len)
		return err_set(err, ST_ITEM, "more than %" PRIu64 " bytes", s->max);
	if (s->fd < 0 && n > LIMIT_SPOOL_MEMORY - s->mem.len) {
		enum status st = move_to_file(s, err);
		if (st != ST_OK)
			return st;
	}
	s->len += n;
	if (s->fd >= 0)
		return write_all(s->fd, p, n, err);
	buf_put(&s->mem, p, n);
	return ST_OK;
}

enum status spool_drain(struct spool *s, struct stream *in, struct err *err)
{
	char chunk[16 * 1024];
	for (;;) {
		size_t got = 0;
		enum status st = stream_read(in, chunk, sizeof chunk, &got, err);
		if (st != ST_OK || got == 0)
			return st;
		st = spool_put(s, chunk, got, err);
		if (st != ST_OK)
			return st;
	}
}

void spool_blob(const struct spool *s, struct blob *out)
{
	*out = (struct blob){.size = s->len, .fd = s->fd};
	if (s->fd < 0)
		out->mem = (const uint8_t *)(s->mem.data ? s->mem.data : "");
}

/* ---- a blob as a stream ---- */

struct blob_stream {
	struct stream s;
	const struct blob *blob;
	uint64_t at;
};

static enum status blob_stream_read(struct stream *s, void *dst, size_t n, size_t *got,
				    struct err *err)
{
	struct blob_stream *b = (struct blob_stream *)s;
	ssize_t r = blob_read(b->blob, b->at, dst, n);
	*got = 0;
	if (r < 0)
		return err_set(err, err_status(errno), "read: %s", strerror(errno));
	b->at += (uint64_t)r;
	*got = (size_t)r;
	return ST_OK;
}

static void blob_stream_close(struct stream *s)
{
	free(s);
}

static const struct stream_ops blob_stream_ops = {blob_stream_read, blob_stream_close};

static enum status blob_open(const struct origin *o, struct stream **out, struct err *err)
{
	struct blob_stream *b = mem_alloc(sizeof *b);
	(void)err;
	b->s.ops = &blob_stream_ops;
	b->blob = o->ctx;
	*out = &b->s;
	return ST_OK;
}

struct origin blob_origin(const struct blob *b)
{
	return (struct origin){.open = blob_open, .ctx = b};
}
