/*
 * authenticate.h - who sent the mail that holds a report (core/authentic.h).
 *
 * The wing auth/: In: the very bytes of one mail, what cli/ knows of keys. Out: a verdict. Two
 * proofs count: a DKIM signature that is verified here (RFC 6376, 8301, 8463), and what a server
 * that the configuration trusts wrote into Authentication-Results (RFC 8601). It includes nothing
 * of the room; libcrypto is behind crypto.h.
 *
 *	struct authenticator *a = authenticator_new(&options, rules);
 *	authenticate(a, &mail, now, &authentic);
 *	authenticator_free(a);
 *
 * Nothing here fails: what cannot be said is AUTH_UNKNOWN.
 */
#ifndef INGEST_AUTH_AUTHENTICATE_H
#define INGEST_AUTH_AUTHENTICATE_H

#include "core/authentic.h"
#include "core/blob.h"
#include "core/domain.h"
#include "core/mail_key.h"

/* The innermost mail around a document. */
struct mail_around {
	struct blob blob; /* from its first header field to its end, as it came */
	uint64_t number;  /* of the mails in an input */
	bool enclosed;    /* in another mail, whose sender may write any header he likes */
	bool multipart;   /* the document is in one of its parts */
	bool mbox;        /* out of an mbox: ">From " at a line's start may have been "From " */
	bool unsure;      /* where it ends, or what is in it, was guessed */
};

struct auth_options {
	const char *const *trusted; /* authserv-ids, in any case; whose results are believed */
	size_t n_trusted;
	const struct mail_keys *keys; /* NULL: nobody has any */
};

struct authenticator;

/* One a worker. options NULL: nothing is asked, no header believed; else borrowed. */
struct authenticator *authenticator_new(const struct auth_options *options,
					const struct name_rules *rules);
void authenticator_free(struct authenticator *a);

/* Another input begins: mails are counted anew. */
void authenticator_forget(struct authenticator *a);

/* mail NULL: a file without one. What out points to lives until the next call. now: seconds since
 * 1970. */
void authenticate(struct authenticator *a, const struct mail_around *mail, int64_t now,
		  struct authentic *out);

#endif
