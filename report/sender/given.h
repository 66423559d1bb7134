/*
 * given.h - names in our domain that we give to machines of others. Pure.
 *
 * Who connects people, lets machines or teaches has customers, students and visitors whose machines
 * carry forward-confirmed names in his domain. There such a name proves nothing, and it is decided
 * machine by machine: it is ours where something of ours passes from it, where a name or record of
 * our zone leads to it, or where it stands beside machines of which that holds. What stands apart,
 * in another part of the same operator's network, or under a deeper name, or one of several that
 * stand apart, is asked about.
 */
#ifndef REPORT_SENDER_GIVEN_H
#define REPORT_SENDER_GIVEN_H

#include "core/facts.h"
#include "report/sender/zone.h"

struct given {
	const struct zone *zone; /* NULL without DNS: then nothing is given */
	const struct domain_facts *facts;
	struct map beside; /* /24 and /48 in which mail of ours passes, or our hosts stand */
	struct map blocks; /* /16 and /32 of our own machines */
	unsigned labels;   /* the most that a name of ours has in front of the domain */
	bool all; /* machines of others were seen: a name alone ties none that is not proven */
};

/* zone and facts are borrowed; the maps live until given_end(). */
void given_init(struct given *x, const struct domain_facts *facts, const struct zone *zone);
void given_end(struct given *x);

/* Has the address a confirmed name in our domain that may be somebody else's machine? */
bool given_has(const struct given *x, const struct ip *ip);

#endif
