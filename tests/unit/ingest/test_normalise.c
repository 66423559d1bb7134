/*
 * ingest/normalise and ingest/judge: one record's texts to its profile; alignment worked out again;
 * the cells against a reading of the decision table of their own; the cache.
 */
#include "tests/unit/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/limits.h"
#include "core/mem.h"
#include "dns/names.h"
#include "ingest/record/judge.h"
#include "ingest/record/normalise.h"

static const struct name_rules *rules;
static struct normaliser *normaliser;
static struct raw_record raw;

static void add(enum raw_tag tag, const char *text)
{
	raw_record_add(&raw, tag, text, strlen(text));
}

static void dkim(const char *domain, const char *result)
{
	add(RAW_DKIM, "");
	add(RAW_DKIM_DOMAIN, domain);
	add(RAW_DKIM_RESULT, result);
}

static void spf(const char *domain, const char *scope, const char *result)
{
	add(RAW_SPF, "");
	add(RAW_SPF_DOMAIN, domain);
	add(RAW_SPF_SCOPE, scope);
	add(RAW_SPF_RESULT, result);
}

static struct dmarc_record done(void)
{
	struct dmarc_record r;
	struct digest values;
	add(RAW_SOURCE_IP, "192.0.2.1");
	add(RAW_COUNT, "1");
	assert_true(normalise_record(normaliser, &raw, &r, &values));
	return r;
}

/* ---- cells ---- */

/*
 * The table of the decision document, row by row, as it is written there: which SPF domains (a
 * aligned, u unaligned, n none), SPF results (p pass, f fail, 0 none, e permerror, t temperror),
 * aligned signatures (p pass, f fail, k key, t temperror, - absent) and whether another signature
 * passes (y, n). The first row that fits counts.
 */
static const struct {
	const char *cell, *sa, *sr, *da, *du;
} table[] = {
    {"P1", "a", "p", "p", "yn"},     {"P2", "a", "f0et", "p", "yn"},
    {"P3", "un", "p", "p", "yn"},    {"P4", "un", "f0et", "p", "yn"},
    {"P5", "a", "p", "fkt", "yn"},   {"P6", "a", "p", "-", "y"},
    {"P7", "a", "p", "-", "n"},      {"F1", "a", "f", "-", "yn"},
    {"F2", "a", "f", "fkt", "yn"},   {"F3", "a", "e", "fkt-", "yn"},
    {"F4", "a", "0", "fkt-", "yn"},  {"F5", "a", "t", "fkt-", "yn"},
    {"F6", "un", "p", "-", "y"},     {"F7", "un", "p", "-", "n"},
    {"F8", "un", "p", "fkt", "yn"},  {"F9", "un", "f0et", "-", "y"},
    {"F10", "un", "f0et", "-", "n"}, {"F11", "un", "f0et", "fkt", "yn"},
};

static const char *expected_cell(char sa, char sr, char da, char du)
{
	const char *found = NULL;
	for (size_t i = 0; i < COUNT(table); i++) {
		if (!strchr(table[i].sa, sa) || !strchr(table[i].sr, sr) ||
		    !strchr(table[i].da, da) || !strchr(table[i].du, du))
			continue;
		assert_null(found); /* exactly one row fits */
		found = table[i].cell;
	}
	assert_non_null(found);
	return found;
}

/* The record that stands for one combination; its texts go all the way. */
static enum dmarc_cell judged_cell(int sa, int sr, int da, int du)
{
	static const char *const spf_domain[] = {"bounce.example.com", "other.example", ""};
	static const char *const spf_word[] = {"pass", "softfail", "none", "permerror",
					       "temperror"};
	static const char *const dkim_word[] = {"pass", "fail", "neutral", "temperror"};
	raw_record_begin(&raw, W_RELAXED, W_RELAXED);
	add(RAW_HEADER_FROM, "example.com");
	spf(spf_domain[sa], "mfrom", spf_word[sr]);
	if (da < 4)
		dkim("mail.example.com", dkim_word[da]);
	if (du == 0)
		dkim("vendor.example", "pass");
	return done().profile->cell;
}

