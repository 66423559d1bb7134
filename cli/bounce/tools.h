/*
 * tools.h - what refused mail is explained with: rules, services, DNS; and the explaining.
 *
 *	struct bounce_tools t = {.app = app, .names = names_open()};
 *	rc = bounce_tools_open(&t, no_dns);
 *	st = bounce_tools_explain(&t, &batch, &facts, &all, &err);
 *	... all[i][k]: of batch.inputs[i].cases[k] ...
 *	bounce_facts_reset(&facts), bounce_batch_reset(&batch);
 *	bounce_tools_close(&t);
 */
#ifndef CLI_BOUNCE_TOOLS_H
#define CLI_BOUNCE_TOOLS_H

#include "cli/bounce/cases.h"
#include "cli/bounce/facts.h"

struct bounce_tools {
	struct app *app;
	const struct name_rules *names;
	const char *domain; /* --domain, in normal form; NULL */
	struct ip from_ip;  /* --from-ip; family 0 */
	bool lists;         /* ask lists of addresses */

	struct bounce_rules *rules;
	struct catalogue *catalogue;
	struct resolver *resolver; /* NULL: nobody is asked */
	struct dnsbl_run dnsbl;
};

/* Before app_open() where own rules may be wrong. Exit codes; they complain themselves. */
int bounce_tools_read(struct bounce_tools *t);
int bounce_tools_ask(struct bounce_tools *t); /* DNS; after app_open() */
void bounce_tools_close(struct bounce_tools *t);

/* Explain all cases of a batch; *all lives in its arena and in that of the facts. */
enum status bounce_tools_explain(struct bounce_tools *t, struct bounce_batch *b,
				 struct bounce_facts *f, struct bounce_explained ***all,
				 struct err *err) MUST_CHECK;

#endif
