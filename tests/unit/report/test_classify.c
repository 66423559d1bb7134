#include "report/sender/classify.h"
#include "tests/unit/report_facts.h"

struct world {
	struct arena a;
	struct domain_facts facts;
	struct sender *senders;
	size_t n;
};

static struct world judge(const struct row *rows, size_t n)
{
	struct world w = {0};
	w.facts = make_facts(&w.a, OCTOBER, rows, n);
	group_senders(&w.facts, NULL, NULL, NULL, &test_rules, &w.a, &w.senders, &w.n);
	classify_senders(&w.facts, NULL, NULL, &test_rules, &w.a, w.senders, w.n);
	return w;
}

static bool has(const struct sender *s, const char *code)
{
	for (unsigned i = 0; i < s->n_evidence; i++)
		if (strcmp(s->evidence[i].code, code) == 0)
			return true;
	return false;
}

/* Up to six rows; what becomes of the sender of the first row's key. */
static const struct {
	const char *what;
	struct row rows[6];
	const char *key;
	enum category category;
	enum remedy_kind remedy;
	const char *evidence; /* must be there */
} cases[] = {
    {"own server, SPF and DKIM",
     {{"192.0.2.1", 100, "example.com pass", "example.com s1 pass"}},
     "net:192.0.2.0/24",
     CAT_AUTHORIZED,
     REMEDY_NONE,
     "L_ALIGNED_SPF"},
    {"own server, SPF only",
     {{"192.0.2.1", 100, "example.com pass", NULL}},
     "net:192.0.2.0/24",
     CAT_AUTHORIZED,
     REMEDY_NONE,
     "L_PERSISTENT"},
    {"own server whose signature fails, saved by SPF",
     {{"192.0.2.1", 100, "example.com pass", "example.com s1 fail"}},
     "net:192.0.2.0/24",
     CAT_AUTHORIZED,
     REMEDY_NONE,
     "N_DKIM_FAILS"},
    {"97 % is not 98 %",
     {{"192.0.2.1", 97, "example.com pass", NULL}, {"192.0.2.1", 3, "example.com fail", NULL}},
     "net:192.0.2.0/24",
     CAT_UNKNOWN,
     REMEDY_REVIEW,
     "L_ALIGNED_SPF"},
    {"98 % is enough",
     {{"192.0.2.1", 98, "example.com pass", NULL}, {"192.0.2.1", 2, "example.com fail", NULL}},
     "net:192.0.2.0/24",
     CAT_AUTHORIZED,
     REMEDY_NONE,
     NULL},
    {"a service that signs as us with a selector of its own",
     {{"198.51.100.1", 500, "b.esp.example pass", "example.com k1 pass"},
      {"192.0.2.1", 900, "example.com pass", "example.com s1 pass"}},
     "mailfrom:esp.example",
     CAT_AUTHORIZED,
     REMEDY_NONE,
     "L_ALIGNED_DKIM"},
    {"a forwarder: two selectors that are another's",
     {{"198.51.100.1", 50, "srs.forwarder.example pass", "example.com s1 pass"},
      {"198.51.100.1", 20, "srs.forwarder.example pass", "example.com k1 pass"},
      {"192.0.2.1", 5000, "example.com pass", "example.com s1 pass"},
      {"203.0.113.1", 900, "b.esp.example pass", "example.com k1 pass"}},
     "mailfrom:forwarder.example",
     CAT_FORWARDER,
     REMEDY_FORWARDER,
     "F_SELECTORS"},
    {"one selector of another is not proof enough",
     {{"198.51.100.1", 50, "srs.forwarder.example pass", "example.com s1 pass"},
      {"192.0.2.1", 5000, "example.com pass", "example.com s1 pass"}},
     "mailfrom:forwarder.example",
     CAT_UNKNOWN,
     REMEDY_REVIEW,
     "F_SELECTOR"},
    {"what others sign, from a machine that SPF names: the machine comes first",
     {{"198.51.100.1", 50, "example.com pass", "example.com k1 pass"},
      {"203.0.113.1", 900, "example.com pass", "example.com k1 pass"}},
     "net:198.51.100.0/24",
     CAT_AUTHORIZED,
     REMEDY_NONE,
     NULL},
    {"few failures on one day are chance",
     {{"192.0.2.1", 50, "example.com pass", NULL},
      {"192.0.2.1", 9, "example.com fail", NULL, 0, 0x10}},
     "net:192.0.2.0/24",
     CAT_AUTHORIZED,
     REMEDY_NONE,
     NULL},
    {"ten are not",
     {{"192.0.2.1", 50, "example.com pass", NULL},
      {"192.0.2.1", 10, "example.com fail", NULL, 0, 0x10}},
     "net:192.0.2.0/24",
     CAT_UNKNOWN,
     REMEDY_REVIEW,
     NULL},
    {"nor are those of two days",
     {{"192.0.2.1", 50, "example.com pass", NULL},
      {"192.0.2.1", 4, "example.com fail", NULL, 0, 0x30}},
     "net:192.0.2.0/24",
     CAT_UNKNOWN,
     REMEDY_REVIEW,
     NULL},
    {"a fifth of the selector's mail: no mere forwarder",
     {{"198.51.100.1", 400, "srs.forwarder.example pass", "example.com s1 pass"},
      {"198.51.100.1", 300, "srs.forwarder.example pass", "example.com k1 pass"},
      {"192.0.2.1", 900, "example.com pass", "example.com s1 pass"},
      {"203.0.113.1", 900, "b.esp.example pass", "example.com k1 pass"}},
     "mailfrom:forwarder.example",
     CAT_UNKNOWN,
     REMEDY_REVIEW,
     "F_MAIN_USER"},
    {"a mailing list, as reporters say",
     {{"198.51.100.1", 50, "lists.example pass", "example.com s1 fail", DMARC_FORWARD_REASON},
      {"192.0.2.1", 5000, "example.com pass", "example.com s1 pass"}},
     "mailfrom:lists.example",
     CAT_FORWARDER,
     REMEDY_FORWARDER,
     "F_FORWARD_REASON"},
    {"a fifth is enough for the remark, less is not",
     {{"198.51.100.1", 81, "lists.example pass", "example.com s1 fail"},
      {"198.51.100.1", 19, "lists.example pass", "example.com s1 fail", DMARC_FORWARD_REASON},
      {"192.0.2.1", 5000, "example.com pass", "example.com s1 pass"}},
     "mailfrom:lists.example",
     CAT_UNKNOWN,
     REMEDY_REVIEW,
     "F_BROKEN_SIGNATURE"},
    {"ARC, and a signature broken on the way",
     {{"198.51.100.1", 50, "lists.example pass", "example.com s1 fail", DMARC_ARC_PASS},
      {"192.0.2.1", 5000, "example.com pass", "example.com s1 pass"}},
     "mailfrom:lists.example",
     CAT_FORWARDER,
     REMEDY_FORWARDER,
     "F_ARC"},
    {"SPF passes here for us: no forwarder, whatever a reporter calls it",
     {{"192.0.2.1", 90, "example.com pass", "example.com s1 pass", DMARC_FORWARD_REASON}},
     "net:192.0.2.0/24",
     CAT_AUTHORIZED,
     REMEDY_NONE,
     "F_FORWARD_REASON"},
    {"own server whose signature fails where SPF cannot help",
     {{"192.0.2.1", 700, "example.com pass", "example.com s1 pass"},
      {"192.0.2.1", 100, "example.com fail", "example.com s1 fail"}},
     "net:192.0.2.0/24",
     CAT_LEGIT_BROKEN,
     REMEDY_DKIM_REPAIR,
     "L_ALIGNED_SPF"},
    {"own server while the record had an error",
     {{"192.0.2.1", 700, "example.com pass", NULL},
      {"192.0.2.1", 100, "example.com permerror", NULL}},
     "net:192.0.2.0/24",
     CAT_LEGIT_BROKEN,
     REMEDY_DNS_REPAIR,
     NULL},
    {"a signature that fails at an address that never passed SPF",
     {{"192.0.2.1", 700, "example.com pass", "example.com s1 pass,crm.example k pass"},
      {"198.51.100.1", 300, "example.com fail", "example.com s1 fail,crm.example k pass"}},
     "dkim:crm.example",
     CAT_UNKNOWN,
     REMEDY_REVIEW,
     NULL},
    {"an error of the record, met by an address that passes by DKIM alone",
     {{"192.0.2.1", 200, "example.com pass", "example.com s1 pass,crm.example k pass"},
      {"198.51.100.1", 60, "example.com permerror", "example.com s1 pass,crm.example k pass"},
      {"198.51.100.1", 50, "example.com permerror", "crm.example k pass"}},
     "dkim:crm.example",
     CAT_UNKNOWN,
     REMEDY_REVIEW,
     NULL},
    {"an error of the record, at an address that never passed, proves nothing",
     {{"192.0.2.1", 100, "example.com permerror", NULL}},
     "net:192.0.2.0/24#spf-fail",
     CAT_UNKNOWN,
     REMEDY_REVIEW,
     "N_SPF_PERMERROR"},
    {"a service missing from SPF, or a forgery: never unauthorised from reports alone",
     {{"192.0.2.1", 100, "example.com fail", NULL}},
     "net:192.0.2.0/24#spf-fail",
     CAT_UNKNOWN,
     REMEDY_REVIEW,
     "N_MAILFROM_OURS_NOT_AUTHORISED"},
    {"nothing authenticates",
     {{"192.0.2.1", 5000, "stranger.example fail", NULL, 0, 0x3}},
     "net:192.0.2.0/24#fail",
     CAT_UNKNOWN,
     REMEDY_REVIEW,
     "S_NOTHING_AUTHENTICATES"},
    {"a burst over three days",
     {{"192.0.2.1", 85, NULL, NULL, 0, 0x70}, {"192.0.2.1", 15, NULL, NULL, 0, 0x10000001}},
     "net:192.0.2.0/24#fail",
     CAT_UNKNOWN,
     REMEDY_REVIEW,
     "S_BURST"},
    {"a service that authenticates as itself",
     {{"192.0.2.1", 100, "b.esp.example pass", "esp.example k pass"}},
     "dkim:esp.example#fail",
     CAT_UNKNOWN,
     REMEDY_REVIEW,
     "N_UNALIGNED"},
    {"what one reporter says",
     {{"192.0.2.1", 100, "example.com pass", NULL, 0, 0, 0x1}},
     "net:192.0.2.0/24",
     CAT_UNKNOWN,
     REMEDY_REVIEW,
     "N_ONE_REPORTER"},
    {"others saw it, but the proof comes from one",
     {{"198.51.100.1", 50, "lists.example pass", "example.com s1 fail", DMARC_FORWARD_REASON, 0,
       0x1},
      {"198.51.100.1", 5, "lists.example pass", "example.com s1 fail", 0, 0, 0xfe},
      {"192.0.2.1", 900, "example.com pass", "example.com s1 pass"}},
     "mailfrom:lists.example",
     CAT_UNKNOWN,
     REMEDY_REVIEW,
     "N_ONE_REPORTER"},
    {"two reporters are enough",
     {{"192.0.2.1", 100, "example.com pass", NULL, 0, 0, 0x3}},
     "net:192.0.2.0/24",
     CAT_AUTHORIZED,
     REMEDY_NONE,
     NULL},
    {"no address, nothing but claims",
     {{NULL, 100, "example.com fail", NULL}},
     "net:none",
     CAT_UNKNOWN,
     REMEDY_REVIEW,
     NULL},
};

