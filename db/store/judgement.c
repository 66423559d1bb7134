/* What is to be judged, and what a day rests on. */
#include "db/store/judgement.h"

#include <stdlib.h>
#include <string.h>

#include "core/day.h"
#include "core/hash.h"
#include "db/pg/array_text.h"
#include "db/pg/locks.h"
#include "db/pg/result.h"
#include "sql.h"

#define LIST_MAX (1u << 30)

enum status judgement_lock(struct db *db, struct err *err)
{
	return db_exec(db, "SELECT pg_advisory_lock(" LOCK_JUDGE ")", err);
}

static int32_t day_at(const PGresult *res, int row, int col)
{
	return PQgetisnull(res, row, col) ? NO_DAY : db_int4(res, row, col) + DB_EPOCH_DAY;
}

static const char *put_names(struct buf *b, const char *const *names, size_t n)
{
	buf_init(b, LIST_MAX);
	for (size_t i = 0; i < n; i++)
		array_put(b, names[i]);
	return array_close(b);
}

static const char *put_days(struct buf *b, const int32_t *days, size_t n)
{
	char text[DAY_STRLEN];
	buf_init(b, LIST_MAX);
	for (size_t i = 0; i < n; i++)
		array_put(b, day_format(days[i], text));
	return array_close(b);
}

/* A statement with a list of names and up to two more parameters. */
static enum status ask(struct db *db, const char *sql, const char *const *names, size_t n_names,
		       const char *second, const char *third, PGresult **res, struct err *err)
{
	struct buf b;
	const char *params[] = {names ? put_names(&b, names, n_names) : NULL, second, third};
	enum status st = db_query_binary(db, sql, third ? 3 : second ? 2 : 1, params, res, err);
	if (names)
		buf_free(&b);
	return st;
}

enum status judgement_domains(struct db *db, const char *const *names, size_t n_names,
			      int32_t before, struct arena *a, struct judgement_domain **out,
			      size_t *n, struct err *err)
{
	char day[DAY_STRLEN];
	PGresult *res;
	enum status st =
	    ask(db, sql_judge_domains, names, n_names, day_format(before, day), NULL, &res, err);
	if (st != ST_OK)
		return st;
	*n = (size_t)PQntuples(res);
	*out = arena_alloc(a, (*n + 1) * sizeof **out);
	for (int i = 0; i < (int)*n; i++)
		(*out)[i] = (struct judgement_domain){result_text(res, i, 0, a), day_at(res, i, 1),
						      day_at(res, i, 2)};
	PQclear(res);
	return ST_OK;
}

enum status judgement_days(struct db *db, const char *const *names, size_t n_names, int32_t since,
			   int32_t until, struct arena *a, struct judgement_row **out, size_t *n,
			   struct err *err)
{
	char first[DAY_STRLEN], last[DAY_STRLEN];
	PGresult *res;
	enum status st = ask(db, sql_judge_days, names, n_names, day_format(since, first),
			     day_format(until, last), &res, err);
	if (st != ST_OK)
		return st;
	*n = (size_t)PQntuples(res);
	*out = arena_alloc(a, (*n + 1) * sizeof **out);
	for (int i = 0; i < (int)*n; i++)
		(*out)[i] = (struct judgement_row){.domain = result_text(res, i, 0, a),
						   .day = day_at(res, i, 1),
						   .reports = (uint64_t)db_int8(res, i, 2),
						   .reporters = (uint64_t)db_int8(res, i, 3),
						   .basis = result_text(res, i, 4, a),
						   .judged = result_text(res, i, 5, a),
						   .there = db_bool(res, i, 6)};
	PQclear(res);
	return ST_OK;
}

