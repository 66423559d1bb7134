#include "db/store/document.h"

#include <stdlib.h>
#include <string.h>

#include "core/day.h"
#include "core/dmarc.h"
#include "core/limits.h"
#include "db/pg/copy.h"
#include "db/pg/pg.h"
#include "sql.h"

static void put_escaped(FILE *out, const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		switch (s[i]) {
		case '&':
			fputs("&amp;", out);
			break;
		case '<':
			fputs("&lt;", out);
			break;
		case '>':
			fputs("&gt;", out);
			break;
		case '\r':
			fputs("&#13;", out);
			break;
		default:
			putc(s[i], out);
		}
	}
}

static void put_element(FILE *out, const char *name, const char *s, size_t n)
{
	fprintf(out, "<%s>", name);
	put_escaped(out, s, n);
	fprintf(out, "</%s>", name);
}

/* A column as an element; null is none. */
static void put_column(FILE *out, const char *name, const PGresult *res, int col)
{
	if (!PQgetisnull(res, 0, col))
		put_element(out, name, PQgetvalue(res, 0, col), (size_t)PQgetlength(res, 0, col));
}

static void put_columns(FILE *out, const PGresult *res, int first, const char *const *names, int n)
{
	for (int i = 0; i < n; i++)
		put_column(out, names[i], res, first + i);
}

/* Lists in step (copy_list()), each set of elements in one of this name; the first list tells how
 * many there are, one that is null has nothing but nulls. */
static void put_lists(FILE *out, const char *name, const PGresult *res, int first,
		      const char *const *names, int n)
{
	const char *at[4];
	for (int k = 0; k < n; k++)
		at[k] = PQgetisnull(res, 0, first + k) ? NULL : PQgetvalue(res, 0, first + k);
	while (at[0]) {
		fprintf(out, "<%s>", name);
		for (int k = 0; k < n; k++) {
			if (!at[k])
				continue;
			size_t len = strcspn(at[k], LIST_NEXT);
			bool null = len == 1 && at[k][0] == LIST_NULL[0];
			if (!null)
				put_element(out, names[k], at[k], len);
			at[k] = at[k][len] ? at[k] + len + 1 : NULL;
		}
		fprintf(out, "</%s>", name);
	}
}

static void put_errors(FILE *out, const PGresult *res, int col)
{
	const char *at = PQgetisnull(res, 0, col) ? NULL : PQgetvalue(res, 0, col);
	while (at) {
		size_t len = strcspn(at, LIST_NEXT);
		put_element(out, "error", at, len);
		at = at[len] ? at + len + 1 : NULL;
	}
}

/* What tells the formats apart, where nothing that was said does. */
static bool wants_namespace(const PGresult *res)
{
	return strcmp(PQgetvalue(res, 0, 19), "rfc9990") == 0 && PQgetisnull(res, 0, 7) &&
	       PQgetisnull(res, 0, 16) && PQgetisnull(res, 0, 17);
}

static void put_head(FILE *out, const PGresult *res)
{
	static const char *const metadata[] = {"org_name", "email", "report_id"};
	static const char *const policy[] = {
	    "adkim", "aspf", "p", "sp", "np", "pct", "fo", "testing", "discovery_method"};
	fprintf(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<feedback%s>",
		wants_namespace(res) ? " xmlns=\"urn:ietf:params:xml:ns:dmarc-2.0\"" : "");
	put_column(out, "version", res, 8);
	fputs("<report_metadata>", out);
	put_columns(out, res, 1, metadata, 3);
	put_column(out, "extra_contact_info", res, 6);
	fputs("<date_range>", out);
	put_column(out, "begin", res, 4);
	put_column(out, "end", res, 5);
	fputs("</date_range>", out);
	put_errors(out, res, 18);
	put_column(out, "generator", res, 7);
	fputs("</report_metadata><policy_published>", out);
	put_column(out, "domain", res, 0);
	put_columns(out, res, 9, policy, 9);
	fputs("</policy_published>\n", out);
}

static void put_source(FILE *out, const PGresult *res, unsigned flags)
{
	if (PQgetisnull(res, 0, 0)) {
		put_column(out, "source_ip", res, 1);
		return;
	}
	/* as it was spelt, so that the content stays the same */
	fprintf(out, "<source_ip>%s%s%s%s</source_ip>", flags & DMARC_IP_TRIMMED ? "[" : "",
		flags & DMARC_IP_MAPPED ? "::ffff:" : "", PQgetvalue(res, 0, 0),
		flags & DMARC_IP_TRIMMED ? "]" : "");
}

static void put_record(void *ctx, const PGresult *res)
{
	static const char *const evaluated[] = {"disposition", "dkim", "spf"};
	static const char *const reason[] = {"type", "comment"};
	static const char *const names[] = {"header_from", "envelope_from", "envelope_to"};
	static const char *const dkim[] = {"domain", "selector", "result", "human_result"};
	static const char *const spf[] = {"domain", "scope", "result", "human_result"};
	FILE *out = ctx;
	unsigned flags = (unsigned)strtoul(PQgetvalue(res, 0, 3), NULL, 10);
	fputs("<record><row>", out);
	put_source(out, res, flags);
	if (flags & DMARC_BAD_COUNT)
		fputs("<count>?</count>", out);
	else
		put_column(out, "count", res, 2);
	if (flags & DMARC_ADDED)
		fputs("<count>0</count>", out);
	fputs("<policy_evaluated>", out);
	put_columns(out, res, 4, evaluated, 3);
	put_lists(out, "reason", res, 7, reason, 2);
	fputs("</policy_evaluated></row><identifiers>", out);
	put_columns(out, res, 9, names, 3);
	fputs("</identifiers><auth_results>", out);
	put_lists(out, "dkim", res, 12, dkim, 4);
	put_lists(out, "spf", res, 16, spf, 4);
	fputs("</auth_results></record>\n", out);
}

enum status document_write(struct db *db, int64_t domain_id, int32_t day, int64_t report_id,
			   FILE *out, struct err *err)
{
	char id[32], date[DAY_STRLEN], row[32];
	const char *params[] = {id, day_format(day, date), row};
	PGresult *res;
	snprintf(id, sizeof id, "%lld", (long long)domain_id);
	snprintf(row, sizeof row, "%lld", (long long)report_id);
	enum status st = db_query(db, sql_document_head, 3, params, &res, err);
	if (st != ST_OK)
		return st;
	bool there = PQntuples(res) == 1;
	if (there)
		put_head(out, res);
	PQclear(res);
	if (!there)
		return err_set(err, ST_RETRY, "database: a report vanished while it was read");
	st = db_each(db, sql_document_records, 3, params, put_record, out, err);
	if (st != ST_OK)
		return st;
	fputs("</feedback>\n", out);
	return fflush(out) == 0 && !ferror(out)
		   ? ST_OK
		   : err_set(err, ST_RETRY, "a stored report cannot be written out");
}
