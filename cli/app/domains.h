/*
 * domains.h - which domains a command is about: DOMAIN..., and --group G of the configuration.
 *
 *	struct domain_choice choice = {0};
 *	case OPT_GROUP:
 *		return domains_group(app, &choice, optarg);
 *	...
 *	rc = domains_choose(app, rules, &choice, argv + optind, argc - optind, &arena);
 *
 * choice.names is then in normal form, each once, in the order given.
 */
#ifndef CLI_APP_DOMAINS_H
#define CLI_APP_DOMAINS_H

#include "cli/app/app.h"
#include "core/arena.h"

#define GROUPS_MAX 64 /* --group on one command line */

struct domain_choice {
	const struct config_group *groups[GROUPS_MAX];
	unsigned n_groups;
	const char *const *names;
	size_t n;
};

/* One --group. EXIT_OK, or EXIT_USAGE; complains itself, with the nearest name. */
int domains_group(const struct app *app, struct domain_choice *choice, const char *name);

/* The DOMAIN arguments and those of the groups; n 0: none were given. Exit code; complains itself.
 */
int domains_choose(const struct app *app, const struct name_rules *rules,
		   struct domain_choice *choice, char **argv, int argc, struct arena *a);

/* Those that the configuration says are ours, in normal form; *n 0: it says nothing. Exit code;
 * complains itself. */
int domains_own(const struct app *app, const struct name_rules *rules, struct arena *a,
		const char *const **domains, size_t *n);

#endif
