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

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_advice)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
