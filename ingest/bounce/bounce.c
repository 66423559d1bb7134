#include "ingest/bounce/bounce.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "ingest/bounce/log.h"
#include "ingest/bounce/mail.h"
#include "ingest/bounce/text.h"
#include "ingest/files/mbox.h"
#include "ingest/stream/cr.h"
#include "ingest/stream/gzip.h"
#include "ingest/stream/peek.h"
#include "ingest/stream/sniff.h"
#include "ingest/stream/spool.h"
#include "ingest/stream/wide.h"
#include "ingest/stream/zip.h"

struct bounce_reader {
	struct reading rd;
};

struct bounce_reader *bounce_reader_new(const struct bounce_options *options)
{
	struct bounce_reader *r = mem_alloc(sizeof *r);
	r->rd.options = options;
	r->rd.sha = sha256_new();
	return r;
}

void bounce_reader_free(struct bounce_reader *r)
{
	if (!r)
		return;
	arena_free(&r->rd.arena);
	sha256_free(r->rd.sha);
	free(r);
}

void bounce_reader_written(struct bounce_reader *r, int64_t at)
{
	r->rd.written = at;
}

/* ---- one input ---- */

static enum status read_origin(struct reading *rd, const struct origin *o, int depth);

static enum status bad(struct reading *rd, const char *reason)
{
	return reading_end(rd, BOUNCE_BAD, reason);
}

/* What went wrong with the input is an outcome; with the machine, an error. */
static enum status failed(struct reading *rd, enum status st, const struct err *why)
{
	if (st == ST_ITEM)
		return bad(rd, why->msg);
	return err_set(rd->err, st, "%s: %s", rd->source, why->msg);
}

/* All of in, up to max; in memory. ST_ITEM: it is larger, or damaged. */
static enum status load(const struct origin *o, uint64_t max, struct buf *out, struct err *why)
{
	struct stream *in;
	size_t got = 1;
	char piece[16 * 1024];
	enum status st = o->open(o, &in, why);
	if (st != ST_OK)
		return st;
	buf_init(out, max);
	while (st == ST_OK && got > 0 && !out->failed) {
		st = stream_read(in, piece, sizeof piece, &got, why);
		if (st == ST_OK)
			buf_put(out, piece, got);
	}
	stream_close(in);
	if (out->failed)
		return err_set(why, ST_ITEM, "more than %" PRIu64 " MiB in one mail or text",
			       max / MIB);
	return st;
}

static enum status read_mail(struct reading *rd, const struct origin *o)
{
	struct buf mail = {0};
	struct err why;
	enum status st = load(o, rd->options->limits->mail_bytes, &mail, &why);
	if (st == ST_OK)
		st = mail_read(rd, (uint8_t *)mail.data, mail.len);
	else
		st = failed(rd, st, &why);
	buf_free(&mail);
	arena_reset(&rd->arena);
	return st;
}

static enum status read_text(struct reading *rd, const struct origin *o)
{
	struct buf text = {0};
	struct err why;
	enum status st = load(o, rd->options->limits->mail_bytes, &text, &why);
	if (st == ST_OK)
		st = text_read(rd, (struct span){text.data ? text.data : "", text.len});
	else
		st = failed(rd, st, &why);
	buf_free(&text);
	arena_reset(&rd->arena);
	return st;
}

/* ---- several in one ---- */

/* As read_origin(), under a name of its own. */
static enum status read_inner(struct reading *rd, const struct origin *o, int depth,
			      const char *word, uint64_t number)
{
	const char *outer = rd->source;
	size_t room = strlen(outer) + strlen(word) + 32;
	char *source = mem_alloc(room);
	snprintf(source, room, "%s!%s%" PRIu64, outer, word, number);
	rd->source = source;
	enum status st = read_origin(rd, o, depth);
	rd->source = outer;
	free(source);
	return st;
}

static enum status read_mbox(struct reading *rd, const struct blob *file, int depth)
{
	struct mbox box;
	struct blob mail;
	struct err why;
	bool more = true;
	mbox_init(&box, file);
	for (;;) {
		enum status st = mbox_next(&box, &mail, &more, &why);
		if (st != ST_OK)
			return failed(rd, st, &why);
		if (!more)
			return ST_OK;
		struct origin o = blob_origin(&mail);
		st = read_inner(rd, &o, depth + 1, "mail", box.n);
		if (st != ST_OK)
			return st;
	}
}

