/*
 * day.h - civil dates in UTC, without the C library's time zone.
 *
 * A day is the number of days since 1970-01-01 (int32_t); a month is year * 12 + (month - 1).
 */
#ifndef CORE_DAY_H
#define CORE_DAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

int32_t day_from_civil(int year, unsigned month, unsigned day); /* month, day from 1 */
void day_to_civil(int32_t day, int *year, unsigned *month, unsigned *mday);

int32_t day_from_unix(int64_t seconds);
int32_t month_of_day(int32_t day);
int32_t month_first_day(int32_t month);

bool day_parse(const char *s, int32_t *day);     /* YYYY-MM-DD, a real date */
bool month_parse(const char *s, int32_t *month); /* YYYY-MM */

#define DAY_STRLEN 16
const char *day_format(int32_t day, char out[DAY_STRLEN]);     /* YYYY-MM-DD */
const char *month_format(int32_t month, char out[DAY_STRLEN]); /* YYYY-MM */

/* RFC 3339 date-time, or a date alone (00:00:00Z), to Unix seconds; fractions are dropped. */
bool rfc3339_parse(const char *s, size_t n, int64_t *seconds);

#endif
