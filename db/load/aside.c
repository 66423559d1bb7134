/*
 * Quarantine: the bytes of what was rejected, or conflicts with what is stored, once each.
 */
#include <stdio.h>
#include <string.h>

#include "db/load/priv.h"
#include "db/store/quarantine.h"
#include "sql.h"

/* The ceiling is looked at after so many things, or this share of its bytes; and at the end. */
#define ASIDE_THINGS 1000
#define ASIDE_SHARE  16

struct aside_key {
	struct digest bytes, identity, content;
	uint64_t size;
};

/*
 * Which bytes these are. XXH3 over pieces is enough: two different things that an attacker makes
 * collide are both his, and both were set aside.
 */
static struct aside_key bytes_key(const struct blob *bytes)
{
	struct aside_key key = {.size = bytes->size};
	char piece[COPY_PIECE];
	ssize_t got;
	for (uint64_t at = 0; (got = blob_read(bytes, at, piece, sizeof piece)) > 0;) {
		struct {
			struct digest so_far, piece;
		} both = {key.bytes, hash_fixed128(piece, (size_t)got)};
		key.bytes = hash_fixed128(&both, sizeof both);
		at += (uint64_t)got;
	}
	return key;
}

/* Are its bytes there, or even itself? Nobody drops bytes until this transaction ends. */
static enum status touch(struct loader *l, const struct digest *thing, const struct digest *bytes,
			 bool *known, bool *kept, struct err *err)
{
	const char *values[] = {(const char *)thing->b, (const char *)bytes->b};
	const int lengths[] = {sizeof thing->b, sizeof bytes->b}, formats[] = {1, 1};
	enum status st = db_exec(l->db, "SELECT pg_advisory_xact_lock_shared(" LOCK_ASIDE ")", err);
	if (st != ST_OK)
		return st;
	PGresult *res = db_run_params(l->db, sql_quarantine_touch, 2, values, lengths, formats, 1);
	if (PQresultStatus(res) == PGRES_TUPLES_OK) {
		*known = !PQgetisnull(res, 0, 0);
		*kept = db_bool(res, 0, 1);
	} else {
		st = db_fail(l->db, res, err);
	}
	PQclear(res);
	return st;
}

/* Which report it is, and what is known of its mail, as far as there are such. */
static void put_report(struct copy *c, const struct aside *a)
{
	if (a->is_report) {
		copy_int8(c, a->domain_id);
		copy_digest(c, &a->identity);
		copy_digest(c, &a->content);
	}
	for (int i = a->is_report ? 3 : 0; i < 3; i++)
		copy_null(c);
	if (!a->auth) {
		for (int i = 0; i < 4; i++)
			copy_null(c);
		return;
	}
	copy_text(c, a->auth);
	copy_text(c, a->auth_by);
	copy_text(c, a->auth_domain);
	copy_int4(c, (int32_t)a->standing);
}

/* One row of the stage; bytes that are kept already are not sent again. */
static void put_thing(struct copy *c, struct loader *l, const struct aside *a,
		      const struct digest *thing, const struct digest *bytes, bool kept)
{
	bool truncated = a->bytes.size > LIMIT_QUARANTINE;
	uint64_t size = truncated ? LIMIT_QUARANTINE_HEAD : a->bytes.size;
	copy_row(c, 15);
	copy_digest(c, thing);
	copy_text(c, outcome_names[a->outcome]);
	copy_text(c, a->reason);
	copy_text(c, a->source);
	copy_int8(c, (int64_t)a->bytes.size);
	copy_bool(c, truncated);
	copy_digest(c, bytes);
	if (kept)
		copy_null(c);
	else
		copy_blob(c, &a->bytes, size);
	put_report(c, a);
	l->aside.things++;
	l->aside.bytes += kept ? 0 : size;
}

enum status load_put_aside(struct loader *l, const struct aside *a, struct err *err)
{
	bool known = false, kept = false;
	struct aside_key key = bytes_key(&a->bytes);
	struct digest bytes = hash_fixed128(&key, sizeof key);
	if (a->is_report) { /* one attachment may hold several */
		key.identity = a->identity;
		key.content = a->content;
	}
	struct digest thing = hash_fixed128(&key, sizeof key);
	enum status st = touch(l, &thing, &bytes, &known, &kept, err);
	if (st != ST_OK || known)
		return st;
	struct copy c;
	copy_begin(&c, l->db, "COPY stage_quarantine FROM STDIN (FORMAT binary)");
	put_thing(&c, l, a, &thing, &bytes, kept);
	st = copy_end(&c, err);
	return st == ST_OK ? db_exec(l->db, sql_quarantine_merge, err) : st;
}

enum status load_set_aside(struct loader *l, const struct entry *e, struct err *err)
{
	if (e->container.size == 0) /* nothing was read: there is nothing to keep */
		return ST_OK;
	struct aside a = {
	    .outcome = e->outcome, .reason = e->reason, .source = e->source, .bytes = e->container};
	if (e->outcome == OUT_CONFLICT) {
		a.is_report = true;
		a.domain_id = l->domains.dims[e->domain].id;
		a.identity = e->report.identity;
		a.content = e->report.content;
		a.auth = auth_names[e->auth.result];
		a.auth_by = auth_by_names[e->auth.by];
		a.auth_domain = e->auth.domain;
		a.standing = e->standing;
	} else if (e->auth.mail) {
		a.auth = auth_names[AUTH_UNKNOWN];
		a.standing = STANDING_OPEN;
	}
	return load_put_aside(l, &a, err);
}

enum status load_aside_trim(struct loader *l, bool now, struct err *err)
{
	uint64_t dropped = 0;
	struct load_aside *a = &l->aside;
	if (l->dry || a->things == 0 ||
	    (!now && a->things < ASIDE_THINGS && a->bytes < a->max / ASIDE_SHARE))
		return ST_OK;
	enum status st = quarantine_trim(l->db, a->max, LIMIT_QUARANTINE_THINGS, &dropped, err);
	a->things = a->bytes = 0;
	if (st == ST_OK && dropped > 0 && a->told)
		a->told(dropped, a->max);
	return st;
}

void load_quarantine(struct loader *l, uint64_t max, void (*told)(uint64_t dropped, uint64_t max))
{
	l->aside.max = max;
	l->aside.told = told;
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
