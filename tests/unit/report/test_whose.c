/*
 * Whose mail it is that fails, where it looks like somebody else's: our own way out, a server whose
 * A record was forgotten, a supplier that signs as itself.
 */
#include "tests/unit/world.h"

#define ON(d)    (1u << ((d)-1))
#define FROM(d)  (MONTH & ~(ON(d) - 1))
#define UNTIL(d) (ON(d) - 1)
#define BROKEN   "example.com fail", "example.com s1 fail", 0

/* A filter that our zone may name; its addresses are known to nobody's include but its own. */
#define WAY_ZONE                                                                                   \
	"example.com TXT v=spf1 mx ~all", "7.100.0.192.in-addr.arpa PTR out7.filter.example",      \
	    "out7.filter.example A 192.0.100.7",                                                   \
	    "8.100.0.192.in-addr.arpa PTR out8.filter.example",                                    \
	    "out8.filter.example A 192.0.100.8"

/* Of our servers one is called out7. */
#define SERVERS                                                                                    \
	"example.com TXT v=spf1 mx ip4:192.0.100.7 ~all",                                          \
	    "7.100.0.192.in-addr.arpa PTR out7.example.com", "out7.example.com A 192.0.100.7"
#define SUPPLIER "b.mailer.example pass", "reviews.example k pass, mailer.example k pass", 0

/* People have mailboxes there; it signs what they write. */
#define PEOPLE                                                                                     \
	"example.com TXT v=spf1 mx ~all", "50.100.0.192.in-addr.arpa PTR m1.free.example",         \
	    "m1.free.example A 192.0.100.50"
#define NAMELESS "example.com TXT v=spf1 mx ~all"
#define NAMED                                                                                      \
	NAMELESS, "77.100.0.192.in-addr.arpa PTR app.vendor.example",                              \
	    "app.vendor.example A 192.0.100.77"

