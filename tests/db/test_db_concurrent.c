/* Several loaders at once on the same reports, and a server that is killed under them. */
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/limits.h"
#include "db/cluster/cluster.h"
#include "db/prune.h"
#include "db/read/query.h"
#include "db/read/rollup.h"
#include "tests/db/fixture.h"

#define WORKERS 4
#define REPORTS 1500

static void *work(void *arg);

struct worker {
	pthread_t thread;
	const char *info;
	int no;
	struct settled settled;
	enum status status; /* of the run */
	struct err err;
	sem_t loading; /* it has its connection */
};

/* Returns when it has begun to load, so that what is cut off is its work, not its start. */
static void start(struct worker *w, const char *info, int no)
{
	*w = (struct worker){.info = info, .no = no};
	sem_init(&w->loading, 0, 0);
	pthread_create(&w->thread, NULL, work, w);
	while (sem_wait(&w->loading) != 0)
		;
}

/* Report i, the same for all: many domains and months, a few large. */
static struct made report_no(int i, char id[32], char domain[32])
{
	snprintf(id, 32, "r%d", i);
	snprintf(domain, 32, "d%d.example", i % 13);
	return (struct made){.domain = domain,
			     .id = id,
			     .org = i % 2 ? "one.example" : "two.example",
			     .day = DAY0 + i % 90,
			     .n = i % 500 == 499 ? BATCH_RECORDS + 500u : (unsigned)i % 40,
			     .profiles = 50};
}

static uint64_t records_in_all(void)
{
	uint64_t n = 0;
	char id[32], domain[32];
	for (int i = 0; i < REPORTS; i++)
		n += report_no(i, id, domain).n;
	return n;
}

/* All reports, each worker from another end; half of them backwards. Flushes at odd moments. */
static void *work(void *arg)
{
	struct worker *w = arg;
	struct loading l;
	loading_open(&l, w->info, false);
	sem_post(&w->loading);
	for (int k = 0; w->status == ST_OK && k < REPORTS; k++) {
		char id[32], domain[32];
		int i = (k + w->no * REPORTS / WORKERS) % REPORTS;
		struct made m = report_no(w->no % 2 ? REPORTS - 1 - i : i, id, domain);
		w->status = fixture_put(l.sink, &m, &w->err);
		if (w->status == ST_OK && k % (97 + 31 * w->no) == 0)
			w->status = l.sink->flush(l.sink->ctx, &w->err);
	}
	if (w->status == ST_OK)
		w->status = l.sink->flush(l.sink->ctx, &w->err);
	w->settled = l.settled;
	loading_close(&l);
	return NULL;
}

static void check_all_stored(const char *info)
{
	struct db *db = fixture_open(info);
	int64_t records = (int64_t)records_in_all();
	assert_int_equal(fixture_int(db, "SELECT count(*) FROM report"), REPORTS);
	assert_int_equal(fixture_int(db, "SELECT count(*) FROM record_row"), records);
	assert_int_equal(fixture_int(db, "SELECT sum(records) FROM report"), records);
	assert_int_equal(fixture_int(db, "SELECT sum(records) FROM rollup_month"), records);
	assert_int_equal(fixture_int(db, "SELECT sum(messages) FROM rollup_month"),
			 fixture_int(db, "SELECT sum(messages) FROM record_row"));
	assert_int_equal(fixture_int(db, "SELECT count(*) FROM v_ledger WHERE outcome = 'stored'"),
			 REPORTS);
	db_close(db);
}

/* Of all domains, as a question finds them. */
static uint64_t records_in_folds(struct db *db)
{
	struct arena a = {0};
	const char *const *names;
	size_t n;
	uint64_t records = 0;
	CHECK_OK(query_domains(db, all_days, &a, &names, &n, &err));
	for (size_t i = 0; i < n; i++) {
		struct domain_facts f;
		fixture_facts(db, names[i], all_days, &a, &f);
		for (size_t k = 0; k < f.n_facts; k++)
			records += f.facts[k].records;
	}
	arena_free(&a);
	return records;
}

static void test_overlapping(void **state)
{
	(void)state;
	const char *info = fixture_database();
	static struct worker w[WORKERS];
	uint64_t stored = 0, settled = 0;
	for (int i = 0; i < WORKERS; i++) {
		start(&w[i], info, i);
	}
	/* months are folded meanwhile */
	struct db *db = fixture_open(info);
	for (int i = 0; i < 10; i++) {
		CHECK_OK(db_rollup(db, NULL, 0, all_days, DAY0 + 1000, NULL, &err));
		usleep(100000);
	}
	for (int i = 0; i < WORKERS; i++) {
		pthread_join(w[i].thread, NULL);
		if (w[i].status != ST_OK)
			fail_msg("worker %d: %s", i, w[i].err.msg);
		stored += w[i].settled.outcome[OUT_STORED];
		settled += w[i].settled.n;
		assert_int_equal(w[i].settled.outcome[OUT_CONFLICT], 0);
	}
	assert_int_equal(stored, REPORTS);
	assert_int_equal(settled, REPORTS * WORKERS);
	check_all_stored(info);
	CHECK_OK(db_rollup(db, NULL, 0, all_days, DAY0 + 1000, NULL, &err));
	assert_int_equal(fixture_int(db, "SELECT count(*) FROM rollup_month WHERE stale"), 0);
	assert_int_equal(records_in_folds(db), records_in_all());
	db_close(db);
}

