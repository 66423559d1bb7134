#include "ingest/mail/joint.h"

#include <stdbool.h>
#include <string.h>

#include "core/text.h"
#include "ingest/stream/sniff.h"

#define BOUNDARY_MAX 256 /* RFC 2046 has 70 */

/* What the header of the first mail says of its end. */
struct shape {
	char boundary[BOUNDARY_MAX]; /* of a multipart; "" for none */
	bool base64;
};

static size_t next_line(const uint8_t *p, size_t n, size_t at)
{
	const uint8_t *lf = memchr(p + at, '\n', n - at);
	return lf ? (size_t)(lf - p) + 1 : n;
}

static bool is_blank(const uint8_t *p, size_t n)
{
	while (n > 0 && ascii_is_space((char)p[n - 1]))
		n--;
	return n == 0;
}

/* The field name in p[0..n), a whole line; its value is behind the colon. */
static bool is_field(const uint8_t *p, size_t n, const char *name)
{
	size_t len = strlen(name);
	return n > len && p[len] == ':' && ascii_ieq_n((const char *)p, len, name);
}

static const uint8_t *find_word(const uint8_t *p, size_t n, const char *word)
{
	size_t len = strlen(word);
	for (size_t i = 0; i + len <= n; i++)
		if (ascii_ieq_n((const char *)p + i, len, word))
			return p + i;
	return NULL;
}

/* The parameter boundary in a field, which may be folded. */
static void read_boundary(const uint8_t *p, size_t n, char out[BOUNDARY_MAX])
{
	const uint8_t *at = find_word(p, n, "boundary=");
	size_t len = 0;
	if (!at || !find_word(p, n, "multipart/"))
		return;
	at += strlen("boundary=");
	bool quoted = at < p + n && *at == '"';
	for (at += quoted; at < p + n && len < BOUNDARY_MAX - 1; at++) {
		if (quoted ? *at == '"' : *at == ';' || ascii_is_space((char)*at))
			break;
		at += quoted && *at == '\\' && at + 1 < p + n;
		out[len++] = (char)*at;
	}
	out[len] = '\0';
}

/* Behind the header that begins at. */
static size_t read_header(const uint8_t *p, size_t n, size_t at, struct shape *s)
{
	while (at < n) {
		size_t end = next_line(p, n, at);
		if (is_blank(p + at, end - at))
			return end;
		while (end < n && (p[end] == ' ' || p[end] == '\t'))
			end = next_line(p, n, end);
		if (is_field(p + at, end - at, "Content-Type"))
			read_boundary(p + at, end - at, s->boundary);
		else if (is_field(p + at, end - at, "Content-Transfer-Encoding"))
			s->base64 = find_word(p + at, end - at, "base64") != NULL;
		at = end;
	}
	return n;
}

/* Behind "--BOUNDARY--". */
static size_t behind_multipart(const uint8_t *p, size_t n, size_t at, const char *boundary)
{
	size_t len = strlen(boundary);
	for (size_t end; at < n; at = end) {
		end = next_line(p, n, at);
		if (end - at >= len + 4 && memcmp(p + at, "--", 2) == 0 &&
		    memcmp(p + at + 2, boundary, len) == 0 &&
		    memcmp(p + at + 2 + len, "--", 2) == 0 &&
		    is_blank(p + at + len + 4, end - at - len - 4))
			return end;
	}
	return n;
}

static bool is_base64(const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!ascii_is_space((char)p[i]) && p[i] != '+' && p[i] != '/' && p[i] != '=' &&
		    !(p[i] >= '0' && p[i] <= '9') &&
		    !(ascii_lower((char)p[i]) >= 'a' && ascii_lower((char)p[i]) <= 'z'))
			return false;
	return true;
}

static size_t behind_base64(const uint8_t *p, size_t n, size_t at)
{
	while (at < n) {
		size_t end = next_line(p, n, at);
		if (!is_base64(p + at, end - at))
			return at;
		at = end;
	}
	return n;
}

/* Of a report that stands in the mail as it is. */
static size_t behind_report(const uint8_t *p, size_t n, size_t at)
{
	static const char end[] = "</feedback>";
	const uint8_t *found = memmem(p + at, n - at, end, sizeof end - 1);
	return found ? next_line(p, n, (size_t)(found - p)) : n;
}

/* Is a field of a mail in the header at p, not only those that any part of one has? */
static bool is_mail_header(const uint8_t *p, size_t n)
{
	static const char *const names[] = {"From",        "Date",       "Subject",     "Received",
					    "Return-Path", "Message-ID", "Delivered-To"};
	struct mail_front front;
	if (!sniff_mail_front(p, n, &front))
		return false;
	for (size_t at = front.skip, end; at < n; at = end) {
		end = next_line(p, n, at);
		if (is_blank(p + at, end - at))
			return false;
		for (size_t i = 0; i < sizeof names / sizeof *names; i++)
			if (is_field(p + at, end - at, names[i]))
				return true;
	}
	return false;
}

/* The first header from at on; a block of lines like fields is looked at once. */
static size_t find_header(const uint8_t *p, size_t n, size_t at)
{
	bool inside = false;
	while (at < n) {
		size_t end = next_line(p, n, at);
		size_t seen = n - at < SNIFF_BYTES ? n - at : SNIFF_BYTES;
		bool like = memchr(p + at, ':', end - at < seen ? end - at : seen) != NULL ||
			    (end - at >= 2 && memcmp(p + at, "* ", 2) == 0) ||
			    (end - at >= 3 && memcmp(p + at, "+OK", 3) == 0);
		if (like && !inside && is_mail_header(p + at, seen))
			return at;
		inside = like;
		at = end;
	}
	return n;
}

size_t joint_find(const uint8_t *p, size_t n)
{
	struct shape s = {.boundary = ""};
	struct mail_front front;
	sniff_mail_front(p, n < SNIFF_BYTES ? n : SNIFF_BYTES, &front);
	if (front.skip >= n || front.length < n - front.skip) /* an .emlx says where it ends */
		return n;
	size_t at = read_header(p, n, front.skip, &s);
	if (s.boundary[0])
		at = behind_multipart(p, n, at, s.boundary);
	else if (s.base64)
		at = behind_base64(p, n, at);
	else
		at = behind_report(p, n, at);
	return find_header(p, n, at);
}
