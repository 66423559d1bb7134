/* Folds: what is written is read, whatever is in it; what is damaged is told. */
#include <stdlib.h>
#include <string.h>

#include "core/hash.h"
#include "core/mem.h"
#include "db/read/fold.h"
#include "tests/unit/check.h"

#define HEAD 17 /* version and checksum */

static const struct dmarc_dkim dkim[] = {{"a.example", "s1", {W_PASS, "pass"}, NULL},
					 {NULL, "", {W_FAIL, "hardfail"}, "no key"}};
static const struct dmarc_spf spf[] = {
    {"a.example", {W_MFROM, "mfrom"}, {W_SOFTFAIL, "softfail"}, NULL},
    {"b.example", {W_ABSENT, NULL}, {W_OTHER, "odd"}, "\xc3\xbc"}};
static const struct dmarc_reason reasons[] = {{{W_FORWARDED, "forwarded"}, NULL},
					      {{W_OTHER_REASON, "other"}, "arc=pass"}};

static const struct dmarc_profile profiles[] = {
    {.digest.b = {1},
     .header_from = "a.example",
     .envelope_from = "",
     .disposition = {W_NONE, "none"},
     .eval_dkim = {W_PASS, "pass"},
     .adkim = {W_RELAXED, "r"},
     .aspf = {W_STRICT, "s"},
     .dkim = dkim,
     .n_dkim = 2,
     .spf = spf,
     .n_spf = 2,
     .reasons = reasons,
     .n_reasons = 2,
     .aligned_dkim = true,
     .cell = CELL_P3,
     .flags = DMARC_ARC_PASS | DMARC_LOCAL_POLICY},
    {.digest.b = {0xff, 0xfe},
     .envelope_to = "c.example",
     .disposition = {W_OTHER, "sent away"},
     .eval_spf = {W_FAIL, "fail"},
     .adkim = {W_RELAXED, "r"},
     .aspf = {W_RELAXED, "r"},
     .aligned_spf = true,
     .cell = CELL_F11},
};
static const struct fold_policy policies[] = {
    {{W_NONE, "none"}, {W_ABSENT, NULL}, 100, false},
    {{W_REJECT, "reject"}, {W_QUARANTINE, "quarantine"}, -1, true}};
static const int64_t reporters[] = {7, INT64_MAX, 1};
static const struct fold_reports reports[] = {{1, 0, 0, 2, 10, 3},
					      {31, 2, 1, 1, INT64_MAX, INT64_MAX}};

#define V4(d)                                                                                      \
	{                                                                                          \
		4,                                                                                 \
		{                                                                                  \
			192, 0, 2, d                                                               \
		}                                                                                  \
	}
/* not in order, and the last like the first */
static const struct fold_sighting sightings[] = {
    {V4(2), 1, 0, 31, 5, 1},
    {V4(2), 0, 2, 1, 0, 3},
    {V4(2), 0, 1, 2, INT64_MAX, 1},
    {{6, {0x20, 1, 0xd, 0xb8, [15] = 1}}, 0, 0, 15, 1, 1},
    {{6, {0x20, 1, 0xd, 0xb8, [15] = 2}}, 1, 0, 15, 1, 1},
    {{0, {0}}, 1, 1, 9, 77, 2},
    {V4(1), 0, 0, 3, 1, 0},
    {V4(2), 1, 0, 31, 6, 2},
};

static void *copy_of(const void *p, size_t size)
{
	return memcpy(mem_alloc(size), p, size);
}

static struct fold made(void)
{
	return (struct fold){copy_of(reporters, sizeof reporters),
			     copy_of(policies, sizeof policies),
			     copy_of(reports, sizeof reports),
			     copy_of(profiles, sizeof profiles),
			     copy_of(sightings, sizeof sightings),
			     COUNT(reporters),
			     COUNT(policies),
			     COUNT(reports),
			     COUNT(profiles),
			     COUNT(sightings)};
}

static struct buf written(void)
{
	struct fold f = made();
	struct buf b;
	buf_init(&b, FOLD_MAX);
	fold_sort(&f);
	fold_write(&f, &b);
	fold_free(&f);
	assert_false(b.failed);
	return b;
}

