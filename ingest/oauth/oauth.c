#include "ingest/oauth/oauth.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/mem.h"
#include "ingest/oauth/store.h"

#define SKEW_SECONDS    60  /* the token must outlive the login, and clocks differ */
#define DEFAULT_SECONDS 300 /* when the server does not say how long */
#define FORM_MAX        (4 * (size_t)OAUTH_TOKEN_MAX)
#define WORDS_MAX       320 /* of the server's words in a message */
#define BLOTS           4

struct oauth {
	struct oauth_options o;
	char host[OAUTH_HOST_SIZE]; /* of the token endpoint, for messages */
	struct buf access;          /* empty: none */
	int64_t good_until;         /* on now() */
	struct buf secret;          /* the client's; empty: none */
	struct buf blots[BLOTS];    /* what no message may show */
	unsigned n_blots;
};

/* Seconds that also pass while the machine sleeps, and that nobody sets back. */
static int64_t now(void)
{
	struct timespec ts;
	clock_gettime(CLOCK_BOOTTIME, &ts);
	return ts.tv_sec;
}

static void forget(struct buf *b)
{
	if (b->data)
		explicit_bzero(b->data, b->cap);
	buf_free(b);
}

static enum status check_endpoint(const char *key, const char *url, struct err *err)
{
	char host[OAUTH_HOST_SIZE];
	if (!url || oauth_url_check(url, host, err) == ST_OK)
		return ST_OK;
	return err_wrap(err, ST_FATAL, "%s", key);
}

static enum status check_options(const struct oauth_options *o, struct err *err)
{
	const char *missing = !o->token_endpoint       ? "token-endpoint"
			      : !o->client_id          ? "client-id"
			      : !o->refresh_token_file ? "refresh-token-file"
						       : NULL;
	if (missing)
		return err_set(err, ST_FATAL, "OAuth needs %s", missing);
	if (!oauth_is_token(o->client_id, strlen(o->client_id)))
		return err_set(err, ST_FATAL, "client-id: not printable ASCII");
	enum status st = check_endpoint("token-endpoint", o->token_endpoint, err);
	if (st == ST_OK)
		st = check_endpoint("device-endpoint", o->device_endpoint, err);
	if (st == ST_OK)
		st = check_endpoint("authorization-endpoint", o->authorization_endpoint, err);
	return st;
}

enum status oauth_open(const struct oauth_options *options, struct oauth **out, struct err *err)
{
	struct oauth *o = mem_alloc(sizeof *o);
	o->o = *options;
	buf_init(&o->access, OAUTH_TOKEN_MAX);
	buf_init(&o->secret, OAUTH_TOKEN_MAX);
	for (int i = 0; i < BLOTS; i++)
		buf_init(&o->blots[i], OAUTH_TOKEN_MAX);
	enum status st = check_options(options, err);
	if (st == ST_OK)
		st = oauth_url_check(o->o.token_endpoint, o->host, err);
	if (st == ST_OK && o->o.client_secret_file)
		st = oauth_secret_file(o->o.client_secret_file, 007, &o->secret, err);
	if (st != ST_OK) {
		oauth_close(o);
		o = NULL;
	}
	*out = o;
	return st;
}

void oauth_close(struct oauth *o)
{
	if (!o)
		return;
	forget(&o->access);
	forget(&o->secret);
	for (int i = 0; i < BLOTS; i++)
		forget(&o->blots[i]);
	free(o);
}

const struct oauth_options *oauth_options(const struct oauth *o)
{
	return &o->o;
}

void oauth_blot(struct oauth *o, const char *secret)
{
	struct buf *b = &o->blots[o->n_blots++ % BLOTS];
	forget(b);
	buf_puts(b, secret);
}

/* Put stars over every secret in text. A short one would blot out innocent letters: it is none. */
static void blot_out(char *text, const struct buf *secret)
{
	if (secret->len < 8)
		return;
	for (char *p = text; (p = strstr(p, secret->data)) != NULL; p += secret->len)
		memset(p, '*', secret->len);
}

enum status oauth_ask(struct oauth *o, const char *url, struct buf *form, struct arena *a,
		      struct oauth_reply *reply, struct err *err)
{
	char host[OAUTH_HOST_SIZE];
	struct buf body;
	long code;
	buf_init(&body, OAUTH_REPLY_MAX);
	oauth_form(form, "client_id", o->o.client_id);
	if (o->secret.len > 0)
		oauth_form(form, "client_secret", o->secret.data);
	enum status st = oauth_url_check(url, host, err);
	if (st == ST_OK && form->failed)
		st = err_set(err, ST_FATAL, "%s: the request is too long", host);
	if (st == ST_OK)
		st = oauth_post(&o->o.http, url, form->data, &code, &body, err);
	if (st != ST_OK)
		goto out;
	if (oauth_reply_parse(body.data ? body.data : "", body.len, a, reply, err) != ST_OK) {
		/* a wrong address stays wrong; trouble on the server's side passes */
		st = code >= 300 && code < 500 && code != 408 && code != 429 ? ST_FATAL : ST_RETRY;
		st = code >= 200 && code < 300
			 ? err_wrap(err, st, "%s", host)
			 : err_set(err, st, "%s: HTTP status %ld%s", host, code,
				   code >= 300 && code < 400 ? ", a redirect: the endpoint's "
							       "address has changed or is wrong"
							     : "");
	} else if (code >= 300 && reply->problem == OAUTH_NONE) {
		st = err_set(err, code >= 500 || code == 408 || code == 429 ? ST_RETRY : ST_FATAL,
			     "%s: HTTP status %ld", host, code);
	} else if (reply->problem == OAUTH_OTHER && (code >= 500 || code == 429)) {
		reply->problem = OAUTH_BUSY;
	}
out:
	forget(&body);
	return st;
}

