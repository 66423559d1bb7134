#include "tests/unit/report_facts.h"

static struct sender *group(struct arena *a, const struct row *rows, size_t n, size_t *n_senders)
{
	struct domain_facts *d = arena_alloc(a, sizeof *d);
	struct sender *senders;
	*d = make_facts(a, OCTOBER, rows, n);
	group_senders(d, NULL, NULL, NULL, &test_rules, a, &senders, n_senders);
	return senders;
}

/* One row alone: its key and name. */
static const struct {
	struct row row;
	const char *key, *name;
} keys[] = {
    {{"192.0.2.1", 5, "example.com pass", NULL}, "net:192.0.2.0/24", "192.0.2.1"},
    {{"192.0.2.1", 5, "mail.example.com pass", "example.com s1 pass"},
     "net:192.0.2.0/24",
     "192.0.2.1"},
    {{"192.0.2.1", 5, "example.com fail", "example.com s1 pass"},
     "net:192.0.2.0/24#dkim",
     "192.0.2.1"},
    {{"192.0.2.1", 5, "example.com fail", NULL}, "net:192.0.2.0/24#spf-fail", "192.0.2.1"},
    {{"192.0.2.1", 5, NULL, NULL}, "net:192.0.2.0/24#fail", "192.0.2.1"},
    {{"2001:db8:1:2:3::4", 5, "example.com pass", NULL},
     "net:2001:db8:1:2::/64",
     "2001:db8:1:2:3::4"},
    {{NULL, 5, "example.com pass", NULL}, "net:none", "(no address)"},
    {{NULL, 5, "b.vendor.example pass", NULL}, "net:none", "(no address)"},
    /* proven: it passed */
    {{"192.0.2.1", 5, "b.vendor.example pass", "example.com s1 pass"},
     "mailfrom:vendor.example",
     "vendor.example"},
    {{"192.0.2.1", 5, "b.other.example pass", "example.com s pass,k.vendor.example k pass"},
     "dkim:vendor.example",
     "vendor.example"},
    {{"192.0.2.1", 5, "example.com pass", "vendor.example k pass"},
     "dkim:vendor.example",
     "vendor.example"},
    /* somebody's account at the service, that is not ours */
    {{"192.0.2.1", 5, "b.vendor.example pass", NULL},
     "mailfrom:vendor.example#fail",
     "vendor.example"},
    /* a list that changes mail carries our signature, broken */
    {{"192.0.2.1", 5, "lists.example pass", "example.com s1 fail"},
     "mailfrom:lists.example",
     "lists.example"},
    /* claimed, and it did not pass */
    {{"192.0.2.1", 5, "b.vendor.example fail", "vendor.example k fail"},
     "net:192.0.2.0/24#fail",
     "192.0.2.1"},
    {{"192.0.2.1", 5, "b.vendor.example softfail", "example.com s1 pass"},
     "net:192.0.2.0/24#dkim",
     "192.0.2.1"},
    /* a name that could not be normalised names nobody */
    {{"192.0.2.1", 5, "b.vendor.example pass", "example.com s1 pass", DMARC_BAD_NAME},
     "net:192.0.2.0/24#dkim",
     "192.0.2.1"},
};

static void test_keys(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(keys); i++) {
		struct arena a = {0};
		size_t n;
		const struct sender *s = group(&a, &keys[i].row, 1, &n);
		CHECK_ROW(n == 1, i);
		CHECK_ROW(strcmp(s->key, keys[i].key) == 0, i);
		CHECK_ROW(strcmp(s->name, keys[i].name) == 0, i);
		CHECK_ROW(s->n_sources == (keys[i].row.ip ? 1u : 0u), i);
		arena_free(&a);
	}
}

/* An address goes where most of its messages belong, however many others it proves. */
static void test_majority(void **state)
{
	enum { N = 40 };
	struct arena a = {0};
	struct row rows[N + 1] = {{"192.0.2.1", 3, "example.com pass", "example.com s1 pass"}};
	(void)state;
	for (int i = 1; i <= N; i++)
		rows[i] = (struct row){"192.0.2.1", i == N ? 4 : 1,
				       arena_printf(&a, "x%d.example pass", i), NULL};
	size_t n;
	const struct sender *s = group(&a, rows, COUNT(rows), &n);
	assert_int_equal(n, 1);
	assert_string_equal(s->key, "mailfrom:x40.example#fail");
	assert_int_equal(s->t.messages, 3 + 4 + N - 1);
	arena_free(&a);
}

