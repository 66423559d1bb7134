#include "ingest/oauth/reply.h"

#include <jansson.h>
#include <string.h>

#include "core/buf.h"
#include "core/text.h"

#define SECONDS_MAX (366 * 24 * 3600) /* nothing here lives longer */
#define WORD_MAX    2048              /* of the values that are no tokens */

static const struct {
	const char *error;
	enum oauth_problem problem;
} problems[] = {
    {"authorization_pending", OAUTH_PENDING},
    {"slow_down", OAUTH_SLOW_DOWN},
    {"access_denied", OAUTH_DENIED},
    {"authorization_declined", OAUTH_DENIED}, /* Microsoft */
    {"consent_required", OAUTH_INTERACTION},
    {"login_required", OAUTH_INTERACTION},
    {"interaction_required", OAUTH_INTERACTION}, /* Microsoft: multi-factor, changed password */
    {"expired_token", OAUTH_EXPIRED},
    {"code_expired", OAUTH_EXPIRED}, /* Microsoft, in older texts */
    {"invalid_grant", OAUTH_GRANT},
    {"temporarily_unavailable", OAUTH_BUSY},
    {"server_error", OAUTH_BUSY},
    {"internal_failure", OAUTH_BUSY}, /* Google */
};

static enum oauth_problem problem_of(const char *error)
{
	for (size_t i = 0; i < sizeof problems / sizeof *problems; i++)
		if (strcmp(problems[i].error, error) == 0)
			return problems[i].problem;
	return OAUTH_OTHER;
}

bool oauth_is_token(const char *s, size_t n)
{
	if (n == 0 || n > OAUTH_TOKEN_MAX)
		return false;
	for (size_t i = 0; i < n; i++)
		if (s[i] < 0x20 || s[i] > 0x7e)
			return false;
	return true;
}

/* A string member; NULL when absent, empty, or something else than a string. */
static const char *text_of(const json_t *o, const char *key, struct arena *a)
{
	const json_t *v = json_object_get(o, key);
	size_t n = json_string_length(v);
	return n > 0 ? arena_strndup(a, json_string_value(v), n < WORD_MAX ? n : WORD_MAX) : NULL;
}

/* false: there, but nothing that could be a token. */
static bool token_of(const json_t *o, const char *key, struct arena *a, const char **out)
{
	const json_t *v = json_object_get(o, key);
	*out = NULL;
	if (!v || json_is_null(v))
		return true;
	size_t n = json_string_length(v);
	if (!json_is_string(v) || !oauth_is_token(json_string_value(v), n))
		return false;
	*out = arena_strndup(a, json_string_value(v), n);
	return true;
}

/* A number of seconds; some servers write it as a string. -1 when it is neither. */
static int64_t seconds_of(const json_t *o, const char *key)
{
	const json_t *v = json_object_get(o, key);
	uint64_t u = SECONDS_MAX;
	if (json_is_string(v) && text_to_u64(json_string_value(v), json_string_length(v), &u))
		return u < SECONDS_MAX ? (int64_t)u : SECONDS_MAX;
	if (!json_is_number(v))
		return -1;
	double d = json_number_value(v);
	return !(d >= 0) ? -1 : d < SECONDS_MAX ? (int64_t)d : SECONDS_MAX;
}

/* {"error": "word", "error_description": "..."}; or, of gateways, {"error": {"status", "message"}}.
 */
static void read_error(const json_t *o, struct arena *a, struct oauth_reply *out)
{
	const json_t *inner = json_object_get(o, "error");
	if (json_is_object(inner)) {
		out->error = text_of(inner, "status", a);
		out->description = text_of(inner, "message", a);
	} else {
		out->error = text_of(o, "error", a);
		out->description = text_of(o, "error_description", a);
	}
	if (!out->error && inner)
		out->error = "error without a name";
	if (out->error)
		out->problem = problem_of(out->error);
}