static bool same_text(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

static bool same_word(struct dmarc_word a, struct dmarc_word b)
{
	return a.code == b.code && same_text(a.text, b.text);
}

static void check_profile(const struct dmarc_profile *a, const struct dmarc_profile *b)
{
	assert_memory_equal(a->digest.b, b->digest.b, 8);
	assert_true(same_text(a->header_from, b->header_from));
	assert_true(same_text(a->envelope_from, b->envelope_from));
	assert_true(same_text(a->envelope_to, b->envelope_to));
	assert_true(same_word(a->disposition, b->disposition));
	assert_true(same_word(a->eval_dkim, b->eval_dkim) && same_word(a->eval_spf, b->eval_spf));
	assert_true(same_word(a->adkim, b->adkim) && same_word(a->aspf, b->aspf));
	assert_true(a->aligned_dkim == b->aligned_dkim && a->aligned_spf == b->aligned_spf);
	assert_true(a->cell == b->cell && a->flags == b->flags);
	assert_true(a->n_dkim == b->n_dkim && a->n_spf == b->n_spf && a->n_reasons == b->n_reasons);
	for (unsigned i = 0; i < a->n_dkim; i++)
		CHECK_ROW(same_text(a->dkim[i].domain, b->dkim[i].domain) &&
			      same_text(a->dkim[i].selector, b->dkim[i].selector) &&
			      same_word(a->dkim[i].result, b->dkim[i].result) &&
			      same_text(a->dkim[i].human_result, b->dkim[i].human_result),
			  i);
	for (unsigned i = 0; i < a->n_spf; i++)
		CHECK_ROW(same_text(a->spf[i].domain, b->spf[i].domain) &&
			      same_word(a->spf[i].scope, b->spf[i].scope) &&
			      same_word(a->spf[i].result, b->spf[i].result) &&
			      same_text(a->spf[i].human_result, b->spf[i].human_result),
			  i);
	for (unsigned i = 0; i < a->n_reasons; i++)
		CHECK_ROW(same_word(a->reasons[i].type, b->reasons[i].type) &&
			      same_text(a->reasons[i].comment, b->reasons[i].comment),
			  i);
}

static void test_round_trip(void **state)
{
	(void)state;
	struct buf b = written();
	struct fold f;
	struct arena a = {0};
	struct err err;
	assert_int_equal(fold_read(b.data, b.len, &a, &f, &err), ST_OK);
	assert_int_equal(f.n_reporters, COUNT(reporters));
	assert_memory_equal(f.reporters, reporters, sizeof reporters);
	assert_int_equal(f.n_policies, COUNT(policies));
	for (size_t i = 0; i < COUNT(policies); i++)
		CHECK_ROW(same_word(f.policies[i].p, policies[i].p) &&
			      same_word(f.policies[i].sp, policies[i].sp) &&
			      f.policies[i].pct == policies[i].pct &&
			      f.policies[i].testing == policies[i].testing,
			  i);
	assert_int_equal(f.n_reports, COUNT(reports));
	for (size_t i = 0; i < COUNT(reports); i++)
		CHECK_ROW(f.reports[i].day == reports[i].day &&
			      f.reports[i].reporter == reports[i].reporter &&
			      f.reports[i].policy == reports[i].policy &&
			      f.reports[i].reports == reports[i].reports &&
			      f.reports[i].messages == reports[i].messages &&
			      f.reports[i].dmarc_pass == reports[i].dmarc_pass,
			  i);
	assert_int_equal(f.n_profiles, COUNT(profiles));
	for (size_t i = 0; i < COUNT(profiles); i++)
		check_profile(&profiles[i], &f.profiles[i]);
	static const size_t order[] = {5, 6, 2, 1, 0, 3, 4};
	assert_int_equal(f.n_sightings, COUNT(order));
	for (size_t i = 0; i < COUNT(order); i++) {
		const struct fold_sighting *want = &sightings[order[i]], *got = &f.sightings[i];
		bool twice = order[i] == 0; /* the last is added to it */
		CHECK_ROW(ip_cmp(&want->source, &got->source) == 0, i);
		CHECK_ROW(want->profile == got->profile && want->reporter == got->reporter, i);
		CHECK_ROW(want->day == got->day, i);
		CHECK_ROW(got->messages == (twice ? 11 : want->messages), i);
		CHECK_ROW(got->records == (twice ? 3 : want->records), i);
	}
	fold_free(&f);
	arena_free(&a);
	buf_free(&b);
}

static void test_empty(void **state)
{
	(void)state;
	struct fold none = {0}, f;
	struct buf b;
	struct arena a = {0};
	struct err err;
	buf_init(&b, FOLD_MAX);
	fold_sort(&none);
	fold_write(&none, &b);
	assert_int_equal(fold_read(b.data, b.len, &a, &f, &err), ST_OK);
	assert_int_equal(f.n_reports + f.n_profiles + f.n_sightings, 0);
	fold_free(&f);
	arena_free(&a);
	buf_free(&b);
}

static enum status read_bytes(const char *bytes, size_t n)
{
	struct fold f;
	struct arena a = {0};
	struct err err;
	char *exact = memcpy(mem_alloc(n + 1), bytes, n); /* its end is watched */
	enum status st = fold_read(exact, n, &a, &f, &err);
	if (st == ST_OK)
		fold_free(&f);
	assert_null(f.sightings);
	free(exact);
	arena_free(&a);
	return st;
}

static void seal(char *bytes, size_t n)
{
	struct digest sum = hash_fixed128(bytes + HEAD, n - HEAD);
	memcpy(bytes + 1, sum.b, sizeof sum.b);
}

/* Cut anywhere, or with any byte changed: never taken for whole; with a checksum to match, a cut
 * one neither, and a changed one may be another fold, but nothing worse. */
static void test_damage(void **state)
{
	(void)state;
	struct buf b = written();
	for (size_t n = 0; n < b.len; n++) {
		CHECK_ROW(read_bytes(b.data, n) == ST_ITEM, n);
		struct buf cut;
		buf_init(&cut, FOLD_MAX);
		buf_put(&cut, b.data, n);
		if (n >= HEAD) {
			seal(cut.data, n);
			CHECK_ROW(read_bytes(cut.data, n) == ST_ITEM, n);
		}
		buf_free(&cut);
	}
	for (size_t i = 0; i < b.len; i++) {
		char was = b.data[i];
		for (int bit = 0; bit < 8; bit++) {
			b.data[i] = (char)(was ^ 1 << bit);
			CHECK_ROW(read_bytes(b.data, b.len) == ST_ITEM, i);
			if (i >= HEAD) {
				seal(b.data, b.len);
				enum status st = read_bytes(b.data, b.len);
				CHECK_ROW(st == ST_OK || st == ST_ITEM, i);
			}
			b.data[i] = was;
			seal(b.data, b.len);
		}
	}
	assert_int_equal(read_bytes(b.data, b.len), ST_OK);
	buf_free(&b);
}

static void test_too_large(void **state)
{
	(void)state;
	struct fold f = made();
	struct buf b;
	buf_init(&b, 100);
	fold_sort(&f);
	fold_write(&f, &b);
	assert_true(b.failed);
	fold_free(&f);
	buf_free(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_round_trip), cmocka_unit_test(test_empty),
	    cmocka_unit_test(test_damage), cmocka_unit_test(test_too_large)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
