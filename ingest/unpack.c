#include "ingest/unpack.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/buf.h"
#include "core/mem.h"
#include "core/text.h"
#include "ingest/files/mbox.h"
#include "ingest/mail/mime.h"
#include "ingest/mail/pkcs7.h"
#include "ingest/mail/rawscan.h"
#include "ingest/source_name.h"
#include "ingest/stream/gzip.h"
#include "ingest/stream/meter.h"
#include "ingest/stream/peek.h"
#include "ingest/stream/sniff.h"
#include "ingest/stream/spool.h"
#include "ingest/stream/zip.h"

#define SOURCE_MAX (64 * 1024)

struct unpacker {
	const struct limits *limits;
	const struct unpack_visitor *visitor;
	struct err *err; /* the caller's; for what stops everything */
	struct meter meter;
	uint64_t leaves;
	uint64_t candidates; /* documents and containers met: something that could be a report */
	bool over_told;
};

/* Something to look into. */
struct node {
	const char *source;
	const struct blob *container;
	struct origin origin;
	const struct blob *blob; /* the same bytes as origin, or NULL: only a stream */
	int depth;               /* containers around it */
	bool body;
	bool smime;
};

static enum status unpack_node(struct unpacker *u, const struct node *node);

/* ---- leaves ---- */

static enum status visit_leaf(struct unpacker *u, const struct node *node, enum leaf_kind kind,
			      const char *reason)
{
	struct leaf leaf = {.kind = kind,
			    .source = node->source,
			    .reason = reason,
			    .mail_body = node->body && kind != LEAF_BAD,
			    .container = *node->container};
	if (kind == LEAF_XML)
		leaf.xml = node->origin;
	u->leaves++;
	return u->visitor->leaf(u->visitor->ctx, &leaf, u->err);
}

static enum status bad(struct unpacker *u, const struct node *node, const char *reason)
{
	u->candidates++;
	return visit_leaf(u, node, LEAF_BAD, reason);
}

/* st came from reading node: damage is a leaf, everything else stops us. */
static enum status failed(struct unpacker *u, const struct node *node, enum status st,
			  const struct err *why)
{
	if (st == ST_ITEM) {
		u->over_told |= u->meter.over;
		return bad(u, node, why->msg);
	}
	return err_set(u->err, st, "%s: %s", node->source, why->msg);
}

/* Has the total been used up? Then say so once, and visit nothing more. */
static bool is_over(struct unpacker *u, const struct node *node, enum status *st)
{
	*st = ST_OK;
	if (!u->meter.over)
		return false;
	if (!u->over_told) {
		u->over_told = true;
		*st = bad(u, node, u->meter.reason);
	}
	return true;
}

/* ---- bytes that must be whole ---- */

/* node's bytes as a blob: they are one already, or are collected in spool. */
static enum status need_blob(const struct node *node, struct spool *spool, struct blob *out,
			     struct err *why)
{
	struct stream *in;
	if (node->blob) {
		*out = *node->blob;
		return ST_OK;
	}
	enum status st = node->origin.open(&node->origin, &in, why);
	if (st != ST_OK)
		return st;
	st = spool_drain(spool, in, why);
	stream_close(in);
	spool_blob(spool, out);
	return st;
}

static enum status load(const struct blob *b, uint8_t *to, struct err *why)
{
	for (uint64_t at = 0; at < b->size;) {
		ssize_t got = blob_read(b, at, to + at, b->size - at);
		if (got <= 0)
			return err_set(why, ST_ITEM, "read: %s",
				       got < 0 ? strerror(errno) : "the file became shorter");
		at += (uint64_t)got;
	}
	return ST_OK;
}

/* ---- gzip, zlib ---- */

static enum status unpack_gzip(struct unpacker *u, const struct node *node, enum gzip_format format)
{
	struct gzip g;
	struct metered m;
	struct origin plain = gzip_origin(&g, &node->origin, format);
	struct node inner = {.source = node->source,
			     .container = node->container,
			     .depth = node->depth + 1,
			     .origin = metered_origin(&m, &u->meter, &plain)};
	u->candidates++;
	return unpack_node(u, &inner);
}

/* ---- zip ---- */

