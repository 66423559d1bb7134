#include "ingest/stream/cr.h"

#include <stdbool.h>
#include <stdlib.h>

#include "core/mem.h"

struct cr_stream {
	struct stream s;
	struct stream *under;
	bool after_cr; /* a line end was given for it: an LF behind it is none of its own */
};

static enum status cr_read(struct stream *s, void *dst, size_t n, size_t *got, struct err *err)
{
	struct cr_stream *c = (struct cr_stream *)s;
	char *p = dst;
	size_t in = 0, out = 0;
	do {
		enum status st = stream_read(c->under, dst, n, &in, err);
		if (st != ST_OK)
			return st;
		for (size_t i = 0; i < in; i++) {
			bool second = c->after_cr && p[i] == '\n';
			c->after_cr = p[i] == '\r';
			if (!second)
				p[out++] = c->after_cr ? '\n' : p[i];
		}
	} while (in > 0 && out == 0);
	*got = out;
	s->warning = c->under->warning;
	return ST_OK;
}

static void cr_close(struct stream *s)
{
	struct cr_stream *c = (struct cr_stream *)s;
	stream_close(c->under);
	free(c);
}

static const struct stream_ops cr_ops = {cr_read, cr_close};

static enum status cr_open(const struct origin *o, struct stream **out, struct err *err)
{
	const struct cr *cr = o->ctx;
	struct stream *under;
	enum status st = cr->under.open(&cr->under, &under, err);
	if (st != ST_OK)
		return st;
	struct cr_stream *c = mem_alloc(sizeof *c);
	c->s.ops = &cr_ops;
	c->under = under;
	*out = &c->s;
	return ST_OK;
}

struct origin cr_origin(struct cr *c, const struct origin *under)
{
	*c = (struct cr){.under = *under};
	return (struct origin){.open = cr_open, .ctx = c};
}
