/*
 * score.h - what speaks for a sender being ours, a forgery, a forwarder. Pure.
 *
 * Three sums of points, which choose between readings; no sum is a proof (tie.h). Every point is a
 * line of evidence that people see: L_ for legitimate, S_ for spoofed, F_ for forwarded; N_ weighs
 * nothing.
 */
#ifndef REPORT_SENDER_SCORE_H
#define REPORT_SENDER_SCORE_H

#include "report/sender/observe.h"
#include "report/sender/tie.h"

#define RELIABLE 2 /* reporters that must have seen what tips a verdict */

struct score {
	int legit, spoof, forward;
	bool direct; /* SPF passes, aligned, for a share of its mail that no forwarder has */
	bool fault,
	    fault_dkim; /* an authorised address fails because of our record, our signature */
};

/* [0]: from all evidence. [1]: from what reliably many reporters saw. */
struct scores {
	struct score of[2];
	bool let_in; /* SPF passes, of a record that lets in everybody */
};

/* Services by what the domain's other senders prove: messages that pass at each. */
struct siblings {
	const struct service *first; /* of the catalogue */
	uint64_t *passing;           /* by service; NULL without DNS */
};

/* Fills evidence and hinted of s, too. ties: NULL without DNS; those of s are set. */
struct scores score(struct sender *s, const struct observed *o, const struct ties *ties,
		    const struct siblings *siblings);

void evidence(struct sender *s, const char *code, int weight, const char *text);

#endif
