#include "ingest/stream/meter.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/limits.h"
#include "core/mem.h"

void meter_init(struct meter *m, uint64_t max)
{
	*m = (struct meter){.left = max};
	uint64_t unit = max % GIB == 0 ? GIB : max % MIB == 0 ? MIB : 1;
	snprintf(m->reason, sizeof m->reason, "more than %" PRIu64 " %s decompressed", max / unit,
		 unit == GIB   ? "GiB"
		 : unit == MIB ? "MiB"
			       : "bytes");
}

struct metered_stream {
	struct stream s;
	struct stream *under;
	struct metered *m;
	uint64_t at;
};

static enum status metered_read(struct stream *s, void *dst, size_t n, size_t *got, struct err *err)
{
	struct metered_stream *ms = (struct metered_stream *)s;
	struct meter *meter = ms->m->meter;
	enum status st = stream_read(ms->under, dst, n, got, err);
	if (st != ST_OK || *got == 0) {
		s->warning = ms->under->warning;
		return st;
	}
	ms->at += *got;
	if (ms->at <= ms->m->seen)
		return ST_OK;
	uint64_t fresh = ms->at - ms->m->seen;
	if (fresh > meter->left) {
		*got = 0;
		meter->over = true;
		return err_set(err, ST_ITEM, "%s", meter->reason);
	}
	meter->left -= fresh;
	ms->m->seen = ms->at;
	return ST_OK;
}

static void metered_close(struct stream *s)
{
	struct metered_stream *ms = (struct metered_stream *)s;
	stream_close(ms->under);
	free(ms);
}

static const struct stream_ops metered_ops = {metered_read, metered_close};

static enum status metered_open(const struct origin *o, struct stream **out, struct err *err)
{
	/* an origin's context is const to its users; the count is ours */
	struct metered *m = (struct metered *)(uintptr_t)o->ctx;
	struct stream *under;
	enum status st = m->under.open(&m->under, &under, err);
	if (st != ST_OK)
		return st;
	struct metered_stream *ms = mem_alloc(sizeof *ms);
	ms->s.ops = &metered_ops;
	ms->under = under;
	ms->m = m;
	*out = &ms->s;
	return ST_OK;
}

struct origin metered_origin(struct metered *m, struct meter *meter, const struct origin *under)
{
	*m = (struct metered){.under = *under, .meter = meter};
	return (struct origin){.open = metered_open, .ctx = m};
}
