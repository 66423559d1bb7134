#include "ingest/imap/conn.h"

#include <curl/curl.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "core/mem.h"

#define SLICE_MS                                                                                   \
	200 /* a signal handler only sets a flag: waits end by themselves to look at it            \
	     */

struct imap_conn {
	CURL *curl;
	curl_socket_t fd;
	const atomic_bool *stop;
	long timeout_ms;
	long grace_until; /* 0: not told to end */
	char said[CURL_ERROR_SIZE];
};

static long now_ms(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (long)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static bool stopping(const struct imap_conn *c)
{
	return c->stop && atomic_load(c->stop);
}

enum status imap_conn_init(struct err *err)
{
	CURLcode rc = curl_global_init(CURL_GLOBAL_DEFAULT);
	return rc == CURLE_OK ? ST_OK
			      : err_set(err, ST_FATAL, "libcurl: %s", curl_easy_strerror(rc));
}

static int on_progress(void *ctx, curl_off_t a, curl_off_t b, curl_off_t d, curl_off_t e)
{
	(void)a, (void)b, (void)d, (void)e;
	return stopping(ctx);
}

/* What a person is to do about it. */
static enum status cannot_connect(const struct imap_conn *c, const struct imap_conn_options *o,
				  CURLcode rc, struct err *err)
{
	const char *said = c->said[0] ? c->said : curl_easy_strerror(rc);
	switch (rc) {
	case CURLE_ABORTED_BY_CALLBACK:
		return err_set(err, ST_RETRY, "%s: interrupted", o->host);
	case CURLE_PEER_FAILED_VERIFICATION:
		return err_set(
		    err, ST_FATAL,
		    "%s: its certificate is not trusted (%s); --ca FILE names the authority "
		    "that signed it",
		    o->host, said);
	case CURLE_SSL_CACERT_BADFILE:
		return err_set(err, ST_FATAL, "%s: cannot be read as certificates (%s)",
			       o->ca_file ? o->ca_file : "the system's authorities", said);
	case CURLE_USE_SSL_FAILED:
		return err_set(
		    err, ST_FATAL,
		    "%s, port %u: the server offers no STARTTLS; without it nothing is sent, try "
		    "imaps://",
		    o->host, o->port);
	case CURLE_OPERATION_TIMEDOUT:
		return err_set(err, ST_RETRY, "%s, port %u: no answer (%s)", o->host, o->port,
			       said);
	default:
		return err_set(err, ST_RETRY, "%s, port %u: %s", o->host, o->port, said);
	}
}

static void set_options(struct imap_conn *c, const struct imap_conn_options *o)
{
	char url[512];
	bool v6 = strchr(o->host, ':') != NULL;
	snprintf(url, sizeof url, "%s://%s%s%s:%u", o->tls ? "imaps" : "imap", v6 ? "[" : "",
		 o->host, v6 ? "]" : "", o->port);
	curl_easy_setopt(c->curl, CURLOPT_URL, url);
	curl_easy_setopt(c->curl, CURLOPT_PROTOCOLS_STR, "imap,imaps");
	curl_easy_setopt(c->curl, CURLOPT_CONNECT_ONLY, 1L);
	curl_easy_setopt(c->curl, CURLOPT_USE_SSL, (long)CURLUSESSL_ALL);
	curl_easy_setopt(c->curl, CURLOPT_SSL_VERIFYPEER, 1L);
	curl_easy_setopt(c->curl, CURLOPT_SSL_VERIFYHOST, 2L);
	curl_easy_setopt(c->curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	if (o->ca_file)
		curl_easy_setopt(c->curl, CURLOPT_CAINFO, o->ca_file);
	if (o->ca_file)
		curl_easy_setopt(c->curl, CURLOPT_CAPATH, NULL);
	curl_easy_setopt(c->curl, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	curl_easy_setopt(c->curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(c->curl, CURLOPT_TCP_KEEPALIVE, 1L);
	curl_easy_setopt(c->curl, CURLOPT_CONNECTTIMEOUT_MS, o->timeout_ms);
	curl_easy_setopt(c->curl, CURLOPT_TIMEOUT_MS, o->timeout_ms);
	curl_easy_setopt(c->curl, CURLOPT_ERRORBUFFER, c->said);
	curl_easy_setopt(c->curl, CURLOPT_NOPROGRESS, 0L);
	curl_easy_setopt(c->curl, CURLOPT_XFERINFOFUNCTION, on_progress);
	curl_easy_setopt(c->curl, CURLOPT_XFERINFODATA, c);
}

enum status imap_conn_open(const struct imap_conn_options *o, struct imap_conn **out,
			   struct err *err)
{
	struct imap_conn *c = mem_alloc(sizeof *c);
	c->stop = o->stop;
	c->timeout_ms = o->timeout_ms;
	c->curl = curl_easy_init();
	if (!c->curl) {
		free(c);
		return err_set(err, ST_FATAL, "libcurl cannot be used");
	}
	set_options(c, o);
	CURLcode rc = curl_easy_perform(c->curl);
	if (rc == CURLE_OK)
		rc = curl_easy_getinfo(c->curl, CURLINFO_ACTIVESOCKET, &c->fd);
	if (rc == CURLE_OK && c->fd != CURL_SOCKET_BAD) {
		*out = c;
		return ST_OK;
	}
	enum status st = cannot_connect(c, o, rc, err);
	imap_conn_close(c);
	return st;
}

void imap_conn_close(struct imap_conn *c)
{
	if (!c)
		return;
	curl_easy_cleanup(c->curl);
	free(c);
}

/* Until the socket is ready, the time is over, or it is time to look at the flag. */
static void wait_socket(const struct imap_conn *c, short events, long ms)
{
	struct pollfd p = {.fd = c->fd, .events = events};
	poll(&p, 1, (int)(ms < SLICE_MS ? ms : SLICE_MS));
}

static enum status lost(struct err *err, const char *what, CURLcode rc)
{
	return err_set(err, ST_RETRY, "the connection is lost (%s: %s)", what,
		       curl_easy_strerror(rc));
}

enum status imap_conn_send(struct imap_conn *c, const void *p, size_t n, struct err *err)
{
	const char *at = p;
	long until = now_ms() + c->timeout_ms;
	while (n > 0) {
		size_t sent = 0;
		CURLcode rc = curl_easy_send(c->curl, at, n, &sent);
		if (rc != CURLE_OK && rc != CURLE_AGAIN)
			return lost(err, "send", rc);
		at += sent;
		n -= sent;
		if (n == 0)
			break;
		if (now_ms() > until)
			return err_set(err, ST_RETRY, "the server takes nothing for %ld s",
				       c->timeout_ms / 1000);
		wait_socket(c, POLLOUT, SLICE_MS);
	}
	return ST_OK;
}

/* Told to end: there is a little time for what was asked already. */
static bool grace_is_over(struct imap_conn *c)
{
	if (!stopping(c))
		return false;
	if (c->grace_until == 0)
		c->grace_until = now_ms() + IMAP_GRACE_MS;
	return now_ms() >= c->grace_until;
}

static enum status receive(struct imap_conn *c, void *p, size_t n, long timeout_ms, bool idle,
			   size_t *got, struct err *err)
{
	long until = now_ms() + timeout_ms;
	*got = 0;
	for (;;) {
		/* TLS may hold bytes that the socket no longer has: always ask before waiting */
		CURLcode rc = curl_easy_recv(c->curl, p, n, got);
		if (rc == CURLE_OK && *got > 0)
			return ST_OK;
		if (rc == CURLE_OK)
			return err_set(err, ST_RETRY, "the server closed the connection");
		if (rc != CURLE_AGAIN)
			return lost(err, "receive", rc);
		*got = 0;
		long left = until - now_ms();
		if (left <= 0 || (idle ? stopping(c) : grace_is_over(c)))
			return ST_OK;
		wait_socket(c, POLLIN, left);
	}
}

enum status imap_conn_recv(struct imap_conn *c, void *p, size_t n, long timeout_ms, size_t *got,
			   struct err *err)
{
	return receive(c, p, n, timeout_ms, false, got, err);
}

enum status imap_conn_wait(struct imap_conn *c, void *p, size_t n, long timeout_ms, size_t *got,
			   struct err *err)
{
	return receive(c, p, n, timeout_ms, true, got, err);
}
