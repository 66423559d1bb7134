/*
 * group.h - the addresses that belong together. Pure: facts in, senders out.
 *
 * Every address goes to exactly one sender of the domain: the key that most of its messages have.
 * A row's key is what it proves: the organisational domain of a passing DKIM signature, or of a
 * passing MAIL FROM, that is not the domain's own ("dkim:vendor.example"); else the network, /24 or
 * /64 ("net:192.0.2.0/24"). What is only claimed, and did not pass, is never a key. Addresses of
 * one network that do not share the outcome are separate senders ("...#fail", "...#dkim": passes by
 * DKIM alone): neither a small failing service nor a forwarder must vanish inside a good server.
 */
#ifndef REPORT_GROUP_H
#define REPORT_GROUP_H

#include "core/arena.h"
#include "core/domain.h"
#include "report/finding.h"

/* Senders in arena a, in no particular order; category and evidence are not set yet. */
void group_senders(const struct domain_facts *facts, const struct name_rules *rules,
		   struct arena *a, struct sender **senders, size_t *n);

#endif
