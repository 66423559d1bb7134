/*
 * plan.h - which pages there are, by which names, and what each is made from.
 */
#ifndef CLI_SITE_PLAN_H
#define CLI_SITE_PLAN_H

#include "cli/app/app.h"
#include "cli/site/tree.h"
#include "core/arena.h"
#include "report/site/site.h"

#define PLAN_MONTHS 13 /* with this one */

/* A month with reports. */
struct plan_month {
	int32_t month;
	struct digest stamp;   /* of the page of its senders: of its reports, and of all before */
	struct digest reports; /* of the page of its reports */
	bool fresh, fresh_reports;
};

/* A domain, and the folder it has. */
struct plan_domain {
	const struct overview_row *row;
	const struct history *history; /* NULL: none */
	const char *folder;            /* "example.com"; with a slash in prefix */
	const char *prefix;
	struct plan_month months[PLAN_MONTHS];
	size_t n_months;
	int32_t month_names[PLAN_MONTHS];
	struct digest stamp;
	bool fresh;
};

struct plan {
	struct overview_row *rows; /* as many as domains */
	struct plan_domain *domains;
	size_t n, left_out;
	int32_t newest;     /* judged day; NO_DAY: none */
	struct map by_name; /* domain -> index + 1 */
};

/* Of these domains, or with NULL of all that were judged. Lives in a. Exit code; complains itself.
 */
int plan_make(struct app *app, const char *const *names, size_t n, struct arena *a,
	      struct plan *out);
void plan_free(struct plan *p);

/* What is there already, and made from the same, is kept. */
void plan_keep(struct plan *p, struct tree *t);

const struct plan_domain *plan_find(const struct plan *p, const char *domain);

/* "example.com/2026-10.html" */
const char *plan_name(struct arena *a, const struct plan_domain *d, const char *what,
		      int32_t month);

/* "sender/0123....html": nothing of the key can be seen in it, or chosen by it. */
const char *plan_sender(struct arena *a, const char *key);

#endif
