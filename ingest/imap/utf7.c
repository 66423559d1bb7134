#include "ingest/imap/utf7.h"

#include <stdint.h>
#include <string.h>

#include "core/text.h"

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,";

static uint32_t code_point(const char *s, size_t n)
{
	static const unsigned char first[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
	uint32_t c = (unsigned char)s[0] & first[n];
	for (size_t i = 1; i < n; i++)
		c = c << 6 | ((unsigned char)s[i] & 0x3f);
	return c;
}

static bool is_plain(uint32_t c)
{
	return c >= 0x20 && c <= 0x7e;
}

/* A run of characters beyond ASCII: UTF-16 in base64, between & and -. */
struct shifted {
	struct buf *out;
	uint32_t bits;
	unsigned n_bits;
	bool open;
};

static void put_bits(struct shifted *z, uint32_t unit)
{
	z->bits = z->bits << 16 | unit;
	z->n_bits += 16;
	while (z->n_bits >= 6) {
		z->n_bits -= 6;
		buf_putc(z->out, digits[z->bits >> z->n_bits & 63]);
	}
}

static void put_shifted(struct shifted *z, uint32_t c)
{
	if (!z->open)
		buf_putc(z->out, '&');
	z->open = true;
	if (c >= 0x10000) {
		put_bits(z, 0xd800 + ((c - 0x10000) >> 10));
		put_bits(z, 0xdc00 + ((c - 0x10000) & 0x3ff));
	} else {
		put_bits(z, c);
	}
}

static void end_shifted(struct shifted *z)
{
	if (!z->open)
		return;
	if (z->n_bits > 0)
		buf_putc(z->out, digits[z->bits << (6 - z->n_bits) & 63]);
	buf_putc(z->out, '-');
	*z = (struct shifted){.out = z->out};
}

bool utf7_encode(const char *name, struct buf *out)
{
	struct shifted z = {.out = out};
	size_t left = strlen(name);
	if (left == 0)
		return false;
	while (left > 0) {
		size_t n = utf8_sequence(name, left);
		uint32_t c = n > 0 ? code_point(name, n) : 0;
		if (n == 0 || c < 0x20 || (c >= 0x7f && c < 0xa0))
			return false;
		if (is_plain(c)) {
			end_shifted(&z);
			buf_putc(out, (char)c);
			if (c == '&')
				buf_putc(out, '-');
		} else {
			put_shifted(&z, c);
		}
		name += n;
		left -= n;
	}
	end_shifted(&z);
	return !out->failed;
}

static void put_utf8(struct buf *out, uint32_t c)
{
	if (c < 0x800) {
		buf_putc(out, (char)(0xc0 | c >> 6));
	} else {
		if (c < 0x10000) {
			buf_putc(out, (char)(0xe0 | c >> 12));
		} else {
			buf_putc(out, (char)(0xf0 | c >> 18));
			buf_putc(out, (char)(0x80 | (c >> 12 & 0x3f)));
		}
		buf_putc(out, (char)(0x80 | (c >> 6 & 0x3f)));
	}
	buf_putc(out, (char)(0x80 | (c & 0x3f)));
}

/* One unit of UTF-16; *high is a first half that waits for its second. */
static bool put_unit(struct buf *out, uint32_t *high, uint32_t unit)
{
	bool low = unit >= 0xdc00 && unit <= 0xdfff;
	if (low != (*high != 0))
		return false;
	if (low) {
		put_utf8(out, 0x10000 + ((*high - 0xd800) << 10) + (unit - 0xdc00));
		*high = 0;
	} else if (unit >= 0xd800 && unit <= 0xdbff) {
		*high = unit;
	} else if (unit < 0xa0) { /* would have been plain, or is a control character */
		return false;
	} else {
		put_utf8(out, unit);
	}
	return true;
}

/* What stands between & and -, s[0..n). */
static bool decode_shifted(const char *s, size_t n, struct buf *out)
{
	uint32_t bits = 0, high = 0;
	unsigned n_bits = 0;
	for (size_t i = 0; i < n; i++) {
		const char *d = s[i] ? strchr(digits, s[i]) : NULL;
		if (!d)
			return false;
		bits = (bits << 6 | (uint32_t)(d - digits)) & 0x3fffff;
		n_bits += 6;
		if (n_bits < 16)
			continue;
		n_bits -= 16;
		if (!put_unit(out, &high, bits >> n_bits & 0xffff))
			return false;
	}
	return high == 0 && n_bits < 6 && (bits & ((1u << n_bits) - 1)) == 0;
}

bool utf7_decode(const char *s, size_t n, struct buf *out)
{
	bool after_shift = false; /* two runs side by side are one, written wrongly */
	for (size_t i = 0; i < n; i++) {
		if (!is_plain((unsigned char)s[i]))
			return false;
		if (s[i] != '&') {
			buf_putc(out, s[i]);
			after_shift = false;
			continue;
		}
		const char *end = memchr(s + i, '-', n - i);
		if (!end)
			return false;
		size_t len = (size_t)(end - (s + i)) - 1;
		if (len == 0)
			buf_putc(out, '&');
		else if (after_shift || !decode_shifted(s + i + 1, len, out))
			return false;
		after_shift = len > 0;
		i += len + 1;
	}
	return n > 0 && !out->failed;
}