static enum status unpack_member(struct unpacker *u, const struct node *node, struct zip_member *m)
{
	struct metered metered;
	char reason[SOURCE_MEMBER_MAX + 64];
	char *source = source_member(node->source, m->name, m->index + 1);
	struct node inner = {.source = source,
			     .container = node->container,
			     .depth = node->depth + 1,
			     .origin = metered_origin(&metered, &u->meter, &m->origin)};
	enum status st;
	if (m->bad) {
		snprintf(reason, sizeof reason, "zip: member \"%s\" %s", strrchr(source, '!') + 1,
			 m->bad);
		st = bad(u, &inner, reason);
	} else {
		st = unpack_node(u, &inner);
	}
	free(source);
	return st;
}

static enum status unpack_members(struct unpacker *u, const struct node *node,
				  const struct zipfile *z)
{
	uint64_t n = zipfile_count(z), files = 0;
	char reason[64];
	enum status st = ST_OK;
	for (uint64_t i = 0; i < n && st == ST_OK; i++) {
		struct zip_member m;
		zipfile_member(z, i, &m);
		if (m.is_dir && n <= u->limits->zip_members)
			continue;
		if (is_over(u, node, &st))
			return st;
		if (files++ >= u->limits->zip_members) {
			snprintf(reason, sizeof reason, "zip: more than %" PRIu64 " members",
				 u->limits->zip_members);
			return bad(u, node, reason);
		}
		st = unpack_member(u, node, &m);
	}
	if (st == ST_OK && files == 0)
		st = visit_leaf(u, node, LEAF_OTHER, "an empty zip");
	return st;
}

static enum status unpack_zip(struct unpacker *u, const struct node *node)
{
	struct spool spool;
	struct blob blob;
	struct zipfile *z = NULL;
	struct err why;
	u->candidates++;
	spool_init(&spool, u->limits->container_bytes);
	enum status st = need_blob(node, &spool, &blob, &why);
	if (st == ST_OK)
		st = zipfile_open(&blob, &z, &why);
	if (st == ST_OK)
		st = unpack_members(u, node, z);
	else
		st = failed(u, node, st, &why);
	zipfile_close(z);
	spool_free(&spool);
	return st;
}

/* ---- mail ---- */

struct mail {
	struct unpacker *u;
	const struct node *node;
	unsigned found; /* by the raw scan */
	bool stopped;   /* by what was done with a part: the error says so already */
};

static enum status unpack_blob(struct unpacker *u, const struct node *node, const char *source,
			       const struct blob *blob, bool body, bool smime)
{
	struct node inner = {.source = source,
			     .container = blob,
			     .origin = blob_origin(blob),
			     .blob = blob,
			     .depth = node->depth + 1,
			     .body = body,
			     .smime = smime};
	return unpack_node(u, &inner);
}

static enum status unpack_part(struct mail *m, const struct mime_part *part)
{
	enum status st;
	if (is_over(m->u, m->node, &st))
		return st;
	if (part->number == 0)
		return bad(m->u, m->node, part->bad);
	char *source = source_number(m->node->source, "part", part->number);
	if (part->bad) {
		struct node inner = *m->node;
		inner.source = source;
		inner.body = false;
		st = bad(m->u, &inner, part->bad);
	} else {
		st = unpack_blob(m->u, m->node, source, &part->content, part->body, part->smime);
	}
	free(source);
	return st;
}

static enum status on_part(void *ctx, const struct mime_part *part, struct err *err)
{
	struct mail *m = ctx;
	enum status st = unpack_part(m, part);
	(void)err;
	m->stopped = st != ST_OK;
	return st;
}

static enum status on_found(void *ctx, const struct blob *doc, struct err *err)
{
	struct mail *m = ctx;
	char reason[64];
	enum status st;
	(void)err;
	if (is_over(m->u, m->node, &st) || m->found > m->u->limits->mime_parts)
		return st;
	if (++m->found > m->u->limits->mime_parts) {
		snprintf(reason, sizeof reason, "more than %" PRIu64 " documents in its text",
			 m->u->limits->mime_parts);
		return bad(m->u, m->node, reason);
	}
	char *source = source_number(m->node->source, "raw", m->found);
	st = unpack_blob(m->u, m->node, source, doc, false, false);
	free(source);
	return st;
}

