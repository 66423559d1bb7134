/* What is kept between runs: for how long an answer is believed, and a failure remembered. No
 * server is asked. */
#include <string.h>

#include "core/limits.h"
#include "dns/ask/resolver.h"
#include "tests/unit/check.h"

#define NOW    INT64_C(1800000000)
#define HOUR   3600
#define SERVER "127.0.0.1:9"

/* A response to "a.example" A: its address, and a TTL in four bytes. */
#define A_MESSAGE(ttl)                                                                             \
	"\x12\x34\x81\x80\x00\x01\x00\x01\x00\x00\x00\x00"                                         \
	"\x01"                                                                                     \
	"a\x07"                                                                                    \
	"example\x00\x00\x01\x00\x01\xc0\x0c\x00\x01\x00\x01" ttl "\x00\x04\xc0\x00\x02\x01"
#define A_LEN  (sizeof A_MESSAGE("\x00\x00\x0e\x10") - 1)
#define HOURLY A_MESSAGE("\x00\x00\x0e\x10")
#define FOREVER                                                                                    \
	A_MESSAGE("\x80\x00\x00"                                                                   \
		  "\x00")
#define AT_ONCE A_MESSAGE("\x00\x00\x00\x00")

struct restore_row {
	const char *what;
	const char *message; /* NULL: no answer ever came */
	int64_t age;         /* of the answer, or of the failure where there is none */
	const char *failed, *servers;
	int64_t failed_age;
	enum dns_outcome online, offline;
};

static const struct restore_row rows[] = {
    {"fresh", HOURLY, HOUR - 1, NULL, NULL, 0, DNS_OK, DNS_OK},
    {"stale", HOURLY, HOUR + 1, NULL, NULL, 0, DNS_PENDING, DNS_OK},
    {"a TTL of 68 years, for a day", FOREVER, LIMIT_DNS_TTL - 1, NULL, NULL, 0, DNS_OK, DNS_OK},
    {"and no longer", FOREVER, LIMIT_DNS_TTL + 1, NULL, NULL, 0, DNS_PENDING, DNS_OK},
    {"no TTL: a run right after", AT_ONCE, 30, NULL, NULL, 0, DNS_OK, DNS_OK},
    {"a clock that ran ahead", HOURLY, -HOUR, NULL, NULL, 0, DNS_PENDING, DNS_OK},
    {"failed since", HOURLY, 2 * HOUR, "timeout", SERVER, 60, DNS_TIMEOUT, DNS_OK},
    {"failed since, but fresh", HOURLY, 120, "timeout", SERVER, 60, DNS_OK, DNS_OK},
    {"failed of other servers", HOURLY, 2 * HOUR, "timeout", "192.0.2.1:53", 60, DNS_PENDING,
     DNS_OK},
    {"failed long ago", HOURLY, 2 * HOUR, "servfail", SERVER, LIMIT_DNS_FAILURE, DNS_PENDING,
     DNS_OK},
    {"fails in the future", HOURLY, 2 * HOUR, "servfail", SERVER, -60, DNS_PENDING, DNS_OK},
    {"a failure that is none", HOURLY, 2 * HOUR, "ok", SERVER, 60, DNS_PENDING, DNS_OK},
    {"never answered", NULL, 60, "refused", SERVER, 60, DNS_REFUSED, DNS_REFUSED},
    {"never answered, as kept before", NULL, 60, NULL, NULL, 0, DNS_PENDING, DNS_REFUSED},
    {"never answered, long ago", NULL, HOUR, "refused", SERVER, HOUR, DNS_PENDING, DNS_REFUSED},
};

static struct resolver *open_resolver(bool offline)
{
	struct resolver_options o = {.server = SERVER, .offline = offline};
	struct resolver *r;
	struct err err;
	assert_int_equal(resolver_open(&o, &r, &err), ST_OK);
	return r;
}

static struct snapshot_row row_of(const struct restore_row *x)
{
	return (struct snapshot_row){.name = "a.example",
				     .type = DNS_A,
				     .outcome = x->message ? "ok" : "refused",
				     .message = x->message ? x->message : "",
				     .len = x->message ? A_LEN : 0,
				     .asked_at = NOW - x->age,
				     .failed = x->failed,
				     .failed_at = NOW - x->failed_age,
				     .servers = x->servers};
}