static enum status read_zip(struct reading *rd, const struct blob *file, int depth)
{
	struct zipfile *z = NULL;
	struct err why;
	enum status st = zipfile_open(file, &z, &why);
	if (st != ST_OK)
		return failed(rd, st, &why);
	uint64_t n = zipfile_count(z), files = 0;
	for (uint64_t i = 0; i < n && st == ST_OK; i++) {
		struct zip_member m;
		struct metered metered;
		zipfile_member(z, i, &m);
		if (m.is_dir)
			continue;
		if (files++ == rd->options->limits->zip_members) {
			st = bad(rd, "a zip with too many members");
			break;
		}
		struct origin o = metered_origin(&metered, &rd->meter, &m.origin);
		st = m.bad ? bad(rd, m.bad) : read_inner(rd, &o, depth + 1, "member", i + 1);
	}
	if (st == ST_OK && files == 0)
		st = bad(rd, "an empty zip");
	zipfile_close(z);
	return st;
}

/* What must be there as a whole. */
static enum status read_whole(struct reading *rd, const struct origin *o, enum kind kind, int depth)
{
	struct spool spool;
	struct blob blob;
	struct stream *in;
	struct err why;
	spool_init(&spool, rd->options->limits->container_bytes);
	enum status st = o->open(o, &in, &why);
	if (st == ST_OK) {
		st = spool_drain(&spool, in, &why);
		stream_close(in);
	}
	if (st != ST_OK) {
		st = failed(rd, st, &why);
	} else {
		spool_blob(&spool, &blob);
		st = kind == KIND_ZIP ? read_zip(rd, &blob, depth) : read_mbox(rd, &blob, depth);
	}
	spool_free(&spool);
	return st;
}

/* ---- what is it? ---- */

static enum status read_spelled(struct reading *rd, const struct origin *o, enum kind kind,
				int depth)
{
	struct gzip g;
	struct wide w;
	struct cr c;
	struct metered m;
	struct origin plain = kind == KIND_GZIP   ? gzip_origin(&g, o, GZIP_FORMAT)
			      : kind == KIND_ZLIB ? gzip_origin(&g, o, ZLIB_FORMAT)
			      : kind == KIND_CR   ? cr_origin(&c, o)
						  : wide_origin(&w, o);
	struct origin metered = metered_origin(&m, &rd->meter, &plain);
	return read_origin(rd, &metered, depth + 1);
}

static enum status read_kind(struct reading *rd, const struct origin *o, struct sniffed s,
			     int depth)
{
	char reason[128];
	if (depth > LIMIT_NESTING)
		return bad(rd, "containers nested too deep");
	switch (s.kind) {
	case KIND_GZIP:
	case KIND_ZLIB:
	case KIND_WIDE:
	case KIND_CR:
		return read_spelled(rd, o, s.kind, depth);
	case KIND_ZIP:
	case KIND_MBOX:
		return read_whole(rd, o, s.kind, depth);
	case KIND_MAIL:
		return read_mail(rd, o);
	case KIND_EMPTY:
		return reading_end(rd, BOUNCE_UNKNOWN, "empty");
	case KIND_OTHER:
	case KIND_UNSUPPORTED:
		snprintf(reason, sizeof reason, "%s is not read", s.name);
		return bad(rd, reason);
	default:
		return read_text(rd, o);
	}
}

static enum status read_origin(struct reading *rd, const struct origin *o, int depth)
{
	struct peek peek;
	struct err why;
	enum status st = peek_begin(&peek, o, PEEK_LARGE, &why);
	size_t n = peek.n < SNIFF_BYTES ? peek.n : SNIFF_BYTES;
	struct sniffed s = sniff(peek.head, n);
	struct origin again = peek_origin(&peek);
	struct span head = {(const char *)peek.head, peek.n};
	bool text = s.kind == KIND_TEXT || s.kind == KIND_MAIL || s.kind == KIND_XML ||
		    s.kind == KIND_UNKNOWN;
	if (st != ST_OK && (st != ST_ITEM || n < SNIFF_BYTES))
		st = failed(rd, st, &why);
	else if (text && log_looks_like(head, s.kind == KIND_MAIL))
		st = log_read(rd, &again);
	else
		st = read_kind(rd, &again, s, depth);
	peek_end(&peek);
	return st;
}

enum status bounce_read(struct bounce_reader *r, const struct blob *input, const char *source,
			const struct refusal_sink *sink, struct err *err)
{
	struct reading *rd = &r->rd;
	struct origin o = blob_origin(input);
	rd->sink = sink;
	rd->source = source;
	rd->err = err;
	rd->outcome = (struct bounce_outcome){.log = FORM_COUNT};
	meter_init(&rd->meter, rd->options->limits->container_bytes);
	enum status st = read_origin(rd, &o, 1);
	arena_reset(&rd->arena);
	rd->written = 0;
	return st;
}
