#include "ingest/oauth/http.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <stdio.h>
#include <string.h>

#include "core/text.h"

#define CONNECT_SECONDS 15
#define TIMEOUT_SECONDS 30

static bool is_loopback(const char *host)
{
	struct in_addr v4;
	if (inet_pton(AF_INET, host, &v4) == 1)
		return ntohl(v4.s_addr) >> 24 == 127;
	/* libcurl never asks DNS for localhost */
	return strcmp(host, "[::1]") == 0 || strcmp(host, "localhost") == 0;
}

static enum status check_parts(CURLU *u, const char *url, char host[OAUTH_HOST_SIZE],
			       struct err *err)
{
	char *scheme = NULL, *name = NULL, *user = NULL;
	enum status st = ST_OK;
	if (curl_url_set(u, CURLUPART_URL, url, 0) != CURLUE_OK ||
	    curl_url_get(u, CURLUPART_SCHEME, &scheme, 0) != CURLUE_OK ||
	    curl_url_get(u, CURLUPART_HOST, &name, 0) != CURLUE_OK ||
	    strlen(name) >= OAUTH_HOST_SIZE)
		st = err_set(err, ST_FATAL, "\"%.200s\" is not a web address", url);
	else if (curl_url_get(u, CURLUPART_USER, &user, 0) == CURLUE_OK)
		st = err_set(err, ST_FATAL, "%s: no user or password in the address", name);
	else if (strcmp(scheme, "https") != 0 &&
		 !(strcmp(scheme, "http") == 0 && is_loopback(name)))
		st = err_set(err, ST_FATAL, "%s://%s: secrets go over https only", scheme, name);
	else
		snprintf(host, OAUTH_HOST_SIZE, "%s", name);
	curl_free(scheme);
	curl_free(name);
	curl_free(user);
	return st;
}

enum status oauth_url_check(const char *url, char host[OAUTH_HOST_SIZE], struct err *err)
{
	CURLU *u = curl_url();
	host[0] = '\0';
	if (!u)
		return err_set(err, ST_FATAL, "libcurl: out of memory");
	enum status st = check_parts(u, url, host, err);
	curl_url_cleanup(u);
	return st;
}

static size_t on_body(char *p, size_t size, size_t n, void *ctx)
{
	struct buf *body = ctx;
	buf_put(body, p, size * n);
	return body->failed ? 0 : size * n;
}

static int on_progress(void *ctx, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
	const struct oauth_http *http = ctx;
	(void)a, (void)b, (void)c, (void)d;
	return http->stop && atomic_load(http->stop);
}

static enum status explain(CURLcode rc, const char *host, const char *detail,
			   const struct buf *body, struct err *err)
{
	switch (rc) {
	case CURLE_OK:
		return ST_OK;
	case CURLE_WRITE_ERROR:
		if (!body->failed)
			break;
		return err_set(err, ST_RETRY, "%s: the reply is larger than %zu bytes", host,
			       body->max);
	case CURLE_ABORTED_BY_CALLBACK:
		return err_set(err, ST_RETRY, "%s: interrupted", host);
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CACERT_BADFILE:
	case CURLE_SSL_ISSUER_ERROR:
	case CURLE_URL_MALFORMAT:
	case CURLE_UNSUPPORTED_PROTOCOL:
		return err_set(err, ST_FATAL, "%s: %s", host,
			       detail[0] ? detail : curl_easy_strerror(rc));
	default:
		break;
	}
	return err_set(err, ST_RETRY, "%s: %s", host, detail[0] ? detail : curl_easy_strerror(rc));
}

static CURLcode set_options(CURL *c, const struct oauth_http *http, const char *url,
			    const char *form, struct buf *body, struct curl_slist *headers)
{
	bool plain = ascii_ieq_n(url, strlen(url) < 7 ? strlen(url) : 7, "http://");
	unsigned timeout = http->timeout ? http->timeout : TIMEOUT_SECONDS;
	CURLcode rc = CURLE_OK;
#define SET(option, value)                                                                         \
	do {                                                                                       \
		if (rc == CURLE_OK)                                                                \
			rc = curl_easy_setopt(c, option, value);                                   \
	} while (0)
	SET(CURLOPT_URL, url);
	SET(CURLOPT_PROTOCOLS_STR, plain ? "http" : "https");
	SET(CURLOPT_POST, 1L);
	SET(CURLOPT_POSTFIELDSIZE, (long)strlen(form));
	SET(CURLOPT_POSTFIELDS, form);
	SET(CURLOPT_HTTPHEADER, headers);
	SET(CURLOPT_USERAGENT, "ruascope/" RUASCOPE_VERSION);
	SET(CURLOPT_FOLLOWLOCATION, 0L);
	SET(CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	SET(CURLOPT_NOSIGNAL, 1L);
	SET(CURLOPT_SSL_VERIFYPEER, 1L);
	SET(CURLOPT_SSL_VERIFYHOST, 2L);
	SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	SET(CURLOPT_CONNECTTIMEOUT, (long)(timeout < CONNECT_SECONDS ? timeout : CONNECT_SECONDS));
	SET(CURLOPT_TIMEOUT, (long)timeout);
	SET(CURLOPT_WRITEFUNCTION, on_body);
	SET(CURLOPT_WRITEDATA, body);
	SET(CURLOPT_NOPROGRESS, 0L);
	SET(CURLOPT_XFERINFOFUNCTION, on_progress);
	SET(CURLOPT_XFERINFODATA, http);
	if (http->ca)
		SET(CURLOPT_CAINFO, http->ca);
	if (plain) /* a proxy is not loopback */
		SET(CURLOPT_NOPROXY, "*");
#undef SET
	return rc;
}

enum status oauth_post(const struct oauth_http *http, const char *url, const char *form, long *code,
		       struct buf *body, struct err *err)
{
	char host[OAUTH_HOST_SIZE], detail[CURL_ERROR_SIZE] = "";
	enum status st = oauth_url_check(url, host, err);
	buf_reset(body);
	*code = 0;
	if (st != ST_OK)
		return st;
	struct curl_slist *headers = curl_slist_append(NULL, "Accept: application/json");
	CURL *c = curl_easy_init();
	CURLcode rc =
	    c && headers ? set_options(c, http, url, form, body, headers) : CURLE_OUT_OF_MEMORY;
	if (rc == CURLE_OK)
		rc = curl_easy_setopt(c, CURLOPT_ERRORBUFFER, detail);
	if (rc == CURLE_OK)
		rc = curl_easy_perform(c);
	if (rc == CURLE_OK)
		rc = curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, code);
	curl_easy_cleanup(c);
	curl_slist_free_all(headers);
	return explain(rc, host, detail, body, err);
}

void oauth_form(struct buf *form, const char *key, const char *value)
{
	static const char safe[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
	buf_printf(form, "%s%s=", form->len > 0 ? "&" : "", key);
	for (; *value; value++) {
		if (strchr(safe, *value))
			buf_putc(form, *value);
		else
			buf_printf(form, "%%%02X", (unsigned)(unsigned char)*value);
	}
}
