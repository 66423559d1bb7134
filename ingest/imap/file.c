/* What is settled: moved, marked or deleted, and what stays is remembered. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/log.h"
#include "core/mem.h"
#include "ingest/imap/priv.h"

/* ---- where to ---- */

static enum status on_list(void *ctx, const struct imap_response *r, struct err *err)
{
	char *separator = ctx;
	(void)err;
	if (r->kind == IMAP_LIST)
		*separator = r->separator;
	return ST_OK;
}

static char *target(const struct imap_filing *f, const char *name, char separator)
{
	size_t size = strlen(f->arg) + strlen(name) + 2;
	char *path = mem_alloc(size);
	snprintf(path, size, "%s%c%s", f->arg, separator ? separator : '-', name);
	return path;
}

enum status imap_targets(struct imap_source *s, struct err *err)
{
	char separator = '\0';
	struct imap_handler h = {.ctx = &separator, .response = on_list};
	bool asked = false;
	for (int i = 0; i < OUT_COUNT; i++) {
		const struct imap_filing *f = &s->o.filing[i];
		s->created[i] = false;
		if (s->targets[i] || (f->action != IMAP_MOVE && f->action != IMAP_ARCHIVE))
			continue;
		enum status st = ST_OK;
		if (f->action == IMAP_ARCHIVE && !asked)
			st = imap_command(s->client, &h, err, "LIST \"\" \"\"");
		if (st != ST_OK)
			return st;
		asked = true;
		s->targets[i] = f->action == IMAP_MOVE
				    ? mem_strdup(f->arg)
				    : target(f, archive_folder((enum outcome)i), separator);
	}
	return ST_OK;
}

/* ---- one command ---- */

static bool said_ok(const struct imap_source *s)
{
	return imap_done(s->client)->word == IMAP_OK;
}

/* RFC 5530: somebody else took some of them away. */
static bool said_gone(const struct imap_source *s)
{
	const char *code = imap_done(s->client)->code;
	return imap_is((struct imap_text){code, strlen(code)}, "EXPUNGEISSUED");
}

static enum status store(struct imap_source *s, const char *set, const char *flag, struct err *err)
{
	return imap_command(s->client, NULL, err, "UID STORE %s +FLAGS.SILENT (%s)", set, flag);
}

/* Exactly these; without UIDPLUS they stay, marked: EXPUNGE would take others' with them. */
static enum status delete_mails(struct imap_source *s, const char *set, struct err *err)
{
	enum status st = store(s, set, "\\Deleted", err);
	if (st == ST_OK && said_ok(s) && imap_caps(s->client) & IMAP_CAP_UIDPLUS)
		st = imap_command(s->client, NULL, err, "UID EXPUNGE %s", set);
	return st;
}

static enum status copy_or_move(struct imap_source *s, const char *set, const char *folder,
				struct err *err)
{
	return imap_command(s->client, NULL, err, "UID %s %s %s",
			    imap_caps(s->client) & IMAP_CAP_MOVE ? "MOVE" : "COPY", set, folder);
}

static enum status move_mails(struct imap_source *s, enum outcome o, const char *set,
			      struct err *err)
{
	struct buf folder;
	buf_init(&folder, 8 * KIB);
	enum status st = imap_folder_arg(s->targets[o], &folder, err);
	if (st == ST_OK)
		st = copy_or_move(s, set, folder.data, err);
	if (st == ST_OK && !said_ok(s) && !s->created[o] && !said_gone(s)) {
		s->created[o] = true; /* once: a full mailbox refuses, too */
		st = imap_command(s->client, NULL, err, "CREATE %s", folder.data);
		if (st == ST_OK)
			st = copy_or_move(s, set, folder.data, err);
	}
	buf_free(&folder);
	if (st == ST_OK && said_ok(s) && !(imap_caps(s->client) & IMAP_CAP_MOVE))
		st = delete_mails(s, set, err);
	return st;
}

static enum status act(struct imap_source *s, enum outcome o, const char *set, struct err *err)
{
	const struct imap_filing *f = &s->o.filing[o];
	switch (f->action) {
	case IMAP_LEAVE:
		break;
	case IMAP_MOVE:
	case IMAP_ARCHIVE:
		return move_mails(s, o, set, err);
	case IMAP_SEEN:
		return store(s, set, "\\Seen", err);
	case IMAP_KEYWORD:
		return store(s, set, f->arg, err);
	case IMAP_DELETE:
		return delete_mails(s, set, err);
	}
	return ST_OK;
}

static bool stays(const struct imap_filing *f)
{
	return f->action == IMAP_LEAVE || f->action == IMAP_SEEN || f->action == IMAP_KEYWORD;
}

/* The server refuses: the mails stay, and are for the next run. */
static void not_filed(struct imap_source *s, enum outcome o, const struct uid_set *uids,
		      const char *set)
{
	const char *to = s->targets[o];
	uint64_t n = uid_set_count(uids);
	log_warn("%s: %" PRIu64 " done, but the server does not file them%s%s (UID %.60s%s): %s",
		 s->name, n, to ? " to " : "", to ? to : "", set, strlen(set) > 60 ? "..." : "",
		 imap_done(s->client)->text);
	pipeline_totals(s->p)->not_moved += n;
	uid_set_add_all(&s->aside, uids);
}

