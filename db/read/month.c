/*
 * A month as a fold. From records: reports give reporters and policies, rows of records the
 * sightings, and the profiles that were met are read at the end.
 */
#include <stdlib.h>
#include <string.h>

#include "core/day.h"
#include "core/limits.h"
#include "core/mem.h"
#include "db/pg/result.h"
#include "db/read/priv.h"
#include "sql.h"

struct reading {
	struct fold *f;
	struct arena *a;
	int32_t first; /* day of the month */
	struct map reporters, policies, reports, profiles;
	int64_t *profile_ids;
	size_t n_profiles, cap_profiles;
	size_t cap_reporters, cap_policies, cap_reports, cap_sightings;
};

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
	struct reading *r = ctx;
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
	struct reading *r = ctx;
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
 * answer. */
static enum status read_profiles(struct reading *r, struct db *db, const char *domain_id,
				 struct err *err)
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
	if (n == 0)
		return ST_OK;
	return profiles_read(db, domain_id, month_of_day(r->first), r->profile_ids, n, r->a,
			     f->profiles, err);
}

enum status month_read(struct db *db, const char *domain_id, int32_t since, int32_t until,
		       struct arena *a, struct fold *f, struct err *err)
{
	char from[DAY_STRLEN], to[DAY_STRLEN];
	const char *params[] = {domain_id, day_format(since, from), day_format(until, to)};
	struct reading r = {.f = f, .a = a, .first = month_first_day(month_of_day(since))};
	*f = (struct fold){0};
	enum status st = db_each(db, sql_window_reports, 3, params, add_report, &r, err);
	if (st == ST_OK)
		st = db_each(db, sql_facts_raw, 3, params, add_records, &r, err);
	if (st == ST_OK)
		st = read_profiles(&r, db, domain_id, err);
	if (st == ST_OK)
		fold_sort(f);
	else
		fold_free(f);
	map_free(&r.reporters);
	map_free(&r.policies);
	map_free(&r.reports);
	map_free(&r.profiles);
	free(r.profile_ids);
	return st;
}

static void add_part(void *bytes, const PGresult *res)
{
	buf_put(bytes, PQgetvalue(res, 0, 0), (size_t)PQgetlength(res, 0, 0));
}

enum status month_read_folded(struct db *db, const char *domain_id, int32_t month, struct arena *a,
			      struct fold *f, bool *fresh, struct err *err)
{
	char first[DAY_STRLEN];
	const char *params[] = {domain_id, day_format(month_first_day(month), first)};
	struct buf bytes;
	struct err why;
	*f = (struct fold){0};
	buf_init(&bytes, FOLD_MAX);
	enum status st = db_each(db, sql_facts_folded, 2, params, add_part, &bytes, err);
	/* one of another version, or damaged, is as good as none: the records are still there */
	*fresh =
	    st == ST_OK && bytes.len > 0 && fold_read(bytes.data, bytes.len, a, f, &why) == ST_OK;
	buf_free(&bytes);
	return st;
}
