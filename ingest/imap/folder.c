/* What is in the folder. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "ingest/imap/priv.h"

bool imap_is_temporary(const struct imap_done *d)
{
	static const char *const codes[] = {"UNAVAILABLE", "INUSE", "LIMIT", "SERVERBUG"};
	struct imap_text code = {d->code, strlen(d->code)};
	for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
		if (imap_is(code, codes[i]))
			return true;
	return false;
}

/* ---- SELECT ---- */

struct selected {
	uint32_t validity;
	char *permanent;
	size_t permanent_size;
};

static enum status on_select(void *ctx, const struct imap_response *r, struct err *err)
{
	struct selected *s = ctx;
	struct imap_text value;
	uint32_t hi;
	bool bad;
	(void)err;
	if (imap_code(r, "UIDVALIDITY", &value) &&
	    !imap_next_range(&value, &s->validity, &hi, &bad))
		s->validity = 0;
	if (imap_code(r, "PERMANENTFLAGS", &value) && value.n < s->permanent_size) {
		memcpy(s->permanent, value.s, value.n);
		s->permanent[value.n] = '\0';
	}
	return ST_OK;
}

static enum status cannot_select(const struct imap_source *s, struct err *err)
{
	const struct imap_done *d = imap_done(s->client);
	return err_set(err, imap_is_temporary(d) ? ST_RETRY : ST_FATAL,
		       "folder \"%s\" cannot be opened: %s", s->o.folder, d->text);
}

/* Can what is asked for be done here? */
static enum status check_rights(const struct imap_source *s, struct err *err)
{
	struct imap_text code = {imap_done(s->client)->code, strlen(imap_done(s->client)->code)};
	if (s->read_only)
		return ST_OK;
	if (imap_is(code, "READ-ONLY"))
		return err_set(
		    err, ST_FATAL,
		    "folder \"%s\" is read-only to this user: mails can be read, not filed",
		    s->o.folder);
	for (int i = 0; i < OUT_COUNT; i++) {
		const struct imap_filing *f = &s->o.filing[i];
		if (f->action == IMAP_KEYWORD && s->permanent[0] && !strstr(s->permanent, "\\*") &&
		    !strcasestr(s->permanent, f->arg))
			return err_set(err, ST_FATAL,
				       "folder \"%s\" keeps no keyword %s (it keeps %s)",
				       s->o.folder, f->arg, s->permanent);
	}
	return ST_OK;
}

static enum status begin_memory(struct imap_source *s, uint32_t validity, struct err *err)
{
	uid_set_clear(&s->done);
	uid_set_clear(&s->fresh);
	uid_set_clear(&s->aside);
	s->n_settled = 0;
	s->suspect = s->strikes = 0;
	s->uidvalidity = validity;
	if (!s->remembers)
		return ST_OK;
	enum status st = s->o.memory.load(s->o.memory.ctx, s->name, validity, &s->done, err);
	s->database = st != ST_OK;
	if (st != ST_OK)
		s->uidvalidity = 0;
	return st;
}

enum status imap_select(struct imap_source *s, struct err *err)
{
	struct selected got = {.permanent = s->permanent, .permanent_size = sizeof s->permanent};
	struct imap_handler h = {.ctx = &got, .response = on_select};
	s->permanent[0] = '\0';
	enum status st = imap_command(s->client, &h, err, "%s %s",
				      s->read_only ? "EXAMINE" : "SELECT", s->folder.data);
	if (st != ST_OK)
		return st;
	if (imap_done(s->client)->word != IMAP_OK)
		return cannot_select(s, err);
	if (got.validity == 0)
		return err_set(
		    err, ST_FATAL,
		    "folder \"%s\": the server tells no UIDVALIDITY; mails in it cannot be "
		    "told apart",
		    s->o.folder);
	st = check_rights(s, err);
	if (st == ST_OK && got.validity != s->uidvalidity)
		st = begin_memory(s, got.validity, err);
	return st;
}

/* ---- SEARCH ---- */

struct found {
	struct uid_set *set;
	uint32_t from, last;
};

