#include "cli/config/group.h"

#include <confuse.h>
#include <stdlib.h>
#include <string.h>

#include "core/domain.h"
#include "core/label.h"
#include "core/mem.h"

/* What is not ASCII is put into A-labels later, by who has the rules for that. */
static bool may_be_domain(const char *s)
{
	char out[DOMAIN_SIZE];
	for (const char *p = s; *p; p++)
		if ((unsigned char)*p >= 0x80)
			return true;
	return domain_normalise(NULL, s, strlen(s), out);
}

static int check_domain(cfg_t *cfg, cfg_opt_t *opt)
{
	const char *s = cfg_opt_getnstr(opt, cfg_opt_size(opt) - 1);
	if (s && may_be_domain(s))
		return 0;
	cfg_error(cfg, "domains: \"%s\" is not a domain name", s ? s : "");
	return -1;
}

static int check_group(cfg_t *cfg, cfg_opt_t *opt)
{
	struct err err;
	cfg_t *section = cfg_opt_getnsec(opt, cfg_opt_size(opt) - 1);
	const char *name = cfg_title(section), *owner = cfg_getstr(section, "owner");
	if (label_text("group", name ? name : "", LABEL_TEXT, &err) != ST_OK ||
	    (owner && label_text("owner", owner, LABEL_TEXT, &err) != ST_OK)) {
		cfg_error(cfg, "%s", err.msg);
		return -1;
	}
	if (cfg_size(section, "domains") > 0)
		return 0;
	cfg_error(cfg, "group \"%s\": no domains", name);
	return -1;
}

void config_group_validate(cfg_t *cfg)
{
	cfg_set_validate_func(cfg, "domains", check_domain);
	cfg_set_validate_func(cfg, "group|domains", check_domain);
	cfg_set_validate_func(cfg, "group", check_group);
}

char **config_list(cfg_t *cfg, const char *key, unsigned *n)
{
	*n = cfg_size(cfg, key);
	char **list = mem_grow(NULL, *n + 1, sizeof *list);
	for (unsigned i = 0; i < *n; i++)
		list[i] = mem_strdup(cfg_getnstr(cfg, key, i));
	return list;
}

void config_list_free(char **list, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		free(list[i]);
	free(list);
}

void config_group_read(cfg_t *section, struct config_group *out)
{
	const char *owner = cfg_getstr(section, "owner");
	*out = (struct config_group){.name = mem_strdup(cfg_title(section)),
				     .owner = owner ? mem_strdup(owner) : NULL};
	out->domains = config_list(section, "domains", &out->n_domains);
}

void config_group_free(struct config_group *g)
{
	free(g->name);
	free(g->owner);
	config_list_free(g->domains, g->n_domains);
}
