#include "ingest/budget.h"

#include <pthread.h>
#include <stdbool.h>

#include "core/limits.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t given = PTHREAD_COND_INITIALIZER;
static uint64_t most = LIMIT_MEMORY, used;
static bool over; /* a thread is over the budget */

static _Thread_local uint64_t held;
static _Thread_local bool is_over; /* it is this one */

void budget_set(uint64_t max)
{
	most = max;
}

static bool fits(uint64_t bytes)
{
	return used <= most && bytes <= most - used;
}

void budget_take(uint64_t bytes)
{
	pthread_mutex_lock(&lock);
	/* who holds nothing waits for room, and goes first when nobody holds anything; who holds
	 * some may become the one who is over */
	while (!fits(bytes) && !is_over && !(held == 0 ? used == 0 : !over))
		pthread_cond_wait(&given, &lock);
	if (!fits(bytes) && held > 0)
		over = is_over = true;
	used += bytes;
	held += bytes;
	pthread_mutex_unlock(&lock);
}

void budget_give(uint64_t bytes)
{
	pthread_mutex_lock(&lock);
	used -= bytes;
	held -= bytes;
	if (held == 0 && is_over)
		over = is_over = false;
	pthread_cond_broadcast(&given);
	pthread_mutex_unlock(&lock);
}