static const struct whose_case {
	const char *what;
	struct row now[5], before[3];
	const char *zone[8];
	const char *key;
	enum category category;
	bool asked;
	const char *text, *speaks; /* of the question; the first that speaks for "yours" */
} cases[] = {
    {"all mail leaves by a filter since the 12th",
     {{"192.0.2.10", 550, "example.com pass", "example.com s1 pass", 0, UNTIL(12)},
      {"192.0.100.7", 500, BROKEN, FROM(12)},
      {"192.0.100.8", 500, BROKEN, FROM(12)}},
     {OUR_ROW},
     {WAY_ZONE},
     "192.0.100.7",
     CAT_LEGIT_SPF_MISSING,
     true,
     "way by which your own mail leaves",
     "began on 2026-10-12"},
    {"unsigned, and a seventh still goes directly",
     {{"192.0.2.10", 550, "example.com pass", NULL, 0, UNTIL(12)},
      {"192.0.2.10", 130, "example.com pass", NULL, 0, FROM(12)},
      {"192.0.100.7", 1500, "example.com fail", NULL, 0, FROM(12)}},
     {OUR_ROW},
     {WAY_ZONE},
     "192.0.100.7",
     CAT_LEGIT_SPF_MISSING,
     true,
     "way by which your own mail leaves",
     "fell from"},
    {"who forwards a part of it is a forwarder",
     {OUR_ROW, {"192.0.100.7", 900, BROKEN, FROM(12)}},
     {OUR_ROW},
     {WAY_ZONE},
     "192.0.100.7",
     CAT_FORWARDER,
     false,
     NULL,
     NULL},
    {"a flood beside our mail is no way out",
     {OUR_ROW, {"192.0.100.7", 20000, "example.com fail", NULL, 0, FROM(12)}},
     {OUR_ROW},
     {WAY_ZONE},
     "192.0.100.7",
     CAT_UNKNOWN,
     true,
     NULL,
     NULL},
    {"the next of our servers, elsewhere: anybody can claim it",
     {OUR_ROW,
      {"192.0.100.7", 900, "example.com pass", NULL, 0, MONTH},
      {"192.0.101.8", 900, "example.com fail", NULL, 0, MONTH}},
     {OUR_ROW},
     {SERVERS, "8.101.0.192.in-addr.arpa PTR out8.example.com"},
     "192.0.101.8",
     CAT_UNAUTHORIZED,
     false,
     NULL,
     NULL},
    {"beside one of ours",
     {OUR_ROW, {"192.0.2.11", 900, "example.com fail", NULL, 0, MONTH}},
     {OUR_ROW},
     {SERVERS, "11.2.0.192.in-addr.arpa PTR billing.example.com"},
     "192.0.2.11",
     CAT_LEGIT_SPF_MISSING,
     true,
     "publish billing.example.com. A 192.0.2.11",
     NULL},
    {"a stranger who calls himself as a server of ours that is elsewhere",
     {OUR_ROW, {"192.0.101.8", 900, "example.com fail", NULL, 0, MONTH}},
     {OUR_ROW},
     {SERVERS, "8.101.0.192.in-addr.arpa PTR mail.example.com"},
     "192.0.101.8",
     CAT_UNAUTHORIZED,
     false,
     NULL,
     NULL},
    {"or as nobody of ours is called",
     {OUR_ROW, {"192.0.101.8", 900, "example.com fail", NULL, 0, MONTH}},
     {OUR_ROW},
     {SERVERS, "8.101.0.192.in-addr.arpa PTR billing.example.com"},
     "192.0.101.8",
     CAT_UNAUTHORIZED,
     false,
     NULL,
     NULL},
    {"a supplier that sends by a service, and signs as itself",
     {OUR_ROW, {"203.0.113.1", 640, SUPPLIER, FROM(8)}},
     {OUR_ROW},
     {"example.com TXT v=spf1 mx ~all"},
     "203.0.113.1",
     CAT_UNKNOWN,
     true,
     "reviews.example",
     "again and again"},
    {"set up at last: it signs as us since the 12th",
     {OUR_ROW,
      {"203.0.113.1", 300, "b.mailer.example pass", "mailer.example k pass", 0, UNTIL(12)},
      {"203.0.113.1", 400, "b.mailer.example pass", "example.com k pass", 0, FROM(12)}},
     {OUR_ROW},
     {"example.com TXT v=spf1 mx ~all"},
     "203.0.113.1",
     CAT_AUTHORIZED,
     false,
     "until it was set up",
     NULL},
    {"some of it still fails",
     {OUR_ROW,
      {"203.0.113.1", 300, "b.mailer.example pass", "mailer.example k pass", 0, MONTH},
      {"203.0.113.1", 200, "b.mailer.example pass", "example.com k pass", 0, FROM(12)}},
     {OUR_ROW},
     {"example.com TXT v=spf1 mx ~all"},
     "203.0.113.1",
     CAT_UNKNOWN,
     true,
     NULL,
     NULL},
    {"an office's machine, infected: never 500 a day, and thousands a week",
     {{"203.0.113.65", 5000, "example.com pass", "example.com s1 pass", 0, MONTH},
      {"192.0.2.44", 66, "example.com pass", NULL, 0, UNTIL(23)},
      {"192.0.2.44", 2100, "example.com pass", NULL, 0, FROM(24)}},
     {{"203.0.113.65", 5000, "example.com pass", "example.com s1 pass", 0, MONTH}},
     {"example.com TXT v=spf1 include:_spf.boxes.example ip4:192.0.2.44 ~all"},
     "192.0.2.44",
     CAT_SUSPECT_ABUSE,
     false,
     "stolen password",
     NULL},
    {"a person writes as us from a mailbox of his own",
     {OUR_ROW, {"192.0.100.50", 22, "free.example pass", "free.example k pass", 0, FROM(10)}},
     {OUR_ROW},
     {PEOPLE},
     "192.0.100.50",
     CAT_UNKNOWN,
     true,
     "out of their own mailboxes",
     NULL},
    {"what that host hands on it does not sign",
     {OUR_ROW, {"192.0.100.50", 22, "free.example pass", NULL, 0, FROM(10)}},
     {OUR_ROW},
     {PEOPLE},
     "192.0.100.50",
     CAT_UNKNOWN,
     false,
     NULL,
     NULL},
    {"anybody can write a signature that fails: a machine without a name",
     {OUR_ROW,
      {"192.0.100.77", 9, "example.com fail", "example.com mail fail", 0, ON(3) | ON(9) | ON(20)}},
     {OUR_ROW},
     {NAMELESS},
     "192.0.100.77",
     CAT_UNKNOWN,
     false,
     NULL,
     NULL},
    {"but a server with a name is asked about",
     {OUR_ROW,
      {"192.0.100.77", 9, "example.com fail", "example.com mail fail", 0, ON(3) | ON(9) | ON(20)}},
     {OUR_ROW},
     {NAMED},
     "192.0.100.77",
     CAT_UNKNOWN,
     true,
     "signs as your domain",
     NULL},
    {"a record that is an error for IPv6 alone",
     {OUR_ROW, {"2001:db8::25", 60, "example.com permerror", NULL, 0, MONTH}},
     {OUR_ROW},
     {"example.com TXT v=spf1 mx a:h1.example.com a:h2.example.com a:h3.example.com "
      "ip6:2001:db8::25 -all",
      "h1.example.com A 192.0.2.51", "h2.example.com A 192.0.2.52", "h3.example.com A 192.0.2.53",
      "out.example.com AAAA 2001:db8::25",
      "5.2.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa PTR "
      "out.example.com"},
     "2001:db8::25",
     CAT_LEGIT_BROKEN,
     false,
     "for whoever sends over IPv6",
     NULL},
    {"a device on a line: a message a day, on nineteen days",
     {OUR_ROW, {"192.0.100.77", 19, "example.com fail", NULL, 0, 0x007ffff0u}},
     {OUR_ROW},
     {NAMELESS, "77.100.0.192.in-addr.arpa PTR ip-192-0-100-77.business.isp.example",
      "ip-192-0-100-77.business.isp.example A 192.0.100.77"},
     "192.0.100.77",
     CAT_UNKNOWN,
     true,
     "Nothing in DNS says so",
     NULL},
    {"and one that keeps at it",
     {OUR_ROW, {"192.0.100.77", 60, "example.com fail", "example.com mail fail", 0, FROM(10)}},
     {OUR_ROW},
     {NAMELESS},
     "192.0.100.77",
     CAT_LEGIT_SPF_MISSING,
     true,
     "signs as your domain",
     NULL},
};

