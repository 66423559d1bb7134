/*
 * Reports, records and profiles of a month lie in a partition each. db prune drops them, while
 * loaders remember which profiles they have stored. So a loader remembers a month by the oid of its
 * partition of profile, and looks in the transaction that stores records whether that is still
 * there: prune and that transaction exclude each other.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/day.h"
#include "db/load/priv.h"
#include "db/pg/array_text.h"
#include "sql.h"

static const char *const parents[] = {"report", "record", "profile"}; /* as everybody locks them */
#define PARENTS (sizeof parents / sizeof *parents)

/* The partitions of a month: oid, or 0. */
static enum status find(struct db *db, const char *suffix, uint32_t oids[PARENTS], struct err *err)
{
	PGresult *res;
	memset(oids, 0, PARENTS * sizeof *oids);
	enum status st = db_query(db, sql_partition_there, 1, &suffix, &res, err);
	if (st != ST_OK)
		return st;
	for (int i = 0; i < PQntuples(res); i++)
		for (size_t k = 0; k < PARENTS; k++)
			if (strcmp(parents[k], PQgetvalue(res, i, 0)) == 0)
				oids[k] = (uint32_t)strtoul(PQgetvalue(res, i, 1), NULL, 10);
	PQclear(res);
	return ST_OK;
}

/* Attached, not made as PARTITION OF: that would wait for all who load or read. */
static enum status attach(struct db *db, const char *parent, const char *suffix, int32_t month,
			  struct err *err)
{
	char from[DAY_STRLEN], to[DAY_STRLEN], sql[512];
	snprintf(
	    sql, sizeof sql,
	    "CREATE TABLE %s_%s (LIKE %s INCLUDING ALL); ALTER TABLE %s ATTACH PARTITION %s_%s "
	    "FOR VALUES FROM ('%s') TO ('%s')",
	    parent, suffix, parent, parent, parent, suffix,
	    day_format(month_first_day(month), from), day_format(month_first_day(month + 1), to));
	return db_exec(db, sql, err);
}

static enum status make(struct db *db, const char *suffix, int32_t month, uint32_t oids[PARENTS],
			struct err *err)
{
	/* the lock is taken before looking again: CREATE ... IF NOT EXISTS alone races */
	enum status st =
	    db_exec(db, "BEGIN; SELECT pg_advisory_xact_lock(" LOCK_PARTITION ")", err);
	if (st == ST_OK)
		st = find(db, suffix, oids, err);
	for (size_t k = 0; st == ST_OK && k < PARENTS; k++)
		if (oids[k] == 0)
			st = attach(db, parents[k], suffix, month, err);
	if (st == ST_OK)
		st = find(db, suffix, oids, err);
	if (st == ST_OK)
		st = db_commit(db, err);
	if (st != ST_OK)
		db_rollback(db);
	return st;
}

enum status load_partition(struct loader *l, struct db *db, int32_t month, uint32_t *table,
			   struct err *err)
{
	struct digest key = hash_fixed128(&month, sizeof month);
	const uint64_t *known = map_get(&l->partitions, &key);
	char day[DAY_STRLEN], suffix[DAY_STRLEN];
	uint32_t oids[PARENTS];
	if (known) {
		*table = (uint32_t)*known;
		return ST_OK;
	}
	day_format(month_first_day(month), day);
	snprintf(suffix, sizeof suffix, "%.4s%.2s", day, day + 5);
	enum status st = find(db, suffix, oids, err);
	if (st == ST_OK && (!oids[0] || !oids[1] || !oids[2]))
		st = make(db, suffix, month, oids, err);
	*table = oids[2];
	if (st == ST_OK)
		*map_put(&l->partitions, &key, NULL) = *table;
	return st;
}

enum status load_partitions_hold(struct loader *l, struct entry *const *reports, size_t n,
				 struct err *err)
{
	struct map seen = {0};
	struct buf tables;
	PGresult *res = NULL;
	buf_init(&tables, 1u << 30);
	for (size_t i = 0; i < n; i++) {
		int32_t month = month_of_day(reports[i]->report.day);
		struct digest key = hash_fixed128(&month, sizeof month);
		bool fresh;
		map_put(&seen, &key, &fresh);
		if (fresh)
			array_put_number(&tables, (int64_t)*map_get(&l->partitions, &key));
	}
	const char *param = array_close(&tables);
	enum status st = db_query(l->db, sql_partitions_hold, 1, &param, &res, err);
	if (st == ST_OK && strtoull(PQgetvalue(res, 0, 0), NULL, 10) != seen.n)
		st = err_set(err, ST_RETRY,
			     "database: a month was pruned while reports of it were loaded");
	PQclear(res);
	buf_free(&tables);
	map_free(&seen);
	return st;
}