/* Refused as a whole, perhaps only because some of uids are gone: then *uids are those that are
 * there, and *again. */
static enum status look_again(struct imap_source *s, struct uid_set *uids, bool *again,
			      struct err *err)
{
	struct imap_done said = *imap_done(s->client);
	struct imap_mail *there = mem_alloc(uid_set_count(uids) * sizeof *there);
	uint64_t before = uid_set_count(uids);
	size_t n = 0;
	enum status st = imap_sizes(s, uids, there, &n, err);
	*again = st == ST_OK && n < before;
	if (*again)
		uid_set_clear(uids);
	for (size_t i = 0; *again && i < n; i++)
		uid_set_add(uids, there[i].uid, there[i].uid);
	free(there);
	imap_set_done(s->client, &said); /* what a person is told */
	return st;
}

/* uids may become fewer. */
static enum status file_some(struct imap_source *s, enum outcome o, struct uid_set *uids,
			     struct err *err)
{
	const struct imap_filing *f = &s->o.filing[o];
	struct buf set;
	bool again = true, refused = false;
	enum status st = ST_OK;
	buf_init(&set, 12 * KIB);
	while (st == ST_OK && again && uids->n > 0) {
		buf_reset(&set);
		uid_set_text(uids, &set);
		again = false;
		st = act(s, o, set.data, err);
		refused = st == ST_OK && f->action != IMAP_LEAVE && !said_ok(s);
		if (refused)
			st = look_again(s, uids, &again, err);
	}
	if (st == ST_OK && uids->n > 0 && refused) {
		not_filed(s, o, uids, set.data);
	} else if (st == ST_OK && stays(f)) {
		uid_set_add_all(&s->done, uids);
		uid_set_add_all(&s->fresh, uids);
	}
	buf_free(&set);
	return st;
}

/* ---- all that is settled ---- */

static void drop_settled(struct imap_source *s, enum outcome o, struct uid_range span)
{
	size_t kept = 0;
	for (size_t i = 0; i < s->n_settled; i++) {
		struct imap_settled e = s->settled[i];
		if (e.outcome != o || e.uid < span.lo || e.uid > span.hi)
			s->settled[kept++] = e;
	}
	s->n_settled = kept;
}

/* Take away the first ranges of from, as many as a command holds. */
static void take_ranges(struct uid_set *from, struct uid_set *into)
{
	uid_set_clear(into);
	size_t n = from->n < IMAP_RANGES_MAX ? from->n : IMAP_RANGES_MAX;
	for (size_t i = 0; i < n; i++)
		uid_set_add(into, from->r[i].lo, from->r[i].hi);
	if (n > 0)
		uid_set_remove(from, from->r[0].lo, from->r[n - 1].hi);
}

static enum status file_outcome(struct imap_source *s, enum outcome o, struct err *err)
{
	struct uid_set all = {0}, some = {0};
	enum status st = ST_OK;
	for (size_t i = 0; i < s->n_settled; i++)
		if (s->settled[i].outcome == o)
			uid_set_add(&all, s->settled[i].uid, s->settled[i].uid);
	while (st == ST_OK && all.n > 0) {
		take_ranges(&all, &some);
		struct uid_range span = {some.r[0].lo, some.r[some.n - 1].hi};
		st = file_some(s, o, &some, err);
		if (st == ST_OK)
			drop_settled(s, o, span);
	}
	uid_set_free(&all);
	uid_set_free(&some);
	return st;
}

static enum status file_all(struct imap_source *s, struct err *err)
{
	enum status st = ST_OK;
	for (int o = 0; st == ST_OK && o < OUT_COUNT && s->n_settled > 0; o++)
		st = file_outcome(s, (enum outcome)o, err);
	return st;
}

static bool takes_away(const struct imap_source *s)
{
	for (size_t i = 0; i < s->n_settled; i++)
		if (!stays(&s->o.filing[s->settled[i].outcome]))
			return true;
	return false;
}

/* In our turn; NOOP lets the server tell this session what others took away before. */
static enum status file_in_turn(struct imap_source *s, struct err *err)
{
	const struct imap_memory *m = &s->o.memory;
	struct err late;
	enum status st = m->enter(m->ctx, s->name, err);
	s->database = s->database || st != ST_OK;
	if (st != ST_OK)
		return st;
	st = imap_command(s->client, NULL, err, "NOOP");
	if (st == ST_OK)
		st = file_all(s, err);
	enum status left = m->leave(m->ctx, &late);
	if (left == ST_OK || st != ST_OK)
		return st;
	s->database = true;
	*err = late;
	return left;
}

enum status imap_file(struct imap_source *s, struct err *err)
{
	if (s->o.dry)
		s->n_settled = 0;
	enum status st = takes_away(s) ? file_in_turn(s, err) : file_all(s, err);
	return st == ST_OK ? imap_remember(s, err) : st;
}

enum status imap_remember(struct imap_source *s, struct err *err)
{
	if (s->o.dry || !s->remembers || s->fresh.n == 0)
		return ST_OK;
	enum status st = s->o.memory.save(s->o.memory.ctx, s->name, s->uidvalidity, &s->fresh, err);
	if (st == ST_OK)
		uid_set_clear(&s->fresh);
	else
		s->database = true;
	return st;
}