static bool is_good(const struct whose_case *c, const struct sender *s)
{
	const struct remedy *r = &s->verdict.remedy;
	bool asked = r->kind == REMEDY_CONFIRM, speaks = !c->speaks;
	for (unsigned k = 0; asked && c->speaks && k < r->n_readings; k++)
		if (r->readings[k].kind == READING_MISSING && r->readings[k].n_for > 0)
			speaks = strstr(r->readings[k].speaks_for[0], c->speaks) != NULL;
	bool said = !c->text || (r->text && strstr(r->text, c->text));
	return s->verdict.category == c->category && asked == c->asked && said && speaks;
}

static void test_cases(void **state)
{
	unsigned bad = 0;
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct whose_case *c = &cases[i];
		struct arena a = {0};
		struct world w = {0};
		memcpy(w.now, c->now, sizeof c->now);
		memcpy(w.before, c->before, sizeof c->before);
		memcpy(w.zone, c->zone, sizeof c->zone);
		struct domain_inventory d = world_judge(&w, &a);
		const struct sender *s = world_sender(&d, c->key);
		assert_non_null(s);
		if (!is_good(c, s)) {
			print_error("%s\n", c->what);
			world_print(&d);
			bad++;
		}
		arena_free(&a);
	}
	assert_int_equal(bad, 0);
}

#define BOX         "203.0.113.65" /* of Boxes, where everybody's account sends from */
#define AS_US       "example.com pass", "example.com s1 pass", 0
#define AS(account) "example.com pass", account ".onmicrosoft.com k pass", 0
#define BOX_ZONE    "example.com TXT v=spf1 include:_spf.boxes.example -all"

