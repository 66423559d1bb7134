/*
 * Readiness: what the checks come to: verdict, the ladder of records, what would be refused.
 */
#include "tests/unit/readiness_case.h"

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

/* A month at each rung, as reports saw it: now, reported since, next. next NULL: leave it. */
static void test_ladder(void **state)
{
#define NONE_SINCE(n) .said = { {W_NONE, .from = n, .to = 1} }
#define TEST_SINCE(n)                                                                              \
	.said = {{W_NONE, .from = 80, .to = (n) + 1}, {W_QUARANTINE, true, .from = n, .to = 1}}
#define QUARANTINE_SINCE(n)                                                                        \
	.said = {{W_QUARANTINE, true, .from = 80, .to = (n) + 1},                                  \
		 {W_QUARANTINE, .from = n, .to = 1}}
#define REJECT_TEST_SINCE(n)                                                                       \
	.said = {{W_QUARANTINE, .from = 80, .to = (n) + 1}, {W_REJECT, true, .from = n, .to = 1}}
	static const struct {
		const char *now, *next;
		int again; /* days */
		struct variant c;
	} rows[] = {
	    {"p=none; " RUA, "p=quarantine; t=y; " RUA, 30, {NONE_SINCE(30)}},
	    {"p=none; " RUA, NULL, 1, {NONE_SINCE(29)}},
	    {"p=none; pct=50; fo=1; " RUA, "p=quarantine; t=y; fo=1; " RUA, 30, {NONE_SINCE(40)}},
	    {"p=none; sp=none; np=none; " RUA, "p=quarantine; t=y; " RUA, 30, {NONE_SINCE(40)}},
	    {"p=quarantine; t=y; " RUA, "p=quarantine; " RUA, 30, {TEST_SINCE(30)}},
	    {"p=quarantine; t=y; " RUA, NULL, 1, {TEST_SINCE(29)}},
	    {"p=quarantine; t=y; " RUA, NULL, 30, {NONE_SINCE(80)}},    /* published today */
	    {"p=quarantine; t=y; " RUA, "p=quarantine; " RUA, 30, {0}}, /* no reporter knows t */
	    {"p=quarantine; adkim=s; " RUA,
	     "p=reject; t=y; adkim=s; " RUA,
	     30,
	     {QUARANTINE_SINCE(30)}},
	    {"p=quarantine; " RUA, NULL, 10, {QUARANTINE_SINCE(20)}},
	    {"p=quarantine; sp=none; " RUA, "p=quarantine; " RUA, 1, {QUARANTINE_SINCE(30)}},
	    {"p=quarantine; sp=quarantine; " RUA,
	     "p=reject; t=y; sp=quarantine; " RUA,
	     30,
	     {QUARANTINE_SINCE(30)}},
	    {"p=reject; t=y; " RUA, "p=reject; " RUA, 30, {REJECT_TEST_SINCE(30)}},
	    {"p=reject; t=y; " RUA, NULL, 29, {REJECT_TEST_SINCE(1)}},
	    {"p=reject; t=y; " RUA,
	     NULL,
	     29,
	     {REJECT_TEST_SINCE(1), .new_age = 14}}, /* a warning */
	    {"p=reject; " RUA, NULL, 30, {0}},
	    {"p=reject; sp=none; " RUA, "p=reject; " RUA, 1, {0}},
	    {"p=reject; " RUA, NULL, 14, {.invoices = 30}},
	    {"p=none; " RUA, NULL, 14, {.invoices = 30}},
	    {"p=none; sp=none; " RUA, NULL, 14, {.invoices = 30}},
	    {"p=none; " RUA, NULL, 14, {.days = 10}},
	    /* more than a quarter of the own mail fails: no policy while it does */
	    {"p=quarantine; pct=0; " RUA, "p=none; " RUA, 14, {.failing = 6000}},
	    {"p=quarantine; t=y; " RUA, NULL, 14, {.failing = 6000}},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct arena a = {0};
		struct variant c = rows[i].c;
		c.dmarc = arena_printf(&a, DMARC("%s"), rows[i].now);
		struct readiness r = judge(&c, &a);
		const char *next = r.next.record ? r.next.record + strlen("v=DMARC1; ") : NULL;
		if (rows[i].next ? !next || strcmp(next, rows[i].next) != 0 : next != NULL)
			fail_msg("row %zu: %s (%s)", i, next ? next : "nothing", r.next.text);
		if (r.next.again != AS_OF + rows[i].again)
			fail_msg("row %zu: again in %d days", i, r.next.again - AS_OF);
		arena_free(&a);
	}
}

