/*
 * facts.h - the domains that refused mail was sent as, with what is stored of them.
 *
 *	struct bounce_facts f = {0};
 *	bounce_facts_read(app, rules, &batch, option, &f, &err);
 *	... for each round: bounce_facts_judge(&f, &owner, &k); explain; bounce_facts_end(&f) ...
 *	bounce_facts_reset(&f);
 */
#ifndef CLI_BOUNCE_FACTS_H
#define CLI_BOUNCE_FACTS_H

#include "cli/app/app.h"
#include "cli/app/dns_run.h"
#include "cli/app/domains.h"
#include "cli/bounce/cases.h"

#define BOUNCE_WINDOWS       3
#define BOUNCE_ASKED_WINDOWS 2
#define BOUNCE_DOMAINS                                                                             \
	20 /* of a batch: each is a zone that is asked about, and months of facts                  \
	    */

struct bounce_facts {
	struct arena a, round, kept; /* of a batch; of a round of DNS; of the run */
	struct bounce_domain *domains;
	struct domain_facts *windows; /* BOUNCE_WINDOWS of each domain */
	struct weighed *weighed;      /* in step */
	struct domain_facts *judged;  /* for who asks DNS ahead */
	size_t n;
};

/* Without a database (app->db is NULL) the domains have no reports. */
enum status bounce_facts_read(struct app *app, const struct name_rules *rules,
			      const struct bounce_batch *b, const char *option,
			      struct bounce_facts *f, struct err *err) MUST_CHECK;

/* owner: whose other domains are the same person's, for k. */
void bounce_facts_judge(struct bounce_facts *f, const struct owner_lists *owner,
			struct knowledge *k);
void bounce_facts_end(struct bounce_facts *f); /* of a round */

void bounce_facts_reset(struct bounce_facts *f); /* of a batch */
void bounce_facts_free(struct bounce_facts *f);

#endif
