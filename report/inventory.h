/*
 * inventory.h - who sends as a domain, compared with the period before. Pure.
 *
 *	[facts of periods] -> weigh -> group -> classify -> remedy -> todo
 *	-> struct domain_inventory
 *
 *	struct knowledge k;
 *	do {
 *		arena_reset(&round);
 *		knowledge_begin(&k, rules, &view, catalogue, &round);
 *		inventory_domain(&(struct inventory_input){&now, &before, &past}, &k, &options, &d);
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
#include "report/sender/tie.h"
#include "report/sender/weigh.h"
#include "report/todo.h"

struct inventory_options {
	bool one_category; /* only category */
	bool findings;     /* only what a person must act on */
	enum category category;
};

/* Facts of one domain. */
struct inventory_input {
	const struct domain_facts *now;
	const struct domain_facts *before; /* the period before; may be empty (zero reports) */
	const struct domain_facts
	    *past; /* all stored months before that, up to 13 in all; NULL: none */
	const struct weighed *weighed; /* of these three, in order; NULL: they are weighed here */
	int32_t today; /* where the period ends later, reports may come yet; 0: it is over */
};

/*
 * out lives in the arena of k and borrows from the facts. The totals of out are those of the
 * domain, whatever options keep of its senders, and whoever reported; what is judged is weighed
 * first (sender/weigh.h).
 */
void inventory_domain(const struct inventory_input *in, struct knowledge *k,
		      const struct inventory_options *options, struct domain_inventory *out);

/* The same, for who goes on judging: what was weighed, and the zone that was read (zone_end it). */
struct inventory_basis {
	struct domain_facts now, before; /* as they are judged (sender/weigh.h) */
	struct zone zone;
	struct ties ties; /* when zone.answered */
};
void inventory_judge(const struct inventory_input *in, struct knowledge *k,
		     const struct inventory_options *options, struct domain_inventory *out,
		     struct inventory_basis *basis);

/* "legit_spf_missing", or "missing from SPF", in any case; false: no such word. */
bool category_parse(const char *s, enum category *out);

#endif