/* Another customer of the host of our mailboxes passes by our record, from the very addresses. */
static void test_tenants(void **state)
{
	static const struct {
		const char *what;
		struct row rows[3];
		uint64_t strange;
		const char *key; /* of our zone */
	} rented[] = {
	    {"three days beside ours",
	     {{BOX, 5000, AS_US, MONTH}, {BOX, 4500, AS("kxq"), 7u << 19}},
	     4500},
	    {"and SPF could not be asked once",
	     {{BOX, 5000, AS_US, MONTH},
	      {BOX, 4500, AS("kxq"), 7u << 19},
	      {BOX, 4, "example.com temperror", "kxq.onmicrosoft.com k pass", 0, ON(20)}},
	     4504},
	    {"one day", {{BOX, 5000, AS_US, MONTH}, {BOX, 4500, AS("kxq"), ON(20)}}, 4500},
	    {"all month", {{BOX, 5000, AS_US, MONTH}, {BOX, 60, AS("kxq"), MONTH}}, 60},
	    {"ours before it signed as us",
	     {{BOX, 5000, AS_US, FROM(16)}, {BOX, 4500, AS("kxq"), UNTIL(17)}},
	     0},
	    {"ours on a day when it did not sign as us",
	     {{BOX, 5000, AS_US, MONTH & ~ON(20)}, {BOX, 300, AS("kxq"), ON(20)}},
	     0},
	    {"one called as we are",
	     {{BOX, 5000, AS_US, MONTH}, {BOX, 60, AS("example"), MONTH}},
	     0},
	    {"ours signs as itself, and is called as we are",
	     {{BOX, 5000, AS("example"), MONTH}, {BOX, 4500, AS("kxq"), 7u << 19}},
	     4500},
	    {"our DKIM names lead into it",
	     {{BOX, 5000, AS_US, MONTH}, {BOX, 60, AS("kxq"), MONTH}},
	     0,
	     "selector1._domainkey.example.com CNAME selector1-x._domainkey.kxq.onmicrosoft.com"},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(rented); i++) {
		struct arena a = {0};
		struct world w = {
		    .zone = {BOX_ZONE, rented[i].key,
			     "selector1-x._domainkey.kxq.onmicrosoft.com TXT v=DKIM1; p=AAAA"}};
		memcpy(w.now, rented[i].rows, sizeof rented[i].rows);
		struct domain_inventory d = world_judge(&w, &a);
		uint64_t abuse = 0, fine = 0,
			 all = rented[i].rows[0].messages + rented[i].rows[1].messages +
			       rented[i].rows[2].messages;
		for (size_t k = 0; k < d.n_senders; k++) {
			enum category c = d.senders[k].verdict.category;
			abuse += c == CAT_SUSPECT_ABUSE ? d.senders[k].t.messages : 0;
			fine += c == CAT_AUTHORIZED ? d.senders[k].t.messages : 0;
		}
		if (abuse != rented[i].strange || fine != all - abuse) {
			print_error("%s\n", rented[i].what);
			world_print(&d);
			fail();
		}
		arena_free(&a);
	}
}

/* Our account at a service signs all its mail; what begins to pass beside it by SPF alone may be
 * another customer's, unless the service verifies who sends as whom. */
