/*
 * parked.h - a domain that sends no mail. Pure.
 */
#ifndef REPORT_REMEDY_PARKED_H
#define REPORT_REMEDY_PARKED_H

#include "report/sender/finding.h"
#include "report/sender/zone.h"

/* No MX (or the null MX), no SPF that allows anybody, and nothing steady in what is stored, whoever
 * it is. One that only sends is not parked: it is asked about. */
bool zone_sends_nothing(const struct zone *z, const struct sender *senders, size_t n);

#endif