static void all_150_cells(void **state)
{
	unsigned n = 0;
	(void)state;
	for (int sa = 0; sa < 3; sa++)
		for (int sr = 0; sr < 5; sr++)
			for (int da = 0; da < 5; da++)
				for (int du = 0; du < 2; du++, n++) {
					const char *want = expected_cell("aun"[sa], "pf0et"[sr],
									 "pfkt-"[da], "yn"[du]);
					enum dmarc_cell got = dmarc_cell(
					    (enum cell_spf_domain)sa, (enum cell_spf_result)sr,
					    (enum cell_dkim)da, du == 0);
					CHECK_ROW(strcmp(dmarc_cell_name(got), want) == 0, n);
					/* SPF cannot pass for a domain that is not there: read as
					 * none */
					if (sa == 2 && sr == 0)
						want =
						    expected_cell('n', '0', "pfkt-"[da], "yn"[du]);
					CHECK_ROW(
					    strcmp(dmarc_cell_name(judged_cell(sa, sr, da, du)),
						   want) == 0,
					    n);
				}
	assert_int_equal(n, 150);
}

/* ---- alignment and marks ---- */

struct result {
	const char *domain, *scope, *result; /* scope NULL: a DKIM result */
};

static const struct {
	const char *from, *envelope; /* envelope NULL: absent */
	bool strict;
	struct result results[4];
	const char *eval_dkim, *eval_spf;
	bool aligned_dkim, aligned_spf;
	const char *cell;
	unsigned flags;
} records[] = {
    {"example.com",
     NULL,
     false,
     {{"example.com", NULL, "pass"}},
     "pass",
     "fail",
     true,
     false,
     "P4",
     0},
    {"example.com",
     NULL,
     false,
     {{"a.b.example.com", NULL, "pass"}},
     "pass",
     "fail",
     true,
     false,
     "P4",
     0},
    {"a.example.co.uk",
     NULL,
     false,
     {{"b.example.co.uk", NULL, "pass"}},
     "pass",
     "fail",
     true,
     false,
     "P4",
     0},
    {"example.co.uk",
     NULL,
     false,
     {{"other.co.uk", NULL, "pass"}},
     "fail",
     "fail",
     false,
     false,
     "F9",
     0},
    {"example.com",
     NULL,
     false,
     {{"badexample.com", NULL, "pass"}},
     "fail",
     "fail",
     false,
     false,
     "F9",
     0},
    {"example.com",
     NULL,
     true,
     {{"a.example.com", NULL, "pass"}},
     "fail",
     "fail",
     false,
     false,
     "F9",
     DMARC_STRICT_ONLY},
    {"example.com",
     NULL,
     true,
     {{"a.example.com", NULL, "pass"}, {"example.com", NULL, "pass"}},
     "pass",
     "fail",
     true,
     false,
     "P4",
     0},
    {"example.com",
     NULL,
     true,
     {{"m.example.com", "mfrom", "pass"}},
     "fail",
     "fail",
     false,
     false,
     "F7",
     DMARC_STRICT_ONLY},
    {"example.com",
     NULL,
     true,
     {{"x.example", "mfrom", "pass"}, {"m.example.com", "mfrom", "pass"}},
     "fail",
     "fail",
     false,
     false,
     "F7",
     DMARC_STRICT_ONLY},
    {"example.com",
     NULL,
     true,
     {{"m.example.com", "mfrom", "fail"}},
     "fail",
     "fail",
     false,
     false,
     "F10",
     0},
    {"example.com",
     NULL,
     false,
     {{"m.example.com", "", "pass"}},
     "fail",
     "pass",
     false,
     true,
     "P7",
     0}, /* no scope: mfrom */
    {"example.com",
     "m.example.com",
     false,
     {{"", "mfrom", "pass"}},
     "fail",
     "pass",
     false,
     true,
     "P7",
     0},
    {"example.com",
     "u@m.example.com",
     false,
     {{"", "mfrom", "pass"}},
     "fail",
     "pass",
     false,
     true,
     "P7",
     DMARC_BAD_NAME},
    {"example.com",
     "other.example",
     false,
     {{"", "mfrom", "pass"}},
     "fail",
     "fail",
     false,
     false,
     "F7",
     0},
    {"example.com",
     NULL,
     false,
     {{"x.example", "mfrom", "fail"}, {"example.com", "mfrom", "pass"}},
     "fail",
     "pass",
     false,
     true,
     "P7",
     0},
    /* HELO: only a bounce has no other identity */
    {"example.com",
     "",
     false,
     {{"mx.example.com", "helo", "pass"}},
     "fail",
     "pass",
     false,
     true,
     "P7",
     DMARC_NULL_SENDER},
    {"example.com",
     NULL,
     false,
     {{"mx.example.com", "helo", "pass"}},
     "fail",
     "pass",
     false,
     true,
     "P7",
     DMARC_NULL_SENDER},
    {"example.com",
     "m.example.com",
     false,
     {{"mx.example.com", "helo", "pass"}},
     "fail",
     "fail",
     false,
     false,
     "F10",
     0},
    {"example.com",
     "m.example.com",
     false,
     {{"mx.example.com", "helo", "pass"}, {"m.example.com", "mfrom", "fail"}},
     "fail",
     "fail",
     false,
     false,
     "F1",
     0},
    {"example.com",
     "",
     false,
     {{"example.com", "mfrom", "pass"}},
     "fail",
     "pass",
     false,
     true,
     "P7",
     DMARC_NULL_SENDER},
    /* no names */
    {"", NULL, false, {{"example.com", NULL, "pass"}}, "fail", "fail", false, false, "F9", 0},
    {"a b",
     NULL,
     false,
     {{"a b", NULL, "pass"}},
     "fail",
     "fail",
     false,
     false,
     "F9",
     DMARC_BAD_NAME},
    {"com", NULL, false, {{"com", NULL, "pass"}}, "pass", "fail", true, false, "P4", 0},
    {"com", NULL, false, {{"example.com", NULL, "pass"}}, "fail", "fail", false, false, "F9", 0},
    {"B\xc3\xbc"
     "cher.example",
     NULL,
     false,
     {{"xn--bcher-kva.example", NULL, "pass"}},
     "pass",
     "fail",
     true,
     false,
     "P4",
     0},
    /* a reporter against itself */
    {"example.com",
     NULL,
     false,
     {{"example.com", NULL, "fail"}},
     "pass",
     "fail",
     false,
     false,
     "F11",
     DMARC_REPORTER_MISMATCH},
    {"example.com",
     NULL,
     false,
     {{"example.com", NULL, "pass"}},
     "fail",
     "fail",
     true,
     false,
     "P4",
     DMARC_REPORTER_MISMATCH},
    {"example.com", NULL, false, {{"example.com", NULL, "pass"}}, "", "", true, false, "P4", 0},
    {"example.com",
     NULL,
     false,
     {{"example.com", NULL, "fail"}},
     "whim",
     "",
     false,
     false,
     "F11",
     DMARC_UNKNOWN_WORD},
    /* the best of several signatures */
    {"example.com",
     NULL,
     false,
     {{"example.com", NULL, "permerror"},
      {"example.com", NULL, "temperror"},
      {"v.example", NULL, "pass"}},
     "fail",
     "fail",
     false,
     false,
     "F11",
     0},
    {"example.com",
     NULL,
     false,
     {{"example.com", NULL, "none"}},
     "fail",
     "fail",
     false,
     false,
     "F10",
     0},
};

