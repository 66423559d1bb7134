/*
 * What is said of a sender: the advice fits the case, and every sentence says what was found.
 */
#include "tests/unit/world.h"

#define SPF      "example.com TXT v=spf1 mx -all"
#define UNTIL(n) ((1u << (n)) - 1)

/* A mail host that takes any envelope sender: the account is told by its signature. */
#define SUITE_IP "203.0.113.97"
#define SUITE                                                                                      \
	SPF, "_spf.suite.example TXT v=spf1 ip4:203.0.113.96/28 -all",                             \
	    "97.113.0.203.in-addr.arpa PTR m1.suite.example", "m1.suite.example A 203.0.113.97"
#define OUR_MX "example.com MX 5 mx.suite.example", "mx.suite.example A 192.0.2.140"
#define FROM_SUITE(label)                                                                          \
	SUITE_IP, 900, "example.com fail", label ".2023.gappssmtp.com k pass", 0, MONTH

/* Mailboxes of people, and a help desk that signs as itself. */
#define FREE_IP "192.0.2.160"
#define FREE    "160.2.0.192.in-addr.arpa PTR out.free.example", "out.free.example A 192.0.2.160"
#define DESK_IP "192.0.2.170"
#define DESK                                                                                       \
	"_spf.desk.example TXT v=spf1 ip4:192.0.2.168/29 -all",                                    \
	    "170.2.0.192.in-addr.arpa PTR o1.mail.desk.example",                                   \
	    "o1.mail.desk.example A 192.0.2.170"

/* A vendor's server; its reverse name confirms it. */
#define VENDOR_IP "192.0.2.180"
#define VENDOR    "180.2.0.192.in-addr.arpa PTR out.vendor.example", "out.vendor.example A 192.0.2.180"
#define VENDORS   VENDOR_IP, 300, "vendor.example pass", "vendor.example k pass", 0, MONTH

static const struct fact_label approved = {.sender = "dkim:vendor.example",
					   .verdict = LABEL_APPROVE};

static const struct fact_label approved_machine = {.sender = "192.0.2.180",
						   .network = {4, {192, 0, 2, 180}},
						   .bits = 32,
						   .verdict = LABEL_APPROVE};

