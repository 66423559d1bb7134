/*
 * SPF at and over each bound, what it asks at most, and names that are no names. Every question is
 * pending when it is asked for first.
 */
#include <stdio.h>

#include "core/buf.h"
#include "dns/spf/spf.h"
#include "tests/unit/zone_view.h"

#define LINES 4000

/* A zone that grows; "d.example" is asked about. */
struct world {
	struct arena a;
	const char *lines[LINES];
	size_t n;
	struct spf_check check;
	struct spf_tree tree;
	size_t rounds, questions;
};

static void line(struct world *w, const char *fmt, ...) PRINTF_LIKE(2, 3);

static void line(struct world *w, const char *fmt, ...)
{
	char text[65536];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	assert_in_range(w->n, 0, LINES - 2);
	w->lines[w->n++] = arena_strdup(&w->a, text);
}

static enum spf_result evaluate(struct world *w, const char *ip, const char *from)
{
	struct zone_view z;
	struct dns_view view = zone_view(&z, w->lines);
	struct spf_request request = {.mail_from = from, .helo = "mail.example.org"};
	assert_true(ip_parse(ip, strlen(ip), &request.ip, NULL));
	for (w->rounds = 1;; w->rounds++) {
		spf_check_host(&view, &request, &w->a, &w->check);
		if (!w->check.pending)
			break;
		assert_in_range(w->rounds, 1, 40);
	}
	w->questions = z.asked.n;
	zone_view_end(&z);
	return w->check.result;
}

static enum spf_result read_tree(struct world *w, const char *ip)
{
	struct zone_view z;
	struct dns_view view = zone_view(&z, w->lines);
	const struct spf_term *term;
	struct ip address;
	assert_true(ip_parse(ip, strlen(ip), &address, NULL));
	for (w->rounds = 1;; w->rounds++) {
		spf_tree_read(&view, "d.example", &w->a, &w->tree);
		if (!w->tree.pending)
			break;
		assert_in_range(w->rounds, 1, 40);
	}
	w->questions = z.asked.n;
	zone_view_end(&z);
	return spf_tree_find(&w->tree, &address, &term, NULL, NULL);
}

/* One record, one answer to everything. */
static enum spf_result evaluate_record(struct world *w, const char *record, const char *ip)
{
	line(w, "d.example TXT %s", record);
	enum spf_result r = evaluate(w, ip, "bob@d.example");
	if (!strstr(record, "ptr") && !strstr(record, "exists"))
		assert_int_equal(read_tree(w, ip), r);
	return r;
}

static void end(struct world *w)
{
	arena_free(&w->a);
	*w = (struct world){.n = 0};
}

static struct world w;

/* v=spf1, a term n times, and what ends it. In w. */
static const char *repeated(const char *begin, const char *term, int n, const char *last)
{
	struct buf b;
	buf_init(&b, 65536);
	buf_puts(&b, begin);
	for (int i = 0; i < n; i++)
		buf_printf(&b, " %s", term);
	buf_printf(&b, " %s", last);
	assert_false(b.failed);
	const char *text = arena_strdup(&w.a, b.data);
	buf_free(&b);
	return text;
}

/* ---- limits ---- */

static void test_lookups(void **state)
{
	static const char *const terms[] = {"-a:x.example", "-mx:x.example", "-exists:x.example",
					    "-include:x.example", "-ptr:y.example"};
	(void)state;
	for (size_t t = 0; t < COUNT(terms); t++)
		for (unsigned n = 10; n <= 11; n++) {
			const char *record = repeated("v=spf1", terms[t], (int)n, "+all");
			line(&w, "x.example TXT v=spf1 ?all");
			line(&w, "x.example A 198.51.100.1");
			line(&w, "x.example AAAA 2001:db8::1");
			line(&w, "x.example MX 1 x.example");
			line(&w, "1.2.0.192.in-addr.arpa PTR x.example");
			if (strncmp(terms[t], "-exists", 7) == 0) {
				w.lines[1] = "z.example A 192.0.2.1"; /* void: the limit is 2 */
				assert_int_equal(evaluate_record(&w, record, "192.0.2.1"),
						 SPF_PERMERROR);
				assert_int_equal(w.check.void_lookups, 3);
			} else {
				assert_int_equal(evaluate_record(&w, record, "192.0.2.1"),
						 n == 10 ? SPF_PASS : SPF_PERMERROR);
				assert_int_equal(w.check.lookups, n);
			}
			end(&w);
		}
}

