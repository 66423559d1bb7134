#include "ingest/imap/client.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "core/limits.h"
#include "core/mem.h"
#include "ingest/imap/client_priv.h"
#include "ingest/imap/utf7.h"

#define ANSWERS_MAX      1000000    /* responses to one command */
#define ANSWER_BYTES_MAX (64 * MIB) /* of them, mails not counted */
#define SLOWEST          1024       /* bytes of mail a second; slower is no use */

static int64_t now_ms(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* ---- what the server says ---- */

static void copy_text(char *out, size_t size, struct imap_text t)
{
	size_t n = t.n < size - 1 ? t.n : size - 1;
	if (n > 0)
		memcpy(out, t.s, n);
	out[n] = '\0';
}

static const struct {
	const char *word;
	enum imap_cap cap;
} cap_words[] = {
    {"SASL-IR", IMAP_CAP_SASL_IR},
    {"IDLE", IMAP_CAP_IDLE},
    {"MOVE", IMAP_CAP_MOVE},
    {"UIDPLUS", IMAP_CAP_UIDPLUS},
    {"ESEARCH", IMAP_CAP_ESEARCH},
    {"LOGINDISABLED", IMAP_CAP_LOGINDISABLED},
    {"AUTH=PLAIN", IMAP_CAP_PLAIN},
    {"AUTH=XOAUTH2", IMAP_CAP_XOAUTH2},
    {"AUTH=OAUTHBEARER", IMAP_CAP_OAUTHBEARER},
};

static void read_caps(struct imap_client *c, struct imap_text words)
{
	struct imap_text word;
	c->caps = 0;
	while (imap_next_word(&words, &word))
		for (size_t i = 0; i < sizeof cap_words / sizeof *cap_words; i++)
			if (imap_is(word, cap_words[i].word))
				c->caps |= cap_words[i].cap;
}

/* The connection is gone: what the server said before is the better reason. */
static enum status session_lost(struct imap_client *c, struct err *err)
{
	if (c->bye[0])
		return err_set(err, ST_RETRY, "the server ended the session: %s", c->bye);
	return ST_RETRY;
}

static enum status more_bytes(struct imap_client *c, int64_t deadline, struct err *err)
{
	int64_t left = deadline - now_ms();
	long wait = left < c->timeout_ms ? (long)left : c->timeout_ms;
	if (imap_conn_recv(c->conn, c->in, sizeof c->in, wait > 0 ? wait : 0, &c->n, err) != ST_OK)
		return session_lost(c, err);
	c->p = c->in;
	if (c->n > 0)
		return ST_OK;
	if (c->bye[0])
		return session_lost(c, err);
	if (c->account.stop && atomic_load(c->account.stop))
		return err_set(err, ST_RETRY, "interrupted while the server answers");
	if (left <= c->timeout_ms)
		return err_set(err, ST_RETRY, "the server takes too long for one answer");
	return err_set(err, ST_RETRY, "the server is silent for %ld s", c->timeout_ms / 1000);
}

/* The next response; mails in between go to h->body. */
static enum status next_response(struct imap_client *c, const struct imap_handler *h,
				 int64_t deadline, struct imap_response *r, struct err *err)
{
	for (;;) {
		struct imap_piece piece;
		enum status st = c->n == 0 ? more_bytes(c, deadline, err) : ST_OK;
		if (st != ST_OK)
			return st;
		switch (imap_reader_next(&c->reader, &c->p, &c->n, &piece, err)) {
		case IMAP_MORE:
			break;
		case IMAP_BODY:
			st = h && h->body ? h->body(h->ctx, piece.p, piece.n, err) : ST_OK;
			if (st != ST_OK)
				return st;
			break;
		case IMAP_LINE:
			c->answer_bytes += c->reader.line.len + 2;
			if (++c->answers > ANSWERS_MAX || c->answer_bytes > ANSWER_BYTES_MAX)
				return err_set(err, ST_RETRY, "the server's answer does not end");
			if (!imap_parse(c->reader.line.data ? c->reader.line.data : "",
					c->reader.line.len, r))
				r->kind = IMAP_OTHER;
			return ST_OK;
		case IMAP_BROKEN:
			return ST_RETRY;
		}
		if (now_ms() > deadline)
			return err_set(err, ST_RETRY, "the server takes too long for one answer");
	}
}

/* What concerns the session as a whole. */
static void note_untagged(struct imap_client *c, const struct imap_response *r)
{
	struct imap_text words;
	if (r->kind == IMAP_CAPABILITY)
		read_caps(c, r->rest);
	else if (imap_code(r, "CAPABILITY", &words))
		read_caps(c, words);
	else if (r->kind == IMAP_STATUS && r->word == IMAP_BYE)
		copy_text(c->bye, sizeof c->bye, r->text);
	if (r->kind != IMAP_EXISTS)
		return;
	c->news = true;
	c->exists = r->number;
}

/* Until the answer to tag, or, with may_continue, a "+": then *continued and its text in done. */
enum status imap_wait(struct imap_client *c, const struct imap_handler *h, bool *continued,
		      struct err *err)
{
	uint64_t slow = (h ? h->expected : 0) / SLOWEST * 1000;
	int64_t deadline = now_ms() + 10 * (int64_t)c->timeout_ms + (int64_t)slow;
	struct imap_response r;
	c->answers = c->answer_bytes = 0;
	for (;;) {
		enum status st = next_response(c, h, deadline, &r, err);
		if (st != ST_OK)
			return st;
		if (r.kind == IMAP_CONTINUE && continued) {
			*continued = true;
			copy_text(c->challenge, sizeof c->challenge, r.text);
			return ST_OK;
		}
		if (r.tag.n > 0 && imap_is(r.tag, c->tag)) {
			note_untagged(c, &r);
			c->done.word = r.word;
			copy_text(c->done.code, sizeof c->done.code, r.code);
			copy_text(c->done.text, sizeof c->done.text, r.text);
			return ST_OK;
		}
		if (r.tag.n > 0 && c->n_commands > 1)
			return err_set(err, ST_RETRY,
				       "the server answers a command that was not given (\"%.*s\")",
				       (int)(r.tag.n < 40 ? r.tag.n : 40), r.tag.s);
		note_untagged(c, &r);
		if (h && h->response && r.tag.n == 0)
			st = h->response(h->ctx, &r, err);
		if (st != ST_OK)
			return st;
	}
}

/* ---- what we say ---- */

/* A server cannot know the next tag, and so cannot answer before it was asked. */
static void new_tag(struct imap_client *c)
{
	static const char letters[] = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789";
	unsigned char noise[4] = {0};
	ssize_t got = getrandom(noise, sizeof noise, GRND_NONBLOCK);
	(void)got;
	snprintf(c->tag, sizeof c->tag, "R%u%c%c%c%c", ++c->n_commands, letters[noise[0] % 32],
		 letters[noise[1] % 32], letters[noise[2] % 32], letters[noise[3] % 32]);
}

enum status imap_say(struct imap_client *c, bool tagged, const char *text, struct err *err)
{
	struct buf b;
	buf_init(&b, 4 * IMAP_SECRET_MAX);
	if (tagged) {
		new_tag(c);
		buf_printf(&b, "%s ", c->tag);
	}
	buf_puts(&b, text);
	buf_puts(&b, "\r\n");
	enum status st = b.failed ? err_set(err, ST_FATAL, "a command is too long")
				  : imap_conn_send(c->conn, b.data, b.len, err);
	explicit_bzero(b.data, b.len); /* it may hold a secret */
	buf_free(&b);
	return st == ST_RETRY ? session_lost(c, err) : st;
}

enum status imap_command(struct imap_client *c, const struct imap_handler *h, struct err *err,
			 const char *fmt, ...)
{
	char text[16 * 1024];
	va_list ap;
	va_start(ap, fmt);
	int n = vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= sizeof text)
		return err_set(err, ST_FATAL, "a command is too long");
	enum status st = imap_say(c, true, text, err);
	return st == ST_OK ? imap_wait(c, h, NULL, err) : st;
}

