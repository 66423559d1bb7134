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
	struct fact_gather facts;
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

/* Run sql with the domain and the window. */
static enum status window_query(struct gather *g, const char *sql, PGresult **res, struct err *err)
{
	const char *params[] = {g->domain_id, g->since, g->until};
	return db_query_binary(g->db, sql, 3, params, res, err);
}

/* One organisation may have several ids: one for each email it used. */
static enum status read_reporters(struct gather *g, struct err *err)
{
	PGresult *res;
	enum status st = window_query(g, sql_window_reporters, &res, err);
	if (st != ST_OK)
		return st;
	size_t n = (size_t)PQntuples(res);
	struct fact_reporter *reporters = arena_alloc(g->a, n * sizeof *reporters);
	for (size_t i = 0; i < n; i++) {
		unsigned n_ids;
		int64_t *ids = result_int8_array(res, (int)i, 1, g->a, &n_ids);
		reporters[i].org_name = result_text(res, (int)i, 0, g->a);
		reporters[i].messages = (uint64_t)db_int8(res, (int)i, 3);
		g->out->reports += (uint64_t)db_int8(res, (int)i, 2);
		for (unsigned k = 0; k < n_ids; k++) {
			facts_reporter(&g->facts, ids[k], (uint32_t)i);
		}
	}
	PQclear(res);
	g->out->reporters = reporters;
	g->out->n_reporters = n;
	return ST_OK;
}

static struct dmarc_word policy_word(const PGresult *res, int row, int col, struct arena *a)
{
	const char *standard, *raw = result_text(res, row, col, a);
	struct dmarc_word w = {W_ABSENT, raw};
	if (raw) {
		w.code = dmarc_word_lookup(V_POLICY, raw, strlen(raw), &standard);
		w.text = standard ? standard : raw;
	}
	return w;
}

static enum status read_policies(struct gather *g, struct err *err)
{
	PGresult *res;
	enum status st = window_query(g, sql_window_policies, &res, err);
	if (st != ST_OK)
		return st;
	size_t n = (size_t)PQntuples(res);
	struct fact_policy *policies = arena_alloc(g->a, n * sizeof *policies);
	for (int i = 0; i < (int)n; i++)
		policies[i] = (struct fact_policy){
		    .p = policy_word(res, i, 0, g->a),
		    .sp = policy_word(res, i, 1, g->a),
		    .pct = PQgetisnull(res, i, 2) ? -1 : db_int4(res, i, 2),
		    .testing = db_bool(res, i, 3),
		    .first_day = db_int4(res, i, 4) + DB_EPOCH_DAY,
		    .last_day = db_int4(res, i, 5) + DB_EPOCH_DAY,
		    .reports = (uint32_t)db_int8(res, i, 6),
		};
	PQclear(res);
	g->out->policies = policies;
	g->out->n_policies = n;
	return ST_OK;
}

static enum status read_days(struct gather *g, struct err *err)
{
	PGresult *res;
	enum status st = window_query(g, sql_window_days, &res, err);
	if (st != ST_OK)
		return st;
	size_t n = (size_t)PQntuples(res);
	struct fact_day *days = arena_alloc(g->a, n * sizeof *days);
	for (int i = 0; i < (int)n; i++) {
		days[i] = (struct fact_day){.day = db_int4(res, i, 0) + DB_EPOCH_DAY,
					    .messages = (uint64_t)db_int8(res, i, 1),
					    .dmarc_pass = (uint64_t)db_int8(res, i, 2)};
		g->out->messages += days[i].messages;
		g->out->dmarc_pass += days[i].dmarc_pass;
	}
	PQclear(res);
	g->out->days = days;
	g->out->n_days = n;
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
	if (st != ST_OK)
		return st;
	int64_t *profile_ids = facts_finish(&g->facts, g->a, out);
	return query_profiles(g->db, g->domain_id, profile_ids, out->n_profiles, g->a,
			      &out->profiles, err);
}

enum status query_domain_facts(struct db *db, const char *domain, struct window w, struct arena *a,
			       struct domain_facts *out, struct err *err)
{
	*out = (struct domain_facts){.domain = arena_strdup(a, domain), .window = w};
	struct gather g = {.db = db, .a = a, .out = out};
	PGresult *res;
	/* one snapshot for all of it: loading goes on meanwhile */
	enum status st = db_exec(db, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", err);
	if (st == ST_OK)
		st = db_query(db, sql_domain_find, 1, &domain, &res, err);
	if (st != ST_OK)
		goto out;
	bool known = PQntuples(res) == 1;
	if (known)
		snprintf(g.domain_id, sizeof g.domain_id, "%s", PQgetvalue(res, 0, 0));
	PQclear(res);
	if (!known)
		goto out;
	day_format(w.since, g.since);
	day_format(w.until, g.until);
	st = read_reporters(&g, err);
	if (st == ST_OK)
		st = read_policies(&g, err);
	if (st == ST_OK)
		st = read_days(&g, err);
	if (st == ST_OK)
		st = read_facts(&g, err);
	if (st == ST_OK)
		st = query_labels(db, g.domain_id, g.since, a, out, err);
out:
	db_rollback(db);
	facts_free(&g.facts);
	return st;
}
