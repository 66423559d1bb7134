/*
 * A dry run: what would happen to each report, by reading only. Duplicates within the run are known
 * from a set that all workers of the process share.
 */
#include <pthread.h>
#include <string.h>

#include "core/day.h"
#include "db/load_priv.h"
#include "sql.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct map seen; /* digest of domain and identity -> first 8 bytes of content */

static bool first_in_run(const struct entry *e, const char *domain, bool *equal)
{
	struct {
		struct digest name, identity;
	} key = {hash_fixed128(domain, strlen(domain)), e->report.identity};
	struct digest d = hash_fixed128(&key, sizeof key);
	uint64_t content;
	bool fresh;
	memcpy(&content, e->report.content.b, sizeof content);
	pthread_mutex_lock(&lock);
	uint64_t *v = map_put(&seen, &d, &fresh);
	if (fresh)
		*v = content;
	*equal = *v == content;
	pthread_mutex_unlock(&lock);
	return fresh;
}

enum status load_dry_decide(struct loader *l, struct entry *e, struct err *err)
{
	const char *domain = l->domains.dims[e->domain].name;
	char day[DAY_STRLEN];
	const char *values[] = {domain, (const char *)e->report.identity.b,
				day_format(e->report.day, day)};
	const int lengths[] = {0, sizeof e->report.identity.b, 0}, formats[] = {0, 1, 0};
	bool equal;
	if (!first_in_run(e, domain, &equal)) {
		e->outcome = equal ? OUT_DUPLICATE : OUT_CONFLICT;
	} else {
		PGresult *res = PQexecParams(l->db->conn, sql_report_known, 3, NULL, values,
					     lengths, formats, 1);
		if (PQresultStatus(res) != PGRES_TUPLES_OK) {
			enum status st = db_fail(l->db, res, err);
			PQclear(res);
			return st;
		}
		e->outcome = OUT_STORED;
		for (int i = 0; i < PQntuples(res); i++)
			if (memcmp(PQgetvalue(res, i, 0), e->report.content.b,
				   sizeof e->report.content.b) == 0)
				e->outcome = OUT_DUPLICATE;
			else if (e->outcome == OUT_STORED)
				e->outcome = OUT_CONFLICT;
		PQclear(res);
	}
	e->reason = e->outcome == OUT_CONFLICT ? LOAD_CONFLICT_REASON : NULL;
	return ST_OK;
}