const struct imap_done *imap_done(const struct imap_client *c)
{
	return &c->done;
}

void imap_set_done(struct imap_client *c, const struct imap_done *d)
{
	c->done = *d;
}

unsigned imap_caps(const struct imap_client *c)
{
	return c->caps;
}

uint32_t imap_exists(const struct imap_client *c)
{
	return c->exists;
}

bool imap_news(struct imap_client *c)
{
	bool news = c->news;
	c->news = false;
	return news;
}

/* ---- IDLE (RFC 2177) ---- */

/* Read what comes until there is news, the time is over, or it is time to stop. */
static enum status idle_listen(struct imap_client *c, long ms, struct err *err)
{
	int64_t until = now_ms() + ms;
	c->answers = c->answer_bytes = 0;
	while (!c->news) {
		struct imap_response r;
		int64_t left = until - now_ms();
		if (c->n == 0) {
			if (imap_conn_wait(c->conn, c->in, sizeof c->in, left > 0 ? (long)left : 0,
					   &c->n, err) != ST_OK)
				return session_lost(c, err);
			c->p = c->in;
		}
		if (c->n == 0)
			return ST_OK;
		enum status st = next_response(c, NULL, now_ms() + c->timeout_ms, &r, err);
		if (st != ST_OK)
			return st;
		if (r.tag.n > 0)
			return err_set(err, ST_RETRY, "the server ended IDLE by itself: %.*s",
				       (int)(r.text.n < 200 ? r.text.n : 200), r.text.s);
		note_untagged(c, &r);
		if (c->bye[0])
			return session_lost(c, err);
	}
	return ST_OK;
}

