/*
 * client.h - one session with an IMAP server: connected, logged in, command by command.
 *
 *	st = imap_client_open(&account, &client, &err);
 *	st = imap_command(client, &handler, &err, "UID FETCH %s (UID RFC822.SIZE)", set);
 *	if (st == ST_OK && imap_done(client)->word != IMAP_OK)
 *		... imap_done(client)->text says why ...
 *	imap_client_close(client, true);
 *
 * A command returns ST_OK when the server has answered it, with whatever word; ST_RETRY when there
 * is no session any more (lost, too slow, told to end, or the server does not keep to the
 * protocol): close it. Answers are bounded in number, size and time.
 */
#ifndef INGEST_IMAP_CLIENT_H
#define INGEST_IMAP_CLIENT_H

#include <stdatomic.h>
#include <stdbool.h>

#include "ingest/imap/auth.h"
#include "ingest/imap/parse.h"

#define IMAP_TIMEOUT_MS 60000 /* of silence, where nothing else is said */

/* How a secret arrives. renew: the server refused the one given last; a token may be fetched anew.
 * ST_RETRY: not now; ST_FATAL: a person must act. */
struct imap_secret {
	void *ctx;
	enum status (*get)(void *ctx, bool renew, struct buf *out, struct err *err);
};

struct imap_account {
	const char *user, *host;
	unsigned port;
	bool tls; /* imaps; else STARTTLS, never in the clear */
	const char *ca_file;
	enum imap_mechanism mechanism;
	struct imap_secret secret;
	long timeout_ms;         /* of silence; 0: IMAP_TIMEOUT_MS */
	uint64_t mail_max;       /* a mail announced as larger is a broken answer */
	const atomic_bool *stop; /* may be NULL */
};

/* What a command's caller wants to see before its end; each may be NULL. Failing ends the session.
 */
struct imap_handler {
	void *ctx;
	enum status (*body)(void *ctx, const char *p, size_t n, struct err *err);
	enum status (*response)(void *ctx, const struct imap_response *r, struct err *err);
	uint64_t expected; /* bytes of mail that are asked for: more time */
};

/* How the last command ended; code and text are the server's. */
struct imap_done {
	enum imap_word word;
	char code[128], text[256];
};

enum imap_cap {
	IMAP_CAP_SASL_IR = 1 << 0,
	IMAP_CAP_IDLE = 1 << 1,
	IMAP_CAP_MOVE = 1 << 2,
	IMAP_CAP_UIDPLUS = 1 << 3,
	IMAP_CAP_ESEARCH = 1 << 4,
	IMAP_CAP_LOGINDISABLED = 1 << 5,
	IMAP_CAP_PLAIN = 1 << 6,
	IMAP_CAP_XOAUTH2 = 1 << 7,
	IMAP_CAP_OAUTHBEARER = 1 << 8,
};

struct imap_client;

/* Connect and log in. ST_FATAL: a person must act (certificate, password, token). */
enum status imap_client_open(const struct imap_account *account, struct imap_client **out,
			     struct err *err) MUST_CHECK;
/* polite: LOGOUT first. NULL is fine. */
void imap_client_close(struct imap_client *c, bool polite);

unsigned imap_caps(const struct imap_client *c);
uint32_t imap_exists(const struct imap_client *c); /* mails in the open folder, as told last */

enum status imap_command(struct imap_client *c, const struct imap_handler *h, struct err *err,
			 const char *fmt, ...) MUST_CHECK PRINTF_LIKE(4, 5);
const struct imap_done *imap_done(const struct imap_client *c);
void imap_set_done(struct imap_client *c, const struct imap_done *d); /* as if it were the last */

/* IDLE for up to ms, until the server tells of new mail or *stop is set. */
enum status imap_idle(struct imap_client *c, long ms, struct err *err) MUST_CHECK;

/* Did the server tell of new mail since this was asked last? */
bool imap_news(struct imap_client *c);

/* "INBOX" -> "\"INBOX\"": a folder (UTF-8) as an argument. ST_FATAL: it cannot be one. */
enum status imap_folder_arg(const char *folder, struct buf *out, struct err *err) MUST_CHECK;

#endif
