/*
 * query_priv.h - private to db/: reading binary results.
 */
#ifndef DB_QUERY_PRIV_H
#define DB_QUERY_PRIV_H

#include "core/facts.h"
#include "core/hash.h"
#include "db/db_pg.h"

const char *result_text(const PGresult *res, int row, int col, struct arena *a); /* NULL is NULL */

/* An array on the wire, element by element: array_open(), then n times array_...(). */
struct array {
	const char *next;
	unsigned n;
};

struct array array_open(const PGresult *res, int row, int col); /* NULL has no elements */
int64_t array_int8(struct array *at);
int32_t array_int4(struct array *at);
struct ip array_inet(struct array *at); /* NULL is family 0 */

/* text[]: elements in the arena, NULL ones NULL. A NULL array has none. */
const char **result_text_array(const PGresult *res, int row, int col, struct arena *a, unsigned *n);

/* bigint[] without NULLs. */
int64_t *result_int8_array(const PGresult *res, int row, int col, struct arena *a, unsigned *n);

/*
 * Records, or months folded, into facts (query_facts.c): one for each month, address and profile.
 *
 *	facts_reporter(&f, id, index);   all of them first
 *	facts_month(&f, month);          then each month, and its rows
 *	facts_add_records(&f, res);
 *	ids = facts_finish(&f, arena, out);
 *	facts_free(&f);
 */
struct fact_gather {
	struct map profiles, reporters; /* id -> index */
	int64_t *profile_ids;
	size_t n_profiles, cap_profiles;
	struct fact *facts;
	size_t n, cap;
	struct map index; /* address and profile -> fact, of this month */
	struct map pairs; /* fact and reporter that were met, of this month */
	struct fact_seen {
		uint32_t fact, reporter;
	} * seen;
	size_t n_seen, cap_seen;
	int32_t month;
};

void facts_reporter(struct fact_gather *f, int64_t id, uint32_t index);
void facts_month(struct fact_gather *f, int32_t month);
void facts_add_records(void *gather, const PGresult *res); /* a row of facts_raw.sql */
void facts_add_folded(void *gather, const PGresult *res);  /* a row of facts_folded.sql */
/* Facts in order, profiles numbered by id, into out; the profiles' ids, until facts_free(). */
int64_t *facts_finish(struct fact_gather *f, struct arena *a, struct domain_facts *out);
void facts_free(struct fact_gather *f);

/*
 * Profiles, each read once however many windows want it (query_profile.c):
 *
 *	profiles_want(&s, ids, n);       for each window
 *	profiles_read(&s, db, domain_id, arena, &err);
 *	profiles_take(&s, ids, n, arena);   in the order of ids
 *	profiles_free(&s);
 */
struct profile_set {
	struct map index; /* id -> index */
	int64_t *ids;
	size_t n, cap;
	struct dmarc_profile *profiles; /* in a */
	struct arena *a;
};

void profiles_want(struct profile_set *s, const int64_t *ids, size_t n);
enum status profiles_read(struct profile_set *s, struct db *db, const char *domain_id,
			  struct arena *a, struct err *err) MUST_CHECK;
const struct dmarc_profile *profiles_take(const struct profile_set *s, const int64_t *ids, size_t n,
					  struct arena *a);
void profiles_free(struct profile_set *s);

/*
 * The reports of a window, added up by reporter, by day and by policy (query_reports.c). The
 * reporters go to the facts, too, which have indexes of them.
 */
struct report_gather {
	struct map reporters, days, policies; /* id, day, what was published -> index */
	struct report_sum {
		int64_t id;
		uint64_t messages;
	} * by_reporter;
	size_t n_reporters, cap_reporters;
	struct fact_day *by_day;
	size_t n_days, cap_days;
	struct fact_policy *by_policy;
	size_t n_policies, cap_policies;
	uint64_t n;
	struct arena words; /* of by_policy */
};

void reports_add(void *gather, const PGresult *res); /* a row of window_reports.sql */
enum status reports_finish(struct report_gather *r, struct db *db, struct fact_gather *facts,
			   struct arena *a, struct domain_facts *out, struct err *err) MUST_CHECK;
void reports_free(struct report_gather *r);

/* The labels that count for a window that begins on this day (label.c). */
enum status query_labels(struct db *db, const char *domain_id, const char *since, struct arena *a,
			 struct domain_facts *out, struct err *err) MUST_CHECK;

#endif