enum status judgement_complete(struct db *db, const char *const *names, size_t n_names,
			       int32_t today, struct arena *a, struct judgement_ready **out,
			       size_t *n, struct err *err)
{
	char day[DAY_STRLEN];
	PGresult *res;
	enum status st =
	    ask(db, sql_judge_complete, names, n_names, day_format(today, day), NULL, &res, err);
	if (st != ST_OK)
		return st;
	*n = (size_t)PQntuples(res);
	*out = arena_alloc(a, (*n + 1) * sizeof **out);
	for (int i = 0; i < (int)*n; i++)
		(*out)[i] = (struct judgement_ready){result_text(res, i, 0, a), day_at(res, i, 1)};
	PQclear(res);
	return ST_OK;
}

/* The row of a name in a result, or -1. */
static void index_rows(const PGresult *res, struct map *rows)
{
	for (int i = 0; i < PQntuples(res); i++) {
		const char *name = PQgetvalue(res, i, 0);
		struct digest key = hash_fixed128(name, strlen(name));
		*map_put(rows, &key, NULL) = (uint64_t)i + 1;
	}
}

static int row_of(const struct map *rows, const char *name)
{
	struct digest key = hash_fixed128(name, strlen(name));
	const uint64_t *at = map_get(rows, &key);
	return at ? (int)*at - 1 : -1;
}

enum status judgement_memory(struct db *db, const char *const *names, const int32_t *days, size_t n,
			     struct arena *a, const char **out, struct err *err)
{
	struct buf list;
	struct map rows = {0};
	PGresult *res;
	const char *second = put_days(&list, days, n);
	enum status st = ask(db, sql_judge_memory, names, n, second, NULL, &res, err);
	buf_free(&list);
	if (st != ST_OK)
		return st;
	index_rows(res, &rows);
	for (size_t i = 0; i < n; i++) {
		int row = row_of(&rows, names[i]);
		out[i] = row < 0 ? NULL : result_text(res, row, 1, a);
	}
	map_free(&rows);
	PQclear(res);
	return ST_OK;
}

enum status judgement_recent(struct db *db, const char *const *names, const int32_t *days, size_t n,
			     struct arena *a, struct judgement_recent **out, struct err *err)
{
	struct buf list;
	struct map rows = {0};
	PGresult *res;
	const char *second = put_days(&list, days, n);
	enum status st = ask(db, sql_judge_recent, names, n, second, NULL, &res, err);
	buf_free(&list);
	if (st != ST_OK)
		return st;
	index_rows(res, &rows);
	*out = arena_alloc(a, (n + 1) * sizeof **out);
	for (size_t i = 0; i < n; i++) {
		int row = row_of(&rows, names[i]);
		if (row >= 0)
			(*out)[i] = (struct judgement_recent){(uint64_t)db_int8(res, row, 1),
							      (uint64_t)db_int8(res, row, 2)};
	}
	map_free(&rows);
	PQclear(res);
	return ST_OK;
}

/* n texts parted by U+001F. */
static const char *const *split(const char *text, size_t n, struct arena *a)
{
	const char **list = arena_alloc(a, (n + 1) * sizeof *list);
	for (size_t i = 0; i < n; i++) {
		size_t len = strcspn(text, "\x1f");
		list[i] = arena_strndup(a, text, len);
		text += len + (text[len] != '\0');
	}
	return list;
}

static struct dns_said said_at(const PGresult *res, int row, int col, int fault, struct arena *a)
{
	struct dns_said said = {.n = (size_t)db_int4(res, row, col + 1),
				.fault = result_text(res, row, fault, a)};
	const char *text = result_text(res, row, col, a);
	said.records = split(text ? text : "", said.n, a);
	return said;
}

