/*
 * inventory.h - who sends as a domain, compared with the period before. Pure.
 *
 *	struct domain_inventory d;
 *	inventory_domain(&now, &before, rules, &options, &arena, &d);
 */
#ifndef REPORT_INVENTORY_H
#define REPORT_INVENTORY_H

#include "core/arena.h"
#include "core/domain.h"
#include "report/finding.h"

struct inventory_options {
	bool one_category; /* only category */
	enum category category;
};

/* now and before are facts of the same domain in two windows. out lives in a and borrows from now
 * and before. */
void inventory_domain(const struct domain_facts *now, const struct domain_facts *before,
		      const struct name_rules *rules, const struct inventory_options *options,
		      struct arena *a, struct domain_inventory *out);

/* Public spelling to category. */
bool category_parse(const char *s, enum category *out);

#endif
