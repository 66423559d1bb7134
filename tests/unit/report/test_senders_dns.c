/*
 * Senders with the evidence of DNS: rows, a zone and a catalogue in; category and remedy out. Each
 * case is a small world of its own around our mail server.
 */
#include "report/inventory.h"
#include "report/remedy/spf_edit.h"
#include "tests/unit/report_facts.h"
#include "tests/unit/zone_view.h"

static const char services[] =
    "name,kind,spf_include,ptr_suffixes,return_path,dkim_domains,dkim_selectors,zone_marks,shared,"
    "aligned_spf,include_helps,dkim,advice,link,source\n"
    "Mailer,esp,_spf.mailer.example,mailer.example,mailer.example,mailer.example,,"
    "mailer.example,y,custom,y,y,Let Mailer sign as your domain.,https://mailer.example/,test\n"
    "Boxes,mailbox,_spf.boxes.example,boxes.example,,,,boxes.example,y,y,y,y,Switch DKIM "
    "on.,,test\n"
    "Webs,webhost,_spf.webs.example,webs.example,,,,webs.example,y,y,y,y,Ask them.,,test\n";

/* Our own server and what is around it; every case begins so. */
#define OUR_ZONE                                                                                   \
	"example.com MX 10 mail.example.com", "mail.example.com A 192.0.2.10",                     \
	    "10.2.0.192.in-addr.arpa PTR mail.example.com", "www.example.com A 198.51.100.80",     \
	    "example.com A 198.51.100.80", "80.100.51.198.in-addr.arpa PTR sv80.webs.example",     \
	    "sv80.webs.example A 198.51.100.80",                                                   \
	    "_spf.mailer.example TXT v=spf1 ip4:203.0.113.0/28 -all",                              \
	    "_spf.boxes.example TXT v=spf1 ip4:203.0.113.64/28 -all",                              \
	    "_spf.webs.example TXT v=spf1 ip4:198.51.100.0/24 -all",                               \
	    "1.113.0.203.in-addr.arpa PTR o1.mailer.example", "o1.mailer.example A 203.0.113.1",   \
	    "65.113.0.203.in-addr.arpa PTR m1.boxes.example", "m1.boxes.example A 203.0.113.65"
#define OUR_ROW                                                                                    \
	{                                                                                          \
		"192.0.2.10", 5000, "example.com pass", "example.com s1 pass", 0, 0x3fffffff       \
	}

#define MONTH 0x3fffffff

struct world_case {
	const char *what;
	struct row rows[6];
	const char *zone[12];
	const char *key; /* whose verdict is looked at */
	enum category category;
	enum remedy_kind remedy;
	const char *after; /* of the record; NULL: no edit may be proposed */
	const char *says;  /* in the remedy's text; NULL: anything */
};

