/*
 * query_priv.h - private to db/: reading binary results.
 */
#ifndef DB_QUERY_PRIV_H
#define DB_QUERY_PRIV_H

#include "core/facts.h"
#include "db/db_pg.h"

const char *result_text(const PGresult *res, int row, int col, struct arena *a); /* NULL is NULL */
struct ip result_inet(const PGresult *res, int row, int col); /* 0.0.0.0/0 is family 0 */

/* text[]: elements in the arena, NULL ones NULL. A NULL array has none. */
const char **result_text_array(const PGresult *res, int row, int col, struct arena *a, unsigned *n);

/* bigint[] without NULLs. */
int64_t *result_int8_array(const PGresult *res, int row, int col, struct arena *a, unsigned *n);

/* The profiles with these ids (distinct), in that order. */
enum status query_profiles(struct db *db, const char *domain_id, const int64_t *ids, size_t n,
			   struct arena *a, const struct dmarc_profile **out,
			   struct err *err) MUST_CHECK;

/* The labels that count for a window that begins on this day (label.c). */
enum status query_labels(struct db *db, const char *domain_id, const char *since, struct arena *a,
			 struct domain_facts *out, struct err *err) MUST_CHECK;

#endif
