/*
 * inventory.h - who sends as a domain, compared with the period before. Pure.
 *
 *	[facts of two periods] -> inventory_domain -> struct domain_inventory -> render
 *
 *	struct knowledge k;
 *	do {
 *		arena_reset(&round);
 *		knowledge_begin(&k, rules, &view, catalogue, &round);
 *		inventory_domain(&now, &before, &k, &options, &d);
 *		knowledge_end(&k);
 *	} while (resolver_run(r));
 *
 * Senders are matched with those before by key; what is left over on both sides, by the key
 * without its mark, then by a common address: a server that was repaired, or that got a name, is
 * "changed" and not "gone" and "new". "changed" means another category. What only the period before
 * has is "gone": its name and what it was, zero messages, no sources.
 *
 * Order: what a person must do first. Findings by category (missing from SPF, broken and not
 * aligned before unauthorised), by failing messages; then what is unknown, forwarders, what is
 * authorised, and what is gone.
 */
#ifndef REPORT_INVENTORY_H
#define REPORT_INVENTORY_H

#include "report/sender/finding.h"
#include "report/sender/knowledge.h"

struct inventory_options {
	bool one_category; /* only category */
	bool findings;     /* only what a person must act on */
	enum category category;
};

/*
 * now and before are facts of the same domain in two windows; before may be empty (zero reports).
 * out lives in the arena of k and borrows from now and before. The totals of out are those of the
 * domain, whatever options keep of its senders.
 */
void inventory_domain(const struct domain_facts *now, const struct domain_facts *before,
		      struct knowledge *k, const struct inventory_options *options,
		      struct domain_inventory *out);

/* "legit_spf_missing", or "missing from SPF", in any case; false: no such word. */
bool category_parse(const char *s, enum category *out);

#endif
