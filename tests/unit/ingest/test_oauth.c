/* ingest/oauth_*: replies, addresses, forms, and the file of a refresh token. */
#include "tests/unit/check.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/limits.h"
#include "ingest/oauth/login.h"
#include "ingest/oauth/oauth.h"
#include "ingest/oauth/provider.h"
#include "ingest/oauth/store.h"

static char root[64];

static const char *at(const char *name)
{
	static char path[128];
	snprintf(path, sizeof path, "%s/%s", root, name);
	return path;
}

static int make_root(void **state)
{
	(void)state;
	snprintf(root, sizeof root, "/tmp/test_oauth.XXXXXX");
	return mkdtemp(root) ? 0 : -1;
}

static int drop_root(void **state)
{
	(void)state;
	char command[128];
	snprintf(command, sizeof command, "rm -rf '%s'", root);
	return system(command);
}

static bool same(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

static void replies(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		const char *access, *refresh;
		int64_t expires;
		enum oauth_problem problem;
	} rows[] = {
	    {"{\"access_token\":\"a.b-c\",\"token_type\":\"Bearer\",\"expires_in\":3599}", "a.b-c",
	     NULL, 3599, OAUTH_NONE},
	    {"{\"access_token\":\"a\",\"token_type\":\"bearer\",\"expires_in\":\"3600\","
	     "\"refresh_token\":\"r/1\"}",
	     "a", "r/1", 3600, OAUTH_NONE},
	    {"{\"access_token\":\"a\",\"refresh_token\":null,\"expires_in\":1.5e3}", "a", NULL,
	     1500, OAUTH_NONE},
	    {"{\"access_token\":\"a\",\"expires_in\":-1}", "a", NULL, -1, OAUTH_NONE},
	    {"{\"access_token\":\"a\",\"expires_in\":1e300}", "a", NULL, 366 * 24 * 3600,
	     OAUTH_NONE},
	    {"{\"access_token\":\"a\",\"expires_in\":\"soon\"}", "a", NULL, -1, OAUTH_NONE},
	    {"{\"access_token\":\"a\",\"expires_in\":\"99999999999999999999\"}", "a", NULL, -1,
	     OAUTH_NONE},
	    {"{}", NULL, NULL, -1, OAUTH_NONE},
	    {"{\"error\":\"invalid_grant\"}", NULL, NULL, -1, OAUTH_GRANT},
	    {"{\"error\":\"interaction_required\"}", NULL, NULL, -1, OAUTH_INTERACTION},
	    {"{\"error\":\"authorization_pending\"}", NULL, NULL, -1, OAUTH_PENDING},
	    {"{\"error\":\"slow_down\",\"interval\":7}", NULL, NULL, -1, OAUTH_SLOW_DOWN},
	    {"{\"error\":\"access_denied\"}", NULL, NULL, -1, OAUTH_DENIED},
	    {"{\"error\":\"authorization_declined\"}", NULL, NULL, -1, OAUTH_DENIED},
	    {"{\"error\":\"expired_token\"}", NULL, NULL, -1, OAUTH_EXPIRED},
	    {"{\"error\":\"temporarily_unavailable\"}", NULL, NULL, -1, OAUTH_BUSY},
	    {"{\"error\":\"what\"}", NULL, NULL, -1, OAUTH_OTHER},
	    {"{\"error\":17}", NULL, NULL, -1, OAUTH_OTHER},
	    {"{\"error\":{\"code\":503,\"status\":\"UNAVAILABLE\",\"message\":\"m\"}}", NULL, NULL,
	     -1, OAUTH_OTHER},
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct arena a = {0};
		struct oauth_reply r;
		struct err err;
		CHECK_ROW(oauth_reply_parse(rows[i].text, strlen(rows[i].text), &a, &r, &err) ==
			      ST_OK,
			  i);
		CHECK_ROW(same(r.access_token, rows[i].access), i);
		CHECK_ROW(same(r.refresh_token, rows[i].refresh), i);
		CHECK_ROW(r.expires_in == rows[i].expires, i);
		CHECK_ROW(r.problem == rows[i].problem, i);
		CHECK_ROW((r.error != NULL) == (r.problem != OAUTH_NONE), i);
		arena_free(&a);
	}
}

