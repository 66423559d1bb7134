/* Small reports: stored, duplicate, conflict, set aside; in a batch, across batches, in later runs.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/limits.h"
#include "db/pg/copy.h"
#include "db/store/quarantine.h"
#include "tests/db/fixture.h"

static struct blob blob_of(const char *s)
{
	return (struct blob){.size = strlen(s), .mem = (const uint8_t *)s, .fd = -1};
}

/* Report, records, totals and ledger say the same. */
static void check_sums(struct db *db, int64_t reports, int64_t records)
{
	assert_int_equal(fixture_int(db, "SELECT count(*) FROM report"), reports);
	assert_int_equal(fixture_int(db, "SELECT count(*) FROM record_row"), records);
	assert_int_equal(fixture_int(db, "SELECT coalesce(sum(records), 0) FROM report"), records);
	assert_int_equal(fixture_int(db, "SELECT coalesce(sum(records), 0) FROM rollup_month"),
			 records);
	assert_int_equal(fixture_int(db, "SELECT coalesce(sum(messages), 0) FROM record_row"),
			 fixture_int(db, "SELECT coalesce(sum(messages), 0) FROM rollup_month"));
	assert_int_equal(fixture_int(db, "SELECT coalesce(sum(messages), 0) FROM record_row"),
			 fixture_int(db, "SELECT coalesce(sum(messages), 0) FROM report"));
	assert_int_equal(fixture_int(db, "SELECT count(*) FROM v_ledger WHERE outcome = 'stored'"),
			 reports);
}

static void test_twice(void **state)
{
	(void)state;
	const char *info = fixture_database();
	struct loading l;
	loading_open(&l, info, false);
	for (int run = 0; run < 2; run++) {
		for (int i = 0; i < 100; i++) {
			char id[32], domain[32];
			snprintf(id, sizeof id, "r%d", i);
			snprintf(domain, sizeof domain, "d%d.example", i % 7);
			put(&l, &(struct made){.domain = domain,
					       .id = id,
					       .day = DAY0 + i,
					       .n = (uint64_t)i,
					       .profiles = 20});
		}
		assert_int_equal(l.settled.n, 100 * run);
		loading_flush(&l);
	}
	assert_int_equal(l.settled.n, 200);
	assert_int_equal(l.settled.outcome[OUT_STORED], 100);
	assert_int_equal(l.settled.outcome[OUT_DUPLICATE], 100);
	assert_int_equal(l.settled.records, 4950);
	check_sums(l.db, 100, 4950);
	assert_int_equal(fixture_int(l.db, "SELECT sum(messages) FROM record_row"),
			 l.settled.messages);
	loading_close(&l);
}

/* Each input gets its own verdict, in the order they came. */
static void check_order(const struct settled *s, const enum outcome *want, size_t n)
{
	assert_int_equal(s->n, n);
	for (size_t i = 0; i < n; i++) {
		CHECK_ROW(s->outcomes[i] == want[i], i);
		CHECK_ROW(s->tickets[i] == &want[i], i);
	}
}

static void test_within_batch(void **state)
{
	(void)state;
	static const enum outcome want[] = {OUT_STORED, OUT_DUPLICATE, OUT_CONFLICT, OUT_DUPLICATE,
					    OUT_STORED};
	static const unsigned variants[] = {0, 0, 1, 1, 0};
	struct loading l;
	loading_open(&l, fixture_database(), false);
	for (size_t i = 0; i < COUNT(want); i++)
		put(&l, &(struct made){.domain = i == 4 ? "b.example" : "a.example",
				       .id = "same",
				       .day = DAY0,
				       .n = 3,
				       .variant = variants[i],
				       .ticket = &want[i]});
	loading_flush(&l);
	check_order(&l.settled, want, COUNT(want));
	check_sums(l.db, 2, 6);
	assert_int_equal(fixture_int(l.db, "SELECT count(*) FROM quarantine"), 1);
	loading_close(&l);
}

