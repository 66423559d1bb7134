#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/day.h"
#include "core/mem.h"
#include "db/load/priv.h"
#include "sql.h"

#define REPLAYS 5 /* of a batch hit by a deadlock or serialization failure */

static struct entry **reports_of(struct batch *b, size_t first, size_t n, size_t *n_reports)
{
	struct entry **r = mem_alloc(n * sizeof *r);
	*n_reports = 0;
	for (size_t i = first; i < first + n; i++)
		if (b->entries[i].kind == ENTRY_REPORT && !b->entries[i].big)
			r[(*n_reports)++] = &b->entries[i];
	return r;
}

static struct digest key_of(const struct entry *e)
{
	struct {
		struct digest identity;
		uint32_t domain;
	} key = {e->report.identity, e->domain};
	return hash_fixed128(&key, sizeof key);
}

/* Mark those that have the identity of another of the batch: the first of the higher rank goes
 * first, the others are compared with it. */
static void find_twins(const struct loader *l, struct entry **reports, size_t n)
{
	struct map best = {0};
	for (size_t i = 0; i < n; i++) {
		struct digest d = key_of(reports[i]);
		bool fresh;
		uint64_t *at = map_put(&best, &d, &fresh);
		if (fresh || load_outranks(l, reports[i], reports[*at]->standing))
			*at = i;
	}
	for (size_t i = 0; i < n; i++) {
		struct digest d = key_of(reports[i]);
		uint64_t at = *map_get(&best, &d);
		reports[i]->twin = at == i ? NULL : reports[at];
	}
	map_free(&best);
}

static enum status draw_ids(struct loader *l, struct entry **reports, size_t n, struct err *err)
{
	char count[32];
	const char *param = count;
	PGresult *res;
	snprintf(count, sizeof count, "%zu", n);
	enum status st = db_query_binary(l->db, sql_report_ids, 1, &param, &res, err);
	if (st != ST_OK)
		return st;
	for (size_t i = 0; i < n; i++)
		reports[i]->report_id = db_int8(res, (int)i, 0);
	PQclear(res);
	return ST_OK;
}

/* A report in key order: by the domain's id, day and identity. */
struct sorted {
	int64_t domain_id;
	struct entry *e;
};

static int by_report_id(const void *key, const void *entry)
{
	const int64_t id = *(const int64_t *)key;
	const struct entry *e = *(struct entry *const *)entry;
	return (id > e->report_id) - (id < e->report_id);
}

static struct entry *entry_by_id(struct entry **reports, size_t n, int64_t id)
{
	struct entry **e = bsearch(&id, reports, n, sizeof *reports, by_report_id);
	return e ? *e : NULL;
}

static bool same(const struct digest *a, const void *b)
{
	return memcmp(a->b, b, sizeof a->b) == 0;
}

/* stored: how high that stands which e is compared with. */
static enum status decide_by_content(struct loader *l, struct entry *e, bool equal,
				     enum standing stored, struct err *err)
{
	bool known = equal;
	if (!equal) {
		enum status st = load_conflict_known(l, e, &known, err);
		if (st != ST_OK)
			return st;
	}
	e->outcome = known ? OUT_DUPLICATE : OUT_CONFLICT;
	if (known)
		return ST_OK;
	e->reason = load_conflict_reason(e, stored);
	return load_set_aside(l, e, err); /* at once: the next one like it is a duplicate */
}

/* The stored one gives way, and goes aside. */
static enum status displace(struct loader *l, struct entry *e, struct err *err)
{
	struct displaced d;
	bool gone;
	enum status st = load_displace(l, e, &d, &gone, err);
	if (st == ST_OK && !gone)
		st = err_set(err, ST_RETRY, "database: a report changed while it was compared");
	if (st == ST_OK)
		st = load_displaced_aside(l, e, &d, err);
	load_displaced_free(&d);
	e->displaced = st == ST_OK;
	return st;
}

