#include "db/forget.h"

#include <stdio.h>
#include <stdlib.h>

#include "db/pg/locks.h"
#include "db/pg/pg.h"
#include "sql.h"

#define OF_DOMAIN " WHERE domain_id = $1::bigint"

/* Reports before records before profiles, as everybody locks them. */
static enum status delete_all(struct db *db, const char *id, const char *domain,
			      struct forgotten *out, struct err *err)
{
	const struct {
		const char *sql;
		uint64_t *rows;
	} steps[] = {
	    {"DELETE FROM record_mark" OF_DOMAIN, NULL},
	    {"DELETE FROM report" OF_DOMAIN, &out->reports},
	    {"DELETE FROM record" OF_DOMAIN, NULL},
	    {"DELETE FROM profile" OF_DOMAIN, NULL},
	    {"DELETE FROM sender_month" OF_DOMAIN, NULL},
	    {"DELETE FROM rollup_month" OF_DOMAIN, NULL},
	    {"DELETE FROM sender_label" OF_DOMAIN, &out->labels},
	    {"DELETE FROM domain_state" OF_DOMAIN, &out->states},
	    {"DELETE FROM sender_state" OF_DOMAIN, NULL},
	    {"DELETE FROM dns_change" OF_DOMAIN, NULL},
	    {"DELETE FROM remedy_state" OF_DOMAIN, NULL},
	    {"DELETE FROM event" OF_DOMAIN, &out->events},
	    {"DELETE FROM bounce" OF_DOMAIN, NULL},
	    {"DELETE FROM bounce_seen" OF_DOMAIN, NULL},
	    {"DELETE FROM ledger" OF_DOMAIN, NULL},
	    {"DELETE FROM quarantine" OF_DOMAIN, &out->quarantined},
	};
	enum status st = ST_OK;
	for (size_t i = 0; st == ST_OK && i < sizeof steps / sizeof *steps; i++)
		st = db_do(db, steps[i].sql, 1, &id, steps[i].rows, err);
	if (st == ST_OK)
		st = db_exec(db, sql_quarantine_orphans, err);
	if (st == ST_OK)
		st = db_do(db, sql_snapshot_forget, 1, &domain, NULL, err);
	return st;
}

static enum status find(struct db *db, const char *domain, bool *known, char id[32],
			struct err *err)
{
	PGresult *res;
	enum status st = db_query(db, sql_domain_find, 1, &domain, &res, err);
	if (st != ST_OK)
		return st;
	*known = PQntuples(res) == 1;
	if (*known)
		snprintf(id, 32, "%s", PQgetvalue(res, 0, 0));
	PQclear(res);
	return ST_OK;
}

enum status db_forget(struct db *db, const char *domain, bool really, bool *known,
		      struct forgotten *out, struct err *err)
{
	char id[32];
	*out = (struct forgotten){0};
	enum status st = find(db, domain, known, id, err);
	if (st != ST_OK || !*known)
		return st;
	st = db_exec(db,
		     "BEGIN; SELECT pg_advisory_xact_lock(" LOCK_JUDGE "); SELECT "
		     "pg_advisory_xact_lock(" LOCK_ROLLUP "); SELECT "
		     "pg_advisory_xact_lock(" LOCK_ASIDE ")",
		     err);
	if (st == ST_OK)
		st = delete_all(db, id, domain, out, err);
	if (st == ST_OK && really)
		st = db_commit(db, err);
	if (st != ST_OK || !really)
		db_rollback(db);
	return st;
}