/* What is no reply is refused, and nothing of it is repeated: it may be half a secret. */
static void garbage(void **state)
{
	(void)state;
	static const char *const rows[] = {
	    "",
	    "SECRETSECRET",
	    "<html>SECRET</html>",
	    "[\"SECRET\"]",
	    "\"SECRET\"",
	    "{\"access_token\":\"SECRET\"",
	    "{\"access_token\":\"SECRET\"} trailing",
	    "{\"access_token\":\"a\",\"access_token\":\"SECRET\"}",
	    "{\"access_token\":\"SECRET\\r\\nA1 LOGOUT\"}",
	    "{\"access_token\":\"SECRET\\u0001\"}",
	    "{\"access_token\":\"SECRET\\u0000\"}",
	    "{\"access_token\":\"SECRET\\u00e9\"}",
	    "{\"access_token\":\"\"}",
	    "{\"access_token\":[\"SECRET\"]}",
	    "{\"access_token\":12}",
	    "{\"refresh_token\":\"SECRET\\n\"}",
	    "{\"device_code\":\"SECRET\\u007f\"}",
	    "{\"access_token\":\"SECRET\",\"token_type\":\"mac\"}",
	    "{\"access_token\":\"\xff\"}",
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct arena a = {0};
		struct oauth_reply r;
		struct err err = {.msg = ""};
		CHECK_ROW(oauth_reply_parse(rows[i], strlen(rows[i]), &a, &r, &err) == ST_ITEM, i);
		CHECK_ROW(err.msg[0] != '\0' && !strstr(err.msg, "SECRET"), i);
		arena_free(&a);
	}
	struct arena a = {0};
	struct oauth_reply r;
	struct err err;
	char *deep = calloc(1, OAUTH_REPLY_MAX + 1);
	memset(deep, '[', OAUTH_REPLY_MAX);
	assert_int_equal(oauth_reply_parse(deep, OAUTH_REPLY_MAX, &a, &r, &err), ST_ITEM);
	assert_int_equal(oauth_reply_parse(deep, OAUTH_REPLY_MAX + 1, &a, &r, &err), ST_ITEM);
	memcpy(deep, "{\"access_token\":\"", 17);
	memset(deep + 17, 'a', OAUTH_TOKEN_MAX + 1);
	memcpy(deep + 17 + OAUTH_TOKEN_MAX + 1, "\"}", 3);
	assert_int_equal(oauth_reply_parse(deep, strlen(deep), &a, &r, &err), ST_ITEM);
	free(deep);
	arena_free(&a);
}

static void device_reply(void **state)
{
	(void)state;
	static const char *const rows[] = {
	    "{\"device_code\":\"d\",\"user_code\":\"AB-CD\",\"verification_uri\":\"https://v\","
	    "\"expires_in\":900,\"interval\":5}",
	    "{\"device_code\":\"d\",\"user_code\":\"AB-CD\",\"verification_url\":\"https://v\","
	    "\"expires_in\":900,\"interval\":5}",
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct arena a = {0};
		struct oauth_reply r;
		CHECK_ROW(oauth_reply_parse(rows[i], strlen(rows[i]), &a, &r, NULL) == ST_OK, i);
		CHECK_ROW(same(r.device_code, "d") && same(r.user_code, "AB-CD"), i);
		CHECK_ROW(same(r.verification_uri, "https://v"), i);
		CHECK_ROW(r.expires_in == 900 && r.interval == 5, i);
		arena_free(&a);
	}
}

