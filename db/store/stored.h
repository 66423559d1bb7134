/*
 * stored.h - reports that are stored: listed, written out, dropped.
 */
#ifndef DB_STORE_STORED_H
#define DB_STORE_STORED_H

#include <stdint.h>
#include <stdio.h>

#include "core/arena.h"
#include "core/receiver.h"
#include "db/pg/db.h"

struct stored_report {
	const char *domain, *org_name, *email, *report_id; /* email: NULL: none */
	int64_t begin, end;
	uint64_t records, messages;
	const char *auth, *auth_domain, *auth_by; /* words of core/authentic.h; NULL: none */
	const char *source, *stored_at;           /* RFC 3339, UTC */
	enum standing standing;
	int64_t domain_id, row; /* its key, with: */
	int32_t day;
};

/* Of all or these domains; what is NULL or has no value does not choose. */
struct stored_filter {
	const char *const *domains;
	size_t n_domains; /* 0: all */
	bool has_since, has_until;
	int32_t since, until; /* days; until: the first that is not wanted */
	const char *org_name; /* in any case of letters */
	const char *report_id;
};

/* By domain, day, organisation. Everything in the arena. */
enum status stored_list(struct db *db, const struct stored_filter *f, struct arena *a,
			struct stored_report **out, size_t *n, struct err *err) MUST_CHECK;

/* As a document again (document.h). */
enum status stored_write(struct db *db, const struct stored_report *r, FILE *out,
			 struct err *err) MUST_CHECK;

/* Its records go, its part of all totals, and it itself; the ledger says so. *gone: it was there.
 */
enum status stored_drop(struct db *db, const struct stored_report *r, bool *gone,
			struct err *err) MUST_CHECK;

#endif