enum status oauth_refused(struct oauth *o, const struct oauth_reply *reply, struct err *err)
{
	const char *words = reply->description;
	size_t n = strlen(reply->error) + (words ? strlen(words) : 0) + 3;
	char *said = mem_alloc(n);
	stpcpy(stpcpy(stpcpy(said, reply->error), words ? ": " : ""), words ? words : "");
	blot_out(said, &o->secret);
	for (int i = 0; i < BLOTS; i++)
		blot_out(said, &o->blots[i]);
	said[strcspn(said, "\r\n")] = '\0'; /* what follows are the server's trace numbers */
	const bool person = reply->problem == OAUTH_GRANT || reply->problem == OAUTH_INTERACTION;
	enum status st = reply->problem == OAUTH_BUSY ? ST_RETRY : ST_FATAL;
	if (person)
		(void)err_set(err, st, "%s: %.*s (sign in again: `ruascope imap login%s%s`)",
			      o->host, WORDS_MAX, said, o->o.name ? " " : "",
			      o->o.name ? o->o.name : "");
	else
		(void)err_set(err, st, "%s: %.*s", o->host, WORDS_MAX, said);
	explicit_bzero(said, n);
	free(said);
	return st;
}

/* Take what the server gave: the new refresh token to disk first, then the access token. */
static enum status accept(struct oauth *o, const struct oauth_reply *reply,
			  struct oauth_store *store, const char *old, struct err *err)
{
	enum status st = ST_OK;
	if (reply->problem != OAUTH_NONE)
		return oauth_refused(o, reply, err);
	if (!reply->access_token)
		return err_set(err, ST_RETRY, "%s: the reply holds no access_token", o->host);
	if (reply->refresh_token && strcmp(reply->refresh_token, old) != 0)
		st = oauth_store_write(store, reply->refresh_token, err);
	if (st != ST_OK)
		return err_wrap(err, st, "the new refresh token cannot be kept");
	int64_t life = reply->expires_in >= 0 ? reply->expires_in : DEFAULT_SECONDS;
	int64_t skew = life / 10 < SKEW_SECONDS ? life / 10 : SKEW_SECONDS;
	buf_puts(&o->access, reply->access_token);
	o->good_until = now() + life - skew;
	return ST_OK;
}

static enum status refresh(struct oauth *o, struct oauth_store *store, struct err *err)
{
	struct arena a = {0};
	struct oauth_reply reply;
	struct buf token, form;
	buf_init(&token, OAUTH_TOKEN_MAX);
	buf_init(&form, FORM_MAX);
	enum status st = oauth_store_read(store, &token, err);
	if (st == ST_OK) {
		oauth_blot(o, token.data);
		oauth_form(&form, "grant_type", "refresh_token");
		oauth_form(&form, "refresh_token", token.data);
		if (o->o.scope)
			oauth_form(&form, "scope", o->o.scope);
		st = oauth_ask(o, o->o.token_endpoint, &form, &a, &reply, err);
	} else if (o->o.name) {
		st = err_wrap(err, st, "refresh token (`ruascope imap login %s` gets one)",
			      o->o.name);
	}
	if (st == ST_OK)
		st = accept(o, &reply, store, token.data, err);
	forget(&token);
	forget(&form);
	arena_free(&a);
	return st;
}

enum status oauth_token(struct oauth *o, bool renew, struct buf *out, struct err *err)
{
	struct oauth_store store;
	enum status st = ST_OK;
	if (renew || now() >= o->good_until)
		forget(&o->access);
	if (o->access.len == 0) {
		st = oauth_store_open(&store, o->o.refresh_token_file, o->o.http.stop, err);
		if (st == ST_OK) {
			st = refresh(o, &store, err);
			oauth_store_close(&store);
		}
	}
	buf_reset(out);
	if (st == ST_OK)
		buf_put(out, o->access.data, o->access.len);
	if (out->failed)
		st = err_set(err, ST_FATAL, "%s: the access token is too long", o->host);
	return st;
}

enum status oauth_secret(void *ctx, bool renew, struct buf *out, struct err *err)
{
	return oauth_token(ctx, renew, out, err);
}