static void test_neighbours(void **state)
{
#define FIRST_DAYS  0x000003ffu
#define LATER_DAYS  (MONTH & ~FIRST_DAYS)
#define AT(service) "example.com TXT v=spf1 mx include:_spf." service ".example ~all"
	static const struct {
		const char *what, *zone, *ours, *theirs;
		uint32_t our_days, their_days;
		uint64_t messages;
		bool abused;
		const char *signature;
	} rows[] = {
	    {"from another address of it", AT("careless"), "203.0.113.33", "203.0.113.34", MONTH,
	     LATER_DAYS, 900, true},
	    {"from the same one", AT("careless"), "203.0.113.33", "203.0.113.33", MONTH, LATER_DAYS,
	     900, true},
	    {"and signs as itself", AT("careless"), "203.0.113.33", "203.0.113.33", MONTH,
	     LATER_DAYS, 900, true, "loans.example s pass"},
	    {"and the service signs it as its own", AT("careless"), "203.0.113.33", "203.0.113.34",
	     MONTH, LATER_DAYS, 900, true, "careless.example s pass"},
	    {"whose signature of ours broke", AT("careless"), "203.0.113.33", "203.0.113.33", MONTH,
	     LATER_DAYS, 900, false, "example.com s1 fail"},
	    {"since the reports begin: a program of ours, it may be", AT("careless"),
	     "203.0.113.33", "203.0.113.34", MONTH, MONTH, 900, false},
	    {"a few", AT("careless"), "203.0.113.33", "203.0.113.34", MONTH, LATER_DAYS, 9, false},
	    {"ours has stopped since: it signs no more", AT("careless"), "203.0.113.33",
	     "203.0.113.34", FIRST_DAYS, LATER_DAYS, 900, false},
	    {"a service that verifies its customers", AT("mailer"), "203.0.113.1", "203.0.113.2",
	     MONTH, LATER_DAYS, 900, false},
	    {"an address that our own record names",
	     "example.com TXT v=spf1 mx ip4:203.0.113.34 include:_spf.careless.example ~all",
	     "203.0.113.33", "203.0.113.34", MONTH, LATER_DAYS, 900, false},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct arena a = {0};
		const struct world w = {
		    .now = {{rows[i].ours, 900, "example.com pass", "example.com s1 pass", 0,
			     rows[i].our_days},
			    {rows[i].theirs, rows[i].messages, "example.com pass",
			     rows[i].signature, 0, rows[i].their_days}},
		    .zone = {rows[i].zone}};
		struct domain_inventory d = world_judge(&w, &a);
		bool abused = false;
		for (size_t k = 0; k < d.n_senders; k++)
			abused = abused || (d.senders[k].verdict.category == CAT_SUSPECT_ABUSE &&
					    d.senders[k].t.messages == rows[i].messages &&
					    strcmp(d.senders[k].key, "unsigned:careless") == 0);
		if (abused != rows[i].abused) {
			world_print(&d);
			fail_msg("%s", rows[i].what);
		}
		arena_free(&a);
	}
}

/* Where ours is not signed there either, the advice says that nobody can tell. */
static void test_untold_neighbours(void **state)
{
	static const struct {
		const char *zone, *ip;
		bool said;
	} rows[] = {
	    {AT("careless"), "203.0.113.33", true},
	    {AT("mailer"), "203.0.113.1", false},
	    {"example.com TXT v=spf1 mx ip4:203.0.113.33 ~all", "203.0.113.33", false},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct arena a = {0};
		const struct row r = {rows[i].ip, 900, "example.com pass", NULL, 0, MONTH};
		const struct world w = {
		    .now = {OUR_ROW, r}, .before = {OUR_ROW, r}, .zone = {rows[i].zone}};
		struct domain_inventory d = world_judge(&w, &a);
		const char *text = world_sender(&d, rows[i].ip)->verdict.remedy.text;
		CHECK_ROW((text && strstr(text, "no report can tell")) == rows[i].said, i);
		arena_free(&a);
	}
}

/* An account under a former name, that has a key of ours since, and some of whose mail still goes
 * without: it was ours before. */