static void test_conflict_later(void **state)
{
	(void)state;
	static const enum outcome want[] = {OUT_STORED, OUT_CONFLICT, OUT_DUPLICATE, OUT_CONFLICT,
					    OUT_DUPLICATE};
	static const unsigned variants[] = {0, 1, 1, 2, 0};
	const char *info = fixture_database();
	struct loading l;
	for (size_t i = 0; i < COUNT(want); i++) {
		loading_open(&l, info, false);
		put(&l, &(struct made){.domain = "a.example",
				       .id = "same",
				       .day = DAY0,
				       .n = 3,
				       .variant = variants[i]});
		loading_flush(&l);
		CHECK_ROW(l.settled.n == 1 && l.settled.outcomes[0] == want[i], i);
		CHECK_ROW((l.settled.reason[0] != 0) == (want[i] == OUT_CONFLICT), i);
		if (i + 1 < COUNT(want))
			loading_close(&l);
	}
	check_sums(l.db, 1, 3);
	assert_int_equal(fixture_int(l.db, "SELECT count(*) FROM quarantine"), 2);
	loading_close(&l);
}

/* A time the server cannot hold: its report alone is set aside. */
static void test_bad_one(void **state)
{
	(void)state;
	struct loading l;
	loading_open(&l, fixture_database(), false);
	for (int i = 0; i < 20; i++) {
		char id[32];
		snprintf(id, sizeof id, "r%d", i);
		put(&l, &(struct made){.domain = "a.example",
				       .id = id,
				       .day = DAY0,
				       .n = 5,
				       .begin = i == 7 || i == 11 ? INT64_C(9224318100000) : 0});
	}
	note(&l, "junk", blob_of("junk"), OUT_NOT_A_REPORT, "no report");
	loading_flush(&l);
	assert_int_equal(l.settled.n, 21);
	assert_int_equal(l.settled.outcome[OUT_STORED], 18);
	assert_int_equal(l.settled.outcome[OUT_REJECTED], 2);
	assert_int_equal(l.settled.outcomes[7], OUT_REJECTED);
	assert_int_equal(l.settled.outcomes[11], OUT_REJECTED);
	check_sums(l.db, 18, 90);
	assert_int_equal(fixture_int(l.db, "SELECT count(*) FROM v_ledger"), 21);
	assert_int_equal(
	    fixture_int(l.db, "SELECT count(*) FROM quarantine WHERE reason LIKE '%22008%'"), 2);
	loading_close(&l);
}

/* What breaks the contract of clean text is repaired. */
static void test_dirty_text(void **state)
{
	(void)state;
	struct loading l;
	char long_name[4000];
	memset(long_name, 'x', sizeof long_name - 1);
	for (size_t i = 0; i + 1 < sizeof long_name; i++)
		long_name[i] = (char)('a' + rand() % 26);
	long_name[sizeof long_name - 1] = '\0';
	loading_open(&l, fixture_database(), false);
	put(&l, &(struct made){.domain = "a\xff.example",
			       .org = "o\xc3",
			       .id = "i\xed\xa0\x80",
			       .day = DAY0,
			       .n = 2});
	put(&l, &(struct made){.domain = "b.example", .org = long_name, .id = "long", .day = DAY0});
	note(&l, "caf\xe9.xml", blob_of("x"), OUT_REJECTED, "r\xfe");
	loading_flush(&l);
	assert_int_equal(l.settled.outcome[OUT_STORED], 2);
	assert_int_equal(l.settled.outcome[OUT_REJECTED], 1);
	loading_close(&l);
}

/* What a list is made of is no part of its elements, whatever they hold. */
static void test_lists(void **state)
{
	(void)state;
	static const char *const one[] = {"a\x1f"
					  "b\x1e",
					  NULL, "", "c\xff{,\"\\"},
				 *const none[] = {NULL};
	struct db *db = fixture_open(fixture_database());
	struct copy c;
	CHECK_OK(db_exec(db, "CREATE TEMPORARY TABLE t (n integer, list text)", &err));
	copy_begin(&c, db, "COPY t FROM STDIN (FORMAT binary)");
	const struct {
		const char *const *list;
		size_t n;
	} lists[] = {{one, COUNT(one)}, {none, 1}, {none, 0}};
	for (size_t i = 0; i < COUNT(lists); i++) {
		copy_row(&c, 2);
		copy_int4(&c, (int32_t)i);
		copy_list(&c, lists[i].list, lists[i].n);
	}
	CHECK_OK(copy_end(&c, &err));
	char text[128];
	fixture_text(
	    db,
	    "SELECT string_agg(coalesce(string_to_array(list, chr(31), chr(30))::text, '-'), "
	    "' ' ORDER BY n) FROM t",
	    text, sizeof text);
	assert_string_equal(text, "{\"a b \",NULL,NULL,\"c\xef\xbf\xbd{,\\\"\\\\\"} {NULL} -");
	db_close(db);
}

