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

/* The days of the month that any window of a domain wants; false: none. */
static bool wanted(const struct domain_facts *f, size_t n, int32_t month, struct window *out)
{
	*out = (struct window){0};
	for (size_t i = 0; i < n; i++) {
		struct window w = window_of_month(f[i].window, month);
		if (w.since >= w.until)
			continue;
		const struct window both[] = {*out, w};
		*out = out->since < out->until ? window_span(both, 2) : w;
	}
	return out->since < out->until;
}

/* From rows of domain_months.sql. */
static enum status read_months(struct answer *q, const PGresult *rows, size_t n_domains,
			       struct err *err)
{
	size_t n = 0;
	struct answer_month *list = mem_grow(NULL, (size_t)PQntuples(rows) + 1, sizeof *list);
	for (int i = 0; i < PQntuples(rows); i++) {
		struct answer_month m = {
		    .domain = (size_t)db_int8(rows, i, 0) - 1,
		    .m = {.domain_id = db_int8(rows, i, 1),
			  .month = month_of_day(db_int4(rows, i, 2) + DB_EPOCH_DAY),
			  .folded = db_bool(rows, i, 3),
			  .records = (uint64_t)db_int8(rows, i, 4)}};
		if (wanted(&q->out[m.domain * q->n_windows], q->n_windows, m.m.month, &m.days))
			list[n++] = m;
	}
	enum status st = answer_months(q, n_domains, list, n, err);
	free(list);
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

static enum status mark_usual(struct db *db, struct domain_facts *out, size_t n, struct err *err)
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
		st = db_query(db, sql_reporters_usual, 1, &param, &res, err);
	buf_free(&list);
	if (!any || st != ST_OK)
		return st;
	for (size_t w = 0; w < n; w++)
		mark(res, &out[w]);
	PQclear(res);
	return ST_OK;
}

static struct window span_of(const struct domain_facts *f, size_t n)
{
	struct window all = n > 0 ? f[0].window : (struct window){0};
	for (size_t i = 1; i < n; i++) {
		const struct window both[] = {all, f[i].window};
		all = window_span(both, 2);
	}
	return all;
}

static enum status read_domains(struct answer *q, const char *names, size_t n_domains,
				struct err *err)
{
	char since[DAY_STRLEN], until[DAY_STRLEN];
	size_t n = n_domains * q->n_windows;
	struct window all = span_of(q->out, n);
	const char *params[] = {names, day_format(all.since, since), day_format(all.until, until)};
	PGresult *months;
	enum status st = db_query_binary(q->db, sql_domain_months, 3, params, &months, err);
	if (st != ST_OK)
		return st;
	st = read_months(q, months, n_domains, err);
	PQclear(months);
	if (st == ST_OK)
		st = mark_usual(q->db, q->out, n, err);
	if (st == ST_OK)
		st = label_windows(q->db, names, q->a, q->out, n, err);
	return st == ST_OK ? bounce_windows(q->db, names, q->a, q->out, n, err) : st;
}

enum status query_windows(struct db *db, size_t n_domains, size_t n, struct arena *a,
			  struct domain_facts *out, struct err *err)
{
	struct answer q = {.db = db, .a = a, .out = out, .n_windows = n};
	struct buf names;
	if (n_domains == 0)
		return ST_OK;
	buf_init(&names, 1u << 30);
	for (size_t i = 0; i < n_domains; i++)
		array_put(&names, out[i * n].domain);
	enum status st = db_exec(db, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", err);
	if (st == ST_OK)
		st = read_domains(&q, array_close(&names), n_domains, err);
	db_rollback(db);
	names_free(&q.names);
	buf_free(&names);
	return st;
}

enum status query_facts(struct db *db, const char *const *domains, size_t n_domains,
			const struct window *windows, size_t n, struct arena *a,
			struct domain_facts *out, struct err *err)
{
	for (size_t i = 0; i < n_domains; i++) {
		const char *name = arena_strdup(a, domains[i]);
		for (size_t k = 0; k < n; k++)
			out[i * n + k] =
			    (struct domain_facts){.domain = name, .window = windows[k]};
	}
	return query_windows(db, n_domains, n, a, out, err);
}
