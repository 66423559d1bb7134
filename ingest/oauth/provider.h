/*
 * provider.h - the endpoints and the scope of providers that many people have.
 */
#ifndef INGEST_OAUTH_PROVIDER_H
#define INGEST_OAUTH_PROVIDER_H

struct oauth_provider {
	const char *name;
	const char *token_endpoint;
	const char *device_endpoint;        /* NULL: no device flow for mail */
	const char *authorization_endpoint; /* where a person consents in a browser */
	const char *redirect_host;          /* how the loopback address is written there */
	const char *scope;
};

/* NULL: not known. */
const struct oauth_provider *oauth_provider(const char *name);

#endif
