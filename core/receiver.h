/*
 * receiver.h - receivers that send reports: which are large, and whose mail about them is their
 * own. Pure.
 *
 * Anybody may sign his own mail and write into a report whatever organisation he likes. So a report
 * is proved only when the domain that answers for its mail belongs to the organisation that it
 * names (RFC 7489 section 7.2.1.1, RFC 9990: the mail itself must be authentic, not more).
 */
#ifndef CORE_RECEIVER_H
#define CORE_RECEIVER_H

#include <stdbool.h>
#include <stddef.h>

#include "core/authentic.h"
#include "core/domain.h"

/*
 * How much the word of a report counts, by its mail. Stored with the report as this number, and in
 * folds: values stay.
 */
enum standing {
	STANDING_FILE,     /* no mail, or one too old for its key to be there still: in full */
	STANDING_PROVED,   /* aligned, and the organisation's own */
	STANDING_OPEN,     /* out of a mail that proves nothing */
	STANDING_ACCEPTED, /* a person gave it its place */
	STANDING_COUNT
};

/* Two ranks: what a report of the other rank with the same identity gives way to, and the rest. */
static inline bool standing_is_high(enum standing s)
{
	return s == STANDING_PROVED || s == STANDING_ACCEPTED;
}

/* An organisation's name as it is compared: ASCII letters small, blanks one each, none outside. */
#define RECEIVER_NAME 1100 /* LIMIT_TEXT and room */
void receiver_fold(const char *org_name, char out[RECEIVER_NAME]);

/* Is it a large receiver, by the name under which it reports? */
bool receiver_is_large(const char *org_name);

/* One whose reports are known to be signed, by which domain and from which address: it can prove
 * them from the first on. */
bool receiver_can_prove(const char *org_name);

enum sender_claim {
	CLAIM_NOTHING, /* not aligned; another's domain; or a customer of a mail service */
	CLAIM_SIGNED,  /* aligned; whether the domain is the organisation's, days must tell */
	CLAIM_OWN,     /* aligned; the organisation is named by its domain, and it is that one */
	CLAIM_LISTED,  /* aligned; the pair is in the table */
};

/* What the mail says about the organisation that its report names. a->domain and a->from are in
 * normal form. rules: NULL takes every name for its own organisational domain. */
enum sender_claim receiver_claim(const struct name_rules *rules, const char *org_name,
				 const struct authentic *a);

#endif
