/*
 * remedy.h - the exact edit of a record that helps a sender, proven before it is shown. Pure.
 *
 *	senders, classified -> [remedy] -> senders with remedies
 *
 * A proposed SPF record is evaluated in place of the one that stands (RFC 7208, dns/spf/spf.h): it
 * must authorise the sender, stay inside the limits, and authorise nobody else who was seen and is
 * not proven ours. What fails that is not shown; the next, narrower one is tried; when none is
 * left, the remedy says in words what stands in the way, without an edit.
 *
 * Order of trying: the service's include, when it resolves, holds every address and costs no limit;
 * then the addresses themselves, whole networks only where every address of them was seen.
 *
 * The wing remedy/: what to do about a sender. In: senders with a category. Out: the same with
 * remedies, each proven. It may include sender/ and catalogue/.
 */
#ifndef REPORT_REMEDY_REMEDY_H
#define REPORT_REMEDY_REMEDY_H

#include "report/sender/finding.h"
#include "report/sender/zone.h"

/* Complete the remedies of all senders of one domain. zone: answered for. */
void remedy_senders(const struct domain_facts *facts, const struct zone *zone,
		    struct sender *senders, size_t n);

#endif
