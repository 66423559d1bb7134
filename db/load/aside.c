/*
 * Quarantine: the bytes of what was rejected, or conflicts with what is stored, once each.
 */
#include <stdio.h>
#include <string.h>

#include "core/mem.h"
#include "db/load/priv.h"
#include "sql.h"

/*
 * Which bytes these are. XXH3 over pieces is enough: two different things that an attacker makes
 * collide are both his, and both were set aside.
 */
static struct digest container_digest(const struct entry *e)
{
	struct {
		struct digest bytes, identity, content;
		uint64_t size;
	} key = {.size = e->container.size};
	char piece[COPY_PIECE];
	ssize_t got;
	for (uint64_t at = 0; (got = blob_read(&e->container, at, piece, sizeof piece)) > 0;) {
		struct {
			struct digest so_far, piece;
		} both = {key.bytes, hash_fixed128(piece, (size_t)got)};
		key.bytes = hash_fixed128(&both, sizeof both);
		at += (uint64_t)got;
	}
	if (e->outcome == OUT_CONFLICT) { /* one attachment may hold several */
		key.identity = e->report.identity;
		key.content = e->report.content;
	}
	return hash_fixed128(&key, sizeof key);
}

static enum status touch(struct loader *l, const struct digest *d, bool *known, struct err *err)
{
	const char *value = (const char *)d->b;
	const int length = sizeof d->b, format = 1;
	PGresult *res = db_run_params(l->db, sql_quarantine_touch, 1, &value, &length, &format, 1);
	enum status st = ST_OK;
	if (PQresultStatus(res) == PGRES_TUPLES_OK)
		*known = PQntuples(res) > 0;
	else
		st = db_fail(l->db, res, err);
	PQclear(res);
	return st;
}

enum status load_set_aside(struct loader *l, const struct entry *e, struct err *err)
{
	if (e->container.size == 0) /* nothing was read: there is nothing to keep */
		return ST_OK;
	bool known = false, conflict = e->outcome == OUT_CONFLICT;
	struct digest digest = container_digest(e);
	enum status st = touch(l, &digest, &known, err);
	if (st != ST_OK || known)
		return st;
	bool truncated = e->container.size > LIMIT_QUARANTINE;
	struct copy c;
	copy_begin(&c, l->db, "COPY stage_quarantine FROM STDIN (FORMAT binary)");
	copy_row(&c, 10);
	copy_digest(&c, &digest);
	copy_text(&c, outcome_names[e->outcome]);
	copy_text(&c, e->reason);
	copy_text(&c, e->source);
	copy_int8(&c, (int64_t)e->container.size);
	copy_bool(&c, truncated);
	copy_blob(&c, &e->container, truncated ? LIMIT_QUARANTINE_HEAD : e->container.size);
	if (conflict) {
		copy_int8(&c, l->domains.dims[e->domain].id);
		copy_digest(&c, &e->report.identity);
		copy_digest(&c, &e->report.content);
	} else {
		for (int i = 0; i < 3; i++)
			copy_null(&c);
	}
	st = copy_end(&c, err);
	return st == ST_OK ? db_exec(l->db, sql_quarantine_merge, err) : st;
}

enum status load_conflict_known(struct loader *l, const struct entry *e, bool *known,
				struct err *err)
{
	char domain[32];
	const char *values[] = {domain, (const char *)e->report.identity.b,
				(const char *)e->report.content.b};
	const int lengths[] = {0, sizeof e->report.identity.b, sizeof e->report.content.b};
	const int formats[] = {0, 1, 1};
	snprintf(domain, sizeof domain, "%lld", (long long)l->domains.dims[e->domain].id);
	PGresult *res = db_run_params(l->db, sql_conflict_known, 3, values, lengths, formats, 1);
	enum status st = ST_OK;
	if (PQresultStatus(res) == PGRES_TUPLES_OK)
		*known = PQntuples(res) > 0;
	else
		st = db_fail(l->db, res, err);
	PQclear(res);
	return st;
}
