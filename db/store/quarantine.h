/*
 * quarantine.h - what was set aside: list, fetch, remove.
 */
#ifndef DB_STORE_QUARANTINE_H
#define DB_STORE_QUARANTINE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "core/arena.h"
#include "core/hash.h"
#include "db/pg/db.h"

struct quarantined {
	int64_t id;
	const char *outcome; /* "rejected" or "conflict" */
	const char *reason, *source;
	uint64_t size;                      /* of the original */
	bool truncated;                     /* only its head was kept */
	const char *first_seen, *last_seen; /* RFC 3339, UTC */
	bool has_content;                   /* a report that conflicts: */
	struct digest content;
	bool has_auth; /* what was known of its mail: words of core/authentic.h; NULL: none */
	const char *auth, *auth_by, *auth_domain;
	int standing; /* enum standing */
};

/* All, oldest first, or the one with this id (0: all). Strings and *rows in the arena. */
enum status quarantine_list(struct db *db, int64_t id, struct arena *a, struct quarantined **rows,
			    size_t *n, struct err *err) MUST_CHECK;

/* Those that were met last, at most so many; *all: how many there are. Of each: outcome, reason,
 * source, size, first_seen, last_seen. */
enum status quarantine_newest(struct db *db, unsigned most, struct arena *a,
			      struct quarantined **rows, size_t *n, uint64_t *all,
			      struct err *err) MUST_CHECK;

/* Write the bytes kept to out, in pieces. ST_ITEM: no such id. Errors of out are the caller's to
 * see (ferror). */
enum status quarantine_export(struct db *db, int64_t id, FILE *out, struct err *err) MUST_CHECK;

/* Drop what was not met for longest, until at most so many things and bytes are left, or a little
 * less. Its own transaction. */
enum status quarantine_trim(struct db *db, uint64_t bytes, uint64_t things, uint64_t *dropped,
			    struct err *err) MUST_CHECK;

enum status quarantine_delete(struct db *db, int64_t id, struct err *err) MUST_CHECK;

#endif
