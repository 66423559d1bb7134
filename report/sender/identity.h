/*
 * identity.h - who, other than the domain itself, a profile proves to have sent. Pure.
 *
 * Only what passed proves anything: a DKIM signature or a MAIL FROM of a foreign organisational
 * domain. A signature is the better name (a service signs as itself and bounces through its own
 * provider), but it travels with the mail: a forwarder hands on the signatures of others. So a
 * signature names a row only when it usually comes with the MAIL FROM of this row; else the MAIL
 * FROM does, which cannot travel.
 */
#ifndef REPORT_SENDER_IDENTITY_H
#define REPORT_SENDER_IDENTITY_H

#include "core/arena.h"
#include "core/domain.h"
#include "core/facts.h"

struct identities {
	const char **keys;    /* "dkim:vendor.example", "mailfrom:vendor.example"; [0] is NULL */
	uint32_t *of_profile; /* by profile: index into keys; 0: no foreign identity is proven */
	size_t n;
};

/* Lives in a; facts and rules are borrowed for the call. */
struct identities identities_find(const struct domain_facts *facts, const struct name_rules *rules,
				  struct arena *a);

#endif
