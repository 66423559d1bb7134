#include "db/store/history.h"

#include <stdlib.h>
#include <string.h>

#include "core/day.h"
#include "db/pg/array_text.h"
#include "db/pg/result.h"
#include "db/store/judgement.h"
#include "sql.h"

#define LIST_MAX (1u << 30)

static int32_t day_at(const PGresult *res, int row, int col)
{
	return PQgetisnull(res, row, col) ? NO_DAY : db_int4(res, row, col) + DB_EPOCH_DAY;
}

static uint64_t count_at(const PGresult *res, int row, int col)
{
	return PQgetisnull(res, row, col) ? 0 : (uint64_t)db_int8(res, row, col);
}

static enum status ask(struct db *db, const char *sql, const char *const *names, size_t n_names,
		       int32_t since, PGresult **res, struct err *err)
{
	char day[DAY_STRLEN];
	struct buf list;
	buf_init(&list, LIST_MAX);
	for (size_t i = 0; i < n_names; i++)
		array_put(&list, names[i]);
	const char *params[] = {names ? array_close(&list) : NULL,
				since == NO_DAY ? NULL : day_format(since, day)};
	enum status st = db_query_binary(db, sql, since == NO_DAY ? 1 : 2, params, res, err);
	buf_free(&list);
	return st;
}

enum status overview_read(struct db *db, const char *const *names, size_t n_names, struct arena *a,
			  struct overview_row **out, size_t *n, struct err *err)
{
	PGresult *res;
	enum status st = ask(db, sql_overview, names, n_names, NO_DAY, &res, err);
	if (st != ST_OK)
		return st;
	*n = (size_t)PQntuples(res);
	*out = arena_alloc(a, (*n + 1) * sizeof **out);
	for (int i = 0; i < (int)*n; i++)
		(*out)[i] = (struct overview_row){.domain = result_text(res, i, 0, a),
						  .day = day_at(res, i, 1),
						  .verdict = result_text(res, i, 2, a),
						  .p = result_text(res, i, 3, a),
						  .next_step = result_text(res, i, 4, a),
						  .parked = db_bool(res, i, 5),
						  .policy_since = day_at(res, i, 6),
						  .newest_report = day_at(res, i, 7),
						  .messages = count_at(res, i, 8),
						  .own = count_at(res, i, 9),
						  .own_pass = count_at(res, i, 10),
						  .own_before = count_at(res, i, 11),
						  .own_pass_before = count_at(res, i, 12),
						  .forged = count_at(res, i, 13),
						  .questions = (unsigned)db_int4(res, i, 14),
						  .todo = (unsigned)db_int4(res, i, 15),
						  .events_open = count_at(res, i, 16)};
	PQclear(res);
	return ST_OK;
}

static enum offer offer_of(const char *word)
{
	for (int i = 0; i < OFFER_COUNT; i++)
		if (strcmp(offer_names[i], word) == 0)
			return (enum offer)i;
	return OFFER_MADE;
}

enum status remedy_list(struct db *db, const char *const *names, size_t n_names, int32_t since,
			struct arena *a, struct judged_remedy **out, size_t *n, struct err *err)
{
	PGresult *res;
	enum status st = ask(db, sql_remedy_list, names, n_names, since, &res, err);
	if (st != ST_OK)
		return st;
	*n = (size_t)PQntuples(res);
	*out = arena_alloc(a, (*n + 1) * sizeof **out);
	for (int i = 0; i < (int)*n; i++)
		(*out)[i] = (struct judged_remedy){.domain = result_text(res, i, 0, a),
						   .name = result_text(res, i, 1, a),
						   .edit = result_text(res, i, 2, a),
						   .offered = day_at(res, i, 3),
						   .state = offer_of(PQgetvalue(res, i, 4)),
						   .since = day_at(res, i, 5),
						   .seen = day_at(res, i, 6),
						   .messages = count_at(res, i, 7),
						   .passed = count_at(res, i, 8),
						   .senders = result_text(res, i, 9, a),
						   .before = result_text(res, i, 10, a),
						   .after = result_text(res, i, 11, a)};
	PQclear(res);
	return ST_OK;
}

enum status months_read(struct db *db, const char *const *names, size_t n_names, int32_t since,
			struct arena *a, struct history **out, size_t *n, struct err *err)
{
	PGresult *res;
	enum status st = ask(db, sql_history_months, names, n_names, since, &res, err);
	if (st != ST_OK)
		return st;
	size_t rows = (size_t)PQntuples(res);
	struct history_month *months = arena_alloc(a, (rows + 1) * sizeof *months);
	*out = arena_alloc(a, (rows + 1) * sizeof **out);
	*n = 0;
	for (int i = 0; i < (int)rows; i++) {
		if (*n == 0 || strcmp((*out)[*n - 1].domain, PQgetvalue(res, i, 0)) != 0)
			(*out)[(*n)++] = (struct history){.domain = result_text(res, i, 0, a),
							  .months = &months[i]};
		months[i] = (struct history_month){.month = month_of_day(day_at(res, i, 1)),
						   .days = count_at(res, i, 2),
						   .messages = count_at(res, i, 3),
						   .own = count_at(res, i, 4),
						   .own_pass = count_at(res, i, 5),
						   .forged = count_at(res, i, 6),
						   .p = result_text(res, i, 7, a),
						   .verdict = result_text(res, i, 8, a)};
		(*out)[*n - 1].n_months++;
	}
	PQclear(res);
	return ST_OK;
}