/* A row of report_stored.sql. */
static enum status compare(struct loader *l, struct entry *e, const PGresult *res, int row,
			   struct err *err)
{
	enum standing stored = load_standing_of(res, row, 3);
	bool equal = same(&e->report.content, PQgetvalue(res, row, 1));
	if (!equal && load_outranks(l, e, stored))
		return displace(l, e, err);
	e->again = equal && strcmp(e->source, PQgetvalue(res, row, 2)) == 0;
	e->decided = true;
	enum status st = decide_by_content(l, e, equal, stored, err);
	if (st == ST_OK && equal && load_raises(e, stored, PQgetvalue(res, row, 4)))
		st = load_raise(l, e, err);
	return st;
}

/* The twins of what is not stored are compared with what is, too. */
static enum status compare_twins(struct loader *l, struct entry **reports, size_t n,
				 const struct entry *e, const PGresult *res, int row,
				 struct err *err)
{
	enum status st = ST_OK;
	for (size_t k = 0; st == ST_OK && k < n; k++) {
		if (reports[k]->twin != e)
			continue;
		st = decide_by_content(l, reports[k],
				       same(&reports[k]->report.content, PQgetvalue(res, row, 1)),
				       load_standing_of(res, row, 3), err);
		reports[k]->decided = true;
	}
	return st;
}

/* Those that are new go in, and get their outcome. */
static enum status merge_stage(struct loader *l, struct entry **reports, size_t n, size_t *inserted,
			       struct err *err)
{
	PGresult *res;
	enum status st = db_query_binary(l->db, sql_report_merge, 0, NULL, &res, err);
	if (st != ST_OK)
		return st;
	*inserted = (size_t)PQntuples(res);
	for (size_t i = 0; i < *inserted; i++) {
		struct entry *e = entry_by_id(reports, n, db_int8(res, (int)i, 0));
		if (e) {
			e->outcome = OUT_STORED;
			e->decided = true;
		}
	}
	PQclear(res);
	return ST_OK;
}

/* Reports that were there already. */
static enum status decide_stored(struct loader *l, struct entry **reports, size_t n,
				 struct err *err)
{
	PGresult *res;
	bool displaced = false;
	size_t inserted;
	enum status st = db_query_binary(l->db, sql_report_stored, 0, NULL, &res, err);
	for (int i = 0; st == ST_OK && i < PQntuples(res); i++) {
		struct entry *e = entry_by_id(reports, n, db_int8(res, i, 0));
		if (!e || PQgetlength(res, i, 1) != (int)sizeof e->report.content.b)
			continue;
		st = compare(l, e, res, i, err);
		displaced = displaced || e->displaced;
		if (st == ST_OK && !e->displaced)
			st = compare_twins(l, reports, n, e, res, i, err);
	}
	PQclear(res);
	return st == ST_OK && displaced ? merge_stage(l, reports, n, &inserted, err) : st;
}

static int by_identity(const void *a, const void *b)
{
	const struct sorted *x = a, *y = b;
	if (x->domain_id != y->domain_id)
		return x->domain_id < y->domain_id ? -1 : 1;
	if (x->e->report.day != y->e->report.day)
		return x->e->report.day < y->e->report.day ? -1 : 1;
	return memcmp(x->e->report.identity.b, y->e->report.identity.b,
		      sizeof x->e->report.identity.b);
}

/* All but twins, in key order so that two loaders cannot deadlock. Returns how many. */
static size_t sort_reports(const struct loader *l, struct entry **reports, size_t n,
			   struct sorted *out)
{
	size_t k = 0;
	for (size_t i = 0; i < n; i++)
		if (!reports[i]->twin)
			out[k++] =
			    (struct sorted){l->domains.dims[reports[i]->domain].id, reports[i]};
	qsort(out, k, sizeof *out, by_identity);
	return k;
}

static enum status copy_reports(struct loader *l, const struct sorted *sorted, size_t n,
				const char *sql, struct err *err)
{
	struct copy c;
	copy_begin(&c, l->db, sql);
	for (size_t i = 0; i < n; i++)
		load_report_row(&c, l, sorted[i].e);
	return copy_end(&c, err);
}

