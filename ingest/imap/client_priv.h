/*
 * client_priv.h - private to this wing: a session in two files.
 *
 *	client.c   commands and answers, IDLE
 *	login.c    AUTHENTICATE and LOGIN
 */
#ifndef INGEST_IMAP_CLIENT_PRIV_H
#define INGEST_IMAP_CLIENT_PRIV_H

#include "ingest/imap/client.h"
#include "ingest/imap/conn.h"

struct imap_client {
	struct imap_account account;
	long timeout_ms;
	struct imap_conn *conn;
	struct imap_reader reader;
	char in[32 * 1024];
	const char *p; /* in[]: n bytes not read yet */
	size_t n;

	unsigned n_commands;
	char tag[32];
	uint64_t answers, answer_bytes; /* to the command at hand */
	struct imap_done done;
	char challenge[8 * 1024]; /* text of the last "+" */

	unsigned caps;
	bool news;
	uint32_t exists;
	char bye[256];
};

/* One line; tagged: a new command. */
enum status imap_say(struct imap_client *c, bool tagged, const char *text,
		     struct err *err) MUST_CHECK;

/* Until the command's end. With continued: or until a "+", then *continued. */
enum status imap_wait(struct imap_client *c, const struct imap_handler *h, bool *continued,
		      struct err *err) MUST_CHECK;

enum status imap_log_in(struct imap_client *c, struct err *err) MUST_CHECK;

#endif
