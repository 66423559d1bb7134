/* Whom DNS is asked about: bounded, evenly, first what several or known reporters saw; and always
 * the same. */
#include <time.h>

#include "core/limits.h"
#include "report/ahead.h"
#include "tests/unit/report_facts.h"
#include "tests/unit/zone_view.h"

/* Reporters of a row, as sets. */
#define R0      1u
#define R1      2u
#define R2      4u
#define R3      8u

#define A(n)    "192.0.2." #n
#define B(n)    "198.51.100." #n
#define C(n)    "203.0.113." #n
#define FROM(s) .from = s ".example.com"
#define PASS(s) .dkim = s " pass"

static bool is_third(void *ctx, const char *org_name)
{
	(void)ctx;
	return strcmp(org_name, large_reporters[3]) == 0;
}

static const struct asked_reporters nobody = {NULL, NULL}, third = {is_third, NULL};

struct order_case {
	const char *what;
	struct row now[8], before[4];
	bool known;
	size_t most;
	const char *order[8];
	size_t left;
};

static const struct order_case cases[] = {
    {"by messages",
     {{A(1), 5, .reporters = R0}, {A(2), 7, .reporters = R0}, {A(3), 6, .reporters = R0}},
     .most = 9,
     .order = {A(2), A(3), A(1)}},
    {"what is equal, by address",
     {{A(3), 5, .reporters = R0}, {A(1), 5, .reporters = R0}, {B(1), 5, .reporters = R0}},
     .most = 2,
     .order = {A(1), A(3)},
     .left = 1},
    {"several reporters before one",
     {{A(1), 1000000, .reporters = R0},
      {A(2), 1, .reporters = R0 | R1},
      {A(3), 3, .reporters = R1}},
     .most = 9,
     .order = {A(2), A(1), A(3)}},
    {"of two rows, two reporters",
     {{A(1), 10, .reporters = R0},
      {A(2), 1, .reporters = R0},
      {A(2), 1, "x.example pass", .reporters = R1}},
     .most = 9,
     .order = {A(2), A(1)}},
    {"a known reporter before many",
     {{A(1), 1000000, .reporters = R0 | R1 | R2},
      {A(2), 1, .reporters = R3},
      {A(3), 2, .reporters = R3}},
     .known = true,
     .most = 9,
     .order = {A(3), A(2), A(1)}},
    {"unknown reporters take turns",
     {{A(1), 9000, .reporters = R0},
      {A(2), 8000, .reporters = R0},
      {A(3), 7000, .reporters = R0},
      {A(4), 6000, .reporters = R0},
      {B(1), 2, .reporters = R1},
      {B(2), 1, .reporters = R1},
      {C(1), 3, .reporters = R2}},
     .most = 5,
     .order = {A(1), C(1), B(1), A(2), B(2)},
     .left = 2},
    {"the period before comes behind, and counts a reporter",
     {{A(1), 1, .reporters = R0}, {A(2), 1, .reporters = R0}},
     {{A(2), 1, .reporters = R1}, {A(3), 900, .reporters = R0}, {A(4), 900, .reporters = R0 | R1}},
     .most = 9,
     .order = {A(2), A(4), A(1), A(3)}},
    {"no address is none",
     {{NULL, 9, .reporters = R0}, {A(1), 1, .reporters = R0}},
     .most = 9,
     .order = {A(1)}},
    {"nothing", .most = 9},
};

static size_t count_rows(const struct row *rows, size_t most)
{
	size_t n = 0;
	while (n < most && rows[n].messages > 0)
		n++;
	return n;
}

static void check_order(const struct asked *x, const char *const *want, size_t most, size_t row)
{
	char text[IP_STRLEN];
	size_t n = 0;
	while (n < most && want[n])
		n++;
	CHECK_ROW(x->n == n, row);
	for (size_t i = 0; i < n; i++) {
		if (strcmp(ip_format(&x->order[i], text), want[i]) != 0)
			fail_msg("row %zu: %s at %zu, not %s", row, text, i, want[i]);
		assert_true(asked_has(x, &x->order[i]));
	}
}