/* Over the stage: those that are new go in. */
static enum status merge_reports(struct loader *l, struct entry **reports, size_t n,
				 const struct sorted *sorted, size_t n_sorted, struct err *err)
{
	size_t inserted;
	enum status st =
	    copy_reports(l, sorted, n_sorted,
			 "COPY stage_report (" REPORT_COLUMNS ") FROM STDIN (FORMAT binary)", err);
	if (st == ST_OK)
		st = merge_stage(l, reports, n, &inserted, err);
	if (st != ST_OK)
		return st;
	l->old_reports = inserted < n_sorted;
	return l->old_reports ? decide_stored(l, reports, n, err) : ST_OK;
}

/* Where they belong, all of them. ST_ITEM: refused, the transaction is a new one. */
static enum status insert_reports(struct loader *l, const struct sorted *sorted, size_t n,
				  struct err *err)
{
	enum status st = copy_reports(
	    l, sorted, n, "COPY report (" REPORT_COLUMNS ") FROM STDIN (FORMAT binary)", err);
	if (st == ST_ITEM) {
		db_rollback(l->db);
		enum status again = load_begin(l, err);
		return again == ST_OK ? st : again;
	}
	for (size_t i = 0; st == ST_OK && i < n; i++) {
		sorted[i].e->outcome = OUT_STORED;
		sorted[i].e->decided = true;
	}
	return st;
}

/* Insert what is new; give every report its outcome. The first of a transaction. */
static enum status store_reports(struct loader *l, struct entry **reports, size_t n,
				 struct err *err)
{
	struct sorted *sorted = mem_alloc(n * sizeof *sorted);
	size_t n_sorted = sort_reports(l, reports, n, sorted);
	for (size_t i = 0; i < n; i++) { /* an earlier attempt may have been here */
		reports[i]->decided = reports[i]->displaced = false;
		reports[i]->reason = NULL;
	}
	enum status st = l->old_reports ? ST_ITEM : insert_reports(l, sorted, n_sorted, err);
	if (st == ST_ITEM) /* one is there already; whatever else it was shows again */
		st = merge_reports(l, reports, n, sorted, n_sorted, err);
	free(sorted);
	for (size_t i = 0; st == ST_OK && i < n; i++)
		if (!reports[i]->decided && reports[i]->twin)
			st = decide_by_content(
			    l, reports[i],
			    same(&reports[i]->report.content, reports[i]->twin->report.content.b),
			    reports[i]->twin->standing, err);
		else if (!reports[i]->decided) /* deleted between the two statements */
			st = err_set(err, ST_RETRY,
				     "database: a report vanished while it was compared");
	return st;
}

static enum status store_records(struct loader *l, struct entry **reports, size_t n,
				 struct err *err)
{
	const struct entry **stored = mem_alloc(n * sizeof *stored);
	size_t n_stored = 0;
	enum status st = ST_OK;
	for (size_t i = 0; i < n; i++)
		if (reports[i]->outcome == OUT_STORED) {
			stored[n_stored++] = reports[i];
			load_month_add(l, reports[i]);
		}
	if (n_stored > 0)
		st = load_record_rows(l, stored, n_stored, 0, err);
	free(stored);
	return st;
}

/* Conflicts of the batch went aside when they were found; a big one was found before. */
static bool goes_aside(const struct entry *e)
{
	return e->kind == ENTRY_NOTE ? e->outcome == OUT_REJECTED
				     : e->big && e->outcome == OUT_CONFLICT;
}

