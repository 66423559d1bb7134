/* Reports that outgrow a batch: streamed, compared, torn; memory stays where it is. */
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "core/limits.h"
#include "tests/db/fixture.h"

#ifdef __SANITIZE_ADDRESS__
#define ROOM_KIB (512 * 1024) /* it keeps freed memory */
#else
#define ROOM_KIB (8 * 1024)
#endif

#define MANY (3 * BATCH_RECORDS + 17)

static void check_records(struct db *db, int64_t reports, int64_t records)
{
	assert_int_equal(fixture_int(db, "SELECT count(*) FROM report"), reports);
	assert_int_equal(fixture_int(db, "SELECT count(*) FROM record_row"), records);
	assert_int_equal(fixture_int(db, "SELECT coalesce(sum(records), 0) FROM rollup_month"),
			 records);
	assert_int_equal(fixture_int(db, "SELECT coalesce(sum(messages), 0) FROM rollup_month"),
			 fixture_int(db, "SELECT coalesce(sum(messages), 0) FROM record_row"));
	assert_int_equal(fixture_int(db, "SELECT coalesce(sum(messages), 0) FROM rollup_month"),
			 fixture_int(db, "SELECT coalesce(sum(messages), 0) FROM report"));
}

static void test_store_and_compare(void **state)
{
	(void)state;
	const char *info = fixture_database();
	static const unsigned variants[] = {0, 0, 1, 1};
	static const enum outcome want[] = {OUT_STORED, OUT_DUPLICATE, OUT_CONFLICT, OUT_DUPLICATE};
	for (size_t i = 0; i < COUNT(want); i++) {
		struct loading l;
		loading_open(&l, info, false);
		if (i == 0)
			put(&l, &(struct made){
				    .domain = "a.example", .id = "before", .day = DAY0, .n = 5});
		put(&l, &(struct made){.domain = "a.example",
				       .id = "big",
				       .day = DAY0,
				       .n = MANY,
				       .profiles = 300,
				       .variant = variants[i]});
		uint64_t last = l.settled.n - 1; /* it does not wait for a flush */
		CHECK_ROW(l.settled.n == (i == 0 ? 2 : 1) && l.settled.outcomes[last] == want[i],
			  i);
		put(&l, &(struct made){.domain = "a.example", .id = "after", .day = DAY0, .n = 5});
		loading_flush(&l);
		check_records(l.db, 3, MANY + 10);
		loading_close(&l);
	}
	struct db *db = fixture_open(info);
	assert_int_equal(fixture_int(db,
				     "SELECT count(DISTINCT record_no) FROM record_row JOIN report "
				     "USING (domain_id, report_id) WHERE external_id = 'big'"),
			 MANY);
	assert_int_equal(fixture_int(db, "SELECT records FROM report WHERE external_id = 'big'"),
			 MANY);
	assert_int_equal(
	    fixture_int(db, "SELECT count(*) FROM quarantine WHERE outcome = 'conflict'"), 1);
	assert_int_equal(fixture_int(db, "SELECT count(*) FROM v_ledger"), 9);
	db_close(db);
}

static void test_torn(void **state)
{
	(void)state;
	struct loading l;
	loading_open(&l, fixture_database(), false);
	struct made big = {
	    .domain = "a.example", .id = "big", .day = DAY0, .n = MANY, .torn = true};
	put(&l, &(struct made){.domain = "a.example", .id = "before", .day = DAY0, .n = 5});
	put(&l, &big);
	put(&l, &(struct made){.domain = "a.example", .id = "after", .day = DAY0, .n = 5});
	loading_flush(&l);
	check_records(l.db, 2, 10);
	big.torn = false; /* it can come whole later, or be refused by the database */
	big.begin = INT64_C(9224318100000);
	struct err err = {.msg = ""};
	assert_int_equal(fixture_put(l.sink, &big, &err), ST_ITEM);
	assert_non_null(strstr(err.msg, "22008"));
	big.begin = 0;
	put(&l, &big);
	check_records(l.db, 3, MANY + 10);
	assert_int_equal(l.settled.n, 3);
	big.torn = true; /* compared with what is stored, and torn then */
	put(&l, &big);
	put(&l, &(struct made){.domain = "a.example", .id = "last", .day = DAY0, .n = 5});
	loading_flush(&l);
	check_records(l.db, 4, MANY + 15);
	loading_close(&l);
}

