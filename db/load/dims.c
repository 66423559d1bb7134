#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "core/text.h"
#include "db/load/priv.h"
#include "db/pg/array_text.h"
#include "sql.h"

#define ASK_MOST 256 /* names whose ids are asked for at once */

/* Append s as text the database takes, short enough for an index. */
static void put_clean(struct buf *b, const char *s)
{
	size_t start = b->len;
	utf8_repair(b, s, strnlen(s, LIMIT_TEXT));
	if (b->len - start > LIMIT_TEXT)
		b->len = start + utf8_valid_prefix(b->data + start, LIMIT_TEXT);
	buf_putc(b, '\0');
}

static uint32_t dim_index(struct dim_cache *c, const char *raw_name, const char *raw_email)
{
	struct buf *key = &c->key;
	bool fresh;
	buf_reset(key);
	key->max = 16 * KIB;
	put_clean(key, raw_name);
	size_t n = key->len;
	if (raw_email)
		put_clean(key, raw_email);
	const char *name = key->data, *email = raw_email ? key->data + n : NULL;
	struct digest d = hash_fixed128(key->data, key->len);
	uint64_t *i = map_put(&c->index, &d, &fresh);
	if (fresh) {
		c->dims = MEM_ROOM(c->dims, c->n, c->cap);
		c->dims[c->n] = (struct dim){.name = arena_strdup(&c->names, name),
					     .email = arena_strdup(&c->names, email)};
		*i = c->n++;
	}
	return (uint32_t)*i;
}

uint32_t load_domain(struct loader *l, const char *name)
{
	return dim_index(&l->domains, name, NULL);
}

uint32_t load_reporter(struct loader *l, const char *org_name, const char *email)
{
	return dim_index(&l->reporters, org_name, email ? email : "");
}

/* Run query for those of d[0..n) that have no id; *left of them have none after it. */
static enum status ask(struct db *db, struct dim *d, size_t n, const char *query, size_t *left,
		       struct err *err)
{
	struct buf name, email;
	PGresult *res = NULL;
	int row = 0;
	buf_init(&name, 16 * MIB); /* ASK_MOST texts, short enough for an index */
	buf_init(&email, 16 * MIB);
	for (size_t i = 0; i < n; i++) {
		if (d[i].id == 0)
			array_put(&name, d[i].name);
		if (d[i].id == 0 && d[i].email)
			array_put(&email, d[i].email);
	}
	const char *params[] = {array_close(&name), array_close(&email)};
	enum status st = db_query_binary(db, query, d->email ? 2 : 1, params, &res, err);
	*left = 0;
	for (size_t i = 0; st == ST_OK && i < n; i++) {
		if (d[i].id != 0)
			continue;
		if (row < PQntuples(res) && !PQgetisnull(res, row, 0))
			d[i].id = db_int8(res, row, 0);
		row++;
		*left += d[i].id == 0;
	}
	PQclear(res);
	buf_free(&name);
	buf_free(&email);
	return st;
}

/* Ask for ids; enter what has none, unless another process is faster, and ask again. */
static enum status resolve_dims(struct db *db, struct dim_cache *c, const char *ids,
				const char *enter, struct err *err)
{
	enum status st = ST_OK;
	while (st == ST_OK && c->resolved < c->n) {
		struct dim *d = c->dims + c->resolved;
		size_t n = c->n - c->resolved < ASK_MOST ? c->n - c->resolved : ASK_MOST;
		size_t left;
		st = ask(db, d, n, ids, &left, err);
		if (st == ST_OK && left > 0) {
			st = ask(db, d, n, enter, &left, err);
			if (st == ST_OK)
				st = ask(db, d, n, ids, &left, err);
		}
		if (st == ST_OK && left > 0)
			st = err_set(err, ST_FATAL, "database: %zu names get no id", left);
		if (st == ST_OK)
			c->resolved += n;
	}
	return st;
}

enum status load_resolve(struct loader *l, struct db *db, struct err *err)
{
	enum status st = resolve_dims(db, &l->domains, sql_domain_ids, sql_domain_enter, err);
	if (st == ST_OK)
		st = resolve_dims(db, &l->reporters, sql_reporter_ids, sql_reporter_enter, err);
	if (st == ST_OK)
		st = load_profiles_store(l, db, err);
	return st;
}

static void dim_clear(struct dim_cache *c)
{
	map_clear(&c->index);
	arena_reset(&c->names);
	c->n = c->resolved = 0;
}

void load_dims_trim(struct loader *l)
{
	if (l->domains.n > CACHE_MAX || l->profiles.n > CACHE_MAX) {
		dim_clear(&l->domains); /* profiles are remembered by the index of their domain */
		load_profiles_forget(l);
	}
	if (l->reporters.n > CACHE_MAX)
		dim_clear(&l->reporters);
}

static void dim_free(struct dim_cache *c)
{
	map_free(&c->index);
	buf_free(&c->key);
	free(c->dims);
	arena_free(&c->names);
}

void load_dims_free(struct loader *l)
{
	dim_free(&l->domains);
	dim_free(&l->reporters);
}
