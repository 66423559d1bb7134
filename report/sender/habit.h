/*
 * habit.h - when a sender sends, and whether it does so again and again. Pure.
 */
#ifndef REPORT_SENDER_HABIT_H
#define REPORT_SENDER_HABIT_H

#include "report/sender/observe.h"

/* Days on which some of its mail fails. */
unsigned habit_failing_days(const struct sender *s);

/* Messages that fail with an empty MAIL FROM: bounces and auto-replies. */
uint64_t habit_failing_bounces(const struct sender *s);

/* Payslips and statements come once a month, from the same servers: most of its addresses were
 * there in the period before (earlier; NULL: there was none), and look like servers. known: NULL
 * without DNS. */
bool habit_recurs(const struct sender *s, const struct domain_facts *earlier,
		  struct knowledge *known);

/* It sends again and again: on several days, not all at once; or in both periods. The lines of
 * access networks must do so for longer: an infected machine is there for some days, too. */
bool habit_is_steady(const struct sender *s, const struct observed *o);

/* Each address has a forward-confirmed name that looks like a server's. */
bool habit_is_named(const struct sender *s, struct knowledge *known);

/* A few machines with a name, mail every other day for weeks, with DKIM of whoever runs them:
 * that is how a vendor sends that nobody set up. Forgers are rarely as patient. */
bool habit_is_established(const struct sender *s, struct knowledge *known);

/* Mail of one organisation, and be it of one day, that a person is asked about while it is fresh,
 * or where it is large beside what passes: payslips and newsletters have one day a month, and
 * campaigns of strangers come and go. now: the newest period; passing: its messages that pass. */
bool habit_is_fresh_run(const struct sender *s, const struct domain_facts *now, uint64_t passing);

/*
 * The first day from which on all of it passes, signed as us, where it failed before: somebody has
 * set it up. INT32_MIN: it is not so, or since too few days.
 */
int32_t habit_set_up_since(const struct sender *s);

/* Did it fail because its receiver had no answer of DNS (temperror), and for nothing else? */
bool habit_is_unanswered(const struct dmarc_profile *p);

/* Did the sender's first mail come when reports had been coming for days? now: its facts; earlier:
 * of the period before, NULL: none. */
bool habit_is_new(const struct sender *s, const struct domain_facts *now,
		  const struct domain_facts *earlier);

/*
 * What is usual is measured on the sender's days of sending before the day in question, never on
 * that day; with fewer than USUAL_DAYS of them nothing is usual yet. What goes out every week or
 * every month is usual on its day.
 */
#define USUAL_DAYS   10
#define SPIKE_FACTOR 10  /* times the median of the days before ... */
#define SPIKE_MORE   500 /* ... and so many messages more: abuse, though it passes */
#define SPIKE_WEEK   7   /* ... on one day; of mail that nobody signs, in so many days together */
#define SPIKE_DOUBT  50  /* so many: no edit of SPF for a machine that others share */

struct spike {
	int32_t day;
	double messages, usual;
	struct ip busiest; /* the address that sent most on that day */
};

/* The worst such day of the sender, with at least `more` messages more than usual; false: none.
 * earlier: facts of the period before, NULL: none. */
bool find_spike(const struct sender *s, const struct domain_facts *earlier, double more,
		struct arena *a, struct spike *out);

#endif