static void alignment(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(records); i++) {
		enum dmarc_word_code mode = records[i].strict ? W_STRICT : W_RELAXED;
		raw_record_begin(&raw, mode, mode);
		add(RAW_EVAL_DKIM, records[i].eval_dkim);
		add(RAW_EVAL_SPF, records[i].eval_spf);
		add(RAW_HEADER_FROM, records[i].from);
		if (records[i].envelope)
			add(RAW_ENVELOPE_FROM, records[i].envelope);
		for (size_t k = 0; k < 4 && records[i].results[k].domain; k++) {
			const struct result *r = &records[i].results[k];
			if (r->scope)
				spf(r->domain, r->scope, r->result);
			else
				dkim(r->domain, r->result);
		}
		const struct dmarc_profile *p = done().profile;
		CHECK_ROW(p->aligned_dkim == records[i].aligned_dkim, i);
		CHECK_ROW(p->aligned_spf == records[i].aligned_spf, i);
		CHECK_ROW(strcmp(dmarc_cell_name(p->cell), records[i].cell) == 0, i);
		CHECK_ROW(p->flags == records[i].flags, i);
	}
}

static void reasons(void **state)
{
	static const struct {
		const char *type, *comment;
		unsigned flags;
	} cases[] = {
	    {"forwarded", "", DMARC_FORWARD_REASON},
	    {"trusted_forwarder", "", DMARC_FORWARD_REASON},
	    {"Mailing_List", "", DMARC_FORWARD_REASON},
	    {"sampled_out", "", DMARC_TEST_OR_SAMPLED},
	    {"policy_test_mode", "", DMARC_TEST_OR_SAMPLED},
	    {"other", "", 0},
	    {"whim", "", DMARC_UNKNOWN_WORD},
	    {"local_policy", "", DMARC_LOCAL_POLICY},
	    {"local_policy", "arc=pass", DMARC_ARC_PASS},
	    {"local_policy", "ARC=Pass as[1].d=x.example", DMARC_ARC_PASS},
	    {"local_policy", "arc (i=1 spf=pass dkim=pass) pass", DMARC_ARC_PASS},
	    {"other", "arc check: pass", DMARC_ARC_PASS},
	    {"local_policy", "as.1.relay.example=pass", DMARC_ARC_PASS},
	    {"local_policy", "arc=fail; spf=pass", DMARC_LOCAL_POLICY},
	    {"local_policy", "arc=none dkim=pass", DMARC_LOCAL_POLICY},
	    {"local_policy", "arc=fail", DMARC_LOCAL_POLICY},
	    {"local_policy", "archive rule: pass", DMARC_LOCAL_POLICY},
	    {"local_policy", "march pass", DMARC_LOCAL_POLICY},
	    {"local_policy", "spf=pass, no arc", DMARC_LOCAL_POLICY},
	    {"local_policy", "arc bypass", DMARC_LOCAL_POLICY},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		raw_record_begin(&raw, W_RELAXED, W_RELAXED);
		add(RAW_HEADER_FROM, "example.com");
		add(RAW_REASON, "");
		add(RAW_REASON_TYPE, cases[i].type);
		add(RAW_REASON_COMMENT, cases[i].comment);
		CHECK_ROW(done().profile->flags == cases[i].flags, i);
	}
}

