/*
 * abuse.h - machines of ours that suddenly send something else. Pure.
 *
 * What is usual is measured on the sender's days of sending before the day in question, never on
 * that day; with fewer than USUAL_DAYS of them nothing is usual yet. What goes out every week or
 * every month is usual on its day.
 */
#ifndef REPORT_SENDER_ABUSE_H
#define REPORT_SENDER_ABUSE_H

#include "core/arena.h"
#include "report/sender/finding.h"
#include "report/sender/zone.h"

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

/*
 * Strangers send through a name of ours that is an alias (CNAME) of a name in somebody else's zone,
 * whose SPF record lets them pass: the old target lapsed, and somebody took it. They are new, or
 * nothing is signed as us and their machines are called by the domain of neither side. What to say
 * of it; NULL: it is not so. compared: there are reports of the period before, in which it was not
 * seen. Aliases of known services are as they should be.
 */
const char *abuse_by_alias(const struct sender *s, const struct zone *z, bool compared);

/*
 * It passes by an include of our record that leads into a zone of nobody known, unsigned, from
 * machines that are called otherwise, and nothing came by that include before: who bought a domain
 * that ran out sends so. What to say of it; NULL: it is not so. earlier: NULL, there was none.
 */
const char *abuse_by_include(const struct sender *s, const struct zone *z,
			     const struct domain_facts *earlier);

/*
 * The same of a key: its name is such an alias, the first mail that it signs came when reports had
 * been coming for days, and from machines of neither side. For a sender whose own the selector is:
 * others hand on what somebody else signed. now: the facts of the sender; earlier: of the period
 * before, NULL: none.
 */
const char *abuse_by_key(const struct sender *s, const struct zone *z,
			 const struct domain_facts *now, const struct domain_facts *earlier);

/*
 * Within a few days it carries far more mail with a signature of ours than all who sign so sent on
 * these days and the days before: a forwarder hands on no more than it gets. Who gets hold of one
 * message of ours sends it to thousands (replay); so does a large mailing list that changes
 * nothing. What to say of it; NULL: it is not so. For a sender that nothing ties to us. now,
 * earlier: whose facts tell what the others sent; earlier: NULL, there was none.
 */
const char *abuse_by_copies(const struct sender *s, const struct zone *z,
			    const struct domain_facts *now, const struct domain_facts *earlier);

/*
 * Receivers put into junk, or refuse, what passes DMARC: by their own judgement of what is in it.
 * Of ours that is what stolen passwords and web forms send. What to say of it; NULL: it is not so.
 * facts: whose reporters the sender's facts index.
 */
const char *abuse_by_receivers(const struct sender *s, const struct domain_facts *facts,
			       struct arena *a);

#endif
