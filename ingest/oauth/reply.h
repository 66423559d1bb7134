/*
 * reply.h - what token endpoints answer: JSON in, values out. No I/O; fuzz_oauth lives here.
 *
 * RFC 6749 sections 5.1 and 5.2 (tokens and errors), RFC 8628 sections 3.2 and 3.5 (device flow),
 * and the query of a redirect (RFC 6749 sections 4.1.2 and 4.1.2.1). The only door to jansson.
 */
#ifndef INGEST_OAUTH_REPLY_H
#define INGEST_OAUTH_REPLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/arena.h"
#include "core/err.h"

#define OAUTH_REPLY_MAX (64 * 1024) /* real ones have some KiB */
#define OAUTH_TOKEN_MAX (16 * 1024) /* an access or refresh token; Microsoft's have 2 to 4 KiB */

/* What an error code asks us to do. */
enum oauth_problem {
	OAUTH_NONE,
	OAUTH_PENDING,     /* device flow: the person has not decided yet */
	OAUTH_SLOW_DOWN,   /* device flow: ask less often */
	OAUTH_DENIED,      /* the person said no */
	OAUTH_EXPIRED,     /* device flow: the code is too old */
	OAUTH_GRANT,       /* the refresh token (or code) is no longer good */
	OAUTH_INTERACTION, /* a person must sign in again */
	OAUTH_BUSY,        /* the server's own trouble */
	OAUTH_OTHER,
};

struct oauth_reply {
	const char *access_token, *refresh_token; /* NULL: not there */
	int64_t expires_in;                       /* seconds; -1: not said */
	/* device flow */
	const char *device_code, *user_code, *verification_uri;
	int64_t interval; /* seconds; -1: not said */
	/* errors */
	enum oauth_problem problem;
	const char *error, *description; /* the server's words; description may be NULL */
};

/*
 * Read one JSON object. Strings are taken from a. ST_ITEM: this is no such object (not JSON, no
 * object, a token with characters that no token has, another token_type than Bearer), said in err
 * without showing what stood there: it may be half a secret.
 */
enum status oauth_reply_parse(const char *text, size_t n, struct arena *a, struct oauth_reply *out,
			      struct err *err) MUST_CHECK;

/* VSCHAR (RFC 6749 appendix A), 1 to OAUTH_TOKEN_MAX of them: fit for a header or a SASL message.
 */
bool oauth_is_token(const char *s, size_t n);

/* The query of a redirect: code=...&state=...; what is missing is NULL. */
struct oauth_redirect {
	const char *code, *state, *error, *description;
};

/*
 * text is all that a person or a browser gives: a whole URL, "/?code=...", or the query alone.
 * ST_ITEM: it holds neither a code nor an error.
 */
enum status oauth_redirect_parse(const char *text, size_t n, struct arena *a,
				 struct oauth_redirect *out, struct err *err) MUST_CHECK;

#endif