enum status imap_idle(struct imap_client *c, long ms, struct err *err)
{
	bool begun = false;
	enum status st = imap_say(c, true, "IDLE", err);
	if (st == ST_OK)
		st = imap_wait(c, NULL, &begun, err);
	if (st != ST_OK)
		return st;
	if (!begun)
		return err_set(err, ST_RETRY, "the server refuses IDLE: %s", c->done.text);
	st = idle_listen(c, ms, err);
	if (st == ST_OK)
		st = imap_say(c, false, "DONE", err);
	return st == ST_OK ? imap_wait(c, NULL, NULL, err) : st;
}

/* ---- sessions ---- */

enum status imap_folder_arg(const char *folder, struct buf *out, struct err *err)
{
	struct buf wire;
	buf_init(&wire, 4 * KIB);
	enum status st = imap_check_text("folder's name", folder, strlen(folder), err);
	if (st == ST_OK && !utf7_encode(folder, &wire))
		st = err_set(
		    err, ST_FATAL,
		    "folder \"%s\": not a name: it must be UTF-8 without control characters",
		    folder);
	for (size_t i = 0; st == ST_OK && i < wire.len; i++) {
		if (i == 0)
			buf_putc(out, '"');
		if (wire.data[i] == '"' || wire.data[i] == '\\')
			buf_putc(out, '\\');
		buf_putc(out, wire.data[i]);
	}
	if (st == ST_OK)
		buf_putc(out, '"');
	buf_free(&wire);
	return st;
}

static enum status connect_and_log_in(struct imap_client *c, struct err *err)
{
	const struct imap_account *a = &c->account;
	struct imap_conn_options o = {.host = a->host,
				      .port = a->port,
				      .tls = a->tls,
				      .ca_file = a->ca_file,
				      .timeout_ms = c->timeout_ms,
				      .stop = a->stop};
	enum status st = imap_conn_open(&o, &c->conn, err);
	/* libcurl asked before; but what came behind its answer was lost, if anything did */
	if (st == ST_OK)
		st = imap_command(c, NULL, err, "CAPABILITY");
	if (st == ST_OK)
		st = imap_log_in(c, err);
	if (st == ST_OK) /* others than before */
		st = imap_command(c, NULL, err, "CAPABILITY");
	return st;
}

enum status imap_client_open(const struct imap_account *account, struct imap_client **out,
			     struct err *err)
{
	enum status st = imap_check_text("user", account->user, strlen(account->user), err);
	if (st != ST_OK)
		return st;
	struct imap_client *c = mem_alloc(sizeof *c);
	c->account = *account;
	c->timeout_ms = account->timeout_ms > 0 ? account->timeout_ms : IMAP_TIMEOUT_MS;
	imap_reader_init(&c->reader, account->mail_max);
	st = connect_and_log_in(c, err);
	if (st != ST_OK) {
		imap_client_close(c, false);
		return st;
	}
	*out = c;
	return ST_OK;
}

void imap_client_close(struct imap_client *c, bool polite)
{
	struct err ignored;
	if (!c)
		return;
	if (polite && c->conn && imap_command(c, NULL, &ignored, "LOGOUT") != ST_OK)
		polite = false; /* it is closed all the same */
	imap_conn_close(c->conn);
	imap_reader_free(&c->reader);
	free(c);
}
