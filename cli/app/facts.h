/*
 * facts.h - what inventory, report and readiness judge: facts of domains in windows of days.
 */
#ifndef CLI_APP_FACTS_H
#define CLI_APP_FACTS_H

#include "cli/app/app.h"
#include "core/arena.h"
#include "core/facts.h"

struct facts_request {
	const char *const *domains; /* in normal form */
	size_t n_domains;
	bool all;                     /* they are all domains that have data in the windows */
	const struct window *windows; /* at least one */
	size_t n_windows;
};

/* Into out[domain * n_windows + window], all of one moment. Months that are over are folded first,
 * as far as this role may and nobody loads; a role that may only read goes without. */
enum status facts_read(struct app *app, const struct facts_request *r, struct arena *a,
		       struct domain_facts *out, struct err *err) MUST_CHECK;

/* Other windows of domains whose months were folded just now: out says domains and windows, and
 * nothing else yet. */
enum status facts_read_again(struct app *app, size_t n_domains, size_t n_windows, struct arena *a,
			     struct domain_facts *out, struct err *err) MUST_CHECK;

#endif
