#include "cli/intake/progress.h"

#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "core/mem.h"

struct progress {
	struct ingest_progress *numbers;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	bool ended;
	struct timespec began;
};

static void draw(const struct progress *p)
{
	struct timespec now;
	char line[200], total[32] = "";
	clock_gettime(CLOCK_MONOTONIC, &now);
	double seconds =
	    (double)(now.tv_sec - p->began.tv_sec) + (double)(now.tv_nsec - p->began.tv_nsec) / 1e9;
	uint64_t done = atomic_load(&p->numbers->done);
	/* A mailbox file is one path and many mails: then the total would only confuse. */
	if (atomic_load(&p->numbers->total_known) && done <= atomic_load(&p->numbers->total))
		snprintf(total, sizeof total, "/%" PRIu64, atomic_load(&p->numbers->total));
	int n = snprintf(line, sizeof line,
			 "\r\033[K%" PRIu64 "%s inputs, %" PRIu64 " stored, %" PRIu64
			 " quarantined, %.0f/s",
			 done, total, atomic_load(&p->numbers->stored),
			 atomic_load(&p->numbers->aside), seconds > 0 ? (double)done / seconds : 0);
	ssize_t ignored = write(STDERR_FILENO, line, (size_t)n);
	(void)ignored;
}

static void *progress_main(void *arg)
{
	struct progress *p = arg;
	pthread_mutex_lock(&p->lock);
	while (!p->ended) {
		struct timespec t;
		clock_gettime(CLOCK_MONOTONIC, &t);
		t.tv_nsec += 250 * 1000 * 1000;
		if (t.tv_nsec >= 1000 * 1000 * 1000) {
			t.tv_nsec -= 1000 * 1000 * 1000;
			t.tv_sec++;
		}
		if (pthread_cond_timedwait(&p->wake, &p->lock, &t) != 0 && !p->ended)
			draw(p);
	}
	pthread_mutex_unlock(&p->lock);
	return NULL;
}

struct progress *progress_start(struct ingest_progress *numbers)
{
	const char *term = getenv("TERM");
	pthread_condattr_t attr;
	sigset_t all, before;
	if (!isatty(STDERR_FILENO) || !term || strcmp(term, "dumb") == 0)
		return NULL;
	struct progress *p = mem_alloc(sizeof *p);
	p->numbers = numbers;
	clock_gettime(CLOCK_MONOTONIC, &p->began);
	pthread_mutex_init(&p->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&p->wake, &attr);
	pthread_condattr_destroy(&attr);
	sigfillset(&all); /* signals are for the main thread */
	pthread_sigmask(SIG_SETMASK, &all, &before);
	int rc = pthread_create(&p->thread, NULL, progress_main, p);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (rc == 0)
		return p;
	free(p);
	return NULL;
}

void progress_stop(struct progress *p)
{
	static const char wipe[] = "\r\033[K";
	if (!p)
		return;
	pthread_mutex_lock(&p->lock);
	p->ended = true;
	pthread_cond_signal(&p->wake);
	pthread_mutex_unlock(&p->lock);
	pthread_join(p->thread, NULL);
	ssize_t ignored = write(STDERR_FILENO, wipe, sizeof wipe - 1);
	(void)ignored;
	pthread_cond_destroy(&p->wake);
	pthread_mutex_destroy(&p->lock);
	free(p);
}