/* The vendor's signature travels with forwarded mail; the forwarder is not the vendor. */
static void test_signature_travels(void **state)
{
	static const struct row rows[] = {
	    {"198.51.100.1", 900, "b.vendor.example pass",
	     "example.com k1 pass,vendor.example v pass"},
	    {"192.0.2.1", 9, "srs.forwarder.example pass",
	     "example.com k1 pass,vendor.example v pass"},
	    {"192.0.2.99", 7, "b.vendor.example fail", "example.com k1 pass,vendor.example v pass"},
	    /* another vendor bounces through a provider: the signature is the better name */
	    {"203.0.113.1", 50, "eu.provider.example pass",
	     "example.com c pass,crm.example v pass"},
	};
	struct arena a = {0};
	size_t n;
	(void)state;
	struct sender *s = group(&a, rows, COUNT(rows), &n);
	assert_int_equal(n, 4);
	assert_int_equal(find_sender(s, n, "dkim:vendor.example")->n_sources, 1);
	assert_non_null(find_sender(s, n, "mailfrom:forwarder.example"));
	assert_non_null(find_sender(s, n, "net:192.0.2.0/24#dkim"));
	assert_non_null(find_sender(s, n, "dkim:crm.example"));
	arena_free(&a);
}

/* Neighbours that end differently are different senders, and their names say so. */
static void test_outcomes_split(void **state)
{
	static const struct row rows[] = {
	    {"192.0.2.1", 500, "example.com pass", "example.com s1 pass"},
	    {"192.0.2.2", 400, "example.com pass", "example.com s1 pass"},
	    {"192.0.2.3", 3, "example.com fail", NULL},
	    {"192.0.2.4", 2, "example.com softfail", NULL},
	    {"192.0.2.5", 8, "stranger.example fail", NULL},
	    {"192.0.2.6", 8, "example.com fail", "example.com s1 pass"},
	    {"192.0.3.1", 1, "example.com pass", NULL},
	    {"192.0.3.2", 1, "example.com pass", NULL},
	};
	struct arena a = {0};
	size_t n;
	(void)state;
	struct sender *s = group(&a, rows, COUNT(rows), &n);
	assert_int_equal(n, 5);
	struct sender *good = find_sender(s, n, "net:192.0.2.0/24");
	assert_int_equal(good->n_sources, 2);
	assert_int_equal(good->t.messages, 900);
	assert_int_equal(good->sources[0].messages, 500);
	assert_string_equal(good->name, "192.0.2.0/24");
	struct sender *spf = find_sender(s, n, "net:192.0.2.0/24#spf-fail");
	assert_int_equal(spf->t.messages, 5);
	assert_string_equal(spf->name, "192.0.2.0/24 (SPF fails)");
	assert_int_equal(find_sender(s, n, "net:192.0.2.0/24#fail")->t.messages, 8);
	assert_int_equal(find_sender(s, n, "net:192.0.2.0/24#dkim")->t.messages, 8);
	assert_string_equal(find_sender(s, n, "net:192.0.3.0/24")->name, "192.0.3.0/24");
	arena_free(&a);
}

static void test_networks(void **state)
{
	static const struct row rows[] = {
	    {"2001:db8:0:1::1", 1, "example.com pass", NULL},
	    {"2001:db8:0:1:ffff::2", 1, "example.com pass", NULL},
	    {"2001:db8:0:2::1", 1, "example.com pass", NULL},
	    {"192.0.2.255", 1, "example.com pass", NULL},
	    {"192.0.3.0", 1, "example.com pass", NULL},
	};
	struct arena a = {0};
	size_t n;
	(void)state;
	struct sender *s = group(&a, rows, COUNT(rows), &n);
	assert_int_equal(n, 4);
	assert_int_equal(find_sender(s, n, "net:2001:db8:0:1::/64")->n_sources, 2);
	assert_string_equal(find_sender(s, n, "net:2001:db8:0:1::/64")->name, "2001:db8:0:1::/64");
	arena_free(&a);
}

