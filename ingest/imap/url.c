#include "ingest/imap/url.h"

#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "core/text.h"
#include "ingest/imap/auth.h"

void imap_url_free(struct imap_url *u)
{
	free(u->user);
	free(u->host);
	free(u->folder);
	*u = (struct imap_url){0};
}

static int hex(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *d = c ? strchr(digits, ascii_lower(c)) : NULL;
	return d ? (int)(d - digits) : -1;
}

/* s[0..n) without its %XX, checked to be one harmless line of UTF-8. */
static enum status decode(const char *what, const char *s, size_t n, char **out, struct err *err)
{
	struct buf b;
	buf_init(&b, 4096);
	for (size_t i = 0; i < n; i++) {
		if (s[i] != '%') {
			buf_putc(&b, s[i]);
		} else if (i + 2 < n && hex(s[i + 1]) >= 0 && hex(s[i + 2]) >= 0) {
			buf_putc(&b, (char)(hex(s[i + 1]) << 4 | hex(s[i + 2])));
			i += 2;
		} else {
			buf_free(&b);
			return err_set(err, ST_FATAL,
				       "the %s has a %% without two digits (write %%25)", what);
		}
	}
	enum status st = b.failed ? err_set(err, ST_FATAL, "the %s is too long", what)
				  : imap_check_text(what, b.data ? b.data : "", b.len, err);
	if (st == ST_OK && utf8_valid_prefix(b.data, b.len) != b.len)
		st = err_set(err, ST_FATAL, "the %s is no UTF-8", what);
	if (st == ST_OK)
		*out = mem_strdup(b.data);
	buf_free(&b);
	return st;
}

/* host, host:port, [address]:port */
static enum status parse_host(struct imap_url *u, const char *s, size_t n, struct err *err)
{
	const char *end = s + n, *host = s, *host_end;
	uint64_t port;
	if (n > 0 && *s == '[') {
		host++;
		host_end = memchr(s, ']', n);
		s = host_end ? host_end + 1 : end;
	} else {
		host_end = memchr(s, ':', n);
		if (!host_end)
			host_end = end;
		s = host_end;
	}
	for (const char *p = host; host_end && p < host_end; p++)
		if ((unsigned char)*p <= ' ' || strchr("/\\?#@%\"<>", *p) || *p == 0x7f)
			host_end = NULL;
	if (!host_end || host_end == host)
		return err_set(err, ST_FATAL, "no host in it");
	if (s < end && (*s != ':' || !text_to_u64(s + 1, (size_t)(end - s - 1), &port) ||
			port == 0 || port > 65535))
		return err_set(err, ST_FATAL, "its port is not a number from 1 to 65535");
	if (s < end)
		u->port = (unsigned)port;
	u->host = mem_strndup(host, (size_t)(host_end - host));
	return ST_OK;
}

static enum status parse_user(struct imap_url *u, const char *s, size_t n, struct err *err)
{
	if (memchr(s, ':', n))
		return err_set(
		    err, ST_FATAL,
		    "a password does not belong here, where everybody can see it (a \":\" of the "
		    "user is written %%3A)");
	return decode("user", s, n, &u->user, err);
}

enum status imap_url_parse(const char *text, struct imap_url *u, struct err *err)
{
	static const char secure[] = "imaps://", upgraded[] = "imap://";
	*u = (struct imap_url){0};
	u->tls = strncasecmp(text, secure, sizeof secure - 1) == 0;
	if (!u->tls && strncasecmp(text, upgraded, sizeof upgraded - 1) != 0)
		return err_set(err, ST_FATAL, "not imaps:// or imap://");
	u->port = u->tls ? 993 : 143;
	const char *p = text + (u->tls ? sizeof secure : sizeof upgraded) - 1;
	size_t n = strcspn(p, "/");
	const char *at = memrchr(p, '@', n), *host = at ? at + 1 : p;
	const char *folder = p[n] == '/' ? p + n + 1 : "";
	enum status st = at ? parse_user(u, p, (size_t)(at - p), err) : ST_OK;
	if (st == ST_OK)
		st = parse_host(u, host, (size_t)(p + n - host), err);
	if (st == ST_OK && *folder == '\0')
		folder = "INBOX";
	if (st == ST_OK)
		st = decode("folder", folder, strlen(folder), &u->folder, err);
	if (st != ST_OK)
		imap_url_free(u);
	return st;
}
