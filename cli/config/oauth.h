/*
 * oauth.h - the keys of a mailbox section that say how to get access tokens.
 *
 *	mailbox rua {
 *		auth = xoauth2                     # oauthbearer, plain, login
 *		provider = microsoft               # presets of endpoints and scope; or name them:
 *		token-endpoint = "https://login.example/token"
 *		device-endpoint = "https://login.example/device"
 *		authorization-endpoint = "https://login.example/authorize"
 *		scope = "imap offline_access"
 *		client-id = "9a1f..."
 *		client-secret-file = "rua.secret"
 *		refresh-token-file = "/var/lib/ruascope/rua.token"
 *		oauth-ca = "ca.pem"                # trust these for the endpoints, not the system's
 *	}
 *
 * CONFIG_OAUTH_KEYS are rows for the section's table of options; config_oauth_read() takes the
 * values. Relative paths begin where the configuration file is.
 */
#ifndef CLI_CONFIG_OAUTH_H
#define CLI_CONFIG_OAUTH_H

struct config_oauth { /* all owned; NULL: not given */
	char *auth;
	char *provider;
	char *token_endpoint, *device_endpoint, *authorization_endpoint;
	char *client_id, *client_secret_file, *refresh_token_file, *scope;
	char *ca;
};

// clang-format off
#define CONFIG_OAUTH_KEYS \
	CFG_STR("auth", NULL, CFGF_NONE), \
	CFG_STR("provider", NULL, CFGF_NONE), \
	CFG_STR("token-endpoint", NULL, CFGF_NONE), \
	CFG_STR("device-endpoint", NULL, CFGF_NONE), \
	CFG_STR("authorization-endpoint", NULL, CFGF_NONE), \
	CFG_STR("client-id", NULL, CFGF_NONE), \
	CFG_STR("client-secret-file", NULL, CFGF_NONE), \
	CFG_STR("refresh-token-file", NULL, CFGF_NONE), \
	CFG_STR("scope", NULL, CFGF_NONE), \
	CFG_STR("oauth-ca", NULL, CFGF_NONE)
// clang-format on

struct cfg_t;

/* Complaints about values are made while the file is read: call once, section is the key's path
 * before "|" ("mailbox"). */
void config_oauth_validate(struct cfg_t *cfg, const char *section);
void config_oauth_read(struct cfg_t *section, const char *config_path, struct config_oauth *out);
void config_oauth_free(struct config_oauth *o);

#endif
