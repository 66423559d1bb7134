/*
 * test_cell.c - the decision table of classification.md 2.3, all 150 combinations, against a table
 * that was written by hand from it.
 */
#include <stdbool.h>
#include <string.h>

#include "core/dmarc.h"
#include "tests/unit/check.h"

/*
 * A row for each SPF domain and result; in it a column for each state of the aligned signatures
 * (pass, fail, key, temp, absent), first without and then with an unaligned signature that passes.
 */
static const struct {
	enum cell_spf_domain sa;
	enum cell_spf_result sr;
	const char *without[5], *with[5];
} table[] = {
    {SPF_ALIGNED, SPF_PASSES, {"P1", "P5", "P5", "P5", "P7"}, {"P1", "P5", "P5", "P5", "P6"}},
    {SPF_ALIGNED, SPF_FAILS, {"P2", "F2", "F2", "F2", "F1"}, {"P2", "F2", "F2", "F2", "F1"}},
    {SPF_ALIGNED, SPF_IS_NONE, {"P2", "F4", "F4", "F4", "F4"}, {"P2", "F4", "F4", "F4", "F4"}},
    {SPF_ALIGNED, SPF_PERM, {"P2", "F3", "F3", "F3", "F3"}, {"P2", "F3", "F3", "F3", "F3"}},
    {SPF_ALIGNED, SPF_TEMP, {"P2", "F5", "F5", "F5", "F5"}, {"P2", "F5", "F5", "F5", "F5"}},

    {SPF_UNALIGNED, SPF_PASSES, {"P3", "F8", "F8", "F8", "F7"}, {"P3", "F8", "F8", "F8", "F6"}},
    {SPF_UNALIGNED,
     SPF_FAILS,
     {"P4", "F11", "F11", "F11", "F10"},
     {"P4", "F11", "F11", "F11", "F9"}},
    {SPF_UNALIGNED,
     SPF_IS_NONE,
     {"P4", "F11", "F11", "F11", "F10"},
     {"P4", "F11", "F11", "F11", "F9"}},
    {SPF_UNALIGNED,
     SPF_PERM,
     {"P4", "F11", "F11", "F11", "F10"},
     {"P4", "F11", "F11", "F11", "F9"}},
    {SPF_UNALIGNED,
     SPF_TEMP,
     {"P4", "F11", "F11", "F11", "F10"},
     {"P4", "F11", "F11", "F11", "F9"}},

    /* a pass without a domain is a contradiction; it reads as somebody else's pass */
    {SPF_NO_DOMAIN, SPF_PASSES, {"P3", "F8", "F8", "F8", "F7"}, {"P3", "F8", "F8", "F8", "F6"}},
    {SPF_NO_DOMAIN,
     SPF_FAILS,
     {"P4", "F11", "F11", "F11", "F10"},
     {"P4", "F11", "F11", "F11", "F9"}},
    {SPF_NO_DOMAIN,
     SPF_IS_NONE,
     {"P4", "F11", "F11", "F11", "F10"},
     {"P4", "F11", "F11", "F11", "F9"}},
    {SPF_NO_DOMAIN,
     SPF_PERM,
     {"P4", "F11", "F11", "F11", "F10"},
     {"P4", "F11", "F11", "F11", "F9"}},
    {SPF_NO_DOMAIN,
     SPF_TEMP,
     {"P4", "F11", "F11", "F11", "F10"},
     {"P4", "F11", "F11", "F11", "F9"}},
};

static const enum cell_dkim columns[5] = {DKIM_PASSES, DKIM_FAILS, DKIM_KEY, DKIM_TEMP,
					  DKIM_ABSENT};

static void test_all(void **state)
{
	(void)state;
	bool seen[CELL_COUNT] = {false};
	size_t combinations = 0;
	for (size_t i = 0; i < COUNT(table); i++) {
		for (size_t c = 0; c < 5; c++) {
			for (int other = 0; other < 2; other++) {
				const char *want = other ? table[i].with[c] : table[i].without[c];
				enum dmarc_cell got =
				    dmarc_cell(table[i].sa, table[i].sr, columns[c], other);
				if (strcmp(dmarc_cell_name(got), want) != 0)
					fail_msg("row %zu, column %zu, other %d: %s, not %s", i, c,
						 other, dmarc_cell_name(got), want);
				seen[got] = true;
				combinations++;
			}
		}
	}
	assert_int_equal(combinations, 150);
	for (size_t c = 0; c < CELL_COUNT; c++)
		CHECK_ROW(seen[c], c);
}

/* The table itself names every pair of SPF domain and result once. */
static void test_table_is_whole(void **state)
{
	(void)state;
	bool seen[3][5] = {{false}};
	for (size_t i = 0; i < COUNT(table); i++) {
		CHECK_ROW(!seen[table[i].sa][table[i].sr], i);
		seen[table[i].sa][table[i].sr] = true;
	}
	assert_int_equal(COUNT(table), 15);
}

/* DMARC passes where a mechanism passes for an aligned domain, and nowhere else. */
static void test_passes(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(table); i++) {
		for (size_t c = 0; c < 5; c++) {
			bool spf = table[i].sa == SPF_ALIGNED && table[i].sr == SPF_PASSES;
			bool pass = spf || columns[c] == DKIM_PASSES;
			CHECK_ROW((table[i].without[c][0] == 'P') == pass, i);
			CHECK_ROW((table[i].with[c][0] == 'P') == pass, i);
		}
	}
}

static void test_names(void **state)
{
	(void)state;
	static const char *const names[] = {"P1", "P2", "P3", "P4", "P5", "P6", "P7", "F1",  "F2",
					    "F3", "F4", "F5", "F6", "F7", "F8", "F9", "F10", "F11"};
	assert_int_equal(COUNT(names), CELL_COUNT);
	for (size_t i = 0; i < COUNT(names); i++) {
		enum dmarc_cell c = CELL_COUNT;
		assert_string_equal(dmarc_cell_name((enum dmarc_cell)i), names[i]);
		CHECK_ROW(dmarc_cell_parse(names[i], &c), i);
		CHECK_ROW(c == (enum dmarc_cell)i, i);
	}
}

static void test_no_names(void **state)
{
	(void)state;
	static const char *const bad[] = {"",    "P",   "F",   "P0",  "P8",   "P10", "F0",
					  "F12", "F01", "F1 ", " F1", "F111", "G1",  "1"};
	for (size_t i = 0; i < COUNT(bad); i++) {
		enum dmarc_cell c = CELL_COUNT;
		CHECK_ROW(!dmarc_cell_parse(bad[i], &c), i);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_all),      cmocka_unit_test(test_table_is_whole),
	    cmocka_unit_test(test_passes),   cmocka_unit_test(test_names),
	    cmocka_unit_test(test_no_names),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
