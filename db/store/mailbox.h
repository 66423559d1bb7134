/*
 * mailbox.h - what was read of a mailbox in which mails stay (ingest --imap without filing).
 *
 * A row holds UIDVALIDITY and the UIDs that are settled, as ranges. It is written after the outcome
 * of these mails is committed: what a crash loses in between is read again, and is a duplicate.
 * Several runs may add to one row at once; nothing is ever taken out.
 */
#ifndef DB_STORE_MAILBOX_H
#define DB_STORE_MAILBOX_H

#include <stdint.h>

#include "core/uid_set.h"
#include "db/pg/db.h"

/* Add to done what is stored for name under this UIDVALIDITY. */
enum status mailbox_load(struct db *db, const char *name, uint32_t uidvalidity,
			 struct uid_set *done, struct err *err) MUST_CHECK;

/*
 * One run at a time changes a mailbox, whatever machine it runs on: wait for the turn, change it,
 * leave. In between the connection is in a transaction; who dies has left.
 */
enum status mailbox_enter(struct db *db, const char *name, struct err *err) MUST_CHECK;
enum status mailbox_leave(struct db *db, struct err *err) MUST_CHECK;

/* Add done to what is stored. */
enum status mailbox_save(struct db *db, const char *name, uint32_t uidvalidity,
			 const struct uid_set *done, struct err *err) MUST_CHECK;

#endif
