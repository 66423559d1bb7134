/*
 * lead.h - private to this wing: names of ours that a question names. Pure.
 */
#ifndef REPORT_REMEDY_LEAD_H
#define REPORT_REMEDY_LEAD_H

#include "report/sender/finding.h"
#include "report/sender/zone.h"

/* A name of ours that leads to the sender. */
struct lead {
	const char *name;   /* NULL: there is none */
	const char *target; /* the alias, or the address */
	bool exchanger;     /* our MX, under whatever name */
	bool alias;         /* by way of an alias into a zone that is not ours: no tie */
};
struct lead leads_to(const struct zone *z, const struct sender *s);

/* What a yes would need where it signs as us in vain; "": it does not sign. */
const char *key_advice(const struct zone *z, const struct sender *s);

#endif
