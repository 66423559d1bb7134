/*
 * abuse.h - what passes as us, and is somebody else's doing. Pure.
 */
#ifndef REPORT_SENDER_ABUSE_H
#define REPORT_SENDER_ABUSE_H

#include "core/arena.h"
#include "report/sender/finding.h"
#include "report/sender/zone.h"

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
 * The same of a name of ours that is delegated (NS): to name servers of nobody we know, and what
 * passes by that zone alone is new, and comes from machines of neither side. Who takes over a
 * forgotten delegation publishes what he likes below the name. A subdomain that was always
 * delegated, or is to a service that sends from its own machines, is as it should be.
 */
const char *abuse_by_delegation(const struct sender *s, const struct zone *z,
				const struct domain_facts *now, const struct domain_facts *earlier);

/*
 * Within a few days it carries far more mail with a signature of ours than all who sign so sent on
 * these days and the days before; or it and others whom nothing ties to us carry, however long,
 * more than they who do. A forwarder hands on no more than it gets. Who gets hold of one message of
 * ours sends it to thousands (replay); so does a large mailing list that changes nothing. What to
 * say of it; NULL: it is not so. For a sender that nothing ties to us. now, earlier: whose facts
 * tell what the others sent; earlier: NULL, there was none.
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
