/*
 * silent.h - private to this wing: a domain that receives mail and sends none. Pure.
 */
#ifndef REPORT_REMEDY_SILENT_H
#define REPORT_REMEDY_SILENT_H

#include "report/remedy/priv.h"

/* It has an MX and no SPF record, nothing ever passed as it, and nobody is asked about: then it can
 * say that it sends nothing. Appends one fault at most to out, which has room. Call it when all
 * senders have their remedies. */
bool silent_fault(const struct remedier *r, struct remedies *out);

#endif
