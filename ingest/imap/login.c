/* Who we are: AUTHENTICATE with or without an initial response, or LOGIN. */
#include <string.h>

#include "ingest/imap/client_priv.h"

#define CHALLENGES_MAX 4

static bool is_token(enum imap_mechanism m)
{
	return m == IMAP_TOKEN || m == IMAP_XOAUTH2 || m == IMAP_OAUTHBEARER;
}

/* The mechanism to use, where the account leaves it open. */
static enum status choose(const struct imap_client *c, enum imap_mechanism *m, struct err *err)
{
	*m = c->account.mechanism;
	if (*m == IMAP_TOKEN) {
		*m = c->caps & IMAP_CAP_OAUTHBEARER ? IMAP_OAUTHBEARER : IMAP_XOAUTH2;
		if (!(c->caps & (IMAP_CAP_OAUTHBEARER | IMAP_CAP_XOAUTH2)))
			return err_set(err, ST_FATAL,
				       "%s takes no tokens (neither OAUTHBEARER nor XOAUTH2)",
				       c->account.host);
	}
	if (*m == IMAP_PASSWORD) {
		*m = c->caps & IMAP_CAP_PLAIN ? IMAP_PLAIN : IMAP_LOGIN;
		if (*m == IMAP_LOGIN && c->caps & IMAP_CAP_LOGINDISABLED)
			return err_set(err, ST_FATAL,
				       "%s takes no passwords (neither PLAIN nor LOGIN)",
				       c->account.host);
	}
	return ST_OK;
}

static const char *name_of(enum imap_mechanism m)
{
	return m == IMAP_XOAUTH2 ? "XOAUTH2" : m == IMAP_OAUTHBEARER ? "OAUTHBEARER" : "PLAIN";
}

/* Answer challenges until the command ends. first: the message that the server waits for, or NULL:
 * it has it. words: what a failure was explained with. */
static enum status exchange(struct imap_client *c, enum imap_mechanism m, const char *first,
			    struct buf *words, struct err *err)
{
	for (int i = 0; i < CHALLENGES_MAX; i++) {
		bool challenged = false;
		enum status st = imap_wait(c, NULL, &challenged, err);
		if (st != ST_OK || !challenged)
			return st;
		const char *say = first ? first : imap_sasl_give_up(m);
		if (!first)
			imap_sasl_words(c->challenge, strlen(c->challenge), words);
		first = NULL;
		st = imap_say(c, false, say, err);
		if (st != ST_OK)
			return st;
	}
	return err_set(err, ST_RETRY, "the server asks on and on for credentials");
}

static enum status authenticate(struct imap_client *c, enum imap_mechanism m, const char *secret,
				struct buf *words, struct err *err)
{
	const struct imap_account *a = &c->account;
	struct buf line, sasl;
	bool at_once = c->caps & IMAP_CAP_SASL_IR;
	buf_init(&line, 4 * IMAP_SECRET_MAX);
	buf_init(&sasl, 3 * IMAP_SECRET_MAX);
	imap_sasl(m, a->user, secret, a->host, a->port, &sasl);
	buf_printf(&line, "AUTHENTICATE %s", name_of(m));
	if (at_once) {
		buf_putc(&line, ' ');
		buf_put(&line, sasl.data, sasl.len);
	}
	enum status st = imap_say(c, true, line.data, err);
	if (st == ST_OK)
		st = exchange(c, m, at_once ? NULL : sasl.data, words, err);
	explicit_bzero(line.data, line.len);
	explicit_bzero(sasl.data, sasl.len);
	buf_free(&line);
	buf_free(&sasl);
	return st;
}

static bool is_quotable(const char *s)
{
	for (; *s; s++)
		if ((unsigned char)*s < 0x20 || (unsigned char)*s > 0x7e)
			return false;
	return true;
}

static void put_quoted(struct buf *b, const char *s)
{
	buf_putc(b, '"');
	for (; *s; s++) {
		if (*s == '"' || *s == '\\')
			buf_putc(b, '\\');
		buf_putc(b, *s);
	}
	buf_putc(b, '"');
}

