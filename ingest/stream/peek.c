#include "ingest/stream/peek.h"

#include <stdlib.h>
#include <string.h>

#include "core/mem.h"

static enum status peek_read(struct stream *s, void *dst, size_t n, size_t *got, struct err *err)
{
	struct peek *p = (struct peek *)s;
	if (p->at < p->n) {
		*got = p->n - p->at < n ? p->n - p->at : n;
		memcpy(dst, p->head + p->at, *got);
		p->at += *got;
		return ST_OK;
	}
	enum status st = stream_read(p->in, dst, n, got, err);
	s->warning = p->in->warning;
	return st;
}

static void peek_close(struct stream *s)
{
	struct peek *p = (struct peek *)s;
	stream_close(p->in);
	p->in = NULL;
}

static const struct stream_ops peek_ops = {peek_read, peek_close};

enum status peek_begin(struct peek *p, const struct origin *under, size_t size, struct err *err)
{
	size_t got = 1;
	*p = (struct peek){.s.ops = &peek_ops, .under = *under};
	p->head = mem_grow(NULL, size, 1);
	enum status st = under->open(under, &p->in, err);
	if (st != ST_OK)
		p->in = NULL;
	while (st == ST_OK && p->n < size && got > 0) {
		got = 0;
		st = stream_read(p->in, p->head + p->n, size - p->n, &got, err);
		p->n += got;
	}
	if (st != ST_OK && p->in) /* whoever reads it meets the damage again */
		peek_close(&p->s);
	return st;
}

static enum status peek_open(const struct origin *o, struct stream **out, struct err *err)
{
	/* an origin's context is const to its users; the state is ours */
	struct peek *p = (struct peek *)(uintptr_t)o->ctx;
	if (p->lent || !p->in)
		return p->under.open(&p->under, out, err);
	p->lent = true;
	*out = &p->s;
	return ST_OK;
}

struct origin peek_origin(struct peek *p)
{
	return (struct origin){.open = peek_open, .ctx = p};
}

void peek_end(struct peek *p)
{
	stream_close(p->in);
	free(p->head);
}
