/*
 * result.h - private to db/: values of binary results, beside those of pg.h. What points somewhere
 * points into the arena that is given.
 */
#ifndef DB_PG_RESULT_H
#define DB_PG_RESULT_H

#include "core/dmarc.h"
#include "core/ip.h"
#include "db/pg/pg.h"

const char *result_text(const PGresult *res, int row, int col, struct arena *a); /* NULL is NULL */
struct ip result_inet(const PGresult *res, int row, int col); /* NULL is family 0 */
/* A word of a vocabulary as it was stored. */
struct dmarc_word result_word(const PGresult *res, int row, int col, enum dmarc_vocabulary v,
			      struct arena *a);

/* An array on the wire, element by element: array_open(), then n times array_...(). */
struct array {
	const char *next;
	unsigned n;
};

struct array array_open(const PGresult *res, int row, int col); /* NULL has no elements */
int64_t array_int8(struct array *at);
struct ip array_inet(struct array *at); /* NULL is family 0 */

/* A list that is stored as one text (copy_list()). NULL has no elements. */
const char **result_list(const PGresult *res, int row, int col, struct arena *a, unsigned *n);

/* A stored word by its vocabulary; NULL is the absent one. It borrows raw. */
struct dmarc_word stored_word(enum dmarc_vocabulary v, const char *raw);

#endif
