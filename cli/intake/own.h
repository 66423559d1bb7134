/*
 * own.h - which domains are ours, as reading reports wants to know it.
 */
#ifndef CLI_COMMAND_OWN_H
#define CLI_COMMAND_OWN_H

#include "cli/app/app.h"
#include "core/arena.h"

struct own {
	const struct name_rules *rules;
	const char *const *domains; /* as configured; n 0: nothing is said about that */
	size_t n;
	bool several; /* the database had reports about several before */
	struct arena a;
};

/* After app_open(). Exit code; complains itself. own_close() also after a failure. */
int own_open(struct app *app, struct own *own);
void own_close(struct own *own);

/* After a run that met several organisational domains for the first time, where nothing is
 * configured: the line that would say whose they are, on standard output behind the summary.
 * quiet: where that is not for people, and only -v shows it. */
void own_propose(struct app *app, const struct own *own, bool quiet);

#endif
