/*
 * ahead.h - what DNS is asked before anything is judged, what matters most first. Pure.
 *
 *	struct ahead x = {.rules = rules, .catalogue = catalogue, .windows = ..., ...};
 *	ahead_begin(&x, &facts);
 *	do {
 *		arena_reset(&round);
 *		ahead_names(&x, &view, &round);
 *	} while (resolver_run(r));
 *	do
 *		ahead_addresses(&x, &view, 0, x.asked.n);
 *	while (resolver_run(r));
 *	... judge, with knowledge.asked = &x.asked ...
 *	ahead_end(&x);
 *
 * A run is bounded in questions and in time. So the names of every domain come first (those of SPF
 * and DMARC, MX, selectors: without them nothing is judged), then the includes of services, then
 * addresses, in the order of report/sender/asked.h: a domain for which somebody invents a million
 * addresses takes nothing from the others. What is judged afterwards finds nearly everything
 * answered.
 */
#ifndef REPORT_AHEAD_H
#define REPORT_AHEAD_H

#include "report/sender/knowledge.h"

struct ahead {
	const struct name_rules *rules;
	const struct catalogue *catalogue;
	const struct domain_facts *windows; /* of each domain n_windows, what is judged first */
	size_t n_domains, n_windows;
	struct asked_reporters reporters;
	struct asked asked; /* made by ahead_begin() */
};

/* Choose the addresses; a holds them. */
void ahead_begin(struct ahead *x, struct arena *a);
void ahead_end(struct ahead *x);

/* One round: ask for all names that are known by now. round is its arena. */
void ahead_names(const struct ahead *x, const struct dns_view *view, struct arena *round);

/* One round: ask about n addresses from the first-th on. */
void ahead_addresses(const struct ahead *x, const struct dns_view *view, size_t first, size_t n);

#endif