static bool as_wanted(size_t i, const struct sender *s)
{
	if (!s) {
		print_error("%s: no sender %s\n", cases[i].what, cases[i].key);
		return false;
	}
	const struct verdict *v = &s->verdict;
	bool noted = !cases[i].evidence || has(s, cases[i].evidence);
	bool good = v->category == cases[i].category && v->remedy.kind == cases[i].remedy &&
		    noted && v->confidence >= 1 && v->confidence <= 99;
	if (!good)
		print_error("%s: %s, %s, %d %%%s%s\n", cases[i].what, category_names[v->category],
			    remedy_names[v->remedy.kind], v->confidence, noted ? "" : ", without ",
			    noted ? "" : cases[i].evidence);
	return good;
}

static void test_cases(void **state)
{
	size_t bad = 0;
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		size_t n = 0;
		while (n < COUNT(cases[i].rows) && cases[i].rows[n].messages > 0)
			n++;
		struct world w = judge(cases[i].rows, n);
		bad += !as_wanted(i, find_sender(w.senders, w.n, cases[i].key));
		arena_free(&w.a);
	}
	assert_int_equal(bad, 0);
}

/* A forwarder and a service that signs as us look alike in a row; whose selector it is tells. */
static void test_forwarder_or_service(void **state)
{
	static const struct row rows[] = {
	    {"192.0.2.1", 1000, "example.com pass", "example.com s1 pass"},
	    {"198.51.100.1", 800, "b.esp.example pass", "example.com k1 pass"},
	    {"203.0.113.1", 30, "srs.forwarder.example pass", "example.com s1 pass"},
	    {"203.0.113.1", 20, "srs.forwarder.example pass", "example.com k1 pass"},
	};
	struct world w = judge(rows, COUNT(rows));
	(void)state;
	assert_int_equal(find_sender(w.senders, w.n, "mailfrom:esp.example")->verdict.category,
			 CAT_AUTHORIZED);
	assert_int_equal(
	    find_sender(w.senders, w.n, "mailfrom:forwarder.example")->verdict.category,
	    CAT_FORWARDER);
	arena_free(&w.a);
}

