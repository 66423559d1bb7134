#include "core/day.h"

#include <stdio.h>
#include <string.h>

/* Days in the proleptic Gregorian calendar, counted in 400-year eras from 0000-03-01: leap days
 * fall at the end of such a year. */
int32_t day_from_civil(int year, unsigned month, unsigned day)
{
	year -= month <= 2;
	int era = (year >= 0 ? year : year - 399) / 400;
	unsigned yoe = (unsigned)(year - era * 400);
	unsigned doy = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
	unsigned doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
	return era * 146097 + (int32_t)doe - 719468;
}

void day_to_civil(int32_t day, int *year, unsigned *month, unsigned *mday)
{
	int32_t z = day + 719468;
	int32_t era = (z >= 0 ? z : z - 146096) / 146097;
	unsigned doe = (unsigned)(z - era * 146097);
	unsigned yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	unsigned doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	unsigned mp = (5 * doy + 2) / 153;
	*mday = doy - (153 * mp + 2) / 5 + 1;
	*month = mp < 10 ? mp + 3 : mp - 9;
	*year = (int)yoe + era * 400 + (*month <= 2);
}

int32_t day_from_unix(int64_t seconds)
{
	return (int32_t)((seconds >= 0 ? seconds : seconds - 86399) / 86400);
}

int32_t month_of_day(int32_t day)
{
	int year;
	unsigned month, mday;
	day_to_civil(day, &year, &month, &mday);
	return year * 12 + (int32_t)month - 1;
}

int32_t month_first_day(int32_t month)
{
	return day_from_civil(month / 12, (unsigned)(month % 12) + 1, 1);
}

/* n digits at s; -1 when one of them is none. */
static int digits(const char *s, int n)
{
	int v = 0;
	for (int i = 0; i < n; i++) {
		if (s[i] < '0' || s[i] > '9')
			return -1;
		v = v * 10 + (s[i] - '0');
	}
	return v;
}

/* YYYY-MM-DD at s (at least 10 bytes). */
static bool parse_date(const char *s, int32_t *day)
{
	int y = digits(s, 4), m = digits(s + 5, 2), d = digits(s + 8, 2);
	if (y < 1 || m < 1 || m > 12 || d < 1 || d > 31 || s[4] != '-' || s[7] != '-')
		return false;
	*day = day_from_civil(y, (unsigned)m, (unsigned)d);
	int year;
	unsigned month, mday;
	day_to_civil(*day, &year, &month, &mday);
	return month == (unsigned)m && mday == (unsigned)d; /* no 30th of February */
}

bool day_parse(const char *s, int32_t *day)
{
	return strlen(s) == 10 && parse_date(s, day);
}

bool month_parse(const char *s, int32_t *month)
{
	if (strlen(s) != 7 || s[4] != '-')
		return false;
	int y = digits(s, 4), m = digits(s + 5, 2);
	if (y < 1 || m < 1 || m > 12)
		return false;
	*month = y * 12 + m - 1;
	return true;
}

const char *day_format(int32_t day, char out[DAY_STRLEN])
{
	int year;
	unsigned month, mday;
	day_to_civil(day, &year, &month, &mday);
	snprintf(out, DAY_STRLEN, "%04d-%02u-%02u", year % 100000, month % 100, mday % 100);
	return out;
}

const char *month_format(int32_t month, char out[DAY_STRLEN])
{
	snprintf(out, DAY_STRLEN, "%04d-%02d", (month / 12) % 100000, month % 12 + 1);
	return out;
}

/* Offset at s[0..n): "Z" or "+hh:mm". */
static bool parse_offset(const char *s, size_t n, int64_t *seconds)
{
	if (n == 1 && (s[0] == 'Z' || s[0] == 'z')) {
		*seconds = 0;
		return true;
	}
	if (n != 6 || (s[0] != '+' && s[0] != '-') || s[3] != ':')
		return false;
	int h = digits(s + 1, 2), m = digits(s + 4, 2);
	if (h < 0 || h > 23 || m < 0 || m > 59)
		return false;
	*seconds = (s[0] == '-' ? -1 : 1) * (h * 3600 + m * 60);
	return true;
}

bool rfc3339_parse(const char *s, size_t n, int64_t *seconds)
{
	int32_t day;
	if (n < 10 || !parse_date(s, &day))
		return false;
	*seconds = (int64_t)day * 86400;
	if (n == 10)
		return true;
	if (n < 20 || (s[10] != 'T' && s[10] != 't' && s[10] != ' ') || s[13] != ':' ||
	    s[16] != ':')
		return false;
	int h = digits(s + 11, 2), m = digits(s + 14, 2), sec = digits(s + 17, 2);
	if (h < 0 || h > 23 || m < 0 || m > 59 || sec < 0 || sec > 60)
		return false;
	size_t at = 19;
	if (s[at] == '.') {
		size_t start = ++at;
		while (at < n && s[at] >= '0' && s[at] <= '9')
			at++;
		if (at == start)
			return false;
	}
	int64_t offset;
	if (!parse_offset(s + at, n - at, &offset))
		return false;
	*seconds += h * 3600 + m * 60 + sec - offset;
	return true;
}
