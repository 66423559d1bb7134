/* ingest/auth: Authentication-Results (RFC 8601), whose word counts and what it says. */
#include "tests/unit/check.h"

#include <stdio.h>
#include <string.h>

#include "dns/names.h"
#include "ingest/auth/authenticate.h"

static const char *const trusted[] = {"mx.example.com", "inner.example.com"};
static const struct name_rules *rules;

static struct authentic look(const char *header, bool enclosed)
{
	static struct authenticator *a;
	struct auth_options o = {.trusted = trusted, .n_trusted = COUNT(trusted)};
	char mail[8192];
	struct authentic out;
	int n = snprintf(mail, sizeof mail, "%s\r\nbody\r\n", header);
	struct mail_around m = {.blob = {.size = (uint64_t)n, .mem = (uint8_t *)mail, .fd = -1},
				.enclosed = enclosed};
	authenticator_free(a);
	a = authenticator_new(&o, rules);
	authenticate(a, &m, 1796064473, &out);
	return out;
}

#define FROM "From: a@x.example\r\n"
#define AR   "Authentication-Results: "
#define PASS AR "mx.example.com; dmarc=pass header.from=x.example\r\n"
#define BY(h)                                                                                      \
	"Received: from c.example (c.example [192.0.2.1])\r\n\tby " h                              \
	" (Postfix) with ESMTP; now\r\n"
#define SIGNED                                                                                     \
	"DKIM-Signature: v=1; a=rsa-sha256; d=x.example; s=s; h=from; "                            \
	"bh=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=; b=AAAA\r\n" /* whose key nobody has */

