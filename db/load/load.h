/*
 * load.h - the sink that stores reports: batches, COPY, and the verdict on each report.
 *
 * Small reports travel together: BATCH_RECORDS records or BATCH_REPORTS reports share one
 * transaction. A report that outgrows that streams in a transaction of its own. A batch that fails
 * because of one of its members is replayed one by one, so that only the bad one is set aside.
 * A batch hit by a serialization failure or deadlock is replayed whole.
 *
 * In the same transaction: report and record rows, totals of months, ledger, quarantine.
 *
 * Of two reports with one identity the first stays, unless the other is proved and it is not
 * (core/receiver.h): then it is displaced, whichever came first. What gives way goes to quarantine
 * as a document made of its values.
 *
 * The wing load/: reports into the database. In: reports, through a sink. Out: rows by COPY, and
 * the outcome of each report once it is durable. It may include store/ and pg/.
 */
#ifndef DB_LOAD_LOAD_H
#define DB_LOAD_LOAD_H

#include <stdbool.h>
#include <stdint.h>

#include "core/domain.h"
#include "core/receiver.h"
#include "core/sink.h"
#include "db/load/known.h"
#include "db/pg/db.h"

struct loader;

/* run_id groups the ledger rows of one run (load_run_begin). db and its connection are used by
 * this loader alone until load_close(). dry: decide STORED, DUPLICATE, CONFLICT as a real run
 * would, write nothing at all. known: shared with other loaders into the same database, or NULL. */
enum status load_open(struct db *db, int64_t run_id, bool dry, struct load_known *known,
		      struct loader **out, struct err *err) MUST_CHECK;
/* Of a fresh loader: how many bytes the quarantine may hold; what is past it goes, that which was
 * not met for longest first, and told (may be NULL) hears how many things went. */
void load_quarantine(struct loader *l, uint64_t max, void (*told)(uint64_t dropped, uint64_t max));
struct sink *load_sink(struct loader *l);        /* owned by the loader */
struct loader *load_of(const struct sink *sink); /* of a load_sink() */

/* Names of organisations and of those who sign for them are compared by these; borrowed. Without
 * them every name is an organisation of its own. */
void load_names(struct loader *l, const struct name_rules *rules);

/*
 * What follows came out of quarantine, where stood what was known of its mail. Of a document
 * without a mail this is taken. accept: a report of that content takes the place of whatever is
 * stored with its identity, and nothing displaces it again. NULL: what follows is as it says.
 */
struct load_origin {
	bool known; /* else it was never asked */
	enum auth auth;
	enum auth_by by;
	enum standing standing;
	const char *domain; /* borrowed; NULL: none */
	bool accept;
	bool any;              /* whatever its content is, else: */
	struct digest content; /* of the one to accept */
};
void load_origin(struct loader *l, const struct load_origin *origin);
void load_close(struct loader *l); /* drops what was not flushed */

/* One row in the table of runs; what says where it reads from. */
enum status load_run_begin(struct db *db, const char *what, int64_t *run_id,
			   struct err *err) MUST_CHECK;
enum status load_run_end(struct db *db, int64_t run_id, uint64_t inputs,
			 struct err *err) MUST_CHECK;

#endif
