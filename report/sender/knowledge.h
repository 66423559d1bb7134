/*
 * knowledge.h - what DNS and the catalogue say of addresses, for all domains of a run.
 *
 *	facts -> group -> classify -> remedy
 *	           ^          ^          ^
 *	           knowledge, zone
 *
 * Everything is read through a view (dns/ask/answer.h): while something is pending, what is said
 * here is "unknown", and the work above is done again after the resolver ran. Only what is proven
 * counts: a PTR that does not lead back to the address is a claim, and a claim is no evidence for
 * anybody.
 */
#ifndef REPORT_SENDER_KNOWLEDGE_H
#define REPORT_SENDER_KNOWLEDGE_H

#include "core/arena.h"
#include "core/domain.h"
#include "core/hash.h"
#include "dns/ask/answer.h"
#include "dns/origin.h"
#include "report/catalogue/catalogue.h"
#include "report/sender/asked.h"

struct knowledge {
	const struct name_rules *rules;
	const struct dns_view *view; /* NULL: no DNS; everything is unknown */
	const struct catalogue *catalogue;
	struct origins *origins;   /* NULL: none; set by the caller after knowledge_begin() */
	const struct asked *asked; /* addresses that may be asked about; NULL: all; set likewise */
	struct asked_reporters reporters; /* who is known; set likewise */
	const struct service *services;   /* all of the catalogue */
	size_t n_services;
	const char *const *ours; /* other domains of the same owner; set by the caller, too */
	size_t n_ours;
	struct arena *a;              /* of the round */
	struct map network;           /* of a service's include -> index into services + 1 */
	uint64_t bits_v4, bits_v6[3]; /* prefix lengths that occur */
	struct map addresses;         /* struct ip -> struct address_known * */
	struct map allowed;           /* addresses that may be asked about beside those of asked */
	struct address_known *by_network; /* by service, and of none: what is said without DNS */
};

/* For one round of work; a is its arena. Ended by knowledge_end() before the arena is reset. */
void knowledge_begin(struct knowledge *k, const struct name_rules *rules,
		     const struct dns_view *view, const struct catalogue *catalogue,
		     struct arena *a);
void knowledge_end(struct knowledge *k);

/* The two halves of knowledge_begin(): services are asked about by their includes, which are many,
 * and none of them is yours. */
void knowledge_begin_own(struct knowledge *k, const struct name_rules *rules,
			 const struct dns_view *view, const struct catalogue *catalogue,
			 struct arena *a);
void knowledge_services(struct knowledge *k);

enum ptr_state {
	PTR_UNKNOWN,     /* not asked, not answered */
	PTR_NONE,        /* the address has no name */
	PTR_UNCONFIRMED, /* it has, and the name does not lead back */
	PTR_CONFIRMED,
};

struct address_known {
	enum ptr_state ptr;
	bool generic;                  /* the name is made of the address, as access networks do */
	const char *name;              /* confirmed name; NULL: none */
	const char *org;               /* its organisational domain; NULL: none */
	const char *claim;             /* a name that is not confirmed; NULL: none */
	const struct service *service; /* proven by its own include or by the confirmed name */
};

/* Lives in the round's arena; family 0 is known by nothing. Of an address that may not be asked
 * about only the service is said, by its network. */
const struct address_known *knowledge_of(struct knowledge *k, const struct ip *ip);

/* It may be asked about, whatever k->asked says: what our own names stand at is not for reports to
 * choose. */
void knowledge_allow(struct knowledge *k, const struct ip *ip);

/* Ask all that knowledge_of() would ask about the address. */
void knowledge_ask(const struct dns_view *view, const struct ip *ip);

/* Is name what an access network calls an address: its digits, or a label like "dyn" or "pool"? */
bool ptr_is_generic(const char *name, const struct ip *ip);

/* Who sells machines or connects people gives names of his own domain to customers, students and
 * visitors ("vps4711", "anna-laptop.wohnheim3", "v22019"): there a forward-confirmed name proves
 * nothing. name: in the domain org or below it, both in normal form. */
bool name_is_leased(const char *name, const char *org);

#endif
