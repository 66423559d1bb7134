/*
 * A dry run: what would happen to each report, by reading only. Duplicates within the run are known
 * from a set that all workers of the process share.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/day.h"
#include "core/mem.h"
#include "db/load/priv.h"
#include "db/pg/array_text.h"
#include "sql.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct map seen; /* digest of domain and identity -> head of the content; its last bit: does
			 * it stand high? */

static bool first_in_run(const struct entry *e, const char *domain, bool *equal)
{
	struct {
		struct digest name, identity;
	} key = {hash_fixed128(domain, strlen(domain)), e->report.identity};
	struct digest d = hash_fixed128(&key, sizeof key);
	uint64_t content;
	bool fresh;
	memcpy(&content, e->report.content.b, sizeof content);
	content = (content & ~UINT64_C(1)) | standing_is_high(e->standing);
	pthread_mutex_lock(&lock);
	uint64_t *v = map_put(&seen, &d, &fresh);
	*equal = !fresh && ((*v ^ content) & ~UINT64_C(1)) == 0;
	bool displaces = !fresh && !*equal && (content & 1) > (*v & 1);
	if (fresh || displaces)
		*v = content;
	pthread_mutex_unlock(&lock);
	return fresh || displaces;
}

/* The reports that are new to this run, as parameters of report_known.sql. */
static size_t list_new(struct loader *l, struct entry **asked, struct buf list[3])
{
	size_t n = 0;
	for (size_t i = 0; i < l->batch.n; i++) {
		struct entry *e = &l->batch.entries[i];
		char day[DAY_STRLEN], identity[3 + 2 * sizeof e->report.identity.b] = "\\x";
		bool equal;
		if (e->kind != ENTRY_REPORT)
			continue;
		const char *domain = l->domains.dims[e->domain].name;
		if (!first_in_run(e, domain, &equal)) {
			e->outcome = equal ? OUT_DUPLICATE : OUT_CONFLICT;
			continue;
		}
		e->outcome = OUT_STORED; /* unless it is found */
		for (size_t k = 0; k < sizeof e->report.identity.b; k++)
			snprintf(identity + 2 + 2 * k, 3, "%02x", e->report.identity.b[k]);
		array_put(&list[0], domain);
		array_put(&list[1], identity);
		array_put(&list[2], day_format(e->report.day, day));
		asked[n++] = e;
	}
	return n;
}

/* A row: the number of who asked, from 1, and the content of what is there. */
static void found(const PGresult *res, int row, struct entry *const *asked, size_t n)
{
	int64_t i = db_int8(res, row, 0);
	if (i < 1 || (size_t)i > n)
		return;
	struct entry *e = asked[i - 1];
	if (PQgetlength(res, row, 1) == sizeof e->report.content.b &&
	    memcmp(PQgetvalue(res, row, 1), e->report.content.b, sizeof e->report.content.b) == 0)
		e->outcome = OUT_DUPLICATE;
	else if (e->outcome == OUT_STORED && !PQgetisnull(res, row, 2) &&
		 !standing_is_high(e->standing))
		e->outcome = OUT_CONFLICT;
	else if (e->outcome == OUT_STORED && !PQgetisnull(res, row, 2) &&
		 standing_is_high(load_standing_of(res, row, 2)))
		e->outcome = OUT_CONFLICT;
}

enum status load_dry_decide(struct loader *l, struct err *err)
{
	struct entry **asked = mem_alloc(l->batch.n * sizeof *asked);
	struct buf list[3];
	PGresult *res = NULL;
	size_t n_reports = 0;
	for (size_t i = 0; i < l->batch.n; i++)
		if (l->batch.entries[i].kind == ENTRY_REPORT)
			asked[n_reports++] = &l->batch.entries[i];
	enum status st = load_rank(l, l->db, asked, n_reports, err);
	if (st != ST_OK) {
		free(asked);
		return st;
	}
	for (size_t k = 0; k < 3; k++)
		buf_init(&list[k], 1u << 30);
	size_t n = list_new(l, asked, list);
	const char *params[] = {array_close(&list[0]), array_close(&list[1]),
				array_close(&list[2])};
	st = n > 0 ? db_query_binary(l->db, sql_report_known, 3, params, &res, err) : ST_OK;
	for (int i = 0; res && i < PQntuples(res); i++)
		found(res, i, asked, n);
	for (size_t i = 0; i < l->batch.n; i++) {
		struct entry *e = &l->batch.entries[i];
		if (e->kind == ENTRY_REPORT)
			e->reason = e->outcome == OUT_CONFLICT ? LOAD_CONFLICT_REASON : NULL;
	}
	PQclear(res);
	for (size_t k = 0; k < 3; k++)
		buf_free(&list[k]);
	free(asked);
	return st;
}
