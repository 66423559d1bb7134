/*
 * A report that outgrows the batch: everything before it is flushed, then its rows stream into a
 * transaction of its own, BATCH_RECORDS at a time. Its profiles get their ids over a second
 * connection, whose short transactions hold no lock that another loader could wait for in vain.
 */
#include <stdio.h>
#include <string.h>

#include "core/day.h"
#include "core/mem.h"
#include "db/load/priv.h"
#include "sql.h"

static enum status open_side(struct loader *l, struct err *err)
{
	if (l->side)
		return ST_OK;
	struct buf info;
	buf_init(&info, 64 * KIB);
	conninfo_of(l->db->conn, &info);
	enum status st = db_open(info.data ? info.data : "", &l->side, err);
	buf_free(&info);
	return st;
}

/* What stands in the batch before the open report goes first. */
static enum status flush_before(struct loader *l, struct err *err)
{
	struct batch *b = &l->batch;
	struct entry e = b->entries[b->n];
	enum status st = load_flush(l, err);
	if (st != ST_OK)
		return st;
	memmove(b->records, b->records + e.first, e.n * sizeof *b->records);
	b->n_records = e.n;
	e.first = 0;
	b->entries[0] = e;
	return ST_OK;
}

/* Of the stored report with this identity: its content, whether the same source brought it, how
 * high it stands. */
static enum status stored_content(struct loader *l, const struct entry *e, bool *found,
				  struct err *err)
{
	char domain[32];
	char day[DAY_STRLEN];
	const char *values[] = {domain, (const char *)e->report.identity.b,
				day_format(e->report.day, day)};
	const int lengths[] = {0, sizeof e->report.identity.b, 0}, formats[] = {0, 1, 0};
	snprintf(domain, sizeof domain, "%lld", (long long)l->domains.dims[e->domain].id);
	PGresult *res = db_run_params(l->db, sql_report_content, 3, values, lengths, formats, 1);
	enum status st = ST_OK;
	if (PQresultStatus(res) != PGRES_TUPLES_OK)
		st = db_fail(l->db, res, err);
	*found = st == ST_OK && PQntuples(res) == 1 &&
		 PQgetlength(res, 0, 0) == (int)sizeof l->big_content.b;
	if (*found) {
		memcpy(l->big_content.b, PQgetvalue(res, 0, 0), sizeof l->big_content.b);
		l->big_again = strcmp(e->source, PQgetvalue(res, 0, 1)) == 0;
		l->big_standing = load_standing_of(res, 0, 2);
		snprintf(l->big_auth, sizeof l->big_auth, "%s", PQgetvalue(res, 0, 3));
	}
	PQclear(res);
	return st;
}

/* The report's row, so that its identity is ours or known to be taken. *taken: no row went in. */
static enum status claim(struct loader *l, struct entry *e, bool *taken, struct err *err)
{
	struct copy c;
	PGresult *res;
	const char *one = "1";
	enum status st = db_query_binary(l->db, sql_report_ids, 1, &one, &res, err);
	if (st != ST_OK)
		return st;
	e->report_id = db_int8(res, 0, 0);
	PQclear(res);
	st = load_begin(l, err);
	if (st == ST_OK)
		st = load_partitions_hold(l, &e, 1, err);
	if (st != ST_OK)
		return st;
	copy_begin(&c, l->db, "COPY stage_report (" REPORT_COLUMNS ") FROM STDIN (FORMAT binary)");
	load_report_row(&c, l, e);
	st = copy_end(&c, err);
	if (st == ST_OK)
		st = db_query_binary(l->db, sql_report_merge, 0, NULL, &res, err);
	if (st != ST_OK)
		return st;
	*taken = PQntuples(res) == 0;
	PQclear(res);
	return ST_OK;
}

/* The identity is taken. The one that has it gives way, if it must: whether its content differs
 * shows at the end. Else the two are compared. */
static enum status meet_stored(struct loader *l, struct entry *e, struct err *err)
{
	bool found = false, gone = false;
	PGresult *res = NULL;
	enum status st = stored_content(l, e, &found, err);
	if (st == ST_OK && !found)
		st = err_set(err, ST_RETRY, "database: a report vanished while it was compared");
	l->big = BIG_COMPARE;
	if (st != ST_OK || !load_outranks(l, e, l->big_standing)) {
		db_rollback(l->db);
		return st;
	}
	l->big = BIG_STORE;
	st = load_displace(l, e, &l->big_displaced, &gone, err);
	if (st == ST_OK)
		st = db_query_binary(l->db, sql_report_merge, 0, NULL, &res, err);
	if (st == ST_OK && (!gone || PQntuples(res) != 1))
		st = err_set(err, ST_RETRY, "database: a report changed while it was compared");
	PQclear(res);
	return st;
}

