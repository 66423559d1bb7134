/*
 * priv.h - private to this wing: what its files share.
 *
 *	query.c          one snapshot; months of domains, each read once for all windows
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

/*
 * Days [since, until) of one month of a domain, all of them in *f, sorted, profiles by id
 * (month.c). Free it. What it points to is in the arena.
 *
 * month_read_folded: the whole month from sender_month; *fresh is false, and *f empty, when it is
 * not there, out of date or not readable.
 */
enum status month_read(struct db *db, const char *domain_id, int32_t since, int32_t until,
		       struct arena *a, struct fold *f, struct err *err) MUST_CHECK;
enum status month_read_folded(struct db *db, const char *domain_id, int32_t month, struct arena *a,
			      struct fold *f, bool *fresh, struct err *err) MUST_CHECK;

/* The profiles with these ids, in their order (profile.c); one that is not there is empty. */
enum status profiles_read(struct db *db, const char *domain_id, int32_t month, const int64_t *ids,
			  size_t n, struct arena *a, struct dmarc_profile *out,
			  struct err *err) MUST_CHECK;

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
