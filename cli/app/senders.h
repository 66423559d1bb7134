/*
 * senders.h - what inventory and report share: facts of the domains, asked about in DNS until
 * nothing is open, as an inventory.
 */
#ifndef CLI_APP_SENDERS_H
#define CLI_APP_SENDERS_H

#include "cli/app/app.h"
#include "report/inventory.h"

/* The period, the one before, and all months before that (13 in all). */
#define SENDERS_WINDOWS 3

struct senders_request {
	struct period_options period;
	struct inventory_options options;
	const char *const *domains; /* normalised, each once; n 0: all with reports */
	size_t n_domains;
	bool quiet; /* not a word where there are no reports, or answers of DNS are old */
};

struct senders {
	struct inventory inventory;
	const struct name_rules *rules;
	struct catalogue *catalogue;
	struct origins *origins;      /* NULL: none */
	struct resolver *resolver;    /* NULL: no DNS */
	struct domain_facts *windows; /* SENDERS_WINDOWS of each domain */
	struct arena facts, round;
};

/* Exit code; complains itself. out is to be closed whatever it is. */
int senders_collect(struct app *app, struct senders_request *request, struct senders *out);
void senders_close(struct senders *s);

#endif
