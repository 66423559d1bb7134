/*
 * zone.h - what the DNS of one domain says today: who may send as it, and what it uses.
 *
 * Names of the domain that are asked: itself, www, its mail exchangers, and every MAIL FROM domain
 * of the organisation that was seen; selectors, and names in header From: LIMIT_DNS_NAMES of them,
 * as report/sender/asked.h ranks them.
 */
#ifndef REPORT_SENDER_ZONE_H
#define REPORT_SENDER_ZONE_H

#include "core/facts.h"
#include "dns/spf/spf.h"
#include "report/sender/knowledge.h"

#define ZONE_MAILFROM_MAX 48 /* the most used ones; VERP by subdomain makes thousands */

struct zone_mailfrom {
	const char *domain;
	uint64_t messages;
	struct spf_tree spf;
	struct map
	    checked; /* address -> enum spf_result + 1, where the tree depends on the sender */
};

/* An address that a name of ours leads to. */
struct zone_host {
	struct ip ip;
	const char *name; /* ours, or that of a mail exchanger */
	bool foreign;     /* the way leads over an alias into a zone that is not ours */
	bool exchanger;   /* our MX, under whatever name */
	bool heard;       /* the name is one that a sender chose, for his MAIL FROM */
};

struct zone_mark {
	const struct service *service;
	const char *name; /* "spf.protection.outlook.com", "mail.protection.outlook.com" */
	bool include;     /* of an SPF record, else the target of a CNAME or an MX */
};

struct zone {
	struct knowledge *known;
	const char *domain, *org;
	struct zone_mailfrom *mailfrom; /* most messages first; the domain itself is among them */
	size_t n_mailfrom;
	const struct zone_host *hosts; /* addresses of our own names, and of our mail exchangers */
	size_t n_hosts;
	const struct zone_mark *marks; /* names of the zone by which it names a service */
	size_t n_marks;
	const char *const *exchangers;
	size_t n_exchangers;
	struct map from; /* names below the domain in header From that are asked about */
	bool *present;   /* by service: our zone names it (include, MX, DKIM, Return-Path) */
	bool parked;     /* it says that it sends no mail: "v=spf1 -all", and no or a null MX */
	bool answered;   /* DNS said something of the domain: without, nothing here means "no" */
};

/* All of z lives in the round's arena, and the maps in it until zone_end(). */
void zone_read(struct zone *z, struct knowledge *k, const struct domain_facts *facts);
void zone_end(struct zone *z);

/* The MAIL FROM domain of a profile when it belongs to our organisation; else NULL. */
const char *zone_own_mailfrom(const struct zone *z, const struct dmarc_profile *p);

/* Does it pass only by names that are not in the domain or below it? With psd=n in the domain's own
 * record these belong to another organisation (RFC 9989 section 4.10), and it fails. */
bool zone_is_cut_off(const struct zone *z, const struct dmarc_profile *p);

enum spf_now { NOW_UNKNOWN, NOW_NO, NOW_YES };

/* Does the record of a MAIL FROM domain (of ours) authorise the address today? */
/* Messages of the sender that passed by SPF alone, and that today's record would not let pass. */
struct sender;
uint64_t zone_taken_out(const struct zone *z, const struct sender *s);

enum spf_now zone_spf_now(const struct zone *z, const char *mailfrom, const struct ip *ip);

/* Is it authorised by a term of our own records, not by somebody else's include? */
bool zone_names_address(const struct zone *z, const struct ip *ip);

/* The host of ours at this address; NULL: none. */
const struct zone_host *zone_host(const struct zone *z, const struct ip *ip);

/* Does the address have a forward-confirmed name that is of others? Then a name of ours that leads
 * there shares the machine with whoever else is its owner's customer. */
bool zone_is_shared_machine(const struct zone *z, const struct ip *ip);

/* Is the name in our organisational domain, or in another of the owner's? */
bool zone_is_ours(const struct zone *z, const char *name);

/* Is the name, of a header From below the domain, among those that are asked about? */
bool zone_asks_from(const struct zone *z, const char *name);
bool zone_uses(const struct zone *z, const struct service *s);

#endif
