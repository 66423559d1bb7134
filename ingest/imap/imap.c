#include "ingest/imap/imap.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "core/log.h"
#include "core/mem.h"
#include "core/text.h"
#include "ingest/imap/conn.h"
#include "ingest/imap/priv.h"

#define TRIES_ONE_SHOT 4    /* sessions that may be lost in a row */
#define ASIDE_S        3600 /* what could not be read or filed is tried again after that */

/* ---- names ---- */

/* RFC 5092: what is not plain is %XX. */
static void put_escaped(struct buf *b, const char *s, const char *plain)
{
	for (; *s; s++) {
		unsigned char c = (unsigned char)*s;
		bool is_plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
				(c >= 'a' && c <= 'z') || strchr(plain, c);
		buf_printf(b, is_plain ? "%c" : "%%%02X", c);
	}
}

static char *join(const struct imap_options *o, bool url)
{
	const struct imap_account *a = &o->account;
	struct buf b;
	buf_init(&b, 8 * KIB);
	if (url) {
		buf_puts(&b, "imap://");
		put_escaped(&b, a->user, "-_.~+");
	} else {
		buf_puts(&b, a->user);
	}
	bool v6 = strchr(a->host, ':') != NULL;
	buf_puts(&b, v6 ? "@[" : "@");
	for (const char *h = a->host; *h; h++)
		buf_putc(&b, ascii_lower(*h));
	buf_puts(&b, v6 ? "]" : "");
	if (a->port != (a->tls ? 993U : 143U))
		buf_printf(&b, ":%u", a->port);
	buf_putc(&b, '/');
	if (url)
		put_escaped(&b, o->folder, "-_.~+/");
	else
		buf_puts(&b, o->folder);
	char *s = mem_strdup(b.data);
	buf_free(&b);
	return s;
}

struct imap_source *imap_source_new(const struct imap_options *options)
{
	struct imap_source *s = mem_alloc(sizeof *s);
	s->o = *options;
	s->o.account.mail_max =
	    2 * options->limits->mail_bytes; /* sizes that servers tell lie a little */
	s->name = join(options, false);
	s->url = join(options, true);
	buf_init(&s->folder, 8 * KIB);
	s->read_only = true;
	for (int i = 0; i < OUT_COUNT; i++) {
		enum imap_action a = options->filing[i].action;
		s->remembers |= a == IMAP_LEAVE || a == IMAP_SEEN || a == IMAP_KEYWORD;
		s->read_only &= a == IMAP_LEAVE;
	}
	s->read_only |= options->dry;
	return s;
}

void imap_source_free(struct imap_source *s)
{
	if (!s)
		return;
	imap_client_close(s->client, false);
	uid_set_free(&s->done);
	uid_set_free(&s->fresh);
	uid_set_free(&s->aside);
	for (int i = 0; i < OUT_COUNT; i++)
		free(s->targets[i]);
	buf_free(&s->folder);
	free(s->settled);
	free(s->name);
	free(s->url);
	free(s);
}

const char *imap_source_name(const struct imap_source *s)
{
	return s->name;
}

bool imap_stopping(const struct imap_source *s)
{
	return s->o.account.stop && atomic_load(s->o.account.stop);
}

void imap_source_settled(void *ctx, uint64_t id, enum outcome worst)
{
	struct imap_source *s = ctx;
	s->any_settled = true;
	if (id >> 32 != s->uidvalidity) /* of a folder that is no more */
		return;
	s->settled = MEM_ROOM(s->settled, s->n_settled, s->cap_settled);
	s->settled[s->n_settled++] = (struct imap_settled){(uint32_t)id, worst};
}

/* ---- one pass over what is new ---- */