/* Entries [first, first + n) in one transaction. */
static enum status try_once(struct loader *l, size_t first, size_t n, struct err *err)
{
	struct batch *b = &l->batch;
	size_t n_reports;
	struct entry **reports = reports_of(b, first, n, &n_reports);
	enum status st = load_resolve(l, l->db, err);
	if (st == ST_OK && n_reports > 0)
		st = load_rank(l, l->db, reports, n_reports, err);
	if (st == ST_OK)
		find_twins(l, reports, n_reports);
	uint32_t table;
	for (size_t i = 0; st == ST_OK && i < n_reports; i++)
		st = load_partition(l, l->db, month_of_day(reports[i]->report.day), &table, err);
	if (st == ST_OK && n_reports > 0)
		st = draw_ids(l, reports, n_reports, err);
	if (st == ST_OK)
		st = load_begin(l, err);
	if (st == ST_OK && n_reports > 0)
		st = load_partitions_hold(l, reports, n_reports, err);
	if (st == ST_OK && n_reports > 0)
		st = store_reports(l, reports, n_reports, err);
	if (st == ST_OK)
		st = store_records(l, reports, n_reports, err);
	for (size_t i = first; st == ST_OK && i < first + n; i++) {
		if (goes_aside(&b->entries[i]))
			st = load_set_aside(l, &b->entries[i], err);
		if (st == ST_OK && b->entries[i].raise)
			st = load_raise(l, &b->entries[i], err);
	}
	if (st == ST_OK)
		st = load_ledger_rows(l, b->entries + first, n, err);
	if (st == ST_OK) /* last: other loaders wait for the rows it locks */
		st = load_months_write(l, err);
	if (st == ST_OK)
		st = db_commit(l->db, err);
	if (st != ST_OK) {
		db_rollback(l->db);
		load_months_clear(l);
	}
	for (size_t i = 0; i < n_reports; i++)
		reports[i]->decided = false;
	free(reports);
	return st;
}

/* A lost connection cannot be replayed over; everything else that is ST_RETRY can. */
static enum status try_often(struct loader *l, size_t first, size_t n, struct err *err)
{
	enum status st = ST_RETRY;
	for (int i = 0; i < REPLAYS && st == ST_RETRY && !l->db->too_long; i++) {
		if (PQstatus(l->db->conn) != CONNECTION_OK)
			return i > 0 ? st
				     : err_set(err, ST_RETRY, "database: the connection is gone");
		st = try_once(l, first, n, err);
	}
	return st;
}

void load_settle(struct loader *l, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct entry *e = &l->batch.entries[i];
		struct settlement s = {.ticket = e->ticket,
				       .source = e->source,
				       .outcome = e->outcome,
				       .reason = e->reason,
				       .again = e->again && e->outcome == OUT_DUPLICATE};
		const char *warnings[LIMIT_WARNINGS + 1];
		if (e->outcome == OUT_STORED) {
			s.records = e->report.n_records;
			s.messages = e->report.n_messages;
			s.warnings = e->report.warnings;
			s.n_warnings = e->report.n_warnings;
		}
		if (e->outcome == OUT_STORED && e->displaced &&
		    s.n_warnings <= LIMIT_WARNINGS) { /* a person should see that */
			for (unsigned k = 0; k < s.n_warnings; k++)
				warnings[k] = s.warnings[k];
			warnings[s.n_warnings++] = LOAD_RAISED_WARNING;
			s.warnings = warnings;
		}
		l->sink.settled(l->sink.settled_ctx, &s);
	}
}

/* The one that the database will not have becomes a rejected one. */
static enum status reject(struct loader *l, size_t i, struct err *err)
{
	struct entry *e = &l->batch.entries[i];
	e->kind = ENTRY_NOTE;
	e->outcome = OUT_REJECTED;
	e->reason = arena_strdup(&l->batch.arena, err->msg);
	return try_often(l, i, 1, err);
}

static enum status write_batch(struct loader *l, struct err *err)
{
	struct batch *b = &l->batch;
	enum status st = ST_OK;
	if (l->dry)
		return load_dry_decide(l, err);
	st = try_often(l, 0, b->n, err);
	if (st != ST_ITEM)
		return st;
	st = ST_OK;
	for (size_t i = 0; st == ST_OK && i < b->n; i++) {
		st = try_often(l, i, 1, err);
		if (st == ST_ITEM)
			st = reject(l, i, err);
	}
	return st == ST_ITEM ? err_wrap(err, ST_FATAL, "quarantine") : st;
}

enum status load_flush(struct loader *l, struct err *err)
{
	struct batch *b = &l->batch;
	enum status st = ST_OK;
	if (b->n > 0)
		st = write_batch(l, err);
	if (st != ST_OK)
		return st;
	load_settle(l, b->n);
	b->n = 0;
	b->bytes = 0;
	if (!l->open) {
		b->n_records = 0;
		arena_reset(&b->arena);
		load_dims_trim(l);
		return load_aside_trim(l, false, err);
	}
	return ST_OK;
}
