/*
 * pattern.h - days on which many networks did the same: botnets, and mail sent again by others.
 * Pure.
 */
#ifndef REPORT_SENDER_PATTERN_H
#define REPORT_SENDER_PATTERN_H

#include "core/arena.h"
#include "core/facts.h"

#define PATTERN_NETWORKS 20 /* networks (/24, /64) on one day that are no coincidence */

enum pattern_family {
	PATTERN_FAILS,     /* nothing authenticates, or our MAIL FROM is not authorised */
	PATTERN_DKIM_ONLY, /* our signature passes, our SPF does not */
	PATTERN_COUNT
};

struct patterns {
	int32_t first; /* day of [0] */
	size_t n_days;
	unsigned char *days; /* by day: bits of enum pattern_family */
};

/* Lives in a. For PATTERN_DKIM_ONLY a day must also have three times the usual number of networks:
 * forwarding is spread, too, and every day. */
void patterns_find(struct patterns *p, const struct domain_facts *facts, struct arena *a);

/* Does most of the fact's time fall on such days? false for cells of no family. */
bool patterns_match(const struct patterns *p, const struct fact *f, enum dmarc_cell cell,
		    enum pattern_family family);

#endif
