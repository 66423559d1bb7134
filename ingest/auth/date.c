#include <string.h>

#include "core/day.h"
#include "core/text.h"
#include "ingest/auth/author.h"

#define DATE_MAX 200 /* octets; "Mon, 30 Nov 2026 18:47:53 +0000 (UTC)" has 37 */

/* s without comments, blanks as one. false: a comment does not end, or it is too long. */
static bool plain(const char *s, size_t n, char out[DATE_MAX])
{
	size_t o = 0, depth = 0;
	if (n >= DATE_MAX)
		return false;
	for (size_t i = 0; i < n; i++) {
		bool skipped = depth > 0 || s[i] == '(' || ascii_is_space(s[i]);
		if (s[i] == '\\' && depth > 0)
			i++;
		else if (s[i] == '(')
			depth++;
		else if (s[i] == ')' && depth > 0)
			depth--;
		if (!skipped)
			out[o++] = s[i];
		else if (o > 0 && out[o - 1] != ' ')
			out[o++] = ' ';
	}
	while (o > 0 && out[o - 1] == ' ')
		o--;
	out[o] = '\0';
	return depth == 0;
}

static const char *blanks(const char *s)
{
	return s + strspn(s, " ");
}

/* A number of at most 4 digits; returns how many there were. */
static size_t number(const char **s, int *out)
{
	size_t n = strspn(*s, "0123456789");
	*out = 0;
	if (n == 0 || n > 4)
		return 0;
	for (size_t i = 0; i < n; i++)
		*out = 10 * *out + ((*s)[i] - '0');
	*s += n;
	return n;
}

static bool month(const char **s, int *out)
{
	static const char names[][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
					"Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
	for (int i = 0; i < 12; i++)
		if (strlen(*s) >= 3 && ascii_ieq_n(*s, 3, names[i])) {
			*out = i + 1;
			*s += 3;
			return true;
		}
	return false;
}

/* Seconds since midnight; 60 is a leap second. */
static bool time_of_day(const char **s, int *out)
{
	int h, m, sec = 0;
	if (!number(s, &h) || **s != ':')
		return false;
	++*s;
	if (!number(s, &m))
		return false;
	if (**s == ':') {
		++*s;
		if (!number(s, &sec))
			return false;
	}
	*out = 3600 * h + 60 * m + sec;
	return h < 24 && m < 60 && sec <= 60;
}

/* Seconds east of UTC. Zones that nobody knows, or none at all, are UTC (RFC 5322 section 4.3). */
static bool zone(const char *s, int *out)
{
	static const struct {
		char name[4];
		int hours;
	} known[] = {{"EDT", -4}, {"EST", -5}, {"CDT", -5}, {"CST", -6},
		     {"MDT", -6}, {"MST", -7}, {"PDT", -7}, {"PST", -8}};
	int hhmm;
	*out = 0;
	if (*s == '+' || *s == '-') {
		int sign = *s == '-' ? -1 : 1;
		s++;
		if (number(&s, &hhmm) != 4 || *s != '\0' || hhmm % 100 >= 60)
			return false;
		*out = sign * (hhmm / 100 * 3600 + hhmm % 100 * 60);
		return true;
	}
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (ascii_ieq(s, known[i].name))
			*out = 3600 * known[i].hours;
	return true;
}

static bool is_real(int y, int mon, int day)
{
	int year;
	unsigned m, d;
	if (y < 1970 || day < 1 || day > 31)
		return false;
	day_to_civil(day_from_civil(y, (unsigned)mon, (unsigned)day), &year, &m, &d);
	return d == (unsigned)day && m == (unsigned)mon;
}

bool mail_date_read(const char *value, size_t n, int64_t *out)
{
	char text[DATE_MAX];
	int day, mon, y, seconds, east;
	if (!plain(value, n, text))
		return false;
	const char *s = blanks(text);
	const char *comma = strchr(s, ',');
	if (comma)
		s = blanks(comma + 1);
	if (!number(&s, &day))
		return false;
	s = blanks(s);
	if (!month(&s, &mon))
		return false;
	s = blanks(s);
	size_t digits = number(&s, &y);
	if (digits == 0)
		return false;
	if (digits < 4)
		y += digits == 3 || y >= 50 ? 1900 : 2000;
	s = blanks(s);
	if (!time_of_day(&s, &seconds) || !zone(blanks(s), &east) || !is_real(y, mon, day))
		return false;
	*out = (int64_t)day_from_civil(y, (unsigned)mon, (unsigned)day) * 86400 + seconds - east;
	return true;
}