/* A policy that was lost is told with the day until which reports showed it. */
static void test_vanished(void **state)
{
	static const struct {
		struct said said[2];
		const char *says;
	} rows[] = {
	    {{{W_REJECT, .from = 80, .to = 10}}, "Reports showed p=reject until 2026-10-2"},
	    {{{W_REJECT, .from = 80, .to = 10}, {W_NONE, .from = 9, .to = 5}}, NULL},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct arena a = {0};
		struct variant c = {.dmarc = "_dmarc.example.com A 192.0.2.1"};
		memcpy(c.said, rows[i].said, sizeof rows[i].said);
		struct readiness r = judge(&c, &a);
		const struct todo_list *l = r.inventory->todo;
		const char *text = NULL;
		for (size_t k = 0; k < l->n; k++)
			text = strncmp(l->list[k].id, "dmarc:", 6) == 0 ? l->list[k].text : text;
		assert_non_null(text);
		const char *shown = strstr(text, "Reports showed");
		if (rows[i].says ? !strstr(text, rows[i].says) : shown != NULL)
			fail_msg("row %zu: %s", i, text);
		arena_free(&a);
	}
}

/* Where there is no record of its own, or none that counts. */
static void test_first_record(void **state)
{
	static const struct {
		struct variant c;
		const char *record, *text;
	} rows[] = {
	    {{.dmarc = "_dmarc.example.com A 192.0.2.1"},
	     "v=DMARC1; p=none; rua=mailto:dmarc-reports@example.com",
	     "a record first"},
	    {{.more = {DMARC("p=reject; " RUA)}}, "v=DMARC1; p=none; " RUA, "several"},
	    {{.nobody = true,
	      .no_history = true,
	      .spoofed = 9,
	      .mx = "example.com MX 0 ",
	      .spf = SPF("-all")},
	     "v=DMARC1; p=reject; " RUA,
	     "sends no mail"},
	    /* one that only receives, and says so; and before it says so */
	    {{.nobody = true, .forged_before = true, .spoofed = 9, .spf = SPF("-all")},
	     "v=DMARC1; p=reject; " RUA,
	     "receives mail and sends none"},
	    {{.nobody = true, .forged_before = true, .spoofed = 9}, NULL, "Stay at"},
	    {{.nobody = true, .no_history = true, .spoofed = 9, .spf = SPF("-all")},
	     NULL,
	     "Stay at"},
	    /* or sends once a year, through a vendor: who says "publish" loses that */
	    {{.nobody = true,
	      .event = 900,
	      .spoofed = 9,
	      .mx = "example.com MX 0 ",
	      .spf = SPF("-all")},
	     NULL,
	     "Answer 1 in the list above first"},
	    {{.silent = true}, NULL, "answer"},
	    /* what may be ours waits for a person */
	    {{.maybe = 9,
	      .legit = 1500,
	      .dmarc = DMARC("p=none; " RUA),
	      .more = {"s5._domainkey.example.com TXT " KEY2048}},
	     NULL,
	     "crm.example: `ruascope label`"},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct arena a = {0};
		struct readiness r = judge(&rows[i].c, &a);
		if (rows[i].record)
			assert_string_equal(r.next.record, rows[i].record);
		else
			assert_null(r.next.record);
		assert_non_null(strstr(r.next.text, rows[i].text));
		arena_free(&a);
	}
}

