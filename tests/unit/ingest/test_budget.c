/* ingest/budget: memory that workers wait for. */
#include "tests/unit/check.h"

#include <pthread.h>
#include <stdatomic.h>

#include "ingest/budget.h"

#define THREADS 8
#define ROUNDS  2000
#define MOST    100

static atomic_long in_use, peak;

static void take(long n)
{
	budget_take((uint64_t)n);
	long now = atomic_fetch_add(&in_use, n) + n;
	long seen = atomic_load(&peak);
	while (now > seen && !atomic_compare_exchange_weak(&peak, &seen, now))
		;
}

static void give(long n)
{
	atomic_fetch_sub(&in_use, n);
	budget_give((uint64_t)n);
}

static void run_all(void *(*worker)(void *))
{
	pthread_t t[THREADS];
	atomic_store(&in_use, 0);
	atomic_store(&peak, 0);
	budget_set(MOST);
	for (long i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&t[i], NULL, worker, (void *)i), 0);
	for (int i = 0; i < THREADS; i++)
		pthread_join(t[i], NULL);
	assert_int_equal(atomic_load(&in_use), 0);
}

static void *plain(void *arg)
{
	long n = 20 + 5 * (long)arg;
	for (int i = 0; i < ROUNDS; i++) {
		take(n);
		give(n);
	}
	return NULL;
}

static void *nested(void *arg)
{
	long n = 30 + (long)arg;
	for (int i = 0; i < ROUNDS; i++) {
		take(n);
		take(n);
		take(n);
		give(n);
		give(n);
		give(n);
	}
	return NULL;
}

static void *large(void *arg)
{
	(void)arg;
	for (int i = 0; i < ROUNDS; i++) {
		take(3 * MOST);
		give(3 * MOST);
	}
	return NULL;
}

/* Never more than there is, and not one at a time. */
static void test_plain(void **state)
{
	(void)state;
	run_all(plain);
	assert_true(atomic_load(&peak) <= MOST);
	budget_set(MOST);
	take(MOST); /* all of it, at once */
	give(MOST);
}

/* Nobody waits for ever, and only one at a time is over: by what it took while it held some. */
static void test_nested(void **state)
{
	(void)state;
	run_all(nested);
	assert_true(atomic_load(&peak) <= MOST + 2 * (30 + THREADS));
}

/* More than there is: one after the other. */
static void test_large(void **state)
{
	(void)state;
	run_all(large);
	assert_int_equal(atomic_load(&peak), 3 * MOST);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_plain),
	    cmocka_unit_test(test_nested),
	    cmocka_unit_test(test_large),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