/* bytes: room for blob, which holds the mail. */
static enum status read_mail(struct unpacker *u, const struct node *node, const struct blob *blob,
			     uint8_t *bytes)
{
	struct mail m = {.u = u, .node = node};
	struct mime_visitor parts = {.ctx = &m, .part = on_part};
	struct rawscan_visitor raw = {.ctx = &m, .found = on_found};
	uint64_t leaves = u->leaves, candidates = u->candidates;
	struct err why;
	enum status st = load(blob, bytes, &why);
	if (st != ST_OK)
		return failed(u, node, st, &why);
	st = mime_walk(bytes, blob->size, u->limits, &parts, u->err);
	if (st != ST_OK)
		return m.stopped ? st : err_wrap(u->err, st, "%s", node->source);
	if (u->candidates == candidates) {
		st = load(blob, bytes, &why); /* the walk blanked what is too long for it */
		if (st != ST_OK)
			return failed(u, node, st, &why);
		st = rawscan(bytes, blob->size, &raw, u->err);
	}
	if (st == ST_OK && u->leaves == leaves)
		st = visit_leaf(u, node, LEAF_OTHER, "a mail without content");
	return st;
}

static enum status mail_too_large(struct unpacker *u, const struct node *node, uint64_t size)
{
	char reason[128];
	if (size > 0)
		snprintf(reason, sizeof reason,
			 "mail of %" PRIu64 " bytes is over the ceiling of %" PRIu64, size,
			 u->limits->mail_bytes);
	else
		snprintf(reason, sizeof reason, "mail is over the ceiling of %" PRIu64 " bytes",
			 u->limits->mail_bytes);
	return bad(u, node, reason);
}

static enum status unpack_mail(struct unpacker *u, const struct node *node)
{
	struct spool spool;
	struct blob blob;
	struct err why;
	if (node->blob && node->blob->size > u->limits->mail_bytes)
		return mail_too_large(u, node, node->blob->size);
	spool_init(&spool, u->limits->mail_bytes);
	enum status st = need_blob(node, &spool, &blob, &why);
	if (st == ST_OK) {
		uint8_t *bytes = mem_grow(NULL, blob.size, 1);
		st = read_mail(u, node, &blob, bytes);
		free(bytes);
	} else if (st == ST_ITEM && spool.len + 16 * KIB > spool.max && !u->meter.over) {
		st = mail_too_large(u, node, 0);
	} else {
		st = failed(u, node, st, &why);
	}
	spool_free(&spool);
	return st;
}

static enum status unpack_mbox(struct unpacker *u, const struct node *node)
{
	struct spool spool;
	struct blob blob, mail;
	struct mbox box;
	struct err why;
	bool more = true;
	spool_init(&spool, u->limits->container_bytes);
	enum status st = need_blob(node, &spool, &blob, &why);
	if (st != ST_OK) {
		st = failed(u, node, st, &why);
		more = false;
	}
	mbox_init(&box, &blob);
	while (more && st == ST_OK && !is_over(u, node, &st)) {
		st = mbox_next(&box, &mail, &more, &why);
		if (st != ST_OK) {
			st = failed(u, node, st, &why);
			break;
		}
		if (!more)
			break;
		char *source = source_number(node->source, "mail", box.n);
		st = unpack_blob(u, node, source, &mail, false, false);
		free(source);
	}
	spool_free(&spool);
	return st;
}

static enum status unpack_signed(struct unpacker *u, const struct node *node)
{
	struct spool spool;
	struct blob blob;
	struct buf content;
	struct err why;
	spool_init(&spool, u->limits->mail_bytes);
	buf_init(&content, u->limits->mail_bytes);
	enum status st = need_blob(node, &spool, &blob, &why);
	uint8_t *bytes = NULL;
	if (st == ST_OK && blob.size <= u->limits->mail_bytes) {
		bytes = mem_grow(NULL, blob.size, 1);
		st = load(&blob, bytes, &why);
	}
	if (st != ST_OK) {
		st = failed(u, node, st, &why);
	} else if (!bytes) {
		st = mail_too_large(u, node, blob.size);
	} else if (node->body || pkcs7_is_detached(bytes, blob.size)) {
		st = visit_leaf(u, node, LEAF_OTHER, "an S/MIME signature");
	} else if (!pkcs7_content(bytes, blob.size, &content)) {
		st = bad(u, node, "S/MIME signed data without readable content");
	} else {
		struct blob inner = {
		    .size = content.len, .mem = (const uint8_t *)content.data, .fd = -1};
		st = unpack_blob(u, node, node->source, &inner, false, false);
	}
	free(bytes);
	buf_free(&content);
	spool_free(&spool);
	return st;
}