enum status judgement_dns(struct db *db, const char *const *names, size_t n_names, struct arena *a,
			  struct dns_change **out, size_t *n, struct err *err)
{
	PGresult *res;
	enum status st = ask(db, sql_judge_dns, names, n_names, NULL, NULL, &res, err);
	if (st != ST_OK)
		return st;
	*n = (size_t)PQntuples(res);
	*out = arena_alloc(a, (*n + 1) * sizeof **out);
	for (int i = 0; i < (int)*n; i++)
		(*out)[i] = (struct dns_change){.domain = result_text(res, i, 0, a),
						.name = result_text(res, i, 1, a),
						.type = result_text(res, i, 2, a),
						.seen_at = db_int8(res, i, 3),
						.first = db_bool(res, i, 4),
						.confirmed = db_bool(res, i, 5),
						.before = said_at(res, i, 6, 10, a),
						.after = said_at(res, i, 8, 11, a)};
	PQclear(res);
	return ST_OK;
}

enum status judgement_offers(struct db *db, const char *const *names, size_t n_names,
			     struct arena *a, struct judgement_offer **out, size_t *n,
			     struct err *err)
{
	PGresult *res;
	enum status st = ask(db, sql_judge_offers, names, n_names, NULL, NULL, &res, err);
	if (st != ST_OK)
		return st;
	*n = (size_t)PQntuples(res);
	*out = arena_alloc(a, (*n + 1) * sizeof **out);
	for (int i = 0; i < (int)*n; i++)
		(*out)[i] =
		    (struct judgement_offer){result_text(res, i, 0, a), result_text(res, i, 1, a)};
	PQclear(res);
	return ST_OK;
}

/* ---- events ---- */

static enum severity severity_of(const char *word)
{
	for (int i = 0; i < SEVERITY_COUNT; i++)
		if (strcmp(severity_names[i], word) == 0)
			return (enum severity)i;
	return SEVERITY_NORMAL;
}

enum status event_list(struct db *db, const struct event_filter *f, struct arena *a,
		       struct judged_event **out, size_t *n, struct err *err)
{
	char since[DAY_STRLEN];
	struct buf names;
	PGresult *res;
	const char *list = put_names(&names, f->domains, f->n_domains);
	const char *params[] = {f->n_domains ? list : NULL, f->open ? "t" : "f",
				f->since == NO_DAY ? NULL : day_format(f->since, since),
				f->by_run ? "t" : "f"};
	enum status st = db_query_binary(db, sql_event_list, 4, params, &res, err);
	buf_free(&names);
	if (st != ST_OK)
		return st;
	*n = (size_t)PQntuples(res);
	*out = arena_alloc(a, (*n + 1) * sizeof **out);
	for (int i = 0; i < (int)*n; i++) {
		struct judged_event *e = &(*out)[i];
		*e = (struct judged_event){.domain = result_text(res, i, 0, a),
					   .rule = result_text(res, i, 2, a),
					   .subject = result_text(res, i, 3, a),
					   .severity = severity_of(PQgetvalue(res, i, 4)),
					   .opened = day_at(res, i, 5),
					   .closed = day_at(res, i, 6),
					   .times = (unsigned)db_int4(res, i, 7),
					   .by_run = db_bool(res, i, 8),
					   .withdrawn = db_bool(res, i, 9),
					   .text = result_text(res, i, 10, a),
					   .numbers = result_text(res, i, 11, a),
					   .acked_at = result_text(res, i, 12, a),
					   .ack_owner = result_text(res, i, 13, a),
					   .ack_until = day_at(res, i, 14)};
		memcpy(e->id, PQgetvalue(res, i, 1), UUID_SIZE - 1);
	}
	PQclear(res);
	return ST_OK;
}

enum status event_ack(struct db *db, const char *id, const char *owner, int32_t until, bool *found,
		      struct err *err)
{
	char day[DAY_STRLEN];
	const char *params[] = {id, owner, until == NO_DAY ? NULL : day_format(until, day)};
	PGresult *res;
	enum status st = db_query(db, sql_event_ack, 3, params, &res, err);
	if (st != ST_OK)
		return st;
	*found = strcmp(PQcmdTuples(res), "0") != 0;
	PQclear(res);
	return ST_OK;
}
