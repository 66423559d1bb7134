/*
 * remedy.h - what to do about each sender of a domain, and about its SPF records. Pure.
 *
 *	senders, classified -> [remedy] -> senders with remedies, faults of the zone
 *
 * Every edit of SPF passes one gate (gate.h), and all edits of one name make one record (plan.h).
 * What may be ours and is not proved to be is a question (question.h). Advice of a vendor is shown
 * for the part that is missing, and no other.
 *
 * The wing remedy/: what to do about a sender. In: senders with a category. Out: the same with
 * remedies, each proven. It may include sender/ and catalogue/.
 */
#ifndef REPORT_REMEDY_REMEDY_H
#define REPORT_REMEDY_REMEDY_H

#include "report/sender/finding.h"
#include "report/sender/tie.h"

/* The heaviest comes first: own mail is lost by it, strangers are let in, or it is less than its
 * owner thinks. */
enum fault_weight { FAULT_WEAK, FAULT_OPEN, FAULT_LOST };

/* Something wrong with a record of ours, whoever sends. */
struct fault {
	const char *id;                     /* "spf:example.com" */
	const char *title;                  /* "SPF record of example.com" */
	const char *text;                   /* what is wrong, and what to do */
	const struct record_change *change; /* NULL: no record repairs it, or none may be shown */
	enum fault_weight weight;
	bool asks;         /* it may be meant so: a question, and change is the other choice */
	const char *about; /* the key of the sender it is about; NULL: of none */
	uint64_t messages; /* that are lost by it; 0: not counted */
};

struct remedies {
	struct fault *faults;
	size_t n_faults, most; /* most: that there is room for */
	bool judged;           /* DNS answered */
	/* "_dmarc.example.com": whether a policy is published could not be asked; NULL: it could */
	const char *silent;
};

/*
 * Complete the remedies of all senders of one domain. periods: the facts that are judged, the
 * newest, which the senders are of, first. ties: answered for.
 */
void remedy_senders(const struct domain_facts *const *periods, size_t n_periods, struct ties *ties,
		    struct sender *senders, size_t n, struct remedies *out);

#endif
