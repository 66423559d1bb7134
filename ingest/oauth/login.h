/*
 * login.h - the first refresh token, from a person with a browser. cli/command/imap_login.c
 * drives it.
 *
 * The device flow (RFC 8628): the person types a short code on a page of the provider; we ask until
 * the decision is made. Nothing needs to reach this machine.
 *
 *	oauth_device_start(o, &d, &err);         show d.verification_uri and d.user_code
 *	do {
 *		sleep(d.interval);
 *		st = oauth_device_poll(o, &d, &done, &err);
 *	} while (st == ST_OK && !done);
 *	oauth_device_free(&d);
 *
 * For providers without it (Google, for mail) the authorization code flow of native applications
 * (RFC 8252) with PKCE (RFC 7636): the provider's page sends the browser to 127.0.0.1, where we
 * listen; on another machine the person hands over the address the browser ended at.
 *
 *	oauth_consent_start(o, port, &c, &err);  show c.url.data
 *	oauth_consent_wait(o, &c, seconds, input_fd, &err);
 *	oauth_consent_free(&c);
 *
 * Both write the refresh token to its file (0600), under its lock.
 */
#ifndef INGEST_OAUTH_LOGIN_H
#define INGEST_OAUTH_LOGIN_H

#include "core/arena.h"
#include "ingest/oauth/oauth.h"

struct oauth_device {
	struct arena arena;
	const char *verification_uri, *user_code; /* for the person; from outside: escape them */
	const char *device_code;                  /* a secret */
	int64_t interval;                         /* seconds to wait before each question */
	int64_t expires_in;                       /* seconds the code is good for, from the start */
};

/* ST_RETRY, ST_FATAL as oauth_token(); ST_FATAL too when the provider has no device flow. */
enum status oauth_device_start(struct oauth *o, struct oauth_device *d, struct err *err) MUST_CHECK;
/*
 * Ask once. *done: the refresh token is in its file. A timeout or the server's trouble is no end:
 * d->interval grows (RFC 8628 section 3.5), and err says why; else it is empty. ST_FATAL: denied,
 * expired, refused, no refresh token.
 */
enum status oauth_device_poll(struct oauth *o, struct oauth_device *d, bool *done,
			      struct err *err) MUST_CHECK;
void oauth_device_free(struct oauth_device *d);

struct oauth_consent {
	struct buf url;      /* for the person's browser */
	struct buf redirect; /* http://127.0.0.1:PORT, as redirect_host says */
	char state[48], verifier[48];
	int fd; /* listens */
};

/* port 0: any that is free. */
enum status oauth_consent_start(struct oauth *o, unsigned port, struct oauth_consent *c,
				struct err *err) MUST_CHECK;
/*
 * Wait for the browser, or for a line with the address on input (-1: nothing to read), exchange the
 * code. ST_FATAL: denied, refused, no refresh token, time is up; ST_RETRY: interrupted, network.
 */
enum status oauth_consent_wait(struct oauth *o, struct oauth_consent *c, unsigned seconds,
			       int input, struct err *err) MUST_CHECK;
void oauth_consent_free(struct oauth_consent *c);

/* Write the refresh token of a reply to its file: the end of both flows. */
enum status oauth_keep(struct oauth *o, const struct oauth_reply *reply,
		       struct err *err) MUST_CHECK;

#endif
