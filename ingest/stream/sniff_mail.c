/* What begins like a mail or a mailbox, whatever a program that handed it on has put in front. */
#include <string.h>

#include "core/text.h"
#include "ingest/stream/sniff.h"

#define CHATTER_LINES 64 /* of a server, in front of a mail */

static bool starts(const uint8_t *p, size_t n, const char *word)
{
	size_t len = strlen(word);
	return n >= len && memcmp(p, word, len) == 0;
}

/* Behind the line that begins at p[at]. */
static size_t next_line(const uint8_t *p, size_t n, size_t at)
{
	const uint8_t *lf = memchr(p + at, '\n', n - at);
	return lf ? (size_t)(lf - p) + 1 : n;
}

size_t sniff_front(const uint8_t *p, size_t n)
{
	size_t at = starts(p, n, "\xef\xbb\xbf") ? 3 : 0;
	while (at < n && ascii_is_space((char)p[at]))
		at++;
	return at;
}

/* ---- "From " lines ---- */

static bool is_from_line(const uint8_t *p, size_t n)
{
	return starts(p, n, "From ") || starts(p, n, "From\n") || starts(p, n, "From\r\n");
}

bool sniff_from_date(const uint8_t *p, size_t n)
{
	if (!starts(p, n, "From "))
		return false;
	size_t end = next_line(p, n, 0);
	bool time = false, year = false;
	for (size_t i = 5; i + 4 < end; i++) {
		const uint8_t *d = p + i;
		bool two = d[0] >= '0' && d[0] <= '9' && d[1] >= '0' && d[1] <= '9';
		time |= two && d[2] == ':' && d[3] >= '0' && d[3] <= '9';
		year |= d[0] == ' ' &&
			(memcmp(d + 1, "19", 2) == 0 || memcmp(d + 1, "20", 2) == 0) &&
			d[3] >= '0' && d[3] <= '9' && d[4] >= '0' && d[4] <= '9';
	}
	return time && year;
}

/* Letters, digits and '-', then ':'. An address of the web is none. */
static bool is_field(const uint8_t *p, size_t n)
{
	size_t i = 0;
	while (i < n && ((ascii_lower((char)p[i]) >= 'a' && ascii_lower((char)p[i]) <= 'z') ||
			 (i > 0 && ((p[i] >= '0' && p[i] <= '9') || p[i] == '-' || p[i] == '_'))))
		i++;
	if (i == 0)
		return false;
	while (i < n && (p[i] == ' ' || p[i] == '\t'))
		i++;
	return i < n && p[i] == ':' && !starts(p + i, n - i, "://");
}

bool sniff_separator(const uint8_t *p, size_t n)
{
	if (!is_from_line(p, n))
		return false;
	size_t at = next_line(p, n, 0);
	while (starts(p + at, n - at, ">From ")) /* of a mailbox that this one was made of */
		at = next_line(p, n, at);
	return is_field(p + at, n - at);
}

/* ---- header fields ---- */

static bool is_known_field(const char *s, size_t n)
{
	static const char *const prefixes[] = {
	    "X-",        "Content-", "ARC-",       "Resent-",  "List-", "DKIM-", "Authentication-",
	    "Received-", "MIME-",    "Delivered-", "Envelope-"};
	static const char *const names[] = {
	    "Received",    "Return-Path",   "From",   "To",         "Cc",
	    "Bcc",         "Subject",       "Date",   "Message-ID", "Sender",
	    "Reply-To",    "ContentType",   "Status", "Precedence", "References",
	    "In-Reply-To", "Auto-Submitted"};
	for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++) {
		size_t len = strlen(prefixes[i]);
		if (n > len && ascii_ieq_n(s, len, prefixes[i]))
			return true;
	}
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (ascii_ieq_n(s, n, names[i]))
			return true;
	return false;
}

/* Header fields from the first line on, one of them known. */
static bool has_header(const uint8_t *p, size_t n)
{
	size_t at = 0;
	bool known = false;
	while (at < n && !known) {
		const uint8_t *lf = memchr(p + at, '\n', n - at);
		size_t end = lf ? (size_t)(lf - p) : n;
		bool folded = p[at] == ' ' || p[at] == '\t';
		size_t colon = at;
		while (colon < end && p[colon] > 0x20 && p[colon] < 0x7f && p[colon] != ':')
			colon++;
		size_t name_end = colon;
		while (colon < end && (p[colon] == ' ' || p[colon] == '\t'))
			colon++;
		bool field = name_end > at && colon < end && p[colon] == ':';
		if (!field && !(folded && at > 0))
			return false;
		known = field && is_known_field((const char *)p + at, name_end - at);
		at = end + 1;
	}
	return known;
}

/* ---- what stands in front of a mail ---- */

/* Apple's .emlx: a line with the length of the mail, which a property list follows. */
static size_t length_line(const uint8_t *p, size_t n, uint64_t *length)
{
	size_t digits = 0;
	while (digits < n && digits < 12 && p[digits] >= '0' && p[digits] <= '9')
		digits++;
	size_t at = digits;
	while (at < n && (p[at] == ' ' || p[at] == '\r'))
		at++;
	if (digits == 0 || at >= n || p[at] != '\n' ||
	    !text_to_u64((const char *)p, digits, length))
		return 0;
	return at + 1;
}

/* Behind "From " lines. */
static size_t from_lines(const uint8_t *p, size_t n, size_t at)
{
	while (at < n && (is_from_line(p + at, n - at) || starts(p + at, n - at, ">From ")))
		at = next_line(p, n, at);
	return at;
}

bool sniff_mail_front(const uint8_t *p, size_t n, struct mail_front *front)
{
	uint64_t length = UINT64_MAX;
	size_t at = sniff_front(p, n);
	for (int i = 0;
	     i < CHATTER_LINES && (starts(p + at, n - at, "+OK") || starts(p + at, n - at, "* "));
	     i++)
		at = next_line(p, n, at);
	at += length_line(p + at, n - at, &length);
	at = from_lines(p, n, at);
	bool is_mail = has_header(p + at, n - at);
	*front = is_mail ? (struct mail_front){at, length}
			 : (struct mail_front){from_lines(p, n, 0), UINT64_MAX};
	return is_mail;
}
