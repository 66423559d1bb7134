/*
 * published.h - private to this wing: faults of what is published beside the SPF records. Pure.
 */
#ifndef REPORT_REMEDY_PUBLISHED_H
#define REPORT_REMEDY_PUBLISHED_H

#include "report/remedy/priv.h"

#define PUBLISHED_FAULTS_MAX 96 /* keys, addresses of reports, names, and a few */

/* A place for one more; NULL: there are as many as are told. */
struct fault *fault_add(struct remedies *out);

/* The DMARC record, and the consent of those that its reports go to. Sets out->silent. true:
 * the domain does not exist, which is the only fault. */
bool dmarc_faults(const struct remedier *r, struct remedies *out);

/* Keys in use that are missing, revoked, no keys, too short, or others than those that sign; those
 * whose sender is told of them anyway are left out. */
void key_faults(const struct remedier *r, struct remedies *out);

/* parked.c. It has an MX and no SPF record, nothing ever passed as it, and nobody is asked about:
 * then it can say that it sends nothing. One fault at most; when all senders have their remedies.
 */
bool silent_fault(const struct remedier *r, struct remedies *out);

#endif
