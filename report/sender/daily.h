/*
 * daily.h - on which days how much was sent. Pure.
 */
#ifndef REPORT_SENDER_DAILY_H
#define REPORT_SENDER_DAILY_H

#include <stddef.h>

#include "core/facts.h"

/* Add the messages of a fact to by_day[0..n), [0] being first (core/day.h). What a witness saw on
 * several days is spread evenly over them. Days outside are passed over. */
void daily_add(const struct fact *f, int32_t first, double *by_day, size_t n);

#endif
