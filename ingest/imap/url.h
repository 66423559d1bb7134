/*
 * url.h - imaps://user@host[:port]/FOLDER (RFC 5092, as people write it). No I/O.
 *
 * imap:// is STARTTLS. The user's own "@" needs no escape; a folder is UTF-8, %XX is decoded in
 * both. No folder: INBOX. A password is refused: arguments can be seen by everybody.
 */
#ifndef INGEST_IMAP_URL_H
#define INGEST_IMAP_URL_H

#include <stdbool.h>

#include "core/err.h"

struct imap_url {
	char *user; /* NULL: not in it */
	char *host, *folder;
	unsigned port;
	bool tls;
};

/* ST_FATAL: what is wrong. */
enum status imap_url_parse(const char *text, struct imap_url *out, struct err *err) MUST_CHECK;
void imap_url_free(struct imap_url *u);

#endif
