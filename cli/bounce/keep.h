/*
 * keep.h - refused mail on its way into the database.
 *
 *	pipeline -> [sink] -> a batch: explained, counted (db/store/bounce.h), settled
 *
 *	struct keeper k = {.tools = &tools};
 *	st = keeper_open(&k, &err);
 *	sink = keeper_sink(&k, db);		one a pipeline
 *	... pipeline ...
 *	keeper_close_sink(sink);
 *	st = keeper_end(&k, live, &err);	which days were read
 *	keeper_close(&k);
 *
 * Of a refusal the day, the class, who refused and whose mail it was are kept, and as much of the
 * reply as has no person in it; of the message and its recipient only what lets db/ tell that it
 * was met before. What is sent as a domain of which nothing is stored is not kept at all: anybody
 * can mail a bounce about anything.
 *
 * Sinks may work in threads of their own. They explain one at a time, on the connection of the
 * application.
 */
#ifndef CLI_BOUNCE_KEEP_H
#define CLI_BOUNCE_KEEP_H

#include <pthread.h>

#include "cli/bounce/tools.h"
#include "core/sink.h"
#include "db/store/bounce.h"

struct keeper {
	struct bounce_tools *tools;

	struct arena a;
	struct map known; /* name -> number of a domain + 1 */
	const char *const *domains;
	pthread_mutex_t lock; /* of what follows, of tools, and of the application's connection */
	struct bounce_stored sum;
	uint64_t others;             /* inputs that are no bounce, or not understood */
	int32_t first_day, last_day; /* of bounces that came by mail; first > last: none */
};

enum status keeper_open(struct keeper *k, struct err *err) MUST_CHECK;
void keeper_close(struct keeper *k);

/* db is for this sink alone, or the application's while no other sink works. */
struct sink *keeper_sink(struct keeper *k, struct db *db);
void keeper_close_sink(struct sink *sink); /* what was not flushed is dropped */

/* The run is over. live: all bounces that came until now were read, of a mailbox or a Maildir. */
enum status keeper_end(struct keeper *k, bool live, struct err *err) MUST_CHECK;

#endif
