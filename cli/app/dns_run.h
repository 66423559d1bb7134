/*
 * dns_run.h - a resolver as the options ask for it, with what earlier runs were told.
 */
#ifndef CLI_APP_DNS_RUN_H
#define CLI_APP_DNS_RUN_H

#include "cli/app/app.h"
#include "dns/ask/resolver.h"
#include "report/ahead.h"

/* Open it; with a database, what is there of dns_snapshot is restored. *mode is "live", "snapshot"
 * or, when there is no DNS at all (then *out is NULL, and a warning was given), "none". Exit code.
 */
int dns_run_open(struct app *app, struct resolver **out, const char **mode);

/* Only what earlier runs were told, without a word about it; NULL: there is none. */
struct resolver *dns_run_kept(struct app *app);

/* Ask what was noted; a line of progress on a terminal. false: there was nothing to ask. */
bool dns_run_round(struct resolver *r);

/* Ask what matters most before anything is judged; round is an arena for it. x is as ahead_begin()
 * left it. */
void dns_run_ahead(struct resolver *r, const struct ahead *x, struct arena *round);

/* Keep the answers in the database, and warn of what stayed without one. */
void dns_run_keep(struct app *app, struct resolver *r, const struct ahead *x);

#endif
