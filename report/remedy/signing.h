/*
 * signing.h - of a sender's mail: what is signed as us, and what is and does not verify. Pure.
 *
 * A signature that fails and one that is missing are two things: who signs already needs another
 * key, or a signer behind whatever changes the mail, and no "start signing".
 */
#ifndef REPORT_REMEDY_SIGNING_H
#define REPORT_REMEDY_SIGNING_H

#include "report/sender/finding.h"
#include "report/sender/zone.h"

/* Messages; a signature of our organisation counts, whatever alignment the record asks for. */
struct signing {
	uint64_t passing;
	uint64_t failing; /* signed as us, and no such signature verifies */
	uint64_t bare;    /* no signature of ours */
};

struct signing signing_of(const struct zone *z, const struct sender *s);

/* The machines of a sender whose signatures fail: all of them do, from a day on. */
struct broken_machines {
	const char *names; /* "mx-b.example.com, 192.0.2.7"; of many the first */
	size_t n;
	uint64_t messages; /* that fail so */
	int32_t since,
	    last;        /* the first day, and the last on which they verified: INT32_MIN, never */
	const char *key; /* "k._domainkey.example.com" of most; NULL: no receiver told */
};

/* Names live in the arena of z->known. */
struct broken_machines signing_broken(const struct zone *z, const struct sender *s);

#endif
