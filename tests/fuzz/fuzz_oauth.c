/* Replies of token endpoints and redirects of browsers: what is taken is fit for a header. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "ingest/oauth/reply.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_token(const char *s)
{
	if (s && !oauth_is_token(s, strlen(s)))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena a = {0};
	struct oauth_reply r;
	struct oauth_redirect d;
	struct err err;
	const char *text = (const char *)data;
	if (oauth_reply_parse(text, size, &a, &r, &err) == ST_OK) {
		check_token(r.access_token);
		check_token(r.refresh_token);
		check_token(r.device_code);
		if ((r.problem != OAUTH_NONE) != (r.error != NULL) || r.expires_in < -1 ||
		    r.interval < -1)
			abort();
	}
	if (oauth_redirect_parse(text, size, &a, &d, &err) == ST_OK && !d.error)
		check_token(d.code);
	arena_free(&a);
	return 0;
}
