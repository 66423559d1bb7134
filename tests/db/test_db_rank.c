/* Of two reports with one identity the proved one stays, whichever came first; whatever gives way
 * is in quarantine, and the sums hold. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/limits.h"
#include "core/receiver.h"
#include "db/read/rollup.h"
#include "tests/db/fixture.h"

#define GOOGLE_FROM "noreply-dmarc-support@google.com"

/* The last two labels: enough for the names of this test. */
static const char *org_of(void *ctx, const char *name)
{
	(void)ctx;
	const char *last = strrchr(name, '.'), *at = last;
	while (at && at > name && at[-1] != '.')
		at--;
	return at ? at : name;
}

static const struct name_rules rules = {.org_domain = org_of};

#define A_DATE INT64_C(1759622400)
static const struct authentic google = {.result = AUTH_ALIGNED,
					.by = AUTH_BY_DKIM,
					.mail = true,
					.date = A_DATE,
					.domain = "google.com",
					.from = GOOGLE_FROM};
static const struct authentic evil = {.result = AUTH_ALIGNED,
				      .by = AUTH_BY_DKIM,
				      .mail = true,
				      .date = A_DATE,
				      .domain = "evil.example",
				      .from = "x@evil.example"};
static const struct authentic unsigned_mail = {
    .result = AUTH_NONE, .mail = true, .date = INT64_C(1759622400), .from = GOOGLE_FROM};
static const struct authentic failed = {
    .result = AUTH_FAIL, .mail = true, .date = INT64_C(1759622400), .from = GOOGLE_FROM};

static void open_with_names(struct loading *l, const char *info, bool dry)
{
	loading_open(l, info, dry);
	load_names(l->loader, &rules);
}

static void check_sums(struct db *db, int64_t reports, int64_t records)
{
	static const char *const sums[] = {
	    "SELECT coalesce(sum(messages), 0) FROM report",
	    "SELECT coalesce(sum(messages), 0) FROM rollup_month",
	    "SELECT coalesce(sum(messages), 0) FROM v_record",
	};
	assert_int_equal(fixture_int(db, "SELECT count(*) FROM report"), reports);
	assert_int_equal(fixture_int(db, "SELECT coalesce(sum(reports), 0) FROM rollup_month"),
			 reports);
	assert_int_equal(fixture_int(db, "SELECT count(*) FROM v_ledger WHERE outcome = 'stored'"),
			 reports);
	assert_int_equal(fixture_int(db, "SELECT count(*) FROM record_row"), records);
	assert_int_equal(fixture_int(db, "SELECT coalesce(sum(records), 0) FROM report"), records);
	assert_int_equal(fixture_int(db, "SELECT coalesce(sum(records), 0) FROM rollup_month"),
			 records);
	for (size_t i = 0; i < COUNT(sums); i++)
		CHECK_ROW(fixture_int(db, sums[i]) ==
			      fixture_int(db, "SELECT coalesce(sum(messages), 0) FROM record_row"),
			  i);
	assert_int_equal(fixture_int(db,
				     "SELECT count(*) FROM record_mark m WHERE NOT EXISTS "
				     "(SELECT FROM record_row r WHERE r.domain_id = m.domain_id "
				     "AND r.report_id = m.report_id)"),
			 0);
}

/* The same report, real and forged: other values, other numbers of records. */
static struct made real_one(const struct authentic *a)
{
	return (struct made){.domain = "d.example",
			     .org = "google.com",
			     .id = "1",
			     .day = DAY0,
			     .n = 5,
			     .profiles = 3,
			     .auth = a};
}

static struct made forged_one(const struct authentic *a)
{
	struct made m = real_one(a);
	m.n = 9;
	m.variant = 7;
	m.flags = DMARC_BAD_IP;
	return m;
}

enum { ONE_BATCH, TWO_BATCHES };

/* However they came, the same is there at the end. */
static void check_end(const char *info, bool forged_seen)
{
	struct db *db = fixture_open(info);
	char reason[256];
	check_sums(db, 1, 5);
	assert_int_equal(fixture_int(db, "SELECT standing FROM report"), STANDING_PROVED);
	assert_int_equal(fixture_int(db, "SELECT count(*) FROM v_report WHERE auth = 'aligned' AND "
					 "auth_domain = 'google.com' AND auth_by = 'dkim'"),
			 1);
	assert_int_equal(fixture_int(db, "SELECT count(*) FROM quarantine"), forged_seen);
	assert_int_equal(fixture_int(db, "SELECT count(*) FROM v_ledger"), 1 + forged_seen);
	if (forged_seen) {
		fixture_text(db, "SELECT reason FROM quarantine", reason, sizeof reason);
		assert_non_null(strstr(reason, "proved"));
		assert_int_equal(
		    fixture_int(db, "SELECT count(*) FROM ledger WHERE outcome = 'conflict'"), 1);
	}
	db_close(db);
}

