/* Pages of the reports of a month. */
#include <stdlib.h>
#include <string.h>

#include "cli/site/build.h"
#include "core/day.h"
#include "core/log.h"
#include "core/mem.h"
#include "db/store/stored.h"

#define BATCH    100
#define PAGE_MAX (64 * MIB)

static const char *proof_of(const struct stored_report *r)
{
	return r->auth ? r->auth : NULL;
}

/* Of one domain: n rows that stand one behind the other. */
static int put_domain(struct tree *t, const struct plan_domain *d, const struct plan_month *m,
		      const struct stored_report *rows, size_t n, struct buf *page)
{
	size_t shown = n < LIMIT_SITE_REPORTS ? n : LIMIT_SITE_REPORTS;
	struct site_report *list = mem_alloc((shown + 1) * sizeof *list);
	struct arena a = {0};
	for (size_t i = 0; i < shown; i++)
		list[i] = (struct site_report){.org_name = rows[i].org_name,
					       .report_id = rows[i].report_id,
					       .source = rows[i].source,
					       .auth = proof_of(&rows[i]),
					       .begin = rows[i].begin,
					       .end = rows[i].end,
					       .records = rows[i].records,
					       .messages = rows[i].messages};
	buf_reset(page);
	render_site_reports(d->row->domain, m->month, list, shown, n, page);
	int rc =
	    tree_put(t, plan_name(&a, d, "reports-", m->month), &m->reports, page->data, page->len);
	arena_free(&a);
	free(list);
	return rc;
}

static const struct plan_month *month_of(const struct plan_domain *d, int32_t month)
{
	for (size_t i = 0; i < d->n_months; i++)
		if (d->months[i].month == month)
			return &d->months[i];
	return NULL;
}

static int put_batch(struct app *app, const struct plan *p, struct tree *t, int32_t month,
		     const char *const *names, size_t n, struct buf *page)
{
	const struct stored_filter f = {.domains = names,
					.n_domains = n,
					.has_since = true,
					.since = month_first_day(month),
					.has_until = true,
					.until = month_first_day(month + 1)};
	struct stored_report *rows;
	struct arena a = {0};
	struct err err;
	size_t all;
	int rc = EXIT_OK;
	enum status st = stored_list(app->db, &f, &a, &rows, &all, &err);
	if (st != ST_OK)
		rc = app_fail(st, &err);
	for (size_t i = 0, end; st == ST_OK && rc == EXIT_OK && i < all; i = end) {
		for (end = i; end < all && strcmp(rows[end].domain, rows[i].domain) == 0;)
			end++;
		const struct plan_domain *d = plan_find(p, rows[i].domain);
		const struct plan_month *m = d ? month_of(d, month) : NULL;
		if (m)
			rc = put_domain(t, d, m, &rows[i], end - i, page);
	}
	arena_free(&a);
	return rc;
}

int build_reports(struct app *app, const struct plan *p, struct tree *t)
{
	const char *names[BATCH];
	int32_t first = INT32_MAX, last = INT32_MIN;
	struct buf page;
	int rc = EXIT_OK;
	buf_init(&page, PAGE_MAX);
	for (size_t i = 0; i < p->n; i++)
		for (size_t k = 0; k < p->domains[i].n_months; k++) {
			int32_t m = p->domains[i].months[k].month;
			first = m < first ? m : first;
			last = m > last ? m : last;
		}
	for (int32_t month = first; rc == EXIT_OK && month <= last; month++)
		for (size_t i = 0; rc == EXIT_OK && i < p->n;) {
			size_t n = 0;
			for (; i < p->n && n < BATCH; i++) {
				const struct plan_month *m = month_of(&p->domains[i], month);
				if (m && !m->fresh_reports)
					names[n++] = p->domains[i].row->domain;
			}
			if (n > 0)
				rc = atomic_load(&app_interrupted)
					 ? EXIT_TRY_LATER
					 : put_batch(app, p, t, month, names, n, &page);
		}
	buf_free(&page);
	return rc;
}
