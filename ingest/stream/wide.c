#include "ingest/stream/wide.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "ingest/stream/sniff.h"

#define IN_BYTES  (8 * 1024)
#define OUT_BYTES (2 * IN_BYTES) /* a unit of two octets becomes three at most */

struct wide_stream {
	struct stream s;
	struct stream *under;
	struct encoding e;
	bool started, ended;
	uint32_t high; /* the first of two units that are one character; 0: none waits */
	size_t n_in, n_out, at;
	uint8_t in[IN_BYTES];
	char out[OUT_BYTES + 8];
};

static void put(struct wide_stream *w, uint32_t c)
{
	char *to = w->out + w->n_out;
	if (c < 0x80) {
		to[0] = (char)c;
		w->n_out += 1;
	} else if (c < 0x800) {
		to[0] = (char)(0xc0 | c >> 6);
		to[1] = (char)(0x80 | (c & 63));
		w->n_out += 2;
	} else if (c < 0x10000) {
		to[0] = (char)(0xe0 | c >> 12);
		to[1] = (char)(0x80 | (c >> 6 & 63));
		to[2] = (char)(0x80 | (c & 63));
		w->n_out += 3;
	} else {
		to[0] = (char)(0xf0 | c >> 18);
		to[1] = (char)(0x80 | (c >> 12 & 63));
		to[2] = (char)(0x80 | (c >> 6 & 63));
		to[3] = (char)(0x80 | (c & 63));
		w->n_out += 4;
	}
}

static uint32_t unit(const struct wide_stream *w, const uint8_t *p)
{
	uint32_t v = 0;
	for (unsigned i = 0; i < w->e.width; i++)
		v = v << 8 | p[w->e.big ? i : w->e.width - 1 - i];
	return v;
}

/* One unit; two of UTF-16 may be one character. */
static void take(struct wide_stream *w, uint32_t v)
{
	bool low = v >= 0xdc00 && v < 0xe000;
	if (w->high && low) {
		put(w, 0x10000 + ((w->high - 0xd800) << 10) + (v - 0xdc00));
		w->high = 0;
		return;
	}
	if (w->high)
		put(w, 0xfffd);
	w->high = 0;
	if (v >= 0xd800 && v < 0xdc00 && w->e.width == 2)
		w->high = v;
	else
		put(w, low || (v >= 0xd800 && v < 0xdc00) || v > 0x10ffff ? 0xfffd : v);
}

/* The next bytes of under, decoded; what is no whole unit waits. */
static enum status fill(struct wide_stream *w, struct err *err)
{
	size_t got = 0, at = 0, want = w->started ? 1 : 64;
	do {
		enum status st =
		    stream_read(w->under, w->in + w->n_in, IN_BYTES - w->n_in, &got, err);
		if (st != ST_OK)
			return st;
		w->n_in += got;
	} while (got > 0 && w->n_in < want);
	w->ended = got == 0;
	if (!w->started) {
		w->e = sniff_encoding(w->in, w->n_in);
		at = w->e.bom;
	}
	w->started = true;
	w->n_out = w->at = 0;
	for (; w->n_in - at >= w->e.width; at += w->e.width)
		take(w, unit(w, w->in + at));
	w->n_in -= at;
	memmove(w->in, w->in + at, w->n_in);
	if (w->ended && (w->n_in > 0 || w->high))
		put(w, 0xfffd);
	return ST_OK;
}

static enum status wide_read(struct stream *s, void *dst, size_t n, size_t *got, struct err *err)
{
	struct wide_stream *w = (struct wide_stream *)s;
	*got = 0;
	while (w->at == w->n_out && !w->ended) {
		enum status st = fill(w, err);
		if (st != ST_OK)
			return st;
	}
	*got = w->n_out - w->at < n ? w->n_out - w->at : n;
	memcpy(dst, w->out + w->at, *got);
	w->at += *got;
	s->warning = w->under->warning;
	return ST_OK;
}

static void wide_close(struct stream *s)
{
	struct wide_stream *w = (struct wide_stream *)s;
	stream_close(w->under);
	free(w);
}

static const struct stream_ops wide_ops = {wide_read, wide_close};

static enum status wide_open(const struct origin *o, struct stream **out, struct err *err)
{
	const struct wide *w = o->ctx;
	struct stream *under;
	enum status st = w->under.open(&w->under, &under, err);
	if (st != ST_OK)
		return st;
	struct wide_stream *s = mem_alloc(sizeof *s);
	s->s.ops = &wide_ops;
	s->under = under;
	*out = &s->s;
	return ST_OK;
}

struct origin wide_origin(struct wide *w, const struct origin *under)
{
	*w = (struct wide){.under = *under};
	return (struct origin){.open = wide_open, .ctx = w};
}

/* ---- without what is in front ---- */

static enum status skipped_open(const struct origin *o, struct stream **out, struct err *err)
{
	const struct skipped *s = o->ctx;
	char front[256];
	size_t left = s->n, got = 1;
	enum status st = s->under.open(&s->under, out, err);
	while (st == ST_OK && left > 0 && got > 0) {
		size_t n = left < sizeof front ? left : sizeof front;
		st = stream_read(*out, front, n, &got, err);
		left -= got;
		if (st != ST_OK)
			stream_close(*out);
	}
	return st;
}

struct origin skipped_origin(struct skipped *s, const struct origin *under, size_t n)
{
	*s = (struct skipped){.under = *under, .n = n};
	return (struct origin){.open = skipped_open, .ctx = s};
}
