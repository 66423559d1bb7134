/* Dates of logs, and what stands in front of a line's text. */
#include <time.h>

#include "core/day.h"
#include "ingest/bounce/log.h"

/* Two digits at p, or -1. */
static int two(const char *p)
{
	int tens = p[0] == ' ' ? 0 : p[0] - '0', ones = p[1] - '0';
	return tens < 0 || tens > 9 || ones < 0 || ones > 9 ? -1 : tens * 10 + ones;
}

static int month_of(const char *p)
{
	static const char names[] = "janfebmaraprmayjunjulaugsepoctnovdec";
	for (int m = 0; m < 12; m++)
		if (ascii_lower(p[0]) == names[3 * m] && ascii_lower(p[1]) == names[3 * m + 1] &&
		    ascii_lower(p[2]) == names[3 * m + 2])
			return m + 1;
	return 0;
}

static bool is_clock(const char *p)
{
	return p[2] == ':' && p[5] == ':' && two(p) >= 0 && two(p + 3) >= 0 && two(p + 6) >= 0;
}

/* In the time of this machine, which wrote the log or reads it for the one that did. */
static int64_t local(int year, int month, int mday, const char *clock)
{
	struct tm t = {.tm_year = year - 1900,
		       .tm_mon = month - 1,
		       .tm_mday = mday,
		       .tm_hour = two(clock),
		       .tm_min = two(clock + 3),
		       .tm_sec = two(clock + 6),
		       .tm_isdst = -1};
	return (int64_t)mktime(&t);
}

static int year_of(int64_t at)
{
	int year;
	unsigned month, day;
	day_to_civil(day_from_unix(at), &year, &month, &day);
	return year;
}

/* "Nov 30 12:57:14": the last year in which it is not after the log was written. */
static int64_t without_year(const struct reading *rd, struct span s)
{
	int64_t until = rd->options->now;
	if (rd->written > 0 && rd->written < until)
		until = rd->written;
	int year = year_of(until), month = month_of(s.p), mday = two(s.p + 4);
	if (!month || mday < 1 || mday > 31)
		return 0;
	int64_t at = local(year, month, mday, s.p + 7);
	return at > until + 24 * 3600 ? local(year - 1, month, mday, s.p + 7) : at;
}

/* TAI64N: seconds since 1970 and 2^62 and ten. */
static int64_t tai64n(struct span s)
{
	uint64_t v = 0;
	for (size_t i = 1; i < 17; i++) {
		char c = ascii_lower(s.p[i]);
		if (!is_digit(c) && (c < 'a' || c > 'f'))
			return 0;
		v = v << 4 | (uint64_t)(is_digit(c) ? c - '0' : c - 'a' + 10);
	}
	return v > (UINT64_C(1) << 62) ? (int64_t)(v - (UINT64_C(1) << 62)) - 10 : 0;
}

/* "2026-11-30 12:59:56.123 +0100" without a 'T'. */
static int64_t with_blank(struct span s)
{
	int year = two(s.p) * 100 + two(s.p + 2), month = two(s.p + 5), mday = two(s.p + 8);
	struct span zone = span_from(s, 19);
	if (year < 1970 || month < 1 || month > 12 || mday < 1)
		return 0;
	while (zone.n > 0 && (is_digit(zone.p[0]) || zone.p[0] == '.'))
		zone = span_from(zone, 1);
	zone = span_trim(zone);
	if (zone.n < 5 || (zone.p[0] != '+' && zone.p[0] != '-'))
		return local(year, month, mday, s.p + 11);
	int64_t at = (int64_t)day_from_civil(year, (unsigned)month, (unsigned)mday) * 86400 +
		     two(s.p + 11) * 3600 + two(s.p + 14) * 60 + two(s.p + 17);
	int64_t off = two(zone.p + 1) * 3600 + two(zone.p + 3) * 60;
	return zone.p[0] == '+' ? at - off : at + off;
}

