/*
 * Mail that comes back on its day, and swarms that come on all days: what is asked about, and what
 * is not.
 */
#include "tests/unit/world.h"

/* October 2026 begins on a Thursday, September on a Tuesday. */
#define ON(d)     (1u << ((d)-1))
#define THURSDAYS (ON(1) | ON(8) | ON(15) | ON(22) | ON(29))

#define TUESDAYS  (ON(6) | ON(13) | ON(20) | ON(27))
#define FAIR      (ON(10) | ON(11) | ON(14))

#define NEWS      "news.example pass", "news.example k pass", 0
#define NEWS_ZONE                                                                                  \
	"7.100.0.192.in-addr.arpa PTR out7.news.example", "out7.news.example A 192.0.100.7",       \
	    "8.100.0.192.in-addr.arpa PTR out8.news.example", "out8.news.example A 192.0.100.8"
#define PAY_ZONE                                                                                   \
	"9.100.0.192.in-addr.arpa PTR mail.payroll.example", "mail.payroll.example A 192.0.100.9"

static const struct habit_case {
	const char *what;
	struct row now[4], before[4];
	const char *zone[6];
	const char *key;
	bool asked;
	const char *says;   /* the first thing that speaks for "yours"; NULL: anything */
	struct row past[2]; /* of August */
} cases[] = {
    {"a weekly newsletter of one organisation",
     {OUR_ROW, {"192.0.100.7", 900, NEWS, THURSDAYS}, {"192.0.100.8", 900, NEWS, THURSDAYS}},
     {OUR_ROW},
     {NEWS_ZONE},
     "192.0.100.7",
     true,
     "same weekday"},
    {"a monthly one, from another of its machines each time",
     {OUR_ROW, {"192.0.100.7", 900, NEWS, ON(28)}},
     {OUR_ROW, {"192.0.100.8", 900, NEWS, ON(28)}},
     {NEWS_ZONE},
     "192.0.100.7",
     true,
     "2026-09-28, 2026-10-28"},
    {"on the first Thursday, where the date moves",
     {OUR_ROW, {"192.0.100.7", 90, NEWS, ON(1)}},
     {OUR_ROW, {"192.0.100.7", 90, NEWS, ON(3)}},
     {NEWS_ZONE},
     "192.0.100.7",
     true,
     "same day of the month"},
    {"once, and large beside what is ours: asked at once",
     {OUR_ROW, {"192.0.100.7", 900, NEWS, ON(28)}},
     {OUR_ROW},
     {NEWS_ZONE},
     "192.0.100.7",
     true,
     NULL},
    {"a campaign that has ended, small beside what is ours",
     {OUR_ROW, {"192.0.100.7", 90, NEWS, ON(5) | ON(6) | ON(7)}},
     {OUR_ROW},
     {NEWS_ZONE},
     "192.0.100.7",
     false,
     NULL},
    {"two days that have nothing in common, and large",
     {OUR_ROW, {"192.0.100.7", 900, NEWS, ON(20)}},
     {OUR_ROW, {"192.0.100.7", 900, NEWS, ON(3)}},
     {NEWS_ZONE},
     "192.0.100.7",
     true,
     NULL},
    {"every other month, which two stored months alone do not tell",
     {OUR_ROW, {"192.0.100.9", 90, "example.com fail", NULL, 0, ON(1)}},
     {OUR_ROW},
     {PAY_ZONE},
     "192.0.100.9",
     true,
     "2026-08-02, 2026-10-01",
     .past = {{"192.0.100.9", 90, "example.com fail", NULL, 0, ON(2)}}},
    {"an organisation's account at a host of mailboxes, day by day",
     {OUR_ROW,
      {"203.0.113.66", 300, "sister.example pass", "sister.example k pass", 0, 0x7fffffff}},
     {OUR_ROW},
     {NULL},
     "203.0.113.66",
     true,
     NULL},
    {"a vendor of three days",
     {OUR_ROW, {"192.0.100.7", 135, NEWS, ON(29) | ON(30) | ON(31)}},
     {OUR_ROW},
     {NEWS_ZONE},
     "192.0.100.7",
     true,
     NULL},
    {"whatever the machines are called: it authenticates as one domain",
     {OUR_ROW,
      {"192.0.100.7", 135, "other.example pass", "other.example k pass", 0,
       ON(29) | ON(30) | ON(31)}},
     {OUR_ROW},
     {NEWS_ZONE},
     "192.0.100.7",
     true,
     NULL},
    {"rented machines with the name of who rents them out, and one MAIL FROM",
     {OUR_ROW, {"192.0.100.7", 900, "deals.example pass", NULL, 0, THURSDAYS}},
     {OUR_ROW},
     {NEWS_ZONE},
     "192.0.100.7",
     true,
     NULL},
    {"names that do not lead back, and one signature",
     {OUR_ROW, {"192.0.100.7", 900, NEWS, THURSDAYS}},
     {OUR_ROW},
     {"7.100.0.192.in-addr.arpa PTR out7.news.example"},
     "192.0.100.7",
     true,
     NULL},
    {"what one reporter alone says in one month",
     {OUR_ROW, {"192.0.100.7", 900, NEWS, THURSDAYS, 1}},
     {OUR_ROW},
     {NEWS_ZONE},
     "192.0.100.7",
     false,
     NULL},
    {"payslips: one machine with a name, our MAIL FROM, the same date",
     {OUR_ROW, {"192.0.100.9", 37, "example.com fail", NULL, 0, ON(28)}},
     {OUR_ROW, {"192.0.100.9", 38, "example.com fail", NULL, 0, ON(28)}},
     {PAY_ZONE},
     "192.0.100.9",
     true,
     "2026-09-28, 2026-10-28"},
    {"a domain that says it sends no mail, and whose tickets are sold",
     {{"192.0.100.9", 75, "example.com fail", NULL, 0, ON(2) | ON(3)}},
     {{"192.0.100.9", 71, "example.com fail", NULL, 0, ON(3) | ON(4)}},
     {PAY_ZONE, "example.com TXT v=spf1 -all", "example.com MX 0 ."},
     "192.0.100.9",
     true,
     "2026-09-03, 2026-10-02"},
    {"a service of the catalogue that nothing names",
     {OUR_ROW, {"203.0.113.1", 260, "b.mailer.example pass", "mailer.example k pass", 0, ON(1)}},
     {OUR_ROW, {"203.0.113.1", 260, "b.mailer.example pass", "mailer.example k pass", 0, ON(3)}},
     {"example.com TXT v=spf1 mx ~all"},
     "203.0.113.1",
     true,
     "same day of the month"},
    {"it failed when last seen, and its next run is due",
     {OUR_ROW},
     {OUR_ROW, {"192.0.100.7", 300, NEWS, ON(2) | ON(9) | ON(30)}},
     {NEWS_ZONE},
     "dkim:news.example#fail",
     true,
     "same weekday"},
    {"it failed when last seen, weeks ago: any month that is stored",
     {OUR_ROW},
     {OUR_ROW, {"192.0.100.7", 300, NEWS, ON(2) | ON(9) | ON(16)}},
     {NEWS_ZONE},
     "dkim:news.example#fail",
     true,
     "same weekday"},
    {"once a year, by a service: no rhythm, and three days of it",
     {OUR_ROW},
     {OUR_ROW, {"203.0.113.1", 1400, "b.mailer.example pass", "mailer.example k pass", 0, FAIR}},
     {"example.com TXT v=spf1 mx ~all"},
     "service:mailer#unaligned",
     true,
     NULL},
    {"the same service passes today: it was repaired",
     {OUR_ROW, {"203.0.113.2", 300, "b.mailer.example pass", "example.com m pass", 0, MONTH}},
     {OUR_ROW, {"203.0.113.1", 1400, "b.mailer.example pass", "mailer.example k pass", 0, FAIR}},
     {"example.com TXT v=spf1 mx ~all", "2.113.0.203.in-addr.arpa PTR o2.mailer.example",
      "o2.mailer.example A 203.0.113.2"},
     "203.0.113.2",
     false,
     NULL},
    {"a contact form: one message a day, which authenticates as nobody",
     {OUR_ROW, {"192.0.100.9", 31, "mail.payroll.example none", NULL, 0, MONTH}},
     {OUR_ROW, {"192.0.100.9", 30, "mail.payroll.example none", NULL, 0, MONTH}},
     {PAY_ZONE},
     "192.0.100.9",
     true,
     NULL},
    {"a fax on a line without a name, twice a week for two months",
     {OUR_ROW, {"203.0.7.9", 9, "example.com fail", NULL, 0, THURSDAYS | TUESDAYS}},
     {OUR_ROW, {"203.0.7.9", 9, "example.com fail", NULL, 0, THURSDAYS | TUESDAYS}},
     {"example.com TXT v=spf1 mx ~all"},
     "203.0.7.9",
     true,
     NULL},
    {"a device on a line without a name, on Tuesdays for two months",
     {OUR_ROW, {"198.18.0.7", 31, "example.com fail", NULL, 0, TUESDAYS}},
     {OUR_ROW,
      {"198.18.0.7", 40, "example.com fail", NULL, 0, ON(1) | ON(8) | ON(15) | ON(22) | ON(29)}},
     {NULL},
     "198.18.0.7",
     true,
     NULL},
    {"an infected line, at it for two weeks",
     {OUR_ROW, {"203.0.7.9", 14, "example.com fail", NULL, 0, 0x3fff}},
     {OUR_ROW},
     {"example.com TXT v=spf1 mx ~all"},
     "203.0.7.9",
     false,
     NULL},
};

