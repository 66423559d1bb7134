/*
 * Readiness: every check at, below and above its limits, and the ladder of records. A tidy domain
 * is changed in one thing each time.
 */
#include "core/day.h"
#include "report/inventory.h"
#include "report/readiness.h"
#include "tests/unit/report_facts.h"
#include "tests/unit/zone_view.h"

#define AS_OF (month_first_day(OCTOBER + 1))
#define ALL   0x7fffffff /* every day of the month */
#define KEY2048                                                                                    \
	"v=DKIM1; k=rsa; p="                                                                       \
	"MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAu5oIUrFDWZK7F4thFxpZa2or6jBEX3cSL6b2TJdPkO5i" \
	"Nn9vHN"                                                                                   \
	"XhNX31nOefN8FksX94YbLJ8NHcFPbaZTW8R2HthYxRaCyqodxlLHibg8aHdfa+bxKeiI/"                    \
	"xABRuAM0WG0JEDSyakMFqIO40g"                                                               \
	"hj/h7DUc/"                                                                                \
	"4OXNdeQhrKDTlgf2bd+FjpJ3bNAFcMYa3Oeju33b2Tp+PdtqIwXRZksfuXh7m30kuyavp3Uaso145DRBaJZA55"   \
	"lNxmHWMgMjO+YjNeuR6j4oQqyGwzPaVcSdOG8Js2mXt+J3Hr+nNmJGxZUUW4Uw5ws08wT9opRgSpn+"           \
	"ThX2d1AgQePpGrWOa"                                                                        \
	"mC3PdcwIDAQAB"
#define KEY1024                                                                                    \
	"v=DKIM1; k=rsa; p="                                                                       \
	"MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDCfYuAu0lHDQqiDLLfGQVyk5ZbA1fBMW4PcS5O3OpdVvYsaF2e" \
	"6xSW3B"                                                                                   \
	"TVQQQ5ZVWGNWjeUoC4ljFVIV0yC0T3Gb7K3yMhTfzS3lM9pYxkqRA+"                                   \
	"1g4hFZ0R2kPbzzqb8XrXYBUc6nq3XWqrR1ZVbVZgL"                                                \
	"S2bKqYbXsqZAAAAAAAAAQIDAQAB"

static const char no_services[] =
    "name,kind,spf_include,ptr_suffixes,return_path,dkim_domains,dkim_selectors,zone_marks,shared,"
    "aligned_spf,include_helps,dkim,advice,link,source\n"
    "Nobody,esp,,nobody.test,,,,,y,n,n,n,None.,,test\n";

static const struct readiness_limits *limits_set; /* of all cases; NULL: the defaults */

/* What a case may change; zero: as in the tidy domain. */
struct variant {
	unsigned days, reporters, history_days, quarantine_days, last_gap;
	bool small_reporters, one_reporter_has_most;
	uint64_t legit, failing;  /* of our server, in window and gate */
	uint64_t spf_only;        /* of it, without DKIM */
	uint64_t unknown, breaks; /* failing mail of somebody unknown; of a forwarder */
	uint64_t spoofed;
	uint64_t invoices;                    /* of a small sender of ours that fails */
	unsigned new_age;                     /* days since a new sender of ours began */
	bool below;                           /* invoices and forgeries are of subdomains */
	uint64_t strict;                      /* messages that only strict alignment fails */
	const char *dmarc, *spf, *key, *more; /* records */
};

struct readiness_case {
	enum check_id id;
	enum check_status status;
	struct variant c;
};

