/*
 * tie.h - what a stranger cannot make: proof that an address is ours, or sends for us. Pure.
 *
 * Everything else (that it is steady, that many reporters saw it, that a service sends for
 * customers) is a hint, and any number of hints is no tie. An edit of SPF needs a tie of TIE_EDIT
 * for each address that it is for (remedy/gate.h). A signature ties a message, never an address.
 *
 *	TIE_HOST     a name of ours (A, AAAA) leads here, over no alias into another
 *	             zone; or our MX in our own zone, which also sends mail of ours
 *	             that passes. IPv6: temporary addresses in its /64
 *	TIE_NAME     the forward-confirmed reverse name is ours, no generic one, and
 *	             none that we may have given to others (given.h)
 *	TIE_RECORD   our SPF record authorises it today, and lets in few (scope.h);
 *	             unless it aged
 *	TIE_SERVICE  our zone names the service; the address lies inside what the
 *	             service documents for what our zone names; and the service
 *	             verifies who sends as whom, or is our mail host and signs nearly
 *	             all of it for the account that is called by our domain
 *	TIE_PERSON   a person approved it
 */
#ifndef REPORT_SENDER_TIE_H
#define REPORT_SENDER_TIE_H

#include "report/sender/finding.h"
#include "report/sender/given.h"
#include "report/sender/scope.h"

enum tie {
	TIE_HOST = 1 << 0,
	TIE_NAME = 1 << 1,
	TIE_RECORD = 1 << 2,
	TIE_SERVICE = 1 << 3,
	TIE_PERSON = 1 << 4,
};
#define TIE_EDIT (TIE_HOST | TIE_NAME | TIE_SERVICE | TIE_PERSON)

struct ties {
	const struct domain_facts *facts;   /* that the senders asked about were made of */
	const struct domain_facts *earlier; /* of the period before; NULL: none */
	const struct zone *zone;
	const struct given *given; /* names of ours that may be those of others' machines */
	struct scope *scopes;      /* of each of zone->mailfrom */
	const char ***terms; /* by service: SPF terms that go with what our zone names; NULL: not
				looked at */
	struct spf_tree **trees; /* of those terms, in step */
};

/* zone: answered for. Lives in its arena. */
void ties_init(struct ties *t, const struct zone *zone);

/* Before ties_of(): the period that the senders were made of, and the one before; NULL: none. given
 * is borrowed until then. */
void ties_look_at(struct ties *t, const struct domain_facts *facts,
		  const struct domain_facts *earlier, const struct given *given);

/* Set ties, aged and pool of each source of the sender, whose label is known. */
void ties_of(struct ties *t, struct sender *s);

/* The SPF terms ("include:_spf.google.com") that the service documents for what our zone names of
 * it, ended by NULL; none: it names nothing, or nothing is documented. */
const char *const *ties_service_terms(struct ties *t, const struct service *s);

/* The first of these terms that authorises the address; NULL: none does. */
const char *ties_term_of(struct ties *t, const struct service *s, const struct ip *ip);

#endif
