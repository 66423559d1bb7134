#include <time.h>

#include "report/inventory.h"
#include "tests/unit/report_facts.h"

static const struct inventory_options everything = {0};

static struct domain_inventory compare(struct arena *a, const struct row *rows, size_t n,
				       const struct row *old, size_t n_old,
				       const struct inventory_options *options)
{
	struct domain_facts *facts = arena_alloc(a, 2 * sizeof *facts);
	struct domain_inventory d;
	facts[0] = make_facts(a, OCTOBER, rows, n);
	facts[1] = make_facts(a, OCTOBER - 1, old, n_old);
	inventory_without_dns(&facts[0], &facts[1], options, a, &d);
	return d;
}

static const struct row october[] = {
    {"192.0.2.1", 900, "example.com pass", "example.com s1 pass"},
    {"192.0.2.1", 9, "example.com fail", NULL},
    {"192.0.3.1", 9000, "example.com pass", "example.com s1 pass"},
    {"192.0.4.1", 70, "example.com pass", NULL},
    {"198.51.100.1", 6, "lists.example pass", "example.com s1 fail", DMARC_FORWARD_REASON},
    {"203.0.113.1", 5, "stranger.example fail", NULL},
    {"203.0.114.1", 50, "example.com fail", NULL},
};

static const struct row september[] = {
    {"192.0.2.1", 800, "example.com pass", "example.com s1 pass"},
    {"192.0.4.1", 60, "example.com fail", NULL},
    {"192.0.9.1", 40, "example.com pass", NULL},
    {"198.51.100.1", 6, "lists.example pass", "example.com s1 fail"},
};

static void test_changes(void **state)
{
	static const struct {
		const char *key;
		enum change change;
		enum category category;
	} wanted[] = {
	    /* in this order: what fails most, forwarders, what is fine, what is gone */
	    {"net:203.0.114.0/24#spf-fail", CHANGE_NEW, CAT_UNKNOWN},
	    {"net:203.0.113.0/24#fail", CHANGE_NEW, CAT_UNKNOWN},
	    {"mailfrom:lists.example", CHANGE_CHANGED, CAT_FORWARDER},
	    {"net:192.0.3.0/24", CHANGE_NEW, CAT_AUTHORIZED},
	    {"net:192.0.2.0/24", CHANGE_SAME, CAT_AUTHORIZED},
	    {"net:192.0.4.0/24", CHANGE_CHANGED, CAT_AUTHORIZED}, /* repaired: was "#spf-fail" */
	    {"net:192.0.9.0/24", CHANGE_GONE, CAT_AUTHORIZED},
	};
	struct arena a = {0};
	(void)state;
	struct domain_inventory d =
	    compare(&a, october, COUNT(october), september, COUNT(september), &everything);
	assert_int_equal(d.n_senders, COUNT(wanted));
	assert_true(d.compared);
	for (size_t i = 0; i < COUNT(wanted); i++) {
		CHECK_ROW(strcmp(d.senders[i].key, wanted[i].key) == 0, i);
		CHECK_ROW(d.senders[i].change == wanted[i].change, i);
		CHECK_ROW(d.senders[i].verdict.category == wanted[i].category, i);
	}
	const struct sender *gone = &d.senders[COUNT(wanted) - 1];
	assert_string_equal(gone->name, "192.0.9.1");
	assert_int_equal(gone->t.messages, 0);
	assert_int_equal(gone->n_sources, 0);
	assert_int_equal(gone->last_day, month_first_day(OCTOBER - 1) + 9);
	arena_free(&a);
}

static void test_nothing_before(void **state)
{
	struct arena a = {0};
	(void)state;
	struct domain_inventory d = compare(&a, october, COUNT(october), NULL, 0, &everything);
	assert_false(d.compared);
	for (size_t i = 0; i < d.n_senders; i++)
		assert_int_equal(d.senders[i].change, CHANGE_NEW);
	d = compare(&a, NULL, 0, october, COUNT(october), &everything);
	assert_int_equal(d.n_senders, COUNT(october) - 1);
	for (size_t i = 0; i < d.n_senders; i++)
		assert_int_equal(d.senders[i].change, CHANGE_GONE);
	d = compare(&a, NULL, 0, NULL, 0, &everything);
	assert_int_equal(d.n_senders, 0);
	arena_free(&a);
}

