/*
 * one_record.h - one new record for a name, whichever domains it was proposed for. Pure.
 *
 * Domains of one report may share an envelope-sender domain: mail as shop.example.com with a MAIL
 * FROM in example.com. Each is judged by itself; whoever published two new records of one name,
 * one after the other, would undo the first.
 */
#ifndef REPORT_ONE_RECORD_H
#define REPORT_ONE_RECORD_H

#include "report/inventory.h"

/* Of different new records of a name the one stays that is shown for the domain nearest above the
 * name; the others are withdrawn, and what they would add is said in words. Texts live in a. */
void one_record(struct domain_inventory *domains, size_t n, struct arena *a);

#endif
