#include "ingest/unpack.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/text.h"
#include "ingest/source_name.h"
#include "ingest/stream/cr.h"
#include "ingest/stream/gzip.h"
#include "ingest/stream/peek.h"
#include "ingest/stream/sniff.h"
#include "ingest/stream/wide.h"
#include "ingest/stream/zip.h"
#include "ingest/unpack_priv.h"

/* ---- leaves ---- */

/* Is node one document too many of the input? Then that is said, once. */
static bool too_many(struct unpacker *u, const struct node *node, enum status *st)
{
	char reason[64];
	*st = ST_OK;
	if (node->body || u->documents++ < u->limits->documents)
		return false;
	u->over = u->over_told = true;
	if (u->documents > u->limits->documents + 1) /* told before */
		return true;
	snprintf(reason, sizeof reason, "more than %" PRIu64 " documents in one input",
		 u->limits->documents);
	struct leaf leaf = {.kind = LEAF_BAD,
			    .source = node->source,
			    .reason = reason,
			    .container = *node->container};
	bool report = false;
	u->leaves++;
	*st = u->visitor->leaf(u->visitor->ctx, &leaf, &report, u->err);
	return true;
}

enum status unpack_leaf(struct unpacker *u, const struct node *node, enum leaf_kind kind,
			const char *reason)
{
	struct leaf leaf = {.kind = kind,
			    .source = node->source,
			    .reason = reason,
			    .mail_body = node->body && kind != LEAF_BAD,
			    .again = u->raw,
			    .mail = u->mail,
			    .container = *node->container};
	bool report = false;
	enum status st;
	if (too_many(u, node, &st) || (u->raw && kind == LEAF_OTHER))
		return st;
	if (kind == LEAF_XML)
		leaf.xml = node->origin;
	u->leaves++;
	st = u->visitor->leaf(u->visitor->ctx, &leaf, &report, u->err);
	u->reports += report;
	return st;
}

enum status unpack_bad(struct unpacker *u, const struct node *node, const char *reason)
{
	if (u->raw_silent)
		return ST_OK;
	u->bad++;
	return unpack_leaf(u, node, LEAF_BAD, reason);
}

enum status unpack_failed(struct unpacker *u, const struct node *node, enum status st,
			  const struct err *why)
{
	if (st == ST_ITEM) {
		u->over_told |= u->meter.over;
		return unpack_bad(u, node, why->msg);
	}
	return err_set(u->err, st, "%s: %s", node->source, why->msg);
}

bool unpack_over(struct unpacker *u, const struct node *node, enum status *st)
{
	*st = ST_OK;
	u->over |= u->meter.over;
	if (u->over && !u->over_told) {
		u->over_told = true;
		*st = unpack_bad(u, node, u->meter.reason);
	}
	return u->over;
}

/* ---- bytes that must be whole ---- */