/* A partition that somebody dropped by hand is missed before anything is rejected, and made again.
 */
static void test_partition_gone(void **state)
{
	(void)state;
	struct loading l;
	struct err err;
	struct made m = {.domain = "a.example", .id = "before", .day = DAY0, .n = 2};
	const char *database = fixture_database();
	loading_open(&l, database, false);
	put(&l, &m);
	loading_flush(&l);
	m.id = "after";
	if (db_exec(l.db, "DROP TABLE record_202410", &err) != ST_OK)
		fail_msg("%s", err.msg);
	put(&l, &m);
	assert_int_equal(l.sink->flush(l.sink->ctx, &err), ST_RETRY);
	loading_close(&l);
	loading_open(&l, database, false);
	put(&l, &m);
	loading_flush(&l);
	assert_int_equal(l.settled.outcome[OUT_STORED], 1);
	loading_close(&l);
}

/* Names are asked for and entered many at a time: what an array's text gives a meaning to is no
 * part of it, and each report keeps its own. */
static void test_names(void **state)
{
	static const char *const names[] = {"a\"b", "back\\slash", "{x,y}", "NULL", "",
					    " ",    "line\nend",   "','",   "\\\""};
	struct loading l;
	char id[16];
	const char *database = fixture_database();
	(void)state;
	for (int round = 0; round < 2; round++) { /* another loader finds what the first entered */
		loading_open(&l, database, false);
		for (int i = 0; i < 600; i++) {
			char other[32];
			snprintf(other, sizeof other, "reporter %d", i);
			snprintf(id, sizeof id, "%d-%d", round, i);
			put(&l, &(struct made){.domain = "a.example",
					       .org = (size_t)i < COUNT(names) ? names[i] : other,
					       .id = id,
					       .day = DAY0});
		}
		loading_flush(&l);
		assert_int_equal(l.settled.outcome[OUT_STORED], 600);
		for (size_t i = 0; i < COUNT(names); i++) {
			PGresult *res;
			snprintf(id, sizeof id, "%d-%zu", round, i);
			const char *params[] = {id};
			CHECK_OK(
			    db_query(l.db,
				     "SELECT org_name FROM report JOIN reporter ON reporter.id = "
				     "reporter_id WHERE external_id = $1",
				     1, params, &res, &err));
			assert_int_equal(PQntuples(res), 1);
			assert_string_equal(PQgetvalue(res, 0, 0), names[i]);
			PQclear(res);
		}
		assert_int_equal(fixture_int(l.db, "SELECT count(*) FROM reporter"), 600);
		loading_close(&l);
	}
}

static void test_marks(void **state)
{
	(void)state;
	struct loading l;
	loading_open(&l, fixture_database(), false);
	put(&l, &(struct made){
		    .domain = "a.example", .id = "1", .day = DAY0, .n = 4, .flags = DMARC_BAD_IP});
	put(&l, &(struct made){.domain = "a.example", .id = "2", .day = DAY0, .n = 4});
	loading_flush(&l);
	assert_int_equal(fixture_int(l.db,
				     "SELECT count(*) FROM record_mark m JOIN record_row r USING "
				     "(domain_id, report_id, record_no) WHERE flags = 1 AND "
				     "source_raw = 'not an address' AND r.source IS NULL"),
			 4);
	assert_int_equal(fixture_int(l.db, "SELECT count(*) FROM record_mark"), 4);
	loading_close(&l);
}

/* More records in one batch than one may hold, and torn reports between: none of their rows stay.
 */
