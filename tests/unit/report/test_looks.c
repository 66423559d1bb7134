/* What names of ours say, run after run: changes that are kept, events, DNS as it was. */
#include "core/day.h"
#include "report/watch/looks.h"
#include "tests/unit/report_facts.h"
#include "tests/unit/zone_view.h"

#define HOUR  INT64_C(3600)
#define DAY   (24 * HOUR)
#define START (20000 * DAY)
#define ROOM  32

/* What the database would keep from run to run. */
struct kept {
	struct arena a;
	struct dns_change changes[ROOM];
	struct judged_event events[ROOM];
	size_t n_changes, n_events;
};

static int by_name(const void *x, const void *y)
{
	const struct dns_change *a = x, *b = y;
	int order = strcmp(a->name, b->name);
	order = order ? order : strcmp(a->type, b->type);
	return order ? order : (a->seen_at > b->seen_at) - (a->seen_at < b->seen_at);
}

static bool is_that(const struct dns_change *a, const struct dns_change *b)
{
	return strcmp(a->name, b->name) == 0 && strcmp(a->type, b->type) == 0 &&
	       a->seen_at == b->seen_at;
}

static void keep(struct kept *k, const struct looks_news *news)
{
	for (size_t i = 0; i < news->n_drops; i++)
		for (size_t m = 0; m < k->n_changes; m++)
			if (is_that(&k->changes[m], &news->drops[i]) && !k->changes[m].confirmed)
				k->changes[m--] = k->changes[--k->n_changes];
	for (size_t i = 0; i < news->n_changes; i++) {
		size_t m = 0;
		while (m < k->n_changes && !is_that(&k->changes[m], &news->changes[i]))
			m++;
		assert_in_range(m, 0, ROOM - 1);
		k->changes[m] = news->changes[i];
		k->n_changes += m == k->n_changes;
	}
	qsort(k->changes, k->n_changes, sizeof *k->changes, by_name);
	for (size_t i = 0; i < news->n_events; i++) {
		size_t m = 0;
		while (m < k->n_events && strcmp(k->events[m].id, news->events[i].id) != 0)
			m++;
		assert_in_range(m, 0, ROOM - 1);
		const char *numbers = m < k->n_events ? k->events[m].numbers : NULL;
		k->events[m] = news->events[i];
		if (!k->events[m].numbers)
			k->events[m].numbers = numbers;
		k->n_events += m == k->n_events;
	}
}

static const struct dmarc_dkim signature = {
    .domain = "example.com", .selector = "s1", .result = {W_PASS, "pass"}};
static const struct dmarc_profile signed_mail = {
    .dkim = &signature, .n_dkim = 1, .aligned_dkim = true, .adkim = {W_RELAXED, "r"}};
static const struct fact mail = {.messages = 10};
static const struct domain_facts window = {.domain = "example.com",
					   .profiles = &signed_mail,
					   .n_profiles = 1,
					   .facts = &mail,
					   .n_facts = 1};

/* A run at that time that finds these records; true: the domain's DNS is silent. */
static bool run(struct kept *k, int64_t now, const char *const *lines)
{
	struct zone_view z;
	struct dns_view view = zone_view(&z, lines);
	struct looks_input in = {.domain = "example.com",
				 .rules = &test_rules,
				 .window = &window,
				 .kept = k->changes,
				 .n_kept = k->n_changes,
				 .open = k->events,
				 .n_open = k->n_events,
				 .now = now};
	struct looks looks;
	struct looks_news news;
	for (int round = 0; round < 4; round++)
		looks_read(&in, &view, &k->a, &looks);
	/* what is kept lives as long as k, and so must what it borrows from */
	struct dns_change *list = arena_memdup(&k->a, k->changes, sizeof k->changes);
	in.kept = list;
	if (!looks.silent) {
		looks_compare(&in, &looks, &k->a, &news);
		keep(k, &news);
	}
	bool silent = looks.silent;
	zone_view_end(&z);
	return silent;
}

#define SPF(text)   "example.com TXT v=spf1 " text
#define DMARC(text) "_dmarc.example.com TXT v=DMARC1; " text
#define MX          "example.com MX 10 mail.example.com"
#define KEY                                                                                        \
	"s1._domainkey.example.com TXT v=DKIM1; k=ed25519; "                                       \
	"p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="
#define ZONE(...) ((const char *const[]){__VA_ARGS__, NULL})

