/*
 * Senders with the evidence of DNS: rows, a zone and a catalogue in; category and remedy out. Each
 * case is a small world of its own around our mail server.
 */
#include "report/remedy/spf_edit.h"
#include "tests/unit/world.h"

struct world_case {
	const char *what;
	struct row rows[6];
	const char *zone[12];
	const char *key; /* whose verdict is looked at: key or address */
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
     "Add ip4:198.51.100.80"},
    {"the owner's style is kept",
     {OUR_ROW, {"198.51.100.80", 60, "example.com softfail", NULL, 0, MONTH}},
     {"example.com TXT v=spf1 +ip4:192.0.2.10 +mx  -all"},
     "host:sv80.webs.example#spf-fail",
     CAT_LEGIT_SPF_MISSING,
     REMEDY_SPF_ADD,
     "v=spf1 +ip4:192.0.2.10 +ip4:198.51.100.80 +mx  -all",
     NULL},
#define AT_MAILER                                                                                  \
	{                                                                                          \
		"203.0.113.2", 100, "mailer.example pass", "example.com k1 pass", 0, MONTH         \
	}
#define NAMES_MAILER "k1._domainkey.example.com CNAME k1.mailer.example"
    {"a service that our zone names, inside what it documents",
     {OUR_ROW, AT_MAILER, {"203.0.113.1", 60, "example.com fail", NULL, 0, MONTH}},
     {"example.com TXT v=spf1 mx ~all", NAMES_MAILER},
     "service:mailer#spf-fail",
     CAT_LEGIT_SPF_MISSING,
     REMEDY_SPF_ADD,
     "v=spf1 mx include:_spf.mailer.example ~all",
     "include:_spf.mailer.example"},
    {"a service that nothing of ours names: a question",
     {OUR_ROW, {"203.0.113.1", 60, "example.com fail", NULL, 0, MONTH}},
     {"example.com TXT v=spf1 mx ~all"},
     "service:mailer#spf-fail",
     CAT_LEGIT_SPF_MISSING,
     REMEDY_CONFIRM,
     NULL,
     NULL},
    {"others that it lets use us as MAIL FROM proved that they may",
     {OUR_ROW,
      AT_MAILER,
      {"203.0.113.1", 60, "example.com fail", NULL, 0, MONTH},
      {"203.0.113.5", 500, "evil.example fail", NULL, 0, 3}},
     {"example.com TXT v=spf1 mx ~all", NAMES_MAILER},
     "service:mailer#spf-fail",
     CAT_LEGIT_SPF_MISSING,
     REMEDY_SPF_ADD,
     "v=spf1 mx include:_spf.mailer.example ~all",
     NULL},
    {"a service that verifies nobody: a question",
     {OUR_ROW,
      {"203.0.113.34", 100, "careless.example pass", "example.com k2 pass", 0, MONTH},
      {"203.0.113.33", 60, "example.com fail", NULL, 0, MONTH}},
     {"example.com TXT v=spf1 mx ~all", "k2._domainkey.example.com CNAME k2.careless.example"},
     "service:careless#spf-fail",
     CAT_LEGIT_SPF_MISSING,
     REMEDY_CONFIRM,
     NULL,
     NULL},
    {"its include would be the eleventh lookup: no edit, and never single addresses",
     {OUR_ROW, AT_MAILER, {"203.0.113.1", 60, "example.com fail", NULL, 0, MONTH}},
     {"example.com TXT v=spf1 mx a:mail.example.com a:mail.example.com a:mail.example.com "
      "a:mail.example.com "
      "a:mail.example.com a:mail.example.com a:mail.example.com a:mail.example.com "
      "a:mail.example.com ~all",
      NAMES_MAILER},
     "service:mailer#spf-fail",
     CAT_LEGIT_SPF_MISSING,
     REMEDY_SPF_ADD,
     NULL,
     "11 lookups"},
    {"its MAIL FROM is a subdomain: the record is there",
     {OUR_ROW, {"198.51.100.80", 60, "shop.example.com softfail", NULL, 0, MONTH}},
     {"example.com TXT v=spf1 mx ~all", "shop.example.com TXT v=spf1 ip4:192.0.2.99 ?all"},
     "host:sv80.webs.example#spf-fail",
     CAT_LEGIT_SPF_MISSING,
     REMEDY_SPF_ADD,
     "v=spf1 ip4:192.0.2.99 ip4:198.51.100.80 ~all",
     "the SPF record of shop.example.com"},
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
     "is an error"},
    {"an include without a record is dropped",
     {OUR_ROW, {"198.51.100.80", 60, "example.com permerror", NULL, 0, MONTH}},
     {"example.com TXT v=spf1 mx include:gone.example ip4:198.51.100.80 ~all",
      "gone.example A 192.0.2.1"},
     "host:sv80.webs.example#spf-fail",
     CAT_LEGIT_BROKEN,
     REMEDY_SPF_REPAIR,
     "v=spf1 mx ip4:198.51.100.80 ~all",
     "is an error"},
    {"it was repaired",
     {OUR_ROW, {"198.51.100.80", 60, "example.com softfail", NULL, 0, MONTH}},
     {"example.com TXT v=spf1 mx ip4:198.51.100.80 ~all"},
     "own:example.com#spf-fail",
     CAT_AUTHORIZED,
     REMEDY_DKIM_ENABLE,
     NULL,
     NULL},
    {"an unaligned service: no include helps",
     {OUR_ROW,
      AT_MAILER,
      {"203.0.113.1", 600, "b.mailer.example pass", "example.com k1 fail", 0, MONTH}},
     {"example.com TXT v=spf1 mx ~all", NAMES_MAILER},
     "service:mailer#broken",
     CAT_LEGIT_BROKEN,
     REMEDY_DKIM_REPAIR,
     NULL,
     "k1._domainkey.example.com"},
    {"and one that does not try to sign as us: an account of ours, or a stranger's",
     {OUR_ROW, {"203.0.113.1", 600, "b.mailer.example pass", "mailer.example k1 pass", 0, MONTH}},
     {"example.com TXT v=spf1 mx ~all"},
     "service:mailer#unaligned",
     CAT_UNKNOWN,
     REMEDY_CONFIRM,
     NULL,
     "account"},
    {"our zone names the service",
     {OUR_ROW, {"203.0.113.1", 600, "b.mailer.example pass", "mailer.example k1 pass", 0, MONTH}},
     {"example.com TXT v=spf1 mx include:_spf.mailer.example ~all"},
     "service:mailer#unaligned",
     CAT_LEGIT_UNALIGNED,
     REMEDY_DKIM_ALIGN,
     NULL,
     "Let Mailer sign as your domain."},
    {"an unaligned service for two days: anybody may have an account",
     {OUR_ROW, {"203.0.113.1", 600, "b.mailer.example pass", "mailer.example k1 pass", 0, 3}},
     {"example.com TXT v=spf1 mx include:_spf.mailer.example ~all"},
     "service:mailer#unaligned",
     CAT_UNKNOWN,
     REMEDY_CONFIRM,
     NULL,
     "account"},
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