static const struct readiness_case cases[] = {
    {CHECK_C1, CHECK_PASS, {.days = 28}},
    {CHECK_C1, CHECK_WARN, {.days = 27}},
    {CHECK_C1, CHECK_WARN, {.days = 14}},
    {CHECK_C1, CHECK_FAIL, {.days = 13}},
    {CHECK_C2, CHECK_PASS, {.history_days = 5}},
    {CHECK_C2, CHECK_WARN, {.history_days = 4}},
    {CHECK_C3, CHECK_PASS, {.reporters = 5}},
    {CHECK_C3, CHECK_WARN, {.reporters = 4}},
    {CHECK_C3, CHECK_WARN, {.reporters = 3}},
    {CHECK_C3, CHECK_FAIL, {.reporters = 2}},
    {CHECK_C3, CHECK_WARN, {.reporters = 8, .small_reporters = true}},
    {CHECK_C4, CHECK_PASS, {0}},
    {CHECK_C4, CHECK_WARN, {.one_reporter_has_most = true}},
    {CHECK_C5, CHECK_PASS, {.legit = 1000}},
    {CHECK_C5, CHECK_WARN, {.legit = 999}},
    {CHECK_C5, CHECK_WARN, {.legit = 100}},
    {CHECK_C5, CHECK_FAIL, {.legit = 99}},
    {CHECK_C6, CHECK_PASS, {.last_gap = 3}},
    {CHECK_C6, CHECK_WARN, {.last_gap = 4}},
    {CHECK_C6, CHECK_WARN, {.last_gap = 7}},
    {CHECK_C6, CHECK_FAIL, {.last_gap = 8}},
    {CHECK_A1, CHECK_PASS, {.legit = 9900, .failing = 100}},
    {CHECK_A1, CHECK_WARN, {.legit = 9899, .failing = 101}},
    {CHECK_A1, CHECK_WARN, {.legit = 9800, .failing = 200}},
    {CHECK_A1, CHECK_FAIL, {.legit = 9799, .failing = 201}},
    {CHECK_A2, CHECK_PASS, {.legit = 9800, .failing = 200}},
    {CHECK_A2, CHECK_WARN, {.legit = 9799, .failing = 201}},
    {CHECK_A2, CHECK_WARN, {.legit = 9500, .failing = 500}},
    {CHECK_A2, CHECK_FAIL, {.legit = 9499, .failing = 501}},
    {CHECK_A3, CHECK_PASS, {0}},
    {CHECK_A3, CHECK_FAIL, {.invoices = 30}}, /* 0.3 % of the mail */
    {CHECK_A4, CHECK_PASS, {.unknown = 50}},
    {CHECK_A4, CHECK_WARN, {.unknown = 51}},
    {CHECK_A4, CHECK_WARN, {.unknown = 200}},
    {CHECK_A4, CHECK_FAIL, {.unknown = 201}},
    {CHECK_A4, CHECK_PASS, {.spoofed = 1000000}}, /* what forgers send blocks nobody */
    {CHECK_A5, CHECK_PASS, {.legit = 9500, .spf_only = 500}},
    {CHECK_A5, CHECK_WARN, {.legit = 9499, .spf_only = 501}},
    {CHECK_A5, CHECK_WARN, {.legit = 8000, .spf_only = 2000}},
    {CHECK_A5, CHECK_FAIL, {.legit = 7999, .spf_only = 2001}},
    {CHECK_A6, CHECK_PASS, {.breaks = 50}},
    {CHECK_A6, CHECK_WARN, {.breaks = 51}},
    {CHECK_A6, CHECK_WARN, {.breaks = 200}},
    {CHECK_A6, CHECK_FAIL, {.breaks = 201}},
    {CHECK_A7, CHECK_PASS, {.new_age = 15}},
    {CHECK_A7, CHECK_WARN, {.new_age = 14}},
    {CHECK_A7, CHECK_WARN, {.new_age = 7}},
    {CHECK_A7, CHECK_FAIL, {.new_age = 6}},
    {CHECK_A8, CHECK_PASS, {.quarantine_days = 30}},
    {CHECK_A8, CHECK_WARN, {.quarantine_days = 29}},
    {CHECK_A8, CHECK_WARN, {.quarantine_days = 14}},
    {CHECK_A8, CHECK_FAIL, {.quarantine_days = 13}},
    {CHECK_A9, CHECK_PASS, {0}},
    {CHECK_D1, CHECK_PASS, {0}},
    {CHECK_D1,
     CHECK_WARN,
     {.dmarc = "_dmarc.example.com TXT v=DMARC1; p=quarantine; pct=50; rua=mailto:a@example.com"}},
    {CHECK_D1,
     CHECK_WARN,
     {.dmarc =
	  "_dmarc.example.com TXT v=DMARC1; p=quarantine; aspf=rvk; rua=mailto:a@example.com"}},
    {CHECK_D1, CHECK_FAIL, {.dmarc = "_dmarc.example.com A 192.0.2.1"}},
    {CHECK_D2, CHECK_FAIL, {.dmarc = "_dmarc.example.com TXT v=DMARC1; p=quarantine"}},
    {CHECK_D2,
     CHECK_WARN,
     {.dmarc = "_dmarc.example.com TXT v=DMARC1; p=quarantine; "
	       "rua=mailto:a@example.com,mailto:b@other.example"}},
    {CHECK_D3,
     CHECK_FAIL,
     {.dmarc = "_dmarc.example.com TXT v=DMARC1; p=quarantine; sp=none; rua=mailto:a@example.com"}},
    {CHECK_D3,
     CHECK_WARN,
     {.dmarc =
	  "_dmarc.example.com TXT v=DMARC1; p=reject; sp=quarantine; rua=mailto:a@example.com"}},
    {CHECK_D4, CHECK_PASS, {.spf = "example.com TXT v=spf1 mx a a a a a a a ~all"}},
    {CHECK_D4, CHECK_WARN, {.spf = "example.com TXT v=spf1 mx a a a a a a a a ~all"}},
    {CHECK_D4, CHECK_WARN, {.spf = "example.com TXT v=spf1 mx a a a a a a a a a ~all"}},
    {CHECK_D4, CHECK_FAIL, {.spf = "example.com TXT v=spf1 mx a a a a a a a a a a ~all"}},
    {CHECK_D4, CHECK_WARN, {.spf = "example.com TXT v=spf1 mx ?all"}},
    {CHECK_D4, CHECK_FAIL, {.spf = "example.com TXT v=spf1 mx +all"}},
    {CHECK_D4,
     CHECK_FAIL,
     {.spf = "example.com TXT v=spf1 mx ~all", .more = "example.com TXT v=spf1 -all"}},
    {CHECK_D5, CHECK_PASS, {.spf = "example.com TXT v=spf1 mx ip4:192.0.0.0/20 ~all"}},
    {CHECK_D5, CHECK_WARN, {.spf = "example.com TXT v=spf1 mx ip4:192.0.0.0/19 ~all"}},
    {CHECK_D5, CHECK_WARN, {.spf = "example.com TXT v=spf1 mx ip4:192.0.0.0/12 ~all"}},
    {CHECK_D5, CHECK_FAIL, {.spf = "example.com TXT v=spf1 mx ip4:192.0.0.0/11 ~all"}},
    {CHECK_D6, CHECK_PASS, {.key = "s1._domainkey.example.com TXT " KEY2048}},
    {CHECK_D6,
     CHECK_PASS,
     {.key = "s1._domainkey.example.com TXT v=DKIM1; k=ed25519; "
	     "p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="}},
    {CHECK_D6, CHECK_WARN, {.key = "s1._domainkey.example.com TXT t=y; " KEY2048}},
    {CHECK_D6, CHECK_FAIL, {.key = "s1._domainkey.example.com TXT v=DKIM1; p="}},
    {CHECK_D6, CHECK_FAIL, {.key = "s1._domainkey.example.com TXT v=DKIM1; p=AAAA"}},
    {CHECK_D6, CHECK_FAIL, {.key = "s2._domainkey.example.com TXT nothing"}},
    {CHECK_D7, CHECK_PASS, {0}},
    {CHECK_D7, CHECK_WARN, {.strict = 49}},
    {CHECK_D7, CHECK_WARN, {.strict = 50}}, /* 0.4975 % */
    {CHECK_D7, CHECK_FAIL, {.strict = 51}},
    {CHECK_D9, CHECK_PASS, {0}},
    {CHECK_A11, CHECK_INFO, {0}},
    {CHECK_M1, CHECK_INFO, {0}},
    {CHECK_A10, CHECK_UNKNOWN, {0}},
};