enum status unpack_need_blob(const struct node *node, struct spool *spool, struct blob *out,
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

struct blob unpack_range(const struct blob *blob, uint64_t at, uint64_t size)
{
	struct blob b = *blob;
	b.size = size;
	b.offset += at;
	if (b.mem)
		b.mem += at;
	return b;
}

enum status unpack_load(const struct blob *b, uint8_t *to, struct err *why)
{
	for (uint64_t at = 0; at < b->size;) {
		ssize_t got = blob_read(b, at, to + at, b->size - at);
		if (got <= 0)
			return err_set(why, got < 0 ? err_status(errno) : ST_ITEM, "read: %s",
				       got < 0 ? strerror(errno) : "the file became shorter");
		at += (uint64_t)got;
	}
	return ST_OK;
}

static bool is_container(enum kind kind)
{
	return kind == KIND_GZIP || kind == KIND_ZLIB || kind == KIND_ZIP || kind == KIND_MAIL ||
	       kind == KIND_MBOX || kind == KIND_SIGNED || kind == KIND_WIDE || kind == KIND_CR;
}

/* ---- what stands behind a container ---- */

/* Of what says nothing of itself: shorter, it is no report, but line ends, or the footer of a
 * mailing list that was taken for base64. */
#define REST_LEAST 512

/* The n bytes behind the end of what node is, which origin reads; of a blob, blob is they. */
static enum status unpack_rest(struct unpacker *u, const struct node *node,
			       const struct origin *origin, const struct blob *blob, uint64_t n)
{
	struct node inner = {.container = node->container,
			     .depth = node->depth + 1,
			     .origin = *origin,
			     .blob = blob};
	struct peek peek;
	struct err why;
	enum status st = peek_begin(&peek, origin, PEEK_SMALL, &why);
	size_t seen = peek.n < SNIFF_BYTES ? peek.n : SNIFF_BYTES;
	struct sniffed s = sniff(peek.head, seen);
	peek_end(&peek);
	if (st != ST_OK && st != ST_ITEM)
		return unpack_failed(u, node, st, &why);
	bool says =
	    is_container(s.kind) || s.skip > 0 || s.kind == KIND_XML || s.kind == KIND_UNSUPPORTED;
	if (!says && n < REST_LEAST)
		return ST_OK;
	char *source = source_number(node->source, "behind", 1);
	inner.source = source;
	st = unpack_node(u, &inner);
	free(source);
	return st;
}

/* ---- gzip, zlib ---- */

static enum status unpack_behind_gzip(struct unpacker *u, const struct node *node,
				      const struct gzip *g)
{
	struct skipped skipped;
	if (!g->rest_odd)
		return ST_OK;
	if (node->blob) {
		struct blob rest = unpack_range(node->blob, g->rest_at, g->rest_n);
		struct origin origin = blob_origin(&rest);
		return unpack_rest(u, node, &origin, &rest, g->rest_n);
	}
	struct origin origin = skipped_origin(&skipped, &node->origin, g->rest_at);
	return unpack_rest(u, node, &origin, NULL, g->rest_n);
}

static enum status unpack_gzip(struct unpacker *u, const struct node *node, enum gzip_format format)
{
	struct gzip g;
	struct metered m;
	struct origin plain = gzip_origin(&g, &node->origin, format);
	struct node inner = {.source = node->source,
			     .container = node->container,
			     .depth = node->depth + 1,
			     .origin = metered_origin(&m, &u->meter, &plain)};
	enum status st = unpack_node(u, &inner);
	return st == ST_OK ? unpack_behind_gzip(u, node, &g) : st;
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
		st = unpack_bad(u, &inner, reason);
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
		if (unpack_over(u, node, &st))
			return st;
		if (files++ >= u->limits->zip_members) {
			snprintf(reason, sizeof reason, "zip: more than %" PRIu64 " members",
				 u->limits->zip_members);
			return unpack_bad(u, node, reason);
		}
		st = unpack_member(u, node, &m);
	}
	if (st == ST_OK && files == 0)
		st = unpack_leaf(u, node, LEAF_OTHER, "an empty zip");
	return st;
}

/* The archives in front of the last one of blob, as one of their own; blob becomes the last. */
static enum status unpack_zip_front(struct unpacker *u, const struct node *node, struct blob *blob)
{
	uint64_t n = zipfile_front(blob);
	if (n == 0)
		return ST_OK;
	struct blob front = unpack_range(blob, 0, n);
	struct node inner = *node;
	char *source = source_number(node->source, "front", 1);
	*blob = unpack_range(blob, n, blob->size - n);
	inner.source = source;
	inner.blob = &front;
	inner.origin = blob_origin(&front);
	inner.depth++;
	enum status st = unpack_node(u, &inner);
	free(source);
	return st;
}

/* What follows its end is no part of it: line ends, or anything. */
static enum status unpack_behind_zip(struct unpacker *u, const struct node *node,
				     const struct blob *blob)
{
	uint64_t end = zipfile_end(blob);
	if (end >= blob->size)
		return ST_OK;
	struct blob rest = unpack_range(blob, end, blob->size - end);
	struct origin origin = blob_origin(&rest);
	return unpack_rest(u, node, &origin, &rest, rest.size);
}

static enum status unpack_archive(struct unpacker *u, const struct node *node,
				  const struct blob *blob)
{
	struct zipfile *z = NULL;
	struct err why;
	enum status st = zipfile_open(blob, &z, &why);
	if (st == ST_OK)
		st = unpack_members(u, node, z);
	else
		st = unpack_failed(u, node, st, &why);
	zipfile_close(z);
	return st;
}

static enum status unpack_zip(struct unpacker *u, const struct node *node)
{
	struct spool spool;
	struct blob blob;
	struct err why;
	spool_init(&spool, u->limits->container_bytes);
	enum status st = unpack_need_blob(node, &spool, &blob, &why);
	if (st != ST_OK) {
		st = unpack_failed(u, node, st, &why);
	} else {
		st = unpack_zip_front(u, node, &blob);
		if (st == ST_OK)
			st = unpack_archive(u, node, &blob);
		if (st == ST_OK)
			st = unpack_behind_zip(u, node, &blob);
	}
	spool_free(&spool);
	return st;
}

/* ---- what is it? ---- */

/* Once for all that is in a container: what is kept of it holds them all. */
static enum status too_deep(struct unpacker *u, const struct node *node)
{
	char reason[64];
	if (u->deep_told)
		return ST_OK;
	u->deep_told = true;
	snprintf(reason, sizeof reason, "nested more than %d deep", LIMIT_NESTING);
	return unpack_bad(u, node, reason);
}

