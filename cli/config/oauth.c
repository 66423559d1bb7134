#include "cli/config/oauth.h"

#include <confuse.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/config/config.h"
#include "core/mem.h"

static const char *last(cfg_opt_t *opt)
{
	const char *s = cfg_opt_getnstr(opt, cfg_opt_size(opt) - 1);
	return s ? s : "";
}

static int check_auth(cfg_t *cfg, cfg_opt_t *opt)
{
	static const char *const words[] = {"xoauth2", "oauthbearer", "plain", "login"};
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (strcmp(last(opt), words[i]) == 0)
			return 0;
	cfg_error(cfg, "auth: \"%s\" is not xoauth2, oauthbearer, plain or login", last(opt));
	return -1;
}

static int check_some(cfg_t *cfg, cfg_opt_t *opt)
{
	for (const char *s = last(opt); *s; s++) {
		if ((unsigned char)*s < 0x20 || *s == 0x7f) {
			cfg_error(cfg, "%s: a control character", cfg_opt_name(opt));
			return -1;
		}
	}
	if (last(opt)[0] != '\0')
		return 0;
	cfg_error(cfg, "%s: empty", cfg_opt_name(opt));
	return -1;
}

void config_oauth_validate(cfg_t *cfg, const char *section)
{
	static const char *const keys[] = {
	    "provider",  "token-endpoint",     "device-endpoint",    "authorization-endpoint",
	    "client-id", "client-secret-file", "refresh-token-file", "scope",
	    "oauth-ca"};
	char path[128];
	snprintf(path, sizeof path, "%s|auth", section);
	cfg_set_validate_func(cfg, path, check_auth);
	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
		snprintf(path, sizeof path, "%s|%s", section, keys[i]);
		cfg_set_validate_func(cfg, path, check_some);
	}
}

static char *get(cfg_t *section, const char *key)
{
	const char *s = cfg_getstr(section, key);
	return s ? mem_strdup(s) : NULL;
}

void config_oauth_read(cfg_t *section, const char *config_path, struct config_oauth *out)
{
	*out = (struct config_oauth){
	    .auth = get(section, "auth"),
	    .provider = get(section, "provider"),
	    .token_endpoint = get(section, "token-endpoint"),
	    .device_endpoint = get(section, "device-endpoint"),
	    .authorization_endpoint = get(section, "authorization-endpoint"),
	    .client_id = get(section, "client-id"),
	    .client_secret_file = config_beside(config_path, get(section, "client-secret-file")),
	    .refresh_token_file = config_beside(config_path, get(section, "refresh-token-file")),
	    .scope = get(section, "scope"),
	    .ca = config_beside(config_path, get(section, "oauth-ca")),
	};
}

void config_oauth_free(struct config_oauth *o)
{
	char *all[] = {o->auth,
		       o->provider,
		       o->token_endpoint,
		       o->device_endpoint,
		       o->authorization_endpoint,
		       o->client_id,
		       o->client_secret_file,
		       o->refresh_token_file,
		       o->scope,
		       o->ca};
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		free(all[i]);
	*o = (struct config_oauth){0};
}