static void fill_days(struct arena *a, struct domain_facts *d, int32_t first, unsigned n,
		      unsigned gap)
{
	struct fact_day *days = arena_alloc(a, 100 * sizeof *days);
	d->days = days;
	for (unsigned i = 0; i < n; i++) {
		if (gap && i + gap >= n && i + 1 < n + gap)
			continue; /* the last days are missing */
		days[d->n_days++] = (struct fact_day){first + (int32_t)i, 100, 100};
	}
}

static struct domain_facts make(struct arena *a, const struct variant *c, bool gate)
{
	struct row rows[16];
	size_t n = 0;
	uint64_t legit = c->legit ? c->legit : 10000;
	uint32_t days = gate ? 0x7fffe000 & ALL : ALL;
	rows[n++] =
	    (struct row){"192.0.2.10", legit, "example.com pass", "example.com s1 pass", 0, days};
	if (c->failing)
		rows[n++] =
		    (struct row){"192.0.2.10", c->failing, "example.com temperror", NULL, 0, days};
	if (c->spf_only)
		rows[n++] =
		    (struct row){"192.0.2.10", c->spf_only, "example.com pass", NULL, 0, days};
	if (c->strict)
		rows[n++] = (struct row){"192.0.2.10", c->strict,         "example.com temperror",
					 NULL,         DMARC_STRICT_ONLY, days};
	if (c->unknown)
		rows[n++] =
		    (struct row){"198.51.100.9", c->unknown, "vendor.example pass", NULL, 0, days};
	if (c->breaks)
		rows[n++] = (struct row){"198.51.100.20",      c->breaks,
					 "lists.example pass", "example.com s1 fail",
					 DMARC_FORWARD_REASON, days};
	if (c->spoofed)
		rows[n++] =
		    (struct row){"203.0.113.7", c->spoofed, "evil.example fail", NULL, 0, 3};
	if (c->invoices)
		rows[n++] =
		    (struct row){"192.0.2.77", c->invoices, "example.com fail", NULL, 0, days};
	if (c->new_age)
		rows[n++] = (struct row){
		    "198.51.100.50",       100, "partner.example pass",
		    "example.com s9 pass", 0,   (uint32_t)(0x7fffffffu << (31 - c->new_age)) & ALL};
	for (size_t i = 0; i < n && c->below; i++)
		rows[i].from = strcmp(rows[i].ip, "192.0.2.77") == 0    ? "mail.example.com"
			       : strcmp(rows[i].ip, "203.0.113.7") == 0 ? "gone.example.com"
									: NULL;
	unsigned reporters = c->reporters ? c->reporters : REPORTERS;
	for (size_t i = 0; i < n; i++)
		rows[i].reporters = (1u << reporters) - 1;
	struct domain_facts d = make_facts(a, OCTOBER, rows, n);
	struct fact_reporter *r = arena_alloc(a, REPORTERS * sizeof *r);
	for (unsigned i = 0; i < reporters; i++)
		r[i] = (struct fact_reporter){
		    c->small_reporters || i > 0 ? arena_printf(a, "org %u", i) : "google.com",
		    c->one_reporter_has_most && i == 0 ? 1000 : 10};
	d.reporters = r;
	d.n_reporters = reporters;
	d.window.since = AS_OF - 30;
	fill_days(a, &d, AS_OF - 30, 30, c->last_gap);
	if (c->days)
		d.n_days = c->days;
	struct fact_policy *p = arena_alloc(a, sizeof *p);
	int32_t since = AS_OF - (int32_t)(c->quarantine_days ? c->quarantine_days : 40);
	*p = (struct fact_policy){
	    .p = {W_QUARANTINE, "quarantine"}, .first_day = since, .last_day = AS_OF - 1};
	d.policies = p;
	d.n_policies = 1;
	return d;
}

