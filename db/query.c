#include "db/query.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/day.h"
#include "core/mem.h"
#include "db/query_priv.h"
#include "sql.h"

/* What is gathered while the months of a window are read. */
struct gather {
	struct db *db;
	struct arena *a;
	struct domain_facts *out;
	char domain_id[32], since[DAY_STRLEN], until[DAY_STRLEN];
	struct report_gather reports;
	struct fact_gather facts;
	int64_t *profile_ids; /* of the facts; until they are freed */
};

enum status query_domains(struct db *db, struct window w, struct arena *a,
			  const char *const **domains, size_t *n, struct err *err)
{
	char since[DAY_STRLEN], until[DAY_STRLEN];
	const char *params[] = {day_format(w.since, since), day_format(w.until, until)};
	PGresult *res;
	enum status st = db_query(db, sql_domains, 2, params, &res, err);
	if (st != ST_OK)
		return st;
	*n = (size_t)PQntuples(res);
	const char **names = arena_alloc(a, *n * sizeof *names);
	for (int i = 0; i < (int)*n; i++)
		names[i] = arena_strdup(a, PQgetvalue(res, i, 0));
	PQclear(res);
	*domains = names;
	return ST_OK;
}

enum status query_day_range(struct db *db, int32_t *oldest, int32_t *newest, bool *any,
			    struct err *err)
{
	PGresult *res;
	enum status st = db_query_binary(db, sql_day_range, 0, NULL, &res, err);
	if (st != ST_OK)
		return st;
	*any = !PQgetisnull(res, 0, 0);
	if (*any) {
		*oldest = db_int4(res, 0, 0) + DB_EPOCH_DAY;
		*newest = db_int4(res, 0, 1) + DB_EPOCH_DAY;
	}
	PQclear(res);
	return ST_OK;
}

/* One month of the window: folded when all of it is wanted and the fold is fresh, else raw. */
static enum status read_month(struct gather *g, int32_t month, struct err *err)
{
	struct window w = g->out->window;
	int32_t first = month_first_day(month), last = month_first_day(month + 1);
	bool whole = w.since <= first && w.until >= last;
	char since[DAY_STRLEN], until[DAY_STRLEN];
	const char *params[] = {g->domain_id, day_format(w.since > first ? w.since : first, since),
				day_format(w.until < last ? w.until : last, until)};
	PGresult *res;
	enum status st = db_query_binary(g->db, sql_rollup_fresh, 2, params, &res, err);
	if (st != ST_OK)
		return st;
	bool folded = whole && PQntuples(res) == 1;
	PQclear(res);
	facts_month(&g->facts, month);
	return folded
		   ? db_each(g->db, sql_facts_folded, 2, params, facts_add_folded, &g->facts, err)
		   : db_each(g->db, sql_facts_raw, 3, params, facts_add_records, &g->facts, err);
}

static enum status read_facts(struct gather *g, struct err *err)
{
	struct domain_facts *out = g->out;
	enum status st = ST_OK;
	/* months without data are not asked for: a window may span centuries */
	int32_t seen = INT32_MIN;
	for (size_t i = 0; st == ST_OK && i < out->n_days; i++) {
		int32_t month = month_of_day(out->days[i].day);
		if (month == seen)
			continue;
		st = read_month(g, month, err);
		seen = month;
	}
	if (st == ST_OK)
		g->profile_ids = facts_finish(&g->facts, g->a, out);
	return st;
}

static enum status read_window(struct gather *g, struct err *err)
{
	const char *params[] = {g->domain_id, day_format(g->out->window.since, g->since),
				day_format(g->out->window.until, g->until)};
	enum status st =
	    db_each(g->db, sql_window_reports, 3, params, reports_add, &g->reports, err);
	if (st == ST_OK)
		st = reports_finish(&g->reports, g->db, &g->facts, g->a, g->out, err);
	if (st == ST_OK)
		st = read_facts(g, err);
	if (st == ST_OK)
		st = query_labels(g->db, g->domain_id, g->since, g->a, g->out, err);
	return st;
}

/* *id: "" of a domain never heard of. */
static enum status find_domain(struct db *db, const char *domain, char id[32], struct err *err)
{
	PGresult *res;
	enum status st = db_query(db, sql_domain_find, 1, &domain, &res, err);
	id[0] = '\0';
	if (st != ST_OK)
		return st;
	if (PQntuples(res) == 1)
		snprintf(id, 32, "%s", PQgetvalue(res, 0, 0));
	PQclear(res);
	return ST_OK;
}

/* Windows of one domain have most of their profiles in common: each is asked for once. */
static enum status read_profiles(struct db *db, const char *domain_id, struct gather *g, size_t n,
				 struct err *err)
{
	struct profile_set set = {0};
	for (size_t i = 0; i < n; i++)
		profiles_want(&set, g[i].profile_ids, g[i].out->n_profiles);
	enum status st = profiles_read(&set, db, domain_id, g[0].a, err);
	for (size_t i = 0; st == ST_OK && i < n; i++)
		g[i].out->profiles =
		    profiles_take(&set, g[i].profile_ids, g[i].out->n_profiles, g[i].a);
	profiles_free(&set);
	return st;
}

enum status query_domain_facts(struct db *db, const char *domain, const struct window *windows,
			       size_t n, struct arena *a, struct domain_facts *const *out,
			       struct err *err)
{
	const char *name = arena_strdup(a, domain);
	struct gather *g = mem_alloc(n * sizeof *g);
	char id[32];
	enum status st = db_exec(db, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", err);
	if (st == ST_OK)
		st = find_domain(db, domain, id, err);
	for (size_t i = 0; i < n; i++) {
		*out[i] = (struct domain_facts){.domain = name, .window = windows[i]};
		g[i] = (struct gather){.db = db, .a = a, .out = out[i]};
		if (st != ST_OK || !id[0])
			continue;
		memcpy(g[i].domain_id, id, sizeof id);
		st = read_window(&g[i], err);
	}
	if (st == ST_OK && id[0])
		st = read_profiles(db, id, g, n, err);
	db_rollback(db);
	for (size_t i = 0; i < n; i++) {
		reports_free(&g[i].reports);
		facts_free(&g[i].facts);
	}
	free(g);
	return st;
}
