/*
 * tenant.h - whose account at a service that signs for each customer by a name below its own. Pure.
 *
 * Whoever rents an account at Microsoft 365 or Google Workspace sends from the addresses that our
 * record lets pass, and the service adds its signature for that customer
 * (d=customer.onmicrosoft.com) where the domain in From is none that the customer's account signs
 * as. An account that signs as us signs all its mail so: what another tenant signs on the same
 * days, and none is that our DKIM names lead into, is a stranger's that passes by our record, or a
 * second one of ours. So it is beside an account that is called as we are, and signs as itself.
 *
 * At a service that verifies nobody, and at a small host, his mail has no signature at all, or his
 * own. Where ours from there was signed, all of it, and goes on so, what begins to pass beside it
 * by SPF alone is a neighbour's, or a program's of ours that does not sign.
 */
#ifndef REPORT_SENDER_TENANT_H
#define REPORT_SENDER_TENANT_H

#include "report/sender/finding.h"
#include "report/sender/zone.h"

/* By profile: the stranger's tenant that signs it, and passes for us by SPF alone; NULL: none
 * of that. earlier: of the period before; NULL: none. zone: NULL without DNS, then there is none.
 * Lives in a. */
const char **tenants_find(const struct domain_facts *facts, const struct domain_facts *earlier,
			  const struct zone *zone, struct arena *a);

struct neighbours {
	const struct domain_facts *facts;
	const struct zone *zone;
	const char **pools; /* by fact: "unsigned:POOL" of which it is such mail; NULL: none */
};

/* earlier: of the period before; NULL: none. zone: NULL without DNS, then there are none. Lives in
 * a. */
void neighbours_find(struct neighbours *x, const struct domain_facts *facts,
		     const struct domain_facts *earlier, const struct zone *zone, struct arena *a);

/* The fact is one of those that were given. */
const char *neighbour_of(const struct neighbours *x, const struct fact *f);

#define NEIGHBOUR_KEY "unsigned:"

/*
 * Where nothing of ours at such a service is signed, nobody can tell: what a neighbour sends there
 * with our envelope sender passes like our own, and looks like it. How many messages of the sender
 * pass so; *service: where, *known: the service lets its customers use any envelope sender, and
 * that is documented.
 */
uint64_t tenant_untold(const struct zone *z, const struct sender *s, const char **service,
		       bool *known);

/* The tenant whose signature passes; NULL: none does. */
const char *tenant_of(const struct dmarc_profile *p);

/* Is the tenant called as the organisation is ("example.onmicrosoft.com" of example.com,
 * "example-com.20230601.gappssmtp.com")? */
bool tenant_is_like(const char *tenant, const char *org);

/* Is its name made of this very domain ("example-com.20230601.gappssmtp.com" of example.com)? Who
 * has it proved that domain to the service. */
bool tenant_is_of(const char *tenant, const char *domain);

#endif
