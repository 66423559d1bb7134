/*
 * label_target.h - which sender a person means: DOMAIN and SENDER of `ruascope label`. Private to
 * command/.
 *
 * SENDER is a name as reports print it, a key, or a network. Names and keys are looked up among the
 * senders of the domain's last 13 months with reports, as an inventory would make them of what DNS
 * said in earlier runs (report/roster.h); nothing is asked. A label that is there needs no look.
 */
#ifndef CLI_COMMAND_LABEL_TARGET_H
#define CLI_COMMAND_LABEL_TARGET_H

#include "cli/app/app.h"
#include "core/arena.h"
#include "core/label.h"

struct label_target {
	char domain[DOMAIN_SIZE], sender[LABEL_SENDER]; /* in normal form, as a label stores them */
	const char *given;                              /* SENDER as it was typed */
	struct ip network;                              /* family 0: a key */
	unsigned bits;
	const char *holds; /* of a network: "192.0.2.0/28 holds: ..."; NULL: nobody's mail */
	struct arena a;    /* to be freed */
};

/* Normal form, before any database is asked: EXIT_OK or EXIT_USAGE. A network that is too wide is
 * refused unless force. */
int target_read(struct app *app, const char *domain, const char *sender, bool force,
		struct label_target *t);

/* After app_open(): the sender that is meant. force: what nobody saw, and what swallows others, is
 * taken as it stands. verdict: what is to be said. Exit code; complains itself. */
int target_find(struct app *app, struct label_target *t, enum label_verdict verdict, bool force);

/* After app_open(): of the labels that are there; *found false: none, which a warning says. */
int target_labelled(struct app *app, struct label_target *t, bool *found);

#endif