static void test_order(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct order_case *c = &cases[i];
		struct arena a = {0};
		struct domain_facts windows[2];
		struct asked x;
		windows[0] = make_facts(&a, OCTOBER, c->now, count_rows(c->now, COUNT(c->now)));
		windows[1] =
		    make_facts(&a, OCTOBER - 1, c->before, count_rows(c->before, COUNT(c->before)));
		asked_choose(&x,
			     &(struct asked_request){windows, 1, 2, c->known ? third : nobody,
						     c->most, 1000},
			     &a);
		check_order(&x, c->order, COUNT(c->order), i);
		CHECK_ROW(x.left == c->left && x.left_domains == (c->left > 0), i);
		asked_end(&x);
		arena_free(&a);
	}
}

/* One domain with many, two with few: each gets its first, then its second; the rest is for who has
 * more. */
static void test_shares(void **state)
{
	static const struct row many[] = {{A(1), 9}, {A(2), 8}, {A(3), 7},
					  {A(4), 6}, {A(5), 5}, {A(6), 4}};
	static const struct row few[] = {{B(1), 2}, {B(2), 1}}, same[] = {{A(1), 1}, {C(1), 1}};
	static const char *const seven[] = {A(1), B(1), A(2), B(2), C(1), A(3)};
	struct arena a = {0};
	struct asked x;
	(void)state;
	struct domain_facts windows[] = {make_facts(&a, OCTOBER, many, COUNT(many)),
					 make_facts(&a, OCTOBER, few, COUNT(few)),
					 make_facts(&a, OCTOBER, same, COUNT(same))};
	windows[0].domain = "big.example";
	asked_choose(&x, &(struct asked_request){windows, 3, 1, nobody, 100, 7}, &a);
	check_order(&x, seven, COUNT(seven), 0); /* one of the seven is asked about for two */
	assert_int_equal(x.left, 3);
	assert_int_equal(x.left_most, 3);
	assert_string_equal(x.left_of, "big.example");
	asked_end(&x);
	asked_choose(&x, &(struct asked_request){windows, 3, 1, nobody, 1, 7}, &a);
	check_order(&x, (const char *const[]){A(1), B(1), NULL}, 3, 1);
	assert_int_equal(x.left, 7);
	assert_int_equal(x.left_domains, 3);
	asked_end(&x);
	asked_choose(&x, &(struct asked_request){windows, 3, 1, nobody, 100, 2}, &a);
	assert_int_equal(x.n, 0); /* less than one for each: nobody is preferred */
	asked_end(&x);
	arena_free(&a);
}

static const char *header_from(void *ctx, const struct dmarc_profile *p, unsigned i)
{
	(void)ctx;
	return i == 0 ? p->header_from : i == 1 ? "" : NULL;
}

static void test_names(void **state)
{
	static const struct row rows[] = {
	    {A(1), 900, .reporters = R0, FROM("x1")}, {A(2), 800, .reporters = R0, FROM("x2")},
	    {A(3), 700, .reporters = R0, FROM("x3")}, {A(4), 1, .reporters = R1, FROM("mail")},
	    {A(5), 2, .reporters = R0, FROM("news")}, {A(5), 2, .reporters = R2, FROM("news")},
	};
	static const char *const want[] = {"news.example.com", "x1.example.com", "mail.example.com",
					   "x2.example.com"};
	struct arena a = {0};
	size_t n;
	(void)state;
	struct domain_facts d = make_facts(&a, OCTOBER, rows, COUNT(rows));
	const char **names = asked_names(&d, nobody, header_from, NULL, COUNT(want), &a, &n);
	assert_int_equal(n, COUNT(want));
	for (size_t i = 0; i < n; i++)
		assert_string_equal(names[i], want[i]);
	arena_free(&a);
}

/* ---- what is asked of a view ---- */

struct log {
	size_t asked[DNS_AAAA + 1], below; /* by type; and of names below our domain */
};