static void redirects(void **state)
{
	(void)state;
	static const struct {
		const char *text, *code, *state, *error;
	} rows[] = {
	    {"/?code=4%2FabC&state=xyz", "4/abC", "xyz", NULL},
	    {"http://127.0.0.1:4711/?state=xyz&code=abc&scope=https://mail.google.com/#_", "abc",
	     "xyz", NULL},
	    {" code=abc&state=x \r\n", "abc", "x", NULL},
	    {"/?error=access_denied&state=x", NULL, "x", "access_denied"},
	    {"/?code=a&code=b&state=x", "a", "x", NULL},
	    {"/?code=%00&state=x", NULL, NULL, NULL},
	    {"/?code=%zz", NULL, NULL, NULL},
	    {"/?code=a%0d%0ab", NULL, NULL, NULL},
	    {"/favicon.ico", NULL, NULL, NULL},
	    {"", NULL, NULL, NULL},
	    {"?&&=&code", NULL, NULL, NULL},
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct arena a = {0};
		struct oauth_redirect r;
		enum status st =
		    oauth_redirect_parse(rows[i].text, strlen(rows[i].text), &a, &r, NULL);
		CHECK_ROW((st == ST_OK) == (rows[i].code || rows[i].error), i);
		if (st == ST_OK) {
			CHECK_ROW(same(r.code, rows[i].code), i);
			CHECK_ROW(same(r.state, rows[i].state), i);
			CHECK_ROW(same(r.error, rows[i].error), i);
		}
		arena_free(&a);
	}
}

static void addresses(void **state)
{
	(void)state;
	static const struct {
		const char *url, *host; /* NULL: refused */
	} rows[] = {
	    {"https://login.example/t/oauth2/token", "login.example"},
	    {"https://login.example:8443/token", "login.example"},
	    {"http://127.0.0.1:8080/token", "127.0.0.1"},
	    {"http://127.8.9.1/token", "127.8.9.1"},
	    {"http://[::1]:1/token", "[::1]"},
	    {"http://localhost/token", "localhost"},
	    {"http://login.example/token", NULL},
	    {"http://127.0.0.1.example/token", NULL},
	    {"http://localhost.example/token", NULL},
	    {"http://128.0.0.1/token", NULL},
	    {"http://127.0.0.1@login.example/token", NULL},
	    {"https://user:pw@login.example/token", NULL},
	    {"ftp://login.example/token", NULL},
	    {"file:///etc/passwd", NULL},
	    {"login.example/token", NULL},
	    {"", NULL},
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		char host[OAUTH_HOST_SIZE];
		struct err err = {.msg = ""};
		CHECK_ROW((oauth_url_check(rows[i].url, host, &err) == ST_OK) ==
			      (rows[i].host != NULL),
			  i);
		CHECK_ROW(!rows[i].host || strcmp(host, rows[i].host) == 0, i);
		CHECK_ROW(rows[i].host || err.msg[0] != '\0', i);
	}
}

static void forms(void **state)
{
	(void)state;
	struct buf b;
	buf_init(&b, 1024);
	oauth_form(&b, "a", "x y&z=1/+%\xc3\xa9~");
	oauth_form(&b, "b", "");
	assert_string_equal(b.data, "a=x%20y%26z%3D1%2F%2B%25%C3%A9~&b=");
	buf_free(&b);
}

