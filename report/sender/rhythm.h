/*
 * rhythm.h - mail that comes back on its day: every week, every month. Pure.
 *
 * A newsletter goes out on one day, payslips on the 28th. That all of it came within three days
 * says nothing where the same came a month ago; and who sends like that from servers with names of
 * one organisation is no botnet.
 */
#ifndef REPORT_SENDER_RHYTHM_H
#define REPORT_SENDER_RHYTHM_H

#include "core/arena.h"
#include "report/sender/finding.h"
#include "report/sender/knowledge.h"

/* The period before, as facts and as senders by key; and what is stored of the months before it. */
struct earlier {
	const struct domain_facts *facts, *past; /* past: NULL, there are none */
	const struct sender *senders;
	size_t n;
};

/*
 * Does it come back, and does one organisation send it: servers with forward-confirmed names of one
 * domain that authenticate as that domain, rented machines all of whose mail passes as one domain,
 * or a service that sends for customers; or up to three machines of one domain that authenticate as
 * us, in vain, or as nobody, on days of their own? Up to three such machines that keep at it on
 * many days, where their names say nothing for five weeks, are patient. reporters: known ones. Sets
 * rhythm, one, returns and patient of s. earlier: NULL, there was none.
 */
void rhythm_find(struct sender *s, const struct earlier *earlier, struct knowledge *known,
		 unsigned reporters);

/* "comes every week, 5 times since 2026-10-01"; what is no rhythm has no text: NULL. */
const char *rhythm_text(const struct rhythm *r, struct arena *a);

#endif