static bool as_wanted(const struct habit_case *c, const struct sender *s)
{
	const struct remedy *r = s ? &s->verdict.remedy : NULL;
	if (!s || (r->kind == REMEDY_CONFIRM) != c->asked)
		return false;
	if (!c->asked)
		return true;
	return s->verdict.category == CAT_UNKNOWN && r->n_readings > 0 && !c->says
		   ? true
		   : s->verdict.category == CAT_UNKNOWN && r->n_readings > 0 &&
			 r->readings[0].kind == READING_MISSING && r->readings[0].n_for > 0 &&
			 strstr(r->readings[0].speaks_for[0], c->says);
}

static void test_cases(void **state)
{
	size_t bad = 0;
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct habit_case *c = &cases[i];
		struct arena a = {0};
		struct world w = {0};
		memcpy(w.now, c->now, sizeof c->now);
		memcpy(w.before, c->before, sizeof c->before);
		memcpy(w.past, c->past, sizeof c->past);
		memcpy(w.zone, c->zone, sizeof c->zone);
		struct domain_inventory d = world_judge(&w, &a);
		if (!as_wanted(c, world_sender(&d, c->key))) {
			print_error("%s: %s\n", c->what, c->key);
			world_print(&d);
			bad++;
		}
		arena_free(&a);
	}
	assert_int_equal(bad, 0);
}

