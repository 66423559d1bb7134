/*
 * Reporters, and what counts of what they say.
 */
#include "report/inventory.h"
#include "report/sender/reporters.h"
#include "report/sender/weigh.h"
#include "tests/unit/report_facts.h"

#define CLAIMS_MAX 4096

/* What one reporter says. */
struct claim {
	const char *reporter;
	struct row row;
};

/* Each claim is a fact with one witness; first, last: days of all reports (core/day.h). */
static struct domain_facts make_claims(struct arena *a, int32_t month, const struct claim *claims,
				       size_t n)
{
	struct row *rows = arena_alloc(a, (n + 1) * sizeof *rows);
	struct fact_reporter *reporters = arena_alloc(a, (n + 1) * sizeof *reporters);
	uint32_t *who = arena_alloc(a, (n + 1) * sizeof *who);
	size_t n_reporters = 0;
	for (size_t i = 0; i < n; i++) {
		size_t k = 0;
		rows[i] = claims[i].row;
		rows[i].reporters = 1;
		while (k < n_reporters && strcmp(reporters[k].org_name, claims[i].reporter) != 0)
			k++;
		reporters[k].org_name = claims[i].reporter;
		n_reporters += k == n_reporters;
		who[i] = (uint32_t)k;
	}
	struct domain_facts d = make_facts(a, month, rows, n);
	for (size_t i = 0; i < n; i++) {
		struct fact_witness *w = (struct fact_witness *)(uintptr_t)d.facts[i].witnesses;
		w->reporter = who[d.facts[i].profile];
	}
	d.reporters = reporters;
	d.n_reporters = n_reporters;
	sum_reporters(&d, reporters);
	return d;
}

static struct weighed weigh_one(struct arena *a, const struct claim *claims, size_t n)
{
	struct domain_facts *d = arena_alloc(a, sizeof *d);
	const struct domain_facts *sets[] = {d};
	struct weighed out;
	*d = make_claims(a, OCTOBER, claims, n);
	weigh_facts(sets, 1, a, &out);
	return out;
}

/* ---- who is known ---- */

static void test_large(void **state)
{
	static const struct {
		const char *name;
		bool large;
	} names[] = {
	    {"google.com", true},
	    {"GOOGLE.com", true},
	    {"Enterprise Outlook", true},
	    {"Yahoo", true},
	    {"comcast.net", true},
	    {"reports.comcast.net", true},
	    {"notgoogle.com", false},
	    {"google.com.evil.example", false},
	    {"google", false},
	    {"Yahoo Japan", false},
	    {"evil.Yahoo", false},
	    {"", false},
	    {NULL, false},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(names); i++)
		CHECK_ROW(receiver_is_large(names[i].name) == names[i].large, i);
}

/* A small one, that agrees with a large one about so many addresses of so many, over so many days.
 */
static void test_ranks(void **state)
{
	static const struct {
		int days;
		unsigned rows, agree;
		enum reporter_rank rank;
	} rows[] = {
	    {30, 10, 10, REPORTER_KNOWN},  {29, 10, 10, REPORTER_UNKNOWN},
	    {30, 10, 9, REPORTER_KNOWN},   {30, 10, 8, REPORTER_UNKNOWN},
	    {30, 5, 5, REPORTER_KNOWN},    {30, 4, 4, REPORTER_UNKNOWN},
	    {300, 5, 0, REPORTER_UNKNOWN}, {300, 0, 0, REPORTER_UNKNOWN},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct arena a = {0};
		struct claim claims[32];
		size_t n = 0;
		claims[n++] = (struct claim){"google.com", {"192.0.2.250", 9, "example.com pass"}};
		claims[n++] =
		    (struct claim){"small.example", {"192.0.2.251", 9, "example.com pass"}};
		for (unsigned k = 0; k < rows[i].rows; k++) {
			const char *ip = arena_printf(&a, "192.0.2.%u", k);
			claims[n++] = (struct claim){"google.com", {ip, 9, "example.com pass"}};
			claims[n++] = (struct claim){
			    "small.example",
			    {ip, 9, k < rows[i].agree ? "example.com pass" : "example.com fail"}};
		}
		struct domain_facts d = make_claims(&a, OCTOBER, claims, n);
		const struct domain_facts *sets[] = {&d};
		struct fact_reporter *small = (struct fact_reporter *)(uintptr_t)&d.reporters[1];
		enum reporter_rank *rank;
		assert_string_equal(small->org_name, "small.example");
		small->last_day = month_first_day(OCTOBER) + 20;
		small->first_day = small->last_day - rows[i].days + 1;
		reporters_rank(sets, 1, &a, &rank);
		CHECK_ROW(rank[0] == REPORTER_LARGE, i);
		CHECK_ROW(rank[1] == rows[i].rank, i);
		arena_free(&a);
	}
}

