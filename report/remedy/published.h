/*
 * published.h - private to this wing: what is wrong with the DMARC record of the domain. Pure.
 */
#ifndef REPORT_REMEDY_PUBLISHED_H
#define REPORT_REMEDY_PUBLISHED_H

#include "report/remedy/priv.h"

/* Several records, one that receivers cannot use, addresses in rua that get no reports for want of
 * a record at <domain>._report._dmarc (RFC 9990 section 4). Appends to out, which has room for
 * PUBLISHED_FAULTS_MAX more. */
#define PUBLISHED_FAULTS_MAX (DMARC_RUA_MAX + 2)
void published_faults(const struct remedier *r, struct remedies *out);

#endif