/* What is gone is told with its day, and how much its next run loses. */
static void test_gone(void **state)
{
	struct arena a = {0};
	struct world w = {
	    .now = {OUR_ROW},
	    .before = {OUR_ROW, {"192.0.100.7", 300, NEWS, ON(2) | ON(9) | ON(30)}},
	    .zone = {NEWS_ZONE},
	};
	(void)state;
	struct domain_inventory d = world_judge(&w, &a);
	const struct todo *found = NULL;
	for (size_t i = 0; i < d.todo->n; i++)
		if (d.todo->list[i].kind == TODO_QUESTION)
			found = &d.todo->list[i];
	assert_non_null(found);
	assert_int_equal(found->messages, 100);
	assert_non_null(strstr(found->title, "failed when last seen"));
	assert_non_null(strstr(found->text, "100 messages on 2026-09-30, failed"));
	assert_int_equal(found->n_commands, 2);
	arena_free(&a);
}

/* What passed when it was last seen, and would not now, is asked about before its next run. */
static void test_taken_out(void **state)
{
	static const struct {
		const char *key;
		uint32_t days;
		bool asked;
	} rows[] = {{NULL, ON(2) | ON(9) | ON(30), true},
		    {"m._domainkey.example.com TXT " WORLD_KEY, ON(2) | ON(9) | ON(30), false},
		    {NULL, ON(2) | ON(9) | ON(16), false} /* long overdue */};
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct arena a = {0};
		struct world w = {
		    .now = {OUR_ROW},
		    .before = {OUR_ROW,
			       {"203.0.113.1", 300, "b.mailer.example pass", "example.com m pass",
				0, rows[i].days}},
		    .zone = {"example.com TXT v=spf1 mx ~all", rows[i].key},
		};
		struct domain_inventory d = world_judge(&w, &a);
		bool asked = false;
		for (size_t k = 0; k < d.todo->n; k++)
			asked = asked || (d.todo->list[k].kind == TODO_QUESTION &&
					  strstr(d.todo->list[k].title, "would fail now") &&
					  d.todo->list[k].messages == 100);
		CHECK_ROW(asked == rows[i].asked, i);
		arena_free(&a);
	}
}

/* Infected lines, each at it for ten days: whoever sent most is no other than the rest. Who sends a
 * hundred times as much is. */