/* ---- the cache ---- */

static void equal_texts_share_a_profile(void **state)
{
	const struct dmarc_profile *p[3];
	(void)state;
	for (int i = 0; i < 3; i++) {
		raw_record_begin(&raw, i == 2 ? W_STRICT : W_RELAXED, W_RELAXED);
		add(RAW_HEADER_FROM, "example.com");
		dkim("example.com", "pass");
		p[i] = done().profile;
	}
	assert_ptr_equal(p[0], p[1]);
	assert_ptr_not_equal(p[0], p[2]); /* another mode */
	assert_memory_not_equal(&p[0]->digest, &p[2]->digest, sizeof p[0]->digest);
}

/* ("ab", "c") is not ("a", "bc"), and an entry is not two. */
static void borders_of_texts_count(void **state)
{
	struct digest d[3];
	(void)state;
	for (int i = 0; i < 3; i++) {
		raw_record_begin(&raw, W_RELAXED, W_RELAXED);
		add(RAW_HEADER_FROM, "example.com");
		add(RAW_DKIM, "");
		add(RAW_DKIM_SELECTOR, i == 0 ? "ab" : "a");
		if (i == 2)
			add(RAW_DKIM, "");
		add(RAW_DKIM_HUMAN, i == 0 ? "c" : "bc");
		d[i] = done().profile->digest;
	}
	assert_memory_not_equal(&d[0], &d[1], sizeof d[0]);
	assert_memory_not_equal(&d[1], &d[2], sizeof d[0]);
}

/* More than a key holds: what fits is kept whole, the rest is marked as cut. */
static void a_record_too_large_is_cut(void **state)
{
	static char text[LIMIT_XML_TEXT + 1];
	(void)state;
	memset(text, 'x', LIMIT_XML_TEXT);
	for (size_t less = 0; less < 40; less++) {
		raw_record_begin(&raw, W_RELAXED, W_RELAXED);
		add(RAW_HEADER_FROM, "example.com");
		for (int i = 0; i < 70; i++) {
			add(RAW_DKIM, "");
			raw_record_add(&raw, RAW_DKIM_HUMAN, text, LIMIT_XML_TEXT - less);
		}
		dkim("example.com", "pass"); /* behind the gap: not there */
		const struct dmarc_profile *p = done().profile;
		CHECK_ROW((p->flags & DMARC_CUT) && !p->aligned_dkim, less);
		CHECK_ROW(p->n_dkim > 60 && p->n_dkim <= 70, less);
		CHECK_ROW(strlen(p->dkim[0].human_result) == LIMIT_TEXT, less);
		if (normaliser_full(normaliser))
			normaliser_trim(normaliser);
	}
}

static void the_cache_has_a_ceiling(void **state)
{
	struct digest first = {{0}}, again;
	unsigned trims = 0;
	(void)state;
	for (int i = 0; i < 100000; i++) {
		char selector[32];
		snprintf(selector, sizeof selector, "s%d", i);
		raw_record_begin(&raw, W_RELAXED, W_RELAXED);
		add(RAW_HEADER_FROM, "example.com");
		add(RAW_DKIM, "");
		add(RAW_DKIM_SELECTOR, selector);
		struct dmarc_record r = done();
		if (i == 0)
			first = r.profile->digest;
		trims += normaliser_full(normaliser);
		normaliser_trim(normaliser);
	}
	assert_true(trims > 2);
	raw_record_begin(&raw, W_RELAXED, W_RELAXED);
	add(RAW_HEADER_FROM, "example.com");
	add(RAW_DKIM, "");
	add(RAW_DKIM_SELECTOR, "s0");
	again = done().profile->digest;
	assert_memory_equal(&first, &again, sizeof first); /* forgotten, and the same again */
}

