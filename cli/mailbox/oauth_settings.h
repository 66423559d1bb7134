/*
 * oauth_settings.h - from the keys of a mailbox section to what ingest/oauth/oauth.h wants.
 */
#ifndef CLI_MAILBOX_OAUTH_SETTINGS_H
#define CLI_MAILBOX_OAUTH_SETTINGS_H

#include <stdbool.h>

#include "cli/config/oauth.h"
#include "core/err.h"
#include "ingest/oauth/oauth.h"

/* Does this section log in with access tokens? (auth = xoauth2 or oauthbearer) */
bool oauth_settings_wanted(const struct config_oauth *keys);

/*
 * *out borrows from keys and name; what the section leaves open comes from its provider. name may
 * be NULL. ST_FATAL: the provider is unknown.
 */
enum status oauth_settings(const struct config_oauth *keys, const char *name,
			   struct oauth_options *out, struct err *err) MUST_CHECK;

#endif
