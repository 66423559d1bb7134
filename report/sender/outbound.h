/*
 * outbound.h - the machines by which our own mail leaves: a filter, a signature service, a smart
 * host. Pure.
 *
 * From reports such a machine looks like a forwarder: our envelope sender, and signatures of ours
 * that arrive broken. But who forwards has a part of what we sent, and what we send directly goes
 * on beside it. Who has several times as much, or from whose first day on our direct mail is gone,
 * or whom our zone names as the filter of our mail, is our own way out.
 */
#ifndef REPORT_SENDER_OUTBOUND_H
#define REPORT_SENDER_OUTBOUND_H

#include "report/sender/observe.h"
#include "report/sender/tie.h"

struct outbound {
	const struct domain_facts *facts, *earlier; /* earlier: NULL, none */
	struct ties *ties;
	double *direct; /* messages that pass, from the day `first` on */
	int32_t first;
	size_t n;        /* days */
	size_t reported; /* until the last one with a report */
	/* Machines of ours, and what each sent by day: own_days[i * n + day]. None where there are
	 * more than are looked at. */
	const struct ip *own;
	double *own_days, *theirs; /* theirs: room for a sender's days */
	size_t n_own;
};

/* ties: NULL without DNS; then nothing is found. Lives in a. */
void outbound_init(struct outbound *x, const struct domain_facts *facts,
		   const struct domain_facts *earlier, struct ties *ties, struct arena *a);

enum outbound_kind {
	OUTBOUND_NONE,
	OUTBOUND_NAMED,     /* our zone names the service as the filter of our mail */
	OUTBOUND_MOST,      /* it has several times the mail that goes directly on its days */
	OUTBOUND_REPLACES,  /* it began on the day when our direct mail fell */
	OUTBOUND_STANDS_IN, /* it sends when, and what, a machine of ours does not: a second line, a
			       machine that moved */
	OUTBOUND_EXCESS, /* several times what we send, which goes on: no way out, no forwarder */
};

/* Is the sender's mail, which fails with our envelope sender, on our own way out? Sets
 * s->way_out. Without a signature of ours in it only OUTBOUND_REPLACES and OUTBOUND_STANDS_IN are
 * said: anybody can send much with our envelope sender, but none of them makes our direct mail
 * stop. a: for the text. */
enum outbound_kind outbound_find(const struct outbound *x, struct sender *s,
				 const struct observed *o, struct arena *a);

#endif