/* A redirect is the eleventh lookup; modifiers that are none of it do not count. */
static void test_redirect_counts(void **state)
{
	(void)state;
	for (unsigned n = 9; n <= 10; n++) {
		const char *record = repeated("v=spf1 x=y exp=x.example", "a:x.example", (int)n,
					      "redirect=r.example");
		line(&w, "x.example A 198.51.100.1");
		line(&w, "r.example TXT v=spf1 +all");
		assert_int_equal(evaluate_record(&w, record, "192.0.2.1"),
				 n == 9 ? SPF_PASS : SPF_PERMERROR);
		assert_int_equal(w.check.lookups, n + 1);
		end(&w);
	}
}

static void test_voids(void **state)
{
	static const struct {
		const char *record, *ip;
		enum spf_result result;
		unsigned voids;
	} rows[] = {
	    {"v=spf1 a:n1.example mx:n2.example +all", "192.0.2.1", SPF_PASS, 2},
	    {"v=spf1 a:n1.example mx:n2.example a:n1.example +all", "192.0.2.1", SPF_PERMERROR, 3},
	    /* the name is there, without such a record */
	    {"v=spf1 a:four.example a:four.example +all", "2001:db8::1", SPF_PASS, 2},
	    {"v=spf1 a:four.example a:four.example a:four.example +all", "2001:db8::1",
	     SPF_PERMERROR, 3},
	    {"v=spf1 a:four.example a:four.example a:four.example +all", "192.0.2.1", SPF_PASS, 0},
	    /* hosts of an mx are no terms; a reverse lookup is one, and exp none at all */
	    {"v=spf1 mx:m.example +all", "192.0.2.1", SPF_PASS, 0},
	    {"v=spf1 ptr a:n1.example +all", "192.0.2.1", SPF_PASS, 2},
	    {"v=spf1 ptr ptr ptr +all", "192.0.2.1", SPF_PERMERROR, 3},
	    {"v=spf1 a:n1.example a:n2.example -all exp=n3.example", "192.0.2.1", SPF_FAIL, 2},
	    /* what is no name is not asked for */
	    {"v=spf1 a:a..example a:a..example mx:a..example +all", "192.0.2.1", SPF_PASS, 0},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		line(&w, "four.example A 198.51.100.1");
		for (int k = 0; k < 4; k++)
			line(&w, "m.example MX 1 n%d.example", k);
		CHECK_ROW(evaluate_record(&w, rows[i].record, rows[i].ip) == rows[i].result, i);
		CHECK_ROW(w.check.void_lookups == rows[i].voids, i);
		end(&w);
	}
}

static void test_mx_and_ptr(void **state)
{
	(void)state;
	for (int n = 9; n <= 12; n++) {
		for (int i = 1; i <= n; i++) {
			line(&w, "d.example MX %d h%d.example", i, i);
			line(&w, "h%d.example A 192.0.2.%d", i, i);
		}
		assert_int_equal(evaluate_record(&w, "v=spf1 mx -all", "192.0.2.9"),
				 n <= 10 ? SPF_PASS : SPF_PERMERROR);
		assert_in_range(w.rounds, 1, 4);
		end(&w);
		/* names past the tenth are not looked at */
		for (int i = 1; i <= n; i++)
			line(&w, "1.2.0.192.in-addr.arpa PTR h%d.d.example", i);
		line(&w, "h%d.d.example A 192.0.2.1", n);
		assert_int_equal(evaluate_record(&w, "v=spf1 ptr -all", "192.0.2.1"),
				 n <= 10 ? SPF_PASS : SPF_FAIL);
		assert_in_range(w.rounds, 1, 4);
		end(&w);
	}
}

