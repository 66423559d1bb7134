/*
 * dnsbl.h - lists of addresses in DNS (RFC 5782): what to ask, and what an answer means.
 *
 * Every question tells the owner of a list which address is looked at, and owners set terms: so
 * only addresses of one's own are asked about, when it is wanted, and few.
 *
 *	struct dnsbl_run run = {0};            of the whole run
 *	if (dnsbl_ask(&run, view, list, &ip, arena, &finding))
 *		... finding.state ...
 *
 * A list that is dead answers everything, or nothing: so its test points are asked first (127.0.0.2
 * is listed, 127.0.0.1 is not), and what is strange is "could not be asked", never a listing.
 */
#ifndef DNS_DNSBL_H
#define DNS_DNSBL_H

#include "core/arena.h"
#include "dns/ask/answer.h"

#define DNSBL_QUESTIONS 16 /* of a run, test points included */
#define DNSBL_ASKED     4  /* lists of one address */

struct dnsbl {
	const char *zone;  /* "zen.spamhaus.org" */
	const char *name;  /* "Spamhaus ZEN" */
	const char *words; /* by which replies name it */
	const char *terms; /* on which its owner lets it be asked */
	const char *form;  /* where to ask for removal */
};

enum dnsbl_state {
	DNSBL_PENDING,
	DNSBL_NOT_LISTED,
	DNSBL_LISTED,
	DNSBL_POLICY, /* a list of access lines, no accusation */
	DNSBL_UNASKED /* could not be asked: why */
};

struct dnsbl_finding {
	const struct dnsbl *list;
	enum dnsbl_state state;
	const char *code; /* "127.0.0.4"; NULL: none */
	const char *why;  /* what the code means, or why the list could not be asked */
};

struct dnsbl_run {
	const char *names[DNSBL_QUESTIONS];
	unsigned n;
	struct arena a; /* of the names; to be freed */
};

/* All that are known, and the one that is asked where a reply names none. */
const struct dnsbl *dnsbl_all(size_t *n);
const struct dnsbl *dnsbl_usual(void);

/* The list that the text of a reply names; NULL: none that is known. */
const struct dnsbl *dnsbl_named(const char *text);

/* "2.0.0.127.zen.spamhaus.org", nibbles for IPv6. */
#define DNSBL_NAME_SIZE 160
void dnsbl_question(const struct dnsbl *list, const struct ip *ip, char out[DNSBL_NAME_SIZE]);

/* Is the address listed there? Private ones are not asked about. */
void dnsbl_ask(struct dnsbl_run *run, const struct dns_view *view, const struct dnsbl *list,
	       const struct ip *ip, struct arena *a, struct dnsbl_finding *out);

#endif