static const char *pick(const char *own, const char *tidy)
{
	return own ? own : tidy;
}

static struct readiness judge(const struct variant *c, struct arena *a)
{
	static struct zone_view z;
	static struct catalogue *catalogue;
	struct err err;
	if (!catalogue && catalogue_parse(&catalogue, NULL, "none", no_services,
					  strlen(no_services), &err) != ST_OK)
		fail_msg("%s", err.msg);
	const char *zone[20];
	size_t n = 0;
	zone[n++] = pick(c->dmarc,
			 "_dmarc.example.com TXT v=DMARC1; p=quarantine; rua=mailto:a@example.com");
	zone[n++] = pick(c->spf, "example.com TXT v=spf1 mx ~all");
	zone[n++] = pick(c->key, "s1._domainkey.example.com TXT " KEY2048);
	if (c->more)
		zone[n++] = c->more;
	zone[n++] = "s9._domainkey.example.com TXT " KEY2048;
	zone[n++] = "example.com MX 10 mail.example.com";
	zone[n++] = "example.com A 192.0.2.10";
	zone[n++] = "mail.example.com A 192.0.2.10";
	zone[n++] = "10.2.0.192.in-addr.arpa PTR mail.example.com";
	zone[n++] = "77.2.0.192.in-addr.arpa PTR erp.example.com";
	zone[n++] = "erp.example.com A 192.0.2.77";
	zone[n++] = "9.100.51.198.in-addr.arpa PTR x.vendor.example";
	zone[n++] = "x.vendor.example A 198.51.100.9";
	zone[n] = NULL;
	struct domain_facts *facts = arena_alloc(a, 3 * sizeof *facts);
	facts[0] = make(a, c, false);
	facts[1] = make(a, c, true);
	const struct row old = {"192.0.2.10",          9000, "example.com pass",
				"example.com s1 pass", 0,    ALL};
	facts[2] = make_facts(a, OCTOBER - 1, &old, 1);
	unsigned history = c->history_days ? c->history_days : 60;
	fill_days(a, &facts[2], AS_OF - 30 - (int32_t)history, history, 0);
	const struct readiness_input in = {&facts[0], &facts[1], &facts[2], AS_OF, limits_set};
	struct readiness r;
	struct knowledge k;
	zone_view_end(&z);
	struct dns_view view = zone_view(&z, zone);
	for (size_t before = 1, now = 0; before != now;) {
		before = z.asked.n;
		knowledge_begin(&k, &test_rules, &view, catalogue, a);
		readiness_judge(&in, &k, &r);
		knowledge_end(&k);
		now = z.asked.n;
	}
	return r;
}

