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
	struct map profiles, reporters; /* id -> index */
	int64_t *profile_ids;
	size_t cap_profiles, cap_facts;
	struct fact *facts;
};

static struct digest id_key(int64_t id)
{
	return hash_fixed128(&id, sizeof id);
}

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
			struct digest key = id_key(ids[k]);
			*map_put(&g->reporters, &key, NULL) = i;
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
		    .first_day = db_int4(res, i, 3) + DB_EPOCH_DAY,
		    .last_day = db_int4(res, i, 4) + DB_EPOCH_DAY,
		    .reports = (uint32_t)db_int8(res, i, 5),
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

static uint32_t profile_index(struct gather *g, int64_t id)
{
	struct digest key = id_key(id);
	bool fresh;
	uint64_t *i = map_put(&g->profiles, &key, &fresh);
	if (fresh) {
		if (g->out->n_profiles == g->cap_profiles) {
			g->cap_profiles = g->cap_profiles ? 2 * g->cap_profiles : 256;
			g->profile_ids =
			    mem_grow(g->profile_ids, g->cap_profiles, sizeof *g->profile_ids);
		}
		g->profile_ids[g->out->n_profiles] = id;
		*i = g->out->n_profiles++;
	}
	return (uint32_t)*i;
}

static void add_fact(struct gather *g, const PGresult *res, int row, int32_t month)
{
	struct domain_facts *out = g->out;
	if (out->n_facts == g->cap_facts) {
		g->cap_facts = g->cap_facts ? 2 * g->cap_facts : 1024;
		g->facts = mem_grow(g->facts, g->cap_facts, sizeof *g->facts);
	}
	unsigned n;
	int64_t *ids = result_int8_array(res, row, 5, g->a, &n);
	uint32_t *reporters = arena_alloc(g->a, n * sizeof *reporters), n_reporters = 0;
	for (unsigned i = 0; i < n; i++) {
		struct digest key = id_key(ids[i]);
		const uint64_t *index = map_get(&g->reporters, &key);
		bool known = !index; /* a rollup may know reporters whose reports were pruned */
		for (uint32_t k = 0; !known && k < n_reporters; k++)
			known = reporters[k] == *index;
		if (!known)
			reporters[n_reporters++] = (uint32_t)*index;
	}
	g->facts[out->n_facts++] = (struct fact){
	    .source = result_inet(res, row, 0),
	    .profile = profile_index(g, db_int8(res, row, 1)),
	    .month = month,
	    .days = (uint32_t)db_int4(res, row, 4),
	    .messages = (uint64_t)db_int8(res, row, 2),
	    .records = (uint64_t)db_int8(res, row, 3),
	    .reporters = reporters,
	    .n_reporters = n_reporters,
	};
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
	st = folded ? db_query_binary(g->db, sql_facts_folded, 2, params, &res, err)
		    : db_query_binary(g->db, sql_facts_raw, 3, params, &res, err);
	if (st != ST_OK)
		return st;
	for (int row = 0; row < PQntuples(res); row++)
		add_fact(g, res, row, month);
	PQclear(res);
	return ST_OK;
}

static int compare_facts(const void *x, const void *y)
{
	const struct fact *a = x, *b = y;
	int order = ip_cmp(&a->source, &b->source);
	if (order == 0)
		order = (a->month > b->month) - (a->month < b->month);
	if (order == 0)
		order = (a->profile > b->profile) - (a->profile < b->profile);
	return order;
}

static int compare_ids(const void *x, const void *y)
{
	const int64_t a = *(const int64_t *)x, b = *(const int64_t *)y;
	return (a > b) - (a < b);
}

/* Number the profiles by id, not as the rows happened to come: the same question gets the same
 * answer, folded or raw. */
static void order_profiles(struct gather *g)
{
	size_t n = g->out->n_profiles;
	uint32_t *renumber = mem_grow(NULL, n + 1, sizeof *renumber);
	if (n > 1)
		qsort(g->profile_ids, n, sizeof *g->profile_ids, compare_ids);
	for (size_t i = 0; i < n; i++) {
		struct digest key = id_key(g->profile_ids[i]);
		renumber[*map_get(&g->profiles, &key)] = (uint32_t)i;
	}
	for (size_t i = 0; i < g->out->n_facts; i++)
		g->facts[i].profile = renumber[g->facts[i].profile];
	free(renumber);
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
	order_profiles(g);
	if (out->n_facts > 1)
		qsort(g->facts, out->n_facts, sizeof *g->facts, compare_facts);
	out->facts = arena_memdup(g->a, g->facts, out->n_facts * sizeof *g->facts);
	return query_profiles(g->db, g->domain_id, g->profile_ids, out->n_profiles, g->a,
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
	map_free(&g.profiles);
	map_free(&g.reporters);
	free(g.profile_ids);
	free(g.facts);
	return st;
}