/* ---- failures ---- */

static void test_failures(void **state)
{
	static const char *const outcomes[] = {"TIMEOUT", "SERVFAIL", "REFUSED", "MALFORMED",
					       "NOT_ASKED"};
	static const char *const records[] = {"a:x.example", "mx:x.example", "include:x.example",
					      "exists:x.example", "redirect=x.example"};
	(void)state;
	for (size_t i = 0; i < COUNT(outcomes); i++) {
		for (size_t k = 0; k < COUNT(records); k++) {
			char record[64];
			snprintf(record, sizeof record, "v=spf1 %s", records[k]);
			line(&w, "x.example %s", outcomes[i]);
			assert_int_equal(evaluate_record(&w, record, "192.0.2.1"), SPF_TEMPERROR);
			assert_non_null(strstr(w.check.problem, "x.example"));
			end(&w);
		}
		line(&w, "d.example %s", outcomes[i]);
		assert_int_equal(evaluate(&w, "192.0.2.1", "d.example"), SPF_TEMPERROR);
		end(&w);
		/* no error of a reverse lookup: it does not match (5.5) */
		line(&w, "1.2.0.192.in-addr.arpa %s", outcomes[i]);
		assert_int_equal(evaluate_record(&w, "v=spf1 ptr -all", "192.0.2.1"), SPF_FAIL);
		end(&w);
		/* an mx is tried in order: before the host that fails, and behind it */
		line(&w, "d.example MX 1 h1.example");
		line(&w, "d.example MX 2 h2.example");
		line(&w, "d.example MX 3 h3.example");
		line(&w, "h1.example A 192.0.2.1");
		line(&w, "h2.example %s", outcomes[i]);
		line(&w, "h3.example A 192.0.2.3");
		assert_int_equal(evaluate_record(&w, "v=spf1 mx -all", "192.0.2.1"), SPF_PASS);
		assert_int_equal(evaluate(&w, "192.0.2.3", "d.example"), SPF_TEMPERROR);
		assert_int_equal(read_tree(&w, "192.0.2.3"), SPF_TEMPERROR);
		end(&w);
	}
}

/* ---- what is asked at most ---- */

static void test_questions(void **state)
{
	(void)state;
	struct buf record;
	buf_init(&record, 65536);
	for (int i = 0; i < 1900; i++)
		buf_printf(&record, " a:a%d.example", i);
	line(&w, "d.example TXT v=spf1%s", record.data);
	buf_free(&record);
	assert_int_equal(evaluate(&w, "192.0.2.1", "d.example"), SPF_PERMERROR);
	assert_in_range(w.questions, 1, 11);
	assert_int_equal(read_tree(&w, "192.0.2.1"), SPF_PERMERROR);
	assert_true(w.tree.depends);
	assert_int_equal(w.tree.lookups, 1900);
	assert_in_range(w.questions, 1, 1 + 2 * 64);
	end(&w);

	/* ten mx of ten hosts each */
	for (int i = 0; i < 10; i++)
		for (int k = 0; k < 10; k++) {
			line(&w, "m%d.example MX %d h%d.m%d.example", i, k, k, i);
			line(&w, "h%d.m%d.example A 192.0.2.1", k, i);
		}
	assert_int_equal(
	    evaluate_record(&w,
			    "v=spf1 mx:m0.example mx:m1.example mx:m2.example mx:m3.example "
			    "mx:m4.example mx:m5.example mx:m6.example mx:m7.example mx:m8.example "
			    "mx:m9.example +all",
			    "198.51.100.1"),
	    SPF_PASS);
	assert_int_equal(evaluate(&w, "198.51.100.1", "d.example"), SPF_PASS);
	assert_in_range(w.questions, 1, 1 + 10 + 100);
	assert_in_range(w.rounds, 1, 4);
	end(&w);
}

