#include "ingest/mail/uu.h"

#include <string.h>

static size_t trimmed(const char *p, size_t n)
{
	while (n > 0 && (p[n - 1] == '\n' || p[n - 1] == '\r'))
		n--;
	return n;
}

bool uu_begins(const char *p, size_t n)
{
	static const char word[] = "begin ";
	size_t at = sizeof word - 1;
	if (n < at || memcmp(p, word, at) != 0)
		return false;
	size_t mode = at;
	while (at < n && p[at] >= '0' && p[at] <= '7')
		at++;
	return at - mode >= 3 && at - mode <= 4 && at < n && p[at] == ' ';
}

static unsigned digit(const char *p, size_t n, size_t at)
{
	return at < n ? ((unsigned char)p[at] - 32u) & 63u : 0; /* blanks at the end get lost */
}

static size_t decode_line(struct uu *u, const char *p, size_t n, char *out)
{
	size_t want = digit(p, n, 0), got = 0;
	size_t full = 1 + (want + 2) / 3 * 4;
	if (want == 0 || p[0] < ' ' || p[0] > '`' || n > full + 1) { /* 1: a check character */
		u->state = UU_DONE;
		return 0;
	}
	for (size_t at = 1; got < want && at < n; at += 4) { /* never more than comes in */
		unsigned v = digit(p, n, at) << 18 | digit(p, n, at + 1) << 12 |
			     digit(p, n, at + 2) << 6 | digit(p, n, at + 3);
		for (int shift = 16; shift >= 0 && got < want; shift -= 8)
			out[got++] = (char)(v >> shift & 0xff);
	}
	return got;
}

size_t uu_end(struct uu *u, char *out)
{
	bool whole = u->n <= sizeof u->line;
	size_t n = whole ? trimmed(u->line, u->n) : sizeof u->line;
	size_t got = 0;
	if (u->state == UU_BEFORE && uu_begins(u->line, n)) /* its name may be of any length */
		u->state = UU_INSIDE;
	else if (u->state == UU_INSIDE && !whole)
		u->state = UU_DONE;
	else if (u->state == UU_INSIDE)
		got = decode_line(u, u->line, n, out);
	u->n = 0;
	return got;
}

size_t uu_step(struct uu *u, const char *in, size_t n, char *out)
{
	size_t got = 0;
	for (size_t i = 0; i < n && u->state != UU_DONE; i++) {
		if (u->n < sizeof u->line)
			u->line[u->n] = in[i];
		if (u->n <= sizeof u->line)
			u->n++;
		if (in[i] == '\n')
			got += uu_end(u, out + got);
	}
	return got;
}
