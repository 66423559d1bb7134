/*
 * authentic.h - CONTRACT: what is known of who sent a report. Filled where the mail that carries
 * the report is read (ingest/mail), stored with the report (db/load), weighed where reporters are
 * judged (report/). It is never a reason to drop a report.
 *
 * It is said of the innermost mail that holds the report, never inherited from an outer one, and
 * says nothing about the organisation that the report names: that is `proved`, which the loader
 * decides.
 */
#ifndef CORE_AUTHENTIC_H
#define CORE_AUTHENTIC_H

#include <stdbool.h>
#include <stdint.h>

/* As RFC 7489 aligns, always relaxed, between the author's domain and who answers for the mail. */
enum auth {
	AUTH_UNKNOWN,   /* no mail, not asked, key gone, DNS silent: nothing can be said */
	AUTH_ALIGNED,   /* a signature is good, and its d= aligns with From */
	AUTH_UNALIGNED, /* good signatures, but of others */
	AUTH_NONE,      /* no signature that could be looked at */
	AUTH_FAIL,      /* a key was found, and the signature does not fit */
	AUTH_COUNT
};

extern const char *const auth_names[AUTH_COUNT]; /* "unknown", "aligned" ... */

enum auth_by {
	AUTH_BY_NOBODY,
	AUTH_BY_DKIM,    /* verified here, RFC 6376 */
	AUTH_BY_RESULTS, /* Authentication-Results of a trusted authserv-id, RFC 8601 */
	AUTH_BY_COUNT
};

extern const char *const auth_by_names[AUTH_BY_COUNT]; /* NULL, "dkim", "authentication-results" */

struct authentic {
	enum auth result;
	enum auth_by by;
	bool mail;          /* false: a file without a mail; an operator put it there */
	int64_t date;       /* of the mail's Date, seconds since 1970; 0: none that can be read */
	const char *domain; /* d=, or header.from; normalised; NULL for none and unknown */
	const char *from; /* the one From address, its domain normalised; NULL: none, or several */
	bool enclosed;    /* in another mail, whose sender chose its Date */
};

/* Of a document without a mail, and of whatever nobody looked at. */
extern const struct authentic authentic_nothing;

#endif