/* A stranger that persists is no less a stranger. */
static void test_no_veto(void **state)
{
	static const struct row rows[] = {
	    {"192.0.2.1", 500, "stranger.example fail", NULL, 0, 0x7fffffff, 0xff}};
	struct world w = judge(rows, 1);
	(void)state;
	for (unsigned i = 0; i < w.senders->n_evidence; i++)
		assert_int_not_equal(w.senders->evidence[i].code[0], 'L');
	assert_false(has(w.senders, "S_BURST"));
	arena_free(&w.a);
}

/* Reporters that contradict their own results: the results count. */
static void test_judged_by_results(void **state)
{
	struct row row = {"192.0.2.1", 100, "example.com fail", NULL, DMARC_REPORTER_MISMATCH};
	struct world w = {0};
	(void)state;
	w.facts = make_facts(&w.a, OCTOBER, &row, 1);
	((struct dmarc_profile *)(uintptr_t)w.facts.profiles)->eval_spf.code = W_PASS;
	group_senders(&w.facts, NULL, NULL, NULL, &test_rules, &w.a, &w.senders, &w.n);
	classify_senders(&w.facts, NULL, NULL, &test_rules, &w.a, w.senders, w.n);
	assert_int_equal(w.senders->t.dmarc_pass, 100);
	assert_string_equal(w.senders->key, "net:192.0.2.0/24#spf-fail");
	assert_int_equal(w.senders->verdict.category, CAT_UNKNOWN);
	assert_true(has(w.senders, "N_REPORTER_MISMATCH"));
	arena_free(&w.a);
}

