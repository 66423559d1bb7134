/*
 * receiver.h - private to this wing: by which name a receiver signs its reports.
 */
#ifndef REPORT_BOUNCE_RECEIVER_H
#define REPORT_BOUNCE_RECEIVER_H

#include "core/domain.h"

/* "google.com" of "gmail-smtp-in.l.google.com"; the organisational domain where no table knows
 * better; NULL for NULL. provider: as a rule names it, or "". */
const char *receiver_org(const struct name_rules *rules, const char *host, const char *provider);

/* As people call it: "Google"; org itself where no table knows better. */
const char *receiver_name(const char *org);

/* Is org_name of a report one of the names of that receiver? */
bool receiver_is(const char *org, const char *org_name);

#endif