static const struct judged_event *event(const struct kept *k, const char *rule)
{
	const struct judged_event *found = NULL;
	for (size_t i = 0; i < k->n_events; i++)
		if (strcmp(k->events[i].rule, rule) == 0) {
			assert_null(found);
			found = &k->events[i];
		}
	return found;
}

static void test_first_look_is_silent(void **state)
{
	(void)state;
	struct kept k = {0};
	assert_false(run(&k, START, ZONE(SPF("ip4:nonsense -all"), DMARC("p=none"), MX)));
	assert_int_equal(k.n_events, 0);
	assert_int_equal(k.n_changes, 4); /* SPF, DMARC, MX, the key that is not there */
	for (size_t i = 0; i < k.n_changes; i++)
		assert_true(k.changes[i].first && k.changes[i].confirmed);
	assert_false(run(&k, START + DAY, ZONE(SPF("ip4:nonsense -all"), DMARC("p=none"), MX)));
	assert_int_equal(k.n_events, 0); /* known to be wrong */
	assert_int_equal(k.n_changes, 4);
	arena_free(&k.a);
}

static void test_gone_is_missed_twice(void **state)
{
	(void)state;
	struct kept k = {0};
	const char *const *all = ZONE(SPF("-all"), DMARC("p=none"), MX, KEY);
	const char *const *without = ZONE(SPF("-all"), DMARC("p=none"), MX);
	run(&k, START, all);
	run(&k, START + DAY, without);
	assert_int_equal(k.n_events, 0);
	run(&k, START + DAY + HOUR, all); /* it is there again: nothing happened */
	assert_int_equal(k.n_changes, 4);
	run(&k, START + 2 * DAY, without);
	run(&k, START + 2 * DAY + 29 * 60, without); /* too soon */
	assert_int_equal(k.n_events, 0);
	run(&k, START + 3 * DAY, without);
	const struct judged_event *e = event(&k, "dns.dkim");
	assert_non_null(e);
	assert_int_equal(e->opened, 20002); /* the first look */
	assert_int_equal(e->closed, NO_DAY);
	assert_int_equal(e->severity, SEVERITY_HIGH);
	assert_string_equal(e->subject, "s1._domainkey.example.com");
	run(&k, START + 4 * DAY, without);
	run(&k, START + 5 * DAY, all);
	e = event(&k, "dns.dkim");
	assert_int_equal(e->closed, 20005);
	arena_free(&k.a);
}

static void test_a_failed_question_says_nothing(void **state)
{
	(void)state;
	struct kept k = {0};
	run(&k, START, ZONE(SPF("-all"), DMARC("p=reject"), MX, KEY));
	assert_true(run(&k, START + DAY, ZONE("example.com SERVFAIL", DMARC("p=none"), KEY)));
	assert_true(run(&k, START + DAY, ZONE(SPF("-all"), "_dmarc.example.com TIMEOUT", KEY)));
	assert_false(
	    run(&k, START + 2 * DAY,
		ZONE(SPF("-all"), DMARC("p=reject"), MX, "s1._domainkey.example.com SERVFAIL")));
	assert_int_equal(k.n_events, 0);
	assert_int_equal(k.n_changes, 4);
	arena_free(&k.a);
}

static void test_valid_edits_are_no_event(void **state)
{
	(void)state;
	struct kept k = {0};
	run(&k, START, ZONE(SPF("-all"), "example.com TXT other=1", DMARC("p=none"), MX, KEY));
	run(&k, START + DAY,
	    ZONE(SPF("ip4:192.0.2.1 -all"), "example.com TXT other=2", DMARC("p=none"),
		 "example.com MX 20 b.example.com", KEY));
	assert_int_equal(k.n_events, 0);
	assert_int_equal(k.n_changes, 6); /* SPF and MX; other texts of the name are no matter */
	arena_free(&k.a);
}