/* Two periods, one reporter each time: they believe each other when they lean the same way. */
static void test_history(void **state)
{
	static const struct row good[] = {{"192.0.2.1", 9, "example.com pass", NULL, 0, 0, 0x1}};
	static const struct row mixed[] = {{"192.0.2.1", 9, "example.com pass", NULL, 0, 0, 0x1},
					   {"192.0.2.1", 2, "example.com fail", NULL, 0, 0, 0x1}};
	(void)state;
	struct world now = judge(good, 1), before = judge(good, 1), other = judge(mixed, 2);
	assert_int_equal(now.senders->verdict.category, CAT_UNKNOWN);
	classify_settle(now.senders, other.senders);
	assert_int_equal(now.senders->verdict.category, CAT_UNKNOWN);
	classify_settle(now.senders, before.senders);
	assert_int_equal(now.senders->verdict.category, CAT_AUTHORIZED);
	assert_int_equal(before.senders->verdict.category, CAT_AUTHORIZED);
	assert_true(has(now.senders, "N_HISTORY"));
	assert_false(has(now.senders, "N_ONE_REPORTER"));
	arena_free(&now.a);
	arena_free(&before.a);
	arena_free(&other.a);
}

static void test_words(void **state)
{
	(void)state;
	for (int i = 0; i < CAT_COUNT; i++) {
		assert_non_null(category_names[i]);
		assert_non_null(category_words[i]);
	}
	for (int i = 0; i < REMEDY_COUNT; i++)
		assert_non_null(remedy_names[i]);
}