static enum status start(struct loader *l, struct err *err)
{
	struct entry *e = &l->batch.entries[0];
	bool taken = false;
	uint32_t table;
	enum status st = open_side(l, err);
	if (st == ST_OK)
		st = load_stage(l->side, err);
	if (st == ST_OK)
		st = load_resolve(l, l->side, err);
	if (st == ST_OK)
		st = load_partition(l, l->db, month_of_day(e->report.day), &table, err);
	if (st == ST_OK)
		st = load_rank(l, l->db, &e, 1, err);
	if (st == ST_OK)
		st = claim(l, e, &taken, err);
	if (st == ST_OK && taken)
		return meet_stored(l, e, err);
	l->big = BIG_STORE;
	return st;
}

/* Write what has come so far and forget it. */
static enum status write_chunk(struct loader *l, struct err *err)
{
	struct batch *b = &l->batch;
	struct entry *e = &b->entries[0];
	const struct entry *one = e;
	enum status st = ST_OK;
	e->first = 0;
	e->n = b->n_records;
	if (l->big == BIG_STORE) {
		st = load_resolve(l, l->side, err);
		if (st == ST_OK) {
			load_outcomes_add(l, e);
			st = load_record_rows(l, &one, 1, l->record_no, err);
		}
	}
	l->record_no += e->n;
	b->n_records = 0;
	e->n = 0;
	/* profiles could be forgotten here only with their domain, which is in use: they are
	 * bounded by forgetting the index, not the ids */
	if (l->profiles.n > CACHE_MAX)
		load_profiles_forget(l);
	return st;
}

enum status load_big_records(struct loader *l, struct err *err)
{
	enum status st = ST_OK;
	if (l->big == BIG_NONE) {
		st = flush_before(l, err);
		if (st != ST_OK)
			return st; /* what stood before it stays pending */
		st = start(l, err);
	}
	if (st == ST_OK)
		st = write_chunk(l, err);
	arena_rewind(&l->batch.arena, l->head);
	if (st != ST_OK)
		load_big_abort(l);
	return st;
}

void load_big_abort(struct loader *l)
{
	db_rollback(l->db);
	load_months_clear(l);
	load_displaced_free(&l->big_displaced);
	l->batch.n_records = 0;
	l->batch.entries[0].first = 0;
	l->big = BIG_NONE;
}

/* The totals that were not known when the row went in. */
static enum status complete(struct loader *l, const struct entry *e, struct err *err)
{
	struct copy c;
	char domain[32];
	const char *param = domain;
	PGresult *res;
	snprintf(domain, sizeof domain, "%lld", (long long)l->domains.dims[e->domain].id);
	copy_begin(&c, l->db, "COPY stage_report (" REPORT_COLUMNS ") FROM STDIN (FORMAT binary)");
	load_report_row(&c, l, e);
	enum status st = copy_end(&c, err);
	if (st == ST_OK)
		st = db_query(l->db, sql_report_complete, 1, &param, &res, err);
	if (st == ST_OK)
		PQclear(res);
	return st;
}

/* There was one already: the outcome goes with an ordinary batch. */
static enum status finish_compared(struct loader *l, struct entry *e, struct err *err)
{
	bool known = memcmp(e->report.content.b, l->big_content.b, sizeof l->big_content.b) == 0;
	e->again = known && l->big_again;
	e->raise = known && load_raises(e, l->big_standing, l->big_auth);
	enum status st = ST_OK;
	if (!known)
		st = load_conflict_known(l, e, &known, err);
	if (st != ST_OK)
		return st;
	e->big = true;
	e->n = 0;
	e->outcome = known ? OUT_DUPLICATE : OUT_CONFLICT;
	e->reason = known ? NULL : load_conflict_reason(e, l->big_standing);
	l->batch.n = 1;
	return load_flush(l, err);
}

static enum status finish_stored(struct loader *l, struct entry *e, struct err *err)
{
	struct displaced *d = &l->big_displaced;
	if (d->xml && memcmp(d->content.b, e->report.content.b, sizeof d->content.b) == 0) {
		load_big_abort(l); /* the same values: nothing gives way */
		return finish_compared(l, e, err);
	}
	e->outcome = OUT_STORED;
	e->displaced = d->xml != NULL;
	enum status st = complete(l, e, err);
	load_month_add(l, e);
	if (st == ST_OK && d->xml)
		st = load_displaced_aside(l, e, d, err);
	if (st == ST_OK)
		st = load_months_write(l, err);
	if (st == ST_OK)
		st = db_commit(l->db, err);
	if (st != ST_OK) {
		load_big_abort(l);
		return st;
	}
	load_displaced_free(d);
	load_settle(l, 1);
	arena_reset(&l->batch.arena);
	load_dims_trim(l);
	return ST_OK;
}

enum status load_big_end(struct loader *l, struct entry *e, struct err *err)
{
	enum big_mode mode = l->big;
	enum status st = write_chunk(l, err);
	if (st == ST_OK)
		st = mode == BIG_STORE ? finish_stored(l, e, err) : finish_compared(l, e, err);
	else
		load_big_abort(l);
	return st;
}
