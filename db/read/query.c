#include "db/read/query.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/day.h"
#include "core/mem.h"
#include "db/pg/array_text.h"
#include "db/pg/result.h"
#include "db/read/priv.h"
#include "db/store/bounce.h"
#include "db/store/label.h"
#include "sql.h"

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

enum status query_known_domains(struct db *db, int32_t before, const char *name, struct arena *a,
				struct known_domain **domains, size_t *n, struct err *err)
{
	char day[DAY_STRLEN];
	const char *params[] = {day_format(before, day), name};
	PGresult *res;
	enum status st = db_query_binary(db, sql_domains_known, 2, params, &res, err);
	if (st != ST_OK)
		return st;
	*n = (size_t)PQntuples(res);
	*domains = arena_alloc(a, (*n + 1) * sizeof **domains);
	for (int i = 0; i < (int)*n; i++)
		(*domains)[i] = (struct known_domain){.name = result_text(res, i, 0, a),
						      .newest = db_int4(res, i, 1) + DB_EPOCH_DAY};
	PQclear(res);
	return ST_OK;
}

enum status query_day_range(struct db *db, int32_t *oldest, int32_t *newest, bool *any,
			    struct err *err)
{
	PGresult *res, *months;
	*any = false;
	/* the months come first, as constants: else the server locks the partitions of all others
	 */
	enum status st =
	    db_query(db, "SELECT min(month), max(month) FROM rollup_month WHERE reports > 0", 0,
		     NULL, &months, err);
	if (st != ST_OK)
		return st;
	const char *params[] = {PQgetvalue(months, 0, 0), PQgetvalue(months, 0, 1)};
	bool none = PQgetisnull(months, 0, 0);
	if (!none)
		st = db_query_binary(db, sql_day_range, 2, params, &res, err);
	PQclear(months);
	if (none || st != ST_OK)
		return st;
	*any = !PQgetisnull(res, 0, 0);
	if (*any) {
		*oldest = db_int4(res, 0, 0) + DB_EPOCH_DAY;
		*newest = db_int4(res, 0, 1) + DB_EPOCH_DAY;
	}
	PQclear(res);
	return ST_OK;
}

/* The days of the month that any window wants; false: none. */
static bool wanted(const struct window *windows, size_t n, int32_t month, struct window *out)
{
	*out = (struct window){0};
	for (size_t i = 0; i < n; i++) {
		struct window w = window_of_month(windows[i], month);
		if (w.since >= w.until)
			continue;
		const struct window both[] = {*out, w};
		*out = out->since < out->until ? window_span(both, 2) : w;
	}
	return out->since < out->until;
}

/* What is asked, and what was learned on the way. */
struct question {
	struct db *db;
	struct arena *a;
	const struct window *windows;
	size_t n; /* windows */
	struct names names;
};

/* A month with data, into all windows of its domain. */
static enum status read_month(struct question *q, int64_t domain_id, int32_t month, bool folded,
			      struct gather *g, struct err *err)
{
	struct window days;
	struct fold f = {0};
	char id[32];
	enum status st = ST_OK;
	if (!wanted(q->windows, q->n, month, &days))
		return ST_OK;
	snprintf(id, sizeof id, "%lld", (long long)domain_id);
	if (folded)
		st = month_read_folded(q->db, id, month, q->a, &f, &folded, err);
	if (st == ST_OK && !folded)
		st = month_read(q->db, id, days.since, days.until, q->a, &f, err);
	if (st != ST_OK)
		return st;
	uint32_t *numbers = mem_grow(NULL, f.n_reporters + 1, sizeof *numbers);
	int64_t *ids = mem_grow(NULL, f.n_reporters + 1, sizeof *ids);
	for (size_t i = 0; i < f.n_reporters; i++)
		ids[i] = fold_reporter_id(f.reporters[i]);
	st = names_ask(&q->names, q->db, ids, f.n_reporters, numbers, err);
	for (size_t i = 0; st == ST_OK && i < f.n_reporters; i++)
		numbers[i] = gather_number(numbers[i], fold_reporter_standing(f.reporters[i]));
	free(ids);
	for (size_t i = 0; st == ST_OK && i < q->n; i++)
		gather_month(&g[i], &f, numbers, month);
	free(numbers);
	fold_free(&f);
	return st;
}

