#include "ingest/imap/auth.h"

#include <stdint.h>
#include <string.h>

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

enum status imap_check_text(const char *what, const char *text, size_t n, struct err *err)
{
	if (n == 0)
		return err_set(err, ST_FATAL, "the %s is empty", what);
	if (memchr(text, '\r', n) || memchr(text, '\n', n))
		return err_set(err, ST_FATAL, "the %s holds a line break", what);
	if (memchr(text, '\0', n))
		return err_set(err, ST_FATAL, "the %s holds a NUL byte", what);
	return ST_OK;
}

static void put_base64(struct buf *out, const char *s, size_t n)
{
	for (size_t i = 0; i < n; i += 3) {
		uint32_t v = (uint32_t)(unsigned char)s[i] << 16;
		if (i + 1 < n)
			v |= (uint32_t)(unsigned char)s[i + 1] << 8;
		if (i + 2 < n)
			v |= (unsigned char)s[i + 2];
		buf_putc(out, digits[v >> 18]);
		buf_putc(out, digits[v >> 12 & 63]);
		buf_putc(out, i + 1 < n ? digits[v >> 6 & 63] : '=');
		buf_putc(out, i + 2 < n ? digits[v & 63] : '=');
	}
}

/* "," and "=" are the grammar's own (RFC 5801 4). */
static void put_saslname(struct buf *out, const char *s)
{
	for (; *s; s++) {
		if (*s == ',')
			buf_puts(out, "=2C");
		else if (*s == '=')
			buf_puts(out, "=3D");
		else
			buf_putc(out, *s);
	}
}

void imap_sasl(enum imap_mechanism m, const char *user, const char *secret, const char *host,
	       unsigned port, struct buf *out)
{
	struct buf b;
	buf_init(&b, 2 * IMAP_SECRET_MAX);
	if (m == IMAP_XOAUTH2) {
		buf_printf(&b, "user=%s\001auth=Bearer %s\001\001", user, secret);
	} else if (m == IMAP_OAUTHBEARER) {
		buf_puts(&b, "n,a=");
		put_saslname(&b, user);
		buf_printf(&b, ",\001host=%s\001port=%u\001auth=Bearer %s\001\001", host, port,
			   secret);
	} else {
		buf_putc(&b, '\0');
		buf_puts(&b, user);
		buf_putc(&b, '\0');
		buf_puts(&b, secret);
	}
	put_base64(out, b.data, b.len);
	explicit_bzero(b.data, b.len);
	buf_free(&b);
}

const char *imap_sasl_give_up(enum imap_mechanism m)
{
	return m == IMAP_OAUTHBEARER ? "AQ==" : m == IMAP_XOAUTH2 ? "" : "*";
}

void imap_sasl_words(const char *challenge, size_t n, struct buf *out)
{
	uint32_t v = 0;
	unsigned bits = 0;
	size_t before = out->len;
	for (size_t i = 0; i < n && challenge[i] != '='; i++) {
		const char *d = challenge[i] ? strchr(digits, challenge[i]) : NULL;
		if (!d) {
			out->len = before;
			return;
		}
		v = (v << 6 | (uint32_t)(d - digits)) & 0xffffff;
		bits += 6;
		if (bits >= 8) {
			bits -= 8;
			buf_putc(out, (char)(v >> bits));
		}
	}
}
