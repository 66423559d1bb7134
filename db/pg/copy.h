/*
 * copy.h - private to db/: rows for COPY ... FROM STDIN (FORMAT binary).
 *
 * Fields are appended without checks in between; the first failure sticks and copy_end() tells it.
 * Never more than COPY_PIECE bytes wait in memory.
 *
 *	copy_begin(&c, db, "COPY t (a, b) FROM STDIN (FORMAT binary)");
 *	copy_row(&c, 2);
 *	copy_int8(&c, 7);
 *	copy_text(&c, NULL);
 *	st = copy_end(&c, err);
 */
#ifndef DB_PG_COPY_H
#define DB_PG_COPY_H

#include "core/blob.h"
#include "core/buf.h"
#include "core/hash.h"
#include "core/ip.h"
#include "db/pg/pg.h"

#define COPY_PIECE (64 * 1024)

struct copy {
	struct db *db;
	struct buf b;
	enum status failed;
	struct err err;
};

void copy_begin(struct copy *c, struct db *db, const char *sql);
void copy_row(struct copy *c, int n_fields);
void copy_null(struct copy *c);
void copy_int8(struct copy *c, int64_t v);
void copy_int4(struct copy *c, int32_t v);
void copy_bool(struct copy *c, bool v);
void copy_text(struct copy *c, const char *s); /* NULL is NULL */
void copy_bytes(struct copy *c, const void *p, size_t n);
void copy_digest(struct copy *c, const struct digest *d);
void copy_date(struct copy *c, int32_t day);
void copy_timestamp(struct copy *c, int64_t unix_seconds);
void copy_inet(struct copy *c, const struct ip *ip); /* family 0 is NULL */
/* A list as one text, as profiles have them: n = 0 is NULL, an empty element is a null one. */
#define LIST_NEXT "\x1f" /* unit separator: between elements */
#define LIST_NULL "\x1e" /* record separator: a null element; XML has neither */
void copy_list(struct copy *c, const char *const *s, size_t n);
void copy_text_array(struct copy *c, const char *const *s, size_t n); /* n = 0 is NULL */
/* Arrays of columns that stand in step, value(ctx, i) of n; an address of family 0 is a null. */
void copy_int8_array(struct copy *c, int64_t (*value)(const void *ctx, size_t i), const void *ctx,
		     size_t n);
void copy_inet_array(struct copy *c, const struct ip *(*value)(const void *ctx, size_t i),
		     const void *ctx, size_t n);
void copy_blob(struct copy *c, const struct blob *b, uint64_t n); /* its first n bytes */
enum status copy_end(struct copy *c, struct err *err) MUST_CHECK;

#endif
