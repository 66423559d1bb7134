/* cli/config: what a configuration file may say, and how it complains. */
#include "tests/unit/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/config/config.h"
#include "core/err.h"

static char root[64], path[256];

static int make_root(void **state)
{
	(void)state;
	strcpy(root, "/tmp/test_config.XXXXXX");
	if (!mkdtemp(root))
		return -1;
	snprintf(path, sizeof path, "%s/ruascope.conf", root);
	return 0;
}

static int drop_root(void **state)
{
	(void)state;
	char command[128];
	snprintf(command, sizeof command, "rm -rf '%s'", root);
	return system(command);
}

static enum status load(const char *text, struct config *c, struct err *err)
{
	FILE *f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
	return config_load(c, path, err);
}

static void good(void **state)
{
	(void)state;
	static const struct {
		const char *text, *database, *dns;
	} rows[] = {
	    {"", NULL, NULL},
	    {"# only a comment\n", NULL, NULL},
	    {"database = \"service=dmarc\"\n", "service=dmarc", NULL},
	    {"database = local\n", "local", NULL},
	    {"database = 'host=/run dbname=d'\ndns-server = \"127.0.0.1:5353\"\n",
	     "host=/run dbname=d", "127.0.0.1:5353"},
	    {"dns-server = \"[2001:db8::1]:53\"\n", NULL, "[2001:db8::1]:53"},
	    {"database = \"a#b\" # c\n", "a#b", NULL},
	    {"database = postgresql://h/d // c\n", "postgresql://h/d", NULL},
	    {"dns-server = \"2001:db8::1\"\n", NULL, "2001:db8::1"},
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct config c;
		struct err err = {.msg = ""};
		if (load(rows[i].text, &c, &err) != ST_OK)
			fail_msg("row %zu: %s", i, err.msg);
		CHECK_ROW(!rows[i].database == !c.database, i);
		CHECK_ROW(!c.database || strcmp(c.database, rows[i].database) == 0, i);
		CHECK_ROW(!rows[i].dns == !c.dns_server, i);
		CHECK_ROW(!c.dns_server || strcmp(c.dns_server, rows[i].dns) == 0, i);
		CHECK_ROW(strcmp(c.path, path) == 0, i);
		config_free(&c);
	}
}

/* A relative path begins where the file is. */
static void catalogue(void **state)
{
	(void)state;
	char beside[128];
	snprintf(beside, sizeof beside, "%s/own.csv", root);
	const char *const rows[][2] = {{"catalogue = own.csv\n", beside},
				       {"catalogue = \"/srv/own.csv\"\n", "/srv/own.csv"},
				       {"database = local\n", NULL}};
	struct config own;
	struct err none;
	assert_int_equal(load("bounce-rules = own.csv\n", &own, &none), ST_OK);
	assert_string_equal(own.bounce_rules, beside);
	config_free(&own);
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct config c;
		struct err err;
		CHECK_ROW(load(rows[i][0], &c, &err) == ST_OK, i);
		CHECK_ROW(!c.catalogue == !rows[i][1], i);
		CHECK_ROW(!c.catalogue || strcmp(c.catalogue, rows[i][1]) == 0, i);
		config_free(&c);
	}
}

static void mailboxes(void **state)
{
	(void)state;
	struct config c;
	struct err err = {.msg = ""};
	char beside[128];
	snprintf(beside, sizeof beside, "%s/rua.secret", root);
	assert_int_equal(load("mailbox rua {\n\tauth = xoauth2\n\tprovider = microsoft\n"
			      "\tclient-id = \"9a1f\"\n\tclient-secret-file = rua.secret\n"
			      "\trefresh-token-file = \"/srv/rua.token\"\n}\n"
			      "mailbox second.one {\n\tauth = plain\n}\ndatabase = local\n",
			      &c, &err),
			 ST_OK);
	assert_int_equal(c.n_mailboxes, 2);
	const struct config_mailbox *m = config_mailbox(&c, "rua");
	assert_non_null(m);
	assert_string_equal(m->oauth.auth, "xoauth2");
	assert_string_equal(m->oauth.provider, "microsoft");
	assert_string_equal(m->oauth.client_id, "9a1f");
	assert_string_equal(m->oauth.client_secret_file, beside);
	assert_string_equal(m->oauth.refresh_token_file, "/srv/rua.token");
	assert_null(m->oauth.scope);
	assert_string_equal(config_mailbox(&c, "second.one")->oauth.auth, "plain");
	assert_null(config_mailbox(&c, "third"));
	config_free(&c);
}

static void sources(void **state)
{
	(void)state;
	struct config c;
	struct err err = {.msg = ""};
	char want[512];
	assert_int_equal(load("# two\nmailbox a {\n url = \"imaps://u@h/\"\n password-file = "
			      "a.pw\n on-rejected = leave\n"
			      " poll = 7\n}\nmailbox b {\n user = x\n}\n",
			      &c, &err),
			 ST_OK);
	const struct config_source *a = &config_mailbox(&c, "a")->source;
	snprintf(want, sizeof want, "%.*s/a.pw", (int)(strrchr(path, '/') - path), path);
	assert_string_equal(a->url, "imaps://u@h/");
	assert_string_equal(a->password_file, want);
	assert_string_equal(a->on[OUT_REJECTED], "leave");
	assert_null(a->on[OUT_STORED]);
	assert_int_equal(a->poll, 7);
	assert_string_equal(config_mailbox(&c, "b")->source.user, "x");
	config_free(&c);
}