/* Where a wrong p=reject would lose mail, or means nothing, none is offered. */
static void test_no_reject(void **state)
{
#define NO_MX .nobody = true, .mx = "example.com MX 0 "
	static const struct {
		struct variant c;
		bool parked;
	} rows[] = {
	    {{NO_MX, .no_history = true, .spf = SPF("-all")}, true},
	    /* it only sends, through one vendor that was never set up */
	    {{NO_MX, .no_history = true, .stranger = 500, .spf = "example.com TXT nothing"}, false},
	    /* and whatever its record says: what comes every day is asked about */
	    {{NO_MX, .no_history = true, .stranger = 500, .spf = SPF("-all")}, false},
	    /* or came in numbers yesterday, from servers with a name */
	    {{NO_MX, .no_history = true, .new_stranger = 500, .spf = SPF("-all")}, false},
	    /* it sent until a month ago */
	    {{NO_MX, .spf = SPF("-all")}, false},
	    {{.nobody = true, .no_history = true, .absent = true}, false},
	    {{.once = 400}, false},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct arena a = {0};
		struct readiness r = judge(&rows[i].c, &a);
		bool reject = r.next.record && strstr(r.next.record, "p=reject");
		if (r.parked != rows[i].parked || reject != rows[i].parked)
			fail_msg("row %zu: %s: %s", i, r.parked ? "parked" : "not parked",
				 r.next.record ? r.next.record : r.next.text);
		assert_int_equal(r.does_not_exist, rows[i].c.absent);
		arena_free(&a);
	}
}

static bool lists(const struct readiness *r, const char *id)
{
	for (size_t i = 0; i < r->inventory->todo->n; i++)
		if (strcmp(r->inventory->todo->list[i].id, id) == 0)
			return true;
	return false;
}

/* Where waiting helps nobody, the next step says what does. */
static void test_what_helps(void **state)
{
	static const struct {
		struct variant c;
		const char *says, *thing; /* NULL: none of it in the list */
	} rows[] = {
	    {{.days = 13}, "Go by names", NULL},
	    {{.legit = 60}, "Go by names", NULL},
	    {{.last_gap = 9},
	     "look into the mailbox that rua names, mailto:a@example.com",
	     "reports"},
	    {{.last_gap = 4}, NULL, NULL},
	    {{.dmarc = "_dmarc.example.com CNAME example.com.dmarc.vendor.example",
	      .more = {"example.com.dmarc.vendor.example TXT v=DMARC1; p=quarantine; " RUA}},
	     "alias (CNAME) of example.com.dmarc.vendor.example",
	     NULL},
	    {{.stranger = 60}, "somebody has answered", "question:mailfrom:vendor.example#fail"},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct arena a = {0};
		struct readiness r = judge(&rows[i].c, &a);
		if (rows[i].says && !strstr(r.next.text, rows[i].says))
			fail_msg("row %zu: %s", i, r.next.text);
		if (rows[i].says && !rows[i].thing)
			assert_false(lists(&r, "reports"));
		if (rows[i].thing && !lists(&r, rows[i].thing))
			fail_msg("row %zu: %s is not in the list", i, rows[i].thing);
		if (rows[i].says)
			assert_null(r.next.record);
		arena_free(&a);
	}
}

/* Limits of one's own; and those that are none. */
static void test_limits(void **state)
{
	struct readiness_limits l = {{false}, {0}, {0}};
	const struct variant c = {.legit = 9700, .failing = 300};
	struct arena a = {0};
	(void)state;
	assert_false(readiness_limit(&l, "D3", 1, 0)); /* nothing is counted */
	assert_false(readiness_limit(&l, "X1", 1, 0));
	assert_false(readiness_limit(&l, "A1", 97, 98)); /* more is better */
	assert_false(readiness_limit(&l, "A4", 2, 1));   /* less is better */
	struct readiness r = judge(&c, &a);
	assert_int_equal(r.checks[CHECK_A1].status, CHECK_FAIL);
	assert_string_equal(r.checks[CHECK_A1].limit, ">=99%");
	assert_true(readiness_limit(&l, "A1", 97, 90));
	limits_set = &l;
	r = judge(&c, &a);
	assert_int_equal(r.checks[CHECK_A1].status, CHECK_PASS);
	assert_string_equal(r.checks[CHECK_A1].limit, ">=97%");
	limits_set = NULL;
	arena_free(&a);
}

