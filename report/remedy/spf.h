/*
 * spf.h - private to remedy.c: the edit of one SPF record for one sender.
 */
#ifndef REPORT_REMEDY_SPF_H
#define REPORT_REMEDY_SPF_H

#include "report/remedy/remedy.h"

/* All that a proposal is weighed against. */
struct spf_case {
	const struct domain_facts *facts;
	const struct zone *zone;
	const struct sender *senders; /* of the domain */
	size_t n_senders;
	const struct sender *s;
	const struct zone_mailfrom *from; /* whose record it is */
	struct ip *addresses;             /* that must pass */
	size_t n_addresses;
};

/* Authorise the addresses: REMEDY_SPF_ADD, or REMEDY_SPF_PUBLISH where there is no record. */
struct remedy remedy_spf_add(const struct spf_case *c);

/* Make the record one that evaluates. */
struct remedy remedy_spf_repair(const struct spf_case *c);

#endif
