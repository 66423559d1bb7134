#include "ingest/stream/gzip.h"

#include <endian.h>
#include <inttypes.h>
#include <libdeflate.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "core/mem.h"
#include "core/text.h"

#define IN_BYTES  (32 * 1024)
#define SHORTEST  18           /* an empty member: header and check */
#define WHOLE_MAX (512 * 1024) /* of a member that is inflated at once */
#define GUESS     (64 * 1024)  /* where nothing says how long it is */

struct gzip_stream {
	struct stream s;
	struct stream *under;
	struct gzip *told; /* what stands behind the end */
	uint64_t in_total; /* bytes that came from under */
	const char *name;  /* "gzip", "zlib" */
	bool multi;        /* members may follow one another */
	bool body_done;    /* all data of this member is out; its trailer follows */
	bool done;
	bool under_ended;
	bool tried_whole; /* this member at once */
	uint64_t out;     /* bytes delivered */
	z_stream z;       /* its input is ours from the start; the rest, once it is needed */
	bool z_ready;
	char warning[64];
	uint8_t *in;    /* IN_BYTES, apart: they need not be zeroed for each file */
	uint8_t *whole; /* a member that was inflated at once, or NULL */
	size_t whole_len, whole_at;
	bool is_whole; /* this member */
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
	g->in_total += got;
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
		if (g->z_ready)
			inflateReset(&g->z);
		g->body_done = g->tried_whole = g->is_whole = false;
		return ST_OK;
	}
	g->told->rest_at = g->in_total - g->z.avail_in;
	for (;;) {
		for (unsigned i = 0; i < g->z.avail_in; i++)
			g->told->rest_odd |=
			    g->z.next_in[i] != 0 && !ascii_is_space((char)g->z.next_in[i]);
		junk += g->z.avail_in;
		g->z.avail_in = 0;
		if (g->under_ended)
			break;
		if ((st = refill(g, err)) != ST_OK)
			return st;
	}
	g->told->rest_n = junk;
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

/* What the end of the input says of the last member's length. It may lie. */
static size_t claimed_length(const struct gzip_stream *g)
{
	uint32_t n;
	if (!g->multi)
		return GUESS;
	memcpy(&n, g->z.next_in + g->z.avail_in - sizeof n, sizeof n);
	return le32toh(n);
}

/*
 * Most members are short, and all of their bytes are here: libdeflate takes half the time of zlib
 * for them. It only tells whether all is well: what it does not take, whatever the reason, is left
 * to zlib, which tells what is wrong.
 */
static bool inflate_whole(struct gzip_stream *g)
{
	const uint8_t *in = g->z.next_in;
	size_t n = g->z.avail_in, used = 0, *len = &g->whole_len;
	g->tried_whole = true;
	if (n < SHORTEST || n == IN_BYTES || claimed_length(g) > WHOLE_MAX)
		return false;
	if (g->multi && (in[3] & 2)) /* a check of the header: libdeflate leaves it out */
		return false;
	struct libdeflate_decompressor *d = libdeflate_alloc_decompressor();
	if (!d)
		return false;
	size_t room = claimed_length(g);
	g->whole = mem_grow(g->whole, room, 1);
	g->whole_at = 0;
	enum libdeflate_result r =
	    g->multi ? libdeflate_gzip_decompress_ex(d, in, n, g->whole, room, &used, len)
		     : libdeflate_zlib_decompress_ex(d, in, n, g->whole, room, &used, len);
	libdeflate_free_decompressor(d);
	g->is_whole = r == LIBDEFLATE_SUCCESS;
	if (g->is_whole) {
		g->z.next_in += used;
		g->z.avail_in -= (unsigned)used;
	}
	return g->is_whole;
}

/* Of a member that was inflated at once; what follows it, when all of it is out. */
static enum status take_whole(struct gzip_stream *g, void *dst, size_t n, size_t *got,
			      struct err *err)
{
	size_t left = g->whole_len - g->whole_at;
	*got = left < n ? left : n;
	memcpy(dst, g->whole + g->whole_at, *got);
	g->whole_at += *got;
	return *got < left ? ST_OK : after_member(g, err);
}

/* One call of inflate(): it stops at block ends, so that the end of the data is seen. */
static enum status step(struct gzip_stream *g, struct err *err)
{
	if (!g->z_ready && inflateInit2(&g->z, g->multi ? 15 + 16 : 15) != Z_OK)
		mem_die(); /* nothing else can fail there */
	g->z_ready = true;
	int r = inflate(&g->z, Z_BLOCK);
	if (r == Z_STREAM_END)
		return after_member(g, err);
	if (r == Z_MEM_ERROR)
		mem_die();
	if (r == Z_NEED_DICT)
		return err_set(err, ST_ITEM, "%s: needs a dictionary", g->name);
	if (r != Z_OK && r != Z_BUF_ERROR)
		return err_set(err, ST_ITEM, "%s: %s after %" PRIu64 " bytes", g->name,
			       g->z.msg ? g->z.msg : "damaged", g->out);
	if ((g->z.data_type & 192) == 192)
		g->body_done = true;
	return ST_OK;
}

/* The next bytes in steps of inflate(). */
static enum status take_step(struct gzip_stream *g, void *dst, size_t n, size_t *got,
			     struct err *err)
{
	g->z.next_out = dst;
	g->z.avail_out = (unsigned)n;
	enum status st = step(g, err);
	*got = n - g->z.avail_out;
	return st;
}

static enum status gzip_read(struct stream *s, void *dst, size_t n, size_t *got, struct err *err)
{
	struct gzip_stream *g = (struct gzip_stream *)s;
	size_t want = n > UINT32_MAX / 2 ? UINT32_MAX / 2 : n;
	int dry_steps = 0;
	*got = 0;
	while (*got == 0 && want > 0 && !g->done) {
		enum status st = ST_OK;
		if (g->z.avail_in == 0 && !g->under_ended && !g->is_whole)
			st = refill(g, err);
		if (st != ST_OK)
			return st;
		if (g->is_whole || (!g->tried_whole && inflate_whole(g)))
			st = take_whole(g, dst, want, got, err);
		else
			st = take_step(g, dst, want, got, err);
		if (st != ST_OK) {
			*got = 0;
			return st;
		}
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
	if (g->z_ready)
		inflateEnd(&g->z);
	free(g->in);
	free(g->whole);
	stream_close(g->under);
	free(g);
}

static const struct stream_ops gzip_ops = {gzip_read, gzip_close};

static enum status gzip_open(const struct origin *o, struct stream **out, struct err *err)
{
	/* an origin's context is const to its users; what is told of the end is ours */
	struct gzip *g = (struct gzip *)(uintptr_t)o->ctx;
	struct stream *under;
	enum status st = g->under.open(&g->under, &under, err);
	if (st != ST_OK)
		return st;
	struct gzip_stream *s = mem_alloc(sizeof *s);
	s->s.ops = &gzip_ops;
	s->under = under;
	s->told = g;
	s->in = mem_grow(NULL, IN_BYTES, 1);
	s->multi = g->format == GZIP_FORMAT;
	s->name = s->multi ? "gzip" : "zlib";
	*out = &s->s;
	return ST_OK;
}

struct origin gzip_origin(struct gzip *g, const struct origin *under, enum gzip_format format)
{
	*g = (struct gzip){.under = *under, .format = format};
	return (struct origin){.open = gzip_open, .ctx = g};
}
