/*
 * mending.h - private to this wing: a record while it is mended.
 *
 *	mend.c         what makes it an error, lets everybody in, or leads back to itself
 *	mend_idle.c    what is no error, and costs something
 */
#ifndef REPORT_REMEDY_MENDING_H
#define REPORT_REMEDY_MENDING_H

#include "report/remedy/plan.h"

/* One more thing that is wrong, and how heavy it is; or one that was done about it. */
void mending_fault(struct plan *p, enum fault_weight weight, const char *text);
void mending_add(struct plan *p, const char **to, const char *text);

/* Do name servers not answer that the record needs? */
bool mending_is_silent(const struct spf_record *r);

void mend_idle(struct plan *p);
/* The name of the domain is an alias of somebody else's. */
void tell_alias(struct plan *p);

#endif
