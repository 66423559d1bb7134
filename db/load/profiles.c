#include <stdlib.h>

#include "core/day.h"
#include "core/mem.h"
#include "db/load/priv.h"
#include "sql.h"

#define PROFILE_COLUMNS                                                                            \
	"domain_id, month, profile_id, header_from, envelope_from, envelope_to, disposition, "     \
	"eval_dkim, "                                                                              \
	"eval_spf, dkim_domain, dkim_selector, dkim_result, dkim_human, spf_domain, spf_scope, "   \
	"spf_result, spf_human, reason_type, reason_comment, adkim, aspf, aligned_dkim, "          \
	"aligned_spf, cell, flags"

static struct dmarc_word copy_word(struct arena *a, struct dmarc_word w)
{
	w.text = arena_strdup(a, w.text);
	return w;
}

static unsigned at_most(unsigned n, unsigned max)
{
	return n < max ? n : max;
}

static const struct dmarc_profile *copy_profile(struct arena *a, const struct dmarc_profile *p)
{
	struct dmarc_profile *c = arena_memdup(a, p, sizeof *p);
	c->n_dkim = at_most(p->n_dkim, LIMIT_AUTH_RESULTS);
	c->n_spf = at_most(p->n_spf, LIMIT_AUTH_RESULTS);
	c->n_reasons = at_most(p->n_reasons, LIMIT_AUTH_RESULTS);
	c->header_from = arena_strdup(a, p->header_from);
	c->envelope_from = arena_strdup(a, p->envelope_from);
	c->envelope_to = arena_strdup(a, p->envelope_to);
	c->disposition = copy_word(a, p->disposition);
	c->eval_dkim = copy_word(a, p->eval_dkim);
	c->eval_spf = copy_word(a, p->eval_spf);
	c->adkim = copy_word(a, p->adkim);
	c->aspf = copy_word(a, p->aspf);
	struct dmarc_dkim *dkim = arena_memdup(a, p->dkim, c->n_dkim * sizeof *dkim);
	for (unsigned i = 0; i < p->n_dkim; i++)
		dkim[i] = (struct dmarc_dkim){
		    arena_strdup(a, dkim[i].domain), arena_strdup(a, dkim[i].selector),
		    copy_word(a, dkim[i].result), arena_strdup(a, dkim[i].human_result)};
	struct dmarc_spf *spf = arena_memdup(a, p->spf, c->n_spf * sizeof *spf);
	for (unsigned i = 0; i < p->n_spf; i++)
		spf[i] = (struct dmarc_spf){arena_strdup(a, spf[i].domain),
					    copy_word(a, spf[i].scope), copy_word(a, spf[i].result),
					    arena_strdup(a, spf[i].human_result)};
	struct dmarc_reason *reasons = arena_memdup(a, p->reasons, c->n_reasons * sizeof *reasons);
	for (unsigned i = 0; i < p->n_reasons; i++)
		reasons[i] = (struct dmarc_reason){copy_word(a, reasons[i].type),
						   arena_strdup(a, reasons[i].comment)};
	c->dkim = dkim;
	c->spf = spf;
	c->reasons = reasons;
	return c;
}

uint32_t load_profile_index(struct loader *l, const struct entry *e, const struct dmarc_profile *p)
{
	struct profile_cache *c = &l->profiles;
	struct {
		struct digest digest;
		uint32_t domain;
		int32_t month;
	} key = {p->digest, e->domain, month_of_day(e->report.day)};
	bool fresh;
	struct digest d = hash_fixed128(&key, sizeof key);
	uint64_t *i = map_put(&c->index, &d, &fresh);
	if (!fresh)
		return (uint32_t)*i;
	c->profiles = MEM_ROOM(c->profiles, c->n, c->cap);
	c->fresh = MEM_ROOM(c->fresh, c->n_fresh, c->cap_fresh);
	c->profiles[c->n] =
	    (struct load_profile){.id = dmarc_profile_number(p),
				  .dkim = p->eval_dkim.code == W_PASS,
				  .spf = p->eval_spf.code == W_PASS,
				  .quarantined = p->disposition.code == W_QUARANTINE,
				  .rejected = p->disposition.code == W_REJECT};
	c->fresh[c->n_fresh++] = (struct fresh_profile){
	    .p = copy_profile(&c->arena, p), .domain = key.domain, .month = key.month};
	*i = c->n;
	return (uint32_t)c->n++;
}

/* Lists in step; one with nothing but nulls is left out, except the first, which tells how many. */
static void copy_columns(struct copy *c, const char *column[][LIMIT_AUTH_RESULTS], int columns,
			 unsigned n)
{
	for (int k = 0; k < columns; k++) {
		bool any = k == 0;
		for (unsigned i = 0; i < n && !any; i++)
			any = column[k][i] != NULL;
		copy_list(c, column[k], any ? n : 0);
	}
}