static void test_swarm(void **state)
{
	enum { N = 15 };
	static const char *const zone[] = {"example.com TXT v=spf1 mx ~all", WORLD_ZONE, NULL};
	static const struct inventory_options everything = {0};
	struct arena a = {0};
	struct row rows[N + 2] = {OUR_ROW};
	struct zone_view z;
	struct knowledge k;
	struct domain_inventory d;
	(void)state;
	for (unsigned i = 1; i <= N; i++)
		rows[i] = (struct row){arena_printf(&a, "203.%u.7.9", i),
				       9 + i % 8,
				       "example.com fail",
				       NULL,
				       0,
				       0x3ffu << i};
	rows[N + 1] = (struct row){"203.99.7.9", 600, "example.com fail", NULL, 0, MONTH};
	struct domain_facts now = make_facts(&a, OCTOBER, rows, N + 2),
			    before = make_facts(&a, OCTOBER - 1, rows, N + 1);
	struct dns_view view = zone_view(&z, zone);
	z.at_once = true;
	knowledge_begin(&k, &test_rules, &view, world_catalogue(), &a);
	inventory_domain(&(struct inventory_input){.now = &now, .before = &before}, &k, &everything,
			 &d);
	knowledge_end(&k);
	for (size_t i = 0; i < d.n_senders; i++) {
		bool asked = d.senders[i].verdict.remedy.kind == REMEDY_CONFIRM;
		bool stands_out = strncmp(d.senders[i].key, "net:203.99.", 11) == 0;
		if (asked != stands_out) {
			world_print(&d);
			fail_msg("%s", d.senders[i].key);
		}
	}
	zone_view_end(&z);
	arena_free(&a);
}

/* A line that gets another address every third day, and is most of what has no name. */
static void test_moving(void **state)
{
#define LINE_PTR(n)                                                                                \
	"9." #n ".100.203.in-addr.arpa PTR p203-100-" #n "-9.dip0.access.example",                 \
	    "p203-100-" #n "-9.dip0.access.example A 203.100." #n ".9"
	static const char *const lines[] = {LINE_PTR(11), LINE_PTR(12), LINE_PTR(13), LINE_PTR(14),
					    LINE_PTR(15), LINE_PTR(16), LINE_PTR(17)};
	static const struct {
		bool at_once;   /* all of them on the same days: bots of one provider */
		uint64_t other; /* messages of a bot elsewhere */
		bool asked;
	} rows[] = {{false, 9, true}, {true, 9, false}, {false, 900, false}};
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct arena a = {0};
		struct world w = {.now = {OUR_ROW}, .before = {OUR_ROW}};
		for (unsigned k = 0; k < 7; k++) {
			uint32_t days = 7u << (rows[i].at_once ? 10 : 3 * k);
			const char *ip = arena_printf(&a, "203.100.%u.9", 11 + k);
			w.now[1 + k] = (struct row){ip, 9, "example.com fail", NULL, 0, days};
			w.zone[2 * k] = lines[2 * k];
			w.zone[2 * k + 1] = lines[2 * k + 1];
		}
		w.now[8] = (struct row){"198.18.7.9", rows[i].other, "example.com fail", NULL, 0,
					7u << 20};
		struct domain_inventory d = world_judge(&w, &a);
		bool asked = false;
		for (size_t k = 0; k < d.n_senders; k++)
			asked = asked || (d.senders[k].moving &&
					  d.senders[k].verdict.remedy.kind == REMEDY_CONFIRM);
		if (asked != rows[i].asked) {
			world_print(&d);
			fail_msg("row %zu", i);
		}
		arena_free(&a);
	}
}

/* Of lines that nothing names and that keep at it for weeks: those that keep office days stand in
 * an office. */
static void test_office(void **state)
{
#define WEEKENDS_10 (ON(3) | ON(4) | ON(10) | ON(11) | ON(17) | ON(18) | ON(24) | ON(25) | ON(31))
#define WEEKENDS_9  (ON(5) | ON(6) | ON(12) | ON(13) | ON(19) | ON(20) | ON(26) | ON(27))
#define LINE(ip, days)                                                                             \
	{                                                                                          \
		ip, 44, "example.com fail", NULL, 0, days                                          \
	}
#define BOTS                                                                                       \
	LINE("203.1.7.9", MONTH), LINE("203.2.7.9", MONTH), LINE("203.3.7.9", MONTH),              \
	    LINE("203.4.7.9", MONTH), LINE("203.5.7.9", MONTH & ~ON(14))
#define OFFICE "203.8.7.9"
	struct arena a = {0};
	struct world w = {.now = {OUR_ROW, BOTS, LINE(OFFICE, MONTH & ~WEEKENDS_10)},
			  .before = {OUR_ROW, BOTS, LINE(OFFICE, MONTH & ~WEEKENDS_9)}};
	(void)state;
	struct domain_inventory d = world_judge(&w, &a);
	for (size_t i = 0; i < d.n_senders; i++) {
		bool asked = d.senders[i].verdict.remedy.kind == REMEDY_CONFIRM;
		if (asked != (strcmp(d.senders[i].key, "net:203.8.7.0/24#spf-fail") == 0)) {
			world_print(&d);
			fail_msg("%s", d.senders[i].key);
		}
	}
	arena_free(&a);
}

