/* ruascope site: pages of all domains in a directory, for any web server. */
#include "cli/site/site.h"

#include <getopt.h>
#include <string.h>

#include "cli/app/domains.h"
#include "cli/site/build.h"
#include "core/day.h"
#include "core/log.h"
#include "db/store/quarantine.h"
#include "dns/names.h"

#define PAGE_MAX (256 * MIB)

static const char *page_of(const void *ctx, const struct overview_row *r)
{
	static char name[300];
	const struct plan_domain *d = plan_find(ctx, r->domain);
	snprintf(name, sizeof name, "%s/index.html", d->folder);
	return name;
}

static int put(struct tree *t, const char *name, struct buf *page)
{
	if (page->failed) {
		log_error("%s: the page is too large", name);
		return EXIT_INTERNAL;
	}
	int rc = tree_put(t, name, NULL, page->data, page->len);
	buf_reset(page);
	return rc;
}

/* What was set aside belongs to no domain: a group does not see it. */
static int put_ledger(struct app *app, struct tree *t, struct arena *a, struct buf *page)
{
	struct quarantined *rows;
	struct err err;
	uint64_t all;
	size_t n;
	enum status st = quarantine_newest(app->db, LIMIT_SITE_ASIDE, a, &rows, &n, &all, &err);
	if (st != ST_OK)
		return app_fail(st, &err);
	struct site_aside *list = arena_alloc(a, (n + 1) * sizeof *list);
	for (size_t i = 0; i < n; i++)
		list[i] = (struct site_aside){rows[i].outcome,    rows[i].reason,    rows[i].source,
					      rows[i].first_seen, rows[i].last_seen, rows[i].size};
	render_site_ledger(list, n, all, page);
	return put(t, "ledger.html", page);
}

static int put_index(struct tree *t, const struct plan *p, const char *group, struct arena *a,
		     struct buf *page)
{
	struct site_index s = {.n = p->n,
			       .left_out = p->left_out,
			       .group = group,
			       .ledger = !group,
			       .page_of = page_of,
			       .ctx = p,
			       .made = p->newest};
	s.rows = arena_memdup(a, p->rows, p->n * sizeof *p->rows); /* they are sorted otherwise */
	render_site_status(&s, page);
	int rc = put(t, "status.json", page);
	if (rc != EXIT_OK)
		return rc;
	render_site_index(&s, page);
	return put(t, "index.html", page);
}

/* Pages lead up to the index and to their domain's: these are there before them. */
static int put_stubs(const struct plan *p, struct tree *t, struct buf *page)
{
	struct arena a = {0};
	int rc = EXIT_OK;
	if (!tree_there(t, "index.html")) {
		render_site_stub(false, page);
		rc = put(t, "index.html", page);
	}
	for (size_t i = 0; rc == EXIT_OK && i < p->n; i++) {
		const char *name = plan_name(&a, &p->domains[i], "index", 0);
		if (tree_there(t, name))
			continue;
		render_site_stub(true, page);
		rc = put(t, name, page);
	}
	arena_free(&a);
	return rc;
}

static int build(struct app *app, struct plan *p, struct tree *t, const char *group,
		 struct arena *a)
{
	struct buf page;
	buf_init(&page, PAGE_MAX);
	plan_keep(p, t);
	int rc = tree_begin(t);
	if (rc == EXIT_OK)
		rc = put_stubs(p, t, &page);
	if (rc == EXIT_OK)
		rc = build_reports(app, p, t);
	if (rc == EXIT_OK)
		rc = build_months(app, p, t);
	if (rc == EXIT_OK)
		rc = build_domains(app, p, t);
	if (rc == EXIT_OK && !group)
		rc = put_ledger(app, t, a, &page);
	if (rc == EXIT_OK)
		rc = put_index(t, p, group, a, &page);
	if (rc == EXIT_OK)
		rc = tree_end(t);
	buf_free(&page);
	return rc;
}

/* The names of the groups, as the index says whose domains it has. */
static const char *group_names(const struct domain_choice *choice, struct arena *a)
{
	const char *out = NULL;
	for (unsigned i = 0; i < choice->n_groups; i++) {
		const struct config_group *g = choice->groups[i];
		const char *name =
		    g->owner ? arena_printf(a, "%s (%s)", g->name, g->owner) : g->name;
		out = out ? arena_printf(a, "%s, %s", out, name) : name;
	}
	return out;
}

static int work(struct app *app, const char *dir, const struct domain_choice *choice,
		struct arena *a)
{
	struct plan p = {.n = 0};
	struct tree *t = NULL;
	app->offline =
	    true; /* who made the judgement asked; here the answers that are kept count */
	int rc = app_open(app);
	if (rc == EXIT_OK)
		rc = tree_open(dir, &t);
	if (rc == EXIT_OK)
		rc = plan_make(app, choice->names, choice->n, a, &p);
	if (rc == EXIT_OK && p.n == 0)
		log_warn("nothing was judged yet: `ruascope judge` does it");
	if (rc == EXIT_OK)
		rc = build(app, &p, t, group_names(choice, a), a);
	if (rc == EXIT_OK && app->verbosity >= 0)
		printf("%s: %zu domains; %zu files written, %zu removed.\n", dir, p.n,
		       tree_written(t), tree_removed(t));
	plan_free(&p);
	tree_close(t);
	return rc;
}

int cmd_site(struct app *app, int argc, char **argv)
{
	static const struct option options[] = {{"group", required_argument, NULL, 'g'},
						{NULL, 0, NULL, 0}};
	struct domain_choice choice = {0};
	struct arena a = {0};
	int c, rc = EXIT_OK;
	while (rc == EXIT_OK && (c = getopt_long(argc, argv, ":", options, NULL)) != -1)
		rc = c == 'g' ? domains_group(app, &choice, optarg) : bad_option(app, argv, c);
	if (rc != EXIT_OK)
		return rc;
	if (optind == argc)
		return usage_error(app, "a DIR is required");
	const char *dir = argv[optind++];
	app_catch_signals();
	const struct name_rules *rules = names_open();
	rc = domains_choose(app, rules, &choice, argv + optind, argc - optind, &a);
	names_close(rules);
	if (rc == EXIT_OK)
		rc = work(app, dir, &choice, &a);
	arena_free(&a);
	return rc;
}