static const struct advice_case {
	const char *what;
	struct world w;
	const char *ip;
	enum category category;
	enum remedy_kind kind;
	const char *says, *never; /* in text and readings; NULL: nothing is asked for */
	const char *after;        /* the new record; NULL: none */
} cases[] = {
    {"our account at our mail host",
     {{OUR_ROW, {FROM_SUITE("example-com")}}, .zone = {SUITE, OUR_MX}},
     SUITE_IP,
     CAT_LEGIT_SPF_MISSING,
     REMEDY_SPF_ADD,
     "Create a key.",
     NULL,
     "v=spf1 mx include:_spf.suite.example -all"},
    {"another customer's",
     {{OUR_ROW, {FROM_SUITE("example-net")}}, .zone = {SUITE, OUR_MX}},
     SUITE_IP,
     CAT_LEGIT_SPF_MISSING,
     REMEDY_CONFIRM,
     NULL,
     NULL,
     NULL},
    {"one that is called as we are, where our mail is not",
     {{OUR_ROW, {FROM_SUITE("example-com")}}, .zone = {SUITE}},
     SUITE_IP,
     CAT_UNKNOWN,
     REMEDY_CONFIRM,
     NULL,
     NULL,
     NULL},
    {"a free mail provider is no domain of ours",
     {{OUR_ROW, {FREE_IP, 60, "other.example pass", "other.example k pass", 0, MONTH}},
      .before = {{FREE_IP, 60, "other.example pass", "other.example k pass", 0, MONTH}},
      .zone = {SPF, FREE}},
     FREE_IP,
     CAT_UNKNOWN,
     REMEDY_CONFIRM,
     "out of their own mailboxes at Free",
     "`domains`",
     NULL},
    {"a help desk signs as itself until it is set up",
     {{OUR_ROW, {DESK_IP, 600, "mail.desk.example pass", "desk.example k pass", 0, MONTH}},
      .zone = {SPF, DESK}},
     DESK_IP,
     CAT_UNKNOWN,
     REMEDY_CONFIRM,
     "Prove it in Desk.",
     "supplier",
     NULL},
    {"its customer is a supplier",
     {{OUR_ROW, {DESK_IP, 600, "mail.desk.example pass", "shop.example k pass", 0, MONTH}},
      .before = {{DESK_IP, 600, "mail.desk.example pass", "shop.example k pass", 0, MONTH}},
      .zone = {SPF, DESK}},
     DESK_IP,
     CAT_UNKNOWN,
     REMEDY_CONFIRM,
     "shop.example a supplier",
     NULL,
     NULL},
    {"a vendor whom our record does not name",
     {{OUR_ROW, {VENDORS}}, .zone = {SPF, VENDOR}, .label = &approved},
     VENDOR_IP,
     CAT_LEGIT_UNALIGNED,
     REMEDY_DKIM_ALIGN,
     "would make SPF fail",
     "Set it to an address",
     NULL},
    {"one whom it names",
     {{OUR_ROW, {VENDORS}},
      .zone = {"example.com TXT v=spf1 mx ip4:192.0.2.180 -all", VENDOR},
      .label = &approved_machine},
     VENDOR_IP,
     CAT_LEGIT_UNALIGNED,
     REMEDY_DKIM_ALIGN,
     "Set it to an address in your domain",
     NULL,
     NULL},
    {"our site, on a machine of its web host",
     {{OUR_ROW, {"198.51.100.80", 300, "sv80.webs.example pass", NULL, 0, MONTH}}, .zone = {SPF}},
     "198.51.100.80",
     CAT_LEGIT_UNALIGNED,
     REMEDY_DKIM_ALIGN,
     "with a login",
     "Set it to an address",
     NULL},
    {"what never passed was not switched off",
     {{OUR_ROW, {VENDOR_IP, 300, "example.com fail", NULL, 0, UNTIL(15)}}, .zone = {SPF, VENDOR}},
     VENDOR_IP,
     CAT_UNKNOWN,
     REMEDY_CONFIRM,
     "none of it passed",
     "switched off",
     NULL},
    {"what passed may have been",
     {{OUR_ROW, {VENDOR_IP, 300, "example.com fail", NULL, 0, UNTIL(15)}},
      .before = {{VENDOR_IP, 300, "example.com pass", NULL, 0, MONTH}},
      .zone = {SPF, VENDOR}},
     VENDOR_IP,
     CAT_UNKNOWN,
     REMEDY_CONFIRM,
     "switched off",
     "none of it passed",
     NULL},
    {"names in From that nobody has",
     {{OUR_ROW,
       {VENDOR_IP, 600, "vendor.example pass", "vendor.example k pass", 0, MONTH,
	.from = "invoice.example.com"}},
      .before = {{VENDOR_IP, 600, "vendor.example pass", "vendor.example k pass", 0, MONTH,
		  .from = "invoice.example.com"}},
      .zone = {SPF, VENDOR}},
     VENDOR_IP,
     CAT_UNKNOWN,
     REMEDY_REVIEW,
     NULL,
     NULL,
     NULL},
};

static const char *all_text(struct arena *a, const struct sender *s)
{
	const struct remedy *r = &s->verdict.remedy;
	const char *out = r->text;
	for (unsigned i = 0; i < r->n_readings; i++) {
		const struct reading *x = &r->readings[i];
		out = arena_printf(a, "%s; %s", out,
				   x->kind == READING_SWITCHED_OFF ? "switched off" : "");
		for (unsigned k = 0; k < x->n_for; k++)
			out = arena_printf(a, "%s; for %s", out, x->speaks_for[k]);
		for (unsigned k = 0; k < x->n_against; k++)
			out = arena_printf(a, "%s; against %s", out, x->against[k]);
	}
	return out;
}

