/*
 * group.h - domains that belong together, as a section of the configuration says:
 *
 *	group "customers" {
 *		domains = {"example.com", "example.net"}
 *		owner = "mail team"
 *	}
 *
 * A domain may be in several groups. Names are kept as they stand; cli/app/domains.h puts them into
 * normal form.
 */
#ifndef CLI_CONFIG_GROUP_H
#define CLI_CONFIG_GROUP_H

struct config_group { /* all owned */
	char *name;
	char **domains; /* at least one */
	unsigned n_domains;
	char *owner; /* or NULL */
};

// clang-format off
#define CONFIG_GROUP_KEYS \
	CFG_STR_LIST("domains", NULL, CFGF_NONE), \
	CFG_STR("owner", NULL, CFGF_NONE)
// clang-format on

struct cfg_t;

/* Of the keys "domains" and "group": call once. */
void config_group_validate(struct cfg_t *cfg);
void config_group_read(struct cfg_t *section, struct config_group *out);
void config_group_free(struct config_group *g);

/* A list of strings, owned; *n of them. */
char **config_list(struct cfg_t *cfg, const char *key, unsigned *n);
void config_list_free(char **list, unsigned n);

#endif