static void test_restore(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		for (int offline = 0; offline < 2; offline++) {
			struct resolver *r = open_resolver(offline);
			struct snapshot_row row = row_of(&rows[i]);
			enum dns_outcome want = offline ? rows[i].offline : rows[i].online;
			CHECK_ROW(resolver_restore(r, &row, NOW) == (want != DNS_PENDING), i);
			struct dns_view view = resolver_view(r);
			CHECK_ROW(dns_ask(&view, "A.example.", DNS_A)->outcome == want, i);
			struct resolver_stats s = resolver_stats(r);
			CHECK_ROW(s.oldest == (want == DNS_OK ? row.asked_at : 0), i);
			CHECK_ROW(s.remembered == (!offline && want > DNS_NODATA), i);
			resolver_close(r);
		}
}

/* Only answers that were used have an age. */
static void test_oldest(void **state)
{
	struct resolver *r = open_resolver(true);
	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct snapshot_row row = row_of(&rows[i]);
		row.name = i ? "b.example" : "a.example";
		resolver_restore(r, &row, NOW);
	}
	struct dns_view view = resolver_view(r);
	dns_ask(&view, "a.example", DNS_A);
	dns_ask(&view, "nowhere.example", DNS_A);
	assert_int_equal(resolver_stats(r).oldest, NOW - rows[0].age);
	resolver_close(r);
}

static void write_down(void *ctx, const struct snapshot_row *row)
{
	struct snapshot_row *kept = ctx;
	assert_null(kept->outcome); /* one row */
	*kept = *row;
}

/* Nobody listens: that is said of the server, and of no name. */
static void test_silence(void **state)
{
	struct resolver *r = open_resolver(false);
	struct snapshot_row kept = {.name = NULL};
	(void)state;
	struct dns_view view = resolver_view(r);
	dns_ask(&view, "a.example", DNS_A);
	dns_ask(&view, "b.example", DNS_A);
	assert_true(resolver_run(r));
	assert_true(resolver_stats(r).silent);
	resolver_each(r, write_down, &kept);
	assert_string_equal(kept.name, SNAPSHOT_SILENCE_NAME);
	assert_int_equal(kept.type, SNAPSHOT_SILENCE_TYPE);
	assert_string_equal(kept.servers, SERVER);
	kept.failed = kept.outcome;
	kept.failed_at = kept.asked_at;
	struct resolver *next = open_resolver(false);
	assert_false(resolver_restore(next, &kept, kept.asked_at));
	view = resolver_view(next);
	assert_int_equal(dns_ask(&view, "a.example", DNS_A)->outcome, DNS_PENDING);
	resolver_run(next);
	assert_int_equal(dns_ask(&view, "a.example", DNS_A)->outcome, DNS_TIMEOUT);
	assert_true(resolver_stats(next).silent);
	resolver_close(next);
	resolver_close(r);
}

/* What comes later has its share left. */
static void test_share(void **state)
{
	struct resolver_options o = {.server = SERVER, .questions = 4};
	struct resolver *r;
	struct err err;
	(void)state;
	assert_int_equal(resolver_open(&o, &r, &err), ST_OK);
	struct dns_view view = resolver_view(r);
	resolver_share(r, 50);
	assert_int_equal(dns_ask(&view, "a.example", DNS_A)->outcome, DNS_PENDING);
	assert_int_equal(dns_ask(&view, "b.example", DNS_A)->outcome, DNS_PENDING);
	assert_int_equal(dns_ask(&view, "c.example", DNS_A)->outcome, DNS_NOT_ASKED);
	resolver_share(r, 100);
	assert_int_equal(dns_ask(&view, "d.example", DNS_A)->outcome, DNS_PENDING);
	assert_int_equal(dns_ask(&view, "e.example", DNS_A)->outcome, DNS_PENDING);
	assert_int_equal(dns_ask(&view, "f.example", DNS_A)->outcome, DNS_NOT_ASKED);
	assert_int_equal(resolver_stats(r).not_asked, 2);
	resolver_close(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_restore),
	    cmocka_unit_test(test_oldest),
	    cmocka_unit_test(test_silence),
	    cmocka_unit_test(test_share),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
