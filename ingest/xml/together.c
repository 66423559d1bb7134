#include "ingest/xml/together.h"

#include <string.h>

#include "core/text.h"
#include "ingest/stream/sniff.h"

#define DECLARATION "<?xml "

enum tag { TAG_OTHER, TAG_DECLARATION, TAG_ROOT, TAG_END };

/* What the tag at hand is, with or without a prefix. */
static enum tag tag_of(const struct together *t)
{
	const char *name = t->tag + 1, *end = t->tag + t->n_tag;
	if (end - name == 4 && memcmp(name, "?xml", 4) == 0)
		return TAG_DECLARATION;
	bool closes = name < end && *name == '/';
	name += closes;
	const char *colon = memchr(name, ':', (size_t)(end - name));
	if (colon)
		name = colon + 1;
	if (end - name != 8 || memcmp(name, "feedback", 8) != 0)
		return TAG_OTHER;
	return closes ? TAG_END : TAG_ROOT;
}

/* One more character. true: the name of a tag is complete, t->tag[0..n_tag). */
static bool is_name_whole(struct together *t, char c)
{
	if (c == '<') {
		t->n_tag = 0;
		t->tag[t->n_tag++] = c;
		return false;
	}
	if (t->n_tag == 0)
		return false;
	bool ends = ascii_is_space(c) || c == '>' || (c == '/' && t->n_tag > 1);
	if (!ends && t->n_tag == sizeof t->tag)
		t->n_tag = 0; /* too long to be one of ours */
	else if (!ends)
		t->tag[t->n_tag++] = c;
	return ends;
}

/* To the next '<' of the piece. false: there is none. */
static bool skip_text(struct together *t)
{
	const char *hit = memchr(t->piece + t->at, '<', t->n - t->at);
	t->at = hit ? (size_t)(hit - t->piece) : t->n;
	return hit != NULL;
}

static enum status refill(struct together *t, struct err *err)
{
	t->at = t->n = 0;
	return stream_read(t->in, t->piece, sizeof t->piece, &t->n, err);
}

/* Up to the name of the next tag that is one of ours. *got = TAG_OTHER: there is none. What is
 * passed over goes to the spool while a document is open. */
static enum status next_tag(struct together *t, enum tag *got, struct err *err)
{
	enum status st = ST_OK;
	*got = TAG_OTHER;
	while (st == ST_OK && *got == TAG_OTHER) {
		size_t from = t->at;
		if (t->at == t->n) {
			st = refill(t, err);
			if (st != ST_OK || t->n == 0)
				return st;
			continue;
		}
		while (t->at < t->n && *got == TAG_OTHER) {
			if (t->n_tag == 0 && !skip_text(t))
				break;
			if (is_name_whole(t, t->piece[t->at++])) {
				*got = tag_of(t);
				if (*got == TAG_OTHER)
					t->n_tag = 0;
			}
		}
		if (t->open)
			st = spool_put(&t->spool, t->piece + from, t->at - from, err);
	}
	return st;
}

/* The rest of an end tag: its name ended with t->piece[t->at - 1]. */
static enum status finish_tag(struct together *t, struct err *err)
{
	bool closed = t->at > 0 && t->piece[t->at - 1] == '>';
	while (!closed) {
		if (t->at == t->n) {
			enum status st = refill(t, err);
			if (st != ST_OK || t->n == 0)
				return st;
		}
		closed = t->piece[t->at++] == '>';
		if (t->open) {
			enum status st = spool_put(&t->spool, t->piece + t->at - 1, 1, err);
			if (st != ST_OK)
				return st;
		}
	}
	return ST_OK;
}

/* To the end of a document whose root or declaration was met: behind its end tag, or before the
 * declaration of another, where it is cut (t->declared). *got: the tag that says so. */
static enum status pass_document(struct together *t, bool root, enum tag *got, struct err *err)
{
	enum status st = ST_OK;
	for (*got = TAG_ROOT; st == ST_OK && *got != TAG_END && *got != TAG_OTHER;) {
		st = next_tag(t, got, err);
		t->n_tag = 0;
		t->declared = *got == TAG_DECLARATION && root;
		root |= *got == TAG_ROOT;
		if (t->declared)
			return st;
	}
	return st == ST_OK && *got == TAG_END ? finish_tag(t, err) : st;
}

enum status together_open(struct together *t, const struct origin *origin,
			  const struct limits *limits, struct err *err)
{
	*t = (struct together){.in = NULL};
	spool_init(&t->spool, limits->report_bytes);
	enum status st = origin->open(origin, &t->in, err);
	if (st != ST_OK) {
		t->in = NULL;
		return st;
	}
	st = refill(t, err);
	if (st == ST_OK && sniff_encoding((const uint8_t *)t->piece, t->n).width > 1) {
		stream_close(t->in);
		t->in = NULL;
		t->n = 0;
		struct origin plain = wide_origin(&t->wide, origin);
		st = plain.open(&plain, &t->in, err);
	}
	enum tag tag;
	return st == ST_OK ? pass_document(t, false, &tag, err) : st;
}

void together_close(struct together *t)
{
	stream_close(t->in);
	spool_free(&t->spool);
}

enum status together_next(struct together *t, struct blob *doc, bool *more, struct err *err)
{
	enum tag tag = t->declared ? TAG_DECLARATION : TAG_END;
	enum status st = ST_OK;
	*more = t->open = false;
	spool_free(&t->spool);
	while (st == ST_OK && tag == TAG_END) { /* of nothing */
		t->n_tag = 0;
		st = next_tag(t, &tag, err);
	}
	if (st != ST_OK || tag == TAG_OTHER)
		return st;
	t->open = *more = true;
	size_t n_tag = t->n_tag;
	t->n_tag = 0;
	if (tag == TAG_ROOT) {
		st = spool_put(&t->spool, t->tag, n_tag, err);
		if (st == ST_OK)
			st = spool_put(&t->spool, t->piece + t->at - 1, 1, err);
	} else { /* what ended its name is a blank, whichever */
		st = spool_put(&t->spool, DECLARATION, strlen(DECLARATION), err);
	}
	if (st == ST_OK)
		st = pass_document(t, tag == TAG_ROOT, &tag, err);
	spool_blob(&t->spool, doc);
	if (t->declared) /* its start was taken along */
		doc->size -= strlen(DECLARATION);
	return st;
}
