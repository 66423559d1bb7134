/*
 * reporters.h - which reporters are known. Pure.
 *
 * The name of a reporter is free: whoever can mail to the rua address may call himself anything, as
 * often as he likes. Known are the large receivers (core/receiver.h), who has proved reports of
 * KNOWN_DAYS and does not contradict the others, and who has reported the domain for KNOWN_DAYS and
 * agrees with the others in nine of ten rows that both saw. Reports that prove nothing are no word
 * of an organisation whose reports usually are proved.
 */
#ifndef REPORT_SENDER_REPORTERS_H
#define REPORT_SENDER_REPORTERS_H

#include "core/arena.h"
#include "core/facts.h"

#define KNOWN_DAYS  30 /* from the first report to the last */
#define KNOWN_AGREE 90 /* per cent of the comparable rows: an address in a month */
#define KNOWN_ROWS  5  /* so many are needed to compare */

/*
 * Of the reporters of several windows of one domain: out[w][i] says of sets[w]->reporters[i]. The
 * arrays live in a.
 */
enum reporter_rank { REPORTER_UNKNOWN, REPORTER_KNOWN, REPORTER_LARGE, REPORTER_UNPROVED };

void reporters_rank(const struct domain_facts *const *sets, size_t n, struct arena *a,
		    enum reporter_rank **out);

#endif
