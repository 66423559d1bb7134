/*
 * mailbox.h - the keys of a mailbox section that say what to read, and what becomes of it.
 * How access tokens are had is in oauth.h.
 *
 *	mailbox rua {
 *		url = "imaps://mail.example.com/INBOX"
 *		user = "rua@example.com"           # or in the URL
 *		password-file = "rua.password"     # password-command, token-file, token-command
 *		ca = "ca.pem"
 *		archive = "DMARC"                  # and on-stored, on-duplicate, on-conflict,
 *		on-rejected = "leave"              # on-not-a-report
 *		poll = 300                         # seconds; timeout, too
 *	}
 *
 * CONFIG_MAILBOX_KEYS are rows for the section's table of options. Relative paths begin where the
 * configuration file is. What the values mean is cli/mailbox/mailbox.h's business.
 */
#ifndef CLI_CONFIG_MAILBOX_H
#define CLI_CONFIG_MAILBOX_H

#include "core/sink.h"

struct config_source { /* all owned; NULL or 0: not given */
	char *url, *user, *ca, *archive;
	char *password_file, *password_command, *token_file, *token_command;
	char *on[OUT_COUNT]; /* on-stored ..., by enum outcome */
	unsigned poll, timeout;
};

// clang-format off
#define CONFIG_MAILBOX_KEYS \
	CFG_STR("url", NULL, CFGF_NONE), \
	CFG_STR("user", NULL, CFGF_NONE), \
	CFG_STR("ca", NULL, CFGF_NONE), \
	CFG_STR("archive", NULL, CFGF_NONE), \
	CFG_STR("password-file", NULL, CFGF_NONE), \
	CFG_STR("password-command", NULL, CFGF_NONE), \
	CFG_STR("token-file", NULL, CFGF_NONE), \
	CFG_STR("token-command", NULL, CFGF_NONE), \
	CFG_STR("on-stored", NULL, CFGF_NONE), \
	CFG_STR("on-duplicate", NULL, CFGF_NONE), \
	CFG_STR("on-conflict", NULL, CFGF_NONE), \
	CFG_STR("on-rejected", NULL, CFGF_NONE), \
	CFG_STR("on-not-a-report", NULL, CFGF_NONE), \
	CFG_INT("poll", 0, CFGF_NONE), \
	CFG_INT("timeout", 0, CFGF_NONE)
// clang-format on

struct cfg_t;

void config_mailbox_validate(struct cfg_t *cfg, const char *section);
void config_mailbox_read(struct cfg_t *section, const char *config_path, struct config_source *out);
void config_mailbox_free(struct config_source *s);

#endif
