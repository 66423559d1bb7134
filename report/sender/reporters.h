/*
 * reporters.h - which reporters are known. Pure.
 *
 * The name of a reporter is free: whoever can mail to the rua address may call himself anything, as
 * often as he likes. Known are the large receivers (a table), and who has reported the domain for
 * KNOWN_DAYS and agrees with the others in nine of ten rows that both saw.
 */
#ifndef REPORT_SENDER_REPORTERS_H
#define REPORT_SENDER_REPORTERS_H

#include "core/arena.h"
#include "core/facts.h"

#define KNOWN_DAYS  30 /* from the first report to the last */
#define KNOWN_AGREE 90 /* per cent of the comparable rows: an address in a month */
#define KNOWN_ROWS  5  /* so many are needed to compare */

/* Is it a large receiver, by the name under which it reports? */
bool reporter_is_large(const char *org_name);

/*
 * Of the reporters of several windows of one domain: out[w][i] says of sets[w]->reporters[i]. The
 * arrays live in a.
 */
enum reporter_rank { REPORTER_UNKNOWN, REPORTER_KNOWN, REPORTER_LARGE };

void reporters_rank(const struct domain_facts *const *sets, size_t n, struct arena *a,
		    enum reporter_rank **out);

#endif