static void bring(struct loading *l, const struct made *m, int how)
{
	put(l, m);
	if (how == TWO_BATCHES)
		loading_flush(l);
}

static void test_order_does_not_matter(void **state)
{
	(void)state;
	static const struct authentic *const liars[] = {&evil, &unsigned_mail, &failed, NULL};
	for (size_t who = 0; who < COUNT(liars); who++)
		for (int how = ONE_BATCH; how <= TWO_BATCHES; how++)
			for (int first = 0; first < 2; first++) {
				struct loading l;
				struct made real = real_one(&google);
				struct made forged = forged_one(liars[who]);
				const char *info = fixture_database();
				open_with_names(&l, info, false);
				bring(&l, first ? &forged : &real, how);
				bring(&l, first ? &real : &forged, how);
				loading_flush(&l);
				check_end(info, true);
				/* both again: nothing changes any more */
				bring(&l, &forged, how);
				bring(&l, &real, how);
				loading_flush(&l);
				assert_int_equal(l.settled.outcome[OUT_DUPLICATE], 2);
				loading_close(&l);
				struct db *db = fixture_open(info);
				check_sums(db, 1, 5);
				db_close(db);
			}
}

/* What is displaced is a document that says the same: it is read by the tests of the whole. */
static void test_displaced_document(void **state)
{
	(void)state;
	struct loading l;
	char text[4096];
	struct made forged = forged_one(&unsigned_mail), real = real_one(&google);
	open_with_names(&l, fixture_database(), false);
	put(&l, &forged);
	loading_flush(&l);
	put(&l, &real);
	loading_flush(&l);
	fixture_text(l.db, "SELECT convert_from(bytes, 'UTF8') FROM quarantine_bytes", text,
		     sizeof text);
	assert_non_null(strstr(text, "<org_name>google.com</org_name>"));
	assert_non_null(strstr(text, "<source_ip>not an address</source_ip>"));
	assert_int_equal(fixture_int(l.db, "SELECT count(*) FROM quarantine WHERE auth = 'none' "
					   "AND standing = 2 AND source = 'mail/1.eml'"),
			 1);
	loading_close(&l);
}

/* A duplicate raises what is known, and takes nothing away. */
static void test_duplicate_raises(void **state)
{
	(void)state;
	struct loading l;
	struct made file = real_one(NULL), bare = real_one(&unsigned_mail),
		    real = real_one(&google);
	open_with_names(&l, fixture_database(), false);
	put(&l, &file);
	loading_flush(&l);
	put(&l, &bare);
	loading_flush(&l);
	assert_int_equal(fixture_int(l.db, "SELECT standing FROM report"), STANDING_FILE);
	CHECK_OK(db_exec(l.db, "UPDATE rollup_month SET stale = false", &err));
	put(&l, &real);
	loading_flush(&l);
	assert_int_equal(fixture_int(l.db, "SELECT standing FROM report"), STANDING_PROVED);
	assert_int_equal(fixture_int(l.db, "SELECT count(*) FROM rollup_month WHERE stale"), 1);
	put(&l, &bare);
	loading_flush(&l);
	assert_int_equal(fixture_int(l.db, "SELECT standing FROM report"), STANDING_PROVED);
	assert_int_equal(l.settled.outcome[OUT_STORED], 1);
	assert_int_equal(l.settled.outcome[OUT_DUPLICATE], 3);
	check_sums(l.db, 1, 5);
	loading_close(&l);
}

/* Equal ranks: the first stays. */
static void test_equal_rank(void **state)
{
	(void)state;
	static const struct authentic *const pairs[][2] = {
	    {&google, &google}, {&evil, &unsigned_mail}, {NULL, &evil}, {&failed, NULL}};
	for (size_t i = 0; i < COUNT(pairs); i++) {
		struct loading l;
		struct made one = real_one(pairs[i][0]), two = forged_one(pairs[i][1]);
		open_with_names(&l, fixture_database(), false);
		put(&l, &one);
		loading_flush(&l);
		put(&l, &two);
		loading_flush(&l);
		CHECK_ROW(l.settled.outcome[OUT_CONFLICT] == 1, i);
		check_sums(l.db, 1, 5);
		loading_close(&l);
	}
}

