/* Mails to the pipeline: as many in one command as bytes allow. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "ingest/imap/priv.h"
#include "ingest/stream/spool.h"

#define STRIKES_MAX 3

/* One FETCH: mails[0..n) were asked for, got[i] came. */
struct batch {
	struct imap_source *s;
	const struct imap_mail *mails;
	size_t n;
	bool got[IMAP_BATCH_MAILS];
	struct spool spool;
	bool too_large; /* the mail at hand */
	uint64_t bytes; /* of it, as they came */
};

static char *source_of(const struct imap_source *s, uint32_t uid, char *out, size_t size)
{
	snprintf(out, size, "%s;UIDVALIDITY=%" PRIu32 "/;UID=%" PRIu32, s->url, s->uidvalidity,
		 uid);
	return out;
}

static uint64_t id_of(const struct imap_source *s, uint32_t uid)
{
	return (uint64_t)s->uidvalidity << 32 | uid;
}

/* The pipeline's failures are not the server's. */
static enum status from_pipeline(struct imap_source *s, enum status st)
{
	if (st != ST_OK)
		s->database = true;
	return st;
}

static enum status reject(struct imap_source *s, uint32_t uid, bool file_it, const char *reason,
			  struct err *err)
{
	char source[4096];
	if (!file_it)
		uid_set_add(&s->aside, uid, uid);
	return from_pipeline(s, pipeline_reject(s->p, source_of(s, uid, source, sizeof source),
						reason, file_it ? id_of(s, uid) : 0, err));
}

static enum status reject_size(struct imap_source *s, uint32_t uid, uint64_t size, struct err *err)
{
	char reason[128];
	snprintf(reason, sizeof reason,
		 "mail of %" PRIu64 " bytes, more than %" PRIu64 ": not fetched", size,
		 s->o.limits->mail_bytes);
	return reject(s, uid, true, reason, err);
}

static enum status on_body(void *ctx, const char *p, size_t n, struct err *err)
{
	struct batch *b = ctx;
	b->bytes += n;
	if (b->too_large)
		return ST_OK;
	enum status st = spool_put(&b->spool, p, n, err);
	if (st == ST_ITEM) {
		b->too_large = true;
		return ST_OK;
	}
	return from_pipeline(b->s, st == ST_LATER ? ST_RETRY : st); /* a full disk: for all mails */
}

/* Which of the batch it is; b->n: none. */
static size_t find(const struct batch *b, uint32_t uid)
{
	size_t lo = 0, hi = b->n;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		if (b->mails[mid].uid < uid)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < b->n && b->mails[lo].uid == uid ? lo : b->n;
}

/* A body that came as a quoted string, or as a literal where none was expected. */
static enum status put_short_body(struct batch *b, struct imap_text t, struct err *err)
{
	bool quoted = t.n > 0 && t.s[-1] == '"';
	for (size_t i = 0; i < t.n; i++) {
		if (quoted && t.s[i] == '\\' && i + 1 < t.n)
			i++;
		enum status st = on_body(b, t.s + i, 1, err);
		if (st != ST_OK)
			return st;
	}
	return ST_OK;
}

static enum status to_pipeline(struct batch *b, uint32_t uid, struct err *err)
{
	struct imap_source *s = b->s;
	struct blob mail;
	char source[4096];
	if (b->too_large) /* larger than it was said to be */
		return reject_size(s, uid, b->bytes, err);
	spool_blob(&b->spool, &mail);
	enum status st = pipeline_message(s->p, &mail, source_of(s, uid, source, sizeof source),
					  id_of(s, uid), err);
	if (st == ST_LATER) { /* it stays, and is met again */
		uid_set_add(&s->aside, uid, uid);
		return ST_OK;
	}
	return from_pipeline(s, st);
}

static void forget_body(struct batch *b)
{
	spool_free(&b->spool);
	b->too_large = false;
	b->bytes = 0;
}

static enum status on_fetch(void *ctx, const struct imap_response *r, struct err *err)
{
	struct batch *b = ctx;
	enum status st = ST_OK;
	if (r->kind == IMAP_FETCH && r->has_body) {
		size_t i = find(b, r->uid);
		if (i < b->n && !b->got[i] && !imap_stopping(b->s)) {
			if (!r->streamed)
				st = put_short_body(b, r->body, err);
			if (st == ST_OK)
				st = to_pipeline(b, r->uid, err);
			b->got[i] = st == ST_OK;
		}
	}
	forget_body(b);
	return st;
}

/* The first of the batch that has not come. NULL: all have. */
static const struct imap_mail *first_missing(const struct batch *b)
{
	for (size_t i = 0; i < b->n; i++)
		if (!b->got[i])
			return &b->mails[i];
	return NULL;
}

