/* SPF beyond the suite: limits at and over, paths, trees, how many rounds and questions it takes.
 */
#include <stdio.h>

#include "dns/spf/spf.h"
#include "tests/unit/zone_view.h"

#define TREES 2000

static void check(const char *const *zone, const char *ip, const char *from, struct arena *a,
		  struct spf_check *out, size_t *rounds, size_t *questions)
{
	struct zone_view z;
	struct dns_view view = zone_view(&z, zone);
	struct spf_request request = {.mail_from = from, .helo = "mail.example.org"};
	assert_true(ip_parse(ip, strlen(ip), &request.ip, NULL));
	*rounds = 0;
	do {
		spf_check_host(&view, &request, a, out);
		assert_in_range(++*rounds, 1, 40);
	} while (out->pending);
	*questions = z.asked.n;
	zone_view_end(&z);
}

struct limit_row {
	const char *zone[16];
	const char *ip;
	enum spf_result result;
	unsigned lookups, voids;
	const char *mechanism, *path; /* path: joined with ">" */
};

static const struct limit_row rows[] = {
    {{"d.example TXT v=spf1 ip4:192.0.2.0/24 -all"},
     "192.0.2.255",
     SPF_PASS,
     0,
     0,
     "ip4:192.0.2.0/24",
     "d.example"},
    {{"d.example TXT v=spf1 ip4:192.0.2.0/24 -all"},
     "192.0.3.0",
     SPF_FAIL,
     0,
     0,
     "-all",
     "d.example"},
    {{"d.example TXT v=spf1 include:e.example ~all",
      "e.example TXT v=spf1 a:h.example/31//127 -all", "h.example A 192.0.2.2",
      "h.example AAAA 2001:db8::2"},
     "192.0.2.3",
     SPF_PASS,
     2,
     0,
     "a:h.example/31//127",
     "d.example>e.example"},
    {{"d.example TXT v=spf1 include:e.example ~all",
      "e.example TXT v=spf1 a:h.example/31//127 -all", "h.example A 192.0.2.2",
      "h.example AAAA 2001:db8::2"},
     "2001:db8::3",
     SPF_PASS,
     2,
     0,
     "a:h.example/31//127",
     "d.example>e.example"},
    {{"d.example TXT v=spf1 include:e.example ~all", "e.example TXT v=spf1 -all"},
     "192.0.2.1",
     SPF_SOFTFAIL,
     1,
     0,
     "~all",
     "d.example"},
    {{"d.example TXT v=spf1 redirect=e.example", "e.example TXT v=spf1 ip4:192.0.2.1 -all"},
     "192.0.2.1",
     SPF_PASS,
     1,
     0,
     "ip4:192.0.2.1",
     "d.example>e.example"},
    {{"d.example TXT v=spf1 ?all redirect=e.example"},
     "192.0.2.1",
     SPF_NEUTRAL,
     0,
     0,
     "?all",
     "d.example"},
    {{"d.example TXT v=spf1 redirect=e.example"}, "192.0.2.1", SPF_PERMERROR, 1, 0, NULL, ""},
    {{"d.example TXT v=spf1 a:x.example a:y.example -all"},
     "192.0.2.1",
     SPF_FAIL,
     2,
     2,
     "-all",
     "d.example"},
    {{"d.example TXT v=spf1 a:x.example a:y.example a:z.example -all"},
     "192.0.2.1",
     SPF_PERMERROR,
     3,
     3,
     NULL,
     ""},
    {{"d.example TXT v=spf1 a:x.example -all", "x.example TIMEOUT"},
     "192.0.2.1",
     SPF_TEMPERROR,
     1,
     0,
     NULL,
     ""},
    {{"d.example TXT v=spf1 -all", "d.example TXT v=spf1 +all"},
     "192.0.2.1",
     SPF_PERMERROR,
     0,
     0,
     NULL,
     ""},
    {{"d.example TXT v=spf10 -all", "d.example TXT google-site=1"},
     "192.0.2.1",
     SPF_NONE,
     0,
     0,
     NULL,
     ""},
    {{"d.example CNAME e.example", "e.example TXT v=spf1 ip4:192.0.2.1 -all"},
     "192.0.2.1",
     SPF_PASS,
     0,
     0,
     "ip4:192.0.2.1",
     "d.example"},
    {{"d.example TXT v=spf1 include:d.example -all"}, "192.0.2.1", SPF_PERMERROR, 11, 0, NULL, ""},
    {{"d.example TXT v=spf1 ptr -all", "1.2.0.192.in-addr.arpa PTR m.d.example",
      "m.d.example A 192.0.2.1"},
     "192.0.2.1",
     SPF_PASS,
     1,
     0,
     "ptr",
     "d.example"},
    {{"d.example TXT v=spf1 ptr -all", "1.2.0.192.in-addr.arpa PTR evild.example",
      "evild.example A 192.0.2.1"},
     "192.0.2.1",
     SPF_FAIL,
     1,
     0,
     "-all",
     "d.example"},
    {{"d.example TXT v=spf1 exists:%{ir}.%{l}.x.example -all",
      "1.2.0.192.bob.x.example A 127.0.0.2"},
     "192.0.2.1",
     SPF_PASS,
     1,
     0,
     "exists:%{ir}.%{l}.x.example",
     "d.example"},
};