/* One that streams in a transaction of its own gives way, and takes the place, too. */
static void test_big(void **state)
{
	(void)state;
	struct made small = forged_one(&evil), big = real_one(&google);
	struct made big_forged = forged_one(&evil), small_real = real_one(&google);
	big.n = big_forged.n = BATCH_RECORDS + 10;
	const struct {
		struct made first, second;
		uint64_t records;
	} cases[] = {{small, big, big.n}, {big_forged, small_real, 5}, {big_forged, big, big.n}};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct loading l;
		open_with_names(&l, fixture_database(), false);
		put(&l, &cases[i].first);
		loading_flush(&l);
		put(&l, &cases[i].second);
		loading_flush(&l);
		CHECK_ROW(l.settled.outcome[OUT_STORED] == 2, i);
		check_sums(l.db, 1, (int64_t)cases[i].records);
		assert_int_equal(fixture_int(l.db, "SELECT count(*) FROM quarantine"), 1);
		/* the same values by a file: nothing gives way */
		struct made again = cases[i].second;
		again.auth = NULL;
		put(&l, &again);
		put(&l, &cases[i].second);
		loading_flush(&l);
		CHECK_ROW(l.settled.outcome[OUT_DUPLICATE] == 2, i);
		check_sums(l.db, 1, (int64_t)cases[i].records);
		loading_close(&l);
	}
}

/* A big one that came as a file, and comes again proved: it stays, and stands higher. */
static void test_big_raised(void **state)
{
	(void)state;
	struct loading l;
	struct made file = real_one(NULL), real = real_one(&google);
	file.n = real.n = BATCH_RECORDS + 10;
	open_with_names(&l, fixture_database(), false);
	put(&l, &file);
	loading_flush(&l);
	put(&l, &real);
	loading_flush(&l);
	assert_int_equal(l.settled.outcome[OUT_DUPLICATE], 1);
	assert_int_equal(fixture_int(l.db, "SELECT standing FROM report"), STANDING_PROVED);
	assert_int_equal(fixture_int(l.db, "SELECT count(*) FROM quarantine"), 0);
	check_sums(l.db, 1, (int64_t)real.n);
	loading_close(&l);
}

/* ---- learning ---- */

static void put_days(struct loading *l, const char *org, const char *domain, int from, int to,
		     int each)
{
	char address[128];
	snprintf(address, sizeof address, "dmarc@%s", domain);
	for (int day = from; day < to; day++)
		for (int k = 0; k < each; k++) {
			const struct authentic a = {.result = AUTH_ALIGNED,
						    .by = AUTH_BY_DKIM,
						    .mail = true,
						    .date = (DAY0 + day + 1) * INT64_C(86400),
						    .domain = domain,
						    .from = address};
			char id[64];
			snprintf(id, sizeof id, "%s-%d-%d", domain, day, k);
			put(l, &(struct made){.domain = "d.example",
					      .org = org,
					      .id = id,
					      .day = DAY0 + day,
					      .n = 1,
					      .auth = &a});
		}
}

static void put_signed(struct loading *l, const char *org, const char *domain, int from, int to,
		       int each)
{
	put_days(l, org, domain, from, to, each);
	loading_flush(l);
}

static int64_t proved(struct loading *l, const char *domain)
{
	char sql[256];
	snprintf(sql, sizeof sql,
		 "SELECT count(*) FROM report WHERE standing = 1 AND auth_domain = '%s'", domain);
	return fixture_int(l->db, sql);
}

static void test_learning(void **state)
{
	(void)state;
	struct loading l;
	open_with_names(&l, fixture_database(), false);
	/* a flood teaches nothing */
	put_signed(&l, "Some Corp", "some.example", 0, 1, 500);
	assert_int_equal(proved(&l, "some.example"), 0);
	put_signed(&l, "Some Corp", "some.example", 1, 4, 1);
	assert_int_equal(proved(&l, "some.example"), 0);
	put_signed(&l, "SOME  corp", "some.example", 4, 5, 1);
	assert_int_equal(proved(&l, "some.example"), 504);
	/* what is learned is not outvoted, and nobody is learned beside it */
	put_signed(&l, "Some Corp", "evil.example", 3, 300, 2);
	assert_int_equal(proved(&l, "evil.example"), 0);
	put_signed(&l, "Some Corp", "some.example", 300, 301, 1);
	assert_int_equal(proved(&l, "some.example"), 505);
	loading_close(&l);
	/* another loader knows it, too */
	open_with_names(&l, fixture_info(), false);
	put_signed(&l, "Some Corp", "some.example", 301, 302, 1);
	assert_int_equal(proved(&l, "some.example"), 506);
	loading_close(&l);
}