/* Take the first UIDs of todo, no more than one command asks for. */
static void take_chunk(struct uid_set *todo, struct uid_set *chunk)
{
	uint32_t room = IMAP_SIZES_AT_ONCE;
	uid_set_clear(chunk);
	for (size_t i = 0; i < todo->n && i < IMAP_RANGES_MAX && room > 0; i++) {
		struct uid_range r = todo->r[i];
		if (r.hi - r.lo >= room)
			r.hi = r.lo + room - 1;
		room -= r.hi - r.lo + 1;
		uid_set_add(chunk, r.lo, r.hi);
	}
	uid_set_remove(todo, chunk->r[0].lo, chunk->r[chunk->n - 1].hi);
}

static enum status read_all(struct imap_source *s, struct uid_set *todo, struct err *err)
{
	struct uid_set chunk = {0};
	struct imap_mail *mails = mem_alloc(IMAP_SIZES_AT_ONCE * sizeof *mails);
	enum status st = ST_OK;
	while (st == ST_OK && todo->n > 0 && !imap_stopping(s)) {
		size_t n = 0;
		take_chunk(todo, &chunk);
		st = imap_sizes(s, &chunk, mails, &n, err);
		if (st == ST_OK)
			st = imap_fetch(s, mails, n, err);
	}
	free(mails);
	uid_set_free(&chunk);
	return st;
}

static enum status flush(struct imap_source *s, struct err *err)
{
	enum status st = pipeline_flush(s->p, err);
	if (st != ST_OK)
		s->database = true;
	return st;
}

/* A whole pass has seen everything up to last: also the numbers that no mail has. */
static enum status cover(struct imap_source *s, uint32_t last, struct err *err)
{
	if (!s->remembers || last == 0 ||
	    (s->done.n == 1 && s->done.r[0].lo == 1 && s->done.r[0].hi >= last))
		return ST_OK;
	struct uid_set all = {0};
	uid_set_add(&all, 1, last);
	uid_set_remove_all(&all, &s->aside);
	uid_set_add_all(&s->done, &all);
	uid_set_add_all(&s->fresh, &all);
	uid_set_free(&all);
	return imap_remember(s, err);
}

static enum status after_pass(struct imap_source *s, struct err *err)
{
	if (!s->any_settled || !s->o.hooks.passed)
		return ST_OK;
	enum status st = s->o.hooks.passed(s->o.hooks.ctx, err);
	s->any_settled = st != ST_OK;
	s->database = st != ST_OK;
	return st;
}

/* Who watches for months tries again what was set aside: a full mailbox has room some day. */
static void forget_aside(struct imap_source *s)
{
	time_t now = time(NULL);
	if (s->aside.n == 0 || now < s->aside_since)
		s->aside_since = now;
	if (now - s->aside_since > ASIDE_S)
		uid_set_clear(&s->aside);
}

static enum status pass(struct imap_source *s, struct err *err)
{
	struct uid_set todo = {0};
	uint32_t last = 0;
	struct ingest_progress *progress = s->o.progress;
	forget_aside(s);
	enum status st = imap_file(s, err); /* what was settled while the session was lost */
	if (st == ST_OK)
		st = imap_search(s, &todo, &last, err);
	if (st == ST_OK && progress) {
		atomic_fetch_add(&progress->total, uid_set_count(&todo));
		atomic_store(&progress->total_known, true);
	}
	if (st == ST_OK)
		st = read_all(s, &todo, err);
	bool whole = st == ST_OK && !imap_stopping(s);
	if (st == ST_OK)
		st = flush(s, err);
	if (st == ST_OK)
		st = imap_file(s, err);
	if (st == ST_OK && whole)
		st = cover(s, last, err);
	if (st == ST_OK)
		st = after_pass(s, err);
	uid_set_free(&todo);
	return st;
}

/* ---- sessions ---- */

static enum status open_session(struct imap_source *s, struct err *err)
{
	enum status st = imap_client_open(&s->o.account, &s->client, err);
	if (st == ST_OK)
		st = imap_targets(s, err);
	if (st == ST_OK)
		st = imap_select(s, err);
	if (st == ST_OK && s->o.hooks.ready)
		s->o.hooks.ready(s->o.hooks.ctx);
	return st;
}

