/* report/roster, sender/command: what a person calls a sender, and what to type. */
#include "core/label.h"
#include "report/command.h"
#include "report/roster.h"
#include "tests/unit/report_facts.h"

static const struct row september[] = {
    {"192.0.2.1", 800, "example.com pass", "example.com s1 pass"},
    {"198.51.100.1", 40, "b.esp.example pass", "esp.example k pass"},
};

static const struct row october[] = {
    {"192.0.2.1", 900, "example.com pass", "example.com s1 pass"},
    {"192.0.2.7", 70, "example.com fail", NULL},
    {"192.0.2.8", 30, "example.com fail", NULL},
    {"198.51.100.1", 60, "b.esp.example pass", "esp.example k pass"},
    {"198.51.100.9", 9, "esp.example pass", NULL},
    {"203.0.113.1", 5, "stranger.example fail", NULL},
    {"203.0.113.2", 6, "stranger.example fail", NULL},
    {NULL, 3, "example.com fail", NULL},
};

static struct roster read(struct arena *a, const struct fact_label *labels, size_t n)
{
	struct domain_facts *months = arena_alloc(a, 3 * sizeof *months);
	struct knowledge k;
	struct roster r;
	months[0] = make_facts(a, OCTOBER - 2, NULL, 0);
	months[1] = make_facts(a, OCTOBER - 1, september, COUNT(september));
	months[2] = make_facts(a, OCTOBER, october, COUNT(october));
	for (int i = 0; i < 3; i++) {
		months[i].labels = labels;
		months[i].n_labels = n;
	}
	knowledge_begin(&k, &test_rules, NULL, NULL, a);
	roster_read(months, 3, &k, &r);
	knowledge_end(&k);
	return r;
}

static void test_find(void **state)
{
	static const struct {
		const char *text, *key;
		size_t n;
	} rows[] = {
	    {"net:192.0.2.0/24", "net:192.0.2.0/24", 1},
	    {"net:192.0.2.0/24#spf-fail", "net:192.0.2.0/24#spf-fail", 1},
	    {"net:192.0.2.0/24#fail", NULL, 0}, /* nobody has that mark */
	    {"192.0.2.0/24 (spf FAILS)", "net:192.0.2.0/24#spf-fail", 1},
	    {"192.0.2.0/24", "net:192.0.2.0/24", 1},
	    {"203.0.113.0/24 (fails)", "net:203.0.113.0/24#fail", 1}, /* printed without */
	    {"dkim:esp.example", "dkim:esp.example", 1},
	    {"ESP.example", "dkim:esp.example", 2}, /* mailfrom: is another */
	    {"(no address)", "net:none", 1},
	    {"esp", NULL, 0},
	    {"", NULL, 0},
	};
	struct arena a = {0};
	struct roster r = read(&a, NULL, 0);
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct roster_match m;
		roster_find(&r, rows[i].text, &a, &m);
		if (m.n != rows[i].n || (m.n && strcmp(m.keys[0], rows[i].key) != 0))
			fail_msg("row %zu: %zu, %s", i, m.n, m.n ? m.keys[0] : "");
	}
	arena_free(&a);
}

static void test_nearest(void **state)
{
	static const struct {
		const char *text, *key;
	} rows[] = {{"eps.example", "dkim:esp.example"},
		    {"mailfrm:esp.example", "mailfrom:esp.example#fail"},
		    {"esp", "dkim:esp.example"},
		    {"quite another", NULL}};
	struct arena a = {0};
	struct roster r = read(&a, NULL, 0);
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct text_nearest near = {.word = rows[i].text};
		const struct roster_entry *e = roster_nearest(&r, &near, &a);
		CHECK_ROW(!e == !rows[i].key, i);
		if (e && i == 1)
			assert_string_equal(e->key, rows[i].key);
	}
	arena_free(&a);
}

static struct ip network(const char *s)
{
	struct ip ip;
	assert_true(ip_parse(s, strlen(s), &ip, NULL));
	return ip;
}

