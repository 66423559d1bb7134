#include "ingest/stream/meter.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/limits.h"
#include "core/mem.h"

void meter_init(struct meter *m, uint64_t max)
{
	*m = (struct meter){.left = max, .work_left = UINT64_MAX};
	uint64_t unit = max % GIB == 0 ? GIB : max % MIB == 0 ? MIB : 1;
	snprintf(m->reason, sizeof m->reason, "more than %" PRIu64 " %s decompressed", max / unit,
		 unit == GIB   ? "GiB"
		 : unit == MIB ? "MiB"
			       : "bytes");
}

void meter_work(struct meter *m, uint64_t size, uint64_t ratio, uint64_t least)
{
	uint64_t most = ratio > 0 && size > UINT64_MAX / ratio ? UINT64_MAX : ratio * size;
	m->work_left = most > least ? most : least;
	snprintf(m->work_reason, sizeof m->work_reason,
		 "more than %" PRIu64 " MiB and %" PRIu64 " times its %" PRIu64
		 " bytes decompressed",
		 least / MIB, ratio, size);
}

static uint64_t count_work(const uint8_t *p, size_t n)
{
	uint64_t work = 0;
	for (size_t i = 0; i < n; i++)
		work += p[i] > ' ';
	return work;
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
	uint64_t work = count_work((const uint8_t *)dst + (*got - fresh), (size_t)fresh);
	if (work > meter->work_left) {
		*got = 0;
		meter->over = true;
		memcpy(meter->reason, meter->work_reason, sizeof meter->reason);
		return err_set(err, ST_ITEM, "%s", meter->reason);
	}
	meter->work_left -= work;
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