static const struct world_case cases[] = {
    {"web server missing from SPF",
     {OUR_ROW, {"198.51.100.80", 60, "example.com softfail", NULL, 0, MONTH}},
     {"example.com TXT v=spf1 mx ~all"},
     "host:sv80.webs.example#spf-fail",
     CAT_LEGIT_SPF_MISSING,
     REMEDY_SPF_ADD,
     "v=spf1 ip4:198.51.100.80 mx ~all",
     "add ip4:198.51.100.80"},
    {"the owner's style is kept",
     {OUR_ROW, {"198.51.100.80", 60, "example.com softfail", NULL, 0, MONTH}},
     {"example.com TXT v=spf1 +ip4:192.0.2.10 +mx  -all"},
     "host:sv80.webs.example#spf-fail",
     CAT_LEGIT_SPF_MISSING,
     REMEDY_SPF_ADD,
     "v=spf1 +ip4:192.0.2.10 +ip4:198.51.100.80 +mx  -all",
     NULL},
    {"a service whose include holds the address",
     {OUR_ROW, {"203.0.113.1", 60, "example.com fail", NULL, 0, MONTH}},
     {"example.com TXT v=spf1 mx ~all"},
     "service:mailer#spf-fail",
     CAT_LEGIT_SPF_MISSING,
     REMEDY_SPF_ADD,
     "v=spf1 mx include:_spf.mailer.example ~all",
     "include:_spf.mailer.example"},
    {"its include would let a stranger in: the address alone",
     {OUR_ROW,
      {"203.0.113.1", 60, "example.com fail", NULL, 0, MONTH},
      {"203.0.113.5", 500, "evil.example fail", NULL, 0, 3}},
     {"example.com TXT v=spf1 mx ~all"},
     "service:mailer#spf-fail",
     CAT_LEGIT_SPF_MISSING,
     REMEDY_SPF_ADD,
     "v=spf1 ip4:203.0.113.1 mx ~all",
     "203.0.113.5"},
    {"the include would be the eleventh lookup: the address",
     {OUR_ROW, {"203.0.113.1", 60, "example.com fail", NULL, 0, MONTH}},
     {"example.com TXT v=spf1 mx a:mail.example.com a:mail.example.com a:mail.example.com "
      "a:mail.example.com "
      "a:mail.example.com a:mail.example.com a:mail.example.com a:mail.example.com "
      "a:mail.example.com ~all"},
     "service:mailer#spf-fail",
     CAT_LEGIT_SPF_MISSING,
     REMEDY_SPF_ADD,
     "v=spf1 ip4:203.0.113.1 mx a:mail.example.com a:mail.example.com a:mail.example.com "
     "a:mail.example.com "
     "a:mail.example.com a:mail.example.com a:mail.example.com a:mail.example.com "
     "a:mail.example.com ~all",
     "11 lookups"},
    {"its MAIL FROM is a subdomain: the record is there",
     {OUR_ROW, {"198.51.100.80", 60, "shop.example.com softfail", NULL, 0, MONTH}},
     {"example.com TXT v=spf1 mx ~all", "shop.example.com TXT v=spf1 ip4:192.0.2.99 ?all"},
     "host:sv80.webs.example#spf-fail",
     CAT_LEGIT_SPF_MISSING,
     REMEDY_SPF_ADD,
     "v=spf1 ip4:192.0.2.99 ip4:198.51.100.80 ?all",
     "@shop.example.com"},
    {"its MAIL FROM has no record",
     {OUR_ROW, {"198.51.100.80", 60, "shop.example.com none", NULL, 0, MONTH}},
     {"example.com TXT v=spf1 mx ~all", "shop.example.com A 198.51.100.80"},
     "host:sv80.webs.example#spf-fail",
     CAT_LEGIT_BROKEN,
     REMEDY_SPF_PUBLISH,
     "v=spf1 ip4:198.51.100.80 ~all",
     "shop.example.com"},
    {"its MAIL FROM is an alias: the vendor's record",
     {OUR_ROW, {"203.0.113.1", 60, "em.example.com fail", NULL, 0, MONTH}},
     {"example.com TXT v=spf1 mx ~all", "em.example.com CNAME c7.mailer.example",
      "c7.mailer.example TXT v=spf1 ip4:203.0.113.2 -all"},
     "service:mailer#spf-fail",
     CAT_LEGIT_SPF_MISSING,
     REMEDY_REVIEW,
     NULL,
     "c7.mailer.example"},
    {"two records are made one",
     {OUR_ROW, {"198.51.100.80", 60, "example.com permerror", NULL, 0, MONTH}},
     {"example.com TXT v=spf1 mx ~all", "example.com TXT v=spf1 ip4:198.51.100.80 -all"},
     "host:sv80.webs.example#spf-fail",
     CAT_LEGIT_BROKEN,
     REMEDY_SPF_REPAIR,
     "v=spf1 mx ip4:198.51.100.80 ~all",
     "several"},
    {"an include without a record is dropped",
     {OUR_ROW, {"198.51.100.80", 60, "example.com permerror", NULL, 0, MONTH}},
     {"example.com TXT v=spf1 mx include:gone.example ip4:198.51.100.80 ~all",
      "gone.example A 192.0.2.1"},
     "host:sv80.webs.example#spf-fail",
     CAT_LEGIT_BROKEN,
     REMEDY_SPF_REPAIR,
     "v=spf1 mx ip4:198.51.100.80 ~all",
     "include:gone.example"},
    {"it was repaired",
     {OUR_ROW, {"198.51.100.80", 60, "example.com softfail", NULL, 0, MONTH}},
     {"example.com TXT v=spf1 mx ip4:198.51.100.80 ~all"},
     "own:example.com#spf-fail",
     CAT_AUTHORIZED,
     REMEDY_NONE,
     NULL,
     "repaired"},
    {"an unaligned service: no include helps",
     {OUR_ROW, {"203.0.113.1", 600, "b.mailer.example pass", "mailer.example k1 pass", 0, MONTH}},
     {"example.com TXT v=spf1 mx ~all"},
     "service:mailer#unaligned",
     CAT_LEGIT_UNALIGNED,
     REMEDY_DKIM_ALIGN,
     NULL,
     "will not fix"},
    {"an unaligned service for two days: anybody may have an account",
     {OUR_ROW, {"203.0.113.1", 600, "b.mailer.example pass", "mailer.example k1 pass", 0, 3}},
     {"example.com TXT v=spf1 mx include:_spf.mailer.example ~all"},
     "service:mailer#unaligned",
     CAT_UNKNOWN,
     REMEDY_REVIEW,
     NULL,
     NULL},
    {"forged MAIL FROM next to our web server",
     {OUR_ROW,
      {"198.51.100.80", 60, "example.com softfail", NULL, 0, MONTH},
      {"198.51.100.81", 900, "example.com softfail", NULL, 0, 3}},
     {"example.com TXT v=spf1 mx ~all"},
     "host:sv80.webs.example#spf-fail",
     CAT_LEGIT_SPF_MISSING,
     REMEDY_SPF_ADD,
     "v=spf1 ip4:198.51.100.80 mx ~all",
     NULL},
    {"and it is not ours",
     {OUR_ROW,
      {"198.51.100.80", 60, "example.com softfail", NULL, 0, MONTH},
      {"198.51.100.81", 900, "example.com softfail", NULL, 0, 3}},
     {"example.com TXT v=spf1 mx ~all"},
     "host:198.51.100.81#spf-fail",
     CAT_UNAUTHORIZED,
     REMEDY_BLOCK,
     NULL,
     NULL},
    {"a botnet's address",
     {OUR_ROW, {"192.0.2.200", 9, "evil.example fail", NULL, 0, 1}},
     {"example.com TXT v=spf1 mx ~all", "200.2.0.192.in-addr.arpa PTR dyn-192-0-2-200.isp.example"},
     "net:192.0.2.0/24#fail",
     CAT_UNAUTHORIZED,
     REMEDY_BLOCK,
     NULL,
     NULL},
    {"it claims a name of ours",
     {OUR_ROW, {"192.0.2.201", 9, "example.com fail", NULL, 0, 1}},
     {"example.com TXT v=spf1 mx ~all", "201.2.0.192.in-addr.arpa PTR mail.example.com"},
     "net:192.0.2.0/24#spf-fail",
     CAT_UNAUTHORIZED,
     REMEDY_BLOCK,
     NULL,
     NULL},
    {"a branch office with a name of ours",
     {OUR_ROW, {"192.0.2.201", 90, "example.com fail", NULL, 0, MONTH}},
     {"example.com TXT v=spf1 mx ~all", "201.2.0.192.in-addr.arpa PTR branch.example.com",
      "branch.example.com A 192.0.2.201"},
     "own:example.com#spf-fail",
     CAT_LEGIT_SPF_MISSING,
     REMEDY_SPF_ADD,
     "v=spf1 ip4:192.0.2.201 mx ~all",
     NULL},
    {"people forward from a mailbox service",
     {OUR_ROW, {"203.0.113.65", 40, "boxes.example pass", "example.com s1 pass", 0, MONTH}},
     {"example.com TXT v=spf1 mx ~all"},
     "service:boxes#forward",
     CAT_FORWARDER,
     REMEDY_FORWARDER,
     NULL,
     NULL},
    {"and others send from it, being in our SPF",
     {OUR_ROW, {"203.0.113.65", 40, "example.com pass", "example.com s2 pass", 0, MONTH}},
     {"example.com TXT v=spf1 mx include:_spf.boxes.example ~all"},
     "service:boxes",
     CAT_AUTHORIZED,
     REMEDY_NONE,
     NULL,
     NULL},
    {"our own SPF does not answer: nothing is guessed",
     {OUR_ROW, {"198.51.100.80", 60, "example.com softfail", NULL, 0, MONTH}},
     {"example.com SERVFAIL"},
     "net:198.51.100.0/24#spf-fail",
     CAT_UNKNOWN,
     REMEDY_REVIEW,
     NULL,
     NULL},
};

