/*
 * http.h - one POST of a form to a token endpoint. With imap/conn.c the only door to libcurl.
 *
 * https only, certificate and host name verified; http is taken for loopback addresses, where
 * nobody listens. Redirects are not followed: a token endpoint has none, and the form holds
 * secrets. Nothing of form or reply is written into err.
 */
#ifndef INGEST_OAUTH_HTTP_H
#define INGEST_OAUTH_HTTP_H

#include <stdatomic.h>
#include <stdbool.h>

#include "core/buf.h"
#include "core/err.h"

#define OAUTH_HOST_SIZE 256

struct oauth_http {
	const char *ca;   /* a file of certificates to trust instead of the system's, or NULL */
	unsigned timeout; /* seconds for the whole exchange; 0: 30 */
	const atomic_bool *stop; /* when it becomes true the exchange ends with ST_RETRY; or NULL */
};

/* May secrets go there? host gets its name, for messages. ST_FATAL: no, and why. */
enum status oauth_url_check(const char *url, char host[OAUTH_HOST_SIZE],
			    struct err *err) MUST_CHECK;

/*
 * POST form (application/x-www-form-urlencoded) to url; *code gets the HTTP status, body (reset
 * first) the reply, up to its ceiling. ST_OK whatever the HTTP status is. ST_RETRY: the network,
 * a timeout, a reply past the ceiling; ST_FATAL: certificate, CA file, address.
 */
enum status oauth_post(const struct oauth_http *http, const char *url, const char *form, long *code,
		       struct buf *body, struct err *err) MUST_CHECK;

/* Append "key=value" percent-encoded (all but unreserved characters), "&" before it if needed. */
void oauth_form(struct buf *form, const char *key, const char *value);

#endif
