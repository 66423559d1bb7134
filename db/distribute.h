/*
 * distribute.h - the schema over several machines, with the Citus extension.
 *
 * Tables with facts are distributed by domain_id, all of a domain on one node; the names of domains
 * and reporters go to every node. What is stored moves along. Nothing else of ruascope changes: it
 * talks to the coordinator as to any server.
 */
#ifndef DB_DISTRIBUTE_H
#define DB_DISTRIBUTE_H

#include "db/pg/db.h"

const char *distribute_statements(void); /* the SQL, as db_distribute() runs it */

/* In one transaction; what is distributed already stays. ST_FATAL, with a sentence, when the
 * database has no Citus. */
enum status db_distribute(struct db *db, struct err *err) MUST_CHECK;

#endif