/* ---- what is it? ---- */

static bool is_container(enum kind kind)
{
	return kind == KIND_GZIP || kind == KIND_ZLIB || kind == KIND_ZIP || kind == KIND_MAIL ||
	       kind == KIND_MBOX || kind == KIND_SIGNED;
}

/* An HTML body is markup too, but no reason to stop looking. */
static bool is_candidate(const struct node *node, const uint8_t *head, size_t n)
{
	return !node->body || memmem(head, n, "<feedback", 9) || memmem(head, n, "<?xml", 5);
}

static enum status open_container(struct unpacker *u, const struct node *node, enum kind kind)
{
	char reason[64];
	if (node->depth >= LIMIT_NESTING) {
		snprintf(reason, sizeof reason, "nested more than %d deep", LIMIT_NESTING);
		return bad(u, node, reason);
	}
	switch (kind) {
	case KIND_GZIP:
		return unpack_gzip(u, node, GZIP_FORMAT);
	case KIND_ZLIB:
		return unpack_gzip(u, node, ZLIB_FORMAT);
	case KIND_ZIP:
		return unpack_zip(u, node);
	case KIND_MBOX:
		return unpack_mbox(u, node);
	case KIND_SIGNED:
		return unpack_signed(u, node);
	default:
		return unpack_mail(u, node);
	}
}

/* node, which begins with head and is what s says. */
static enum status unpack_sniffed(struct unpacker *u, const struct node *node, struct sniffed s,
				  const uint8_t *head, size_t n)
{
	char reason[128];
	if (node->body && (s.kind == KIND_MAIL || s.kind == KIND_MBOX))
		s = (struct sniffed){KIND_OTHER, "text"}; /* a mail quoted in the mail's text */
	if (is_container(s.kind))
		return open_container(u, node, s.kind);
	if (s.kind == KIND_XML) {
		u->candidates += is_candidate(node, head, n);
		return visit_leaf(u, node, LEAF_XML, NULL);
	}
	if (s.kind == KIND_UNSUPPORTED || (node->smime && s.kind == KIND_OTHER)) {
		snprintf(reason, sizeof reason, "%s is not supported",
			 s.kind == KIND_OTHER ? "this kind of S/MIME" : s.name);
		return bad(u, node, reason);
	}
	return visit_leaf(u, node, LEAF_OTHER, s.name);
}

/* Damage counts here when it hides what node is; else whoever reads on meets it again. */
static enum status unpack_node(struct unpacker *u, const struct node *given)
{
	struct node node = *given;
	struct peek peek;
	struct err why;
	enum status st =
	    peek_begin(&peek, &given->origin, given->blob ? PEEK_SMALL : PEEK_LARGE, &why);
	size_t n = peek.n < SNIFF_BYTES ? peek.n : SNIFF_BYTES;
	struct sniffed s = sniff(peek.head, n);
	if (!given->blob) /* that one is read from its start in one go, at no cost */
		node.origin = peek_origin(&peek);
	if (st != ST_OK && (st != ST_ITEM || (s.kind != KIND_XML && n < SNIFF_BYTES)))
		st = failed(u, &node, st, &why);
	else
		st = unpack_sniffed(u, &node, s, peek.head, n);
	peek_end(&peek);
	return st;
}

enum status unpack(const struct blob *input, const char *source, const struct limits *limits,
		   const struct unpack_visitor *visitor, struct err *err)
{
	struct unpacker u = {.limits = limits, .visitor = visitor, .err = err};
	struct node node = {
	    .source = source, .container = input, .origin = blob_origin(input), .blob = input};
	meter_init(&u.meter, limits->container_bytes);
	return unpack_node(&u, &node);
}
