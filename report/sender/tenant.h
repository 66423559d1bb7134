/*
 * tenant.h - whose account at a service that signs for each customer by a name below its own. Pure.
 *
 * Whoever rents an account at Microsoft 365 or Google Workspace sends from the addresses that our
 * record lets pass, and the service adds its signature for that customer
 * (d=customer.onmicrosoft.com) where the domain in From is none that the customer's account signs
 * as. An account that signs as us signs all its mail so: what another tenant signs on the same
 * days, is a stranger's that passes by our record.
 */
#ifndef REPORT_SENDER_TENANT_H
#define REPORT_SENDER_TENANT_H

#include "report/sender/zone.h"

/* By profile: the stranger's tenant that signs it, while it passes for us by SPF alone; NULL: none
 * of that. zone: NULL without DNS, then there is none. Lives in a. */
const char **tenants_find(const struct domain_facts *facts, const struct zone *zone,
			  struct arena *a);

/* The tenant whose signature passes; NULL: none does. */
const char *tenant_of(const struct dmarc_profile *p);

/* Is the tenant called as the organisation is ("example.onmicrosoft.com" of example.com)? */
bool tenant_is_like(const char *tenant, const char *org);

#endif
