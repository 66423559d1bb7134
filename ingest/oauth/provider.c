#include "ingest/oauth/provider.h"

#include <stddef.h>
#include <string.h>

static const struct oauth_provider providers[] = {
    /*
     * https://developers.google.com/identity/protocols/oauth2/native-app (endpoints) and
     * https://developers.google.com/gmail/imap/xoauth2-protocol (the scope of IMAP; there is no
     * smaller one). Google has a device flow, but not for this scope: the list of allowed scopes in
     * https://developers.google.com/identity/protocols/oauth2/limited-input-device has none of
     * mail, and the answer is invalid_scope. So a person consents in a browser.
     */
    {
	.name = "google",
	.token_endpoint = "https://oauth2.googleapis.com/token",
	.authorization_endpoint = "https://accounts.google.com/o/oauth2/v2/auth",
	.redirect_host = "127.0.0.1",
	.scope = "https://mail.google.com/",
    },
    /*
     * https://learn.microsoft.com/entra/identity-platform/v2-oauth2-device-code (endpoints) and
     * https://learn.microsoft.com/exchange/client-developer/legacy-protocols/
     * how-to-authenticate-an-imap-pop-smtp-application-by-using-oauth (scope). "organizations" is
     * any tenant; an application of one tenant is configured with its own endpoints. Without
     * offline_access there is no refresh token. Of a registered http://localhost the port is not
     * compared (https://learn.microsoft.com/entra/identity-platform/reply-url); a registration
     * of 127.0.0.1 needs more than the portal's forms.
     */
    {
	.name = "microsoft",
	.token_endpoint = "https://login.microsoftonline.com/organizations/oauth2/v2.0/token",
	.device_endpoint = "https://login.microsoftonline.com/organizations/oauth2/v2.0/devicecode",
	.authorization_endpoint =
	    "https://login.microsoftonline.com/organizations/oauth2/v2.0/authorize",
	.redirect_host = "localhost",
	.scope = "https://outlook.office.com/IMAP.AccessAsUser.All offline_access",
    },
};

const struct oauth_provider *oauth_provider(const char *name)
{
	for (size_t i = 0; i < sizeof providers / sizeof *providers; i++)
		if (strcmp(providers[i].name, name) == 0)
			return &providers[i];
	return NULL;
}
