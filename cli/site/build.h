/*
 * build.h - pages made and put in their places.
 */
#ifndef CLI_SITE_BUILD_H
#define CLI_SITE_BUILD_H

#include "cli/site/plan.h"

/* All pages of domains that are not fresh: what is linked to first. Exit code; complains itself. */
int build_months(struct app *app, const struct plan *p, struct tree *t);
int build_reports(struct app *app, const struct plan *p, struct tree *t);
int build_domains(struct app *app, const struct plan *p, struct tree *t);

#endif