static bool is_good(const struct advice_case *c, const struct sender *s, struct arena *a)
{
	const struct remedy *r = &s->verdict.remedy;
	const char *text = all_text(a, s), *after = r->change ? r->change->after : NULL;
	return s->verdict.category == c->category && r->kind == c->kind &&
	       (!c->says || strstr(text, c->says)) && (!c->never || !strstr(text, c->never)) &&
	       (c->after ? after && strcmp(after, c->after) == 0 : !after);
}

static void test_advice(void **state)
{
	size_t bad = 0;
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct arena a = {0};
		struct domain_inventory d = world_judge(&cases[i].w, &a);
		const struct sender *s = world_sender(&d, cases[i].ip);
		assert_non_null(s);
		if (!is_good(&cases[i], s, &a)) {
			print_error("%s: %s\n", cases[i].what, all_text(&a, s));
			world_print(&d);
			bad++;
		}
		arena_free(&a);
	}
	assert_int_equal(bad, 0);
}

/* ---- the list of things to do ---- */

#define NAMED(last, name) last ".2.0.192.in-addr.arpa PTR " name, name " A 192.0.2." last
#define ASKED(ip)                                                                                  \
	{                                                                                          \
		ip, 90, "example.com fail", NULL, 0, MONTH                                         \
	}

/* Machines of one organisation are one question with one record of all; of several new records of
 * one name only the terms are told. */
static void test_one_record(void **state)
{
	static const struct {
		const char *what;
		struct world w;
		size_t questions;
		const char *after, *says;
	} rows[] = {
	    {"two machines of one centre",
	     {{OUR_ROW, ASKED("192.0.2.21"), ASKED("192.0.2.22")},
	      .zone = {SPF, NAMED("21", "o1.centre.example"), NAMED("22", "o2.centre.example")}},
	     1,
	     "v=spf1 ip4:192.0.2.21 ip4:192.0.2.22 mx -all",
	     NULL},
	    {"and one of another",
	     {{OUR_ROW, ASKED("192.0.2.21"), ASKED("192.0.2.22"), ASKED("203.0.113.200")},
	      .zone = {SPF, NAMED("21", "o1.centre.example"), NAMED("22", "o2.centre.example"),
		       "200.113.0.203.in-addr.arpa PTR out.printer.test",
		       "out.printer.test A 203.0.113.200"}},
	     2,
	     NULL,
	     "add ip4:192.0.2.21 ip4:192.0.2.22 to the SPF record of example.com"},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct arena a = {0};
		struct domain_inventory d = world_judge(&rows[i].w, &a);
		size_t questions = 0;
		const char *after = NULL;
		bool says = !rows[i].says;
		for (size_t k = 0; k < d.todo->n; k++) {
			const struct todo *x = &d.todo->list[k];
			questions += x->kind == TODO_QUESTION;
			after = x->if_yours ? x->if_yours->after : after;
			says = says || strstr(x->text, rows[i].says);
		}
		bool same = rows[i].after ? after && strcmp(after, rows[i].after) == 0 : !after;
		if (questions != rows[i].questions || !says || !same) {
			world_print(&d);
			fail_msg("%s: %zu questions, %s", rows[i].what, questions,
				 after ? after : "no record");
		}
		arena_free(&a);
	}
}

#define TWO_MX                                                                                     \
	SPF, "example.com MX 5 mx-b.example.com", "mx-b.example.com A 192.0.2.11",                 \
	    "11.2.0.192.in-addr.arpa PTR mx-b.example.com"
#define MX_B(result, days, n)                                                                      \
	{                                                                                          \
		"192.0.2.11", n, "example.com pass", result, 0, days                               \
	}