static const struct dns_answer *write_down(void *ctx, const char *name, enum dns_type type)
{
	static const struct dns_answer nothing = {
	    .outcome = DNS_NXDOMAIN, .name = "", .canonical = ""};
	struct log *l = ctx;
	l->asked[type]++;
	l->below += strlen(name) > sizeof OURS && domain_is_below(name, OURS);
	return &nothing;
}

#define MANY 3000

/* Thousands of invented names in From, of selectors and of MAIL FROM. */
static struct domain_facts invented(struct arena *a)
{
	struct row *rows = arena_alloc(a, MANY * sizeof *rows);
	for (int i = 0; i < MANY; i++)
		rows[i] = (struct row){.ip = arena_printf(a, "11.0.%d.%d", i / 256, i % 256),
				       .messages = 1000,
				       .reporters = R0,
				       .from = arena_printf(a, "f%d.example.com", i),
				       .spf = arena_printf(a, "m%d.example.com pass", i),
				       .dkim = arena_printf(a, "example.com s%d pass", i)};
	return make_facts(a, OCTOBER, rows, MANY);
}

static void test_ahead(void **state)
{
	struct arena a = {0}, round = {0};
	struct log l = {.below = 0};
	const struct dns_view view = {write_down, &l};
	(void)state;
	struct domain_facts windows[] = {invented(&a), make_facts(&a, OCTOBER - 1, NULL, 0)};
	struct ahead x = {.rules = &test_rules, .windows = windows, .n_domains = 1, .n_windows = 2};
	ahead_begin(&x, &a);
	assert_int_equal(x.asked.n, MANY);
	ahead_names(&x, &view, &round);
	assert_int_equal(l.asked[DNS_PTR], 0);
	assert_in_range(l.below, 100, 3 * LIMIT_DNS_NAMES); /* of a MAIL FROM three types */
	l = (struct log){.below = 0};
	ahead_addresses(&x, &view, 0, 1000);
	assert_int_equal(l.asked[DNS_PTR], 1000);
	ahead_addresses(&x, &view, 2500, 1000);
	assert_int_equal(l.asked[DNS_PTR], 1500);
	ahead_end(&x);
	arena_free(&round);
	arena_free(&a);
}

/* Of an address that is not asked about the service is known by its network; our own hosts are
 * asked about. */
static void test_gate(void **state)
{
	static const char *const lines[] = {"192.0.2.1.in-addr.arpa PTR x.example", NULL};
	struct arena a = {0};
	struct zone_view z;
	struct knowledge k;
	struct ip ours, other;
	(void)state;
	struct dns_view view = zone_view(&z, lines);
	const struct asked none = {.n = 0};
	z.at_once = true;
	ip_parse(A(1), sizeof A(1) - 1, &ours, NULL);
	ip_parse(B(1), sizeof B(1) - 1, &other, NULL);
	knowledge_begin(&k, &test_rules, &view, NULL, &a);
	k.asked = &none;
	assert_int_equal(knowledge_of(&k, &ours)->ptr, PTR_UNKNOWN);
	assert_int_equal(z.questions, 0);
	knowledge_allow(&k, &ours);
	assert_int_equal(knowledge_of(&k, &ours)->ptr, PTR_NONE);
	assert_int_equal(knowledge_of(&k, &other)->ptr, PTR_UNKNOWN);
	assert_int_equal(z.questions, 1);
	knowledge_end(&k);
	zone_view_end(&z);
	arena_free(&a);
}

