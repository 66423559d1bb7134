/*
 * query.h - typed reads.
 *
 * The wing read/: what was reported, out of the database. In: domains and windows. Out: struct
 * domain_facts (core/facts.h). It may include store/ (labels) and pg/.
 */
#ifndef DB_READ_QUERY_H
#define DB_READ_QUERY_H

#include "core/arena.h"
#include "core/facts.h"
#include "db/pg/db.h"

/* Names of all domains with reports in the window, sorted; *domains in the arena. */
enum status query_domains(struct db *db, struct window w, struct arena *a,
			  const char *const **domains, size_t *n, struct err *err) MUST_CHECK;

/* Domains that ever had a report of a day before this one, sorted; name: this one alone, or NULL.
 */
struct known_domain {
	const char *name;
	int32_t newest; /* the last such day */
};
enum status query_known_domains(struct db *db, int32_t before, const char *name, struct arena *a,
				struct known_domain **domains, size_t *n,
				struct err *err) MUST_CHECK;

/*
 * All facts of each domain in each of n windows (n > 0), of one moment, whatever is loaded
 * meanwhile: into out[domain * n + window]. A domain never heard of has zero reports.
 */
enum status query_facts(struct db *db, const char *const *domains, size_t n_domains,
			const struct window *windows, size_t n, struct arena *a,
			struct domain_facts *out, struct err *err) MUST_CHECK;

/* The same, where each domain has windows of its own: out says domains and windows, and nothing
 * else yet. Statements: some for each hundred domains, however many months and windows. */
enum status query_windows(struct db *db, size_t n_domains, size_t n, struct arena *a,
			  struct domain_facts *out, struct err *err) MUST_CHECK;

/* The newest and oldest day with data of any domain; false in *any when there is none. */
enum status query_day_range(struct db *db, int32_t *oldest, int32_t *newest, bool *any,
			    struct err *err) MUST_CHECK;

#endif
