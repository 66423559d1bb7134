/*
 * dkim.h - what the DKIM signatures of one mail are worth (RFC 6376, 8301, 8463).
 *
 * Whoever writes to the mailbox chooses how many there are and whose keys they name; what they cost
 * is bounded: LIMIT_AUTH_LOOKED names are asked, LIMIT_AUTH_VERIFIED signatures verified, the body
 * is read once for each way to canonicalise it.
 */
#ifndef INGEST_AUTH_DKIM_H
#define INGEST_AUTH_DKIM_H

#include "core/authentic.h"
#include "core/mail_key.h"
#include "ingest/auth/authenticate.h"
#include "ingest/auth/crypto.h"
#include "ingest/auth/field.h"

struct dkim_mail {
	const struct mail_around *mail;
	const struct header *header;
	const char *from; /* domain of the one author; NULL: none, or several */
	int64_t date;     /* 0: none */
	int64_t now;
};

struct dkim_tools {
	const struct name_rules *rules;
	const struct mail_keys *keys; /* NULL: nobody has any */
	struct crypto *crypto;
};

/* result, by and domain of out; the domain lives in a. */
void dkim_judge(const struct dkim_tools *t, const struct dkim_mail *m, struct arena *a,
		struct authentic *out);

#endif
