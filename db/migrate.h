/*
 * migrate.h - the schema: numbered SQL files in db/migrations/, embedded at build, forward only,
 * each in one transaction, under an advisory lock.
 */
#ifndef DB_MIGRATE_H
#define DB_MIGRATE_H

#include "db/pg/db.h"

int migrate_latest(void); /* the version this program wants */

/* Version of the schema in the database; 0 when there is none. */
enum status migrate_version(struct db *db, int *version, struct err *err) MUST_CHECK;

/* Bring it to migrate_latest(). *from, *to say what was done. ST_FATAL when the database is newer
 * than this program. Safe when several processes do it at once. */
enum status migrate_run(struct db *db, int *from, int *to, struct err *err) MUST_CHECK;

/* ST_FATAL with a sentence ("run `ruascope db migrate`") unless the version fits. */
enum status migrate_check(struct db *db, struct err *err) MUST_CHECK;

#endif