static void test_checks(void **state)
{
	size_t bad = 0;
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct arena a = {0};
		struct readiness r = judge(&cases[i].c, &a);
		const struct check *c = &r.checks[cases[i].id];
		if (c->status != cases[i].status) {
			print_error("row %zu, %s: %s (%s: %s), expected %s\n", i, c->id,
				    check_status_names[c->status], c->value, c->text,
				    check_status_names[cases[i].status]);
			bad++;
		}
		for (int k = 0; k < CHECK_COUNT; k++)
			assert_true(r.checks[k].id && r.checks[k].title && r.checks[k].text[0]);
		arena_free(&a);
	}
	assert_int_equal(bad, 0);
}

static void test_verdicts(void **state)
{
	static const struct {
		enum verdict_word verdict;
		struct variant c;
	} rows[] = {
	    {VERDICT_READY, {0}},
	    {VERDICT_READY, {.spoofed = 1000000}},
	    {VERDICT_NOT_READY, {.invoices = 30}},
	    {VERDICT_NOT_READY, {.spf = "example.com TXT v=spf1 mx a a a a a a a a a a ~all"}},
	    {VERDICT_WARNINGS, {.quarantine_days = 20}},
	    {VERDICT_NOT_READY, {.quarantine_days = 5}},
	    {VERDICT_INSUFFICIENT, {.reporters = 1}},
	    {VERDICT_INSUFFICIENT, {.days = 10}},
	    {VERDICT_INSUFFICIENT, {.legit = 50}},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct arena a = {0};
		struct readiness r = judge(&rows[i].c, &a);
		if (r.verdict != rows[i].verdict) {
			for (int k = 0; k < CHECK_COUNT; k++)
				if (r.checks[k].status == CHECK_FAIL ||
				    r.checks[k].status == CHECK_WARN)
					print_error("  %s %s: %s\n", r.checks[k].id,
						    check_status_names[r.checks[k].status],
						    r.checks[k].text);
			fail_msg("row %zu: %s", i, verdict_names[r.verdict]);
		}
		arena_free(&a);
	}
}