static void profile_row(struct copy *c, const struct fresh_profile *f)
{
	const struct dmarc_profile *p = f->p;
	const char *column[4][LIMIT_AUTH_RESULTS];
	copy_row(c, 25);
	copy_int8(c, f->domain_id);
	copy_date(c, month_first_day(f->month));
	copy_int8(c, dmarc_profile_number(p));
	copy_text(c, p->header_from);
	copy_text(c, p->envelope_from);
	copy_text(c, p->envelope_to);
	copy_text(c, p->disposition.text);
	copy_text(c, p->eval_dkim.text);
	copy_text(c, p->eval_spf.text);
	for (unsigned i = 0; i < p->n_dkim; i++) {
		column[0][i] = p->dkim[i].domain;
		column[1][i] = p->dkim[i].selector;
		column[2][i] = p->dkim[i].result.text;
		column[3][i] = p->dkim[i].human_result;
	}
	copy_columns(c, column, 4, p->n_dkim);
	for (unsigned i = 0; i < p->n_spf; i++) {
		column[0][i] = p->spf[i].domain;
		column[1][i] = p->spf[i].scope.text;
		column[2][i] = p->spf[i].result.text;
		column[3][i] = p->spf[i].human_result;
	}
	copy_columns(c, column, 4, p->n_spf);
	for (unsigned i = 0; i < p->n_reasons; i++) {
		column[0][i] = p->reasons[i].type.text;
		column[1][i] = p->reasons[i].comment;
	}
	copy_columns(c, column, 2, p->n_reasons);
	copy_text(c, p->adkim.code == W_STRICT ? "s" : "r");
	copy_text(c, p->aspf.code == W_STRICT ? "s" : "r");
	copy_bool(c, p->aligned_dkim);
	copy_bool(c, p->aligned_spf);
	copy_text(c, dmarc_cell_name(p->cell));
	copy_int4(c, (int32_t)p->flags);
}

/* Copy fresh profiles in one short transaction. It need not be durable by itself: the log is
 * flushed in order, so whatever refers to these rows takes them along. */
static enum status copy_profiles(struct loader *l, struct db *db, bool staged, struct err *err)
{
	struct profile_cache *pc = &l->profiles;
	struct copy c;
	PGresult *res = NULL;
	enum status st = staged ? load_stage(db, err) : ST_OK;
	if (st == ST_OK)
		st = db_exec(db, "BEGIN; SET LOCAL synchronous_commit TO off", err);
	if (st == ST_OK) {
		copy_begin(&c, db,
			   staged ? "COPY stage_profile FROM STDIN (FORMAT binary)"
				  : "COPY profile (" PROFILE_COLUMNS
				    ") FROM STDIN (FORMAT binary)");
		for (size_t i = 0; i < pc->n_fresh; i++)
			profile_row(&c, &pc->fresh[i]);
		st = copy_end(&c, err);
	}
	if (st == ST_OK && staged)
		st = db_query(db, sql_profile_merge, 0, NULL, &res, err);
	if (st == ST_OK && staged)
		l->old_profiles = strtoull(PQcmdTuples(res), NULL, 10) < pc->n_fresh;
	PQclear(res);
	if (st == ST_OK)
		st = db_commit(db, err);
	if (st != ST_OK)
		db_rollback(db);
	return st;
}

static int by_key(const void *a, const void *b)
{
	const struct fresh_profile *x = a, *y = b;
	int64_t p = dmarc_profile_number(x->p), q = dmarc_profile_number(y->p);
	if (x->month != y->month)
		return x->month < y->month ? -1 : 1;
	if (x->domain_id != y->domain_id)
		return x->domain_id < y->domain_id ? -1 : 1;
	return (p > q) - (p < q);
}

/* Of the fresh ones, those that no loader of the process has stored, in key order: two processes
 * that store the same wait for each other in one direction only. */
static void sort_fresh(struct loader *l)
{
	struct profile_cache *pc = &l->profiles;
	size_t n = 0;
	for (size_t i = 0; i < pc->n_fresh; i++) {
		const struct fresh_profile *f = &pc->fresh[i];
		if (!load_known_has(l->known, f->domain_id, f->table, dmarc_profile_number(f->p)))
			pc->fresh[n++] = *f;
	}
	pc->n_fresh = n;
	if (n > 0)
		qsort(pc->fresh, n, sizeof *pc->fresh, by_key);
}

/* Their domains have ids; their months get partitions. */
static enum status place_fresh(struct loader *l, struct db *db, struct err *err)
{
	enum status st = ST_OK;
	for (size_t i = 0; st == ST_OK && i < l->profiles.n_fresh; i++) {
		struct fresh_profile *f = &l->profiles.fresh[i];
		f->domain_id = l->domains.dims[f->domain].id;
		st = load_partition(l, db, f->month, &f->table, err);
	}
	return st;
}

enum status load_profiles_store(struct loader *l, struct db *db, struct err *err)
{
	struct profile_cache *pc = &l->profiles;
	if (pc->n_fresh == 0)
		return ST_OK;
	enum status st = place_fresh(l, db, err);
	if (st != ST_OK)
		return st;
	load_known_take(l->known);
	sort_fresh(l);
	if (pc->n_fresh > 0) {
		st = l->old_profiles ? ST_ITEM : copy_profiles(l, db, false, err);
		if (st == ST_ITEM) /* one is there already; whatever else it was shows again */
			st = copy_profiles(l, db, true, err);
	}
	for (size_t i = 0; st == ST_OK && i < pc->n_fresh; i++)
		load_known_add(l->known, pc->fresh[i].domain_id, pc->fresh[i].table,
			       dmarc_profile_number(pc->fresh[i].p));
	load_known_give(l->known);
	if (st != ST_OK)
		return st;
	pc->n_fresh = 0;
	arena_reset(&pc->arena);
	return ST_OK;
}

/* Those of a report that was aborted may wait for an id still: forget them, too. */
void load_profiles_forget(struct loader *l)
{
	map_clear(&l->profiles.index);
	l->profiles.n = l->profiles.n_fresh = 0;
	arena_reset(&l->profiles.arena);
}

void load_profiles_free(struct loader *l)
{
	map_free(&l->profiles.index);
	free(l->profiles.profiles);
	free(l->profiles.fresh);
	arena_free(&l->profiles.arena);
}