/* Over several windows together: days of one, rows of another. */
static void test_ranks_of_windows(void **state)
{
	struct arena a = {0};
	struct claim claims[12];
	(void)state;
	for (unsigned k = 0; k < 6; k++) {
		const char *ip = arena_printf(&a, "192.0.2.%u", k);
		claims[2 * k] = (struct claim){"google.com", {ip, 9, "example.com pass"}};
		claims[2 * k + 1] = (struct claim){"small.example", {ip, 9, "example.com pass"}};
	}
	struct domain_facts now = make_claims(&a, OCTOBER, claims, 12),
			    before = make_claims(&a, OCTOBER - 1, claims, 12);
	const struct domain_facts *sets[] = {&now, &before};
	struct fact_reporter *x = (struct fact_reporter *)(uintptr_t)now.reporters,
			     *y = (struct fact_reporter *)(uintptr_t)before.reporters;
	enum reporter_rank *rank[2];
	x[1].first_day = x[1].last_day = month_first_day(OCTOBER) + 14;
	y[1].first_day = y[1].last_day = month_first_day(OCTOBER) - 15;
	reporters_rank(sets, 2, &a, rank);
	assert_int_equal(rank[0][1], REPORTER_KNOWN);
	assert_int_equal(rank[1][1], REPORTER_KNOWN);
	arena_free(&a);
}

/* ---- what counts ---- */

/* Invented reporters, each of which says something of machines of its own and of one of ours. */
static size_t add_invented(struct arena *a, struct claim *claims, size_t n, unsigned reporters)
{
	for (unsigned i = 0; i < reporters; i++) {
		const char *name = arena_printf(a, "invented %u", i);
		claims[n++] =
		    (struct claim){name,
				   {arena_printf(a, "203.0.%u.%u", i / 250, i % 250), 100000,
				    "example.com pass", "example.com s1 pass", 0, 0x7fffffff}};
		claims[n++] = (struct claim){
		    name, {"192.0.2.1", 100000, "example.com fail", NULL, 0, 0x7fffffff}};
	}
	return n;
}

static const struct claim ours[] = {
    {"google.com", {"192.0.2.1", 900, "example.com pass", "example.com s1 pass"}},
    {"comcast.net", {"192.0.2.1", 80, "example.com pass", "example.com s1 pass", 0, 0x30}},
    {"google.com", {"192.0.2.2", 9, "example.com fail"}},
};

static void test_invented(void **state)
{
	static const unsigned many[] = {1, 10, 1000};
	(void)state;
	for (size_t i = 0; i < COUNT(many); i++) {
		struct arena a = {0};
		struct claim *claims = arena_alloc(&a, CLAIMS_MAX * sizeof *claims);
		memcpy(claims, ours, sizeof ours);
		struct weighed alone = weigh_one(&a, claims, COUNT(ours));
		size_t n = add_invented(&a, claims, COUNT(ours), many[i]);
		struct weighed w = weigh_one(&a, claims, n);
		assert_int_equal(w.facts.messages, 989);
		assert_int_equal(w.facts.messages, alone.facts.messages);
		assert_int_equal(w.facts.dmarc_pass, alone.facts.dmarc_pass);
		assert_int_equal(w.facts.n_facts, alone.facts.n_facts);
		assert_int_equal(w.facts.n_reporters, 2);
		assert_int_equal(w.facts.n_days, alone.facts.n_days);
		for (size_t k = 0; k < w.facts.n_facts; k++) {
			const struct fact *f = &w.facts.facts[k], *g = &alone.facts.facts[k];
			assert_int_equal(ip_cmp(&f->source, &g->source), 0);
			assert_int_equal(f->messages, g->messages);
			assert_int_equal(f->days, g->days);
			assert_int_equal(f->n_witnesses, 1);
			assert_string_equal(w.facts.reporters[f->witnesses->reporter].org_name,
					    alone.facts.reporters[g->witnesses->reporter].org_name);
		}
		/* it is told apart, and nothing is lost */
		assert_int_equal(w.rest.n_facts, 2 * many[i]);
		assert_int_equal(w.rest.messages, 200000 * many[i]);
		arena_free(&a);
	}
}