static enum status read_object(const json_t *o, struct arena *a, struct oauth_reply *out,
			       struct err *err)
{
	read_error(o, a, out);
	out->expires_in = seconds_of(o, "expires_in");
	out->interval = seconds_of(o, "interval");
	out->user_code = text_of(o, "user_code", a);
	out->verification_uri = text_of(o, "verification_uri", a);
	if (!out->verification_uri)
		out->verification_uri = text_of(o, "verification_url", a); /* Google */
	if (!token_of(o, "access_token", a, &out->access_token))
		return err_set(err, ST_ITEM, "access_token is no token");
	if (!token_of(o, "refresh_token", a, &out->refresh_token))
		return err_set(err, ST_ITEM, "refresh_token is no token");
	if (!token_of(o, "device_code", a, &out->device_code))
		return err_set(err, ST_ITEM, "device_code is no code");
	const char *type = text_of(o, "token_type", a);
	if (out->access_token && type && !ascii_ieq(type, "bearer"))
		return err_set(err, ST_ITEM, "token_type is \"%.40s\", not Bearer", type);
	return ST_OK;
}

enum status oauth_reply_parse(const char *text, size_t n, struct arena *a, struct oauth_reply *out,
			      struct err *err)
{
	json_error_t where;
	*out = (struct oauth_reply){.expires_in = -1, .interval = -1};
	if (n > OAUTH_REPLY_MAX)
		return err_set(err, ST_ITEM, "the reply is larger than %d bytes", OAUTH_REPLY_MAX);
	json_t *root = json_loadb(text, n, JSON_REJECT_DUPLICATES, &where);
	if (!root)
		return err_set(err, ST_ITEM, "the reply is not JSON");
	enum status st = json_is_object(root)
			     ? read_object(root, a, out, err)
			     : err_set(err, ST_ITEM, "the reply is no JSON object");
	json_decref(root);
	return st;
}

static int hex(char c)
{
	c = ascii_lower(c);
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* %41 and + decoded; NULL when there is a NUL or a broken escape. */
static const char *unescape(const char *s, size_t n, struct arena *a)
{
	char *out = arena_alloc(a, n + 1);
	size_t len = 0;
	for (size_t i = 0; i < n; i++) {
		char c = s[i] == '+' ? ' ' : s[i];
		if (c == '%') {
			if (n - i < 3 || hex(s[i + 1]) < 0 || hex(s[i + 2]) < 0)
				return NULL;
			c = (char)(hex(s[i + 1]) << 4 | hex(s[i + 2]));
			i += 2;
		}
		if (c == '\0')
			return NULL;
		out[len++] = c;
	}
	return out;
}

enum status oauth_redirect_parse(const char *text, size_t n, struct arena *a,
				 struct oauth_redirect *out, struct err *err)
{
	*out = (struct oauth_redirect){0};
	struct {
		const char *name, **to;
	} const fields[] = {{"code", &out->code},
			    {"state", &out->state},
			    {"error", &out->error},
			    {"error_description", &out->description}};
	text_trim(&text, &n);
	if (n > OAUTH_REPLY_MAX)
		return err_set(err, ST_ITEM, "the address is too long");
	const char *question = n > 0 ? memchr(text, '?', n) : NULL;
	if (question) {
		n -= (size_t)(question + 1 - text);
		text = question + 1;
	}
	const char *hash = n > 0 ? memchr(text, '#', n) : NULL;
	const char *end = hash ? hash : text + n;
	while (text < end) {
		const char *amp = memchr(text, '&', (size_t)(end - text));
		const char *stop = amp ? amp : end;
		const char *eq = memchr(text, '=', (size_t)(stop - text));
		for (size_t i = 0; eq && i < sizeof fields / sizeof *fields; i++) {
			if (strlen(fields[i].name) == (size_t)(eq - text) &&
			    strncmp(fields[i].name, text, (size_t)(eq - text)) == 0 &&
			    !*fields[i].to)
				*fields[i].to = unescape(eq + 1, (size_t)(stop - eq - 1), a);
		}
		text = amp ? amp + 1 : end;
	}
	if (!out->error && !(out->code && oauth_is_token(out->code, strlen(out->code))))
		return err_set(err, ST_ITEM, "there is no code in this address");
	return ST_OK;
}
