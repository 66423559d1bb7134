/* Mails, and what else is text with something in it. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/buf.h"
#include "core/mem.h"
#include "ingest/budget.h"
#include "ingest/files/mbox.h"
#include "ingest/mail/joint.h"
#include "ingest/mail/mime.h"
#include "ingest/mail/pkcs7.h"
#include "ingest/mail/rawscan.h"
#include "ingest/source_name.h"
#include "ingest/unpack_priv.h"

/* What a raw scan may hold of n bytes: decoded base64, in a buffer that grows by doubling. */
#define DECODED(n) ((n) + (n) / 2)

struct mail {
	struct unpacker *u;
	const struct node *node;
	unsigned found;    /* by the raw scan */
	bool only_reports; /* of plain XML in a text: what mentions a tag is none */
	bool stopped;      /* by what was done with a part: the error says so already */

	const struct blob *blob; /* as it came */
	bool enclosed;           /* another mail is around it */
	uint64_t number;         /* the first that mails in it may have */
};

struct mail_around unpack_unsure(const struct unpacker *u)
{
	struct mail_around mail = *u->mail;
	mail.unsure = true;
	return mail;
}

/* Of the bytes of m. */
static struct mail_around around(const struct mail *m, const struct mime_mail *at)
{
	struct mail_around mail = {.blob = *m->blob,
				   .number = m->number + at->at,
				   .enclosed = m->enclosed || at->enclosed,
				   .multipart = at->multipart,
				   .mbox = m->node->mbox,
				   .unsure = at->unsure};
	mail.blob.size = at->size;
	mail.blob.offset += at->at;
	if (mail.blob.mem)
		mail.blob.mem += at->at;
	return mail;
}

static enum status unpack_inner(struct unpacker *u, const struct node *inner)
{
	bool deep_told = u->deep_told;
	u->deep_told = false;
	enum status st = unpack_node(u, inner);
	u->deep_told = deep_told;
	return st;
}

/* A container of its own inside of node: a part, a mail, a document. */
static enum status unpack_blob(struct unpacker *u, const struct node *node, const char *source,
			       const struct blob *blob, const struct mime_part *part)
{
	struct node inner = {.source = source,
			     .container = blob,
			     .origin = blob_origin(blob),
			     .blob = blob,
			     .depth = node->depth + 1,
			     .body = part && part->body,
			     .media = part && part->media,
			     .smime = part && part->smime};
	return unpack_inner(u, &inner);
}

static enum status unpack_part(struct mail *m, const struct mime_part *part)
{
	enum status st;
	if (unpack_over(m->u, m->node, &st))
		return st;
	if (part->number == 0)
		return unpack_bad(m->u, m->node, part->bad);
	char *source = source_number(m->node->source, "part", part->number);
	if (part->bad) {
		struct node inner = *m->node;
		inner.source = source;
		inner.body = false;
		st = unpack_bad(m->u, &inner, part->bad);
	} else {
		st = unpack_blob(m->u, m->node, source, &part->content, part);
	}
	free(source);
	return st;
}

static enum status on_part(void *ctx, const struct mime_part *part, struct err *err)
{
	struct mail *m = ctx;
	const struct mail_around *outer = m->u->mail;
	struct mail_around mail = around(m, &part->mail);
	(void)err;
	if (!m->node->entity)
		m->u->mail = &mail;
	enum status st = unpack_part(m, part);
	m->u->mail = outer;
	m->stopped = st != ST_OK;
	return st;
}

/* Of XML: the elements without which there is nothing to read. A text that speaks of <feedback> has
 * none. */
static bool is_likely(const struct blob *doc)
{
	static const char *const words[] = {"<report_metadata", ":report_metadata>",
					    "<policy_published", "<record>"};
	if (doc->size == 0 || doc->mem[0] != '<')
		return true;
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (memmem(doc->mem, doc->size, words[i], strlen(words[i])))
			return true;
	return false;
}

