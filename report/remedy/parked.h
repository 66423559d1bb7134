/*
 * parked.h - a domain that sends no mail. Pure.
 */
#ifndef REPORT_REMEDY_PARKED_H
#define REPORT_REMEDY_PARKED_H

#include "report/sender/finding.h"
#include "report/sender/zone.h"

/*
 * No MX (or the null MX), no SPF that allows anybody, and nothing steady in any stored month,
 * whoever it is. One that only sends is not parked: it is asked about. One with an MX is, too,
 * where its owner says so (v=spf1 -all), nothing ever passed, and nobody is asked about. periods:
 * all that is stored, as it is judged, the newest, which the senders are of, first.
 */
bool zone_sends_nothing(const struct zone *z, const struct domain_facts *const *periods,
			size_t n_periods, const struct sender *senders, size_t n);

#endif