/* Workers that meet a loss stop with ST_RETRY; what they settled is there; a second run is exact.
 */
static void test_server_killed(void **state)
{
	(void)state;
	const char *info = fixture_database();
	static struct worker w;
	for (int delay = 30; delay < 400; delay += 90) {
		start(&w, info, 0);
		usleep((useconds_t)delay * 1000);
		kill(fixture_postmaster(), SIGKILL);
		/* what is left of it ends by itself, as after the kernel's own kill */
		pthread_join(w.thread, NULL);
		struct cluster *again;
		const char *unused;
		assert_true(w.status == ST_OK || w.status == ST_RETRY);
		CHECK_OK(cluster_acquire(&again, &unused, &err));
		struct db *db = fixture_open(info);
		assert_true(fixture_int(db, "SELECT count(*) FROM report") >=
			    (int64_t)w.settled.outcome[OUT_STORED]);
		db_close(db);
		cluster_release(again);
	}
	start(&w, info, 0);
	pthread_join(w.thread, NULL);
	assert_int_equal(w.status, ST_OK);
	assert_int_equal(w.settled.n, REPORTS);
	check_all_stored(info);
}

/* Backends that are cut off in the middle, one by one. */
static void test_connection_cut(void **state)
{
	(void)state;
	const char *info = fixture_database();
	static struct worker w;
	struct db *db = fixture_open(info);
	for (int i = 0; i < 5; i++) {
		start(&w, info, 0);
		usleep(60000 + 40000 * (useconds_t)i);
		PGresult *res = NULL;
		CHECK_OK(db_query(db,
				  "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE "
				  "datname = current_database() AND pid <> pg_backend_pid() AND "
				  "query NOT LIKE 'SET%'",
				  0, NULL, &res, &err));
		PQclear(res);
		pthread_join(w.thread, NULL);
		assert_true(w.status == ST_OK || w.status == ST_RETRY);
	}
	db_close(db);
	start(&w, info, 0);
	pthread_join(w.thread, NULL);
	assert_int_equal(w.status, ST_OK);
	check_all_stored(info);
}

/* A month pruned away under a loader, with the profiles that it remembers to have stored: what it
 * has in hand is loaded by the next one, whole. */
static void test_prune_while_loading(void **state)
{
	(void)state;
	static const char *const ids[] = {"p", "big"};
	const char *info = fixture_database();
	struct db *db = fixture_open(info);
	for (int big = 0; big < 2; big++) {
		struct made m = {
		    .domain = "a.example", .id = "before", .day = DAY0, .n = 3, .profiles = 5};
		struct prune_result pruned;
		struct loading l;
		struct err why;
		loading_open(&l, info, false);
		put(&l, &m);
		loading_flush(&l);
		CHECK_OK(db_prune(db, DAY0 + 100, &pruned, &err));
		assert_int_equal(pruned.partitions, 1);
		assert_int_equal(pruned.reports, 1);
		m.id = ids[big];
		m.n = big ? BATCH_RECORDS + 2000 : 100;
		enum status st = fixture_put(l.sink, &m, &why);
		if (st == ST_OK)
			st = l.sink->flush(l.sink->ctx, &why);
		if (st != ST_RETRY)
			fail_msg("%d: %s", big, why.msg);
		assert_non_null(strstr(why.msg, "pruned"));
		loading_close(&l);
		assert_int_equal(fixture_int(db, "SELECT count(*) FROM report"), 0);
		loading_open(&l, info, false);
		put(&l, &m);
		loading_flush(&l);
		loading_close(&l);
		assert_int_equal(fixture_int(db, "SELECT count(*) FROM v_record"), (int64_t)m.n);
		CHECK_OK(db_prune(db, DAY0 + 100, &pruned, &err));
	}
	db_close(db);
}

static int tests(void)
{
	const struct CMUnitTest all[] = {
	    cmocka_unit_test(test_overlapping),
	    cmocka_unit_test(test_connection_cut),
	    cmocka_unit_test(test_prune_while_loading),
	    cmocka_unit_test(test_server_killed),
	};
	return cmocka_run_group_tests(all, fixture_acquire, fixture_release);
}

int main(void)
{
	return fixture_main(tests);
}