static long peak_kib(void)
{
	struct rusage u;
	getrusage(RUSAGE_SELF, &u);
	return u.ru_maxrss;
}

/* Flags on each record and more profiles than are remembered: nothing of it piles up. */
static void test_memory(void **state)
{
	(void)state;
	struct loading l;
	struct made m = {.domain = "a.example",
			 .id = "s",
			 .day = DAY0,
			 .n = 2 * BATCH_RECORDS,
			 .profiles = 1000,
			 .flags = DMARC_BAD_IP};
	loading_open(&l, fixture_database(), false);
	put(&l, &m);
	long before = peak_kib();
	m.id = "b";
	m.n = 500000;
	put(&l, &m);
	long grown = peak_kib() - before;
	if (grown > ROOM_KIB)
		fail_msg("500,000 records took %ld KiB more", grown);
	assert_int_equal(fixture_int(l.db, "SELECT count(*) FROM record_mark"),
			 500000 + 2 * BATCH_RECORDS);
	loading_close(&l);
}

/* Few records, but each with a profile of its own that is as long as one may be. */
static void test_heavy_profiles(void **state)
{
	(void)state;
	struct loading l;
	static char comment[LIMIT_TEXT];
	struct dmarc_dkim dkim[LIMIT_AUTH_RESULTS];
	struct dmarc_report head = {.org_name = "o",
				    .report_id = "heavy",
				    .begin = 0,
				    .end = 1,
				    .day = DAY0,
				    .policy = {.domain = "a.example", .pct = -1}};
	struct item item = {.source = "heavy", .auth = &authentic_nothing};
	memset(comment, 'c', sizeof comment - 1);
	for (size_t i = 0; i < COUNT(dkim); i++)
		dkim[i] = (struct dmarc_dkim){.domain = "d.example", .human_result = comment};
	loading_open(&l, fixture_database(), false);
	long before = peak_kib();
	CHECK_OK(l.sink->begin(l.sink->ctx, &head, &item, &err));
	for (unsigned i = 0; i < 1000; i++) {
		struct dmarc_profile p = {.digest = hash_fixed128(&i, sizeof i),
					  .header_from = "a.example",
					  .dkim = dkim,
					  .n_dkim = COUNT(dkim)};
		struct dmarc_record r = {.messages = 1, .profile = &p};
		CHECK_OK(l.sink->records(l.sink->ctx, &r, 1, &err));
	}
	head.n_records = head.n_messages = 1000;
	CHECK_OK(l.sink->end(l.sink->ctx, &head, &item, &err));
	long grown = peak_kib() - before;
	if (grown > 16 * 1024 + ROOM_KIB)
		fail_msg("profiles took %ld KiB more", grown);
	assert_int_equal(l.settled.outcome[OUT_STORED], 1);
	assert_int_equal(fixture_int(l.db, "SELECT count(*) FROM profile"), 1000);
	check_records(l.db, 1, 1000);
	loading_close(&l);
}

static void test_dry(void **state)
{
	(void)state;
	struct loading l;
	loading_open(&l, fixture_database(), true);
	put(&l, &(struct made){.domain = "dry.example", .id = "b", .day = DAY0, .n = MANY});
	loading_flush(&l);
	assert_int_equal(l.settled.outcome[OUT_STORED], 1);
	assert_int_equal(l.settled.records, MANY);
	assert_int_equal(fixture_int(l.db, "SELECT count(*) FROM report"), 0);
	loading_close(&l);
}

static int tests(void)
{
	const struct CMUnitTest all[] = {
	    cmocka_unit_test(test_store_and_compare),
	    cmocka_unit_test(test_torn),
	    cmocka_unit_test(test_memory),
	    cmocka_unit_test(test_heavy_profiles),
	    cmocka_unit_test(test_dry),
	};
	return cmocka_run_group_tests(all, fixture_acquire, fixture_release);
}

int main(void)
{
	return fixture_main(tests);
}
