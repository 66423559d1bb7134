/*
 * stamp.h - has anything changed? What pages of a domain are made of, in a few numbers.
 */
#ifndef DB_STORE_STAMP_H
#define DB_STORE_STAMP_H

#include <stdint.h>

#include "core/arena.h"
#include "db/pg/db.h"

/* A month of a domain: its reports. Each report has a number of its own, and none is changed. */
struct month_stamp {
	const char *domain;
	int32_t month;
	uint64_t reports, messages, newest;
};

/* What people said of a domain's senders. */
struct label_stamp {
	const char *domain;
	uint64_t labels;
	const char *set_at; /* of the newest */
};

/* By domain, then month; from a day on. */
enum status stamp_months(struct db *db, const char *const *names, size_t n_names, int32_t since,
			 struct arena *a, struct month_stamp **out, size_t *n,
			 struct err *err) MUST_CHECK;

/* By domain; of those that have labels. */
enum status stamp_labels(struct db *db, const char *const *names, size_t n_names, struct arena *a,
			 struct label_stamp **out, size_t *n, struct err *err) MUST_CHECK;

#endif
