/*
 * A month as a fold, of many domains at once. From records: reports give reporters and policies,
 * rows of records the sightings, and the profiles that were met are read at the end.
 */
#include <stdlib.h>
#include <string.h>

#include "core/day.h"
#include "core/limits.h"
#include "core/mem.h"
#include "db/pg/array_text.h"
#include "db/pg/result.h"
#include "db/read/priv.h"
#include "sql.h"

/* One domain. */
struct reading {
	struct fold *f;
	int64_t domain_id;
	struct arena *a;
	int32_t first; /* day of the month */
	struct map reporters, policies, reports, profiles;
	int64_t *profile_ids;
	size_t n_profiles, cap_profiles;
	size_t cap_reporters, cap_policies, cap_reports, cap_sightings;
};

/* All of a statement; rows say whose they are. */
struct readings {
	struct reading *list;
	size_t n;
	struct map index; /* domain_id -> index */
};

static struct reading *reading_of(const struct readings *all, const PGresult *res, int col)
{
	struct digest key = id_key(db_int8(res, 0, col));
	const uint64_t *i = map_get(&all->index, &key);
	return i ? &all->list[*i] : NULL;
}

static uint32_t reporter_index(struct reading *r, const PGresult *res, int reporter, int standing)
{
	int64_t id =
	    fold_reporter(db_int8(res, 0, reporter), (unsigned)db_int4(res, 0, standing) & 3);
	struct digest key = id_key(id);
	bool fresh;
	uint64_t *i = map_put(&r->reporters, &key, &fresh);
	if (fresh) {
		r->f->reporters = MEM_ROOM(r->f->reporters, r->f->n_reporters, r->cap_reporters);
		r->f->reporters[r->f->n_reporters] = id;
		*i = r->f->n_reporters++;
	}
	return (uint32_t)*i;
}

static void put_word(struct buf *key, const PGresult *res, int col)
{
	int n = PQgetisnull(res, 0, col) ? -1 : PQgetlength(res, 0, col);
	buf_put(key, &n, sizeof n);
	buf_put(key, PQgetvalue(res, 0, col), n > 0 ? (size_t)n : 0);
}

static uint32_t policy_index(struct reading *r, const PGresult *res)
{
	struct buf key;
	bool fresh;
	buf_init(&key, 64 * KIB);
	for (int col = 4; col < 8; col++)
		put_word(&key, res, col);
	struct digest d = hash_fixed128(key.data, key.len);
	uint64_t *i = map_put(&r->policies, &d, &fresh);
	buf_free(&key);
	if (fresh) {
		r->f->policies = MEM_ROOM(r->f->policies, r->f->n_policies, r->cap_policies);
		r->f->policies[r->f->n_policies] = (struct fold_policy){
		    .p = result_word(res, 0, 4, V_POLICY, r->a),
		    .sp = result_word(res, 0, 5, V_POLICY, r->a),
		    .pct = PQgetisnull(res, 0, 6) ? -1 : db_int4(res, 0, 6),
		    .testing = db_bool(res, 0, 7),
		};
		*i = r->f->n_policies++;
	}
	return (uint32_t)*i;
}

/* A row of window_reports.sql. */
static void add_report(void *ctx, const PGresult *res)
{
	struct reading *r = reading_of(ctx, res, 9);
	if (!r)
		return;
	const struct {
		uint32_t day, reporter, policy, none;
	} who = {(uint32_t)(db_int4(res, 0, 1) + DB_EPOCH_DAY - r->first + 1),
		 reporter_index(r, res, 0, 8), policy_index(r, res), 0};
	struct digest key;
	bool fresh;
	memcpy(key.b, &who, sizeof key.b);
	uint64_t *i = map_put(&r->reports, &key, &fresh);
	if (fresh) {
		r->f->reports = MEM_ROOM(r->f->reports, r->f->n_reports, r->cap_reports);
		r->f->reports[r->f->n_reports] = (struct fold_reports){
		    .day = who.day, .reporter = who.reporter, .policy = who.policy};
		*i = r->f->n_reports++;
	}
	struct fold_reports *to = &r->f->reports[*i];
	to->reports++;
	to->messages = count_add(to->messages, (uint64_t)db_int8(res, 0, 2));
	to->dmarc_pass = count_add(to->dmarc_pass, (uint64_t)db_int8(res, 0, 3));
}

static uint32_t profile_index(struct reading *r, int64_t id)
{
	struct digest key = id_key(id);
	bool fresh;
	uint64_t *i = map_put(&r->profiles, &key, &fresh);
	if (fresh) {
		r->profile_ids = MEM_ROOM(r->profile_ids, r->n_profiles, r->cap_profiles);
		r->profile_ids[r->n_profiles] = id;
		*i = r->n_profiles++;
	}
	return (uint32_t)*i;
}

/* A row of facts_raw.sql. */
static void add_records(void *ctx, const PGresult *res)
{
	struct reading *r = reading_of(ctx, res, 6);
	if (!r)
		return;
	struct array source = array_open(res, 0, 0), profile = array_open(res, 0, 1),
		     messages = array_open(res, 0, 2);
	struct fold_sighting s = {.reporter = reporter_index(r, res, 3, 5),
				  .day =
				      (uint32_t)(db_int4(res, 0, 4) + DB_EPOCH_DAY - r->first + 1),
				  .records = 1};
	for (unsigned i = 0; i < source.n && i < profile.n && i < messages.n; i++) {
		s.source = array_inet(&source);
		s.profile = profile_index(r, array_int8(&profile));
		s.messages = (uint64_t)array_int8(&messages);
		r->f->sightings = MEM_ROOM(r->f->sightings, r->f->n_sightings, r->cap_sightings);
		r->f->sightings[r->f->n_sightings++] = s;
	}
}