/* Counts as evaluated, days and reporters once each. */
static void test_tally(void **state)
{
	static const struct row rows[] = {
	    {"192.0.2.1", 10, "example.com pass", "example.com s1 pass", 0, 0x3, 0x3},
	    {"192.0.2.1", 4, "example.com pass", NULL, 0, 0x6, 0x6},
	    {"192.0.2.1", 2, NULL, NULL, 0, 1u << 30, 0x80, W_REJECT},
	    {"192.0.2.1", 1, NULL, NULL, 0, 1u << 30, 0x80, W_QUARANTINE},
	};
	struct arena a = {0};
	size_t n;
	(void)state;
	const struct sender *s = group(&a, rows, COUNT(rows), &n);
	assert_int_equal(n, 1);
	assert_int_equal(s->t.messages, 17);
	assert_int_equal(s->t.dmarc_pass, 14);
	assert_int_equal(s->t.spf_aligned, 14);
	assert_int_equal(s->t.dkim_aligned, 10);
	assert_int_equal(s->t.rejected, 2);
	assert_int_equal(s->t.quarantined, 1);
	assert_int_equal(tally_judged_pass(&s->t), 14);
	assert_int_equal(s->days, 4);
	assert_int_equal(s->reporters, 4);
	assert_int_equal(s->first_day, month_first_day(OCTOBER));
	assert_int_equal(s->last_day, month_first_day(OCTOBER) + 30);
	arena_free(&a);
}

/* Whatever the rows: every address under one sender, nothing lost. */
static void test_exclusive(void **state)
{
	static const char *const spf[] = {NULL,
					  "example.com pass",
					  "example.com fail",
					  "v1.example pass",
					  "v2.example pass",
					  "v1.example fail"};
	static const char *const dkim[] = {NULL, "example.com s1 pass", "example.com s1 fail",
					   "v1.example k pass",
					   "example.com s2 pass,v3.example k pass"};
	enum { N = 3000 };
	struct arena a = {0};
	struct row *rows = arena_alloc(&a, N * sizeof *rows);
	uint64_t total = 0, seen = 0, in_sources = 0, without = 0;
	unsigned random = 1;
	(void)state;
	for (size_t i = 0; i < N; i++) {
		random = random * 1103515245u + 12345u;
		unsigned r = random >> 8;
		rows[i] = (struct row){
		    r % 50 == 0 ? NULL : arena_printf(&a, "192.0.%u.%u", r / 7 % 8, r / 64 % 100),
		    r / 11 % 9, spf[r / 13 % COUNT(spf)], dkim[r / 101 % COUNT(dkim)]};
		total += rows[i].messages;
		without += rows[i].ip ? 0 : rows[i].messages;
	}
	size_t n, n_ips = 0;
	const struct sender *s = group(&a, rows, N, &n);
	bool used[8][100] = {{false}};
	for (size_t i = 0; i < n; i++) {
		seen += s[i].t.messages;
		for (size_t k = 0; k < s[i].n_sources; k++) {
			const uint8_t *b = s[i].sources[k].ip.b;
			assert_false(used[b[2]][b[3]]);
			used[b[2]][b[3]] = true;
			n_ips++;
			in_sources += s[i].sources[k].messages;
		}
	}
	assert_int_equal(seen, total);
	assert_int_equal(in_sources + without, total);
	assert_true(n_ips > 500);
	arena_free(&a);
}

static void test_nothing(void **state)
{
	struct arena a = {0};
	size_t n;
	(void)state;
	group(&a, NULL, 0, &n);
	assert_int_equal(n, 0);
	arena_free(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_keys),
	    cmocka_unit_test(test_majority),
	    cmocka_unit_test(test_signature_travels),
	    cmocka_unit_test(test_outcomes_split),
	    cmocka_unit_test(test_networks),
	    cmocka_unit_test(test_tally),
	    cmocka_unit_test(test_exclusive),
	    cmocka_unit_test(test_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