static enum status on_found(void *ctx, const struct blob *doc, struct err *err)
{
	struct mail *m = ctx;
	char reason[64];
	enum status st;
	(void)err;
	if (m->only_reports && !is_likely(doc))
		return ST_OK;
	if (unpack_over(m->u, m->node, &st) || m->found > m->u->limits->mime_parts)
		return st;
	if (++m->found > m->u->limits->mime_parts) {
		snprintf(reason, sizeof reason, "more than %" PRIu64 " documents in its text",
			 m->u->limits->mime_parts);
		return unpack_bad(m->u, m->node, reason);
	}
	char *source = source_number(m->node->source, "raw", m->found);
	st = unpack_blob(m->u, m->node, source, doc, NULL);
	free(source);
	return st;
}

#define ESCAPED "a report stands in it with its \"<\" escaped: save it as it was"

/* A report that a page or a program wrote out as text. */
static bool holds_escaped(const uint8_t *p, size_t n)
{
	static const char *const words[] = {"&lt;feedback", "&#60;feedback", "\\u003cfeedback",
					    "\\u003Cfeedback"};
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (memmem(p, n, words[i], strlen(words[i])) &&
		    memmem(p, n, "report_metadata", strlen("report_metadata")))
			return true;
	return false;
}

/* In JSON, as programs get mails from services: base64 of gzip or zip in quotes. */
static bool holds_quoted(const uint8_t *p, size_t n)
{
	return memmem(p, n, "\"H4sI", 5) || memmem(p, n, "\"UEsDB", 6);
}

/* No part showed a report: is there one in the mail's text? */
static enum status scan_mail(struct mail *m, const uint8_t *bytes, uint64_t n, bool some_bad)
{
	struct rawscan_visitor raw = {.ctx = m, .found = on_found};
	bool was_raw = m->u->raw, was_silent = m->u->raw_silent;
	const struct mail_around *outer = m->u->mail;
	struct mime_mail all = {.size = n, .unsure = true};
	struct mail_around mail = m->node->entity ? unpack_unsure(m->u) : around(m, &all);
	m->u->mail = &mail;
	m->u->raw = true;
	m->u->raw_silent = was_silent || some_bad;
	uint64_t reports = m->u->reports;
	budget_take(DECODED(n));
	enum status st = rawscan(bytes, n, &raw, m->u->err);
	budget_give(DECODED(n));
	m->u->raw = was_raw;
	m->u->raw_silent = was_silent;
	if (st == ST_OK && m->u->reports == reports && !some_bad && holds_escaped(bytes, n))
		st = unpack_bad(m->u, m->node, ESCAPED);
	m->u->mail = outer;
	return st;
}

/* bytes: room for blob, which holds the mail. */
static enum status read_mail(struct unpacker *u, const struct node *node, const struct blob *blob,
			     uint8_t *bytes)
{
	struct mail m = {.u = u,
			 .node = node,
			 .blob = blob,
			 .enclosed = u->mail != NULL,
			 .number = u->mail_numbers};
	struct mime_visitor parts = {.ctx = &m, .part = on_part};
	uint64_t leaves = u->leaves, reports = u->reports, bad = u->bad;
	struct err why;
	u->mail_numbers += blob->size + 1;
	enum status st = unpack_load(blob, bytes, &why);
	if (st != ST_OK)
		return unpack_failed(u, node, st, &why);
	st = mime_walk(bytes, blob->size, u->limits, &parts, u->err);
	if (st != ST_OK)
		return m.stopped ? st : err_wrap(u->err, st, "%s", node->source);
	if (u->reports == reports && !u->over && !u->meter.over) {
		st = unpack_load(blob, bytes, &why); /* the walk blanked what is too long for it */
		if (st != ST_OK)
			return unpack_failed(u, node, st, &why);
		st = scan_mail(&m, bytes, blob->size, u->bad > bad);
	}
	if (st == ST_OK && u->leaves == leaves)
		st = unpack_leaf(u, node, LEAF_OTHER, "a mail without content");
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
	return unpack_bad(u, node, reason);
}

/* One mail more. false: that is one too many, which is said once. */
static bool count_mail(struct unpacker *u, const struct node *node, enum status *st)
{
	char reason[64];
	*st = ST_OK;
	if (u->mails++ < u->limits->mbox_mails)
		return true;
	if (u->mails_told)
		return false;
	u->mails_told = true;
	snprintf(reason, sizeof reason, "more than %" PRIu64 " mails inside of something",
		 u->limits->mbox_mails);
	*st = unpack_bad(u, node, reason);
	return false;
}

