/*
 * label.h - what people said of senders: set, forget, list. Reports read it with the facts
 * (query_facts).
 *
 * One row a domain and sender (core/label.h) holds a verdict, a name, or both.
 *
 * The wing store/: what is kept beside reports, a table a file: labels, answers of DNS, mailboxes,
 * quarantine. In and out: structs of core/. It may include pg/.
 */
#ifndef DB_STORE_LABEL_H
#define DB_STORE_LABEL_H

#include <stddef.h>

#include "core/arena.h"
#include "core/facts.h"
#include "db/pg/db.h"

struct label {
	const char *domain;
	struct fact_label says;
	const char *set_at; /* RFC 3339, UTC: when it was last set */
};

/* domain and sender in normal form. */
struct label_change {
	const char *domain, *sender;
	enum label_verdict verdict; /* LABEL_NONE keeps what is there */
	const char *name;           /* NULL keeps */
	const char *owner;          /* NULL keeps, "" clears */
	bool set_until;             /* false keeps */
	bool has_until;
	int32_t until;
};

/* Make or change the row, atomically; the domain need not have been heard of. *now (may be NULL)
 * is how it stands afterwards, in a. At least one of verdict and name must be given. */
enum status label_set(struct db *db, const struct label_change *change, struct arena *a,
		      struct label *now, struct err *err) MUST_CHECK;

/* *was_there = false: there was nothing to forget. */
enum status label_forget(struct db *db, const char *domain, const char *sender, bool *was_there,
			 struct err *err) MUST_CHECK;

/* All, or those of one domain (NULL: all), by domain and sender; in a. */
enum status label_list(struct db *db, const char *domain, struct arena *a, struct label **labels,
		       size_t *n, struct err *err) MUST_CHECK;

/* The labels that count for each of n windows, which know their domain; names: of all domains, as
 * an array in text (db/pg/array_text.h). */
enum status label_windows(struct db *db, const char *names, struct arena *a,
			  struct domain_facts *out, size_t n, struct err *err) MUST_CHECK;

#endif
