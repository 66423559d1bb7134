#include "cli/app/facts.h"

#include <time.h>

#include "core/day.h"
#include "core/log.h"
#include "db/read/query.h"
#include "db/read/rollup.h"

static void fold(struct app *app, const struct facts_request *r)
{
	int32_t today = day_from_unix(time(NULL));
	for (size_t i = 0; i < (r->all ? 1 : r->n_domains); i++) {
		const char *domain = r->all ? NULL : r->domains[i];
		struct err err;
		if (db_rollup(app->db, domain, window_span(r->windows, r->n_windows), today, NULL,
			      &err) != ST_OK)
			log_debug("%s: %s", domain ? domain : "all domains", err.msg);
	}
}

enum status facts_read(struct app *app, const struct facts_request *r, struct arena *a,
		       struct domain_facts *out, struct err *err)
{
	fold(app, r);
	enum status st =
	    query_facts(app->db, r->domains, r->n_domains, r->windows, r->n_windows, a, out, err);
	for (size_t i = 0; st == ST_OK && i < r->n_domains * r->n_windows; i++)
		out[i].require = (enum require_auth)app->config.require;
	return st;
}