static void test_not_learned(void **state)
{
	(void)state;
	static const struct {
		const char *org, *other;
		int days, mixed;
		int64_t want;
	} rows[] = {
	    {"Some Corp", NULL, 5, 0, 5},
	    {"Some Corp", "other.example", 5, 5, 0},   /* both on all days */
	    {"Some Corp", "other.example", 20, 2, 20}, /* nine of ten */
	    {"Some Corp", "other.example", 20, 3, 0},
	    {"google.com", NULL, 60, 0, 0},  /* others cannot be learned for those of the table */
	    {"Yahoo", NULL, 60, 0, 0},       /* by any of their names */
	    {"some.example", NULL, 1, 0, 1}, /* its own */
	    {"mail.some.example", NULL, 1, 0, 1},
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct loading l;
		open_with_names(&l, fixture_database(), false);
		if (rows[i].other)
			put_signed(&l, rows[i].org, rows[i].other, 0, rows[i].mixed, 1);
		put_signed(&l, rows[i].org, "some.example", 0, rows[i].days, 1);
		if (proved(&l, "some.example") != rows[i].want)
			fail_msg("row %zu: %lld proved", i, (long long)proved(&l, "some.example"));
		loading_close(&l);
	}
}

static void put_dated(struct loading *l, int n, int64_t date, bool enclosed)
{
	const struct authentic a = {.result = AUTH_ALIGNED,
				    .by = AUTH_BY_DKIM,
				    .mail = true,
				    .date = date,
				    .domain = "some.example",
				    .from = "a@some.example",
				    .enclosed = enclosed};
	char id[64];
	snprintf(id, sizeof id, "dated-%d-%d-%lld", n, enclosed, (long long)date);
	put(l, &(struct made){.domain = "d.example",
			      .org = "Some Corp",
			      .id = id,
			      .day = DAY0 + n,
			      .n = 1,
			      .auth = &a});
}

/* A mail teaches its own day, whatever days its reports are of: not by a date before them or ahead,
 * nor in another mail. */
static void test_one_mail_one_day(void **state)
{
	(void)state;
	struct loading l;
	open_with_names(&l, fixture_database(), false);
	for (int n = 0; n < 60; n++) {
		put_dated(&l, n, (DAY0 + 100) * INT64_C(86400), false);
		put_dated(&l, n, 0, false);
		put_dated(&l, n, (DAY0 + n - 1) * INT64_C(86400), false);
		put_dated(&l, n, INT64_C(99999999999) + n * INT64_C(86400), false);
		put_dated(&l, n, (DAY0 + n + 1) * INT64_C(86400), true);
	}
	loading_flush(&l);
	assert_int_equal(fixture_int(l.db, "SELECT count(*) FROM reporter_day"), 1);
	assert_int_equal(fixture_int(l.db, "SELECT count(*) FROM reporter_trust"), 0);
	assert_int_equal(proved(&l, "some.example"), 0);
	/* once it is learned, all that it signed is proved, enclosed or not */
	put_signed(&l, "Some Corp", "some.example", 101, 105, 1);
	assert_int_equal(proved(&l, "some.example"), 304);
	put_dated(&l, 1, 7, true);
	loading_flush(&l);
	assert_int_equal(proved(&l, "some.example"), 305);
	loading_close(&l);
}

/* Days that are remembered of a name have a ceiling, and what is learned at once is one statement.
 */
static void test_bounds(void **state)
{
	(void)state;
	struct loading l;
	open_with_names(&l, fixture_database(), false);
	put_days(&l, "Some Corp", "a.example", 0, LIMIT_TRUST_DAYS / 2, 1);
	put_signed(&l, "Some Corp", "b.example", 0, LIMIT_TRUST_DAYS / 2, 1);
	assert_int_equal(fixture_int(l.db, "SELECT count(*) FROM reporter_day"), LIMIT_TRUST_DAYS);
	put_signed(&l, "Some Corp", "c.example", 0, 50, 1);
	assert_int_equal(fixture_int(l.db, "SELECT count(*) FROM reporter_day"), LIMIT_TRUST_DAYS);
	for (int n = 0; n < 60; n++) {
		char org[32];
		snprintf(org, sizeof org, "Corp %d", n);
		put_days(&l, org, "many.example", 0, 5, 1);
	}
	loading_flush(&l);
	assert_int_equal(proved(&l, "many.example"), 300);
	loading_close(&l);
}

