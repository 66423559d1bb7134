#include <stdlib.h>
#include <string.h>

#include "core/day.h"
#include "core/mem.h"
#include "db/load/priv.h"
#include "db/pg/array_text.h"
#include "sql.h"

/*
 * Records that share a row of the table: enough that what a row and its key cost is shared by many,
 * few enough that a row of them, compressed, stays in the page instead of a place of its own.
 */
#define RECORDS_A_ROW 128

enum status load_begin(struct loader *l, struct err *err)
{
	return db_exec(l->db, "BEGIN; SELECT pg_advisory_xact_lock_shared(" LOCK_ROLLUP ")", err);
}

enum status load_stage(struct db *db, struct err *err)
{
	enum status st = ST_OK;
	if (!db->staged)
		st = db_exec(db, sql_stage, err);
	db->staged = st == ST_OK;
	return st;
}

/* A report of the most messages in each of very many records is told as the largest number there
 * is. */
static int64_t count_of(uint64_t n)
{
	return n > INT64_MAX ? INT64_MAX : (int64_t)n;
}

static void copy_count(struct copy *c, uint64_t n)
{
	copy_int8(c, count_of(n));
}

static const char *const format_names[] = {
    [DMARC_DRAFT] = "draft", [DMARC_RFC7489] = "rfc7489", [DMARC_RFC9990] = "rfc9990"};

void load_report_row(struct copy *c, const struct loader *l, const struct entry *e)
{
	const struct dmarc_report *r = &e->report;
	const struct dmarc_policy *p = &r->policy;
	copy_row(c, REPORT_N_COLUMNS);
	copy_int8(c, l->domains.dims[e->domain].id);
	copy_int8(c, e->report_id);
	copy_digest(c, &r->identity);
	copy_digest(c, &r->content);
	copy_int8(c, l->reporters.dims[e->reporter].id);
	copy_text(c, r->report_id);
	copy_timestamp(c, r->begin);
	copy_timestamp(c, r->end);
	copy_date(c, r->day);
	copy_text(c, format_names[r->format]);
	copy_text(c, r->version);
	copy_text(c, r->generator);
	copy_text(c, r->extra_contact_info);
	copy_text_array(c, r->errors, r->n_errors);
	copy_text(c, p->p.text);
	copy_text(c, p->sp.text);
	copy_text(c, p->np.text);
	copy_text(c, p->adkim.text);
	copy_text(c, p->aspf.text);
	if (p->pct >= 0)
		copy_int4(c, p->pct);
	else
		copy_null(c);
	copy_text(c, p->fo);
	copy_text(c, p->testing);
	copy_text(c, p->discovery_method);
	copy_count(c, r->n_records);
	copy_count(c, r->n_messages);
	copy_count(c, e->dmarc_pass);
	copy_count(c, e->quarantined);
	copy_count(c, e->rejected);
	copy_text_array(c, r->warnings, r->n_warnings);
	copy_text(c, e->source);
	copy_int8(c, l->run_id);
	copy_text(c, auth_names[e->auth.result]);
	copy_text(c, auth_by_names[e->auth.by]);
	copy_text(c, e->auth.domain);
	copy_int4(c, (int32_t)e->standing);
}

/* Records that share a row. */
struct pack {
	const struct load_record *r;
	const struct load_profile *profiles;
};

static const struct ip *pack_source(const void *ctx, size_t i)
{
	return &((const struct pack *)ctx)->r[i].source;
}

static int64_t pack_profile(const void *ctx, size_t i)
{
	const struct pack *p = ctx;
	return p->profiles[p->r[i].profile].id;
}

static int64_t pack_messages(const void *ctx, size_t i)
{
	return (int64_t)((const struct pack *)ctx)->r[i].messages;
}

static bool copy_records(struct loader *l, struct copy *c, const struct entry *e, uint64_t first_no)
{
	const struct load_record *records = &l->batch.records[e->first];
	bool odd = false;
	for (size_t i = 0, n; i < e->n; i += n) {
		const struct pack p = {&records[i], l->profiles.profiles};
		n = e->n - i < RECORDS_A_ROW ? e->n - i : RECORDS_A_ROW;
		copy_row(c, 7);
		copy_int8(c, l->domains.dims[e->domain].id);
		copy_date(c, e->report.day);
		copy_int8(c, e->report_id);
		copy_int4(c, (int32_t)(first_no + i));
		copy_inet_array(c, pack_source, &p, n);
		copy_int8_array(c, pack_profile, &p, n);
		copy_int8_array(c, pack_messages, &p, n);
	}
	for (size_t i = 0; i < e->n; i++)
		odd = odd || records[i].flags;
	return odd;
}

static void copy_marks(struct loader *l, struct copy *c, const struct entry *e, uint64_t first_no)
{
	for (size_t i = 0; i < e->n; i++) {
		const struct load_record *r = &l->batch.records[e->first + i];
		if (!r->flags)
			continue;
		copy_row(c, 5);
		copy_int8(c, l->domains.dims[e->domain].id);
		copy_int8(c, e->report_id);
		copy_int4(c, (int32_t)(first_no + i));
		copy_int4(c, (int32_t)r->flags);
		copy_text(c, r->source_raw);
	}
}

