/*
 * mailbox.h - which mailbox, and how it is opened: from options, or from a section of the
 * configuration file.
 *
 *	mailbox "rua" {
 *		url = "imaps://rua@mail.example.com/INBOX"
 *		password-file = "rua.password"
 *		archive = "DMARC"
 *		on-rejected = "leave"
 *	}
 *
 * A secret comes from a file, a command or the environment, and goes to the server only.
 *
 * The wing mailbox/: from settings and secrets to a mailbox that can be opened. In: options and
 * configuration. Out: struct mailbox. It may include app/ and config/.
 */
#ifndef CLI_MAILBOX_MAILBOX_H
#define CLI_MAILBOX_MAILBOX_H

#include "cli/config/config.h"
#include "ingest/imap/imap.h"
#include "ingest/imap/url.h"
#include "ingest/oauth/oauth.h"

/* What the command line says; NULL or 0: nothing. It wins over the configuration. */
struct mailbox_options {
	const char *user, *ca, *archive;
	const char *password_file, *password_command;
	unsigned timeout_s, poll_s;
};

struct mailbox {
	struct imap_url url;
	struct config_source from; /* borrows from the configuration and the options */
	struct oauth_options oauth_options;
	struct oauth *oauth;      /* tokens that are fetched; NULL: none */
	struct imap_options imap; /* account, folder, filing, poll_s are filled in */
	char *env_password;       /* RUASCOPE_IMAP_PASSWORD */
	const atomic_bool *stop;
};

/* what: a URL, or the name of a section. ST_FATAL: what is wrong. m must not move afterwards. */
enum status mailbox_init(struct mailbox *m, const char *what, const struct config *config,
			 const struct mailbox_options *options, struct err *err) MUST_CHECK;
void mailbox_free(struct mailbox *m);

#endif