/* One domain: rows of domain_months.sql from *row on, as far as they are its own. */
static enum status read_domain(struct question *q, const PGresult *months, int *row, int64_t number,
			       struct domain_facts *out, struct err *err)
{
	struct gather *g = mem_alloc(q->n * sizeof *g);
	enum status st = ST_OK;
	for (size_t i = 0; i < q->n; i++)
		g[i].out = &out[i];
	for (; *row < PQntuples(months) && db_int8(months, *row, 0) == number; ++*row)
		if (st == ST_OK)
			st = read_month(q, db_int8(months, *row, 1),
					month_of_day(db_int4(months, *row, 2) + DB_EPOCH_DAY),
					db_bool(months, *row, 3), g, err);
	for (size_t i = 0; i < q->n; i++) {
		if (st == ST_OK)
			gather_finish(&g[i], &q->names, q->a);
		gather_free(&g[i]);
	}
	free(g);
	return st;
}

/* Of organisations that have reports which prove nothing: are they usually proved? */
static void mark(const PGresult *res, struct domain_facts *d)
{
	char org[RECEIVER_NAME];
	struct fact_reporter *list =
	    (struct fact_reporter *)(uintptr_t)d->reporters; /* ours still */
	for (size_t i = 0; i < d->n_reporters; i++) {
		if (list[i].standing != STANDING_OPEN)
			continue;
		receiver_fold(list[i].org_name, org);
		for (int k = 0; k < PQntuples(res) && !list[i].usual; k++)
			list[i].usual = strcmp(PQgetvalue(res, k, 0), org) == 0;
	}
}

static enum status mark_usual(struct question *q, struct domain_facts *out, size_t n,
			      struct err *err)
{
	struct buf list;
	PGresult *res;
	enum status st = ST_OK;
	buf_init(&list, 1u << 30);
	for (size_t w = 0; w < n; w++)
		for (size_t i = 0; i < out[w].n_reporters; i++) {
			char org[RECEIVER_NAME];
			if (out[w].reporters[i].standing != STANDING_OPEN)
				continue;
			receiver_fold(out[w].reporters[i].org_name, org);
			array_put(&list, org);
		}
	bool any = list.len > 0;
	const char *param = array_close(&list);
	if (any)
		st = db_query(q->db, sql_reporters_usual, 1, &param, &res, err);
	buf_free(&list);
	if (!any || st != ST_OK)
		return st;
	for (size_t w = 0; w < n; w++)
		mark(res, &out[w]);
	PQclear(res);
	return ST_OK;
}

static enum status read_domains(struct question *q, const char *names, size_t n_domains,
				struct domain_facts *out, struct err *err)
{
	char since[DAY_STRLEN], until[DAY_STRLEN];
	struct window all = window_span(q->windows, q->n);
	const char *params[] = {names, day_format(all.since, since), day_format(all.until, until)};
	PGresult *months;
	int row = 0;
	enum status st = db_query_binary(q->db, sql_domain_months, 3, params, &months, err);
	if (st != ST_OK)
		return st;
	for (size_t i = 0; st == ST_OK && i < n_domains; i++)
		st = read_domain(q, months, &row, (int64_t)i + 1, &out[i * q->n], err);
	PQclear(months);
	if (st == ST_OK)
		st = mark_usual(q, out, n_domains * q->n, err);
	if (st == ST_OK)
		st = label_windows(q->db, names, q->a, out, n_domains * q->n, err);
	return st == ST_OK ? bounce_windows(q->db, names, q->a, out, n_domains * q->n, err) : st;
}

enum status query_facts(struct db *db, const char *const *domains, size_t n_domains,
			const struct window *windows, size_t n, struct arena *a,
			struct domain_facts *out, struct err *err)
{
	struct question q = {.db = db, .a = a, .windows = windows, .n = n};
	struct buf names;
	buf_init(&names, 1u << 30);
	for (size_t i = 0; i < n_domains; i++) {
		const char *name = arena_strdup(a, domains[i]);
		array_put(&names, name);
		for (size_t k = 0; k < n; k++)
			out[i * n + k] =
			    (struct domain_facts){.domain = name, .window = windows[k]};
	}
	enum status st = db_exec(db, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", err);
	if (st == ST_OK)
		st = read_domains(&q, array_close(&names), n_domains, out, err);
	db_rollback(db);
	names_free(&q.names);
	buf_free(&names);
	return st;
}
