/*
 * A stored report gives way to a proved one with the same identity, or to one that a person
 * accepted. All in the transaction that stores the other: a run that dies leaves the one or the
 * other, never both, never none.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/day.h"
#include "core/mem.h"
#include "db/load/priv.h"
#include "db/store/document.h"
#include "sql.h"

/* As the text of a bytea. */
#define DIGEST_TEXT (3 + 2 * sizeof(struct digest))

static const char *digest_text(const struct digest *d, char out[DIGEST_TEXT])
{
	snprintf(out, DIGEST_TEXT, "\\x");
	for (size_t i = 0; i < sizeof d->b; i++)
		snprintf(out + 2 + 2 * i, 3, "%02x", d->b[i]);
	return out;
}

static const char *number_text(int64_t v, char out[32])
{
	snprintf(out, 32, "%lld", (long long)v);
	return out;
}

static char *keep_text(const PGresult *res, int col)
{
	return PQgetisnull(res, 0, col) ? NULL : mem_strdup(PQgetvalue(res, 0, col));
}

void load_displaced_free(struct displaced *d)
{
	if (d->xml)
		fclose(d->xml);
	free((char *)d->source);
	free((char *)d->auth);
	free((char *)d->auth_by);
	free((char *)d->auth_domain);
	*d = (struct displaced){0};
}

/* Its values as a document in a temporary file, which goes with its handle. */
static enum status write_document(struct loader *l, const struct entry *e, int64_t report_id,
				  struct displaced *d, struct err *err)
{
	struct stat s;
	d->xml = tmpfile();
	if (!d->xml)
		return err_set(err, ST_RETRY, "temporary file: %s", strerror(errno));
	enum status st = document_write(l->db, d->domain_id, e->report.day, report_id, d->xml, err);
	if (st == ST_OK && fstat(fileno(d->xml), &s) != 0)
		st = err_set(err, ST_RETRY, "temporary file: %s", strerror(errno));
	if (st == ST_OK)
		d->blob = (struct blob){.size = (uint64_t)s.st_size, .fd = fileno(d->xml)};
	return st;
}

/* Its rows; and its place in the ledger, which was its row, is a row of its own. */
static enum status delete_rows(struct loader *l, const struct entry *e, int64_t report_id,
			       int64_t domain_id, struct err *err)
{
	char domain[32], day[DAY_STRLEN], row[32];
	const char *params[] = {number_text(domain_id, domain), day_format(e->report.day, day),
				number_text(report_id, row), outcome_names[OUT_CONFLICT],
				e->standing == STANDING_ACCEPTED ? LOAD_REPLACED : LOAD_DISPLACED};
	const char *mark[] = {domain, row};
	enum status st = db_do(l->db, sql_report_tell, 5, params, NULL, err);
	if (st == ST_OK)
		st = db_do(l->db, sql_record_delete, 3, params, NULL, err);
	if (st == ST_OK)
		st = db_do(l->db, sql_mark_delete, 2, mark, NULL, err);
	return st == ST_OK ? db_do(l->db, sql_report_delete, 3, params, NULL, err) : st;
}

static enum status lock(struct loader *l, const struct entry *e, PGresult **res, struct err *err)
{
	char domain[32], day[DAY_STRLEN], identity[DIGEST_TEXT];
	const char *params[] = {number_text(l->domains.dims[e->domain].id, domain),
				digest_text(&e->report.identity, identity),
				day_format(e->report.day, day)};
	return db_query_binary(l->db, sql_report_lock, 3, params, res, err);
}

enum status load_displace(struct loader *l, const struct entry *e, struct displaced *d, bool *gone,
			  struct err *err)
{
	PGresult *res;
	*d = (struct displaced){0};
	*gone = false;
	enum status st = lock(l, e, &res, err);
	if (st != ST_OK)
		return st;
	if (PQntuples(res) != 1 || !load_outranks(l, e, load_standing_of(res, 0, 1)) ||
	    PQgetlength(res, 0, 2) != (int)sizeof d->content.b) {
		PQclear(res);
		return ST_OK;
	}
	int64_t report_id = db_int8(res, 0, 0);
	*gone = true;
	d->domain_id = l->domains.dims[e->domain].id;
	d->identity = e->report.identity;
	d->standing = load_standing_of(res, 0, 1);
	memcpy(d->content.b, PQgetvalue(res, 0, 2), sizeof d->content.b);
	d->auth = keep_text(res, 5);
	d->auth_by = keep_text(res, 6);
	d->auth_domain = keep_text(res, 7);
	d->source = keep_text(res, 8);
	st = write_document(l, e, report_id, d, err);
	if (st == ST_OK)
		st = delete_rows(l, e, report_id, d->domain_id, err);
	if (st == ST_OK)
		load_month_less(l, e, (uint64_t)db_int8(res, 0, 3), (uint64_t)db_int8(res, 0, 4));
	PQclear(res);
	if (st != ST_OK)
		load_displaced_free(d);
	return st;
}

enum status load_displaced_aside(struct loader *l, const struct entry *e, struct displaced *d,
				 struct err *err)
{
	char domain[32], identity[DIGEST_TEXT], content[DIGEST_TEXT];
	const char *params[] = {number_text(d->domain_id, domain),
				digest_text(&e->report.identity, identity),
				digest_text(&e->report.content, content)};
	const struct aside aside = {
	    .outcome = OUT_CONFLICT,
	    .reason = e->standing == STANDING_ACCEPTED ? LOAD_REPLACED : LOAD_DISPLACED,
	    .source = d->source,
	    .bytes = d->blob,
	    .is_report = true,
	    .domain_id = d->domain_id,
	    .identity = d->identity,
	    .content = d->content,
	    .auth = d->auth,
	    .auth_by = d->auth_by,
	    .auth_domain = d->auth_domain,
	    .standing = d->standing,
	};
	enum status st = load_put_aside(l, &aside, err);
	return st == ST_OK ? db_do(l->db, sql_conflict_settled, 3, params, NULL, err) : st;
}

bool load_raises(const struct entry *e, enum standing stored, const char *auth)
{
	if (standing_is_high(stored))
		return false;
	if (standing_is_high(e->standing))
		return true;
	return stored == STANDING_OPEN && e->auth.mail &&
	       strcmp(auth, auth_names[AUTH_ALIGNED]) != 0 &&
	       (e->auth.result == AUTH_ALIGNED ||
		(strcmp(auth, auth_names[AUTH_UNKNOWN]) == 0 && e->auth.result != AUTH_UNKNOWN));
}

enum status load_raise(struct loader *l, const struct entry *e, struct err *err)
{
	char domain[32], day[DAY_STRLEN], identity[DIGEST_TEXT], standing[32];
	const char *params[] = {number_text(l->domains.dims[e->domain].id, domain),
				digest_text(&e->report.identity, identity),
				day_format(e->report.day, day),
				auth_names[e->auth.result],
				auth_by_names[e->auth.by],
				e->auth.domain,
				number_text(e->standing, standing)};
	enum status st = db_do(l->db, sql_report_raise, 7, params, NULL, err);
	if (st == ST_OK)
		load_month_touch(l, e); /* its fold says otherwise */
	return st;
}