/* Text in another spelling: KIND_WIDE, KIND_CR. */
static enum status unpack_spelled(struct unpacker *u, const struct node *node, enum kind kind)
{
	struct wide w;
	struct cr c;
	struct metered m;
	struct origin plain =
	    kind == KIND_CR ? cr_origin(&c, &node->origin) : wide_origin(&w, &node->origin);
	struct node inner = *node;
	inner.origin = metered_origin(&m, &u->meter, &plain);
	inner.blob = NULL;
	inner.depth++;
	return unpack_node(u, &inner);
}

static enum status open_container(struct unpacker *u, const struct node *node, enum kind kind)
{
	if (node->depth >= LIMIT_NESTING)
		return too_deep(u, node);
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
	case KIND_WIDE:
	case KIND_CR:
		return unpack_spelled(u, node, kind);
	default:
		return unpack_mail(u, node);
	}
}

/* The same without the first n bytes. */
static enum status unpack_behind(struct unpacker *u, const struct node *node, size_t n)
{
	struct skipped skipped;
	struct blob blob;
	struct node inner = *node;
	if (node->blob) {
		blob = *node->blob;
		blob.size -= n;
		blob.offset += n;
		if (blob.mem)
			blob.mem += n;
		inner.blob = &blob;
		inner.origin = blob_origin(&blob);
	} else {
		inner.origin = skipped_origin(&skipped, &node->origin, n);
	}
	return unpack_node(u, &inner);
}

/* Words of a mail may hold an odd byte; compressed ones are one in nine what no text has. */
static bool is_words(const uint8_t *p, size_t n)
{
	size_t odd = 0;
	for (size_t i = 0; i < n; i++)
		odd += p[i] < 0x20 && !ascii_is_space((char)p[i]);
	return odd <= n / 16;
}

/* Bytes that say nothing of themselves. */
static enum status unpack_unknown(struct unpacker *u, const struct node *node, const uint8_t *head,
				  size_t n)
{
	if (node->body && is_words(head, n))
		return unpack_leaf(u, node, LEAF_OTHER, "text");
	if (node->media)
		return unpack_leaf(u, node, LEAF_OTHER, "an image, sound or film by its label");
	return unpack_bad(u, node, "bytes of no kind that is known: it may be damaged");
}

/* Words in front of the document may be anybody's who quotes it: an answer, a bounce. */
static enum status unpack_xml(struct unpacker *u, const struct node *node, const uint8_t *head,
			      size_t n)
{
	const struct mail_around *mail = u->mail;
	struct mail_around unsure;
	size_t front = sniff_front(head, n);
	if (mail && front < n && head[front] != '<' && sniff_encoding(head, n).width == 1) {
		unsure = unpack_unsure(u);
		u->mail = &unsure;
	}
	enum status st = unpack_leaf(u, node, LEAF_XML, NULL);
	u->mail = mail;
	return st;
}

/* node, which begins with head and is what s says. */
static enum status unpack_sniffed(struct unpacker *u, const struct node *node, struct sniffed s,
				  const uint8_t *head, size_t n)
{
	char reason[128];
	if (s.skip > 0)
		return unpack_behind(u, node, s.skip);
	if (node->body && (s.kind == KIND_MAIL || s.kind == KIND_MBOX || s.kind == KIND_CR))
		s = (struct sniffed){KIND_TEXT, "text", 0}; /* a mail quoted in the mail's text */
	if (is_container(s.kind))
		return open_container(u, node, s.kind);
	if (s.kind == KIND_XML)
		return unpack_xml(u, node, head, n);
	if (s.kind == KIND_UNSUPPORTED || (node->smime && s.kind == KIND_OTHER)) {
		snprintf(reason, sizeof reason, "%s is not supported",
			 s.kind == KIND_OTHER ? "this kind of S/MIME" : s.name);
		return unpack_bad(u, node, reason);
	}
	if (s.kind == KIND_UNKNOWN)
		return unpack_unknown(u, node, head, n);
	if (s.kind == KIND_TEXT && !node->body)
		return unpack_text(u, node, s.name);
	return unpack_leaf(u, node, LEAF_OTHER, s.name);
}

/* Damage counts here when it hides what node is; else whoever reads on meets it again. */
enum status unpack_node(struct unpacker *u, const struct node *given)
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
		st = unpack_failed(u, &node, st, &why);
	else
		st = unpack_sniffed(u, &node, s, peek.head, n);
	peek_end(&peek);
	return st;
}

enum status unpack(const struct blob *input, const char *source, const struct limits *limits,
		   const struct unpack_visitor *visitor, struct err *err)
{
	struct unpacker u = {.limits = limits, .visitor = visitor, .err = err};
	struct node node = {.source = source,
			    .container = input,
			    .origin = blob_origin(input),
			    .blob = input,
			    .mbox = visitor->mbox};
	meter_init(&u.meter, limits->container_bytes);
	meter_work(&u.meter, input->size, limits->ratio, LIMIT_INFLATED);
	return unpack_node(&u, &node);
}