/* Who patiently signs in the name of a domain is forgotten when that domain signs for itself. */
static void test_own_name_wins(void **state)
{
	(void)state;
	struct loading l;
	open_with_names(&l, fixture_database(), false);
	put_signed(&l, "victim.example", "evil.example", 0, 10, 1);
	assert_int_equal(proved(&l, "evil.example"), 10);
	put_signed(&l, "victim.example", "victim.example", 10, 11, 1);
	/* what was taken for proved is not, folds follow, and that it usually is proved is
	 * forgotten */
	assert_int_equal(proved(&l, "evil.example"), 0);
	assert_int_equal(fixture_int(l.db, "SELECT count(*) FROM reporter_trust"), 1);
	assert_int_equal(fixture_int(l.db, "SELECT count(*) FROM rollup_month WHERE NOT stale"), 0);
	put_signed(&l, "victim.example", "evil.example", 11, 30, 1);
	assert_int_equal(proved(&l, "evil.example"), 0);
	assert_int_equal(proved(&l, "victim.example"), 1);
	loading_close(&l);
}

static void test_usual(void **state)
{
	(void)state;
	struct loading l;
	open_with_names(&l, fixture_database(), false);
	static const char usual[] =
	    "SELECT count(*) FROM reporter_trust WHERE how = 'usual' AND org = 'some.example'";
	put_signed(&l, "some.example", "some.example", 0, 4, 1);
	assert_int_equal(fixture_int(l.db, usual), 0);
	put_signed(&l, "some.example", "some.example", 4, 5, 1);
	assert_int_equal(fixture_int(l.db, usual), 1);
	/* said once, it stays: whoever floods other days takes nothing back */
	for (int i = 0; i < 100; i++) {
		char id[32];
		snprintf(id, sizeof id, "f%d", i);
		put(&l, &(struct made){.domain = "d.example",
				       .org = "some.example",
				       .id = id,
				       .day = DAY0 + 100 + i,
				       .n = 1,
				       .auth = &unsigned_mail});
	}
	loading_flush(&l);
	assert_int_equal(fixture_int(l.db, usual), 1);
	loading_close(&l);
}

/* What is read tells standings apart, and is the same folded as raw. */
static void test_facts(void **state)
{
	(void)state;
	struct loading l;
	struct arena a = {0};
	struct domain_facts f[2];
	unsigned built;
	open_with_names(&l, fixture_database(), false);
	put_signed(&l, "some.example", "some.example", 0, 6, 1);
	for (int k = 0; k < 2; k++)
		put(&l, &(struct made){.domain = "d.example",
				       .org = k ? "Some.Example" : "some.example",
				       .id = "unsigned",
				       .day = DAY0 + 6 + k,
				       .n = 3,
				       .auth = &unsigned_mail});
	loading_flush(&l);
	for (int folded = 0; folded < 2; folded++) {
		fixture_facts(l.db, "d.example", all_days, &a, &f[folded]);
		const struct fact_reporter *r = f[folded].reporters;
		assert_int_equal(f[folded].n_reporters, 3);
		assert_string_equal(r[0].org_name, "Some.Example");
		assert_true(r[0].standing == STANDING_OPEN && r[0].usual);
		assert_true(r[1].standing == STANDING_PROVED && r[1].messages == 6);
		assert_true(r[2].standing == STANDING_OPEN && r[2].usual);
		assert_int_equal(f[folded].messages, f[0].messages);
		CHECK_OK(db_rollup(l.db, NULL, 0, all_days, DAY0 + 400, &built, &err));
		assert_int_equal(built > 0, !folded);
	}
	arena_free(&a);
	loading_close(&l);
}

/* ---- odd moments ---- */