static void test_policy(void **state)
{
	(void)state;
	struct kept k = {0};
	run(&k, START, ZONE(SPF("-all"), DMARC("p=reject; rua=mailto:a@example.com"), MX, KEY));
	run(&k, START + DAY,
	    ZONE(SPF("-all"), DMARC("p=quarantine; rua=mailto:b@example.com"), MX, KEY));
	const struct judged_event *e = event(&k, "policy.weaker");
	assert_non_null(e);
	assert_int_equal(e->closed, NO_DAY);
	e = event(&k, "dns.dmarc"); /* reports go elsewhere: told once */
	assert_int_equal(e->closed, e->opened);
	assert_int_equal(e->severity, SEVERITY_NORMAL);
	run(&k, START + 2 * DAY,
	    ZONE(SPF("-all"), DMARC("p=none; rua=mailto:b@example.com"), MX, KEY));
	run(&k, START + 3 * DAY,
	    ZONE(SPF("-all"), DMARC("p=quarantine; rua=mailto:b@example.com"), MX, KEY));
	assert_int_equal(event(&k, "policy.weaker")->closed, NO_DAY); /* it was reject */
	run(&k, START + 4 * DAY,
	    ZONE(SPF("-all"), DMARC("p=reject; rua=mailto:b@example.com"), MX, KEY));
	assert_int_equal(event(&k, "policy.weaker")->closed, 20004);
	run(&k, START + 6 * DAY,
	    ZONE(SPF("-all"), DMARC("p=none; rua=mailto:b@example.com"), MX, KEY));
	e = event(&k, "policy.weaker"); /* within a week: the same one */
	assert_int_equal(e->times, 2);
	assert_int_equal(e->opened, 20001);
	assert_int_equal(e->closed, NO_DAY);
	arena_free(&k.a);
}

static void test_broken(void **state)
{
	(void)state;
	struct kept k = {0};
	run(&k, START, ZONE(SPF("-all"), DMARC("p=none"), MX, KEY));
	run(&k, START + DAY, ZONE(SPF("-all"), SPF("~all"), DMARC("p=none"), MX, KEY));
	assert_int_equal(event(&k, "dns.spf")->opened, 20001);
	run(&k, START + 2 * DAY, ZONE(SPF("-all"), DMARC("p=none"), MX, KEY));
	assert_int_equal(event(&k, "dns.spf")->closed, 20002);
	run(&k, START + 3 * DAY,
	    ZONE(SPF("-all"), DMARC("p=none"), MX, "s1._domainkey.example.com TXT v=DKIM1; p="));
	assert_int_equal(event(&k, "dns.dkim")->opened, 20003); /* revoked */
	arena_free(&k.a);
}

static const char *spf_on(const struct kept *k, const struct dns_view *now, int32_t day,
			  struct arena *a)
{
	struct looks_past past = {
	    .inner = now, .kept = k->changes, .n_kept = k->n_changes, .day = day, .a = a};
	looks_past_begin(&past);
	struct dns_view view = looks_view(&past);
	const struct dns_answer *answer = dns_ask(&view, "example.com", DNS_TXT);
	looks_past_end(&past);
	return answer->n == 1 ? answer->texts[0].data : NULL;
}

static void test_dns_of_a_day(void **state)
{
	(void)state;
	struct kept k = {0};
	run(&k, START, ZONE(SPF("~all"), DMARC("p=none"), MX, KEY));
	run(&k, START + 5 * DAY, ZONE(SPF("?all"), DMARC("p=none"), MX, KEY));
	struct zone_view z;
	struct dns_view now = zone_view(&z, ZONE(SPF("-all"), "www.example.com A 192.0.2.1"));
	z.at_once = true;
	assert_string_equal(spf_on(&k, &now, 19990, &k.a), "v=spf1 ~all");
	assert_string_equal(spf_on(&k, &now, 20004, &k.a), "v=spf1 ~all");
	assert_string_equal(spf_on(&k, &now, 20005, &k.a), "v=spf1 ?all");
	assert_string_equal(spf_on(&k, NULL, 20009, &k.a), "v=spf1 ?all");
	assert_int_equal(looks_day("example.com", k.changes, k.n_changes, 19990), 20000);
	assert_int_equal(looks_day("example.com", k.changes, k.n_changes, 20003), 20003);
	struct looks_past past = {
	    .inner = &now, .kept = k.changes, .n_kept = k.n_changes, .day = 20000, .a = &k.a};
	looks_past_begin(&past);
	struct dns_view view = looks_view(&past);
	assert_int_equal(dns_ask(&view, "www.example.com", DNS_A)->n, 1);
	assert_int_equal(dns_ask(&view, "example.com", DNS_MX)->mx[0].preference, 10);
	assert_string_equal(dns_ask(&view, "example.com", DNS_MX)->mx[0].host, "mail.example.com");
	looks_past_end(&past);
	zone_view_end(&z);
	arena_free(&k.a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_first_look_is_silent),
					   cmocka_unit_test(test_gone_is_missed_twice),
					   cmocka_unit_test(test_a_failed_question_says_nothing),
					   cmocka_unit_test(test_valid_edits_are_no_event),
					   cmocka_unit_test(test_policy),
					   cmocka_unit_test(test_broken),
					   cmocka_unit_test(test_dns_of_a_day)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