static void write_file(const char *name, const char *text, mode_t mode)
{
	FILE *f = fopen(at(name), "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
	assert_int_equal(chmod(at(name), mode), 0);
}

static void secret_files(void **state)
{
	(void)state;
	char two[OAUTH_TOKEN_MAX + 100];
	memset(two, 'x', sizeof two - 1);
	two[sizeof two - 1] = '\0';
	const struct {
		const char *text;
		mode_t mode;
		const char *want, *word;
	} rows[] = {
	    {"token\n", 0600, "token", NULL},   {"  token", 0400, "token", NULL},
	    {"token\r\n", 0600, "token", NULL}, {"token\n", 0640, NULL, "chmod 600"},
	    {"token\n", 0604, NULL, "chmod"},   {"", 0600, NULL, "empty"},
	    {"\n\n", 0600, NULL, "empty"},      {"a\nb\n", 0600, NULL, "one line"},
	    {two, 0600, NULL, "one line"},
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct buf b;
		struct err err = {.msg = ""};
		buf_init(&b, OAUTH_TOKEN_MAX);
		write_file("secret", rows[i].text, rows[i].mode);
		CHECK_ROW((oauth_secret_file(at("secret"), 077, &b, &err) == ST_OK) ==
			      (rows[i].want != NULL),
			  i);
		CHECK_ROW(!rows[i].want || strcmp(b.data, rows[i].want) == 0, i);
		CHECK_ROW(!rows[i].word || strstr(err.msg, rows[i].word), i);
		buf_free(&b);
		unlink(at("secret"));
	}
	struct buf b;
	struct err err;
	buf_init(&b, OAUTH_TOKEN_MAX);
	assert_int_equal(oauth_secret_file(root, 0, &b, &err), ST_FATAL); /* a directory */
	assert_int_equal(oauth_secret_file(at("none"), 0, &b, &err), ST_FATAL);
	assert_int_equal(mkfifo(at("fifo"), 0600), 0); /* must not hang */
	assert_int_equal(oauth_secret_file(at("fifo"), 077, &b, &err), ST_FATAL);
	buf_free(&b);
}

static void store(void **state)
{
	(void)state;
	struct oauth_store s;
	struct stat st;
	struct buf b;
	struct err err;
	buf_init(&b, OAUTH_TOKEN_MAX);
	umask(0);
	assert_int_equal(oauth_store_open(&s, at("token"), NULL, &err), ST_OK);
	assert_int_equal(oauth_store_read(&s, &b, &err), ST_FATAL);
	assert_int_equal(oauth_store_write(&s, "first", &err), ST_OK);
	oauth_store_close(&s);
	assert_int_equal(stat(at("token"), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(st.st_size, 6);

	/* what a process that died left behind is no obstacle; nothing written: nothing changes */
	write_file("token.new", "half", 0600);
	assert_int_equal(oauth_store_open(&s, at("token"), NULL, &err), ST_OK);
	assert_int_equal(oauth_store_read(&s, &b, &err), ST_OK);
	assert_string_equal(b.data, "first");
	oauth_store_close(&s);
	assert_int_equal(access(at("token.new"), F_OK), -1);

	/* through a link, the file behind it is replaced */
	char target[128];
	snprintf(target, sizeof target, "%s", at("token"));
	assert_int_equal(symlink(target, at("link")), 0);
	assert_int_equal(oauth_store_open(&s, at("link"), NULL, &err), ST_OK);
	assert_int_equal(oauth_store_write(&s, "second", &err), ST_OK);
	oauth_store_close(&s);
	assert_int_equal(lstat(at("link"), &st), 0);
	assert_true(S_ISLNK(st.st_mode));
	buf_reset(&b);
	assert_int_equal(oauth_secret_file(at("token"), 077, &b, &err), ST_OK);
	assert_string_equal(b.data, "second");

	assert_int_equal(oauth_store_open(&s, "/nonexistent/token", NULL, &err), ST_FATAL);
	buf_free(&b);
}

static void *add_one(void *arg)
{
	for (int i = 0; i < 25; i++) {
		struct oauth_store s;
		struct buf b;
		char text[32];
		buf_init(&b, OAUTH_TOKEN_MAX);
		if (oauth_store_open(&s, arg, NULL, NULL) != ST_OK ||
		    oauth_store_read(&s, &b, NULL) != ST_OK)
			abort();
		snprintf(text, sizeof text, "%d", atoi(b.data) + 1);
		if (oauth_store_write(&s, text, NULL) != ST_OK)
			abort();
		oauth_store_close(&s);
		buf_free(&b);
	}
	return NULL;
}

/* Whoever reads sees what the last one wrote. */
static void together(void **state)
{
	(void)state;
	pthread_t t[4];
	char path[128];
	struct buf b;
	write_file("counter", "0\n", 0600);
	snprintf(path, sizeof path, "%s", at("counter"));
	for (size_t i = 0; i < COUNT(t); i++)
		assert_int_equal(pthread_create(&t[i], NULL, add_one, path), 0);
	for (size_t i = 0; i < COUNT(t); i++)
		pthread_join(t[i], NULL);
	buf_init(&b, OAUTH_TOKEN_MAX);
	assert_int_equal(oauth_secret_file(path, 077, &b, NULL), ST_OK);
	assert_string_equal(b.data, "100");
	buf_free(&b);
}

/* A lock held elsewhere, and a wish to stop: no endless waiting. */
static void stopped(void **state)
{
	(void)state;
	atomic_bool stop = true;
	struct oauth_store s;
	struct err err;
	write_file("busy", "t\n", 0600);
	int fd = open(at("busy.lock"), O_RDWR | O_CREAT, 0600);
	assert_true(fd >= 0);
	assert_int_equal(flock(fd, LOCK_EX), 0);
	assert_int_equal(oauth_store_open(&s, at("busy"), &stop, &err), ST_RETRY);
	close(fd);
}

static void settings(void **state)
{
	(void)state;
	static const struct {
		struct oauth_options o;
		const char *word;
	} rows[] = {
	    {{.client_id = "c", .refresh_token_file = "f"}, "token-endpoint"},
	    {{.token_endpoint = "https://t", .refresh_token_file = "f"}, "client-id"},
	    {{.token_endpoint = "https://t", .client_id = "c"}, "refresh-token-file"},
	    {{.token_endpoint = "http://t", .client_id = "c", .refresh_token_file = "f"}, "https"},
	    {{.token_endpoint = "https://t",
	      .device_endpoint = "http://t",
	      .client_id = "c",
	      .refresh_token_file = "f"},
	     "device-endpoint"},
	    {{.token_endpoint = "https://t", .client_id = "c\r\n", .refresh_token_file = "f"},
	     "client-id"},
	    {{.token_endpoint = "https://t",
	      .client_id = "c",
	      .refresh_token_file = "f",
	      .client_secret_file = "/nonexistent/s"},
	     "/nonexistent/s"},
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct oauth *o;
		struct err err = {.msg = ""};
		CHECK_ROW(oauth_open(&rows[i].o, &o, &err) == ST_FATAL && !o, i);
		CHECK_ROW(strstr(err.msg, rows[i].word), i);
	}
}

static void providers(void **state)
{
	(void)state;
	static const char *const names[] = {"google", "microsoft"};
	for (size_t i = 0; i < COUNT(names); i++) {
		const struct oauth_provider *p = oauth_provider(names[i]);
		char host[OAUTH_HOST_SIZE];
		CHECK_ROW(p && p->scope, i);
		CHECK_ROW(oauth_url_check(p->token_endpoint, host, NULL) == ST_OK, i);
		CHECK_ROW(oauth_url_check(p->authorization_endpoint, host, NULL) == ST_OK, i);
		CHECK_ROW(!p->device_endpoint ||
			      oauth_url_check(p->device_endpoint, host, NULL) == ST_OK,
			  i);
	}
	assert_null(oauth_provider("Google"));
	assert_null(oauth_provider(""));
}

/* RFC 7636: 43 characters of 32 random bytes; another state each time; the port is ours. */
static void consent(void **state)
{
	(void)state;
	struct oauth *o;
	struct err err;
	char before[48] = "";
	const struct oauth_options options = {.token_endpoint = "https://t.example/",
					      .authorization_endpoint =
						  "https://a.example/auth?x=1",
					      .client_id = "c d",
					      .refresh_token_file = at("token"),
					      .scope = "mail"};
	assert_int_equal(oauth_open(&options, &o, &err), ST_OK);
	for (int i = 0; i < 2; i++) {
		struct oauth_consent c;
		assert_int_equal(oauth_consent_start(o, 0, &c, &err), ST_OK);
		assert_int_equal(strlen(c.state), 43);
		assert_int_equal(strlen(c.verifier), 43);
		assert_string_not_equal(c.state, before);
		memcpy(before, c.state, sizeof before);
		assert_non_null(
		    strstr(c.url.data, "https://a.example/auth?x=1&response_type=code"));
		assert_non_null(strstr(c.url.data, "&client_id=c%20d&"));
		assert_non_null(strstr(c.url.data, "&code_challenge_method=S256"));
		assert_null(strstr(c.url.data, c.verifier));
		oauth_consent_free(&c);
	}
	oauth_close(o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(replies),      cmocka_unit_test(garbage),
	    cmocka_unit_test(device_reply), cmocka_unit_test(redirects),
	    cmocka_unit_test(addresses),    cmocka_unit_test(forms),
	    cmocka_unit_test(secret_files), cmocka_unit_test(store),
	    cmocka_unit_test(together),     cmocka_unit_test(stopped),
	    cmocka_unit_test(settings),     cmocka_unit_test(providers),
	    cmocka_unit_test(consent),
	};
	return cmocka_run_group_tests(tests, make_root, drop_root);
}
