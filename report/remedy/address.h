/*
 * address.h - the record that one address would need, "if this server is yours". Pure.
 *
 * For an address that is known from elsewhere than reports: whoever quotes it proves nothing, so
 * there is no other than this. It passes the same gate as every edit (gate.h).
 */
#ifndef REPORT_REMEDY_ADDRESS_H
#define REPORT_REMEDY_ADDRESS_H

#include "report/remedy/remedy.h"

struct address_need {
	struct ties *ties;                         /* of the zone; answered */
	const struct domain_facts *const *periods; /* as they are judged, the newest first */
	size_t n_periods;
	const struct sender *senders;
	size_t n_senders;
	const char *mailfrom; /* whose record; of ours */
	struct ip ip;
};

/* NULL: none may be shown; *why says what stands in the way. */
const struct record_change *remedy_address(const struct address_need *need, const char **why);

#endif