static void test_renamed_account(void **state)
{
	static const struct {
		const char *what;
		uint64_t before, first, later;
		bool strange;
	} rows[] = {
	    {"most of it is signed as us since", 960, 320, 40, false},
	    {"it goes on as before", 960, 320, 640, true},
	    {"it was little before, too", 60, 20, 10, true},
	    {"it began with our key", 0, 0, 40, true},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct arena a = {0};
		const char *old = "oldname-test.20230601.gappssmtp.com x pass";
		struct world w = {
		    .now = {OUR_ROW,
			    {"45.140.18.6", 600, "example.com pass", "example.com g pass", 0,
			     LATER_DAYS},
			    {"45.140.18.5", rows[i].later, "example.com pass", old, 0, LATER_DAYS},
			    {"45.140.18.5", rows[i].first, "example.com pass", old, 0, FIRST_DAYS}},
		    .before = {OUR_ROW,
			       {"45.140.18.5", rows[i].before, "example.com pass", old, 0, MONTH}},
		    .zone = {"example.com TXT v=spf1 mx include:_spf.suite.example ~all",
			     "_spf.suite.example TXT v=spf1 ip4:45.140.18.0/24 -all"}};
		struct domain_inventory d = world_judge(&w, &a);
		enum category c = world_sender(&d, "45.140.18.5")->verdict.category;
		if ((c == CAT_SUSPECT_ABUSE) != rows[i].strange) {
			world_print(&d);
			fail_msg("%s", rows[i].what);
		}
		arena_free(&a);
	}
}

/* A receiver behind its own gateway names that as everybody's source. */
static void test_gateway_inside(void **state)
{
	struct arena a = {0};
	const struct row ours = {"192.0.2.10", 5000, "example.com pass", NULL, 0, MONTH},
			 theirs = {"10.1.1.1", 300, "example.com fail", NULL, 0, MONTH, 8};
	const struct world w = {.now = {ours, theirs}, .before = {ours, theirs}};
	(void)state;
	struct domain_inventory d = world_judge(&w, &a);
	const struct remedy *r = &world_sender(&d, "10.1.1.1")->verdict.remedy;
	assert_int_equal(r->kind, REMEDY_CONFIRM);
	assert_non_null(strstr(r->text, "private network"));
	assert_null(r->if_yours);
	arena_free(&a);
}

/* What sends when a machine of ours is silent, and as much, is ours, perhaps: a second line, a
 * machine that moved. No stranger makes ours fall silent. */
static void test_stand_in(void **state)
{
#define THREE    (7u << 12)
#define WEEKENDS 0x0c183060u /* of some month: days 6, 7, 13, 14 ... */
	static const struct {
		const char *what;
		uint64_t messages;
		uint32_t our_days, their_days;
		bool asked;
	} rows[] = {
	    {"for three days", 420, MONTH & ~THREE, THREE, true},
	    {"for a day", 150, MONTH & ~(1u << 12), 1u << 12, true},
	    {"from a day on", 2800, FIRST_DAYS, LATER_DAYS, true},
	    {"ours goes on", 420, MONTH, THREE, false},
	    {"a flood on the day", 42000, MONTH & ~THREE, THREE, false},
	    {"a few", 19, MONTH & ~THREE, THREE, false},
	    {"on days on which ours never sends", 420, MONTH & ~WEEKENDS, WEEKENDS, false},
	    {"ours is silent on other days, too", 300, FIRST_DAYS, 3u << 12, false},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct arena a = {0};
		const uint64_t daily = 160;
		const struct world w = {
		    .now = {{"192.0.2.10", daily * (uint64_t)__builtin_popcount(rows[i].our_days),
			     "example.com pass", NULL, 0, rows[i].our_days},
			    {"45.140.19.7", rows[i].messages, "example.com fail", NULL, 0,
			     rows[i].their_days},
			    {"203.0.113.1", 300, "news.example.com pass", "example.com k1 pass", 0,
			     MONTH}},
		    .before = {{"192.0.2.10", daily * 30, "example.com pass", NULL, 0,
				rows[i].their_days == WEEKENDS ? MONTH & ~WEEKENDS : MONTH}},
		    .zone = {"example.com TXT v=spf1 mx ~all",
			     "7.19.140.45.in-addr.arpa PTR p45-140-19-7.line.example",
			     "p45-140-19-7.line.example A 45.140.19.7"}};
		struct domain_inventory d = world_judge(&w, &a);
		const struct sender *s = world_sender(&d, "45.140.19.7");
		bool asked = s->verdict.remedy.kind == REMEDY_CONFIRM &&
			     strstr(s->verdict.remedy.text, "second line");
		if (asked != rows[i].asked || (asked && s->verdict.remedy.if_yours)) {
			world_print(&d);
			fail_msg("%s", rows[i].what);
		}
		arena_free(&a);
	}
}