static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const struct limit_row *r = &rows[i];
		struct arena a = {0};
		struct spf_check c;
		size_t rounds, questions;
		const char *path = "";
		check(r->zone, r->ip, "bob@d.example", &a, &c, &rounds, &questions);
		for (size_t k = 0; k < c.n_path; k++)
			path = arena_printf(&a, "%s%s%s", path, k ? ">" : "", c.path[k]);
		if (c.result != r->result || c.lookups != r->lookups ||
		    c.void_lookups != r->voids ||
		    strcmp(c.mechanism ? c.mechanism : "", r->mechanism ? r->mechanism : "") != 0 ||
		    strcmp(path, r->path) != 0)
			fail_msg("row %zu: %s, %u lookups, %u void, by %s of %s (%s)", i,
				 spf_result_names[c.result], c.lookups, c.void_lookups,
				 c.mechanism ? c.mechanism : "nothing", path,
				 c.problem ? c.problem : "");
		if (r->result == SPF_PERMERROR || r->result == SPF_TEMPERROR)
			assert_non_null(c.problem);
		arena_free(&a);
	}
}

/* Ten lookups in a chain are fine, eleven are not; and a chain costs as many rounds as it is long.
 */
static void test_chain(void **state)
{
	(void)state;
	for (unsigned length = 9; length <= 11; length++) {
		const char *zone[16] = {NULL};
		struct arena a = {0};
		struct spf_check c;
		size_t rounds, questions;
		zone[0] = "d.example TXT v=spf1 include:c1.example -all";
		for (unsigned i = 1; i < length; i++)
			zone[i] = arena_printf(
			    &a, "c%u.example TXT v=spf1 include:c%u.example -all", i, i + 1);
		zone[length] = arena_printf(&a, "c%u.example TXT v=spf1 +all", length);
		check(zone, "192.0.2.1", "d.example", &a, &c, &rounds, &questions);
		assert_int_equal(c.result, length <= 10 ? SPF_PASS : SPF_PERMERROR);
		assert_in_range(rounds, 1, length + 3);
		arena_free(&a);
	}
}

/* What stands side by side is asked side by side. */
static void test_breadth(void **state)
{
	static const char *const zone[] = {
	    "d.example TXT v=spf1 a:a1.example a:a2.example mx:m.example include:i.example -all",
	    "a1.example A 192.0.2.1",
	    "a2.example A 192.0.2.2",
	    "m.example MX 10 m1.example",
	    "m.example MX 20 m2.example",
	    "m1.example A 192.0.2.3",
	    "m2.example A 192.0.2.4",
	    "i.example TXT v=spf1 ip4:192.0.2.5 -all",
	    NULL};
	struct arena a = {0};
	struct spf_check c;
	size_t rounds, questions;
	(void)state;
	check(zone, "192.0.2.5", "d.example", &a, &c, &rounds, &questions);
	assert_int_equal(c.result, SPF_PASS);
	assert_in_range(rounds, 1, 4);
	assert_in_range(questions, 1, 7);
	arena_free(&a);
}

/* ---- trees ---- */

static unsigned dice_state;

static unsigned dice(unsigned n)
{
	dice_state = dice_state * 1664525u + 1013904223u;
	return (dice_state >> 16) % n;
}

static const char *random_term(struct arena *a)
{
	const char *q = (const char *const[]){"", "", "", "+", "-", "~", "?"}[dice(7)];
	switch (dice(13)) {
	case 0:
		return arena_printf(a, "%sip4:192.0.2.%u/%u", q, dice(256), 24 + dice(9));
	case 1:
		return arena_printf(a, "%sip6:2001:db8::%x/%u", q, dice(65536), 96 + dice(33));
	case 2:
		return arena_printf(a, "%sa:h%u.example/%u//%u", q, dice(6), 26 + dice(7),
				    100 + dice(29));
	case 3:
		return arena_printf(a, "%smx:m%u.example", q, dice(3));
	case 4:
		return arena_printf(a, "%sall", q);
	case 5:
		return arena_printf(a, "redirect=r%u.example", dice(6));
	case 6:
		return arena_printf(a, "%sa:x.%%{d}", q);
	case 7:
		return (const char *const[]){
		    "include:%{d1}", "a:%{d1r}/24",      "mx/25", "?include:a..b",
		    "x=%{l}",        "exp=%{i}.example", "a"}[dice(7)];
	default:
		return arena_printf(a, "%sinclude:r%u.example", q, dice(6));
	}
}