/* A dry run says what would be stored, and learns nothing. */
static void test_dry(void **state)
{
	(void)state;
	struct loading l;
	struct made forged = forged_one(&evil), real = real_one(&google);
	const char *info = fixture_database();
	open_with_names(&l, info, false);
	put(&l, &forged);
	loading_flush(&l);
	loading_close(&l);
	open_with_names(&l, info, true);
	put(&l, &real);
	loading_flush(&l);
	assert_int_equal(l.settled.outcome[OUT_STORED], 1);
	check_sums(l.db, 1, 9);
	assert_int_equal(fixture_int(l.db, "SELECT count(*) FROM reporter_day WHERE auth_domain = "
					   "'google.com'"),
			 0);
	loading_close(&l);
}

/* What is in quarantine is read again with what was known of its mail; a person's word stands. */
static void test_accept(void **state)
{
	(void)state;
	struct loading l;
	struct made forged = forged_one(NULL), real = real_one(&google);
	open_with_names(&l, fixture_database(), false);
	put(&l, &real);
	loading_flush(&l);
	forged.auth = &evil;
	put(&l, &forged);
	loading_flush(&l);
	forged.auth = NULL;
	const struct load_origin before = {.known = true,
					   .auth = AUTH_ALIGNED,
					   .by = AUTH_BY_DKIM,
					   .standing = STANDING_OPEN,
					   .domain = "evil.example"};
	load_origin(l.loader, &before);
	put(&l, &forged);
	loading_flush(&l);
	assert_int_equal(l.settled.outcome[OUT_DUPLICATE], 1);
	check_sums(l.db, 1, 5);
	struct load_origin accept = before;
	accept.accept = true;
	uint64_t content[] = {forged.variant, forged.n};
	accept.content = hash_fixed128(content, sizeof content);
	load_origin(l.loader, &accept);
	put(&l, &forged);
	loading_flush(&l);
	check_sums(l.db, 1, 9);
	assert_int_equal(fixture_int(l.db, "SELECT standing FROM report"), STANDING_ACCEPTED);
	assert_int_equal(fixture_int(l.db, "SELECT count(*) FROM quarantine WHERE standing = 1"),
			 1);
	assert_int_equal(fixture_int(l.db, "SELECT count(*) FROM quarantine"), 1);
	/* the proved one comes again: a person has decided */
	load_origin(l.loader, NULL);
	put(&l, &real);
	loading_flush(&l);
	check_sums(l.db, 1, 9);
	loading_close(&l);
}

/* Loaders that displace the same at the same time, and one that is cut off in the middle of it. */
static void test_lost_connection(void **state)
{
	(void)state;
	struct loading l;
	struct made forged = forged_one(&evil), real = real_one(&google);
	const char *info = fixture_database();
	open_with_names(&l, info, false);
	put(&l, &forged);
	loading_flush(&l);
	/* its ledger row cannot be written: everything of that transaction is undone */
	CHECK_OK(db_exec(
	    l.db, "ALTER TABLE rollup_month ADD CONSTRAINT never CHECK (records <> 5) NOT VALID",
	    &err));
	put(&l, &real);
	loading_flush(&l);
	assert_int_equal(l.settled.outcome[OUT_REJECTED], 1);
	check_sums(l.db, 1, 9);
	assert_int_equal(fixture_int(l.db, "SELECT count(*) FROM quarantine WHERE outcome = "
					   "'conflict'"),
			 0);
	CHECK_OK(db_exec(l.db, "ALTER TABLE rollup_month DROP CONSTRAINT never", &err));
	put(&l, &real);
	loading_flush(&l);
	check_sums(l.db, 1, 5);
	loading_close(&l);
}

static int tests(void)
{
	const struct CMUnitTest all[] = {
	    cmocka_unit_test(test_order_does_not_matter),
	    cmocka_unit_test(test_displaced_document),
	    cmocka_unit_test(test_duplicate_raises),
	    cmocka_unit_test(test_equal_rank),
	    cmocka_unit_test(test_big),
	    cmocka_unit_test(test_big_raised),
	    cmocka_unit_test(test_learning),
	    cmocka_unit_test(test_not_learned),
	    cmocka_unit_test(test_one_mail_one_day),
	    cmocka_unit_test(test_bounds),
	    cmocka_unit_test(test_own_name_wins),
	    cmocka_unit_test(test_usual),
	    cmocka_unit_test(test_facts),
	    cmocka_unit_test(test_dry),
	    cmocka_unit_test(test_accept),
	    cmocka_unit_test(test_lost_connection),
	};
	return cmocka_run_group_tests(all, fixture_acquire, fixture_release);
}

int main(void)
{
	return fixture_main(tests);
}