/* A customer who signs as himself beside the service's own signature is he. */
static void test_signers(void **state)
{
	struct arena a = {0};
	const struct world w = {
	    .now = {OUR_ROW,
		    {"203.0.113.33", 900, "b1.careless.example pass", "careless.example k pass", 0,
		     MONTH},
		    {"203.0.113.34", 300, "b2.careless.example pass",
		     "careless.example k pass, loans.example s pass", 0, MONTH}}};
	(void)state;
	struct domain_inventory d = world_judge(&w, &a);
	const struct sender *s = world_sender(&d, "203.0.113.34");
	assert_string_equal(s->guest ? s->guest : "", "loans.example");
	assert_null(world_sender(&d, "203.0.113.33")->guest);
	arena_free(&a);
}

/* Where the record asks for the local part or for HELO, reports do not tell whom it names. */
static void test_untold(void **state)
{
	static const struct {
		const char *record;
		bool taken;
	} rows[] = {{"v=spf1 mx exists:%{l}._lp.example.com -all", false},
		    {"v=spf1 mx include:%{i}._ip.%{h}._ehlo.example.com -all", false},
		    {"v=spf1 mx exists:%{i}._ip.example.com -all", true},
		    {"v=spf1 mx -all", true}};
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct arena a = {0};
		const char *line = arena_printf(&a, "example.com TXT %s", rows[i].record);
		const struct world w = {
		    .now = {OUR_ROW, {"192.0.100.9", 600, "example.com pass", NULL, 0, MONTH}},
		    .before = {OUR_ROW, {"192.0.100.9", 600, "example.com pass", NULL, 0, MONTH}},
		    .zone = {line}};
		struct domain_inventory d = world_judge(&w, &a);
		const char *text = world_sender(&d, "192.0.100.9")->verdict.remedy.text;
		CHECK_ROW((text && strstr(text, "no longer authorises")) == rows[i].taken, i);
		arena_free(&a);
	}
}

/* psd=n at a name below the organisation: what authenticates as the organisation aligns no more. */
static void test_cut_off(void **state)
{
	static const struct {
		struct row row;
		bool cut;
	} rows[] = {
	    {{"192.0.2.1", 1, "example.com pass", "example.com s pass", 0, MONTH}, true},
	    {{"192.0.2.1", 1, "shop.example.com pass", "example.com s pass", 0, MONTH}, false},
	    {{"192.0.2.1", 1, "example.com pass", "shop.example.com s pass", 0, MONTH}, false},
	    {{"192.0.2.1", 1, "x.shop.example.com pass", NULL, 0, MONTH}, false},
	    {{"192.0.2.1", 1, "example.com fail", NULL, 0, MONTH}, false},
	};
	struct knowledge k = {.rules = &test_rules};
	struct zone below = {.known = &k, .domain = "shop.example.com", .org = "example.com"},
		    itself = {.known = &k, .domain = "example.com", .org = "example.com"};
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct arena a = {0};
		struct domain_facts d = make_facts(&a, OCTOBER, &rows[i].row, 1);
		CHECK_ROW(zone_is_cut_off(&below, &d.profiles[0]) == rows[i].cut, i);
		assert_false(zone_is_cut_off(&itself, &d.profiles[0]));
		arena_free(&a);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_cases),
					   cmocka_unit_test(test_tenants),
					   cmocka_unit_test(test_neighbours),
					   cmocka_unit_test(test_stand_in),
					   cmocka_unit_test(test_gateway_inside),
					   cmocka_unit_test(test_renamed_account),
					   cmocka_unit_test(test_untold_neighbours),
					   cmocka_unit_test(test_signers),
					   cmocka_unit_test(test_untold),
					   cmocka_unit_test(test_cut_off)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
