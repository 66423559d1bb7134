/*
 * priv.h - private to this wing: what its files share.
 *
 *	query.c    one snapshot; which months of which domains
 *	answer.c   months of many domains, each read once for all windows
 *	month.c    a month as a fold, from sender_month or from its records
 *	profile.c  profiles
 *	names.c    organisations
 *	window.c   months into a window: totals, policies, facts
 */
#ifndef DB_READ_PRIV_H
#define DB_READ_PRIV_H

#include "core/facts.h"
#include "core/hash.h"
#include "db/pg/pg.h"
#include "db/read/fold.h"

static inline struct digest id_key(int64_t id)
{
	return hash_fixed128(&id, sizeof id);
}

/* A month of a domain that has data, and what was read of it. */
struct month {
	int64_t domain_id;
	int32_t month;
	uint64_t records;
	bool folded;
	struct buf bytes; /* of its fold, as they are stored */
	struct fold f;    /* from its records */
};

#define MONTH_LIST_MAX (1u << 30) /* bytes of a list that is a parameter of a statement */

/*
 * Many domains in a statement or three (month.c).
 *
 * months_raw: days of one and the same month, out of the records: all of each is in its f, sorted,
 * profiles by id; free it. What it points to is in the arena. No domain may be there twice.
 *
 * months_folded: the bytes of each as sender_month has them are appended to its bytes; none where
 * it has none.
 */
enum status months_raw(struct db *db, struct month *const *list, size_t n, struct window days,
		       struct arena *a, struct err *err) MUST_CHECK;
enum status months_folded(struct db *db, struct month *const *list, size_t n,
			  struct err *err) MUST_CHECK;

/* Each profile of a month into its out (profile.c); one that is not there is empty. */
struct profile_wanted {
	int64_t domain_id, id;
	struct dmarc_profile *out;
};
enum status profiles_read(struct db *db, int32_t month, const struct profile_wanted *wanted,
			  size_t n, struct arena *a, struct err *err) MUST_CHECK;

/*
 * Organisations by the ids of reporters (names.c). One may have several ids: one for each
 * email it used. Numbers are given in the order of asking and stay.
 */
struct names {
	struct map ids, orgs; /* id, name -> number */
	const char **list;
	size_t n, cap;
	struct arena arena;
};

enum status names_ask(struct names *names, struct db *db, const int64_t *ids, size_t n,
		      uint32_t *numbers, struct err *err) MUST_CHECK;
void names_free(struct names *names);

/*
 * Months into the windows of their domains (answer.c): by domain, then month; all months of a
 * domain at once. Each domain has n_windows of out, which say their days. Statements: a few, and
 * three for each calendar month that is read from records.
 */
struct answer {
	struct db *db;
	struct arena *a;
	struct domain_facts *out;
	size_t n_windows;
	struct names names;
};
struct answer_month {
	size_t domain;      /* index */
	struct window days; /* that any of its windows wants */
	struct month m;
};
enum status answer_months(struct answer *q, size_t n_domains, struct answer_month *list, size_t n,
			  struct err *err) MUST_CHECK;

/* Who reports, in a window: an organisation by its number, by the standing of those reports. */
static inline uint32_t gather_number(uint32_t org, unsigned standing)
{
	return org << 2 | standing;
}

static inline uint32_t gather_org(uint32_t number)
{
	return number >> 2;
}

static inline enum standing gather_standing(uint32_t number)
{
	return (enum standing)(number & 3);
}

/*
 * Months into a window (window.c):
 *
 *	gather_month(&g, &fold, numbers, month);   in the order of months
 *	gather_finish(&g, &names, arena);          into g.out
 *	gather_free(&g);
 */
struct gather {
	struct domain_facts *out; /* with its window */
	struct map profiles;      /* id -> index */
	struct dmarc_profile *list;
	size_t n_profiles, cap_profiles;
	struct fact *facts;
	size_t n, cap;
	/* the witnesses of one fact behind those of the other; reporters by number */
	struct fact_witness *seen;
	size_t n_seen, cap_seen;
	struct gather_last {
		uint64_t fact; /* from 1: the last one that the reporter saw */
		uint32_t day;
		size_t at; /* in seen */
	} * last;          /* by number of the reporter */
	size_t n_last;
	struct gather_org {
		uint32_t number;
		struct fact_reporter r;
	} * orgs;
	struct map org_index; /* number -> index into orgs */
	size_t n_orgs, cap_orgs;
	struct fact_day *days;
	size_t n_days, cap_days;
	struct map policy_index;
	struct fact_policy *policies;
	size_t n_policies, cap_policies;
};

void gather_month(struct gather *g, const struct fold *f, const uint32_t *numbers, int32_t month);
void gather_finish(struct gather *g, const struct names *names, struct arena *a);
void gather_free(struct gather *g);

#endif