/* In half of the zones DNS fails here and there. */
static void random_zone(struct arena *a, const char **zone)
{
	static const char *const failures[] = {"TIMEOUT", "SERVFAIL", "REFUSED", "MALFORMED",
					       "NOT_ASKED"};
	size_t n = 0;
	bool ill = dice(2);
	for (unsigned r = 0; r < 6; r++) {
		const char *text = "v=spf1";
		for (unsigned i = dice(5); i > 0; i--)
			text = arena_printf(a, "%s %s", text, random_term(a));
		if (dice(12) > 0)
			zone[n++] = arena_printf(a, "r%u.example TXT %s%s", r, text,
						 dice(40) ? "" : " bogus");
		if (dice(30) == 0)
			zone[n++] = arena_printf(a, "r%u.example TXT v=spf1", r);
		if (ill && dice(8) == 0)
			zone[n++] = arena_printf(a, "%c%u.example %s", "rhm"[dice(3)], r,
						 failures[dice(5)]);
		if (dice(4) > 0)
			zone[n++] = arena_printf(a, "h%u.example A 192.0.2.%u", r, dice(256));
		if (dice(4) > 0)
			zone[n++] =
			    arena_printf(a, "h%u.example AAAA 2001:db8::%x", r, dice(65536));
		zone[n++] = arena_printf(a, "x.r%u.example A 192.0.2.%u", r, dice(256));
		for (unsigned i = dice(4); r < 3 && i > 0; i--)
			zone[n++] =
			    arena_printf(a, "m%u.example MX %u h%u.example", r, 4 - i, dice(6));
	}
	zone[n] = NULL;
}

static bool same_path(const struct spf_check *c, const struct spf_record *const *path, size_t n)
{
	if (c->n_path != n)
		return false;
	for (size_t i = 0; i < n; i++)
		if (strcmp(c->path[i], path[i]->domain) != 0)
			return false;
	return true;
}

/* Evaluation and tree say the same of every address. */
static void test_tree_is_check_host(void **state)
{
	size_t seen[SPF_RESULT_COUNT] = {0};
	(void)state;
	dice_state = 20261101;
	for (int t = 0; t < TREES; t++) {
		const char *zone[80];
		struct arena a = {0};
		struct zone_view z;
		struct spf_tree tree;
		random_zone(&a, zone);
		struct dns_view view = zone_view(&z, zone);
		int rounds = 0;
		do {
			spf_tree_read(&view, "r0.example", &a, &tree);
			assert_in_range(++rounds, 1, 30);
		} while (tree.pending);
		for (int i = 0; i < 40; i++) {
			struct spf_request request = {.mail_from = "r0.example"};
			const struct spf_record *path[SPF_LOOKUP_LIMIT + 1];
			const struct spf_term *term;
			struct spf_check c;
			size_t n_path;
			char text[64];
			snprintf(text, sizeof text, i % 3 ? "192.0.2.%u" : "2001:db8::%x",
				 dice(256));
			ip_parse(text, strlen(text), &request.ip, NULL);
			do
				spf_check_host(&view, &request, &a, &c);
			while (c.pending);
			assert_false(tree.depends);
			enum spf_result r = spf_tree_find(&tree, &request.ip, &term, path, &n_path);
			seen[r]++;
			if (r != c.result || !same_path(&c, path, n_path) ||
			    strcmp(term ? term->text : "", c.mechanism ? c.mechanism : "") != 0) {
				for (size_t k = 0; zone[k]; k++)
					print_error("%s\n", zone[k]);
				fail_msg("tree %d, %s: tree %s, check_host %s (%s)", t, text,
					 spf_result_names[r], spf_result_names[c.result],
					 c.problem ? c.problem : "");
			}
		}
		zone_view_end(&z);
		arena_free(&a);
	}
	for (int r = SPF_NONE; r < SPF_RESULT_COUNT; r++)
		assert_in_range(seen[r], 100, TREES * 40);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_rows), cmocka_unit_test(test_chain),
	    cmocka_unit_test(test_breadth), cmocka_unit_test(test_tree_is_check_host)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
