#include "ingest/gzip.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "core/mem.h"

#define IN_BYTES (32 * 1024)

struct gzip_stream {
	struct stream s;
	struct stream *under;
	const char *name; /* "gzip", "zlib" */
	bool multi;       /* members may follow one another */
	bool body_done;   /* all data of this member is out; its trailer follows */
	bool done;
	bool under_ended;
	bool tried_whole; /* this member at once */
	uint64_t out;     /* bytes delivered */
	z_stream z;
	char warning[64];
	uint8_t *in; /* IN_BYTES, apart: they need not be zeroed for each file */
};

/* Move what is left to the front and add what fits. */
static enum status refill(struct gzip_stream *g, struct err *err)
{
	size_t got = 0;
	if (g->z.avail_in > 0)
		memmove(g->in, g->z.next_in, g->z.avail_in);
	g->z.next_in = g->in;
	enum status st =
	    stream_read(g->under, g->in + g->z.avail_in, IN_BYTES - g->z.avail_in, &got, err);
	if (st != ST_OK)
		return err_wrap(err, st, "%s", g->name);
	g->z.avail_in += (unsigned)got;
	g->under_ended = got == 0;
	return ST_OK;
}

static void end(struct gzip_stream *g)
{
	g->done = true;
	if (g->warning[0])
		g->s.warning = g->warning;
	else
		g->s.warning = g->under->warning;
}

/* What follows a member: another one, or bytes that mean nothing. */
static enum status after_member(struct gzip_stream *g, struct err *err)
{
	enum status st;
	uint64_t junk = 0;
	while (g->z.avail_in < 3 && !g->under_ended)
		if ((st = refill(g, err)) != ST_OK)
			return st;
	if (g->multi && g->z.avail_in >= 3 && memcmp(g->z.next_in, "\x1f\x8b\x08", 3) == 0) {
		inflateReset(&g->z);
		g->body_done = g->tried_whole = false;
		return ST_OK;
	}
	for (;;) {
		junk += g->z.avail_in;
		g->z.avail_in = 0;
		if (g->under_ended)
			break;
		if ((st = refill(g, err)) != ST_OK)
			return st;
	}
	if (junk > 0)
		snprintf(g->warning, sizeof g->warning, "%s: %" PRIu64 " byte%s after the %s",
			 g->name, junk, junk == 1 ? "" : "s", g->multi ? "last member" : "end");
	end(g);
	return ST_OK;
}

static enum status truncated(struct gzip_stream *g, struct err *err)
{
	if (!g->body_done)
		return err_set(err, ST_ITEM, "%s: truncated after %" PRIu64 " bytes", g->name,
			       g->out);
	snprintf(g->warning, sizeof g->warning, "%s: truncated in the check at its end", g->name);
	end(g);
	return ST_OK;
}

/*
 * Most members fit input and output: taken at once, inflate() keeps no copy of the last 32 KiB.
 * What is longer goes on in steps from where the output was full; what stops for any other reason
 * is begun again in steps, which tell what is missing.
 */
static int inflate_whole(struct gzip_stream *g)
{
	z_stream begin = g->z;
	g->tried_whole = true;
	int r = inflate(&g->z, Z_FINISH);
	if (r == Z_STREAM_END || g->z.avail_out == 0)
		return r;
	g->z.next_in = begin.next_in;
	g->z.avail_in = begin.avail_in;
	g->z.next_out = begin.next_out;
	g->z.avail_out = begin.avail_out;
	return inflateReset(&g->z) == Z_OK ? Z_BUF_ERROR : Z_STREAM_ERROR;
}

/* One call of inflate(): it stops at block ends, so that the end of the data is seen. */
static enum status step(struct gzip_stream *g, struct err *err)
{
	int r = g->tried_whole ? inflate(&g->z, Z_BLOCK) : inflate_whole(g);
	if (r == Z_STREAM_END)
		return after_member(g, err);
	if (r == Z_MEM_ERROR)
		return err_set(err, ST_FATAL, "%s: out of memory", g->name);
	if (r == Z_NEED_DICT)
		return err_set(err, ST_ITEM, "%s: needs a dictionary", g->name);
	if (r != Z_OK && r != Z_BUF_ERROR)
		return err_set(err, ST_ITEM, "%s: %s after %" PRIu64 " bytes", g->name,
			       g->z.msg ? g->z.msg : "damaged", g->out);
	if ((g->z.data_type & 192) == 192)
		g->body_done = true;
	return ST_OK;
}

static enum status gzip_read(struct stream *s, void *dst, size_t n, size_t *got, struct err *err)
{
	struct gzip_stream *g = (struct gzip_stream *)s;
	unsigned want = n > UINT32_MAX / 2 ? UINT32_MAX / 2 : (unsigned)n;
	int dry_steps = 0;
	*got = 0;
	while (*got == 0 && want > 0 && !g->done) {
		enum status st = ST_OK;
		if (g->z.avail_in == 0 && !g->under_ended)
			st = refill(g, err);
		if (st != ST_OK)
			return st;
		g->z.next_out = dst;
		g->z.avail_out = want;
		st = step(g, err);
		if (st != ST_OK)
			return st;
		*got = want - g->z.avail_out;
		g->out += *got;
		/* inflate() holds up to 32 bits: some blocks may still be in them */
		bool dry = *got == 0 && g->z.avail_in == 0 && g->under_ended && !g->done;
		dry_steps = dry ? dry_steps + 1 : 0;
		if (dry_steps > 8)
			return truncated(g, err);
	}
	return ST_OK;
}

static void gzip_close(struct stream *s)
{
	struct gzip_stream *g = (struct gzip_stream *)s;
	inflateEnd(&g->z);
	free(g->in);
	stream_close(g->under);
	free(g);
}

static const struct stream_ops gzip_ops = {gzip_read, gzip_close};

static enum status gzip_open(const struct origin *o, struct stream **out, struct err *err)
{
	const struct gzip *g = o->ctx;
	struct stream *under;
	enum status st = g->under.open(&g->under, &under, err);
	if (st != ST_OK)
		return st;
	struct gzip_stream *s = mem_alloc(sizeof *s);
	s->s.ops = &gzip_ops;
	s->under = under;
	s->in = mem_grow(NULL, IN_BYTES, 1);
	s->multi = g->format == GZIP_FORMAT;
	s->name = s->multi ? "gzip" : "zlib";
	if (inflateInit2(&s->z, s->multi ? 15 + 16 : 15) != Z_OK) {
		stream_close(under);
		free(s->in);
		free(s);
		return err_set(err, ST_FATAL, "zlib: cannot start");
	}
	*out = &s->s;
	return ST_OK;
}

struct origin gzip_origin(struct gzip *g, const struct origin *under, enum gzip_format format)
{
	*g = (struct gzip){.under = *under, .format = format};
	return (struct origin){.open = gzip_open, .ctx = g};
}
