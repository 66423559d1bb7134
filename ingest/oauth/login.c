#include "ingest/oauth/login.h"

#include <string.h>

#include "ingest/oauth/store.h"

#define FORM_MAX         (4 * (size_t)OAUTH_TOKEN_MAX)
#define INTERVAL_DEFAULT 5   /* RFC 8628 section 3.2, and the step of slow_down */
#define INTERVAL_MAX     300 /* a server that wants more hangs up first */
#define EXPIRES_DEFAULT  900
#define EXPIRES_MAX      (24 * 3600)

enum status oauth_keep(struct oauth *o, const struct oauth_reply *reply, struct err *err)
{
	struct oauth_store store;
	if (!reply->refresh_token)
		return err_set(err, ST_FATAL,
			       "the provider gave no refresh token; its scope or the "
			       "application's registration must allow offline access");
	enum status st = oauth_store_open(&store, oauth_options(o)->refresh_token_file,
					  oauth_options(o)->http.stop, err);
	if (st == ST_OK) {
		st = oauth_store_write(&store, reply->refresh_token, err);
		oauth_store_close(&store);
	}
	return st;
}

static int64_t between(int64_t v, int64_t absent, int64_t low, int64_t high)
{
	return v < 0 ? absent : v < low ? low : v > high ? high : v;
}

static enum status accept_start(struct oauth *o, struct oauth_device *d,
				const struct oauth_reply *reply, struct err *err)
{
	if (reply->problem != OAUTH_NONE)
		return oauth_refused(o, reply, err);
	if (!reply->device_code || !reply->user_code || !reply->verification_uri)
		return err_set(err, ST_RETRY, "the reply of the device endpoint is incomplete");
	d->device_code = reply->device_code;
	d->user_code = reply->user_code;
	d->verification_uri = reply->verification_uri;
	d->interval = between(reply->interval, INTERVAL_DEFAULT, 1, INTERVAL_MAX);
	d->expires_in = between(reply->expires_in, EXPIRES_DEFAULT, 1, EXPIRES_MAX);
	oauth_blot(o, d->device_code);
	return ST_OK;
}

enum status oauth_device_start(struct oauth *o, struct oauth_device *d, struct err *err)
{
	const struct oauth_options *options = oauth_options(o);
	struct oauth_reply reply;
	struct buf form;
	*d = (struct oauth_device){0};
	if (!options->device_endpoint)
		return err_set(err, ST_FATAL, "no device-endpoint is configured");
	buf_init(&form, FORM_MAX);
	if (options->scope)
		oauth_form(&form, "scope", options->scope);
	enum status st = oauth_ask(o, options->device_endpoint, &form, &d->arena, &reply, err);
	if (st == ST_OK)
		st = accept_start(o, d, &reply, err);
	buf_free(&form);
	if (st != ST_OK)
		oauth_device_free(d);
	return st;
}

void oauth_device_free(struct oauth_device *d)
{
	arena_free(&d->arena);
	*d = (struct oauth_device){0};
}

static void slow_down(struct oauth_device *d)
{
	d->interval = between(d->interval + INTERVAL_DEFAULT, 0, 1, INTERVAL_MAX);
}

static enum status judge(struct oauth *o, struct oauth_device *d, const struct oauth_reply *reply,
			 bool *done, struct err *err)
{
	enum status st;
	switch (reply->problem) {
	case OAUTH_NONE:
		st = reply->access_token ? oauth_keep(o, reply, err)
					 : err_set(err, ST_FATAL, "the reply holds no token");
		*done = st == ST_OK;
		return st;
	case OAUTH_SLOW_DOWN:
	case OAUTH_BUSY:
		slow_down(d);
		return ST_OK;
	case OAUTH_PENDING:
		return ST_OK;
	case OAUTH_DENIED:
		st = oauth_refused(o, reply, err);
		return err_wrap(err, st, "access was denied in the browser");
	case OAUTH_EXPIRED:
		st = oauth_refused(o, reply, err);
		return err_wrap(err, st, "nobody entered the code in time");
	case OAUTH_GRANT:
	case OAUTH_INTERACTION:
	case OAUTH_OTHER:
		break;
	}
	return oauth_refused(o, reply, err);
}

enum status oauth_device_poll(struct oauth *o, struct oauth_device *d, bool *done, struct err *err)
{
	struct arena a = {0};
	struct oauth_reply reply;
	struct buf form;
	*done = false;
	err->msg[0] = '\0';
	buf_init(&form, FORM_MAX);
	oauth_form(&form, "grant_type", "urn:ietf:params:oauth:grant-type:device_code");
	oauth_form(&form, "device_code", d->device_code);
	enum status st = oauth_ask(o, oauth_options(o)->token_endpoint, &form, &a, &reply, err);
	if (st == ST_OK) {
		st = judge(o, d, &reply, done, err);
	} else if (st == ST_RETRY) {
		slow_down(d);
		st = ST_OK;
	}
	buf_free(&form);
	arena_free(&a);
	return st;
}
