/*
 * conn.h - a verified connection to an IMAP server; the only door to libcurl.
 *
 * libcurl connects, does TLS or STARTTLS, verifies certificate and host name, and reads the
 * greeting; then only its bytes are used (CURLOPT_CONNECT_ONLY). It never sees a user or a secret,
 * and there is no way to a connection in the clear: imap:// means STARTTLS or nothing.
 *
 *	st = imap_conn_open(&options, &conn, &err);
 *	st = imap_conn_send(conn, "A1 NOOP\r\n", 9, &err);
 *	st = imap_conn_recv(conn, bytes, sizeof bytes, 60000, &got, &err);
 *	imap_conn_close(conn);
 *
 * One thread a connection. imap_conn_init() once, before the first thread.
 */
#ifndef INGEST_IMAP_CONN_H
#define INGEST_IMAP_CONN_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "core/err.h"

#define IMAP_GRACE_MS 5000 /* what a run that was told to end still waits for an answer */

struct imap_conn;

struct imap_conn_options {
	const char *host;
	unsigned port;
	bool tls;                /* from the first byte (imaps); else STARTTLS */
	const char *ca_file;     /* PEM; NULL: the system's */
	long timeout_ms;         /* of connecting, and of a send */
	const atomic_bool *stop; /* may be NULL */
};

enum status imap_conn_init(struct err *err) MUST_CHECK;

/*
 * ST_RETRY: no such host now, nobody listens, too slow, interrupted. ST_FATAL: the certificate is
 * not to be trusted or is another host's, no TLS to be had, the CA file cannot be read.
 */
enum status imap_conn_open(const struct imap_conn_options *options, struct imap_conn **out,
			   struct err *err) MUST_CHECK;
void imap_conn_close(struct imap_conn *c); /* NULL is fine */

/* All of it. ST_RETRY: the connection is lost. */
enum status imap_conn_send(struct imap_conn *c, const void *p, size_t n,
			   struct err *err) MUST_CHECK;

/*
 * What has come, at most n bytes; waits up to timeout_ms for the first. *got = 0: nothing came in
 * that time, or *stop is set: at once when timeout_ms is 0, else after IMAP_GRACE_MS since it was.
 * ST_RETRY: the connection is lost.
 */
enum status imap_conn_recv(struct imap_conn *c, void *p, size_t n, long timeout_ms, size_t *got,
			   struct err *err) MUST_CHECK;

/* The same for waiting with nothing asked: *stop ends it at once. */
enum status imap_conn_wait(struct imap_conn *c, void *p, size_t n, long timeout_ms, size_t *got,
			   struct err *err) MUST_CHECK;

#endif
