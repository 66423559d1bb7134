/* dns/dnsbl: what is asked, what an answer means, and which lists are not believed. */
#include "tests/unit/check.h"

#include <string.h>

#include "dns/dnsbl.h"
#include "tests/unit/zone_view.h"

#define TEST_POINT "2.0.0.127.zen.spamhaus.org A 127.0.0.2"
#define ASKED      "10.2.0.192.zen.spamhaus.org "

static const struct ip address = {4, {192, 0, 2, 10}};

static struct dnsbl_finding ask(const char *const *lines, const struct ip *ip, bool at_once)
{
	struct zone_view zone;
	struct dns_view view = zone_view(&zone, lines);
	struct dnsbl_run run = {0};
	static struct arena a;
	struct dnsbl_finding f;
	zone.at_once = at_once;
	arena_reset(&a);
	for (int round = 0; round < 4; round++) {
		dnsbl_ask(&run, &view, dnsbl_usual(), ip, &a, &f);
		if (!at_once && round == 0)
			assert_int_equal(f.state, DNSBL_PENDING);
	}
	assert_in_range(run.n, 0, 3);
	arena_free(&run.a);
	zone_view_end(&zone);
	return f;
}

static void meanings(void **state)
{
	(void)state;
	static const struct {
		const char *lines[6];
		enum dnsbl_state state;
		const char *code, *why;
	} rows[] = {
	    {{TEST_POINT}, DNSBL_NOT_LISTED, NULL, NULL},
	    {{TEST_POINT, ASKED "A 127.0.0.2"}, DNSBL_LISTED, "127.0.0.2", "SBL"},
	    {{TEST_POINT, ASKED "A 127.0.0.4"}, DNSBL_LISTED, "127.0.0.4", "XBL"},
	    {{TEST_POINT, ASKED "A 127.0.0.10"}, DNSBL_POLICY, "127.0.0.10", "PBL"},
	    {{TEST_POINT, ASKED "A 127.0.0.11", ASKED "A 127.0.0.4"},
	     DNSBL_LISTED,
	     "127.0.0.4",
	     "XBL"},
	    {{TEST_POINT, ASKED "A 127.0.0.200"}, DNSBL_UNASKED, NULL, "does not document"},
	    {{TEST_POINT, ASKED "A 127.0.1.2"}, DNSBL_UNASKED, NULL, "does not document"},
	    {{TEST_POINT, ASKED "A 127.255.255.254"}, DNSBL_UNASKED, NULL, "this resolver"},
	    {{TEST_POINT, ASKED "A 127.255.255.255"}, DNSBL_UNASKED, NULL, "too often"},
	    {{TEST_POINT, ASKED "A 127.255.255.252"}, DNSBL_UNASKED, NULL, "refuses"},
	    {{TEST_POINT, ASKED "A 203.0.113.1"}, DNSBL_UNASKED, NULL, "dead"},
	    {{TEST_POINT, ASKED "TIMEOUT"}, DNSBL_UNASKED, NULL, "in time"},
	    {{TEST_POINT, ASKED "SERVFAIL"}, DNSBL_UNASKED, NULL, "an error"},
	    /* lists that do not work are not asked about the address at all */
	    {{ASKED "A 127.0.0.2"}, DNSBL_UNASKED, NULL, "127.0.0.2 is not listed"},
	    {{TEST_POINT, "1.0.0.127.zen.spamhaus.org A 127.0.0.2", ASKED "A 127.0.0.2"},
	     DNSBL_UNASKED,
	     NULL,
	     "everybody"},
	    {{"2.0.0.127.zen.spamhaus.org A 192.0.2.1", ASKED "A 127.0.0.2"},
	     DNSBL_UNASKED,
	     NULL,
	     "dead"},
	    {{"2.0.0.127.zen.spamhaus.org TIMEOUT", ASKED "A 127.0.0.2"},
	     DNSBL_UNASKED,
	     NULL,
	     "in time"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		for (int at_once = 0; at_once < 2; at_once++) {
			struct dnsbl_finding f = ask(rows[i].lines, &address, at_once);
			CHECK_ROW(f.state == rows[i].state, i);
			CHECK_ROW(!rows[i].code || (f.code && strcmp(f.code, rows[i].code) == 0),
				  i);
			CHECK_ROW(!rows[i].why || (f.why && strstr(f.why, rows[i].why)), i);
			CHECK_ROW(f.list == dnsbl_usual(), i);
		}
}

static void questions(void **state)
{
	(void)state;
	char name[DNSBL_NAME_SIZE];
	struct ip six;
	dnsbl_question(dnsbl_usual(), &address, name);
	assert_string_equal(name, "10.2.0.192.zen.spamhaus.org");
	assert_true(ip_parse("2001:db8::1", 11, &six, NULL));
	dnsbl_question(dnsbl_usual(), &six, name);
	assert_string_equal(
	    name,
	    "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.zen.spamhaus.org");
	assert_ptr_equal(dnsbl_named("blocked using ZEN.Spamhaus.org"), dnsbl_usual());
	assert_string_equal(dnsbl_named("see bl.spamcop.net")->zone, "bl.spamcop.net");
	assert_null(dnsbl_named("blocked by us"));
	assert_null(dnsbl_named(NULL));
	size_t n;
	const struct dnsbl *all = dnsbl_all(&n);
	for (size_t i = 0; i < n; i++)
		assert_true(all[i].terms[0] && all[i].form[0] && all[i].words[0]);
}

/* Private addresses are nobody's business, and a run has a ceiling. */
static void bounds(void **state)
{
	(void)state;
	static const char *const lines[] = {TEST_POINT, NULL};
	static const struct ip inside = {4, {10, 0, 0, 1}};
	struct zone_view zone;
	struct dns_view view = zone_view(&zone, lines);
	struct dnsbl_run run = {0};
	struct arena a = {0};
	struct dnsbl_finding f;
	zone.at_once = true;
	dnsbl_ask(&run, &view, dnsbl_usual(), &inside, &a, &f);
	assert_int_equal(f.state, DNSBL_UNASKED);
	assert_int_equal(zone.questions, 0);
	for (unsigned i = 0; i < 40; i++) {
		struct ip ip = {4, {192, 0, 2, (uint8_t)i}};
		dnsbl_ask(&run, &view, dnsbl_usual(), &ip, &a, &f);
		assert_int_equal(f.state,
				 i < DNSBL_QUESTIONS - 2 ? DNSBL_NOT_LISTED : DNSBL_UNASKED);
	}
	assert_int_equal(run.n, DNSBL_QUESTIONS);
	assert_non_null(strstr(f.why, "used up"));
	arena_free(&run.a);
	arena_free(&a);
	zone_view_end(&zone);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(meanings),
	    cmocka_unit_test(questions),
	    cmocka_unit_test(bounds),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
