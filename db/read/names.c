#include <stdlib.h>
#include <string.h>

#include "core/buf.h"
#include "core/mem.h"
#include "db/pg/array_text.h"
#include "db/read/priv.h"
#include "sql.h"

static uint64_t number_of(struct names *names, const char *org)
{
	struct digest key = hash_fixed128(org, strlen(org));
	bool fresh;
	uint64_t *i = map_put(&names->orgs, &key, &fresh);
	if (!fresh && strcmp(names->list[*i], org) == 0)
		return *i;
	names->list = MEM_ROOM(names->list, names->n, names->cap);
	names->list[names->n] = arena_strdup(&names->arena, org);
	return *i = names->n++;
}

static enum status ask(struct names *names, struct db *db, const int64_t *ids, size_t n,
		       struct err *err)
{
	struct buf list;
	PGresult *res;
	buf_init(&list, 1u << 30);
	for (size_t i = 0; i < n; i++) {
		struct digest key = id_key(ids[i]);
		if (!map_get(&names->ids, &key))
			array_put_number(&list, ids[i]);
	}
	if (list.len == 0)
		return ST_OK;
	const char *param = array_close(&list);
	enum status st = db_query_binary(db, sql_reporter_names, 1, &param, &res, err);
	buf_free(&list);
	if (st != ST_OK)
		return st;
	for (int i = 0; i < PQntuples(res); i++) {
		struct digest key = id_key(db_int8(res, i, 0));
		*map_put(&names->ids, &key, NULL) = number_of(names, PQgetvalue(res, i, 1));
	}
	PQclear(res);
	return ST_OK;
}

enum status names_ask(struct names *names, struct db *db, const int64_t *ids, size_t n,
		      uint32_t *numbers, struct err *err)
{
	enum status st = ask(names, db, ids, n, err);
	for (size_t i = 0; st == ST_OK && i < n; i++) {
		struct digest key = id_key(ids[i]);
		const uint64_t *number = map_get(&names->ids, &key);
		if (!number)
			return err_set(err, ST_FATAL, "database: reporter %lld has no name",
				       (long long)ids[i]);
		numbers[i] = (uint32_t)*number;
	}
	return st;
}

void names_free(struct names *names)
{
	map_free(&names->ids);
	map_free(&names->orgs);
	free(names->list);
	arena_free(&names->arena);
}