#define RUA "rua=mailto:a@example.com"

static void test_ladder(void **state)
{
	static const struct {
		const char *now, *next; /* next NULL: leave it */
		struct variant c;
	} rows[] = {
	    {"v=DMARC1; p=none; " RUA, "v=DMARC1; p=quarantine; t=y; " RUA, {0}},
	    {"v=DMARC1; p=none; pct=50; fo=1; " RUA,
	     "v=DMARC1; p=quarantine; t=y; fo=1; " RUA,
	     {0}},
	    {"v=DMARC1; p=quarantine; t=y; " RUA, "v=DMARC1; p=quarantine; " RUA, {0}},
	    {"v=DMARC1; p=quarantine; adkim=s; " RUA,
	     "v=DMARC1; p=reject; t=y; adkim=s; " RUA,
	     {0}},
	    {"v=DMARC1; p=quarantine; " RUA, NULL, {.quarantine_days = 20}},
	    {"v=DMARC1; p=reject; t=y; " RUA, "v=DMARC1; p=reject; " RUA, {0}},
	    {"v=DMARC1; p=reject; " RUA, NULL, {0}},
	    {"v=DMARC1; p=none; " RUA, NULL, {.invoices = 30}},
	    {"v=DMARC1; p=none; " RUA, NULL, {.days = 10}},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct arena a = {0};
		struct variant c = rows[i].c;
		c.dmarc = arena_printf(&a, "_dmarc.example.com TXT %s", rows[i].now);
		struct readiness r = judge(&c, &a);
		bool same = rows[i].next ? r.next.record && strcmp(r.next.record, rows[i].next) == 0
					 : !r.next.record;
		if (!same)
			fail_msg("row %zu: %s (%s)", i, r.next.record ? r.next.record : "nothing",
				 r.next.text);
		assert_int_equal(r.next.again, AS_OF + 30);
		arena_free(&a);
	}
	struct arena a = {0};
	const struct variant c = {.dmarc = "_dmarc.example.com A 192.0.2.1"};
	struct readiness r = judge(&c, &a);
	assert_string_equal(r.next.record,
			    "v=DMARC1; p=none; rua=mailto:dmarc-reports@example.com");
	arena_free(&a);
}

/* Limits of one's own; and those that are none. */
static void test_limits(void **state)
{
	struct readiness_limits l = {{false}, {0}, {0}};
	const struct variant c = {.legit = 9700, .failing = 300};
	struct arena a = {0};
	(void)state;
	assert_false(readiness_limit(&l, "A3", 1, 0)); /* any failing sender is one too many */
	assert_false(readiness_limit(&l, "X1", 1, 0));
	assert_false(readiness_limit(&l, "A1", 97, 98)); /* more is better */
	assert_false(readiness_limit(&l, "A4", 2, 1));   /* less is better */
	struct readiness r = judge(&c, &a);
	assert_int_equal(r.checks[CHECK_A1].status, CHECK_FAIL);
	assert_string_equal(r.checks[CHECK_A1].limit, ">=99%");
	assert_true(readiness_limit(&l, "A1", 97, 90));
	limits_set = &l;
	r = judge(&c, &a);
	limits_set = NULL;
	assert_int_equal(r.checks[CHECK_A1].status, CHECK_PASS);
	assert_string_equal(r.checks[CHECK_A1].limit, ">=97%");
	arena_free(&a);
}

