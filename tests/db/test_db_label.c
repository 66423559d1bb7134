/* Labels: one row a domain and sender whoever writes; facts carry those that count. */
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "db/read/query.h"
#include "db/store/label.h"
#include "tests/db/fixture.h"

static struct label set(struct db *db, struct arena *a, struct label_change change)
{
	struct label now = {0};
	change.domain = change.domain ? change.domain : "d.example";
	CHECK_OK(label_set(db, &change, a, &now, &err));
	return now;
}

static void test_set(void **state)
{
	(void)state;
	struct db *db = fixture_open(fixture_database());
	struct arena a = {0};
	struct label *all, now;
	size_t n;
	bool was_there;
	now = set(db, &a,
		  (struct label_change){.sender = "dkim:v.example",
					.verdict = LABEL_APPROVE,
					.owner = "it",
					.set_until = true,
					.has_until = true,
					.until = DAY0});
	assert_string_equal(now.domain, "d.example");
	assert_int_equal(now.says.verdict, LABEL_APPROVE);
	assert_true(now.says.has_until && now.says.until == DAY0 && !now.says.name);
	now = set(db, &a, (struct label_change){.sender = "dkim:v.example", .name = "V"});
	assert_string_equal(now.says.name, "V");
	assert_string_equal(now.says.owner, "it");
	assert_true(now.says.verdict == LABEL_APPROVE && now.says.until == DAY0);
	now = set(
	    db, &a,
	    (struct label_change){
		.sender = "dkim:v.example", .verdict = LABEL_DENY, .owner = "", .set_until = true});
	assert_true(!now.says.owner && !now.says.has_until && now.says.verdict == LABEL_DENY);
	now = set(db, &a,
		  (struct label_change){
		      .domain = "a.example", .sender = "2001:db8::/32", .verdict = LABEL_IGNORE});
	assert_true(now.says.network.family == 6 && now.says.bits == 32);
	CHECK_OK(label_list(db, NULL, &a, &all, &n, &err));
	assert_int_equal(n, 2);
	assert_string_equal(all[0].domain, "a.example");
	assert_int_equal(strlen(all[0].set_at), strlen("2026-01-01T00:00:00Z"));
	CHECK_OK(label_list(db, "d.example", &a, &all, &n, &err));
	assert_int_equal(n, 1);
	CHECK_OK(label_forget(db, "d.example", "dkim:v.example", &was_there, &err));
	assert_true(was_there);
	CHECK_OK(label_forget(db, "d.example", "dkim:v.example", &was_there, &err));
	assert_false(was_there);
	CHECK_OK(label_forget(db, "none.example", "x", &was_there, &err));
	assert_false(was_there);
	arena_free(&a);
	db_close(db);
}

/* A row that says nothing is refused by the table itself. */
static void test_empty(void **state)
{
	(void)state;
	struct db *db = fixture_open(fixture_database());
	struct label_change change = {.domain = "d.example", .sender = "x"};
	struct err err = {.msg = ""};
	assert_int_equal(label_set(db, &change, NULL, NULL, &err), ST_ITEM);
	assert_int_equal(fixture_int(db, "SELECT count(*) FROM sender_label"), 0);
	db_close(db);
}

static void test_facts(void **state)
{
	(void)state;
	struct db *db = fixture_open(fixture_database());
	struct arena a = {0};
	struct domain_facts f;
	struct window w = {DAY0, DAY0 + 31};
	for (int32_t day = DAY0 - 1; day <= DAY0 + 1; day++) {
		char sender[32];
		snprintf(sender, sizeof sender, "until%+d", day - DAY0);
		set(db, &a,
		    (struct label_change){.sender = sender,
					  .verdict = LABEL_APPROVE,
					  .set_until = true,
					  .has_until = true,
					  .until = day});
	}
	set(db, &a, (struct label_change){.sender = "192.0.2.0/24", .name = "N"});
	set(db, &a, (struct label_change){.sender = "Zoo", .verdict = LABEL_IGNORE});
	set(db, &a,
	    (struct label_change){.domain = "e.example", .sender = "x", .verdict = LABEL_DENY});
	fixture_facts(db, "d.example", w, &a, &f);
	assert_int_equal(f.reports, 0);
	assert_int_equal(f.n_labels, 3);
	assert_string_equal(f.labels[0].sender, "192.0.2.0/24");
	assert_true(f.labels[0].network.family == 4 && f.labels[0].bits == 24);
	assert_int_equal(f.labels[0].verdict, LABEL_NONE);
	assert_string_equal(f.labels[0].name, "N");
	assert_string_equal(f.labels[1].sender, "Zoo");
	assert_int_equal(f.labels[1].network.family, 0);
	assert_string_equal(f.labels[2].sender, "until+1"); /* the day itself does not count */
	fixture_facts(db, "none.example", w, &a, &f);
	assert_int_equal(f.n_labels, 0);
	arena_free(&a);
	db_close(db);
}

#define ROUNDS 40

/* Each thread sets its half of the same rows, in domains that nobody had heard of. */
static void *set_many(void *arg)
{
	bool names = arg != NULL;
	struct db *db = fixture_open(fixture_info());
	for (int i = 0; i < ROUNDS; i++) {
		char domain[32];
		snprintf(domain, sizeof domain, "d%d.example", i);
		struct label_change change = {.domain = domain,
					      .sender = "x",
					      .verdict = names ? LABEL_NONE : LABEL_APPROVE,
					      .name = names ? "N" : NULL};
		CHECK_OK(label_set(db, &change, NULL, NULL, &err));
	}
	db_close(db);
	return NULL;
}

static void test_two_at_once(void **state)
{
	(void)state;
	pthread_t threads[4];
	struct db *db = fixture_open(fixture_database());
	for (size_t i = 0; i < COUNT(threads); i++)
		assert_int_equal(
		    pthread_create(&threads[i], NULL, set_many, i % 2 ? threads : NULL), 0);
	for (size_t i = 0; i < COUNT(threads); i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(fixture_int(db, "SELECT count(*) FROM domain"), ROUNDS);
	assert_int_equal(fixture_int(db, "SELECT count(*) FROM v_label WHERE verdict = 'approve' "
					 "AND name = 'N' AND sender = 'x'"),
			 ROUNDS);
	db_close(db);
}

static int tests(void)
{
	const struct CMUnitTest all[] = {
	    cmocka_unit_test(test_set),
	    cmocka_unit_test(test_empty),
	    cmocka_unit_test(test_facts),
	    cmocka_unit_test(test_two_at_once),
	};
	return cmocka_run_group_tests(all, fixture_acquire, fixture_release);
}

int main(void)
{
	return fixture_main(tests);
}
