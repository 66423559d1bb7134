/* ingest/auth: whose mail it is, and when it was written. */
#include "tests/unit/check.h"

#include <stdio.h>
#include <string.h>

#include "ingest/auth/author.h"

static void authors(void **state)
{
	static const struct {
		const char *value, *want; /* NULL: none */
	} rows[] = {
	    {" noreply-dmarc-support@google.com", "noreply-dmarc-support@google.com"},
	    {" Google <NoReply@Google.COM>\r\n", "NoReply@google.com"},
	    {" \"Doe, John\" <a@x.example>", "a@x.example"},
	    {" \"a@evil.example\" <b@x.example>", "b@x.example"},
	    {" a@evil.example <b@x.example>", "b@x.example"},
	    {" =?utf-8?q?a=40evil?= <b@x.example>", "b@x.example"},
	    {" b@x.example (a@evil.example)", "b@x.example"},
	    {" (one (two) \\) three) b@x.example", "b@x.example"},
	    {" b(c)@(d)x.example", NULL}, /* a comment is a blank, and that is none */
	    {" <b@x.example.>", "b@x.example"},
	    {"\r\n <b@x.example>\r\n", "b@x.example"},
	    {" , b@x.example,", "b@x.example"},
	    {" \"b c\"@x.example", "\"b c\"@x.example"},
	    {" \"b@c\"@x.example", "\"b@c\"@x.example"},
	    {" <\"b\\\"@y.example\\\"\"@x.example>", "\"b\\\"@y.example\\\"\"@x.example"},
	    {" a@x.example, b@x.example", NULL},
	    {" A <a@x.example>, B <b@x.example>", NULL},
	    {" A <a@x.example> <b@x.example>", NULL},
	    {" <a@x.example> b@y.example", NULL},
	    {" group: a@x.example;", NULL},
	    {" group:;", NULL},
	    {" undisclosed-recipients:;", NULL},
	    {" <@relay.example:a@x.example>", NULL},
	    {" a@b@x.example", NULL},
	    {" a b@x.example", NULL},
	    {" a@x .example", NULL},
	    {" <a@[192.0.2.1]>", NULL},
	    {" <>", NULL},
	    {" @x.example", NULL},
	    {" nobody", NULL},
	    {" \"never ends@x.example", NULL},
	    {" (never ends a@x.example", NULL},
	    {" <a@x.example", NULL},
	    {" a\x01@x.example", NULL},
	    {" a\xff@x.example", NULL},
	    {"", NULL},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct author a = {.domain = NULL};
		bool ok = author_read(NULL, rows[i].value, strlen(rows[i].value), &a);
		CHECK_ROW(ok == (rows[i].want != NULL), i);
		if (!ok)
			continue;
		CHECK_ROW(strcmp(a.address, rows[i].want) == 0, i);
		CHECK_ROW(a.domain == strrchr(a.address, '@') + 1, i);
	}
}

static void author_with_zero(void **state)
{
	static const char value[] = " a\0b@x.example";
	struct author a;
	(void)state;
	assert_false(author_read(NULL, value, sizeof value - 1, &a));
}

static void long_authors(void **state)
{
	char value[700];
	struct author a;
	(void)state;
	for (size_t n = 300; n < 690; n++) {
		memset(value, 'a', n);
		memcpy(value + n, "@x.org", 7);
		assert_int_equal(author_read(NULL, value, n + 6, &a), n <= 320);
	}
}

static void dates(void **state)
{
	static const struct {
		const char *value;
		long long want; /* -1: none */
	} rows[] = {
	    {" Fri, 21 Nov 1997 09:55:06 -0600", 880127706},
	    {" 21 Nov 1997 09:55:06 -0600\r\n", 880127706},
	    {" Fri, 21 Nov 97 09:55:06 CST", 880127706},
	    {" Fri, 21 Nov 097 09:55:06 CST", 880127706},
	    {" Fri, 21 Nov 1997\r\n 09:55 GMT (odd (very))", 880106100},
	    {" Mon, 30 Nov 2026 18:47:53 +0000 (UTC)", 1796064473},
	    {" Mon, 30 Nov 26 18:47:53 Z", 1796064473},
	    {" Mon, 30 Nov 2026 18:47:53", 1796064473},
	    {" Thu, 29 Feb 2024 23:59:60 +0530", 1709231400},
	    {" Wed, 29 Feb 2023 00:00:00 +0000", -1},
	    {" 31 Apr 2023 00:00:00 +0000", -1},
	    {" 00 Apr 2023 00:00:00 +0000", -1},
	    {" 1 Foo 2023 00:00:00 +0000", -1},
	    {" 1 Jan 1969 00:00:00 +0000", -1},
	    {" 1 Jan 20233 00:00:00 +0000", -1},
	    {" 1 Jan 2023 24:00:00 +0000", -1},
	    {" 1 Jan 2023 00:60:00 +0000", -1},
	    {" 1 Jan 2023 00:00:61 +0000", -1},
	    {" 1 Jan 2023 00:00:00 +00000", -1},
	    {" 1 Jan 2023 00:00:00 +0060", -1},
	    {" 2023-01-01T00:00:00Z", -1},
	    {" yesterday", -1},
	    {"", -1},
	    {" (never ends", -1},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		int64_t got = -1;
		bool ok = mail_date_read(rows[i].value, strlen(rows[i].value), &got);
		CHECK_ROW(ok == (rows[i].want != -1), i);
		if (got != rows[i].want)
			fail_msg("row %zu: %lld", i, (long long)got);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(authors),
					   cmocka_unit_test(author_with_zero),
					   cmocka_unit_test(long_authors), cmocka_unit_test(dates)};
	return cmocka_run_group_tests_name("auth_author", tests, NULL, NULL);
}