static void groups(void **state)
{
	(void)state;
	struct config c;
	struct err err = {.msg = ""};
	assert_int_equal(
	    load("domains = {\"example.com\", \"b\xc3\xbc"
		 "cher.example\"}\n"
		 "group \"customers\" {\n domains = {\"Example.NET\", \"example.com\"}\n"
		 " owner = \"mail team\"\n}\n"
		 "group parked { domains = {\"example.com\"} }\n",
		 &c, &err),
	    ST_OK);
	assert_int_equal(c.n_domains, 2);
	assert_string_equal(c.domains[1], "b\xc3\xbc"
					  "cher.example");
	assert_int_equal(c.n_groups, 2);
	const struct config_group *g = config_group(&c, "Customers");
	assert_non_null(g);
	assert_int_equal(g->n_domains, 2);
	assert_string_equal(g->domains[0], "Example.NET");
	assert_string_equal(g->owner, "mail team");
	assert_null(config_group(&c, "parked")->owner);
	assert_null(config_group(&c, "park"));
	config_free(&c);
	assert_int_equal(load("database = local\n", &c, &err), ST_OK);
	assert_int_equal(c.n_domains + c.n_groups, 0);
	config_free(&c);
}

static void bad(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		int line;
	} rows[] = {
	    {"datbase = \"x\"\n", 1},
	    {"\n\ndns-server = \"resolver.example\"\n", 3},
	    {"dns-server = \"\"\n", 1},
	    {"database = \"\"\n", 1},
	    {"database\n", 2},
	    {"# c\ndatabase = {\n", 2},
	    {"catalogue = \"\"\n", 1},
	    {"bounce-rules = \"\"\n", 1},
	    {"mailbox rua {\n\tauth = cram\n}\n", 2},
	    {"mailbox rua {\n\n\tscope = \"\"\n}\n", 3},
	    {"mailbox rua {\n\tclient-id = \"a\\x01b\"\n}\n", 2},
	    {"mailbox rua {\n\ttoken = x\n}\n", 2},
	    {"mailbox rua {\n\tpoll = 0\n}\n", 2},
	    {"mailbox \"a/b\" {\n}\n", 2},
	    {"mailbox a {\n}\nmailbox a {\n}\n", 3},
	    {"domains = {\"a.example\",\n\"no domain\"}\n", 2},
	    {"domains = {\"\"}\n", 1},
	    {"group a {\n}\n", 2},
	    {"group a {\n\tdomains = {}\n}\n", 3},
	    {"group a {\n\tdomains = {\"-a b\"}\n}\n", 2},
	    {"group a {\n\tdomain = {\"a.example\"}\n}\n", 2},
	    {"group \"\" {\n\tdomains = {\"a.example\"}\n}\n", 3},
	    {"group a {\n domains = {\"a.example\"}\n owner = \" \"\n}\n", 4},
	    {"group a { domains = {\"a.example\"} }\ngroup a { domains = {\"b.example\"} }\n", 2},
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct config c;
		struct err err = {.msg = ""};
		char want[512];
		CHECK_ROW(load(rows[i].text, &c, &err) == ST_FATAL, i);
		snprintf(want, sizeof want, "%s:%d: ", path, rows[i].line);
		if (strncmp(err.msg, want, strlen(want)) != 0)
			fail_msg("row %zu: \"%s\" does not begin with \"%s\"", i, err.msg, want);
		config_free(&c);
	}
}

static void places(void **state)
{
	(void)state;
	struct config c;
	struct err err;
	char dir[128], missing[160];
	snprintf(missing, sizeof missing, "%s/missing.conf", root);
	assert_int_equal(config_load(&c, missing, &err), ST_FATAL);
	assert_int_equal(config_load(&c, root, &err), ST_FATAL); /* a directory */
	snprintf(dir, sizeof dir, "%s/ruascope", root);
	assert_int_equal(mkdir(dir, 0700), 0);
	setenv("XDG_CONFIG_HOME", root, 1);
	snprintf(path, sizeof path, "%s/ruascope.conf", dir);
	assert_int_equal(load("database = here\n", &c, &err), ST_OK);
	config_free(&c);
	assert_int_equal(config_load(&c, NULL, &err), ST_OK);
	assert_string_equal(c.database, "here");
	config_free(&c);
}

static void servers(void **state)
{
	(void)state;
	assert_true(config_is_server("127.0.0.1"));
	assert_true(config_is_server("127.0.0.1:53"));
	assert_true(config_is_server("::1"));
	assert_true(config_is_server("[::1]:5353"));
	assert_false(config_is_server(""));
	assert_false(config_is_server("127.0.0.1 "));
	assert_false(config_is_server("localhost"));
	assert_false(config_is_server("127.0.0.1:99999"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(good),      cmocka_unit_test(catalogue), cmocka_unit_test(bad),
	    cmocka_unit_test(mailboxes), cmocka_unit_test(places),    cmocka_unit_test(servers),
	    cmocka_unit_test(sources),   cmocka_unit_test(groups),
	};
	return cmocka_run_group_tests(tests, make_root, drop_root);
}