enum status load_record_rows(struct loader *l, const struct entry *const *entries, size_t n,
			     uint64_t first_no, struct err *err)
{
	struct copy c;
	bool odd = false;
	copy_begin(
	    &c, l->db,
	    "COPY record (domain_id, day, report_id, first_no, source, profile_id, messages) "
	    "FROM STDIN (FORMAT binary)");
	for (size_t i = 0; i < n; i++)
		odd |= copy_records(l, &c, entries[i], first_no);
	enum status st = copy_end(&c, err);
	if (st != ST_OK || !odd)
		return st;
	copy_begin(&c, l->db,
		   "COPY record_mark (domain_id, report_id, record_no, flags, source_raw) "
		   "FROM STDIN (FORMAT binary)");
	for (size_t i = 0; i < n; i++)
		copy_marks(l, &c, entries[i], first_no);
	return copy_end(&c, err);
}

void load_outcomes_add(struct loader *l, struct entry *e)
{
	for (size_t i = 0; i < e->n; i++) {
		const struct load_record *r = &l->batch.records[e->first + i];
		const struct load_profile *p = &l->profiles.profiles[r->profile];
		e->dmarc_pass += p->dkim || p->spf ? r->messages : 0;
		e->quarantined += p->quarantined ? r->messages : 0;
		e->rejected += p->rejected ? r->messages : 0;
	}
}

static struct month_total *month_of(struct loader *l, const struct entry *e)
{
	struct month_totals *t = &l->months;
	struct {
		int64_t domain_id, month;
	} key = {l->domains.dims[e->domain].id, month_of_day(e->report.day)};
	struct digest d = hash_fixed128(&key, sizeof key);
	bool fresh;
	uint64_t *i = map_put(&t->index, &d, &fresh);
	if (fresh) {
		t->rows = MEM_ROOM(t->rows, t->n, t->cap);
		t->rows[t->n] =
		    (struct month_total){.domain_id = key.domain_id, .month = (int32_t)key.month};
		*i = t->n++;
	}
	return &t->rows[*i];
}

void load_month_add(struct loader *l, const struct entry *e)
{
	struct month_total *m = month_of(l, e);
	m->reports++;
	m->records += e->report.n_records;
	m->messages += e->report.n_messages;
}

void load_month_touch(struct loader *l, const struct entry *e)
{
	month_of(l, e);
}

void load_month_less(struct loader *l, const struct entry *e, uint64_t records, uint64_t messages)
{
	struct month_total *m = month_of(l, e);
	m->less_reports++;
	m->less_records += records;
	m->less_messages += messages;
}

void load_months_clear(struct loader *l)
{
	l->months.n = 0;
	map_clear(&l->months.index);
}

enum status load_months_write(struct loader *l, struct err *err)
{
	struct month_totals *t = &l->months;
	struct buf column[5];
	const char *params[5];
	PGresult *res;
	if (t->n == 0)
		return ST_OK;
	for (size_t k = 0; k < 5; k++)
		buf_init(&column[k], 1u << 30);
	for (size_t i = 0; i < t->n; i++) {
		const struct month_total *row = &t->rows[i];
		char day[DAY_STRLEN];
		array_put_number(&column[0], row->domain_id);
		array_put(&column[1], day_format(month_first_day(row->month), day));
		array_put_number(&column[2], count_of(row->records) - count_of(row->less_records));
		array_put_number(&column[3],
				 count_of(row->messages) - count_of(row->less_messages));
		array_put_number(&column[4], count_of(row->reports) - count_of(row->less_reports));
	}
	for (size_t k = 0; k < 5; k++)
		params[k] = array_close(&column[k]);
	load_months_clear(l);
	enum status st = db_query(l->db, sql_rollup_touch, 5, params, &res, err);
	if (st == ST_OK)
		PQclear(res);
	for (size_t k = 0; k < 5; k++)
		buf_free(&column[k]);
	return st;
}

enum status load_ledger_rows(struct loader *l, const struct entry *entries, size_t n,
			     struct err *err)
{
	struct copy c;
	size_t rows = 0;
	for (size_t i = 0; i < n; i++)
		rows += entries[i].outcome != OUT_STORED;
	if (rows == 0)
		return ST_OK;
	copy_begin(&c, l->db,
		   "COPY ledger (run_id, source, outcome, reason, domain_id) "
		   "FROM STDIN (FORMAT binary)");
	for (size_t i = 0; i < n; i++) {
		const struct entry *e = &entries[i];
		if (e->outcome == OUT_STORED)
			continue;
		copy_row(&c, 5);
		copy_int8(&c, l->run_id);
		copy_text(&c, e->source);
		copy_text(&c, outcome_names[e->outcome]);
		copy_text(&c, e->reason);
		if (e->kind == ENTRY_REPORT)
			copy_int8(&c, l->domains.dims[e->domain].id);
		else
			copy_null(&c);
	}
	return copy_end(&c, err);
}