static void test_category(void **state)
{
	struct arena a = {0};
	size_t n = 0;
	(void)state;
	for (int c = 0; c < CAT_COUNT; c++) {
		struct inventory_options one = {.one_category = true, .category = (enum category)c};
		struct domain_inventory d =
		    compare(&a, october, COUNT(october), september, COUNT(september), &one);
		assert_int_equal(d.messages, 10040);
		for (size_t i = 0; i < d.n_senders; i++)
			assert_int_equal(d.senders[i].verdict.category, c);
		n += d.n_senders;
	}
	assert_int_equal(n, 7);
	enum category c;
	assert_true(category_parse("legit_spf_missing", &c));
	assert_int_equal(c, CAT_LEGIT_SPF_MISSING);
	assert_true(category_parse("authorised", &c));
	assert_int_equal(c, CAT_AUTHORIZED);
	assert_true(category_parse("Missing from SPF", &c));
	assert_int_equal(c, CAT_LEGIT_SPF_MISSING);
	assert_true(category_parse("unauthorised", &c) && c == CAT_UNAUTHORIZED);
	assert_true(category_parse("unauthorized", &c) && c == CAT_UNAUTHORIZED);
	assert_false(category_parse("missing", &c));
	assert_false(category_parse("", &c));
	arena_free(&a);
}

/* A domain with one reporter: the month alone says nothing, two months do, and it stays quiet. */
static void test_one_reporter_with_history(void **state)
{
	static const struct row rows[] = {{"192.0.2.1", 9, "example.com pass", NULL, 0, 0, 0x1}};
	struct arena a = {0};
	(void)state;
	struct domain_inventory d = compare(&a, rows, 1, NULL, 0, &everything);
	assert_int_equal(d.senders->verdict.category, CAT_UNKNOWN);
	d = compare(&a, rows, 1, rows, 1, &everything);
	assert_int_equal(d.senders->verdict.category, CAT_AUTHORIZED);
	assert_int_equal(d.senders->change, CHANGE_SAME);
	arena_free(&a);
}

/* Ten thousand sources, each with a selector of its own, over 50 domains: well under a second. */
static void test_many(void **state)
{
	enum { DOMAINS = 50, SOURCES = 200 };
	struct arena a = {0};
	struct row *rows = arena_alloc(&a, DOMAINS * SOURCES * sizeof *rows);
	struct timespec from, to;
	(void)state;
	for (unsigned i = 0; i < DOMAINS * SOURCES; i++)
		rows[i] = (struct row){arena_printf(&a, "10.%u.%u.1", i / 256, i % 256), 1 + i % 7,
				       i % 3 ? "example.com pass" : "x.example fail",
				       arena_printf(&a, "example.com s%u pass", i)};
	struct domain_facts all = make_facts(&a, OCTOBER, rows, DOMAINS * SOURCES);
	struct domain_facts none = make_facts(&a, OCTOBER - 1, NULL, 0);
	struct domain_facts part = make_facts(&a, OCTOBER, rows, SOURCES);
	struct domain_inventory d;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &from);
	inventory_without_dns(&all, &none, &everything, &a, &d); /* as one */
	assert_int_equal(d.n_senders, DOMAINS * SOURCES);
	for (int i = 0; i < DOMAINS; i++)
		inventory_without_dns(&part, &part, &everything, &a, &d);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &to);
	double seconds =
	    (double)(to.tv_sec - from.tv_sec) + 1e-9 * (double)(to.tv_nsec - from.tv_nsec);
	print_message("%.3f s\n", seconds);
	assert_true(seconds <
		    5); /* of the processor, with sanitizers; quadratic loops take longer */
	arena_free(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_changes),  cmocka_unit_test(test_nothing_before),
	    cmocka_unit_test(test_category), cmocka_unit_test(test_one_reporter_with_history),
	    cmocka_unit_test(test_many),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
