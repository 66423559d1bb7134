/*
 * group.h - the addresses that belong together. Pure: facts in, senders out.
 *
 *	facts -> [group] -> classify -> inventory -> render
 *
 *	struct sender *senders;
 *	size_t n;
 *	group_senders(&facts, &zone, &asked, rules, &arena, &senders, &n);
 *
 * Every address goes to exactly one sender of the domain: the key that most of its messages have.
 * The first of these that applies:
 *
 *	label:192.0.2.0/28    a person named the network; of several the smallest
 *	own:example.com       the name of the address is ours, or our own SPF record names it
 *	host:www.example.com  an address of our own names (A, MX) that is somebody else's machine
 *	service:sendgrid      a service of the catalogue, proven by its own SPF include, by the name
 *	                      of the address, or by the foreign identity (below)
 *	dkim:vendor.example   the foreign identity that most of its mail proves (identity.h)
 *	mailfrom:vendor.example
 *	unsigned:vendor.example   mail that passes there by SPF alone, where ours is signed
 *	                      (tenant.h)
 *	ptr:vendor.example    the domain of the address's name, when its mail passes
 *	host:mx1.vendor.example   that name, when it does not
 *	net:192.0.2.0/24      the network, /24 or /64; "net:none" without a usable address;
 *	                      "net:rest" beyond those that are told by themselves (asked.h)
 *
 * A machine at a web host, a cloud or an access network is a sender of its own ("host:"): its
 * neighbours there have nothing to do with it. Without DNS only label, dkim, mailfrom and net
 * occur.
 *
 * Addresses of one group that end differently are separate senders: neither a small failing service
 * nor a forwarder must vanish inside a good server. The key's mark says how an address mostly ends,
 * by the recomputed results:
 *
 *	(none)      it passes by SPF, and perhaps DKIM
 *	#dkim       it passes by DKIM alone
 *	#spf-fail   it fails; MAIL FROM is in our domain
 *	#broken     (services) it fails; our signature arrives broken
 *	#unaligned  (services) it fails; it authenticates as itself
 *	#forward    (services that host mailboxes) our signature passes or is broken,
 *	            SPF is not ours
 *	#fail       it fails otherwise; of an identity: and does not carry our signature
 *	            either, so that a stranger's account at a service of ours is not it
 *
 * The mark is part of the key even when the group has one outcome: keys are compared between
 * periods.
 */
#ifndef REPORT_SENDER_GROUP_H
#define REPORT_SENDER_GROUP_H

#include "core/arena.h"
#include "core/domain.h"
#include "report/sender/finding.h"
#include "report/sender/zone.h"

/*
 * Senders by key; name, key, service, t, days, reporters, sources and facts are set, the rest is
 * zero. They live in a and borrow facts->facts. earlier: of the period before; NULL: none. zone:
 * NULL without DNS. asked: which addresses of a crowded domain are told by themselves; NULL: all.
 */
void group_senders(const struct domain_facts *facts, const struct domain_facts *earlier,
		   const struct zone *zone, const struct asked *asked,
		   const struct name_rules *rules, struct arena *a, struct sender **senders,
		   size_t *n);

#define GROUP_REST "net:rest"

/* Add a fact with its profile. */
void tally_add(struct tally *t, const struct fact *f, const struct dmarc_profile *p);

/* The length of a key without its mark. */
size_t group_base_len(const char *key);

/* A mark, and what it adds to the name of a sender that shares its key with others:
 * "#spf-fail", " (SPF fails)". */
struct group_mark {
	const char *mark, *words;
};
#define GROUP_MARKS 6
extern const struct group_mark group_marks[GROUP_MARKS];
const char *group_mark_words(const char *mark); /* "": no such mark */

#endif
