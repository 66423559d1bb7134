/*
 * inventory.h - who sends as a domain, compared with the period before. Pure.
 *
 *	[facts of two periods] -> inventory_domain -> struct domain_inventory -> render
 *
 *	struct inventory_options options = {0};
 *	struct domain_inventory d;
 *	inventory_domain(&now, &before, rules, &options, &arena, &d);
 *
 * Senders are matched with those before by key; what is left over on both sides, by the key
 * without its mark, so that a server that was repaired is "changed" and not "gone" and "new".
 * "changed" means another category. What only the period before has is "gone": its name and what it
 * was, zero messages, no sources.
 *
 * Order: what is not settled by failing messages, then forwarders, then what is authorised by
 * messages, then what is gone.
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

/*
 * now and before are facts of the same domain in two windows; before may be empty (zero reports).
 * out lives in a and borrows from now and before. The totals of out are those of the domain,
 * whatever options keep of its senders.
 */
void inventory_domain(const struct domain_facts *now, const struct domain_facts *before,
		      const struct name_rules *rules, const struct inventory_options *options,
		      struct arena *a, struct domain_inventory *out);

/* Public spelling to category; false: no such word. */
bool category_parse(const char *s, enum category *out);

#endif