static void test_torn(void **state)
{
	(void)state;
	struct loading l;
	loading_open(&l, fixture_database(), false);
	for (int i = 0; i < 60; i++) {
		char id[32];
		snprintf(id, sizeof id, "r%d", i);
		put(&l, &(struct made){.domain = "a.example",
				       .id = id,
				       .day = DAY0 + i,
				       .n = 1000,
				       .profiles = 1 + (unsigned)i,
				       .flags = i % 2 ? DMARC_BAD_IP : 0,
				       .torn = i % 3 == 0});
		if (i % 3 == 0)
			note(&l, id, blob_of(id), OUT_REJECTED, "cut");
	}
	assert_true(l.settled.n > 0);
	loading_flush(&l);
	assert_int_equal(l.settled.outcome[OUT_STORED], 40);
	assert_int_equal(l.settled.outcome[OUT_REJECTED], 20);
	check_sums(l.db, 40, 40000);
	assert_int_equal(fixture_int(l.db, "SELECT count(*) FROM record_mark"), 20000);
	assert_int_equal(fixture_int(l.db, "SELECT count(*) FROM quarantine"), 20);
	loading_close(&l);
}

static char *read_back(struct db *db, int64_t id, size_t *n)
{
	char *data;
	FILE *f = open_memstream(&data, n);
	CHECK_OK(quarantine_export(db, id, f, &err));
	fclose(f);
	return data;
}

/* From memory and from a file; large ones at once; the same bytes once; past the ceiling the head.
 */
static void test_quarantine(void **state)
{
	(void)state;
	struct loading l;
	struct arena a = {0};
	struct quarantined *rows;
	size_t n, got;
	char name[] = "/tmp/ruascope-db-XXXXXX";
	int fd = mkstemp(name);
	unlink(name);
	char *big = malloc(3 * MIB);
	for (size_t i = 0; i < 3 * MIB; i++)
		big[i] = (char)(i * 2654435761u >> 13);
	assert_int_equal(pwrite(fd, big, 3 * MIB, 100), 3 * MIB);
	assert_int_equal(ftruncate(fd, 65 * MIB), 0);
	struct blob file = {.size = 3 * MIB, .fd = fd, .offset = 100};
	struct blob huge = {.size = 65 * MIB - 1, .fd = fd};
	loading_open(&l, fixture_database(), false);
	for (int run = 0; run < 2; run++) {
		note(&l, "small", blob_of("small"), OUT_REJECTED, "why");
		note(&l, "nothing", blob_of(""), OUT_REJECTED, "empty");
		note(&l, "file", file, OUT_REJECTED, "why");
		assert_int_equal(l.settled.n, 4 * run + 3); /* its bytes go away */
		note(&l, "huge", huge, OUT_REJECTED, "why");
		assert_int_equal(l.settled.n, 4 * run + 4);
	}
	CHECK_OK(quarantine_list(l.db, 0, &a, &rows, &n, &err));
	assert_int_equal(n, 3);
	assert_string_equal(rows[0].source, "small");
	assert_string_equal(rows[0].outcome, "rejected");
	char *back = read_back(l.db, rows[1].id, &got);
	assert_int_equal(got, 3 * MIB);
	assert_memory_equal(back, big, got);
	free(back);
	assert_true(rows[2].truncated && !rows[1].truncated);
	assert_int_equal(rows[2].size, 65 * MIB - 1);
	free(read_back(l.db, rows[2].id, &got));
	assert_int_equal(got, LIMIT_QUARANTINE_HEAD);
	CHECK_OK(quarantine_delete(l.db, rows[0].id, &err));
	CHECK_OK(quarantine_list(l.db, rows[0].id, &a, &rows, &n, &err));
	assert_int_equal(n, 0);
	struct err err;
	assert_int_equal(quarantine_export(l.db, 999, stderr, &err), ST_ITEM);
	arena_free(&a);
	free(big);
	close(fd);
	loading_close(&l);
}

/* Hundreds of reports of one large container are one transaction and one copy of it. What only has
 * its size, at its place in memory, is another container. */
