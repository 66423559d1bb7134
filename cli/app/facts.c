#include "cli/app/facts.h"

#include <time.h>

#include "core/day.h"
#include "core/log.h"
#include "db/read/query.h"
#include "db/read/rollup.h"

static void fold(struct app *app, const struct facts_request *r)
{
	struct err err;
	if (db_rollup(app->db, r->all ? NULL : r->domains, r->n_domains,
		      window_span(r->windows, r->n_windows), day_from_unix(time(NULL)), NULL,
		      &err) != ST_OK)
		log_debug("months are not folded: %s", err.msg);
}

static void require(const struct app *app, struct domain_facts *out, size_t n)
{
	for (size_t i = 0; i < n; i++)
		out[i].require = (enum require_auth)app->config.require;
}

enum status facts_read(struct app *app, const struct facts_request *r, struct arena *a,
		       struct domain_facts *out, struct err *err)
{
	fold(app, r);
	enum status st =
	    query_facts(app->db, r->domains, r->n_domains, r->windows, r->n_windows, a, out, err);
	if (st == ST_OK)
		require(app, out, r->n_domains * r->n_windows);
	return st;
}

enum status facts_read_again(struct app *app, size_t n_domains, size_t n_windows, struct arena *a,
			     struct domain_facts *out, struct err *err)
{
	enum status st = query_windows(app->db, n_domains, n_windows, a, out, err);
	if (st == ST_OK)
		require(app, out, n_domains * n_windows);
	return st;
}