/* As one where nobody is known, or one is: that is not enough to drop them. */
static void test_as_one(void **state)
{
	static const struct {
		unsigned known, invented, reporters; /* reporters: that are left */
	} rows[] = {{0, 1, 1}, {0, 10, 1}, {0, 1000, 1}, {1, 1, 2}, {1, 1000, 2}, {2, 1000, 2}};
	static const char *const known[] = {"google.com", "Yahoo"};
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct arena a = {0};
		struct claim *claims = arena_alloc(&a, CLAIMS_MAX * sizeof *claims);
		size_t n = 0;
		for (unsigned k = 0; k < rows[i].known; k++)
			claims[n++] =
			    (struct claim){known[k], {"192.0.2.1", 5, "example.com pass"}};
		n = add_invented(&a, claims, n, rows[i].invented);
		struct weighed w = weigh_one(&a, claims, n);
		CHECK_ROW(w.facts.n_reporters == rows[i].reporters, i);
		CHECK_ROW(w.facts.n_facts + w.rest.n_facts == n, i);
		CHECK_ROW(w.rest.n_facts == (rows[i].known < 2 ? 0 : 2 * rows[i].invented), i);
		for (size_t k = 0; k < w.facts.n_facts; k++)
			CHECK_ROW(w.facts.facts[k].witnesses->reporter < w.facts.n_reporters, i);
		arena_free(&a);
	}
}

/* A thousand that nobody knows tip nothing: they are one, and one is not enough. */
static void test_tips_nothing(void **state)
{
	static const struct inventory_options everything = {0};
	struct arena a = {0};
	struct claim *claims = arena_alloc(&a, CLAIMS_MAX * sizeof *claims);
	struct domain_inventory d;
	(void)state;
	for (unsigned i = 0; i < 1000; i++)
		claims[i] = (struct claim){arena_printf(&a, "invented %u", i),
					   {"192.0.2.1", 10, "example.com pass"}};
	struct domain_facts now = make_claims(&a, OCTOBER, claims, 1000),
			    none = make_facts(&a, OCTOBER - 1, NULL, 0);
	inventory_without_dns(&now, &none, &everything, &a, &d);
	assert_int_equal(d.n_senders, 1);
	assert_int_equal(d.senders->reporters, 1);
	assert_int_equal(d.senders->verdict.category, CAT_UNKNOWN);
	assert_int_equal(d.senders->leaning.category, CAT_AUTHORIZED);
	arena_free(&a);
}

/* Of those that stand beside known ones the totals speak, and a line of their own. */
static void test_unproved(void **state)
{
	static const struct inventory_options everything = {0};
	struct arena a = {0};
	struct claim *claims = arena_alloc(&a, CLAIMS_MAX * sizeof *claims);
	struct domain_inventory d;
	(void)state;
	memcpy(claims, ours, sizeof ours);
	struct domain_facts now = make_claims(&a, OCTOBER, claims,
					      add_invented(&a, claims, COUNT(ours), 10)),
			    none = make_facts(&a, OCTOBER - 1, NULL, 0);
	inventory_without_dns(&now, &none, &everything, &a, &d);
	struct sender *rest = find_sender(d.senders, d.n_senders, "net:unproved");
	assert_non_null(rest);
	assert_int_equal(d.messages, 989 + 2000000);
	assert_int_equal(d.unproved, 2000000);
	assert_int_equal(rest->t.messages, 2000000);
	assert_int_equal(rest->n_sources, 10); /* ours is told where it belongs */
	assert_int_equal(find_sender(d.senders, d.n_senders, "net:192.0.2.0/24")->t.messages, 980);
	arena_free(&a);
}

/* In the name of one whose reports usually are proved, those that are not count for nothing; but
 * for what was wished, and what has no mail. */
