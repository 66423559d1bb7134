/*
 * forget.h - everything that is stored about one domain goes.
 *
 * In one transaction, while nobody loads (as prune.h). The name itself stays among the domains,
 * without anything: a run that is reading at the same time may hold its number.
 */
#ifndef DB_FORGET_H
#define DB_FORGET_H

#include <stdbool.h>
#include <stdint.h>

#include "db/pg/db.h"

struct forgotten {
	uint64_t reports, labels, quarantined, states, events;
};

/* domain: in normal form. really false: only count what would go. *known false: never heard of it,
 * and nothing was done. */
enum status db_forget(struct db *db, const char *domain, bool really, bool *known,
		      struct forgotten *out, struct err *err) MUST_CHECK;

#endif
