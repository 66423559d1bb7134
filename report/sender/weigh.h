/*
 * weigh.h - facts by the word of those who may be believed. Pure.
 *
 *	facts as stored -> [weigh] -> facts that are judged, and what was left out
 *
 * Any number of reporters that nobody knows counts as one; and as none where two known ones report
 * the domain: what only they say is left out of everything that is judged (it stays in the totals,
 * and is told apart). So is what a reporter that is known, but not large, says alone, where the
 * large ones would have seen it. And so is what came by a mail that proves nothing, in the name of
 * an organisation whose reports usually are proved (domain_facts.require says of whom that is
 * wanted). An IPv4 address behind NAT64 (64:ff9b::/96, RFC 6052) is read as
 * the IPv4 address that it is.
 */
#ifndef REPORT_SENDER_WEIGH_H
#define REPORT_SENDER_WEIGH_H

#include "core/arena.h"
#include "core/facts.h"

struct weighed {
	struct domain_facts
	    facts; /* messages, dmarc_pass, days, reporters, policies: of those kept */
	struct domain_facts rest; /* what was left out; the same profiles and reporters */
	uint64_t unproved;        /* messages of that: of reports that are not proved, in the name
				   * of those whose reports usually are */
};

/* sets: windows of one domain, which judge their reporters together; out[i] is of sets[i]. Lives in
 * a, and borrows. */
void weigh_facts(const struct domain_facts *const *sets, size_t n, struct arena *a,
		 struct weighed *out);

/* The same of n_domains times n_windows facts, each domain by itself. out: as many; facts: of the
 * first n_first windows of each domain what is judged, for who asks DNS ahead (ahead.h). */
void weigh_domains(const struct domain_facts *windows, size_t n_domains, size_t n_windows,
		   size_t n_first, struct arena *a, struct weighed **out,
		   struct domain_facts **facts);

#endif