/* The session was lost in a FETCH: is it always the same mail? */
static void blame(struct batch *b)
{
	struct imap_source *s = b->s;
	const struct imap_mail *m = first_missing(b);
	if (!m || s->database || imap_stopping(s))
		return;
	s->strikes = s->suspect == m->uid ? s->strikes + 1 : 1;
	s->suspect = m->uid;
}

static enum status ask(struct batch *b, struct err *err)
{
	struct imap_handler h = {.ctx = b, .body = on_body, .response = on_fetch};
	struct uid_set uids = {0};
	struct buf set;
	buf_init(&set, 12 * KIB);
	for (size_t i = 0; i < b->n; i++) {
		uid_set_add(&uids, b->mails[i].uid, b->mails[i].uid);
		h.expected += b->mails[i].size;
	}
	uid_set_text(&uids, &set);
	enum status st =
	    imap_command(b->s->client, &h, err, "UID FETCH %s (UID BODY.PEEK[])", set.data);
	buf_free(&set);
	uid_set_free(&uids);
	return st;
}

/* The server has answered, but this mail, which is there, was not in it. */
static enum status look_after(struct imap_source *s, const struct imap_mail *m, struct err *err)
{
	struct batch one = {.s = s, .mails = m, .n = 1};
	char reason[512];
	bool there = false;
	spool_init(&one.spool, s->o.limits->mail_bytes);
	enum status st = ask(&one, err);
	if (st != ST_OK)
		blame(&one);
	spool_free(&one.spool);
	if (st != ST_OK || one.got[0] || imap_stopping(s))
		return st;
	snprintf(reason, sizeof reason, "the server does not give it: %s",
		 imap_done(s->client)->text);
	st = imap_is_there(s, m->uid, &there, err);
	if (st == ST_OK && there)
		st = reject(s, m->uid, false, reason, err);
	return st;
}

/* What did not come is gone, moved by somebody else; or it cannot be read. */
static enum status look_after_missing(struct batch *b, struct err *err)
{
	struct uid_set missing = {0};
	struct imap_mail there[IMAP_BATCH_MAILS];
	size_t n = 0;
	for (size_t i = 0; i < b->n; i++)
		if (!b->got[i])
			uid_set_add(&missing, b->mails[i].uid, b->mails[i].uid);
	enum status st = missing.n > 0 ? imap_sizes(b->s, &missing, there, &n, err) : ST_OK;
	for (size_t i = 0; st == ST_OK && i < n && !imap_stopping(b->s); i++)
		st = look_after(b->s, &there[i], err);
	uid_set_free(&missing);
	return st;
}

static enum status fetch_batch(struct imap_source *s, const struct imap_mail *mails, size_t n,
			       struct err *err)
{
	struct batch b = {.s = s, .mails = mails, .n = n};
	spool_init(&b.spool, s->o.limits->mail_bytes);
	enum status st = ask(&b, err);
	if (st != ST_OK)
		blame(&b);
	else if (!imap_stopping(s))
		st = look_after_missing(&b, err);
	spool_free(&b.spool);
	return st;
}

/* How many of mails travel together. */
static size_t batch_length(const struct imap_source *s, const struct imap_mail *mails, size_t n)
{
	uint64_t bytes = 0;
	size_t i = 0, ranges = 0;
	for (; i < n && i < IMAP_BATCH_MAILS && ranges < IMAP_RANGES_MAX; i++) {
		bool suspect = mails[i].uid == s->suspect && s->strikes > 1;
		bool large = mails[i].size > s->o.limits->mail_bytes;
		if (i > 0 && (suspect || large || mails[i].size > IMAP_BATCH_BYTES - bytes))
			return i;
		if (suspect || large || mails[i].size >= IMAP_BATCH_BYTES)
			return 1;
		bytes += mails[i].size;
		ranges += i == 0 || mails[i].uid != mails[i - 1].uid + 1;
	}
	return i;
}

static enum status give_up(struct imap_source *s, uint32_t uid, struct err *err)
{
	s->suspect = s->strikes = 0;
	return reject(
	    s, uid, false,
	    "the connection was lost each time the server was asked for it; it stays where it is",
	    err);
}

enum status imap_fetch(struct imap_source *s, const struct imap_mail *mails, size_t n,
		       struct err *err)
{
	enum status st = ST_OK;
	while (st == ST_OK && n > 0 && !imap_stopping(s)) {
		size_t take = batch_length(s, mails, n);
		if (mails->size > s->o.limits->mail_bytes)
			st = reject_size(s, mails->uid, mails->size, err);
		else if (mails->uid == s->suspect && s->strikes >= STRIKES_MAX)
			st = give_up(s, mails->uid, err);
		else
			st = fetch_batch(s, mails, take, err);
		if (st == ST_OK)
			s->failures = 0; /* it goes forward */
		if (st == ST_OK && s->n_settled > 0)
			st = imap_file(s, err);
		mails += take;
		n -= take;
	}
	return st;
}