static int compare_ids(const void *x, const void *y)
{
	const int64_t a = *(const int64_t *)x, b = *(const int64_t *)y;
	return (a > b) - (a < b);
}

/* Number the profiles by id, not as the rows happened to come: the same question gets the same
 * answer. What they say is wanted. */
static void number_profiles(struct reading *r, struct profile_wanted *wanted)
{
	struct fold *f = r->f;
	size_t n = r->n_profiles;
	uint32_t *renumber = mem_grow(NULL, n + 1, sizeof *renumber);
	if (n > 1)
		qsort(r->profile_ids, n, sizeof *r->profile_ids, compare_ids);
	for (size_t i = 0; i < n; i++)
		renumber[profile_index(r, r->profile_ids[i])] = (uint32_t)i;
	for (size_t i = 0; i < f->n_sightings; i++)
		f->sightings[i].profile = renumber[f->sightings[i].profile];
	free(renumber);
	f->profiles = mem_grow(NULL, n + 1, sizeof *f->profiles);
	f->n_profiles = n;
	for (size_t i = 0; i < n; i++)
		wanted[i] =
		    (struct profile_wanted){r->domain_id, r->profile_ids[i], &f->profiles[i]};
}

static enum status read_profiles(struct readings *all, struct db *db, int32_t month,
				 struct arena *a, struct err *err)
{
	size_t n = 0, at = 0;
	for (size_t i = 0; i < all->n; i++)
		n += all->list[i].n_profiles;
	struct profile_wanted *wanted = mem_grow(NULL, n + 1, sizeof *wanted);
	for (size_t i = 0; i < all->n; i++) {
		number_profiles(&all->list[i], &wanted[at]);
		at += all->list[i].n_profiles;
	}
	enum status st = n > 0 ? profiles_read(db, month, wanted, n, a, err) : ST_OK;
	free(wanted);
	return st;
}

static void readings_begin(struct readings *all, struct month *const *list, size_t n,
			   struct arena *a, struct buf *ids)
{
	*all = (struct readings){.list = mem_grow(NULL, n + 1, sizeof *all->list), .n = n};
	buf_init(ids, MONTH_LIST_MAX);
	for (size_t i = 0; i < n; i++) {
		struct digest key = id_key(list[i]->domain_id);
		*map_put(&all->index, &key, NULL) = i;
		list[i]->f = (struct fold){0};
		all->list[i] = (struct reading){.f = &list[i]->f,
						.domain_id = list[i]->domain_id,
						.a = a,
						.first = month_first_day(list[i]->month)};
		array_put_number(ids, list[i]->domain_id);
	}
}

static void readings_free(struct readings *all)
{
	for (size_t i = 0; i < all->n; i++) {
		struct reading *r = &all->list[i];
		map_free(&r->reporters);
		map_free(&r->policies);
		map_free(&r->reports);
		map_free(&r->profiles);
		free(r->profile_ids);
	}
	map_free(&all->index);
	free(all->list);
}

enum status months_raw(struct db *db, struct month *const *list, size_t n, struct window days,
		       struct arena *a, struct err *err)
{
	char from[DAY_STRLEN], to[DAY_STRLEN];
	struct readings all;
	struct buf ids;
	readings_begin(&all, list, n, a, &ids);
	const char *params[] = {array_close(&ids), day_format(days.since, from),
				day_format(days.until, to)};
	enum status st = db_each(db, sql_window_reports, 3, params, add_report, &all, err);
	if (st == ST_OK)
		st = db_each(db, sql_facts_raw, 3, params, add_records, &all, err);
	if (st == ST_OK)
		st = read_profiles(&all, db, month_of_day(days.since), a, err);
	for (size_t i = 0; i < n; i++)
		if (st == ST_OK)
			fold_sort(&list[i]->f);
		else
			fold_free(&list[i]->f);
	readings_free(&all);
	buf_free(&ids);
	return st;
}

struct folded {
	struct month *const *list;
	size_t n;
};

/* A row of facts_folded.sql. */
static void add_part(void *ctx, const PGresult *res)
{
	const struct folded *all = ctx;
	uint64_t i = (uint64_t)db_int8(res, 0, 0) - 1;
	if (i < all->n)
		buf_put(&all->list[i]->bytes, PQgetvalue(res, 0, 1),
			(size_t)PQgetlength(res, 0, 1));
}

enum status months_folded(struct db *db, struct month *const *list, size_t n, struct err *err)
{
	char first[DAY_STRLEN];
	struct folded all = {list, n};
	struct buf ids, months;
	buf_init(&ids, MONTH_LIST_MAX);
	buf_init(&months, MONTH_LIST_MAX);
	for (size_t i = 0; i < n; i++) {
		array_put_number(&ids, list[i]->domain_id);
		array_put(&months, day_format(month_first_day(list[i]->month), first));
	}
	const char *params[] = {array_close(&ids), array_close(&months)};
	enum status st = db_each(db, sql_facts_folded, 2, params, add_part, &all, err);
	buf_free(&ids);
	buf_free(&months);
	return st;
}