static struct domain_inventory judge(const struct world_case *c, struct arena *a)
{
	static const struct inventory_options everything = {0};
	static const char *const ours[] = {OUR_ZONE};
	const char *lines[64];
	size_t n = 0, rows = 0;
	/* a case's own lines first: "example.com SERVFAIL" wins over the records that follow */
	for (size_t i = 0; i < COUNT(c->zone) && c->zone[i]; i++)
		lines[n++] = c->zone[i];
	for (size_t i = 0; i < COUNT(ours); i++)
		lines[n++] = ours[i];
	lines[n] = NULL;
	while (rows < COUNT(c->rows) && c->rows[rows].messages > 0)
		rows++;
	struct domain_facts *facts = arena_alloc(a, 2 * sizeof *facts);
	facts[0] = make_facts(a, OCTOBER, c->rows, rows);
	facts[1] = make_facts(a, OCTOBER - 1, NULL, 0);
	static struct zone_view z;
	static struct catalogue *catalogue;
	zone_view_end(&z);
	catalogue_close(catalogue);
	struct dns_view view = zone_view(&z, lines);
	struct domain_inventory d;
	struct knowledge k;
	struct err err;
	if (catalogue_parse(&catalogue, NULL, "services", services, strlen(services), &err) !=
	    ST_OK)
		fail_msg("%s", err.msg);
	size_t asked = 1;
	for (int rounds = 0; asked > 0; rounds++) {
		size_t before = z.asked.n;
		assert_in_range(rounds, 0, 20);
		knowledge_begin(&k, &test_rules, &view, catalogue, a);
		inventory_domain(&facts[0], &facts[1], &k, &everything, &d);
		knowledge_end(&k);
		asked = z.asked.n - before;
	}
	return d;
}

