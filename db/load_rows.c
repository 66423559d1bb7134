#include <stdlib.h>
#include <string.h>

#include "core/day.h"
#include "core/mem.h"
#include "db/load_priv.h"
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
	copy_int8(c, (int64_t)r->n_records);
	copy_int8(c, (int64_t)r->n_messages);
	copy_text_array(c, r->warnings, r->n_warnings);
	copy_text(c, e->source);
	copy_int8(c, l->run_id);
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

static struct day_total *day_total(struct day_totals *t, const struct day_total *key)
{
	struct {
		int64_t domain_id;
		int32_t day, results;
	} k = {key->domain_id, key->day, key->dkim << 9 | key->spf << 8 | key->disposition};
	struct digest d = hash_fixed128(&k, sizeof k);
	bool fresh;
	uint64_t *i = map_put(&t->index, &d, &fresh);
	if (fresh) {
		if (t->n == t->cap) {
			t->cap = t->cap ? 2 * t->cap : 64;
			t->rows = mem_grow(t->rows, t->cap, sizeof *t->rows);
		}
		t->rows[t->n] = *key;
		*i = t->n++;
	}
	return &t->rows[*i];
}

void load_days_add(struct loader *l, const struct entry *e)
{
	struct day_total key = {.domain_id = l->domains.dims[e->domain].id, .day = e->report.day};
	/* a report without records has no totals, but its month exists */
	for (size_t i = 0; i < e->n; i++) {
		const struct load_record *r = &l->batch.records[e->first + i];
		const struct load_profile *p = &l->profiles.profiles[r->profile];
		key.dkim = p->dkim;
		key.spf = p->spf;
		key.disposition = p->disposition;
		struct day_total *t = day_total(&l->days, &key);
		t->messages += r->messages;
		t->records++;
	}
}

enum status load_days_write(struct loader *l, struct err *err)
{
	struct day_totals *t = &l->days;
	struct copy c;
	if (t->n == 0)
		return ST_OK;
	copy_begin(&c, l->db, "COPY stage_day FROM STDIN (FORMAT binary)");
	for (size_t i = 0; i < t->n; i++) {
		const struct day_total *d = &t->rows[i];
		copy_row(&c, 7);
		copy_int8(&c, d->domain_id);
		copy_date(&c, d->day);
		copy_bool(&c, d->dkim);
		copy_bool(&c, d->spf);
		copy_text(&c, load_dispositions[d->disposition]);
		copy_int8(&c, (int64_t)d->messages);
		copy_int8(&c, (int64_t)d->records);
	}
	t->n = 0;
	map_clear(&t->index);
	enum status st = copy_end(&c, err);
	if (st == ST_OK)
		st = db_exec(l->db, sql_day_merge, err);
	if (st == ST_OK)
		st = db_exec(l->db, sql_rollup_touch_new, err);
	if (st == ST_OK)
		st = db_exec(l->db, sql_rollup_touch, err);
	return st;
}

enum status load_ledger_rows(struct loader *l, const struct entry *entries, size_t n,
			     struct err *err)
{
	struct copy c;
	copy_begin(&c, l->db,
		   "COPY ledger (run_id, source, outcome, reason, domain_id, report_id, warnings) "
		   "FROM STDIN (FORMAT binary)");
	for (size_t i = 0; i < n; i++) {
		const struct entry *e = &entries[i];
		copy_row(&c, 7);
		copy_int8(&c, l->run_id);
		copy_text(&c, e->source);
		copy_text(&c, outcome_names[e->outcome]);
		copy_text(&c, e->reason);
		if (e->kind == ENTRY_REPORT)
			copy_int8(&c, l->domains.dims[e->domain].id);
		else
			copy_null(&c);
		if (e->kind == ENTRY_REPORT && e->outcome == OUT_STORED)
			copy_int8(&c, e->report_id);
		else
			copy_null(&c);
		copy_int4(&c, (int32_t)e->report.n_warnings);
	}
	return copy_end(&c, err);
}
