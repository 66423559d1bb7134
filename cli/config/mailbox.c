#include "cli/config/mailbox.h"

#include <confuse.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/config/config.h"
#include "core/mem.h"

static int check_seconds(cfg_t *cfg, cfg_opt_t *opt)
{
	long n = cfg_opt_getnint(opt, cfg_opt_size(opt) - 1);
	if (n >= 1 && n <= 24 * 3600)
		return 0;
	cfg_error(cfg, "%s: %ld is not a number of seconds from 1 to 86400", cfg_opt_name(opt), n);
	return -1;
}

void config_mailbox_validate(cfg_t *cfg, const char *section)
{
	static const char *const keys[] = {"poll", "timeout"};
	char path[128];
	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
		snprintf(path, sizeof path, "%s|%s", section, keys[i]);
		cfg_set_validate_func(cfg, path, check_seconds);
	}
}

static char *get(cfg_t *section, const char *key)
{
	const char *s = cfg_getstr(section, key);
	return s ? mem_strdup(s) : NULL;
}

void config_mailbox_read(cfg_t *section, const char *config_path, struct config_source *out)
{
	*out = (struct config_source){
	    .url = get(section, "url"),
	    .user = get(section, "user"),
	    .ca = config_beside(config_path, get(section, "ca")),
	    .archive = get(section, "archive"),
	    .password_file = config_beside(config_path, get(section, "password-file")),
	    .password_command = get(section, "password-command"),
	    .token_file = config_beside(config_path, get(section, "token-file")),
	    .token_command = get(section, "token-command"),
	    .on = {[OUT_STORED] = get(section, "on-stored"),
		   [OUT_DUPLICATE] = get(section, "on-duplicate"),
		   [OUT_CONFLICT] = get(section, "on-conflict"),
		   [OUT_REJECTED] = get(section, "on-rejected"),
		   [OUT_NOT_A_REPORT] = get(section, "on-not-a-report")},
	    .poll = (unsigned)cfg_getint(section, "poll"),
	    .timeout = (unsigned)cfg_getint(section, "timeout"),
	};
}

void config_mailbox_free(struct config_source *s)
{
	char *all[] = {s->url,        s->user,          s->ca,
		       s->archive,    s->password_file, s->password_command,
		       s->token_file, s->token_command};
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		free(all[i]);
	for (int i = 0; i < OUT_COUNT; i++)
		free(s->on[i]);
	*s = (struct config_source){0};
}