/* ---- records ---- */

static void addresses_and_counts(void **state)
{
	static const struct {
		const char *ip, *count;
		bool kept;
		uint64_t messages;
		unsigned flags;
	} cases[] = {
	    {"192.0.2.1", "5", true, 5, 0},
	    {"192.0.2.1", "0", true, 0, 0},
	    {"", "0", false, 0, 0},
	    {"", "1", true, 1, DMARC_BAD_IP},
	    {"", "", true, 0, DMARC_BAD_IP | DMARC_BAD_COUNT},
	    {"x", "0", true, 0, DMARC_BAD_IP},
	    {"192.0.2.1:25", "1", true, 1, DMARC_IP_TRIMMED},
	    {"[192.0.2.1]", "1", true, 1, DMARC_IP_TRIMMED},
	    {"fe80::1%eth0", "1", true, 1, DMARC_IP_TRIMMED},
	    {"::ffff:192.0.2.1", "1", true, 1, DMARC_IP_MAPPED},
	    {"192.0.2.1", "1000000000000", true, 1000000000000, 0},
	    {"192.0.2.1", "1000000000001", true, 0, DMARC_BAD_COUNT},
	    {"192.0.2.1", "99999999999999999999999999", true, 0, DMARC_BAD_COUNT},
	    {"192.0.2.1", "-1", true, 0, DMARC_BAD_COUNT},
	    {"192.0.2.1", "1e3", true, 0, DMARC_BAD_COUNT},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct dmarc_record r;
		struct digest values;
		raw_record_begin(&raw, W_RELAXED, W_RELAXED);
		add(RAW_HEADER_FROM, "example.com");
		add(RAW_SOURCE_IP, cases[i].ip);
		add(RAW_COUNT, cases[i].count);
		CHECK_ROW(normalise_record(normaliser, &raw, &r, &values) == cases[i].kept, i);
		if (!cases[i].kept)
			continue;
		CHECK_ROW(r.messages == cases[i].messages && r.flags == cases[i].flags, i);
		CHECK_ROW((r.source.family == 0) == ((r.flags & DMARC_BAD_IP) != 0), i);
	}
}

/* The content of a report must not change with the public suffix list. */
static const char *no_suffixes(void *ctx, const char *name)
{
	(void)ctx;
	return name;
}

static void values_do_not_depend_on_the_suffix_list(void **state)
{
	struct name_rules other = {
	    .to_alabels = rules->to_alabels, .ctx = rules->ctx, .org_domain = no_suffixes};
	struct normaliser *n = normaliser_new(&other);
	struct dmarc_record a, b;
	struct digest with, without;
	(void)state;
	raw_record_begin(&raw, W_RELAXED, W_RELAXED);
	add(RAW_HEADER_FROM, "example.com");
	add(RAW_SOURCE_IP, "192.0.2.1");
	add(RAW_COUNT, "1");
	dkim("a.example.com", "pass");
	assert_true(normalise_record(normaliser, &raw, &a, &with));
	assert_true(normalise_record(n, &raw, &b, &without));
	assert_true(a.profile->aligned_dkim && !b.profile->aligned_dkim);
	assert_memory_not_equal(&a.profile->digest, &b.profile->digest, sizeof with);
	assert_memory_equal(&with, &without, sizeof with);
	normaliser_free(n);
}

static int set_up(void **state)
{
	(void)state;
	rules = names_open();
	normaliser = normaliser_new(rules);
	raw_record_init(&raw);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	raw_record_free(&raw);
	normaliser_free(normaliser);
	names_close(rules);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(all_150_cells),
	    cmocka_unit_test(alignment),
	    cmocka_unit_test(reasons),
	    cmocka_unit_test(equal_texts_share_a_profile),
	    cmocka_unit_test(borders_of_texts_count),
	    cmocka_unit_test(a_record_too_large_is_cut),
	    cmocka_unit_test(the_cache_has_a_ceiling),
	    cmocka_unit_test(addresses_and_counts),
	    cmocka_unit_test(values_do_not_depend_on_the_suffix_list),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