/* What is no news is left out. */
static size_t keep_changes(struct dns_change *all, size_t n, int32_t since)
{
	size_t k = 0;
	for (size_t i = 0; i < n; i++)
		if (!all[i].first && all[i].confirmed && day_from_unix(all[i].seen_at) >= since)
			all[k++] = all[i];
	return k;
}

/* Rows of one domain one behind the other, in their order within it: by index of the domain. */
struct slot {
	size_t at, row;
};

static int by_slot(const void *x, const void *y)
{
	const struct slot *a = x, *b = y;
	if (a->at != b->at)
		return a->at < b->at ? -1 : 1;
	return a->row < b->row ? -1 : a->row > b->row;
}

static size_t index_of(const struct history *list, size_t n, const char *domain)
{
	size_t lo = 0, hi = n;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		if (strcmp(list[mid].domain, domain) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < n && strcmp(list[lo].domain, domain) == 0 ? lo : n;
}

static void give_remedies(struct history *list, size_t n, struct judged_remedy *rows, size_t n_rows,
			  struct arena *a)
{
	struct slot *slots = arena_alloc(a, (n_rows + 1) * sizeof *slots);
	struct judged_remedy *sorted = arena_alloc(a, (n_rows + 1) * sizeof *sorted);
	for (size_t i = 0; i < n_rows; i++)
		slots[i] = (struct slot){index_of(list, n, rows[i].domain), i};
	qsort(slots, n_rows, sizeof *slots, by_slot);
	for (size_t i = 0; i < n_rows; i++) {
		sorted[i] = rows[slots[i].row];
		if (slots[i].at == n)
			continue;
		struct history *h = &list[slots[i].at];
		h->remedies = h->n_remedies++ ? h->remedies : &sorted[i];
	}
}

static void give_events(struct history *list, size_t n, struct judged_event *rows, size_t n_rows,
			struct arena *a)
{
	struct slot *slots = arena_alloc(a, (n_rows + 1) * sizeof *slots);
	struct judged_event *sorted = arena_alloc(a, (n_rows + 1) * sizeof *sorted);
	for (size_t i = 0; i < n_rows; i++)
		slots[i] = (struct slot){index_of(list, n, rows[i].domain), i};
	qsort(slots, n_rows, sizeof *slots, by_slot);
	for (size_t i = 0; i < n_rows; i++) {
		sorted[i] = rows[slots[i].row];
		if (slots[i].at == n)
			continue;
		struct history *h = &list[slots[i].at];
		h->events = h->n_events++ ? h->events : &sorted[i];
	}
}

/* They come by domain. */
static void give_changes(struct history *list, size_t n, const struct dns_change *rows,
			 size_t n_rows)
{
	for (size_t i = 0; i < n_rows; i++) {
		size_t at = index_of(list, n, rows[i].domain);
		if (at == n)
			continue;
		list[at].changes = list[at].n_changes++ ? list[at].changes : &rows[i];
	}
}

enum status histories_read(struct db *db, const char *const *names, size_t n_names, int32_t since,
			   struct arena *a, struct history **out, size_t *n, struct err *err)
{
	const struct event_filter f = {names, n_names, false, false, since};
	struct dns_change *changes;
	struct judged_remedy *remedies;
	struct judged_event *events;
	size_t n_changes, n_remedies, n_events;
	*n = 0;
	if (n_names == 0)
		return ST_OK;
	enum status st = months_read(db, names, n_names, since, a, out, n, err);
	if (st == ST_OK)
		st = judgement_dns(db, names, n_names, a, &changes, &n_changes, err);
	if (st == ST_OK)
		st = remedy_list(db, names, n_names, since, a, &remedies, &n_remedies, err);
	if (st == ST_OK)
		st = event_list(db, &f, a, &events, &n_events, err);
	if (st != ST_OK)
		return st;
	give_changes(*out, *n, changes, keep_changes(changes, n_changes, since));
	give_remedies(*out, *n, remedies, n_remedies, a);
	give_events(*out, *n, events, n_events, a);
	return ST_OK;
}

enum status history_read(struct db *db, const char *domain, int32_t since, struct arena *a,
			 struct history *out, struct err *err)
{
	const struct event_filter f = {&domain, 1, false, false, since};
	struct history *one;
	struct judged_event *events;
	size_t n;
	*out = (struct history){.domain = domain};
	enum status st = histories_read(db, &domain, 1, since, a, &one, &n, err);
	if (st != ST_OK)
		return st;
	if (n > 0) {
		*out = one[0];
		return ST_OK;
	}
	st = event_list(db, &f, a, &events, &out->n_events, err); /* of runs, before any day */
	out->events = st == ST_OK ? events : NULL;
	return st;
}