static void nap(const struct imap_source *s, int64_t ms)
{
	for (; ms > 0 && !imap_stopping(s); ms -= 100) {
		struct timespec t = {.tv_nsec = (ms < 100 ? ms : 100) * 1000000};
		nanosleep(&t, NULL);
	}
}

static enum status wait_for_mail(struct imap_source *s, struct err *err)
{
	unsigned seconds = s->o.poll_s ? s->o.poll_s : IMAP_POLL_DEFAULT_S;
	if (imap_caps(s->client) & IMAP_CAP_IDLE)
		return imap_idle(s->client,
				 1000L * (seconds < IMAP_IDLE_MAX_S ? seconds : IMAP_IDLE_MAX_S),
				 err);
	nap(s, 1000 * (int64_t)seconds);
	return imap_stopping(s) ? ST_OK : imap_command(s->client, NULL, err, "NOOP");
}

/* Passes, until there is nothing more to do here. */
static enum status session(struct imap_source *s, struct err *err)
{
	enum status st = s->client ? ST_OK : open_session(s, err);
	while (st == ST_OK && !imap_stopping(s)) {
		(void)imap_news(s->client);
		st = pass(s, err);
		if (st != ST_OK || !s->o.watch)
			break;
		s->failures = 0;
		if (!imap_news(s->client) && !imap_stopping(s))
			st = wait_for_mail(s, err);
	}
	return st;
}

/* A sixtieth of the timeout (1 s), twice, four times as much ..., and up to half as much again, so
 * that many do not come back at once. */
static int64_t backoff_ms(const struct imap_source *s, unsigned failures)
{
	long timeout = s->o.account.timeout_ms > 0 ? s->o.account.timeout_ms : IMAP_TIMEOUT_MS;
	uint16_t noise = 0;
	unsigned shift = failures < 12 ? failures : 12;
	int64_t ms = (int64_t)(timeout / 60 + 1) << (shift > 0 ? shift - 1 : 0);
	if (ms > IMAP_BACKOFF_MAX_S * 1000)
		ms = IMAP_BACKOFF_MAX_S * 1000;
	ssize_t got = getrandom(&noise, sizeof noise, GRND_NONBLOCK);
	(void)got;
	return ms + ms * (noise % 512) / 1024;
}

/* The session is lost: what had come is settled, so that the next one goes on behind it. */
static enum status recover(struct imap_source *s, const struct err *why, struct err *err)
{
	enum status st = flush(s, err);
	if (st != ST_OK || imap_stopping(s))
		return st;
	s->failures++;
	if (!s->o.watch && s->failures >= TRIES_ONE_SHOT) {
		*err = *why;
		return ST_RETRY;
	}
	int64_t ms = backoff_ms(s, s->failures);
	log_warn("%s: %s; again in %" PRId64 ".%" PRId64 " s", s->name, why->msg, ms / 1000,
		 ms % 1000 / 100);
	nap(s, ms);
	return ST_OK;
}

enum status imap_source_run(struct imap_source *s, struct pipeline *p, bool *database,
			    struct err *err)
{
	enum status st = ST_OK;
	struct err why = {.msg = ""};
	s->p = p;
	s->database = false;
	if (s->folder.len == 0)
		st = imap_folder_arg(s->o.folder, &s->folder, err);
	while (st == ST_OK) {
		st = session(s, &why);
		if (st == ST_OK || s->database || st == ST_FATAL)
			break;
		imap_client_close(s->client, false);
		s->client = NULL;
		st = recover(s, &why, &why);
		if (st == ST_OK && imap_stopping(s))
			break;
	}
	*database = s->database;
	if (st != ST_OK && s->folder.len > 0)
		*err = why;
	if (st != ST_OK && s->folder.len > 0 && !s->database)
		(void)err_wrap(err, st, "%s", s->name);
	/* In the middle of an answer nothing more can be said. */
	imap_client_close(s->client, st == ST_OK);
	s->client = NULL;
	return st;
}