static void each(void **state)
{
	static const struct {
		const char *header, *want;
	} rows[] = {
	    {PASS FROM, "aligned x.example"},
	    {AR "mx.example.com; dmarc=pass\r\n" FROM, "aligned x.example"},
	    {AR "MX.Example.Com 1; DMARC=Pass Header.From=X.Example\r\n" FROM, "aligned x.example"},
	    {AR "mx.example.com/1; dmarc=pass\r\n" FROM, "none"},
	    {AR "\"mx.example.com\"; dmarc=pass\r\n" FROM, "aligned x.example"},
	    {AR
	     "(a;b) mx.example.com (c)\r\n 1 (d);\r\n\tdmarc (e) = (f) pass (p=none; dis=none)\r\n"
	     " header.from (g) = x.example\r\n" FROM,
	     "aligned x.example"},
	    {AR
	     "mx.example.com; spf=fail smtp.mailfrom=a@y.example; dkim=fail header.d=y.example;\r\n"
	     " dmarc/1=pass policy.dmarc=none header.from=x.example; arc=none\r\n" FROM,
	     "aligned x.example"},
	    {AR
	     "mx.example.com; dmarc=pass reason=\"a; dmarc=fail\" header.from=x.example\r\n" FROM,
	     "aligned x.example"},
	    {AR "mx.example.com; dmarc=pass header.from=a@x.example\r\n" FROM, "aligned x.example"},
	    {AR "mx.example.com; dmarc=pass header.from=\"x.example\"\r\n" FROM,
	     "aligned x.example"},
	    /* not enough */
	    {AR "mx.example.com; dkim=pass header.d=x.example\r\n" FROM, "none"},
	    {AR "mx.example.com; spf=pass; dkim=pass\r\n" FROM, "none"},
	    {AR "mx.example.com; none\r\n" FROM, "none"},
	    {AR "mx.example.com\r\n" FROM, "none"},
	    {AR "\r\n" FROM, "none"},
	    {AR "mx.example.com; dmarc=bestguesspass header.from=x.example\r\n" FROM, "none"},
	    {AR "mx.example.com; dmarc=temperror\r\n" FROM, "none"},
	    {AR "mx.example.com; x=y dmarc=pass\r\n" FROM, "none"}, /* a property of x */
	    {AR "mx.example.com; spf=pass reason=\"; dmarc=pass\"\r\n" FROM, "none"},
	    {AR "mx.example.com; spf=pass (; dmarc=pass)\r\n" FROM, "none"},
	    {AR "mx.example.com; dmarc=pass header.from=y.example\r\n" FROM, "none"},
	    {AR "mx.example.com; dmarc=pass header.from=sub.x.example\r\n" FROM, "none"},
	    {AR "mx.example.com; dmarc=pass header.from=x.example; dmarc=fail\r\n" FROM, "none"},
	    {AR "mx.example.com; dmarc=pass; dmarc=pass header.from=y.example\r\n" FROM, "none"},
	    {PASS "From: a@x.example, b@x.example\r\n", "none"},
	    {PASS FROM FROM, "none"},
	    {PASS, "none"},
	    /* damaged */
	    {AR "mx.example.com; dmarc=pass (never ends\r\n" FROM, "none"},
	    {AR "mx.example.com; dmarc=pass reason=\"never ends\r\n" FROM, "none"},
	    {AR "mx.example.com; =pass; dmarc=pass\r\n" FROM, "none"},
	    {AR "mx.example.com; dmarc=; dmarc=pass\r\n" FROM, "none"},
	    {AR "mx.example.com; dmarc=pass )\r\n" FROM, "none"},
	    /* of whom */
	    {AR "mx.elsewhere.example; dmarc=pass\r\n" FROM, "none"},
	    {AR "mx.example.com.evil.example; dmarc=pass\r\n" FROM, "none"},
	    {AR "evil.example (mx.example.com); dmarc=pass\r\n" FROM, "none"},
	    {AR "inner.example.com; dmarc=pass\r\n" FROM, "aligned x.example"},
	    {AR "mx.elsewhere.example; dmarc=fail\r\n" PASS FROM, "aligned x.example"},
	    /* where */
	    {BY("mx.example.com") PASS FROM, "aligned x.example"},
	    {BY("inner.example.com") BY("MX.example.com") PASS FROM, "aligned x.example"},
	    {PASS BY("relay.example") FROM, "aligned x.example"},
	    {BY("relay.example") PASS FROM, "none"},
	    {BY("mx.example.com") BY("relay.example") PASS FROM, "none"},
	    {"Received: by mx.example.com; now\r\n" PASS FROM, "aligned x.example"},
	    {"Received: from by (by mx.example.com) by relay.example; now\r\n" PASS FROM, "none"},
	    {"Received: (qmail 1 invoked); now\r\n" PASS FROM, "none"},
	    {FROM BY("relay.example") PASS, "none"},
	    {FROM PASS, "aligned x.example"},
	    /* the topmost decides */
	    {AR "mx.example.com; dkim=pass\r\n" PASS FROM, "none"},
	    {AR "mx.example.com; dmarc=fail\r\n" PASS FROM, "none"},
	    {PASS AR "mx.example.com; dmarc=fail\r\n" FROM, "aligned x.example"},
	    /* beside signatures */
	    {PASS SIGNED FROM, "aligned x.example"},
	    {AR "mx.example.com; dmarc=fail header.from=x.example\r\n" SIGNED FROM,
	     "fail x.example"},
	    {AR "mx.example.com; dmarc=fail header.from=y.example\r\n" SIGNED FROM, "unknown"},
	    {AR "mx.example.com; dkim=fail\r\n" SIGNED FROM, "unknown"},
	};
	(void)state;
	unsigned wrong = 0;
	for (size_t i = 0; i < COUNT(rows); i++) {
		char got[300];
		struct authentic a = look(rows[i].header, false);
		snprintf(got, sizeof got, "%s%s%s", auth_names[a.result], a.domain ? " " : "",
			 a.domain ? a.domain : "");
		assert_int_equal(a.by, a.domain ? AUTH_BY_RESULTS : AUTH_BY_NOBODY);
		if (strcmp(got, rows[i].want) != 0) {
			fprintf(stderr, "row %zu: %s, not %s\n%s\n", i, got, rows[i].want,
				rows[i].header);
			wrong++;
		}
		assert_int_not_equal(look(rows[i].header, true).by, AUTH_BY_RESULTS);
	}
	assert_int_equal(wrong, 0);
}

int main(void)
{
	rules = names_open();
	const struct CMUnitTest tests[] = {cmocka_unit_test(each)};
	int failed = cmocka_run_group_tests_name("auth_results", tests, NULL, NULL);
	names_close(rules);
	return failed;
}
