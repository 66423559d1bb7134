#include "cli/mailbox/oauth_settings.h"

#include <string.h>

#include "cli/app/app.h"
#include "ingest/oauth/provider.h"

bool oauth_settings_wanted(const struct config_oauth *keys)
{
	return keys->auth &&
	       (strcmp(keys->auth, "xoauth2") == 0 || strcmp(keys->auth, "oauthbearer") == 0);
}

static const char *first(const char *a, const char *b)
{
	return a ? a : b;
}

enum status oauth_settings(const struct config_oauth *keys, const char *name,
			   struct oauth_options *out, struct err *err)
{
	static const struct oauth_provider none;
	const struct oauth_provider *p = keys->provider ? oauth_provider(keys->provider) : &none;
	if (!p)
		return err_set(err, ST_FATAL, "provider: \"%s\" is not google or microsoft",
			       keys->provider);
	*out = (struct oauth_options){
	    .name = name,
	    .token_endpoint = first(keys->token_endpoint, p->token_endpoint),
	    .device_endpoint = first(keys->device_endpoint, p->device_endpoint),
	    .authorization_endpoint =
		first(keys->authorization_endpoint, p->authorization_endpoint),
	    .redirect_host = p->redirect_host,
	    .client_id = keys->client_id,
	    .client_secret_file = keys->client_secret_file,
	    .refresh_token_file = keys->refresh_token_file,
	    .scope = first(keys->scope, p->scope),
	    .http = {.ca = keys->ca, .stop = &app_interrupted},
	};
	return ST_OK;
}