int64_t log_date(const struct reading *rd, struct span s, bool *guessed)
{
	int64_t at;
	*guessed = false;
	if (s.n >= 25 && s.p[0] == '@')
		return tai64n(s);
	if (s.n >= 19 && s.p[4] == '-' && s.p[10] == 'T')
		return rfc3339_parse(s.p, s.n, &at) ? at : 0;
	if (s.n >= 19 && s.p[4] == '-' && is_clock(s.p + 11))
		return with_blank(s);
	if (s.n >= 15 && is_clock(s.p + 7)) {
		*guessed = true;
		return without_year(rd, s);
	}
	return 0;
}

/* ---- lines ---- */

static struct span skip_word(struct span s, struct span *word)
{
	size_t blank = span_chr(s, ' ');
	*word = span_to(s, blank);
	s = span_from(s, blank == SPAN_NONE ? s.n : blank + 1);
	while (s.n > 0 && s.p[0] == ' ')
		s = span_from(s, 1);
	return s;
}

/* "host program[pid]: text" */
static bool split_tag(struct span s, struct log_line *out)
{
	struct span tag;
	s = skip_word(s, &out->host);
	size_t colon = span_chr(span_to(s, 200), ':');
	if (colon == SPAN_NONE)
		return false;
	tag = span_to(s, colon);
	if (span_chr(tag, ' ') != SPAN_NONE) { /* "[ID 197553 mail.info]" of Solaris, or none */
		return false;
	}
	out->program = span_to(tag, span_chr(tag, '['));
	out->text = span_from(s, colon + 1);
	if (out->text.n > 0 && out->text.p[0] == ' ')
		out->text = span_from(out->text, 1);
	return out->program.n > 0;
}

/* "2026-11-30 12:59:56[.123] [+0100] text": Exim, or qmail with readable dates. */
static bool split_blank_date(struct span s, struct log_line *out)
{
	size_t n = 19;
	while (n < s.n && (is_digit(s.p[n]) || s.p[n] == '.'))
		n++;
	if (n + 6 < s.n && s.p[n] == ' ' && (s.p[n + 1] == '+' || s.p[n + 1] == '-') &&
	    is_digit(s.p[n + 2]) && s.p[n + 6] == ' ')
		n += 6;
	if (n >= s.n || s.p[n] != ' ')
		return false;
	out->date = span_to(s, n);
	out->text = span_from(s, n + 1);
	if (out->text.n > 2 && out->text.p[0] == '[' && is_digit(out->text.p[1])) { /* pid */
		size_t end = span_chr(span_to(out->text, 12), ']');
		out->text = end == SPAN_NONE ? out->text : span_trim(span_from(out->text, end + 1));
	}
	return true;
}

bool log_split(struct span s, struct log_line *out)
{
	*out = (struct log_line){.at = 0};
	if (s.n > 4 && s.p[0] == '<' && is_digit(s.p[1])) { /* priority of syslog */
		size_t end = span_chr(span_to(s, 6), '>');
		s = end == SPAN_NONE ? s : span_from(s, end + 1);
	}
	if (s.n < 20)
		return false;
	if (s.p[0] == '@' && s.n > 26 && s.p[25] == ' ' && s.p[1] == '4') {
		out->date = span_to(s, 25);
		out->text = span_from(s, 26);
		return true;
	}
	if (s.p[4] == '-' && s.p[7] == '-' && is_digit(s.p[0])) {
		if (s.p[10] == ' ' && is_clock(s.p + 11))
			return split_blank_date(s, out);
		if (s.p[10] != 'T')
			return false;
		s = skip_word(s, &out->date);
		return split_tag(s, out);
	}
	if (s.p[3] == ' ' && is_clock(s.p + 7) && month_of(s.p)) {
		out->date = span_to(s, 15);
		return split_tag(span_from(s, 16), out);
	}
	return false;
}
