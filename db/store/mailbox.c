#include "db/store/mailbox.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/hash.h"
#include "core/limits.h"
#include "db/pg/pg.h"
#include "sql.h"

enum status mailbox_load(struct db *db, const char *name, uint32_t uidvalidity,
			 struct uid_set *done, struct err *err)
{
	char validity[16];
	const char *params[] = {name, validity};
	PGresult *res;
	snprintf(validity, sizeof validity, "%" PRIu32, uidvalidity);
	enum status st = db_query_binary(db, sql_mailbox_load, 2, params, &res, err);
	if (st != ST_OK)
		return st;
	for (int i = 0; i < PQntuples(res); i++) {
		int64_t lo = db_int8(res, i, 0), hi = db_int8(res, i, 1);
		if (lo >= 1 && hi >= lo && hi <= UINT32_MAX)
			uid_set_add(done, (uint32_t)lo, (uint32_t)hi);
	}
	PQclear(res);
	return ST_OK;
}

enum status mailbox_save(struct db *db, const char *name, uint32_t uidvalidity,
			 const struct uid_set *done, struct err *err)
{
	char validity[16];
	struct buf ranges;
	buf_init(&ranges, 256 * MIB); /* 24 bytes a range */
	snprintf(validity, sizeof validity, "%" PRIu32, uidvalidity);
	buf_putc(&ranges, '{');
	for (size_t i = 0; i < done->n; i++)
		buf_printf(&ranges, "%s[%" PRIu32 ",%" PRIu32 "]", i ? "," : "", done->r[i].lo,
			   done->r[i].hi);
	buf_putc(&ranges, '}');
	const char *params[] = {name, validity, ranges.data};
	PGresult *res;
	enum status st = db_query(db, sql_mailbox_save, 3, params, &res, err);
	buf_free(&ranges);
	if (st == ST_OK)
		PQclear(res);
	return st;
}

/* A number of its own for each name, the same on every machine. */
static int64_t number_of(const char *name)
{
	struct digest d = hash_fixed128(name, strlen(name));
	int64_t n;
	memcpy(&n, d.b, sizeof n);
	return n;
}

enum status mailbox_enter(struct db *db, const char *name, struct err *err)
{
	char number[32];
	const char *param = number;
	PGresult *res;
	snprintf(number, sizeof number, "%" PRId64, number_of(name));
	enum status st = db_begin(db, err);
	if (st == ST_OK)
		st = db_query(db, sql_mailbox_enter, 1, &param, &res, err);
	if (st == ST_OK)
		PQclear(res);
	else
		db_rollback(db);
	return st;
}

enum status mailbox_leave(struct db *db, struct err *err)
{
	return db_commit(db, err);
}