static void test_standings(void **state)
{
	static const struct {
		enum standing standing;
		bool usual;
		enum require_auth require;
		bool counts;
	} rows[] = {
	    {STANDING_OPEN, true, REQUIRE_KNOWN, false},
	    {STANDING_OPEN, false, REQUIRE_KNOWN, true},
	    {STANDING_OPEN, true, REQUIRE_NEVER, true},
	    {STANDING_OPEN, false, REQUIRE_ALWAYS, false},
	    {STANDING_FILE, true, REQUIRE_ALWAYS, true},
	    {STANDING_PROVED, true, REQUIRE_ALWAYS, true},
	    {STANDING_ACCEPTED, true, REQUIRE_ALWAYS, true},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct arena a = {0};
		/* the names are told apart here; they are one, in two standings */
		const struct claim claims[] = {
		    {"google.com", {"192.0.2.1", 100, "example.com pass"}},
		    {"google.com/", {"198.51.100.1", 7000, "example.com fail"}},
		};
		struct domain_facts d = make_claims(&a, OCTOBER, claims, COUNT(claims));
		struct fact_reporter *r = (struct fact_reporter *)(uintptr_t)d.reporters;
		const struct domain_facts *sets[] = {&d};
		struct weighed w;
		r[0].standing = STANDING_PROVED;
		r[1].org_name = r[0].org_name;
		r[1].standing = rows[i].standing;
		r[1].usual = rows[i].usual;
		d.require = rows[i].require;
		weigh_facts(sets, 1, &a, &w);
		CHECK_ROW(w.facts.messages == (rows[i].counts ? 7100 : 100), i);
		CHECK_ROW(w.rest.messages == (rows[i].counts ? 0 : 7000), i);
		CHECK_ROW(w.unproved == (rows[i].counts ? 0 : 7000), i);
		CHECK_ROW(w.facts.n_reporters == 1, i); /* an organisation is one */
		for (size_t k = 0; k < w.facts.n_facts; k++)
			for (uint32_t m = 0; m < w.facts.facts[k].n_witnesses; m++)
				CHECK_ROW(w.facts.facts[k].witnesses[m].reporter == 0, i);
		arena_free(&a);
	}
}

/* Where mails are authenticated, a large receiver that signs is not known by unsigned mails. */
static void test_name_alone(void **state)
{
	struct arena a = {0};
	const struct claim claims[] = {
	    {"google.com", {"192.0.2.1", 100, "example.com pass"}},
	    {"Yahoo", {"192.0.2.2", 100, "example.com pass"}},
	    {"t-online.de", {"192.0.2.3", 100, "example.com pass"}},
	};
	struct domain_facts d = make_claims(&a, OCTOBER, claims, COUNT(claims));
	struct fact_reporter *r = (struct fact_reporter *)(uintptr_t)d.reporters;
	const struct domain_facts *sets[] = {&d};
	enum reporter_rank *rank;
	(void)state;
	for (size_t i = 0; i < 3; i++)
		r[i].standing = STANDING_OPEN;
	reporters_rank(sets, 1, &a, &rank); /* nobody is authenticated: nothing can be told */
	for (size_t i = 0; i < 3; i++)
		CHECK_ROW(rank[i] == REPORTER_LARGE, i);
	r[0].standing = STANDING_PROVED;
	reporters_rank(sets, 1, &a, &rank);
	assert_int_equal(rank[0], REPORTER_LARGE);
	assert_int_equal(rank[1], REPORTER_UNKNOWN);
	assert_int_equal(rank[2], REPORTER_LARGE); /* how it signs is not known here */
	arena_free(&a);
}

/* ---- claims that are void ---- */

