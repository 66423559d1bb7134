/*
 * oauth.h - access tokens for a mailbox, from a refresh token (RFC 6749 section 6).
 *
 * The IMAP client asks for its secret with oauth_token(); how the first refresh token is had is in
 * login.h. An access token is kept in memory until shortly before it expires and never
 * written anywhere; a refresh token is kept in a file (store.h), and when the server gives
 * a new one, that one is on disk before the access token is used. Secrets appear in no message:
 * should the server repeat one in its own words, it is blotted out.
 *
 *	struct oauth *o;
 *	oauth_open(&options, &o, &err);
 *	oauth_token(o, false, &token, &err);     renew = true after the mail server refused it
 *	oauth_close(o);
 *
 * One handle belongs to one thread; several processes may use one refresh token file.
 *
 * The wing oauth/: access tokens for mailboxes. In: what a section of the configuration says. Out:
 * a token that is good now, or why there is none. It may include record/ (digests); libcurl is
 * behind http.h, jansson behind reply.h.
 */
#ifndef INGEST_OAUTH_OAUTH_H
#define INGEST_OAUTH_OAUTH_H

#include <stdatomic.h>
#include <stdbool.h>

#include "core/buf.h"
#include "core/err.h"
#include "ingest/oauth/http.h"
#include "ingest/oauth/reply.h"

/* Borrowed for the life of the handle. NULL is "not given". */
struct oauth_options {
	const char *name; /* of the mailbox: messages advise `ruascope imap login NAME` */
	const char *token_endpoint;
	const char *device_endpoint;        /* for login.h only */
	const char *authorization_endpoint; /* likewise */
	const char *redirect_host;          /* where we listen, as the provider wants it written */
	const char *client_id;
	const char *client_secret_file; /* one line; not readable by everybody */
	const char *refresh_token_file; /* one line; readable by its owner alone */
	const char *scope;              /* blank-separated */
	struct oauth_http http;
};

struct oauth;

/* Checks what can be checked without asking anyone. ST_FATAL: which setting is missing or wrong. */
enum status oauth_open(const struct oauth_options *options, struct oauth **out,
		       struct err *err) MUST_CHECK;
void oauth_close(struct oauth *o); /* NULL is fine */

/*
 * Replace *out by a valid access token. renew: not the one of last time, it was refused.
 * ST_RETRY: network, timeout, the server's own trouble, a reply that makes no sense. ST_FATAL: a
 * person must act; the server's words stand in err.
 */
enum status oauth_token(struct oauth *o, bool renew, struct buf *out, struct err *err) MUST_CHECK;

/* The same, as the callback that the mailbox client asks for its secret: ctx is a struct oauth. */
enum status oauth_secret(void *ctx, bool renew, struct buf *out, struct err *err) MUST_CHECK;

/* ---- for login.c ---- */

const struct oauth_options *oauth_options(const struct oauth *o);

/*
 * POST a form, client id and secret added, and read the reply. ST_OK when the reply is JSON of the
 * right kind, errors included (reply->problem): oauth_refused() tells those.
 */
enum status oauth_ask(struct oauth *o, const char *url, struct buf *form, struct arena *a,
		      struct oauth_reply *reply, struct err *err) MUST_CHECK;
enum status oauth_refused(struct oauth *o, const struct oauth_reply *reply, struct err *err);
void oauth_blot(struct oauth *o, const char *secret); /* one more word that must not be shown */

#endif
