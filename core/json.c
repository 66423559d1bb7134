#include "core/json.h"

#include <string.h>

#include "core/text.h"

void json_init(struct json *j, struct buf *out)
{
	*j = (struct json){.out = out};
}

static void before_value(struct json *j)
{
	if (!j->after_key && j->comma[j->depth])
		buf_putc(j->out, ',');
	j->after_key = false;
	j->comma[j->depth] = true;
}

static void open_scope(struct json *j, char opener, char closer)
{
	before_value(j);
	buf_putc(j->out, opener);
	if (j->depth + 1 >= JSON_DEPTH) { /* our own documents are shallow: a bug, not input */
		j->out->failed = true;
		return;
	}
	j->depth++;
	j->comma[j->depth] = false;
	j->closer[j->depth] = closer;
}

void json_object(struct json *j)
{
	open_scope(j, '{', '}');
}

void json_array(struct json *j)
{
	open_scope(j, '[', ']');
}

void json_end(struct json *j)
{
	if (j->depth == 0)
		return;
	buf_putc(j->out, j->closer[j->depth]);
	j->depth--;
}

static bool is_plain(unsigned char c)
{
	return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
}

/* One character that is not plain ASCII; returns the bytes it took. */
static size_t put_special(struct buf *out, const char *s, size_t n)
{
	unsigned char c = (unsigned char)s[0];
	if (c == '"' || c == '\\') {
		buf_putc(out, '\\');
		buf_putc(out, (char)c);
		return 1;
	}
	size_t len = utf8_sequence(s, n);
	if (len == 0) {
		buf_puts(out, "\xef\xbf\xbd");
		return 1;
	}
	if (len == 1)
		buf_printf(out, "\\u%04x", c);
	else if (len == 2 && c == 0xc2 && (unsigned char)s[1] < 0xa0)
		buf_printf(out, "\\u%04x", (unsigned char)s[1]); /* C1 */
	else
		buf_put(out, s, len);
	return len;
}

static void put_quoted(struct buf *out, const char *s)
{
	size_t n = strlen(s);
	buf_putc(out, '"');
	while (n > 0) {
		size_t plain = 0;
		while (plain < n && is_plain((unsigned char)s[plain]))
			plain++;
		buf_put(out, s, plain);
		s += plain;
		n -= plain;
		if (n > 0) {
			size_t took = put_special(out, s, n);
			s += took;
			n -= took;
		}
	}
	buf_putc(out, '"');
}

void json_key(struct json *j, const char *key)
{
	before_value(j);
	put_quoted(j->out, key);
	buf_putc(j->out, ':');
	j->after_key = true;
}

void json_string(struct json *j, const char *s)
{
	if (!s) {
		json_null(j);
		return;
	}
	before_value(j);
	put_quoted(j->out, s);
}

void json_int(struct json *j, int64_t v)
{
	before_value(j);
	buf_printf(j->out, "%lld", (long long)v);
}

void json_uint(struct json *j, uint64_t v)
{
	before_value(j);
	buf_printf(j->out, "%llu", (unsigned long long)v);
}

void json_fixed(struct json *j, double v, int decimals)
{
	before_value(j);
	buf_printf(j->out, "%.*f", decimals, v);
}

void json_bool(struct json *j, bool v)
{
	before_value(j);
	buf_puts(j->out, v ? "true" : "false");
}

void json_null(struct json *j)
{
	before_value(j);
	buf_puts(j->out, "null");
}

void json_raw(struct json *j, const char *json)
{
	before_value(j);
	buf_puts(j->out, json ? json : "null");
}
