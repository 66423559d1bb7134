/*
 * query.h - typed reads.
 */
#ifndef DB_QUERY_H
#define DB_QUERY_H

#include "core/arena.h"
#include "core/facts.h"
#include "db/db.h"

/* Names of all domains with reports in the window, sorted; *domains in the arena. */
enum status query_domains(struct db *db, struct window w, struct arena *a,
			  const char *const **domains, size_t *n, struct err *err) MUST_CHECK;

/*
 * Facts of one moment, whatever is loaded meanwhile: from query_open() to query_close() the
 *connection is in a transaction that only reads.
 *
 *	query_open(db, &q, &err);
 *	query_domain_facts(q, "example.com", windows, 2, &arena, out, &err);   for each domain
 *	query_close(q);   NULL is fine
 */
struct query;

enum status query_open(struct db *db, struct query **out, struct err *err) MUST_CHECK;
void query_close(struct query *q);

/* All facts of one domain in each of n windows (n > 0), into out[0..n). A domain never heard of has
 * zero reports. */
enum status query_domain_facts(struct query *q, const char *domain, const struct window *windows,
			       size_t n, struct arena *a, struct domain_facts *out,
			       struct err *err) MUST_CHECK;

/* The newest and oldest day with data of any domain; false in *any when there is none. */
enum status query_day_range(struct db *db, int32_t *oldest, int32_t *newest, bool *any,
			    struct err *err) MUST_CHECK;

#endif