/* Every record includes ten: a tree of 10^10, were it not for the limits. */
static void test_fan(void **state)
{
	(void)state;
	for (int i = 0; i < 110; i++) {
		char owner[16] = "d", record[512];
		size_t n = (size_t)snprintf(record, sizeof record, "v=spf1");
		if (i > 0)
			snprintf(owner, sizeof owner, "i%d", i);
		for (int k = 1; k <= 10; k++)
			n += (size_t)snprintf(record + n, sizeof record - n, " include:i%d.example",
					      (i * 10 + k) % 110);
		line(&w, "%s.example TXT %s", owner, record);
	}
	assert_int_equal(evaluate(&w, "192.0.2.1", "d.example"), SPF_PERMERROR);
	assert_in_range(w.questions, 1, 60);
	assert_in_range(w.rounds, 1, 13);
	assert_int_equal(read_tree(&w, "192.0.2.1"), SPF_PERMERROR);
	assert_in_range(w.questions, 1, 200);
	end(&w);
}

/* Macros make a long name of a short record: it is not kept. */
static void test_memory(void **state)
{
	struct buf b;
	(void)state;
	buf_init(&b, 65536);
	for (int t = 0; t < 9; t++) {
		buf_puts(&b, " a:");
		for (int i = 0; i < 1000; i++)
			buf_puts(&b, "%{d1r}");
	}
	line(&w, "d.example TXT v=spf1 include:%063d.example -all", 7);
	line(&w, "%063d.example TXT v=spf1%s include:d.example", 7, b.data);
	buf_free(&b);
	size_t used = w.a.used;
	assert_int_equal(evaluate(&w, "192.0.2.1", "d.example"), SPF_PERMERROR);
	assert_int_equal(read_tree(&w, "192.0.2.1"), SPF_PERMERROR);
	assert_in_range(w.a.used - used, 1, 1 << 20);
	end(&w);
}

static void test_terms(void **state)
{
	(void)state;
	for (int n = 2000; n <= 2001; n++) {
		const char *record = repeated("v=spf1", "ip4:192.0.2.1", n - 1, "+all");
		assert_int_equal(evaluate_record(&w, record, "198.51.100.1"),
				 n == 2000 ? SPF_PASS : SPF_PERMERROR);
		end(&w);
	}
}

/* ---- names ---- */

static void test_names(void **state)
{
	static const struct {
		const char *record, *from, *name; /* name: has an A record that matches */
	} rows[] = {
	    {"a:%{l}.d.example", "Bob@d.example", "bob.d.example"},
	    {"a:a%_b.d.example", "d.example", "a\\032b.d.example"},
	    {"a:%{l}.d.example", "a\\b@d.example", "a\\092b.d.example"},
	    {"a:%{l}.d.example", "\xc3\xbc@d.example", "\\195\\188.d.example"},
	    {"a:%{l1r---------------.}.d.example", "x.y@d.example", "x.d.example"},
	    {"a:%{o2r}.%{d}", "d.example", "example.d.d.example"},
	    {"a:%{l}.d.example", "@d.example", "postmaster.d.example"},
	    {"a:%{d}", "d.example.", "d.example"},
	    {"exists:%{p}.ok.example", "d.example", "a\\032b.d.example.ok.example"},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		line(&w, "d.example TXT v=spf1 %s -all", rows[i].record);
		line(&w, "%s A 192.0.2.1", rows[i].name);
		line(&w, "1.2.0.192.in-addr.arpa PTR a\\032b.d.example");
		line(&w, "a\\032b.d.example A 192.0.2.1");
		CHECK_ROW(evaluate(&w, "192.0.2.1", rows[i].from) == SPF_PASS, i);
		end(&w);
	}
	/* what was escaped on the way in is not escaped again */
	line(&w, "d.example TXT v=spf1 include:a%%_b.d.example -all");
	line(&w, "a\\032b.d.example TXT v=spf1 a:x.%%{d} -all");
	line(&w, "x.a\\032b.d.example A 192.0.2.1");
	assert_int_equal(evaluate(&w, "192.0.2.1", "d.example"), SPF_PASS);
	assert_string_equal(w.check.path[1], "a\\032b.d.example");
	assert_int_equal(read_tree(&w, "192.0.2.1"), SPF_PASS);
	end(&w);
}