/* An argument of LOGIN: quoted, or announced and sent as a literal. line is what stands before. */
static enum status put_argument(struct imap_client *c, struct buf *line, bool *tagged,
				const char *s, struct err *err)
{
	bool go_on = false;
	if (is_quotable(s)) {
		put_quoted(line, s);
		return ST_OK;
	}
	buf_printf(line, "{%zu}", strlen(s));
	enum status st = imap_say(c, *tagged, line->data, err);
	if (st == ST_OK)
		st = imap_wait(c, NULL, &go_on, err);
	if (st != ST_OK || !go_on)
		return st == ST_OK ? err_set(err, ST_FATAL, "%s", c->done.text) : st;
	*tagged = false;
	buf_reset(line);
	buf_puts(line, s);
	return ST_OK;
}

static enum status login(struct imap_client *c, const char *secret, struct err *err)
{
	struct buf line;
	bool tagged = true;
	buf_init(&line, 4 * IMAP_SECRET_MAX);
	buf_puts(&line, "LOGIN ");
	enum status st = put_argument(c, &line, &tagged, c->account.user, err);
	buf_putc(&line, ' ');
	if (st == ST_OK)
		st = put_argument(c, &line, &tagged, secret, err);
	if (st == ST_OK)
		st = imap_say(c, tagged, line.data, err);
	if (st == ST_OK)
		st = imap_wait(c, NULL, NULL, err);
	if (line.data)
		explicit_bzero(line.data, line.len);
	buf_free(&line);
	return st;
}

/* The server said no: now, or for good? */
static enum status refused(const struct imap_client *c, enum imap_mechanism m,
			   const struct buf *words, struct err *err)
{
	static const char *const later[] = {"UNAVAILABLE", "INUSE", "LIMIT", "SERVERBUG"};
	const struct imap_done *d = &c->done;
	struct imap_text code = {d->code, strlen(d->code)};
	for (size_t i = 0; i < sizeof later / sizeof *later; i++)
		if (imap_is(code, later[i]))
			return err_set(err, ST_RETRY, "%s cannot log %s in now: %s",
				       c->account.host, c->account.user, d->text);
	return err_set(err, ST_FATAL, "%s refuses the %s of %s: %s%s%.*s", c->account.host,
		       is_token(m) ? "token" : "password", c->account.user, d->text,
		       words->len ? " " : "", (int)words->len, words->len ? words->data : "");
}

static enum status get_secret(struct imap_client *c, enum imap_mechanism m, bool renew,
			      struct buf *out, struct err *err)
{
	const struct imap_secret *from = &c->account.secret;
	buf_reset(out);
	enum status st = from->get(from->ctx, renew, out, err);
	return st == ST_OK ? imap_check_text(is_token(m) ? "token" : "password",
					     out->data ? out->data : "", out->len, err)
			   : st;
}

static enum status try_secret(struct imap_client *c, enum imap_mechanism m, const char *secret,
			      struct err *err)
{
	struct buf words;
	buf_init(&words, 512);
	enum status st =
	    m == IMAP_LOGIN ? login(c, secret, err) : authenticate(c, m, secret, &words, err);
	if (st == ST_OK && c->done.word != IMAP_OK)
		st = refused(c, m, &words, err);
	buf_free(&words);
	return st;
}

static void forget(struct buf *secret)
{
	if (secret->data)
		explicit_bzero(secret->data, secret->len);
	buf_free(secret);
}

enum status imap_log_in(struct imap_client *c, struct err *err)
{
	enum imap_mechanism m;
	enum status st = choose(c, &m, err);
	if (st != ST_OK)
		return st;
	struct buf first, second;
	buf_init(&first, IMAP_SECRET_MAX);
	buf_init(&second, IMAP_SECRET_MAX);
	c->done = (struct imap_done){.word = IMAP_OK};
	st = get_secret(c, m, false, &first, err);
	if (st == ST_OK)
		st = try_secret(c, m, first.data, err);
	if (st == ST_FATAL && is_token(m) && c->done.word == IMAP_NO) { /* it may have expired */
		struct err why = *err;
		st = get_secret(c, m, true, &second, err);
		if (st == ST_OK && strcmp(first.data, second.data) != 0)
			st = try_secret(c, m, second.data, err);
		else if (st == ST_OK) { /* the same once more would only count against us */
			st = ST_FATAL;
			*err = why;
		}
	}
	forget(&first);
	forget(&second);
	return st;
}