static enum status on_search(void *ctx, const struct imap_response *r, struct err *err)
{
	struct found *f = ctx;
	struct imap_text rest = r->rest;
	uint32_t lo, hi;
	bool bad = false;
	if (r->kind != IMAP_SEARCH && r->kind != IMAP_ESEARCH)
		return ST_OK;
	while (imap_next_range(&rest, &lo, &hi, &bad)) {
		if (hi > f->last)
			f->last = hi;
		if (hi < f->from) /* "9:*" finds 7 where 7 is the last */
			continue;
		uid_set_add(f->set, lo < f->from ? f->from : lo, hi);
	}
	return bad ? err_set(err, ST_RETRY, "the server's answer to SEARCH is no list of numbers")
		   : ST_OK;
}

enum status imap_search(struct imap_source *s, struct uid_set *todo, uint32_t *last,
			struct err *err)
{
	/* Below the first gap everything is done. */
	uint32_t from = s->done.n > 0 && s->done.r[0].lo == 1 ? s->done.r[0].hi : 0;
	if (from == UINT32_MAX)
		return ST_OK;
	struct found f = {.set = todo, .from = from + 1};
	struct imap_handler h = {.ctx = &f, .response = on_search};
	/* What somebody marked \Deleted is on its way out. */
	enum status st =
	    imap_command(s->client, &h, err, "UID SEARCH %sUID %" PRIu32 ":* UNDELETED",
			 imap_caps(s->client) & IMAP_CAP_ESEARCH ? "RETURN (ALL) " : "", from + 1);
	if (st != ST_OK)
		return st;
	if (imap_done(s->client)->word != IMAP_OK)
		return err_set(err, ST_RETRY, "the server refuses to search: %s",
			       imap_done(s->client)->text);
	if (uid_set_count(todo) > imap_exists(s->client))
		return err_set(err, ST_RETRY, "the server lists more mails than the folder holds");
	*last = f.last;
	uid_set_remove_all(todo, &s->done);
	uid_set_remove_all(todo, &s->aside);
	return ST_OK;
}

/* ---- sizes ---- */

struct sizes {
	const struct uid_set *asked;
	struct imap_mail *mails;
	size_t n, cap;
};

static enum status on_size(void *ctx, const struct imap_response *r, struct err *err)
{
	struct sizes *z = ctx;
	(void)err;
	if (r->kind != IMAP_FETCH || r->uid == 0 || !r->has_size ||
	    !uid_set_has(z->asked, r->uid) || z->n == z->cap)
		return ST_OK;
	z->mails[z->n++] = (struct imap_mail){r->uid, r->size};
	return ST_OK;
}

static int by_uid(const void *a, const void *b)
{
	const struct imap_mail *x = a, *y = b;
	return x->uid < y->uid ? -1 : x->uid > y->uid;
}

enum status imap_sizes(struct imap_source *s, const struct uid_set *uids, struct imap_mail *mails,
		       size_t *n, struct err *err)
{
	struct sizes z = {.asked = uids, .mails = mails, .cap = (size_t)uid_set_count(uids)};
	struct imap_handler h = {.ctx = &z, .response = on_size};
	struct buf set;
	buf_init(&set, 12 * KIB);
	uid_set_text(uids, &set);
	enum status st =
	    imap_command(s->client, &h, err, "UID FETCH %s (UID RFC822.SIZE)", set.data);
	buf_free(&set);
	if (st != ST_OK)
		return st;
	if (imap_done(s->client)->word != IMAP_OK)
		return err_set(err, ST_RETRY, "the server tells no sizes: %s",
			       imap_done(s->client)->text);
	qsort(mails, z.n, sizeof *mails, by_uid);
	*n = 0;
	for (size_t i = 0; i < z.n; i++) /* each once, whatever the server says */
		if (*n == 0 || mails[*n - 1].uid != mails[i].uid)
			mails[(*n)++] = mails[i];
	return ST_OK;
}

static enum status on_uid(void *ctx, const struct imap_response *r, struct err *err)
{
	struct imap_mail *m = ctx;
	(void)err;
	if (r->kind == IMAP_FETCH && r->uid == m->uid)
		m->size = 1;
	return ST_OK;
}

enum status imap_is_there(struct imap_source *s, uint32_t uid, bool *there, struct err *err)
{
	struct imap_mail m = {.uid = uid};
	struct imap_handler h = {.ctx = &m, .response = on_uid};
	enum status st = imap_command(s->client, &h, err, "UID FETCH %" PRIu32 " (UID)", uid);
	*there = m.size > 0;
	return st;
}
