/*
 * The gate before every edit, the one new record of a name, and what is asked instead.
 */
#include "report/remedy/gate.h"
#include "tests/unit/world.h"

#define SPF(r) "example.com TXT v=spf1 " r
#define ERP    "77.2.0.192.in-addr.arpa PTR erp.example.com", "erp.example.com A 192.0.2.77"
#define FAILS(ip, n)                                                                               \
	{                                                                                          \
		ip, n, "example.com fail", NULL, 0, MONTH                                          \
	}
/* On three days, as temporary addresses do (RFC 8981). */
#define FAILED_LATELY(ip, day)                                                                     \
	{                                                                                          \
		ip, 60, "example.com fail", NULL, 0, 7u << (day)                                   \
	}
#define PASSES(ip, n)                                                                              \
	{                                                                                          \
		ip, n, "example.com pass", "example.com s1 pass", 0, MONTH                         \
	}

/* ---- the record of a name ---- */

static const struct record_case {
	const char *what;
	struct world w;
	const char
	    *after; /* of the record of example.com, in the list of things to do; NULL: none */
	const char *says; /* in the text of the fault of the record; NULL: anything */
} records[] = {
    {"nothing is wrong", {{OUR_ROW}, .zone = {SPF("mx ~all")}}, NULL, NULL},
    {"a machine with a name of ours",
     {{OUR_ROW, FAILS("192.0.2.77", 60)}, .zone = {SPF("mx ~all"), ERP}},
     "v=spf1 ip4:192.0.2.77 mx ~all",
     NULL},
    {"and one that nothing ties to us, however steady",
     {{OUR_ROW, FAILS("192.0.2.77", 600)},
      .zone = {SPF("mx ~all"), "77.2.0.192.in-addr.arpa PTR mx.vendor.example",
	       "mx.vendor.example A 192.0.2.77"}},
     NULL,
     NULL},
    {"approved by label",
     {{OUR_ROW, FAILS("192.0.2.77", 600)},
      .zone = {SPF("mx ~all")},
      .label = &(struct fact_label){.sender = "192.0.2.77",
				    .network = {4, {192, 0, 2, 77}},
				    .bits = 32,
				    .verdict = LABEL_APPROVE}},
     "v=spf1 ip4:192.0.2.77 mx ~all",
     NULL},
    {"two edits make one record",
     {{OUR_ROW, FAILS("192.0.2.77", 60), FAILS("198.51.100.80", 90)},
      .zone = {SPF("mx ~all"), ERP}},
     "v=spf1 ip4:192.0.2.77 ip4:198.51.100.80 mx ~all",
     NULL},
    {"our site, on a machine where a neighbour ran wild",
     {{OUR_ROW,
       FAILS("198.51.100.80", 60),
       {"198.51.100.80", 400, "example.com softfail", NULL, 0, 1u << 20}},
      .zone = {SPF("mx ~all")}},
     NULL,
     NULL},
    {"an edit and a repair, too",
     {{OUR_ROW, FAILS("192.0.2.77", 60)}, .zone = {SPF("mx ip:192.0.2.99 ~all"), ERP}},
     "v=spf1 mx ip4:192.0.2.99 ip4:192.0.2.77 ~all",
     "ip:192.0.2.99 should be ip4:192.0.2.99"},
    /* repairs */
    {"two records are merged",
     {{OUR_ROW}, .zone = {SPF("mx ~all"), SPF("ip4:192.0.2.99 -all")}},
     "v=spf1 mx ip4:192.0.2.99 ~all",
     "2 SPF records"},
    {"ip: is ip4:",
     {{OUR_ROW}, .zone = {SPF("mx ip:192.0.2.99 ~all")}},
     "v=spf1 mx ip4:192.0.2.99 ~all",
     "ip4:192.0.2.99"},
    {"terms behind all",
     {{OUR_ROW}, .zone = {SPF("mx ~all ip4:192.0.2.99")}},
     "v=spf1 mx ip4:192.0.2.99 ~all",
     "never read"},
    {"a tied machine that failed by the error, too, and is in none of the records",
     {{OUR_ROW, {"192.0.2.77", 60, "example.com permerror", NULL, 0, MONTH}},
      .zone = {SPF("mx ~all"), SPF("ip4:192.0.2.99 -all"), ERP}},
     "v=spf1 mx ip4:192.0.2.99 ip4:192.0.2.77 ~all",
     "2 SPF records"},
    {"one that the repaired record authorises needs no term",
     {{OUR_ROW, {"192.0.2.99", 60, "example.com permerror", NULL, 0, MONTH}},
      .zone = {SPF("mx ~all"), SPF("ip4:192.0.2.99 -all")}},
     "v=spf1 mx ip4:192.0.2.99 ~all",
     "2 SPF records"},
    {"a record that leaves out a sender that was meant",
     {{OUR_ROW, {"198.51.100.80", 600, "example.com permerror", NULL, 0, MONTH}},
      .zone = {SPF("include:_spf.gogle.example ~all")}},
     NULL,
     "leave out"},
    {"two that redirect are not put together",
     {{OUR_ROW}, .zone = {SPF("redirect=a.example"), SPF("redirect=b.example")}},
     NULL,
     "Keep one"},
    {"nor are exceptions",
     {{OUR_ROW}, .zone = {SPF("mx ~all"), SPF("-ip4:192.0.2.10 ip4:192.0.2.0/24 -all")}},
     NULL,
     "Keep one"},
    {"+all is closed although a stranger passes by it",
     {{OUR_ROW, {"203.0.113.9", 400, "example.com pass", NULL, 0, 7}},
      .zone = {SPF("mx +all"), "9.113.0.203.in-addr.arpa PTR dsl-203-0-113-9.isp.example"}},
     "v=spf1 mx ~all",
     "+all authorises"},
    {"+all is closed", {{OUR_ROW}, .zone = {SPF("mx +all")}}, "v=spf1 mx ~all", "+all authorises"},
    {"open below: nothing of ours repairs it",
     {{OUR_ROW}, .zone = {SPF("mx include:a.example ~all"), "a.example TXT v=spf1 +all"}},
     NULL,
     "a.example"},
    {"an include without a record",
     {{OUR_ROW}, .zone = {SPF("mx include:gone.example ~all")}},
     "v=spf1 mx ~all",
     "include:gone.example"},
/* somebody's server, that sends as us */
#define HOSTER "77.2.0.192.in-addr.arpa PTR mail.hoster.example", "mail.hoster.example A 192.0.2.77"
#define BROKEN(ip, n)                                                                              \
	{                                                                                          \
		ip, n, "example.com permerror", NULL, 0, MONTH                                     \
	}
    {"the owner names the address himself, with a slip",
     {{OUR_ROW, BROKEN("192.0.2.77", 600)}, .zone = {SPF("mx ip:192.0.2.77 -all"), HOSTER}},
     "v=spf1 mx ip4:192.0.2.77 -all",
     "ip:192.0.2.77 should be ip4:192.0.2.77"},
    {"in a mechanism that takes names",
     {{OUR_ROW, BROKEN("192.0.2.77", 600)}, .zone = {SPF("mx a:192.0.2.77 -all"), HOSTER}},
     "v=spf1 mx ip4:192.0.2.77 -all",
     "a:192.0.2.77 should be ip4:192.0.2.77"},
    {"by an include of few addresses behind all",
     {{OUR_ROW, FAILS("192.0.2.77", 600)},
      .zone = {SPF("mx -all include:spf.hoster.example"), HOSTER,
	       "spf.hoster.example TXT v=spf1 ip4:192.0.2.77 -all"}},
     "v=spf1 mx include:spf.hoster.example -all",
     "never read"},
    {"by a wide one, that others use",
     {{OUR_ROW, FAILS("192.0.2.77", 600)},
      .zone = {SPF("mx -all include:spf.hoster.example"), HOSTER,
	       "spf.hoster.example TXT v=spf1 ip4:192.0.0.0/17 -all"}},
     NULL,
     "192.0.2.77, which nothing ties to you"},
    {"one who was seen forging is let in by no repair",
     {{OUR_ROW,
       {"192.0.2.77", 600, "example.com permerror", NULL, 0, MONTH, .from = "x.example.com"}},
      .zone = {SPF("mx ip:192.0.2.77 -all"),
	       "77.2.0.192.in-addr.arpa PTR dsl-192-0-2-77.isp.example",
	       "dsl-192-0-2-77.isp.example A 192.0.2.77"}},
     NULL,
     "192.0.2.77, which nothing ties to you"},
    {"all without a sign, behind another slip",
     {{OUR_ROW, BROKEN("192.0.2.77", 600)}, .zone = {SPF("ipv4:192.0.2.77 mx all"), HOSTER}},
     "v=spf1 ip4:192.0.2.77 mx ~all",
     "all without a sign means +all"},
    {"a slip, beside an include that lets everybody in",
     {{OUR_ROW, BROKEN("192.0.2.77", 600)},
      .zone = {SPF("ip:192.0.2.77 include:a.example -all"), "a.example TXT v=spf1 +all"}},
     NULL,
     "Ask the owner of a.example"},
    {"a host where a record was wanted",
     {{BROKEN("192.0.2.77", 600)}, .zone = {SPF("include:mail.hoster.example -all"), HOSTER}},
     "v=spf1 a:mail.hoster.example -all",
     "it is a host"},
    {"which is our MX",
     {{OUR_ROW},
      .zone = {SPF("mx include:mx.hoster.example -all"), "example.com MX 5 mx.hoster.example",
	       "mx.hoster.example A 192.0.2.78"}},
     "v=spf1 mx a:mx.hoster.example -all",
     "it is a host"},
    {"which nothing of ours uses",
     {{OUR_ROW},
      .zone = {SPF("mx include:mx.hoster.example -all"), "mx.hoster.example A 192.0.2.78"}},
     "v=spf1 mx -all",
     "leads to no valid"},
    {"a repair that would leave nobody who may send",
     {{BROKEN("192.0.2.77", 600)}, .zone = {SPF("include:spf.gone.example -all"), HOSTER}},
     NULL,
     "authorise nobody, and mail.hoster.example sends"},
    {"a host, written as the /8 around it",
     {{OUR_ROW}, .zone = {SPF("ip4:192.0.2.10/8 -all")}},
     "v=spf1 ip4:192.0.2.10 -all",
     "names one host, and authorises all 16777216 addresses"},
    {"unless mail of ours passes from elsewhere in it",
     {{OUR_ROW, PASSES("192.9.9.9", 60)}, .zone = {SPF("ip4:192.0.2.10/8 -all")}},
     NULL,
     "192.9.9.9 would lose SPF"},
    {"an include of a domain that nobody has any more",
     {{OUR_ROW}, .zone = {SPF("mx include:spf.gone.example ~all")}},
     "v=spf1 mx ~all",
     "gone.example does not exist any more: until the term is gone, anybody can register it"},
    {"of one that is there",
     {{OUR_ROW}, .zone = {SPF("mx include:spf.there.example ~all"), "there.example A 192.0.2.200"}},
     "v=spf1 mx ~all",
     "Repair: drop include:spf.there.example."},
    {"a loop is cut where it leads back",
     {{OUR_ROW},
      .zone = {SPF("mx include:spf.group.example -all"),
	       "spf.group.example TXT v=spf1 ip4:192.0.2.77 include:example.com -all"}},
     NULL,
     "Drop include:example.com from the record of spf.group.example: its new record is \"v=spf1 "
     "ip4:192.0.2.77 -all\""},
    {"a term that is none",
     {{OUR_ROW}, .zone = {SPF("mx nonsense ~all")}},
     "v=spf1 mx ~all",
     "onsense is no valid term"},
    {"a term that may have meant something",
     {{OUR_ROW, FAILS("192.0.2.77", 60)},
      .zone = {SPF("mx inlcude:_spf.mailer.example ~all"), ERP}},
     NULL,
     "Write inlcude:_spf.mailer.example as it was meant"},
/* over ten lookups: the terms that nothing passed by */
#define NINE_MORE                                                                                  \
	"a:h.example.net a:h.example.net a:h.example.net a:h.example.net a:h.example.net "         \
	"a:h.example.net a:h.example.net a:h.example.net a:h.example.net"
#define USED         "h.example.net A 192.0.2.10"
#define TWO_MONTHS   .before = {PASSES("192.0.2.10", 900)}
#define THREE_MONTHS TWO_MONTHS, .past = {PASSES("192.0.2.10", 900)}
    {"dead in all stored months",
     {{OUR_ROW},
      THREE_MONTHS,
      .zone = {SPF("mx include:old.example " NINE_MORE " ~all"), USED,
	       "old.example TXT v=spf1 ip4:203.0.113.200 -all"}},
     "v=spf1 mx " NINE_MORE " ~all",
     "include:old.example"},
    {"used three months ago, once",
     {{OUR_ROW},
      .before = {PASSES("192.0.2.10", 900)},
      .past = {PASSES("192.0.2.10", 900), {"203.0.113.200", 1, "example.com pass", NULL, 0, 1}},
      .zone = {SPF("mx include:old.example " NINE_MORE " ~all"), USED,
	       "old.example TXT v=spf1 ip4:203.0.113.200 -all"}},
     NULL,
     "subdomain"},
    {"mail of a name whose record redirects to this one passed by it",
     {{OUR_ROW, {"203.0.113.200", 9, "news.example.com pass", NULL, 0, 1}},
      THREE_MONTHS,
      .zone = {SPF("mx include:old.example " NINE_MORE " ~all"), USED,
	       "news.example.com TXT v=spf1 redirect=example.com",
	       "old.example TXT v=spf1 ip4:203.0.113.200 -all"}},
     NULL,
     "subdomain"},
    {"nothing passed by it, and less than sixty days are stored",
     {{OUR_ROW},
      .zone = {SPF("mx include:old.example " NINE_MORE " ~all"), USED,
	       "old.example TXT v=spf1 ip4:203.0.113.200 -all"}},
     NULL,
     "subdomain"},
    {"an exists is never dead",
     {{OUR_ROW},
      THREE_MONTHS,
      .zone = {SPF("mx exists:%{i}.log.example " NINE_MORE " ~all"), USED}},
     NULL,
     "subdomain"},
    {"nor is what macros lead to",
     {{OUR_ROW},
      THREE_MONTHS,
      .zone = {SPF("mx include:%{ir}.spf.example " NINE_MORE " ~all"), USED}},
     NULL,
     "subdomain"},
    {"nor a term that refuses",
     {{OUR_ROW},
      THREE_MONTHS,
      .zone = {SPF("mx -include:old.example " NINE_MORE " ~all"), USED,
	       "old.example TXT v=spf1 ip4:203.0.113.200 -all"}},
     NULL,
     "subdomain"},
    /* what an edit may not do */
    {"let a stranger in: the include of an approved service that verifies nobody",
     {{OUR_ROW,
       {"203.0.113.34", 90, "careless.example pass", "example.com k2 pass", 0, MONTH},
       FAILS("203.0.113.33", 60),
       FAILS("203.0.113.40", 90)},
      .zone = {SPF("mx ~all"), "k2._domainkey.example.com CNAME k2.careless.example"}},
     NULL,
     NULL},
    {"name single addresses of a service that others share, even approved ones",
     {{OUR_ROW, FAILS("203.0.113.33", 60)},
      .zone = {SPF("mx ~all")},
      .label = &(struct fact_label){.sender = "service:careless", .verdict = LABEL_APPROVE}},
     NULL,
     NULL},
    {"be longer than an answer over UDP",
     {{OUR_ROW, FAILS("192.0.2.77", 60)},
      .zone = {SPF("mx x="
		   "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		   "aaaaaaaaa"
		   "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		   "aaaaaaaaa"
		   "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		   "aaaaaaaaa"
		   "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		   "aaaaaaaaa"
		   "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		   "aaaaaaaaaaaaaaaaaaaaaaaaaaaa ~all"),
	       ERP}},
     NULL,
     NULL},
    {"bring back who was switched off",
     {{OUR_ROW, FAILS("192.0.2.77", 60)},
      .before = {PASSES("192.0.2.10", 900), {"192.0.2.77", 90, "example.com pass", NULL, 0, MONTH}},
      .zone = {SPF("mx ~all"), ERP}},
     NULL,
     NULL},
    {"add who has been silent for long",
     {{OUR_ROW, {"192.0.2.77", 60, "example.com fail", NULL, 0, 0xff}},
      .zone = {SPF("mx ~all"), ERP}},
     NULL,
     NULL},
    {"be for mail whose MAIL FROM is another's",
     {{OUR_ROW, {"192.0.2.77", 60, "vendor.example pass", NULL, 0, MONTH}},
      .zone = {SPF("mx ~all"), ERP}},
     NULL,
     NULL},
    {"be for addresses that no ties reach, beside one that they do",
     {{OUR_ROW, FAILS("192.0.2.77", 60), FAILS("192.0.2.78", 60)}, .zone = {SPF("mx ~all"), ERP}},
     "v=spf1 ip4:192.0.2.77 mx ~all",
     NULL},
    {"widen what is tied: two names of ours in one /64 of a web host",
     {{OUR_ROW, FAILS("2a01:4f8:1:5::1", 60), FAILS("2a01:4f8:1:5::2", 60)},
      .zone = {SPF("mx ~all"),
	       "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.5.0.0.0.1.0.0.0.8.f.4.0.1.0.a.2.ip6.arpa PTR "
	       "a.example.com",
	       "2.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.5.0.0.0.1.0.0.0.8.f.4.0.1.0.a.2.ip6.arpa PTR "
	       "b.example.com",
	       "a.example.com AAAA 2a01:4f8:1:5::1", "b.example.com AAAA 2a01:4f8:1:5::2"}},
     "v=spf1 ip6:2a01:4f8:1:5::1 ip6:2a01:4f8:1:5::2 mx ~all",
     NULL},
    {"and the /64 of a host of ours, where its addresses change by the day",
     {{OUR_ROW, FAILED_LATELY("2a01:4f8:1:5:9d1c:4e07:aa31:5b0a", 27)},
      .zone = {SPF("mx ~all"), "shop.example.com AAAA 2a01:4f8:1:5::1"}},
     "v=spf1 ip6:2a01:4f8:1:5::/64 mx ~all",
     NULL},
    {"several of them",
     {{OUR_ROW, FAILED_LATELY("2a01:4f8:1:5:9d1c:4e07:aa31:5b0a", 24),
       FAILED_LATELY("2a01:4f8:1:5:31f8:2c9e:7d40:e6b1", 28)},
      .zone = {SPF("mx ~all"), "shop.example.com AAAA 2a01:4f8:1:5::1"}},
     "v=spf1 ip6:2a01:4f8:1:5::/64 mx ~all",
     NULL},
    {"many of them, day by day",
     {{OUR_ROW, FAILS("2a01:4f8:1:5:9d1c:4e07:aa31:1", 60),
       FAILS("2a01:4f8:1:5:9d1c:4e07:aa31:2", 60), FAILS("2a01:4f8:1:5:9d1c:4e07:aa31:3", 60),
       FAILS("2a01:4f8:1:5:9d1c:4e07:aa31:4", 60), FAILS("2a01:4f8:1:5:9d1c:4e07:aa31:5", 60),
       FAILS("2a01:4f8:1:5:9d1c:4e07:aa31:6", 60)},
      .zone = {SPF("mx ~all"), "shop.example.com AAAA 2a01:4f8:1:5::1"}},
     "v=spf1 ip6:2a01:4f8:1:5::/64 mx ~all",
     NULL},
    {"drop an address that passed in a stored month: the merged record is shown only if it keeps "
     "it",
     {{OUR_ROW},
      .past = {{"203.0.113.200", 9, "example.com pass", NULL, 0, 1}},
      .zone = {SPF("mx ~all"), SPF("ip4:203.0.113.200 -all")}},
     "v=spf1 mx ip4:203.0.113.200 ~all",
     NULL},
};

/* The sender is named by its owner: what repairs the record is all it needs, and it is no question.
 */
static void test_meant(void **state)
{
	static const struct world w = {{OUR_ROW, BROKEN("192.0.2.77", 600)},
				       .zone = {SPF("mx ip:192.0.2.77 -all"), HOSTER}};
	struct arena a = {0};
	(void)state;
	struct domain_inventory d = world_judge(&w, &a);
	const struct verdict *v = &world_sender(&d, "192.0.2.77")->verdict;
	assert_int_equal(v->category, CAT_LEGIT_BROKEN);
	assert_in_range(v->confidence, 50, 89);
	assert_int_equal(v->remedy.kind, REMEDY_SPF_REPAIR);
	assert_string_equal(v->remedy.change->after, "v=spf1 mx ip4:192.0.2.77 -all");
	assert_string_equal(v->remedy.change->terms, "");
	arena_free(&a);
}

static const struct todo *fault_of(const struct domain_inventory *d)
{
	for (size_t i = 0; i < d->todo->n; i++)
		if (d->todo->list[i].kind == TODO_ZONE_FAULT)
			return &d->todo->list[i];
	return NULL;
}

/* All that is to be done shows the same record of a name, or none. */
static const char *shown_record(const struct domain_inventory *d, bool *one)
{
	const char *after = NULL;
	*one = true;
	for (size_t i = 0; i < d->todo->n; i++) {
		const struct record_change *c = d->todo->list[i].record;
		if (!c || strcmp(c->name, "example.com") != 0)
			continue;
		*one = *one && (!after || strcmp(after, c->after) == 0);
		after = c->after;
	}
	return after;
}

static void test_records(void **state)
{
	size_t bad = 0;
	(void)state;
	for (size_t i = 0; i < COUNT(records); i++) {
		const struct record_case *c = &records[i];
		struct arena a = {0};
		bool one;
		struct domain_inventory d = world_judge(&c->w, &a);
		const char *after = shown_record(&d, &one);
		const struct todo *fault = fault_of(&d);
		bool good = one && (c->after ? after && strcmp(after, c->after) == 0 : !after) &&
			    (!c->says || (fault && strstr(fault->text, c->says)));
		if (!good) {
			print_error("%s: %s\n", c->what, after ? after : "no record");
			world_print(&d);
			bad++;
		}
		arena_free(&a);
	}
	assert_int_equal(bad, 0);
}

/* Whose terms are whose, in one record. */
static void test_terms(void **state)
{
	static const struct world w = {
	    {OUR_ROW, FAILS("192.0.2.77", 60), FAILS("198.51.100.80", 90)},
	    .zone = {SPF("mx ~all"), ERP}};
	struct arena a = {0};
	(void)state;
	struct domain_inventory d = world_judge(&w, &a);
	const struct record_change *erp = world_sender(&d, "192.0.2.77")->verdict.remedy.change,
				   *site = world_sender(&d, "198.51.100.80")->verdict.remedy.change;
	assert_string_equal(erp->terms, "ip4:192.0.2.77");
	assert_string_equal(site->terms, "ip4:198.51.100.80");
	assert_string_equal(erp->after, site->after);
	assert_string_equal(erp->before, "v=spf1 mx ~all");
	assert_int_equal(erp->lookups_before, 1);
	assert_int_equal(erp->lookups_after, 1);
	arena_free(&a);
}

/* ---- questions ---- */

static const struct question_case {
	const char *what;
	struct world w;
	const char *sender;
	bool asked;
	enum reading_kind first; /* of the readings */
	int other;               /* another that must be among them; -1: any */
	const char *if_yours;    /* NULL: none may be shown */
} questions[] = {
    {"steady, with our MAIL FROM, from somebody's server",
     {{OUR_ROW, FAILS("192.0.2.77", 600)},
      .zone = {SPF("mx ~all"), "77.2.0.192.in-addr.arpa PTR mx.vendor.example",
	       "mx.vendor.example A 192.0.2.77"}},
     "192.0.2.77",
     true,
     READING_MISSING,
     READING_FORGED,
     "v=spf1 ip4:192.0.2.77 mx ~all"},
    {"from a line of an access network",
     {{OUR_ROW, FAILS("192.0.2.77", 600)},
      .zone = {SPF("mx ~all"), "77.2.0.192.in-addr.arpa PTR dsl-192-0-2-77.isp.example",
	       "dsl-192-0-2-77.isp.example A 192.0.2.77"}},
     "192.0.2.77",
     true,
     READING_FORGED,
     READING_MISSING,
     NULL},
    {"from an address without a name, every day: no record names what may be anybody's",
     {{OUR_ROW, FAILS("192.0.2.77", 600)}, .zone = {SPF("mx ~all")}},
     "192.0.2.77",
     true,
     READING_FORGED,
     READING_MISSING,
     NULL},
    {"most of our own mail is not signed: forwarded",
     {{{"192.0.2.10", 5000, "example.com pass", NULL, 0, MONTH}, FAILS("192.0.2.77", 20)},
      .zone = {SPF("mx ~all"), "77.2.0.192.in-addr.arpa PTR mx.vendor.example",
	       "mx.vendor.example A 192.0.2.77"}},
     "192.0.2.77",
     true,
     READING_FORWARDED,
     READING_MISSING,
     NULL},
    {"nor is anything of ours tried, but it comes every day: a contact form",
     {{OUR_ROW, {"192.0.2.77", 30, "vendor.example fail", NULL, 0, MONTH}},
      .zone = {SPF("mx ~all"), "77.2.0.192.in-addr.arpa PTR mx.vendor.example",
	       "mx.vendor.example A 192.0.2.77"}},
     "192.0.2.77",
     true,
     READING_MISSING,
     READING_FORGED,
     NULL},
    {"it sent for ten days, and then no more",
     {{OUR_ROW, {"192.0.2.77", 600, "example.com fail", NULL, 0, 0x3ff}},
      .before = {PASSES("192.0.2.10", 900), {"192.0.2.77", 90, "example.com pass", NULL, 0, MONTH}},
      .zone = {SPF("mx ~all"), "77.2.0.192.in-addr.arpa PTR mx.vendor.example",
	       "mx.vendor.example A 192.0.2.77"}},
     "192.0.2.77",
     true,
     READING_SWITCHED_OFF,
     READING_MISSING,
     NULL},
    {"the address of our record is somebody else's",
     {{OUR_ROW, {"192.0.2.77", 60, "example.com pass", NULL, 0, 0x3ff00000}},
      .zone = {SPF("mx ip4:192.0.2.77 ~all"), "77.2.0.192.in-addr.arpa PTR mx.vendor.example",
	       "mx.vendor.example A 192.0.2.77"}},
     "192.0.2.77",
     true,
     READING_STRANGER,
     -1,
     NULL},
    {"a small firm's mail host has its provider's name",
     {{OUR_ROW, {"192.0.2.77", 60, "example.com pass", NULL, 0, MONTH}},
      .zone = {SPF("mx ip4:192.0.2.77 ~all"), HOSTER}},
     "192.0.2.77",
     false},
    {"it passed until last month",
     {{OUR_ROW, FAILS("192.0.2.77", 60)},
      .before = {PASSES("192.0.2.10", 900), {"192.0.2.77", 90, "example.com pass", NULL, 0, MONTH}},
      .zone = {SPF("mx ~all"), ERP}},
     "192.0.2.77",
     true,
     READING_MISSING,
     READING_SWITCHED_OFF,
     "v=spf1 ip4:192.0.2.77 mx ~all"},
    {"and nothing is opened before somebody has answered",
     {{OUR_ROW, FAILS("192.0.2.77", 60)},
      .before = {PASSES("192.0.2.10", 900), {"192.0.2.77", 90, "example.com pass", NULL, 0, MONTH}},
      .zone = {SPF("mx -all"), ERP}},
     "192.0.2.77",
     true,
     READING_MISSING,
     READING_SWITCHED_OFF,
     "v=spf1 ip4:192.0.2.77 mx -all"},
    {"somebody revoked its key",
     {{OUR_ROW, {"192.0.2.77", 60, "rp.vendor.example pass", "example.com k9 fail", 0, MONTH}},
      .zone = {SPF("mx -all"), "k9._domainkey.example.com TXT v=DKIM1; p=",
	       "77.2.0.192.in-addr.arpa PTR o7.vendor.example", "o7.vendor.example A 192.0.2.77"}},
     "192.0.2.77",
     true,
     READING_SWITCHED_OFF,
     READING_MISSING,
     NULL},
    {"the record refuses it by name",
     {{OUR_ROW, FAILS("192.0.2.77", 60)},
      .zone = {SPF("-ip4:192.0.2.77 ip4:192.0.2.0/24 -all"), ERP}},
     "192.0.2.77",
     true,
     READING_SWITCHED_OFF,
     READING_MISSING,
     NULL},
    {"a service that verifies nobody",
     {{OUR_ROW,
       {"203.0.113.34", 100, "careless.example pass", "example.com k2 pass", 0, MONTH},
       FAILS("203.0.113.33", 60)},
      .zone = {SPF("mx ~all"), "k2._domainkey.example.com CNAME k2.careless.example"}},
     "203.0.113.33",
     true,
     READING_MISSING,
     READING_FORGED,
     NULL},
    {"it signs as us, with a selector that nobody knows: no key of a stranger is published",
     {{OUR_ROW, {"192.0.2.77", 900, "vendor.example pass", "example.com zz fail", 0, MONTH}},
      .zone = {SPF("mx ~all"), "77.2.0.192.in-addr.arpa PTR mx.vendor.example",
	       "mx.vendor.example A 192.0.2.77"}},
     "192.0.2.77",
     true,
     READING_MISSING,
     READING_FORGED,
     NULL},
    {"and from a service that our zone does not name",
     {{OUR_ROW, {"203.0.113.1", 900, "b.mailer.example pass", "example.com zz fail", 0, MONTH}},
      .zone = {SPF("mx ~all")}},
     "203.0.113.1",
     true,
     READING_MISSING,
     READING_FORGED,
     NULL},
    {"a vendor that nobody set up: as itself, every other day, from a machine with a name",
     {{OUR_ROW, {"192.0.2.77", 440, "vendor.example pass", "vendor.example v1 pass", 0, MONTH}},
      .zone = {SPF("mx ~all"), "77.2.0.192.in-addr.arpa PTR mx.vendor.example",
	       "mx.vendor.example A 192.0.2.77"}},
     "192.0.2.77",
     true,
     READING_MISSING,
     READING_FORGED,
     NULL},
    {"the same without a name: small services rent such machines, and so do spammers",
     {{OUR_ROW, {"192.0.2.77", 440, "vendor.example pass", "vendor.example v1 pass", 0, MONTH}},
      .zone = {SPF("mx ~all")}},
     "192.0.2.77",
     true,
     READING_FORGED,
     READING_MISSING,
     NULL},
    {"on two days: a forgery",
     {{OUR_ROW, {"192.0.2.77", 600, "example.com fail", NULL, 0, 3}}, .zone = {SPF("mx ~all")}},
     "192.0.2.77",
     false},
    {"it claims a name of ours",
     {{OUR_ROW, FAILS("192.0.2.77", 600)},
      .zone = {SPF("mx ~all"), "77.2.0.192.in-addr.arpa PTR mail.example.com"}},
     "192.0.2.77",
     false},
    {"header From does not exist",
     {{OUR_ROW, {"192.0.2.77", 600, "example.com fail", NULL, 0, 0xff, .from = "x.example.com"}},
      .zone = {SPF("mx ~all"), "77.2.0.192.in-addr.arpa PTR mx.vendor.example",
	       "mx.vendor.example A 192.0.2.77"}},
     "192.0.2.77",
     false},
    {"nothing of ours is tried",
     {{OUR_ROW, {"192.0.2.77", 600, "vendor.example fail", NULL, 0, 0xff}},
      .zone = {SPF("mx ~all"), "77.2.0.192.in-addr.arpa PTR mx.vendor.example",
	       "mx.vendor.example A 192.0.2.77"}},
     "192.0.2.77",
     false},
    {"denied by label",
     {{OUR_ROW, FAILS("192.0.2.77", 600)},
      .zone = {SPF("mx ~all")},
      .label = &(struct fact_label){.sender = "192.0.2.77",
				    .network = {4, {192, 0, 2, 77}},
				    .bits = 32,
				    .verdict = LABEL_DENY}},
     "192.0.2.77",
     false},
};

/* What it passed by led elsewhere since: the record did not change, a name in it did. */
static void test_moved(void **state)
{
	static const struct world w = {
	    {OUR_ROW, FAILS("192.0.2.77", 60)},
	    .before = {PASSES("192.0.2.10", 900),
		       {"192.0.2.77", 90, "example.com pass", NULL, 0, MONTH}},
	    .zone = {SPF("a mx ~all"), ERP}};
	struct arena a = {0};
	(void)state;
	struct domain_inventory d = world_judge(&w, &a);
	const struct remedy *r = &world_sender(&d, "192.0.2.77")->verdict.remedy;
	bool said = false;
	assert_int_equal(r->kind, REMEDY_CONFIRM);
	assert_int_equal(r->readings[0].kind, READING_MISSING);
	for (unsigned i = 0; i < r->readings[0].n_for; i++)
		said = said || strstr(r->readings[0].speaks_for[i],
				      "may have moved: a leads to 198.51.100.80 today");
	assert_true(said);
	arena_free(&a);
}

static bool has_reading(const struct remedy *r, int kind)
{
	for (unsigned i = 0; i < r->n_readings; i++)
		if ((int)r->readings[i].kind == kind)
			return true;
	return kind < 0;
}

/* What speaks against is never printed as speaking for. */
static bool is_consistent(const struct remedy *r)
{
	for (unsigned i = 0; i < r->n_readings; i++)
		for (unsigned k = 0; k < r->readings[i].n_for; k++)
			for (unsigned m = 0; m < r->readings[i].n_against; m++)
				if (strcmp(r->readings[i].speaks_for[k],
					   r->readings[i].against[m]) == 0)
					return false;
	return true;
}

static void test_questions(void **state)
{
	size_t bad = 0;
	(void)state;
	for (size_t i = 0; i < COUNT(questions); i++) {
		const struct question_case *c = &questions[i];
		struct arena a = {0};
		struct domain_inventory d = world_judge(&c->w, &a);
		const struct remedy *r = &world_sender(&d, c->sender)->verdict.remedy;
		bool asked = r->kind == REMEDY_CONFIRM;
		bool good = asked == c->asked && !r->change && is_consistent(r);
		if (asked && good) {
			good = r->n_readings > 0 && r->readings[0].kind == c->first &&
			       has_reading(r, c->other) &&
			       (c->if_yours
				    ? r->if_yours && strcmp(r->if_yours->after, c->if_yours) == 0
				    : !r->if_yours) &&
			       world_sender(&d, c->sender)->verdict.confidence < 90;
		}
		if (!good) {
			print_error("%s:", c->what);
			for (unsigned k = 0; k < r->n_readings; k++)
				print_error(" %s", reading_names[r->readings[k].kind]);
			print_error("\n");
			world_print(&d);
			bad++;
		}
		arena_free(&a);
	}
	assert_int_equal(bad, 0);
}

/* Twenty networks and more on one day are a botnet: no question of any of them. */
static void test_botnet(void **state)
{
	enum { N = 40 };
	static const char *const zone[] = {SPF("mx ~all"), WORLD_ZONE, NULL};
	static const struct inventory_options everything = {0};
	struct arena a = {0};
	struct row rows[N + 1] = {OUR_ROW};
	struct zone_view z;
	struct knowledge k;
	struct domain_inventory d;
	(void)state;
	for (unsigned i = 1; i <= N; i++)
		rows[i] = (struct row){
		    arena_printf(&a, "203.%u.7.9", i), 5 + i, "example.com fail", NULL, 0, 7};
	struct domain_facts now = make_facts(&a, OCTOBER, rows, N + 1),
			    none = make_facts(&a, OCTOBER - 1, NULL, 0);
	struct dns_view view = zone_view(&z, zone);
	z.at_once = true;
	knowledge_begin(&k, &test_rules, &view, world_catalogue(), &a);
	inventory_domain(&(struct inventory_input){.now = &now, .before = &none}, &k, &everything,
			 &d);
	knowledge_end(&k);
	for (size_t i = 0; i < d.n_senders; i++)
		if (d.senders[i].verdict.remedy.kind == REMEDY_CONFIRM) {
			world_print(&d);
			fail_msg("%s", d.senders[i].key);
		}
	zone_view_end(&z);
	arena_free(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_records),   cmocka_unit_test(test_meant),
	    cmocka_unit_test(test_terms),     cmocka_unit_test(test_moved),
	    cmocka_unit_test(test_questions), cmocka_unit_test(test_botnet)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
