/*
 * bounce.h - refused mail: kept as counts, listed.
 *
 * Whoever reads bounces (core/bounce.h) says whose mail it was and why it was refused; here it is
 * counted by domain, day, class, receiver and sending address. The same message, recipient and
 * class count once, from whatever source. No address of a person comes in, none is kept.
 */
#ifndef DB_STORE_BOUNCE_H
#define DB_STORE_BOUNCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/arena.h"
#include "core/facts.h"
#include "core/hash.h"
#include "core/ip.h"
#include "db/pg/db.h"

struct bounce_stored {
	uint64_t stored, duplicate, foreign; /* foreign: of no domain that is known */
};

/* One refusal, to be counted. Texts may be NULL where nothing is known, but domain and class. */
struct bounce_row {
	const char *domain; /* policy domain; it counts only where the database knows it */
	int64_t at;         /* Unix seconds */
	bool undated;       /* at is only when it was read: it tells nothing apart */
	struct digest message, recipient; /* core/bounce.h; all zero: see bounce_store() */
	struct fact_refusal says;         /* day and count are not looked at */
	struct bounce_stored *account;    /* of the input that it came from */
};

/* Count them, in a transaction of its own; the account of each (struct bounce_row) is added to.
 * What has no message is told apart by all that is known of it. */
enum status bounce_store(struct db *db, const struct bounce_row *rows, size_t n,
			 struct err *err) MUST_CHECK;

/* How refusals were met. */
enum bounce_cover { COVER_LOG, COVER_MAIL };

/* Of the days first to last (core/day.h), both with it, a log or bounces were read. Of a longer
 * time only the end counts. */
enum status bounce_covered(struct db *db, enum bounce_cover kind, int32_t first, int32_t last,
			   struct err *err) MUST_CHECK;

struct bounce_filter {
	const char *const *domains; /* none: all */
	size_t n_domains;
	bool has_since, has_until;
	int32_t since, until; /* half-open */
};

/* By domain, newest day first, the most of a day first. Everything in the arena. */
enum status bounce_list(struct db *db, const struct bounce_filter *filter, struct arena *a,
			struct domain_refusal **out, size_t *n, struct err *err) MUST_CHECK;

/* What was refused in each of n windows, which know their domain, and on which days that would be
 * known; names: of all domains, as an array in text (db/pg/array_text.h). */
enum status bounce_windows(struct db *db, const char *names, struct arena *a,
			   struct domain_facts *out, size_t n, struct err *err) MUST_CHECK;

#endif
