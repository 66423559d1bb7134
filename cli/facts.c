#include "cli/facts.h"

#include <time.h>

#include "core/day.h"
#include "core/log.h"
#include "db/query.h"
#include "db/rollup.h"

static struct window span(const struct facts_request *r)
{
	struct window w = r->windows[0];
	for (size_t i = 1; i < r->n_windows; i++) {
		w.since = r->windows[i].since < w.since ? r->windows[i].since : w.since;
		w.until = r->windows[i].until > w.until ? r->windows[i].until : w.until;
	}
	return w;
}

static void fold(struct app *app, const struct facts_request *r)
{
	int32_t today = day_from_unix(time(NULL));
	for (size_t i = 0; i < (r->all ? 1 : r->n_domains); i++) {
		const char *domain = r->all ? NULL : r->domains[i];
		struct err err;
		if (db_rollup(app->db, domain, span(r), today, NULL, &err) != ST_OK)
			log_debug("%s: %s", domain ? domain : "all domains", err.msg);
	}
}

enum status facts_read(struct app *app, const struct facts_request *r, struct arena *a,
		       struct domain_facts *out, struct err *err)
{
	fold(app, r);
	return query_facts(app->db, r->domains, r->n_domains, r->windows, r->n_windows, a, out,
			   err);
}
