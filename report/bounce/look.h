/*
 * look.h - private to this wing: what DNS says of the records of a refused message.
 */
#ifndef REPORT_BOUNCE_LOOK_H
#define REPORT_BOUNCE_LOOK_H

#include "dns/dmarc.h"
#include "report/bounce/priv.h"

/* Is the name in the hands of whoever owns the domain that the message was sent as? */
bool look_in_domain(const struct explainer *e, const char *name);
bool look_same_org(const struct explainer *e, const char *a, const char *b);
const char *look_ip(const struct explainer *e);

/* The result for the address is in out->dns; -1: not known. tell: as a line of its own, too. */
void look_spf(struct explainer *e, bool tell);

/* The policy of the From domain; false: not known. */
bool look_dmarc(struct explainer *e, struct dmarc_answer *d);

/* Keys of the message's own signatures, as lines. */
void look_keys(struct explainer *e);

/* What passed, and for whom: "SPF passes for bounce.crm.example, DKIM d=crm.example"; "". */
const char *look_passed(const struct explainer *e);

#endif