/* What is beyond the first of a crowded domain is one sender, unless something speaks for it. */
static void test_rest(void **state)
{
	static const struct row rows[] = {
	    {A(1), 9, .reporters = R0 | R1},
	    {B(1), 8, .reporters = R0},
	    {C(1), 7, .reporters = R0},
	    {"11.0.0.1", 6, .reporters = R0},
	    {"11.1.0.1", 5, "vendor.example pass", .reporters = R0},
	    {NULL, 4, .reporters = R0},
	};
	struct arena a = {0};
	struct sender *senders;
	struct asked x;
	size_t n;
	(void)state;
	struct domain_facts d = make_facts(&a, OCTOBER, rows, COUNT(rows));
	asked_choose(&x, &(struct asked_request){&d, 1, 1, nobody, 2, 100}, &a);
	group_senders(&d, NULL, NULL, &x, &test_rules, &a, &senders, &n);
	assert_int_equal(n, 5);
	assert_int_equal(find_sender(senders, n, "net:192.0.2.0/24#fail")->t.messages, 9);
	assert_int_equal(find_sender(senders, n, "net:198.51.100.0/24#fail")->t.messages, 8);
	assert_int_equal(find_sender(senders, n, "mailfrom:vendor.example#fail")->t.messages, 5);
	assert_int_equal(find_sender(senders, n, "net:none")->t.messages, 4);
	const struct sender *rest = find_sender(senders, n, "net:rest#fail");
	assert_int_equal(rest->t.messages, 13);
	assert_int_equal(rest->n_sources, 2);
	assert_int_equal(rest->more_sources, 0);
	assert_string_equal(rest->name, "(other addresses)");
	asked_end(&x);
	/* a share that other domains leave does not change who is told */
	asked_choose(&x, &(struct asked_request){&d, 1, 1, nobody, 5, 1}, &a);
	group_senders(&d, NULL, NULL, &x, &test_rules, &a, &senders, &n);
	assert_null(find_sender(senders, n, "net:rest#fail"));
	asked_end(&x);
	arena_free(&a);
}

/* A million invented addresses: seconds at most, and what two reporters saw stays. */
static void test_million(void **state)
{
	enum { INVENTED = 1000000, REAL = 100 };
	static const struct fact_witness both[] = {{0, 1, 1}, {1, 1, 0}},
					 liar[] = {{2, 1, 1000000}};
	struct fact *facts = calloc(INVENTED + REAL, sizeof *facts);
	struct arena a = {0};
	struct asked x;
	(void)state;
	for (uint32_t i = 0; i < INVENTED + REAL; i++) {
		bool real = i % 10000 == 77 && i / 10000 < REAL;
		facts[i] = (struct fact){
		    .source = {4, {11, (uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i}},
		    .month = OCTOBER,
		    .messages = real ? 1 : 1000000,
		    .witnesses = real ? both : liar,
		    .n_witnesses = real ? 2 : 1};
	}
	struct domain_facts d = make_facts(&a, OCTOBER, NULL, 0);
	d.facts = facts;
	d.n_facts = INVENTED + REAL;
	clock_t began = clock();
	asked_choose(
	    &x,
	    &(struct asked_request){&d, 1, 1, nobody, LIMIT_DNS_ADDRESSES, LIMIT_DNS_ALL_ADDRESSES},
	    &a);
	assert_true(clock() - began < 10 * CLOCKS_PER_SEC);
	assert_int_equal(x.n, LIMIT_DNS_ADDRESSES);
	assert_int_equal(x.left, INVENTED + REAL - LIMIT_DNS_ADDRESSES);
	for (uint32_t i = 0; i < REAL; i++)
		assert_true(asked_has(&x, &facts[i * 10000 + 77].source));
	struct sender *senders;
	size_t n;
	d.profiles = &(struct dmarc_profile){.cell = CELL_F1};
	d.n_profiles = 1;
	group_senders(&d, NULL, NULL, &x, &test_rules, &a, &senders, &n);
	struct sender *rest = find_sender(senders, n, "net:rest#spf-fail");
	assert_int_equal(rest->n_sources + rest->more_sources, x.left);
	assert_int_equal(rest->n_sources, 100);
	asked_end(&x);
	arena_free(&a);
	free(facts);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_order),   cmocka_unit_test(test_shares),
	    cmocka_unit_test(test_names),   cmocka_unit_test(test_ahead),
	    cmocka_unit_test(test_gate),    cmocka_unit_test(test_rest),
	    cmocka_unit_test(test_million),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
