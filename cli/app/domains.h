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

/* Domains that belong to the same owner: those of the configuration ("domains"), and those of each
 * group. A list of more than LIMIT_OWNER_DOMAINS is a provider's, and says nothing of that. */
struct owner_list {
	const char *const *names; /* in normal form */
	size_t n;
};

struct owner_lists {
	struct owner_list *list;
	size_t n;
};

/* What is no name is passed over. Lives in a. */
void owner_lists_read(const struct app *app, const struct name_rules *rules, struct arena *a,
		      struct owner_lists *out);

/* All that share a list with the domain; none: n 0. */
struct owner_list owner_domains(const struct owner_lists *lists, const char *domain,
				struct arena *a);

#endif