static void test_projection(void **state)
{
	const struct variant c = {
	    .failing = 7, .invoices = 30, .unknown = 5, .breaks = 40, .spoofed = 900};
	struct arena a = {0};
	(void)state;
	struct readiness r = judge(&c, &a);
	assert_int_equal(r.projection.would_reject[FATE_LEGIT], 37);
	assert_int_equal(r.projection.would_reject[FATE_UNKNOWN], 5);
	assert_int_equal(r.projection.would_reject[FATE_FORWARDER], 40);
	assert_int_equal(r.projection.would_reject[FATE_UNAUTHORIZED], 900);
	assert_int_equal(r.projection.expected[FATE_FORWARDER], 0); /* reporters let it through */
	assert_int_equal(r.projection.messages, 10000 + 7 + 30 + 5 + 40 + 900);
	arena_free(&a);
}

/* Which tag decides below the domain, and that only what meets reject is refused. */
static void test_subdomains(void **state)
{
	static const struct {
		const char *tags, *own; /* of the domain; the record of mail.example.com */
		enum policy_tag by[2];  /* of mail.example.com, which exists; of gone.example.com */
		enum published_policy policy[2];
		uint64_t refused[2]; /* legitimate, and of forgers */
	} rows[] = {
	    {"", NULL, {TAG_P, TAG_P}, {POLICY_REJECT, POLICY_REJECT}, {7 + 30, 900}},
	    {"sp=none; ", NULL, {TAG_SP, TAG_SP}, {POLICY_NONE, POLICY_NONE}, {7, 0}},
	    {"np=none; ", NULL, {TAG_P, TAG_NP}, {POLICY_REJECT, POLICY_NONE}, {7 + 30, 0}},
	    {"sp=none; np=reject; ",
	     NULL,
	     {TAG_SP, TAG_NP},
	     {POLICY_NONE, POLICY_REJECT},
	     {7, 900}},
	    {"sp=quarantine; ",
	     NULL,
	     {TAG_SP, TAG_SP},
	     {POLICY_QUARANTINE, POLICY_QUARANTINE},
	     {7, 0}},
	    {"sp=reject; ",
	     "_dmarc.mail.example.com TXT v=DMARC1; p=none",
	     {TAG_OWN, TAG_SP},
	     {POLICY_NONE, POLICY_REJECT},
	     {7, 900}},
	    {"sp=none; ",
	     "_dmarc.mail.example.com TIMEOUT",
	     {TAG_NONE, TAG_SP},
	     {POLICY_ABSENT, POLICY_NONE},
	     {7 + 30, 0}}, /* not known: at most */
	};
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct arena a = {0};
		const struct variant c = {
		    .failing = 7,
		    .invoices = 30,
		    .spoofed = 900,
		    .below = true,
		    .dmarc = arena_printf(&a, "_dmarc.example.com TXT v=DMARC1; p=none; %s" RUA,
					  rows[i].tags),
		    .more = rows[i].own};
		struct readiness r = judge(&c, &a);
		const struct projection *p = &r.projection;
		assert_int_equal(p->n_subdomains, 2);
		assert_int_equal(p->more_subdomains, 0);
		assert_string_equal(p->subdomains[0]->name, "gone.example.com"); /* fails most */
		assert_int_equal(p->subdomains[0]->failing[FATE_UNAUTHORIZED], 900);
		assert_string_equal(p->subdomains[1]->name, "mail.example.com");
		assert_int_equal(p->subdomains[1]->failing[FATE_LEGIT], 30);
		for (int k = 0; k < 2; k++) {
			assert_int_equal(p->subdomains[1 - k]->by, rows[i].by[k]);
			assert_int_equal(p->subdomains[1 - k]->policy, rows[i].policy[k]);
		}
		assert_int_equal(p->would_reject[FATE_LEGIT], rows[i].refused[0]);
		assert_int_equal(p->would_reject[FATE_UNAUTHORIZED], rows[i].refused[1]);
		uint64_t sum = 0;
		for (size_t k = 0; k < r.inventory->n_senders; k++)
			sum += p->of_sender[k];
		assert_int_equal(sum, rows[i].refused[0] + rows[i].refused[1]);
		arena_free(&a);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_checks), cmocka_unit_test(test_verdicts),
	    cmocka_unit_test(test_ladder), cmocka_unit_test(test_projection),
	    cmocka_unit_test(test_limits), cmocka_unit_test(test_subdomains)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