static bool as_wanted(const struct world_case *c, const struct sender *s)
{
	const struct remedy *r = s ? &s->verdict.remedy : NULL;
	const char *after = r && r->change ? r->change->after : NULL;
	return s && s->verdict.category == c->category && r->kind == c->remedy &&
	       (c->after ? after && strcmp(after, c->after) == 0 : !after) &&
	       (!c->says || strstr(r->text, c->says));
}

static void test_cases(void **state)
{
	size_t bad = 0;
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct world_case *c = &cases[i];
		struct arena a = {0};
		struct world w = {0};
		memcpy(w.now, c->rows, sizeof c->rows);
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
	const char *why;
	assert_string_equal(spf_edit_merge(&a, two, 2, &why), "v=spf1 mx a ip4:192.0.2.1 ~all");
	assert_non_null(strstr(why, "-all, another in ~all: ~all is taken"));
	static const char *const ends[][3] = {{"-all", "-all", "-all"}, {"-all", "?all", "~all"},
					      {"?all", "?all", "~all"}, {"~all", "all", "~all"},
					      {"-all", "", "~all"},     {"~all", "-all", "~all"}};
	for (size_t i = 0; i < COUNT(ends); i++) {
		const char *const pair[] = {arena_printf(&a, "v=spf1 mx %s", ends[i][0]),
					    arena_printf(&a, "v=spf1 a %s", ends[i][1])};
		const char *one = spf_edit_merge(&a, pair, 2, &why);
		CHECK_ROW(strcmp(one, arena_printf(&a, "v=spf1 mx a %s", ends[i][2])) == 0, i);
		CHECK_ROW(!why == (strcmp(ends[i][0], ends[i][1]) == 0), i);
	}
	assert_string_equal(spf_edit_replace(&a, "v=spf1 mx ~include:x.example -all", 1, "a:x"),
			    "v=spf1 mx ~a:x -all");
	arena_free(&a);
}