/* A signature that fails is not one that is missing. */
static void test_signing(void **state)
{
	static const struct {
		const char *what;
		struct world w;
		const char *title, *says;
		uint64_t messages;
	} rows[] = {
	    {"one machine of two, from a day on",
	     {{OUR_ROW, MX_B("example.com s1 pass", UNTIL(17), 900),
	       MX_B("example.com s1 fail", ~UNTIL(17) & MONTH, 700)},
	      .zone = {TWO_MX}},
	     "DKIM signature fails",
	     "mx-b.example.com sends fails (key s1._domainkey.example.com) since 2026-10-18, and "
	     "verified until 2026-10-17",
	     700},
	    {"one that never verifies",
	     {{OUR_ROW, MX_B("example.com s1 fail", MONTH, 700)}, .zone = {TWO_MX}},
	     "DKIM signature fails",
	     "mx-b.example.com sends fails (key s1._domainkey.example.com); it passes",
	     700},
	    {"one that does not sign",
	     {{OUR_ROW, MX_B(NULL, MONTH, 2000)}, .zone = {TWO_MX}},
	     "no DKIM",
	     "Sign its mail with DKIM",
	     2000},
	    {"some failures among many that verify",
	     {{OUR_ROW, MX_B("example.com s1 pass", MONTH, 900),
	       MX_B("example.com s1 fail", MONTH, 40)},
	      .zone = {TWO_MX}},
	     NULL,
	     NULL,
	     0},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct arena a = {0};
		struct domain_inventory d = world_judge(&rows[i].w, &a);
		const struct todo *duty = NULL;
		for (size_t k = 0; k < d.todo->n; k++)
			duty = d.todo->list[k].kind == TODO_DUTY ? &d.todo->list[k] : duty;
		bool good = rows[i].title ? duty && strstr(duty->title, rows[i].title) &&
						strstr(duty->text, rows[i].says) &&
						duty->messages == rows[i].messages
					  : !duty;
		if (!good) {
			world_print(&d);
			fail_msg("%s", rows[i].what);
		}
		arena_free(&a);
	}
}

/* A key that nobody can ask for, and on which mail hangs; filters of recipients that break mail. */
static void test_things(void **state)
{
	static const struct {
		struct world w;
		const char *id, *says, *never;
	} rows[] = {
	    {{{{"192.0.2.10", 5000, "vendor.example pass", "example.com s1 pass", 0, MONTH}},
	      .zone = {SPF, "s1._domainkey.example.com SERVFAIL"}},
	     "key:s1._domainkey.example.com",
	     "5000 messages passed by it alone",
	     NULL},
	    {{{OUR_ROW}, .zone = {SPF, "s1._domainkey.example.com SERVFAIL"}},
	     NULL,
	     "key:s1._domainkey.example.com",
	     NULL},
	    {{{OUR_ROW,
	       {"192.0.2.190", 300, "example.com fail", "example.com s1 fail", 0, MONTH,
		.disposition = W_QUARANTINE}},
	      .zone = {SPF, "190.2.0.192.in-addr.arpa PTR mx.filter.example",
		       "mx.filter.example A 192.0.2.190"}},
	     "lists",
	     "300 of them were put aside already",
	     "where people write to lists"},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct arena a = {0};
		struct domain_inventory d = world_judge(&rows[i].w, &a);
		const char *id = rows[i].id ? rows[i].id : rows[i].says, *text = NULL;
		for (size_t k = 0; k < d.todo->n; k++)
			text = strcmp(d.todo->list[k].id, id) == 0 ? d.todo->list[k].text : text;
		bool good = rows[i].id ? text && strstr(text, rows[i].says) &&
					     (!rows[i].never || !strstr(text, rows[i].never))
				       : !text;
		if (!good) {
			world_print(&d);
			fail_msg("row %zu: %s", i, text ? text : "nothing");
		}
		arena_free(&a);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_advice), cmocka_unit_test(test_one_record),
	    cmocka_unit_test(test_signing), cmocka_unit_test(test_things)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
