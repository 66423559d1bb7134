/*
 * snapshot.h - the answers of DNS that earlier runs got (core/snapshot.h).
 *
 *	snapshot_load(db, 0, restore_one, resolver, &err);
 *	... the run asks ...
 *	snapshot_begin(db, &s, &err);
 *	resolver_each(r, snapshot_add, s);
 *	snapshot_end(s, &err);
 */
#ifndef DB_STORE_SNAPSHOT_H
#define DB_STORE_SNAPSHOT_H

#include "core/snapshot.h"
#include "db/pg/db.h"

/* Each answer asked for at since (seconds since 1970) or later; rows are borrowed for the call. */
enum status snapshot_load(struct db *db, int64_t since,
			  void (*each)(void *ctx, const struct snapshot_row *row), void *ctx,
			  struct err *err) MUST_CHECK;

/* Only those about keys of mails (SELECTOR._domainkey.DOMAIN), and whether servers are silent. */
enum status snapshot_load_keys(struct db *db, int64_t since,
			       void (*each)(void *ctx, const struct snapshot_row *row), void *ctx,
			       struct err *err) MUST_CHECK;

struct snapshot_writer;

/*
 * One transaction: all answers or none. A newer answer that stands already wins. A row with servers
 * is a question that failed: it stands beside the answer that is there (failed, failed_at), in its
 * place only where none is.
 */
enum status snapshot_begin(struct db *db, struct snapshot_writer **out, struct err *err) MUST_CHECK;
void snapshot_add(void *writer, const struct snapshot_row *row);
enum status snapshot_end(struct snapshot_writer *w, struct err *err) MUST_CHECK; /* frees w */

#endif