static void test_one_container(void **state)
{
	(void)state;
	static uint8_t bytes[700 * 1024];
	struct blob zip = {.size = sizeof bytes, .mem = bytes, .fd = -1};
	struct loading l;
	loading_open(&l, fixture_database(), false);
	memset(bytes, 'a', sizeof bytes);
	for (int i = 0; i < 300; i++) {
		char id[32];
		snprintf(id, sizeof id, "z%d", i);
		put(&l,
		    &(struct made){
			.domain = "d.example", .id = id, .day = DAY0, .n = 2, .container = zip});
	}
	assert_int_equal(l.settled.n, 0);
	for (uint8_t other = 'b'; other <= 'c'; other++) {
		memset(bytes, other, sizeof bytes);
		put(&l, &(struct made){.domain = "d.example",
				       .id = "z7",
				       .day = DAY0,
				       .n = 2,
				       .variant = other,
				       .container = zip});
	}
	memset(bytes, 'x', sizeof bytes);
	loading_flush(&l);
	assert_int_equal(l.settled.outcome[OUT_STORED], 300);
	assert_int_equal(l.settled.outcome[OUT_CONFLICT], 2);
	check_sums(l.db, 300, 600);
	assert_int_equal(fixture_int(l.db, "SELECT count(DISTINCT xmin::text) FROM report"), 1);
	struct arena a = {0};
	struct quarantined *rows;
	size_t n, got;
	CHECK_OK(quarantine_list(l.db, 0, &a, &rows, &n, &err));
	assert_int_equal(n, 2);
	unsigned seen = 0;
	for (size_t i = 0; i < n; i++) {
		char *data = read_back(l.db, rows[i].id, &got);
		assert_int_equal(got, sizeof bytes);
		memset(bytes, data[0], sizeof bytes);
		assert_memory_equal(data, bytes, got);
		seen |= 1u << (data[0] - 'a');
		free(data);
	}
	assert_int_equal(seen, 1u << 1 | 1u << 2);
	arena_free(&a);
	loading_close(&l);
}

static void test_dry(void **state)
{
	(void)state;
	static const enum outcome want[] = {OUT_DUPLICATE, OUT_CONFLICT,  OUT_DUPLICATE,
					    OUT_STORED,    OUT_DUPLICATE, OUT_CONFLICT};
	static const char *const ids[] = {"stored", "stored", "aside", "new", "new", "new"};
	static const unsigned variants[] = {0, 9, 1, 0, 0, 1};
	const char *info = fixture_database();
	struct loading l;
	loading_open(&l, info, false);
	put(&l, &(struct made){.domain = "dry.example", .id = "stored", .day = DAY0, .n = 1});
	put(&l, &(struct made){.domain = "dry.example", .id = "aside", .day = DAY0, .n = 1});
	put(&l, &(struct made){
		    .domain = "dry.example", .id = "aside", .day = DAY0, .n = 1, .variant = 1});
	loading_flush(&l);
	loading_close(&l);
	loading_open(&l, info, true);
	int64_t rows = fixture_int(l.db, "SELECT count(*) FROM v_ledger");
	for (size_t i = 0; i < COUNT(want); i++)
		put(&l, &(struct made){.domain = "dry.example",
				       .id = ids[i],
				       .day = DAY0,
				       .n = 1,
				       .variant = variants[i],
				       .ticket = &want[i]});
	note(&l, "junk", blob_of("junk"), OUT_REJECTED, "why");
	loading_flush(&l);
	assert_int_equal(l.settled.outcome[OUT_REJECTED], 1);
	l.settled.n--;
	check_order(&l.settled, want, COUNT(want));
	assert_int_equal(fixture_int(l.db, "SELECT count(*) FROM v_ledger"), rows);
	assert_int_equal(fixture_int(l.db, "SELECT count(*) FROM report"), 2);
	assert_int_equal(fixture_int(l.db, "SELECT count(*) FROM quarantine"), 1);
	loading_close(&l);
}

static int tests(void)
{
	const struct CMUnitTest all[] = {
	    cmocka_unit_test(test_twice),          cmocka_unit_test(test_within_batch),
	    cmocka_unit_test(test_conflict_later), cmocka_unit_test(test_bad_one),
	    cmocka_unit_test(test_dirty_text),     cmocka_unit_test(test_lists),
	    cmocka_unit_test(test_partition_gone), cmocka_unit_test(test_names),
	    cmocka_unit_test(test_marks),          cmocka_unit_test(test_torn),
	    cmocka_unit_test(test_quarantine),     cmocka_unit_test(test_dry),
	    cmocka_unit_test(test_one_container),
	};
	return cmocka_run_group_tests(all, fixture_acquire, fixture_release);
}

int main(void)
{
	return fixture_main(tests);
}