/* small.example is known; it alone saw an address. */
static void test_void(void **state)
{
	static const struct {
		uint64_t large, small, claim; /* messages */
		bool other;                   /* a large one saw the address, too */
		bool kept;
	} rows[] = {
	    {1000, 50, 50, false, false},
	    {1000, 50, 49, false, true},
	    {1000, 50, 5000, true, true},
	    {100, 500, 50, false, true}, /* the large ones do not see most of it */
	};
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct arena a = {0};
		struct claim claims[32];
		size_t n = 0;
		for (unsigned k = 0; k < 6; k++) {
			const char *ip = arena_printf(&a, "192.0.2.%u", k);
			claims[n++] = (struct claim){
			    "google.com", {ip, k ? 1 : rows[i].large, "example.com pass"}};
			claims[n++] = (struct claim){
			    "small.example", {ip, k ? 1 : rows[i].small, "example.com pass"}};
		}
		if (rows[i].other)
			claims[n++] =
			    (struct claim){"google.com", {"203.0.113.1", 1, "example.com pass"}};
		claims[n++] = (struct claim){"small.example",
					     {"203.0.113.1", rows[i].claim, "example.com pass"}};
		struct domain_facts d = make_claims(&a, OCTOBER, claims, n);
		const struct domain_facts *sets[] = {&d};
		struct weighed w;
		struct ip ip = {4, {203, 0, 113, 1}};
		weigh_facts(sets, 1, &a, &w);
		CHECK_ROW(domain_facts_has(&w.facts, &ip) == rows[i].kept, i);
		CHECK_ROW(w.facts.n_facts + w.rest.n_facts == n, i);
		arena_free(&a);
	}
}

/* ---- addresses behind NAT64 ---- */

static void test_nat64(void **state)
{
	static const struct {
		const char *seen, *read;
	} rows[] = {
	    {"64:ff9b::c000:207", "192.0.2.7"},
	    {"64:ff9b::192.0.2.7", "192.0.2.7"},
	    {"64:ff9b:1::c000:207", "64:ff9b:1::c000:207"}, /* of one network alone (RFC 8215) */
	    {"64:ff9a::c000:207", "64:ff9a::c000:207"},
	    {"192.0.2.7", "192.0.2.7"},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct arena a = {0};
		const struct claim claims[] = {
		    {"google.com", {"192.0.2.7", 5, "example.com pass"}},
		    {"Yahoo", {"2001:db8::1", 3, "example.com pass"}},
		    {"Yahoo", {rows[i].seen, 4, "example.com pass"}},
		};
		struct weighed w = weigh_one(&a, claims, COUNT(claims));
		struct ip ip, plain = {4, {192, 0, 2, 7}};
		uint64_t messages = 0;
		assert_true(ip_parse(rows[i].read, strlen(rows[i].read), &ip, NULL));
		assert_int_equal(w.facts.n_facts, 3);
		for (size_t k = 0; k < 3; k++) {
			messages += ip_cmp(&w.facts.facts[k].source, &ip) == 0
					? w.facts.facts[k].messages
					: 0;
			assert_true(k == 0 || ip_cmp(&w.facts.facts[k - 1].source,
						     &w.facts.facts[k].source) <= 0);
		}
		CHECK_ROW(messages == (ip_cmp(&ip, &plain) == 0 ? 9 : 4), i);
		arena_free(&a);
	}
}

/* What was published, as those say who count. */
static void test_policies(void **state)
{
	static const struct claim claims[] = {
	    {"google.com", {"192.0.2.1", 5, "example.com pass"}},
	    {"Yahoo", {"192.0.2.1", 5, "example.com pass"}},
	    {"invented", {"192.0.2.1", 5, "example.com pass"}},
	};
	struct fact_policy policies[3];
	struct arena a = {0};
	struct weighed w;
	(void)state;
	struct domain_facts d = make_claims(&a, OCTOBER, claims, COUNT(claims));
	const struct domain_facts *sets[] = {&d};
	for (uint32_t i = 0; i < 3; i++)
		policies[i] = (struct fact_policy){.pct = -1, .reporter = i};
	d.policies = policies;
	d.n_policies = 3;
	weigh_facts(sets, 1, &a, &w);
	assert_int_equal(w.facts.n_policies, 2);
	arena_free(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_large),
	    cmocka_unit_test(test_ranks),
	    cmocka_unit_test(test_ranks_of_windows),
	    cmocka_unit_test(test_invented),
	    cmocka_unit_test(test_as_one),
	    cmocka_unit_test(test_tips_nothing),
	    cmocka_unit_test(test_unproved),
	    cmocka_unit_test(test_standings),
	    cmocka_unit_test(test_name_alone),
	    cmocka_unit_test(test_void),
	    cmocka_unit_test(test_nat64),
	    cmocka_unit_test(test_policies),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