/* Slips of the pen, and nothing else. */
static void test_mend(void **state)
{
	static const struct {
		const char *record, *mended; /* NULL: nothing is wrong */
	} rows[] = {
	    {"v=spf1 mx ~all", NULL},
	    {"v=spf1 mx exists:%{i}.x.example exp=e.example ~all", NULL},
	    {"v=spf1 redirect=x.example", NULL},
	    {"v=spf1 mx", NULL},
	    {"v=spf1  +mx  -all", NULL},
	    {"v=spf1 ip:192.0.2.7 ~all", "v=spf1 ip4:192.0.2.7 ~all"},
	    {"v=spf1 +ip:192.0.2.0/24 mx -all", "v=spf1 +ip4:192.0.2.0/24 mx -all"},
	    {"v=spf1 ip:2001:db8::1 ~all", "v=spf1 ip6:2001:db8::1 ~all"},
	    {"v=spf1 ipv4:192.0.2.7 ipv6:2001:db8::1 ~all",
	     "v=spf1 ip4:192.0.2.7 ip6:2001:db8::1 ~all"},
	    {"v=spf1 include=x.example ~all", "v=spf1 include:x.example ~all"},
	    {"v=spf1 ~all mx", "v=spf1 mx ~all"},
	    {"v=spf1 mx -all include:x.example ip4:192.0.2.7",
	     "v=spf1 mx include:x.example ip4:192.0.2.7 -all"},
	    {"v=spf1 mx nonsense ~all", "v=spf1 mx ~all"},
	    {"v=spf1 mx inlcude:x.example ~all", NULL}, /* it meant somebody */
	    {"v=spf1 mx x.example ~all", NULL},
	    {"v=spf1 mx 192.0.2.0/24 ~all", "v=spf1 mx ip4:192.0.2.0/24 ~all"},
	    {"v=spf1 a:192.0.2.7 ~all", "v=spf1 ip4:192.0.2.7 ~all"},
	    {"v=spf1 -include:2001:db8::1 ~all", "v=spf1 -ip6:2001:db8::1 ~all"},
	    {"v=spf1 ip6:192.0.2.7 ip4:2001:db8::1 ~all",
	     "v=spf1 ip4:192.0.2.7 ip6:2001:db8::1 ~all"},
	    {"v=spf1 ip6:::ffff:192.0.2.7 ~all", NULL},
	    {"v=spf1 ip4: 192.0.2.7 ~all", "v=spf1 ip4:192.0.2.7 ~all"},
	    {"v=spf1 ip4:192.0.2.7.-all", "v=spf1 ip4:192.0.2.7 -all"},
	    {"v=spf1 mx-all", "v=spf1 mx -all"},
	    {"v=spf1 include:x.example~all", "v=spf1 include:x.example ~all"},
	    {"v=spf1 include:x.example,include:y.example,-all",
	     "v=spf1 include:x.example include:y.example -all"},
	    {"v=spf1 exists:%{l,}.x.example -all", NULL},
	    {"v=spf1 include:x.example. ~all", NULL},
	    {"v=spf1 mx ~all.", "v=spf1 mx ~all"},
	    {"v=spf1 mx -all exp=e.example", NULL},
	};
	struct arena a = {0};
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const char *what, *out = spf_edit_mend(&a, rows[i].record, &what);
		CHECK_ROW(!what == !rows[i].mended, i);
		if (strcmp(out, rows[i].mended ? rows[i].mended : rows[i].record) != 0)
			fail_msg("row %zu: %s", i, out);
	}
	const char *what, *one = "v=spf1 mx ip4:10.1.2.3/8 ip4:10.1.2.3/24 ip4:10.0.0.0/8 -all";
	assert_string_equal(spf_edit_narrow(&a, one, &what),
			    "v=spf1 mx ip4:10.1.2.3 ip4:10.1.2.3/24 ip4:10.0.0.0/8 -all");
	assert_non_null(strstr(what, "16777216"));
	assert_string_equal(spf_edit_close(&a, "v=spf1 mx +all", '~'), "v=spf1 mx ~all");
	assert_string_equal(spf_edit_close(&a, "v=spf1 mx", '-'), "v=spf1 mx -all");
	assert_string_equal(spf_edit_close(&a, "v=spf1 redirect=x.example", '~'),
			    "v=spf1 redirect=x.example");
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
	    cmocka_unit_test(test_cases), cmocka_unit_test(test_edit), cmocka_unit_test(test_mend),
	    cmocka_unit_test(test_quote), cmocka_unit_test(test_generic_names)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
