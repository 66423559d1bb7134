/*
 * group.h - the addresses that belong together. Pure: facts in, senders out.
 *
 *	facts -> [group] -> classify -> inventory -> render
 *
 *	struct sender *senders;
 *	size_t n;
 *	group_senders(&facts, rules, &arena, &senders, &n);
 *
 * Every address goes to exactly one sender of the domain: the key that most of its messages have.
 * A row's key is the foreign identity it proves (identity.h): "dkim:vendor.example",
 * "mailfrom:vendor.example"; else the network, /24 or /64: "net:192.0.2.0/24". Rows without a
 * usable address are the sender "net:none".
 *
 * Addresses of one group that end differently are separate senders: neither a small failing service
 * nor a forwarder must vanish inside a good server. The key's mark says how an address mostly ends,
 * by the recomputed results:
 *
 *	(none)     it passes by SPF, and perhaps DKIM
 *	#dkim      it passes by DKIM alone (networks only)
 *	#spf-fail  it fails; MAIL FROM is in our domain (networks only)
 *	#fail      it fails otherwise; of an identity: and does not carry our signature either, so
 *	           that a stranger's account at a service we use is not the service
 *
 * The mark is part of the key even when the group has one outcome: keys are compared between
 * periods.
 */
#ifndef REPORT_GROUP_H
#define REPORT_GROUP_H

#include "core/arena.h"
#include "core/domain.h"
#include "report/finding.h"

/*
 * Senders by key; name, key, t, days, reporters, sources and facts are set, the rest is zero.
 * They live in a and borrow facts->facts.
 */
void group_senders(const struct domain_facts *facts, const struct name_rules *rules,
		   struct arena *a, struct sender **senders, size_t *n);

/* The length of a key without its mark. */
size_t group_base_len(const char *key);

#endif