/* No domain to ask: none, and nothing is asked. */
static void test_no_domain(void **state)
{
	static const char *const from[] = {"",       "@",      "example",    "a@.",
					   "a@b..c", "a@.b.c", "a@localhost"};
	(void)state;
	for (size_t i = 0; i < COUNT(from); i++) {
		struct zone_view z;
		struct dns_view view = zone_view(&z, w.lines);
		struct spf_request request = {.mail_from = from[i], .ip = {.family = 4}};
		spf_check_host(&view, &request, &w.a, &w.check);
		CHECK_ROW(!w.check.pending && w.check.result == SPF_NONE && w.check.problem, i);
		CHECK_ROW(z.questions == 0, i);
		zone_view_end(&z);
	}
	end(&w);
}

static void test_grammar(void **state)
{
	static const char *const good[] = {
	    "v=spf1",
	    "V=SPF1 MX",
	    "v=spf1 A:%{D}.Example -ALL",
	    "v=spf1 a:%{d}%%",
	    "v=spf1 a:%{d}.com.",
	    "v=spf1 a/0//0",
	    "v=spf1 x.y-z_1=%{l}",
	    "v=spf1 ip6:::ffff:1.2.3.4/96",
	    "v=spf1 include:%{d1r}.x-y.a1",
	    "v=spf1   ~all  ",
	};
	static const char *const bad[] = {
	    "v=spf1 a:%{d}foo}",
	    "v=spf1 a:foo%%_",
	    "v=spf1 a:%{d}.",
	    "v=spf1 a:%{d0}.com",
	    "v=spf1 a:%{c}.com",
	    "v=spf1 a:%{d",
	    "v=spf1 a:x.-com",
	    "v=spf1 a:x.123",
	    "v=spf1 a/00",
	    "v=spf1 a/33",
	    "v=spf1 a//129",
	    "v=spf1 a/24/24",
	    "v=spf1 a24",
	    "v=spf1 -redirect=x.y",
	    "v=spf1 redirect:x.y",
	    "v=spf1 ip4:1.2.3.4/",
	    "v=spf1 ip4:::1",
	    "v=spf1 ip6:1.2.3.4",
	    "v=spf1 ip4:[1.2.3.4]",
	    "v=spf1 ip4:1.2.3.4/032",
	    "v=spf1 -",
	    "v=spf1 exp=a.b exp=a.b",
	    "v=spf1 all\t",
	    "v=spf1 \xc3\xa4ll",
	    "v=spf1 x=%{y}",
	    "v=spf1 all all:",
	    "v=spf1 ip4:1.2.3.256",
	    "v=spf1 a:",
	};
	(void)state;
	for (size_t i = 0; i < COUNT(good) + COUNT(bad); i++) {
		bool is_good = i < COUNT(good);
		line(&w, "d.example A 198.51.100.1");
		line(&w, "d.example TXT %s", is_good ? good[i] : bad[i - COUNT(good)]);
		line(&w, "d.x-y.a1 TXT v=spf1");
		enum spf_result r = evaluate(&w, "192.0.2.1", "d.example");
		CHECK_ROW((r != SPF_PERMERROR) == is_good, i);
		CHECK_ROW(is_good || strstr(w.check.problem, "d.example: \""), i);
		end(&w);
	}
}