/* Every check that counts something: one limit moves it, and nothing else does. */
static void test_every_limit(void **state)
{
	static const struct {
		enum check_id id;
		const char *name;
		double pass, warn;
		enum check_status before, after;
		struct variant c;
	} rows[] = {
	    {CHECK_A3, "A3", 1, 1, CHECK_FAIL, CHECK_PASS, {.invoices = 30}},
	    {CHECK_A8, "A8", 10, 5, CHECK_FAIL, CHECK_PASS, {.quarantine_days = 12}},
	    {CHECK_D4, "D4", 3, 5, CHECK_PASS, CHECK_WARN, {.spf = SPF("mx a a a ~all")}},
	    {CHECK_D4, "D4", 1, 2, CHECK_PASS, CHECK_FAIL, {.spf = SPF("mx a a a ~all")}},
	    {CHECK_D5,
	     "D5",
	     9000,
	     9000,
	     CHECK_WARN,
	     CHECK_PASS,
	     {.spf = SPF("ip4:192.0.0.0/19 mx ~all")}},
	    {CHECK_D6, "D6", 1024, 1024, CHECK_WARN, CHECK_PASS, {.key = KEY(KEY1024)}},
	    {CHECK_D7, "D7", 1, 2, CHECK_FAIL, CHECK_PASS, {.strict = 60}},
	    {CHECK_A11, "A11", 0, 10, CHECK_INFO, CHECK_PASS, {0}},
	    {CHECK_M1, "M1", 0, 1, CHECK_INFO, CHECK_WARN, {0}},
	    {CHECK_M1, "M1", 0, 0, CHECK_INFO, CHECK_FAIL, {0}},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct readiness_limits l = {{false}, {0}, {0}};
		struct arena a = {0};
		struct readiness r = judge(&rows[i].c, &a);
		assert_int_equal(r.checks[rows[i].id].status, rows[i].before);
		assert_true(readiness_limit(&l, rows[i].name, rows[i].pass, rows[i].warn));
		limits_set = &l;
		r = judge(&rows[i].c, &a);
		limits_set = NULL;
		if (r.checks[rows[i].id].status != rows[i].after)
			fail_msg("row %zu: %s", i, check_status_names[r.checks[rows[i].id].status]);
		arena_free(&a);
	}
}

static void test_projection(void **state)
{
	const struct variant c = {
	    .failing = 7, .invoices = 30, .stranger = 5, .breaks = 40, .spoofed = 900};
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
		    .more = {rows[i].own}};
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

/* What a person says of a sender counts in every check. */
static void test_labels(void **state)
{
	static const struct {
		struct fact_label label;
		struct variant c;
		enum check_id id;
		enum check_status before, after;
	} rows[] = {
	    {{.sender = "own:example.com#spf-fail", .verdict = LABEL_IGNORE},
	     {.invoices = 30},
	     CHECK_A3,
	     CHECK_FAIL,
	     CHECK_PASS},
	    {{.sender = "mailfrom:vendor.example", .verdict = LABEL_APPROVE},
	     {.stranger = 100},
	     CHECK_A3,
	     CHECK_PASS,
	     CHECK_FAIL},
	    {{.sender = "mailfrom:crm.example", .verdict = LABEL_DENY},
	     {.maybe = 300},
	     CHECK_A4,
	     CHECK_FAIL,
	     CHECK_PASS},
	    {{.sender = "mailfrom:crm.example", .verdict = LABEL_IGNORE},
	     {.maybe = 300},
	     CHECK_A4,
	     CHECK_FAIL,
	     CHECK_PASS},
	    {{.sender = "mailfrom:lists.example", .verdict = LABEL_IGNORE},
	     {.breaks = 300},
	     CHECK_A6,
	     CHECK_WARN,
	     CHECK_PASS},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct arena a = {0};
		struct variant c = rows[i].c;
		struct readiness r = judge(&c, &a);
		assert_int_equal(r.checks[rows[i].id].status, rows[i].before);
		c.label = &rows[i].label;
		r = judge(&c, &a);
		if (r.checks[rows[i].id].status != rows[i].after) {
			for (size_t k = 0; k < r.inventory->n_senders; k++)
				print_error("  %s\n", r.inventory->senders[k].key);
			fail_msg("row %zu: %s", i, r.checks[rows[i].id].text);
		}
		arena_free(&a);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_verdicts),   cmocka_unit_test(test_ladder),
	    cmocka_unit_test(test_vanished),   cmocka_unit_test(test_first_record),
	    cmocka_unit_test(test_projection), cmocka_unit_test(test_limits),
	    cmocka_unit_test(test_no_reject),  cmocka_unit_test(test_every_limit),
	    cmocka_unit_test(test_labels),     cmocka_unit_test(test_subdomains),
	    cmocka_unit_test(test_what_helps)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
