#include "cli/app/domains.h"

#include <string.h>

#include "core/hash.h"
#include "core/limits.h"
#include "core/log.h"
#include "core/text.h"

int domains_group(const struct app *app, struct domain_choice *choice, const char *name)
{
	struct text_nearest near = {.word = name};
	const struct config_group *g = config_group(&app->config, name);
	if (g && choice->n_groups == GROUPS_MAX)
		return usage_error(app, "--group: more than %d of them", GROUPS_MAX);
	if (g) {
		choice->groups[choice->n_groups++] = g;
		return EXIT_OK;
	}
	if (app->config.n_groups == 0)
		return usage_error(app, "--group: no group \"%s\": %s%s", name,
				   app->config.path ? app->config.path
						    : "there is no configuration file",
				   app->config.path ? " has no group sections" : "");
	for (unsigned i = 0; i < app->config.n_groups; i++)
		text_offer(&near, app->config.groups[i].name);
	if (near.found)
		return usage_error(app, "--group: no group \"%s\"; did you mean %s?", name,
				   near.found);
	return usage_error(app, "--group: no group \"%s\" in %s", name, app->config.path);
}

/* Names in normal form, each once. */
struct names {
	const struct name_rules *rules;
	struct arena *a;
	struct map seen;
	const char **list;
	size_t n;
};

static bool add(struct names *names, const char *s)
{
	char name[DOMAIN_SIZE];
	bool fresh;
	if (!domain_normalise(names->rules, s, strlen(s), name))
		return false;
	struct digest key = hash_fixed128(name, strlen(name));
	*map_put(&names->seen, &key, &fresh) = 1;
	if (fresh)
		names->list[names->n++] = arena_strdup(names->a, name);
	return true;
}

static int add_all(const struct app *app, struct names *names, const struct domain_choice *choice,
		   char **argv, int argc)
{
	for (int i = 0; i < argc; i++)
		if (!add(names, argv[i]))
			return usage_error(app, "\"%s\" is not a domain name", argv[i]);
	for (unsigned i = 0; i < choice->n_groups; i++)
		for (unsigned k = 0; k < choice->groups[i]->n_domains; k++) {
			const char *domain = choice->groups[i]->domains[k];
			if (add(names, domain))
				continue;
			log_error("%s: group \"%s\": \"%s\" is not a domain name", app->config.path,
				  choice->groups[i]->name, domain);
			return EXIT_CONFIG;
		}
	return EXIT_OK;
}

int domains_choose(const struct app *app, const struct name_rules *rules,
		   struct domain_choice *choice, char **argv, int argc, struct arena *a)
{
	struct names names = {.rules = rules, .a = a};
	size_t room = (size_t)argc + 1;
	for (unsigned i = 0; i < choice->n_groups; i++)
		room += choice->groups[i]->n_domains;
	names.list = arena_alloc(a, room * sizeof *names.list);
	int rc = add_all(app, &names, choice, argv, argc);
	map_free(&names.seen);
	choice->names = names.list;
	choice->n = names.n;
	return rc;
}

int domains_own(const struct app *app, const struct name_rules *rules, struct arena *a,
		const char *const **domains, size_t *n)
{
	struct names names = {.rules = rules, .a = a};
	names.list = arena_alloc(a, (app->config.n_domains + 1) * sizeof *names.list);
	int rc = EXIT_OK;
	for (unsigned i = 0; rc == EXIT_OK && i < app->config.n_domains; i++)
		if (!add(&names, app->config.domains[i])) {
			log_error("%s: domains: \"%s\" is not a domain name", app->config.path,
				  app->config.domains[i]);
			rc = EXIT_CONFIG;
		}
	map_free(&names.seen);
	*domains = names.list;
	*n = names.n;
	return rc;
}

static void read_list(const struct name_rules *rules, struct arena *a, char *const *domains,
		      unsigned n, struct owner_lists *out)
{
	struct names names = {.rules = rules, .a = a};
	if (n == 0 || n > LIMIT_OWNER_DOMAINS)
		return;
	names.list = arena_alloc(a, n * sizeof *names.list);
	for (unsigned i = 0; i < n; i++)
		add(&names, domains[i]);
	map_free(&names.seen);
	out->list[out->n++] = (struct owner_list){names.list, names.n};
}

void owner_lists_read(const struct app *app, const struct name_rules *rules, struct arena *a,
		      struct owner_lists *out)
{
	const struct config *c = &app->config;
	out->n = 0;
	out->list = arena_alloc(a, (c->n_groups + 1) * sizeof *out->list);
	read_list(rules, a, c->domains, c->n_domains, out);
	for (unsigned i = 0; i < c->n_groups; i++)
		read_list(rules, a, c->groups[i].domains, c->groups[i].n_domains, out);
}

static bool list_holds(const struct owner_list *l, const char *domain)
{
	for (size_t i = 0; i < l->n; i++)
		if (domain_is_below(domain, l->names[i]))
			return true;
	return false;
}

struct owner_list owner_domains(const struct owner_lists *lists, const char *domain,
				struct arena *a)
{
	struct owner_list out = {NULL, 0};
	size_t room = 0;
	for (size_t i = 0; i < lists->n; i++)
		room += list_holds(&lists->list[i], domain) ? lists->list[i].n : 0;
	const char **names = arena_alloc(a, (room + 1) * sizeof *names);
	for (size_t i = 0; i < lists->n; i++) {
		const struct owner_list *l = &lists->list[i];
		for (size_t k = 0; k < l->n && list_holds(l, domain); k++)
			names[out.n++] = l->names[k];
	}
	out.names = names;
	return out;
}
