#include "db/query.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/day.h"
#include "core/mem.h"
#include "db/query_priv.h"
#include "sql.h"

struct query {
	struct db *db;
	struct names names;
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

enum status query_open(struct db *db, struct query **out, struct err *err)
{
	enum status st = db_exec(db, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", err);
	if (st != ST_OK)
		return st;
	struct query *q = mem_alloc(sizeof *q);
	q->db = db;
	*out = q;
	return ST_OK;
}

void query_close(struct query *q)
{
	if (!q)
		return;
	db_rollback(q->db);
	names_free(&q->names);
	free(q);
}

/* The days of the month that any window wants; false: none. */
static bool wanted(const struct window *windows, size_t n, int32_t month, struct window *out)
{
	int32_t first = month_first_day(month), next = month_first_day(month + 1);
	*out = (struct window){next, first};
	for (size_t i = 0; i < n; i++) {
		int32_t since = windows[i].since > first ? windows[i].since : first;
		int32_t until = windows[i].until < next ? windows[i].until : next;
		if (since >= until)
			continue;
		out->since = since < out->since ? since : out->since;
		out->until = until > out->until ? until : out->until;
	}
	return out->since < out->until;
}

/* A month with data, into all windows. */
static enum status read_month(struct query *q, const char *domain_id, int32_t month, bool folded,
			      struct window days, struct gather *g, size_t n, struct arena *a,
			      struct err *err)
{
	struct fold f = {0};
	enum status st = ST_OK;
	if (folded)
		st = month_read_folded(q->db, domain_id, month, a, &f, &folded, err);
	if (st == ST_OK && !folded)
		st = month_read(q->db, domain_id, days.since, days.until, a, &f, err);
	if (st != ST_OK)
		return st;
	uint32_t *numbers = mem_grow(NULL, f.n_reporters + 1, sizeof *numbers);
	st = names_ask(&q->names, q->db, f.reporters, f.n_reporters, numbers, err);
	for (size_t i = 0; st == ST_OK && i < n; i++)
		gather_month(&g[i], &f, numbers, month);
	free(numbers);
	fold_free(&f);
	return st;
}

static enum status read_months(struct query *q, const char *domain, const struct window *windows,
			       size_t n, struct gather *g, struct arena *a, struct err *err)
{
	char since[DAY_STRLEN], until[DAY_STRLEN], id[32];
	struct window all = windows[0], days;
	PGresult *res;
	for (size_t i = 1; i < n; i++) {
		all.since = windows[i].since < all.since ? windows[i].since : all.since;
		all.until = windows[i].until > all.until ? windows[i].until : all.until;
	}
	const char *params[] = {domain, day_format(all.since, since), day_format(all.until, until)};
	enum status st = db_query_binary(q->db, sql_domain_months, 3, params, &res, err);
	if (st != ST_OK)
		return st;
	for (int i = 0; st == ST_OK && i < PQntuples(res); i++) {
		int32_t month = month_of_day(db_int4(res, i, 1) + DB_EPOCH_DAY);
		snprintf(id, sizeof id, "%lld", (long long)db_int8(res, i, 0));
		if (wanted(windows, n, month, &days))
			st = read_month(q, id, month, db_bool(res, i, 2), days, g, n, a, err);
	}
	PQclear(res);
	return st;
}

enum status query_domain_facts(struct query *q, const char *domain, const struct window *windows,
			       size_t n, struct arena *a, struct domain_facts *out, struct err *err)
{
	const char *name = arena_strdup(a, domain);
	struct gather *g = mem_alloc(n * sizeof *g);
	for (size_t i = 0; i < n; i++) {
		out[i] = (struct domain_facts){.domain = name, .window = windows[i]};
		g[i].out = &out[i];
	}
	enum status st = read_months(q, name, windows, n, g, a, err);
	for (size_t i = 0; i < n; i++) {
		if (st == ST_OK)
			gather_finish(&g[i], &q->names, a);
		gather_free(&g[i]);
	}
	free(g);
	return st == ST_OK ? query_labels(q->db, name, a, out, n, err) : st;
}
