/*
 * grouping.h - private to group.c and key.c: an address while its sender is found.
 *
 *	key.c	    which sender an address belongs to
 *	group.c     addresses of one key into a sender
 */
#ifndef REPORT_SENDER_GROUPING_H
#define REPORT_SENDER_GROUPING_H

#include "report/sender/given.h"
#include "report/sender/group.h"
#include "report/sender/identity.h"
#include "report/sender/tenant.h"

/* An address, or "no address": its rows stand together in the facts. */
struct address {
	const struct fact *first;
	size_t n;
	const char *key;
	const struct service *service;
	const char *tenant; /* a stranger's, whose rows alone these are (tenant.h); NULL */
	const char *guest;  /* the account that is a stranger's; NULL: none */
	uint64_t messages, dmarc_pass;
	const struct tally *t; /* while its key is found */
};

struct grouping {
	const struct domain_facts *facts;
	const struct zone *zone;   /* NULL: from aggregate data alone */
	const struct asked *asked; /* NULL: every address is told */
	struct arena *a;
	const char *last_key; /* neighbours share it */
	struct identities ids;
	uint64_t *votes;               /* by identity; all zero between two addresses */
	const struct service **passes; /* by profile: whose MAIL FROM passes; NULL: nobody's */
	const char **tenants; /* by profile: the stranger's that passes by our record; NULL */
	struct given given;   /* names of ours that may be those of others' machines */
	struct neighbours neighbours;
	uint64_t *with_us; /* by identity: messages that pass for us, too */
};

/* Set key, service, guest and the counts of x, of which first and n are set. */
void address_key(struct grouping *g, struct address *x);

#endif