static void test_cases(void **state)
{
	size_t bad = 0;
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct world_case *c = &cases[i];
		struct arena a = {0};
		struct domain_inventory d = judge(c, &a);
		const struct sender *s = find_sender(d.senders, d.n_senders, c->key);
		if (!s) {
			print_error("%s: no %s among", c->what, c->key);
			for (size_t k = 0; k < d.n_senders; k++)
				print_error(" %s", d.senders[k].key);
			print_error("\n");
			bad++;
			arena_free(&a);
			continue;
		}
		const struct remedy *r = &s->verdict.remedy;
		bool good = s->verdict.category == c->category && r->kind == c->remedy &&
			    (c->after ? r->after && strcmp(r->after, c->after) == 0 : !r->after) &&
			    (!c->says || strstr(r->text, c->says));
		if (!good) {
			print_error("%s: %s, %s: %s\n  after: %s\n", c->what,
				    category_names[s->verdict.category], remedy_names[r->kind],
				    r->text, r->after ? r->after : "none");
			for (unsigned k = 0; k < s->n_evidence; k++)
				print_error("  %s %d\n", s->evidence[k].code,
					    s->evidence[k].weight);
		}
		bad += !good;
		arena_free(&a);
	}
	assert_int_equal(bad, 0);
}

/* ---- the text of a record ---- */

