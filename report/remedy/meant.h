/*
 * meant.h - what the owner of a broken record meant by it. Pure.
 *
 * A repair gives his own terms back their meaning. Whom he names narrowly, he knows: that nothing
 * else ties an address to him is no objection to it (gate.h).
 */
#ifndef REPORT_REMEDY_MEANT_H
#define REPORT_REMEDY_MEANT_H

#include "report/remedy/gate.h"

/* Does the mended record name the address by a term that is the owner's word for it: a network of
 * few addresses, or the include of a service that his DNS names? Not where the sender is denied by
 * a label, was seen forging, or has an account of its own at that service. */
bool meant_names(const struct zone *z, const struct spf_tree *mended, const struct sender *s,
		 const struct ip *ip);

/* An include of a name that has no record, and is the host that mail of m comes from, or our MX:
 * "a:mail.example.net"; NULL: it is no such thing. */
const char *meant_host(const struct gate *g, const struct zone_mailfrom *m,
		       const struct spf_term *t);

/* The a and mx of the record of its envelope-sender domain by which nothing passes that is stored,
 * and where they lead today: "a leads to 192.0.2.7, mx leads to 192.0.2.8"; a name that moved takes
 * SPF with it. NULL: there is none. */
const char *meant_elsewhere(const struct gate *g, const struct sender *s);

/* Is there no term by which anybody could pass? */
bool meant_nobody(const struct spf_tree *tree);

/* Who sends with that envelope sender, and may be ours: whoever was not seen forging, on two days
 * or more; most of all. NULL: nobody. */
const struct sender *meant_somebody(const struct gate *g, const struct zone_mailfrom *m);

/* Failing messages with the envelope sender that would pass by the tree, of senders that are no
 * forgers and send on more than one day. */
uint64_t meant_sent(const struct gate *g, const struct zone_mailfrom *m,
		    const struct spf_tree *tree);

/* How many the record lets in, in the place of m's. */
void meant_scope(struct gate *g, const struct zone_mailfrom *m, const char *record,
		 struct scope *out);

#endif