/* What a person says wins; of what fails without DNS, nobody says that it is in order. */
static void test_labels(void **state)
{
	static const struct {
		struct row row;
		const char *key;
		enum label_verdict label;
		enum category category;
		enum remedy_kind remedy;
	} rows[] = {
	    {{"192.0.2.1", 100, "example.com pass", NULL},
	     "net:192.0.2.0/24",
	     LABEL_APPROVE,
	     CAT_AUTHORIZED,
	     REMEDY_NONE},
	    {{"192.0.2.1", 100, "example.com fail", NULL},
	     "net:192.0.2.0/24",
	     LABEL_APPROVE,
	     CAT_LEGIT_BROKEN,
	     REMEDY_REVIEW},
	    {{"192.0.2.1", 100, "vendor.example pass", NULL},
	     "mailfrom:vendor.example",
	     LABEL_APPROVE,
	     CAT_LEGIT_UNALIGNED,
	     REMEDY_DKIM_ALIGN},
	    {{"192.0.2.1", 100, "example.com pass", NULL},
	     "net:192.0.2.0/24",
	     LABEL_DENY,
	     CAT_UNAUTHORIZED,
	     REMEDY_BLOCK},
	    {{"192.0.2.1", 100, "example.com pass", NULL},
	     "net:192.0.2.0/24",
	     LABEL_IGNORE,
	     CAT_AUTHORIZED,
	     REMEDY_NONE},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct world w = {0};
		const struct fact_label label = {.sender = rows[i].key, .verdict = rows[i].label};
		w.facts = make_facts(&w.a, OCTOBER, &rows[i].row, 1);
		w.facts.labels = &label;
		w.facts.n_labels = 1;
		group_senders(&w.facts, NULL, NULL, NULL, &test_rules, &w.a, &w.senders, &w.n);
		classify_senders(&w.facts, NULL, NULL, &test_rules, &w.a, w.senders, w.n);
		const struct verdict *v = &w.senders[0].verdict;
		if (w.n != 1 || !w.senders[0].label || v->category != rows[i].category ||
		    v->remedy.kind != rows[i].remedy)
			fail_msg("row %zu: %s, %s, %s", i, w.senders[0].key,
				 category_names[v->category], remedy_names[v->remedy.kind]);
		arena_free(&w.a);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_cases),   cmocka_unit_test(test_forwarder_or_service),
	    cmocka_unit_test(test_no_veto), cmocka_unit_test(test_judged_by_results),
	    cmocka_unit_test(test_history), cmocka_unit_test(test_words),
	    cmocka_unit_test(test_labels),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