/* The mails behind the first of blob, which is first bytes long. Whoever sent that one may have
 * written them all: they count as enclosed in it. */
static enum status read_joined(struct unpacker *u, const struct node *node, const struct blob *blob,
			       uint8_t *bytes, uint64_t first)
{
	struct err why;
	const struct mail_around *outer = u->mail;
	struct mail m = {.node = node, .blob = blob, .enclosed = true, .number = u->mail_numbers};
	struct mime_mail all = {.size = blob->size, .unsure = true};
	struct mail_around mail = around(&m, &all);
	enum status st = unpack_load(blob, bytes, &why);
	if (st != ST_OK)
		return unpack_failed(u, node, st, &why);
	u->mail_numbers += blob->size + 1;
	u->mail = &mail;
	unsigned n = 1;
	for (uint64_t at = first, size; st == ST_OK && at < blob->size; at += size) {
		if (unpack_over(u, node, &st) || !count_mail(u, node, &st))
			break;
		size = joint_find(bytes + at, blob->size - at);
		struct blob piece = unpack_range(blob, at, size);
		char *source = source_number(node->source, "mail", ++n);
		st = unpack_blob(u, node, source, &piece, NULL);
		free(source);
	}
	u->mail = outer;
	return st;
}

/* One mail, or several that were put one behind the other. */
static enum status read_mails(struct unpacker *u, const struct node *node, const struct blob *blob,
			      uint8_t *bytes)
{
	struct err why;
	enum status st = unpack_load(blob, bytes, &why);
	if (st != ST_OK)
		return unpack_failed(u, node, st, &why);
	uint64_t first = joint_find(bytes, blob->size);
	struct blob mail = unpack_range(blob, 0, first);
	st = read_mail(u, node, &mail, bytes);
	return st == ST_OK && first < blob->size ? read_joined(u, node, blob, bytes, first) : st;
}

enum status unpack_mail(struct unpacker *u, const struct node *node)
{
	struct spool spool;
	struct blob blob;
	struct err why;
	if (node->blob && node->blob->size > u->limits->mail_bytes)
		return mail_too_large(u, node, node->blob->size);
	spool_init(&spool, u->limits->mail_bytes);
	enum status st = unpack_need_blob(node, &spool, &blob, &why);
	if (st == ST_OK) {
		budget_take(blob.size);
		uint8_t *bytes = mem_grow(NULL, blob.size, 1);
		st = read_mails(u, node, &blob, bytes);
		free(bytes);
		budget_give(blob.size);
	} else if (st == ST_ITEM && spool.len + 16 * KIB > spool.max && !u->meter.over) {
		st = mail_too_large(u, node, 0);
	} else {
		st = unpack_failed(u, node, st, &why);
	}
	spool_free(&spool);
	return st;
}

static enum status mbox_mail(struct unpacker *u, const struct node *node, const struct mbox *box,
			     const struct blob *mail)
{
	char *source = source_number(node->source, "mail", box->n);
	struct node whole = {.source = source,
			     .container = mail,
			     .origin = blob_origin(mail),
			     .blob = mail,
			     .depth = node->depth + 1,
			     .mbox = true};
	enum status st = unpack_inner(u, &whole);
	if (st == ST_OK && box->doubtful > 0)
		st = unpack_bad(u, &whole, MBOX_DOUBTFUL);
	free(source);
	return st;
}

enum status unpack_mbox(struct unpacker *u, const struct node *node)
{
	struct spool spool;
	struct blob blob, mail;
	struct mbox box;
	struct err why;
	bool more = true;
	spool_init(&spool, u->limits->container_bytes);
	enum status st = unpack_need_blob(node, &spool, &blob, &why);
	if (st != ST_OK) {
		st = unpack_failed(u, node, st, &why);
		more = false;
	}
	mbox_init(&box, &blob);
	while (more && st == ST_OK && !unpack_over(u, node, &st)) {
		st = mbox_next(&box, &mail, &more, &why);
		if (st != ST_OK) {
			st = unpack_failed(u, node, st, &why);
			break;
		}
		if (!more || !count_mail(u, node, &st))
			break;
		st = mbox_mail(u, node, &box, &mail);
	}
	spool_free(&spool);
	return st;
}

