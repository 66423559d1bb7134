/*
 * auth.h - the words of SASL (RFC 4616, 7628; XOAUTH2 as Google and Microsoft have it). No
 * I/O.
 *
 * A secret is a password or an access token. It stands in these buffers and in the command that is
 * sent, nowhere else: no message of ours holds it.
 */
#ifndef INGEST_IMAP_AUTH_H
#define INGEST_IMAP_AUTH_H

#include <stdbool.h>

#include "core/buf.h"
#include "core/err.h"

enum imap_mechanism {
	IMAP_PASSWORD, /* PLAIN, or LOGIN where the server has no PLAIN */
	IMAP_TOKEN,    /* OAUTHBEARER, or XOAUTH2 where the server has no OAUTHBEARER */
	IMAP_PLAIN,
	IMAP_LOGIN, /* the LOGIN command */
	IMAP_XOAUTH2,
	IMAP_OAUTHBEARER,
};

#define IMAP_SECRET_MAX (64 * 1024) /* tokens of 4 KiB have been seen */

/* ST_FATAL: text holds CR, LF or NUL (n is its whole length), or is empty; what names it. */
enum status imap_check_text(const char *what, const char *text, size_t n,
			    struct err *err) MUST_CHECK;

/* The first message of the mechanism (PLAIN, XOAUTH2 or OAUTHBEARER), in base64. */
void imap_sasl(enum imap_mechanism m, const char *user, const char *secret, const char *host,
	       unsigned port, struct buf *out);

/* What ends an exchange after the server sent a failure as a challenge (RFC 7628 3.2.3). */
const char *imap_sasl_give_up(enum imap_mechanism m);

/* The words in such a challenge, decoded; nothing when it is no base64. */
void imap_sasl_words(const char *challenge, size_t n, struct buf *out);

#endif