/* A domain that only receives may say so; not when a key of it signs, or somebody may be ours. */
static void test_silent(void **state)
{
#define BOT_AT(ip, days)                                                                           \
	{                                                                                          \
		ip, 9, "example.com none", NULL, 0, days                                           \
	}
#define BOT    BOT_AT("192.0.2.77", 0x3fff8000)
#define BEFORE BOT_AT("192.0.2.78", MONTH) /* infected machines come and go */
	static const struct {
		struct world w;
		bool said;
	} rows[] = {
	    {{{BOT}, .before = {BEFORE}}, true},
	    {{{BOT}}, false}, /* a month is no history */
	    {{{BOT}, .before = {BEFORE}, .zone = {"example.com TXT v=spf1 mx ~all"}}, false},
	    {{{BOT, {"203.0.113.2", 9, "b.mailer.example pass", "example.com k pass", 0, 7}},
	      .before = {BEFORE}},
	     false},
	    {{{BOT, {"192.0.2.99", 90, "example.com none", NULL, 0, MONTH}}, .before = {BEFORE}},
	     false},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct arena a = {0};
		struct domain_inventory d = world_judge(&rows[i].w, &a);
		const struct record_change *c = d.todo->n ? d.todo->list[0].record : NULL;
		bool said = c && strcmp(c->after, "v=spf1 -all") == 0;
		if (said != rows[i].said) {
			world_print(&d);
			fail_msg("row %zu", i);
		}
		arena_free(&a);
	}
}

/* Mail with our MAIL FROM out of a host of mailboxes that has a pool for what it relays: sent
 * there, not forwarded. What to do on a yes is said. */
static void test_account(void **state)
{
	static const struct {
		const char *dkim, *zone, *ip;
		bool account;
		const char *speaks, *if_yours;
	} rows[] = {
	    {"exampleltd.boxes.example k pass", NULL, "203.0.113.65", true, NULL,
	     "v=spf1 mx include:_spf.boxes.example ~all"},
	    {"example.onmicrosoft.com k pass", NULL, "203.0.113.65", true, "called as you are",
	     "v=spf1 mx include:_spf.boxes.example ~all"},
	    {"other.onmicrosoft.com k pass", NULL, "203.0.113.65", true, "other.onmicrosoft.com",
	     "v=spf1 mx include:_spf.boxes.example ~all"},
	    {NULL, NULL, "203.0.113.65", true, NULL, "v=spf1 mx include:_spf.boxes.example ~all"},
	    {NULL, NULL, "192.0.100.9", false, NULL, NULL},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct arena a = {0};
		struct world w = {
		    .now = {{"192.0.2.10", 5000, "example.com pass", NULL, 0, MONTH},
			    {rows[i].ip, 600, "example.com fail", rows[i].dkim, 0, MONTH}},
		    .zone = {"example.com TXT v=spf1 mx ~all", PAY_ZONE}};
		struct domain_inventory d = world_judge(&w, &a);
		const struct remedy *r = &world_sender(&d, rows[i].ip)->verdict.remedy;
		bool forwarded = false, speaks = !rows[i].speaks;
		for (unsigned k = 0; k < r->n_readings; k++) {
			const struct reading *x = &r->readings[k];
			forwarded = forwarded || x->kind == READING_FORWARDED;
			for (unsigned m = 0; m < x->n_for && x->kind == READING_MISSING; m++)
				speaks = speaks || strstr(x->speaks_for[m], rows[i].speaks);
		}
		const char *yours = r->if_yours ? r->if_yours->after : NULL;
		bool good = r->kind == REMEDY_CONFIRM && forwarded != rows[i].account && speaks;
		if (rows[i].if_yours)
			good = good && yours && strcmp(yours, rows[i].if_yours) == 0 &&
			       strstr(r->text, "include:_spf.boxes.example");
		if (!good) {
			world_print(&d);
			fail_msg("row %zu", i);
		}
		arena_free(&a);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_cases),     cmocka_unit_test(test_gone),
	    cmocka_unit_test(test_taken_out), cmocka_unit_test(test_swarm),
	    cmocka_unit_test(test_silent),    cmocka_unit_test(test_account),
	    cmocka_unit_test(test_office),    cmocka_unit_test(test_moving)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
