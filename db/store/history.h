/*
 * history.h - what was judged, as people ask for it: where each domain stands, and how it came
 * there.
 */
#ifndef DB_STORE_HISTORY_H
#define DB_STORE_HISTORY_H

#include "core/arena.h"
#include "core/judgement.h"
#include "db/pg/db.h"

/* By domain; names NULL: all that were judged. */
enum status overview_read(struct db *db, const char *const *names, size_t n_names, struct arena *a,
			  struct overview_row **out, size_t *n, struct err *err) MUST_CHECK;

/* From a day on; a domain that was never judged has no months. */
enum status history_read(struct db *db, const char *domain, int32_t since, struct arena *a,
			 struct history *out, struct err *err) MUST_CHECK;

/* The months alone, of many domains: one of each that has any, by domain. */
enum status months_read(struct db *db, const char *const *names, size_t n_names, int32_t since,
			struct arena *a, struct history **out, size_t *n,
			struct err *err) MUST_CHECK;

/* Of many domains: one of each that was judged, by domain. */
enum status histories_read(struct db *db, const char *const *names, size_t n_names, int32_t since,
			   struct arena *a, struct history **out, size_t *n,
			   struct err *err) MUST_CHECK;

/* Records that were offered to these domains: changed since then, or still offered. */
enum status remedy_list(struct db *db, const char *const *names, size_t n_names, int32_t since,
			struct arena *a, struct judged_remedy **out, size_t *n,
			struct err *err) MUST_CHECK;

#endif
