/*
 * roster.h - the senders of a domain by all that a person may call them. Pure.
 *
 *	facts of months, DNS as it was kept -> [roster] -> which sender was meant
 *
 * An inventory names senders by what it saw in its period; the name of a month ago is a name, too.
 * So a roster has the senders of each month, as inventory_domain() would make them of it.
 */
#ifndef REPORT_ROSTER_H
#define REPORT_ROSTER_H

#include "core/label.h"
#include "core/text.h"
#include "report/sender/finding.h"
#include "report/sender/knowledge.h"

/* A sender in a month. */
struct roster_entry {
	const char *key;  /* with its mark */
	const char *name; /* as printed, a person's own name for it left aside */
	const struct sender *sender;
};

struct roster {
	struct roster_entry *entries; /* the newest month last */
	size_t n;
};

/* n windows of one domain, the oldest first. All lives in the arena of k and borrows from months
 * and the view; without DNS (no view) the names are those that reports alone give. */
void roster_read(const struct domain_facts *months, size_t n, struct knowledge *k,
		 struct roster *out);

#define ROSTER_MATCHES 8

struct roster_match {
	const char *keys[ROSTER_MATCHES]; /* as a label stores them, each once */
	size_t n, more;                   /* more: that did not fit */
};

/*
 * Which senders text means: a key, with or without mark; a name as printed, with or without what it
 * adds for the mark ("(SPF fails)"); what follows the colon of a key; else the name of an address.
 * Letters may be of any case. A mark that is named stays in the key; else all of them are meant.
 */
void roster_find(const struct roster *r, const char *text, struct arena *a,
		 struct roster_match *out);

/* The length of a printed name without what it adds for a mark; *mark is that one, or "". */
size_t roster_plain(const char *name, const char **mark);

/* The labelled network that has an address of this name ("192.0.2.0/24"), or NULL. */
const char *roster_swallowed(const struct roster *r, const char *text);

/* The one whose name or key is nearest to text, offered to near; NULL: none is nearer. */
const struct roster_entry *roster_nearest(const struct roster *r, struct text_nearest *near,
					  struct arena *a);

/* A sender with addresses in a network: its last name, and what these addresses sent. */
struct roster_holding {
	const char *key, *name; /* without mark */
	uint64_t messages, dmarc_pass;
	bool approved, passes; /* approved: by a label of its own; passes: half of the messages */
};

/* Those that a label of this network would take addresses from; approved ones first, then those
 * that pass, then by messages. Addresses that have a smaller labelled network stay there. */
void roster_within(const struct roster *r, const struct ip *network, unsigned bits, struct arena *a,
		   struct roster_holding **holdings, size_t *n);

#endif