/* ---- what is told ---- */

static void test_trace(void **state)
{
	static const struct spf_step expected[] = {
	    {0, "d.example", "include:e.example", "does not match"},
	    {1, "e.example", "-a:n.example", "does not match"},
	    {1, "e.example", "", "nothing matches"},
	    {0, "d.example", "redirect=r.example", "is followed"},
	    {1, "r.example", "~all", "matches"},
	};
	(void)state;
	line(&w, "e.example TXT v=spf1 -a:n.example");
	line(&w, "r.example TXT v=spf1 ~all");
	assert_int_equal(
	    evaluate_record(&w, "v=spf1 include:e.example redirect=r.example", "192.0.2.1"),
	    SPF_SOFTFAIL);
	assert_int_equal(w.check.n_trace, COUNT(expected));
	for (size_t i = 0; i < COUNT(expected); i++) {
		const struct spf_step *s = &w.check.trace[i], *x = &expected[i];
		CHECK_ROW(s->depth == x->depth && strcmp(s->domain, x->domain) == 0 &&
			      strcmp(s->term, x->term) == 0 && strcmp(s->text, x->text) == 0,
			  i);
	}
	end(&w);
}

/* Behind "all" nothing counts, is asked for, or is wrong but for its grammar. */
static void test_ignored(void **state)
{
	(void)state;
	assert_int_equal(evaluate_record(&w,
					 "v=spf1 redirect=d.example a:h.example -all a:x.example "
					 "include:d.example",
					 "192.0.2.1"),
			 SPF_FAIL);
	assert_int_equal(w.tree.lookups, 1);
	assert_int_equal(w.tree.void_v4, 1);
	assert_null(w.tree.problem);
	const bool ignored[] = {true, false, false, true, true};
	for (size_t i = 0; i < COUNT(ignored); i++)
		CHECK_ROW(w.tree.root->terms[i].ignored == ignored[i], i);
	end(&w);
}

static void test_problems(void **state)
{
	static const struct {
		const char *record, *problem;
	} rows[] = {
	    {"v=spf1 include:n.example -all",
	     "d.example: include:n.example: there is no SPF record"},
	    {"v=spf1 include:d.example -all", "d.example: includes itself"},
	    {"v=spf1 a:n.example a:n.example a:n.example",
	     "d.example: 3 lookups find nothing, and 2 are allowed"},
	    {"v=spf1 a:f.example a:f.example a:f.example", NULL}, /* for IPv6 alone: void_v6 */
	    {"v=spf1 a:f.example bogus", "d.example: \"bogus\": an unknown mechanism"},
	    {"v=spf1 a:t.example -all", "d.example: a:t.example: DNS does not answer"},
	    {"v=spf1 mx a -all", NULL},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		line(&w, "d.example TXT %s", rows[i].record);
		line(&w, "f.example A 192.0.2.1");
		line(&w, "t.example TIMEOUT");
		read_tree(&w, "192.0.2.1");
		if (rows[i].problem)
			assert_string_equal(w.tree.problem, rows[i].problem);
		else
			assert_null(w.tree.problem);
		end(&w);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_lookups),   cmocka_unit_test(test_redirect_counts),
	    cmocka_unit_test(test_voids),     cmocka_unit_test(test_mx_and_ptr),
	    cmocka_unit_test(test_failures),  cmocka_unit_test(test_questions),
	    cmocka_unit_test(test_fan),       cmocka_unit_test(test_memory),
	    cmocka_unit_test(test_terms),     cmocka_unit_test(test_names),
	    cmocka_unit_test(test_no_domain), cmocka_unit_test(test_grammar),
	    cmocka_unit_test(test_trace),     cmocka_unit_test(test_ignored),
	    cmocka_unit_test(test_problems),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