enum status unpack_signed(struct unpacker *u, const struct node *node)
{
	struct spool spool;
	struct blob blob;
	struct buf content;
	struct err why;
	spool_init(&spool, u->limits->mail_bytes);
	buf_init(&content, u->limits->mail_bytes);
	enum status st = unpack_need_blob(node, &spool, &blob, &why);
	uint8_t *bytes = NULL;
	uint64_t taken = 0;
	if (st == ST_OK && blob.size <= u->limits->mail_bytes) {
		taken = 2 * blob.size + DECODED(blob.size);
		budget_take(taken);
		bytes = mem_grow(NULL, blob.size, 1);
		st = unpack_load(&blob, bytes, &why);
	}
	if (st != ST_OK) {
		st = unpack_failed(u, node, st, &why);
	} else if (!bytes) {
		st = mail_too_large(u, node, blob.size);
	} else if (node->body || pkcs7_is_detached(bytes, blob.size)) {
		st = unpack_leaf(u, node, LEAF_OTHER, "an S/MIME signature");
	} else if (!pkcs7_content(bytes, blob.size, &content)) {
		st = unpack_bad(u, node, "S/MIME signed data without readable content");
	} else {
		struct blob inner = {
		    .size = content.len, .mem = (const uint8_t *)content.data, .fd = -1};
		struct node entity = {.source = node->source,
				      .container = &inner,
				      .origin = blob_origin(&inner),
				      .blob = &inner,
				      .depth = node->depth + 1,
				      .entity = u->mail != NULL};
		st = unpack_inner(u, &entity);
	}
	free(bytes);
	buf_free(&content);
	budget_give(taken);
	spool_free(&spool);
	return st;
}

/* ---- other text ---- */

static enum status text_too_large(struct unpacker *u, const struct node *node)
{
	char reason[96];
	snprintf(reason, sizeof reason, "text of more than %" PRIu64 " bytes: not looked through",
		 u->limits->mail_bytes);
	return unpack_bad(u, node, reason);
}

/* Documents and containers may stand anywhere in a text: behind a long preamble, or in base64. */
static enum status scan_text(struct unpacker *u, const struct node *node, const struct blob *blob,
			     const char *name)
{
	struct mail m = {.u = u, .node = node, .only_reports = true};
	struct rawscan_visitor raw = {.ctx = &m, .found = on_found};
	const struct mail_around *mail = u->mail;
	struct mail_around unsure;
	uint8_t *bytes = NULL;
	struct err why;
	enum status st = ST_OK;
	uint64_t taken = blob->size + DECODED(blob->size);
	if (mail) {
		unsure = unpack_unsure(u);
		u->mail = &unsure;
	}
	budget_take(taken);
	if (!blob->mem) {
		bytes = mem_grow(NULL, blob->size, 1);
		st = unpack_load(blob, bytes, &why);
	}
	if (st == ST_OK)
		st = rawscan(bytes ? bytes : blob->mem, blob->size, &raw, u->err);
	else
		st = unpack_failed(u, node, st, &why);
	u->mail = mail;
	const uint8_t *text = bytes ? bytes : blob->mem;
	if (st == ST_OK && m.found == 0 && holds_escaped(text, blob->size))
		st = unpack_bad(u, node, ESCAPED);
	else if (st == ST_OK && m.found == 0 && holds_quoted(text, blob->size))
		st = unpack_bad(u, node, "gzip or zip stands in it in base64: save that as a file");
	else if (st == ST_OK && m.found == 0)
		st = unpack_leaf(u, node, LEAF_OTHER, name);
	free(bytes);
	budget_give(taken);
	return st;
}

/* name: what sort of text it is, where no report is in it. */
enum status unpack_text(struct unpacker *u, const struct node *node, const char *name)
{
	struct spool spool;
	struct blob blob;
	struct err why;
	spool_init(&spool, u->limits->mail_bytes);
	enum status st = unpack_need_blob(node, &spool, &blob, &why);
	if (st == ST_ITEM && spool.len + 16 * KIB > spool.max && !u->meter.over)
		st = text_too_large(u, node);
	else if (st != ST_OK)
		st = unpack_failed(u, node, st, &why);
	else if (blob.size > u->limits->mail_bytes)
		st = text_too_large(u, node);
	else
		st = scan_text(u, node, &blob, name);
	spool_free(&spool);
	return st;
}
