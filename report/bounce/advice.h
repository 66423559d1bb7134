/*
 * advice.h - private to this wing: what to do about refusals that no record of ours is about.
 *
 * Rules name a piece of advice by its key. "auth" and "relay" have no text: their evidence is
 * looked at first (auth.h, relay.h).
 */
#ifndef REPORT_BOUNCE_ADVICE_H
#define REPORT_BOUNCE_ADVICE_H

#include <stdbool.h>

#include "report/bounce/class.h"

bool bounce_advice_known(const char *key);

/* Sentences. key "": what is usual for the class. */
const char *bounce_advice_text(const char *key, enum bounce_class c);

#endif