static void test_within(void **state)
{
	const struct fact_label labels[] = {
	    {.sender = "192.0.2.8",
	     .network = network("192.0.2.8"),
	     .bits = 32,
	     .verdict = LABEL_DENY},
	    {.sender = "dkim:esp.example", .verdict = LABEL_APPROVE, .name = "News"},
	};
	struct arena a = {0};
	struct roster_holding *h;
	size_t n;
	struct ip net = network("192.0.2.0");
	(void)state;
	struct roster r = read(&a, labels, COUNT(labels));
	roster_within(&r, &net, 24, &a, &h, &n);
	assert_int_equal(n, 1); /* .8 has a label of its own, the others are one network */
	assert_string_equal(h[0].key, "net:192.0.2.0/24");
	assert_int_equal(h[0].messages, 1770);
	assert_int_equal(h[0].dmarc_pass, 1700);
	assert_true(h[0].passes);
	assert_false(h[0].approved);
	net = network("192.0.2.7");
	roster_within(&r, &net, 32, &a, &h, &n);
	assert_int_equal(n, 1);
	assert_false(h[0].passes);
	net = network("198.51.100.0");
	roster_within(&r, &net, 24, &a, &h, &n);
	assert_int_equal(n, 2);
	assert_string_equal(h[0].name, "News");
	assert_true(h[0].approved);
	assert_int_equal(h[0].messages, 100);
	assert_string_equal(h[1].key, "mailfrom:esp.example");
	net = network("2001:db8::");
	roster_within(&r, &net, 32, &a, &h, &n);
	assert_int_equal(n, 0);
	arena_free(&a);
}

/* Of networks that hold an address the smallest is its sender. */
static void test_smallest_network(void **state)
{
	const struct fact_label labels[] = {
	    {.sender = "192.0.0.0/8",
	     .network = network("192.0.0.0"),
	     .bits = 8,
	     .verdict = LABEL_IGNORE},
	    {.sender = "192.0.2.0/24",
	     .network = network("192.0.2.0"),
	     .bits = 24,
	     .verdict = LABEL_APPROVE},
	    {.sender = "192.0.2.0/29",
	     .network = network("192.0.2.0"),
	     .bits = 29,
	     .verdict = LABEL_DENY},
	};
	struct arena a = {0};
	struct roster r = read(&a, labels, COUNT(labels));
	size_t of[3] = {0};
	(void)state;
	for (size_t i = 0; i < r.n; i++)
		for (size_t k = 0; k < 3; k++)
			if (strcmp(r.entries[i].key + 6, labels[k].sender) == 0)
				of[k] += r.entries[i].sender->n_sources;
	assert_int_equal(of[0], 0);
	assert_int_equal(of[1], 1); /* .8 */
	assert_int_equal(of[2], 3); /* .1 twice, .7 */
	arena_free(&a);
}

static void test_command(void **state)
{
	static const struct {
		const char *domain, *key;
		bool split;
		const char *command;
	} rows[] = {
	    {"example.com", "service:sendgrid", false, "example.com service:sendgrid"},
	    {"example.com", "host:a.example#spf-fail", false, "example.com host:a.example"},
	    {"example.com", "host:a.example#spf-fail", true, "example.com host:a.example#spf-fail"},
	    {"example.com", "net:2001:db8::/64#fail", false, "example.com net:2001:db8::/64"},
	    {"example.com", "dkim:a b.example", false, "example.com 'dkim:a b.example'"},
	    {"example.com", "dkim:it's;rm -rf ~", false, "example.com 'dkim:it'\\''s;rm -rf ~'"},
	    {"$(x)", "net:none", false, "'$(x)' net:none"},
	    {"example.com", "dkim:\xe6\x97\xa5", false, NULL},
	    {"example.com", "dkim:a\nb", false, NULL},
	    {"example.com", "dkim:\033[31m", false, NULL},
	    {"example.com", "", false, NULL},
	    {"example.com", "#fail", false, NULL},
	    {"--force", "net:none", false, NULL},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct sender s = {.key = rows[i].key, .split = rows[i].split};
		struct buf b;
		buf_init(&b, 4096);
		bool ok = label_command(&b, "approve", rows[i].domain, &s);
		CHECK_ROW(ok == (rows[i].command != NULL), i);
		CHECK_ROW(ok || b.len == 0, i);
		if (ok && strcmp(b.data + strlen("ruascope label approve "), rows[i].command) != 0)
			fail_msg("row %zu: %s", i, b.data);
		buf_free(&b);
	}
	/* an address that looks re-let is labelled alone: its neighbours are as they were */
	struct sender_source sources[] = {
	    {.ip = {.family = 4, .b = {192, 0, 2, 10}}},
	    {.ip = {.family = 4, .b = {159, 69, 12, 40}}, .aged = true}};
	struct sender s = {
	    .key = "own:example.com", .sources = sources, .n_sources = 2, .aged = true};
	struct buf b;
	buf_init(&b, 4096);
	assert_true(label_command(&b, "deny", "example.com", &s));
	assert_string_equal(b.data, "ruascope label deny example.com 159.69.12.40");
	buf_free(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_find),    cmocka_unit_test(test_nearest),
	    cmocka_unit_test(test_within),  cmocka_unit_test(test_smallest_network),
	    cmocka_unit_test(test_command),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
