/*
 * series.h - a reverse name in our domain that does not lead back: a server of ours whose A record
 * was forgotten, or a stranger who calls himself so? Pure.
 *
 * Anybody can write what he likes into the reverse DNS of his addresses, and would choose the next
 * of a series of ours. It speaks for us where the address stands in a network of our servers;
 * elsewhere it speaks for a forgery.
 */
#ifndef REPORT_SENDER_SERIES_H
#define REPORT_SENDER_SERIES_H

#include "report/sender/zone.h"

struct series {
	const struct zone *zone;
	struct map networks; /* in which our servers stand: /24, /64 */
	bool others;         /* customers have names in our domain: then nothing fits */
};

/* zone: NULL without DNS. Ended by series_end(). */
void series_init(struct series *x, const struct domain_facts *facts, const struct zone *zone);
void series_end(struct series *x);

/* Does the name that the address claims, and has not, fit in? */
bool series_fits(const struct series *x, const struct ip *ip);

#endif