static void test_edit(void **state)
{
	static const struct {
		const char *record, *add, *result;
	} adds[] = {
	    {"v=spf1 -all", "ip4:192.0.2.1", "v=spf1 ip4:192.0.2.1 -all"},
	    {"v=spf1", "ip4:192.0.2.1", "v=spf1 ip4:192.0.2.1"},
	    {"v=spf1 mx -all", "include:x.example", "v=spf1 mx include:x.example -all"},
	    {"v=spf1 mx redirect=y.example", "include:x.example",
	     "v=spf1 mx include:x.example redirect=y.example"},
	    {"v=spf1 +mx +a -all", "ip4:192.0.2.1", "v=spf1 +ip4:192.0.2.1 +mx +a -all"},
	    {"V=SPF1 MX IP4:192.0.2.9 ~ALL", "ip6:2001:db8::1",
	     "V=SPF1 MX IP4:192.0.2.9 ip6:2001:db8::1 ~ALL"},
	    {"v=spf1 -ip4:192.0.2.9 mx ~all", "ip4:192.0.2.8",
	     "v=spf1 ip4:192.0.2.8 -ip4:192.0.2.9 mx ~all"},
	};
	struct arena a = {0};
	(void)state;
	for (size_t i = 0; i < COUNT(adds); i++)
		assert_string_equal(spf_edit_add(&a, adds[i].record, &adds[i].add, 1),
				    adds[i].result);
	assert_string_equal(spf_edit_drop(&a, "v=spf1 mx a ~all", 0), "v=spf1 a ~all");
	assert_string_equal(spf_edit_drop(&a, "v=spf1 mx a ~all", 1), "v=spf1 mx ~all");
	static const char *const two[] = {"v=spf1 mx a -all", "v=spf1 a ip4:192.0.2.1 ~all"};
	assert_string_equal(spf_edit_merge(&a, two, 2), "v=spf1 mx a ip4:192.0.2.1 ~all");
	arena_free(&a);
}

/* Strings of at most 255 octets that join to the record, and no term glued to another. */
static void test_quote(void **state)
{
	struct arena a = {0};
	(void)state;
	for (size_t terms = 0; terms < 60; terms++) {
		const char *record = "v=spf1";
		for (size_t i = 0; i < terms; i++)
			record = arena_printf(&a, "%s ip4:192.0.2.%zu", record, i);
		struct buf b;
		char joined[2048];
		size_t n = 0, piece = 0;
		buf_init(&b, 8192);
		spf_edit_quote(&b, record);
		bool inside = false;
		for (const char *p = b.data; *p; p++) {
			if (*p == '"') {
				inside = !inside;
				piece = 0;
			} else if (inside) {
				joined[n++] = *p;
				assert_in_range(++piece, 1, SPF_STRING_MAX);
			}
		}
		joined[n] = '\0';
		assert_false(inside);
		assert_string_equal(joined, record);
		buf_free(&b);
	}
	arena_free(&a);
}

/* ---- names of addresses ---- */

static void test_generic_names(void **state)
{
	static const struct {
		const char *name, *ip;
		bool generic;
	} names[] = {
	    {"dyn-203-0-113-9.isp.example", "203.0.113.9", true},
	    {"9.113.0.203.isp.example", "203.0.113.9", true},
	    {"cb007109.isp.example", "203.0.113.9", true},
	    {"p203000113009.isp.example", "203.0.113.9", true},
	    {"host1.dsl.isp.example", "203.0.113.9", true},
	    {"dhcp42.isp.example", "203.0.113.9", true},
	    {"mail.example.com", "203.0.113.9", false},
	    {"dynamics.example.com", "203.0.113.9", false},
	    {"poolside.example.com", "203.0.113.9", false},
	    {"m113.mailer.example", "203.0.113.9", false},
	    {"mail-203-0.example", "203.0.113.9", false},
	    {"2001-db8-0-0-1-2-3-4.isp.example", "2001:db8::1:2:3:4", false},
	    {"0001000200030004.isp.example", "2001:db8::1:2:3:4", true},
	    {"mail6.example.com", "2001:db8::1:2:3:4", false},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(names); i++) {
		struct ip ip;
		assert_true(ip_parse(names[i].ip, strlen(names[i].ip), &ip, NULL));
		if (ptr_is_generic(names[i].name, &ip) != names[i].generic)
			fail_msg("%s for %s", names[i].name, names[i].ip);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_cases), cmocka_unit_test(test_edit), cmocka_unit_test(test_quote),
	    cmocka_unit_test(test_generic_names)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
