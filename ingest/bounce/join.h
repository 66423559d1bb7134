/*
 * join.h - what earlier lines of a log said of a message, by its queue id. Private.
 *
 * At most LIMIT_LOG_OPEN ids are remembered: the one that was begun first goes, and is counted. An
 * id that is used again begins anew.
 */
#ifndef INGEST_BOUNCE_JOIN_H
#define INGEST_BOUNCE_JOIN_H

#include <stdint.h>

#include "core/ip.h"
#include "ingest/bounce/span.h"

#define JOIN_ID 31 /* octets of an id; longer ones are not joined */

struct open_id {
	char id[JOIN_ID + 1]; /* the kind of id in front */
	uint8_t n;
	bool logged_in, submission;
	struct ip client_ip;
	/* owned; NULL: not said */
	char *from, *message_id, *client_host, *recipient;

	uint32_t next;         /* in its chain */
	uint32_t older, newer; /* in the order of their beginnings */
};

struct join {
	struct open_id *list;
	uint32_t *heads; /* chains; index + 1, 0: empty */
	uint32_t n, cap, free, oldest, newest;
	uint32_t n_heads;
	uint64_t forgotten;
};

void join_free(struct join *j);

/* kind: a letter that tells ids of one program from those of another. NULL: none, or too long. */
struct open_id *join_get(struct join *j, char kind, struct span id);
struct open_id *join_put(struct join *j, char kind, struct span id);
void join_drop(struct join *j, char kind, struct span id);

/* Forget what is known of it, keep the id. */
void join_clear(struct open_id *e);

void join_set(char **field, struct span value);

#endif
