/* `journalctl -o json`: one object a line, of which a few fields count. */
#include <stdlib.h>

#include "ingest/bounce/log.h"

/* Four hexadecimal digits, or -1. */
static long hex4(struct span s)
{
	long v = 0;
	for (size_t i = 0; i < 4; i++) {
		char c = i < s.n ? ascii_lower(s.p[i]) : '?';
		if (!is_digit(c) && (c < 'a' || c > 'f'))
			return -1;
		v = v * 16 + (is_digit(c) ? c - '0' : c - 'a' + 10);
	}
	return v;
}

/* An escape behind its '\'. Returns its octets. What is no ASCII becomes '?': only names and
 * replies count. */
static size_t unescape(struct span s, struct buf *out)
{
	if (s.n == 0)
		return 0;
	switch (s.p[0]) {
	case 'n':
	case 'r':
	case 't':
	case 'b':
	case 'f':
		buf_putc(out, ' ');
		return 1;
	case 'u': {
		long c = hex4(span_from(s, 1));
		buf_putc(out, c >= 0x20 && c < 0x7f ? (char)c : '?');
		return c < 0 ? 1 : 5;
	}
	default:
		buf_putc(out, s.p[0]);
		return 1;
	}
}

/* A string at the '"' of *s, into out when that is not NULL; *s loses it. */
static bool take_string(struct span *s, struct buf *out)
{
	size_t i = 1;
	while (i < s->n && s->p[i] != '"') {
		if (s->p[i] == '\\') {
			struct buf waste = {.max = 8};
			i += 1 + unescape(span_from(*s, i + 1), out ? out : &waste);
			buf_free(&waste);
			continue;
		}
		if (out)
			buf_putc(out, s->p[i]);
		i++;
	}
	if (i >= s->n)
		return false;
	*s = span_from(*s, i + 1);
	return true;
}

/* An array of octets: a message that is no UTF-8. */
static bool take_octets(struct span *s, struct buf *out)
{
	size_t end = span_chr(*s, ']');
	unsigned v = 0;
	bool any = false;
	if (end == SPAN_NONE)
		return false;
	for (size_t i = 1; i <= end; i++) {
		if (is_digit(s->p[i])) {
			v = v * 10 + (unsigned)(s->p[i] - '0');
			any = true;
		} else {
			if (any && out)
				buf_putc(out, v == 0 || v == '\n' || v > 255 ? ' ' : (char)v);
			v = 0;
			any = false;
		}
	}
	*s = span_from(*s, end + 1);
	return true;
}

/* A value; *s loses it. */
static bool take_value(struct span *s, struct buf *out)
{
	if (s->n > 0 && s->p[0] == '"')
		return take_string(s, out);
	if (s->n > 0 && s->p[0] == '[')
		return take_octets(s, out);
	size_t n = 0;
	while (n < s->n && !strchr(",}", s->p[n]))
		n++;
	if (n < s->n && s->p[n] == '\0')
		return false;
	*s = span_from(*s, n);
	return true;
}

struct place {
	size_t at, n;
};

static struct span at_place(const struct buf *b, struct place p)
{
	return p.n > 0 ? (struct span){b->data + p.at, p.n} : (struct span){"", 0};
}

bool journal_line(struct span s, struct buf *b, struct log_line *out)
{
	static const char *const names[] = {"MESSAGE", "SYSLOG_IDENTIFIER", "_HOSTNAME",
					    "__REALTIME_TIMESTAMP"};
	struct place found[4] = {{0, 0}};
	struct buf key;
	bool sound = true;
	buf_init(&key, 256);
	s = span_trim(span_from(s, 1));
	while (sound && s.n > 0 && s.p[0] == '"') {
		buf_reset(&key);
		sound = take_string(&s, &key);
		s = span_trim(s);
		if (!sound || s.n == 0 || s.p[0] != ':')
			break;
		s = span_trim(span_from(s, 1));
		int k = 0;
		while (k < 4 && (!key.data || strcmp(key.data, names[k]) != 0))
			k++;
		size_t at = b->len;
		sound = take_value(&s, k < 4 ? b : NULL);
		if (k < 4)
			found[k] = (struct place){at, b->len - at};
		s = span_trim(s);
		s = span_trim(span_from(s, s.n > 0 && s.p[0] == ','));
	}
	buf_free(&key);
	struct span stamp = at_place(b, found[3]);
	uint64_t microseconds = 0;
	*out = (struct log_line){.text = at_place(b, found[0]),
				 .program = at_place(b, found[1]),
				 .host = at_place(b, found[2])};
	if (stamp.n > 0 && text_to_u64(stamp.p, stamp.n, &microseconds))
		out->at = (int64_t)(microseconds / 1000000);
	return sound && out->text.n > 0 && out->program.n > 0;
}
