/*
 * config.h - the configuration file, read with libconfuse.
 *
 *	# /etc/ruascope/ruascope.conf
 *	database = "service=dmarc"
 *	dns-server = "127.0.0.1:5353"
 *	catalogue = "services.csv"
 *	mailbox "rua" {
 *		url = "imaps://rua@mail.example.com/INBOX"
 *		password-file = "rua.password"
 *	}
 *
 * The file is the first of: --config FILE; $XDG_CONFIG_HOME/ruascope/ruascope.conf (~/.config when
 * it is not set); /etc/ruascope/ruascope.conf. None at all is fine; a --config that is missing, an
 * unknown key and a bad value are not.
 */
#ifndef CLI_CONFIG_H
#define CLI_CONFIG_H

#include <stdbool.h>
#include <stddef.h>

#include "core/err.h"
#include "core/sink.h"

/* A section mailbox "NAME"; strings are NULL, numbers 0 where nothing is said (cli/mailbox.h).
 * Paths begin where the configuration file is. */
struct config_mailbox {
	char *name, *url, *user, *ca, *mechanism, *archive;
	char *password_file, *password_command, *token_file, *token_command;
	char *on[OUT_COUNT];    /* on-stored ..., by enum outcome */
	unsigned poll, timeout; /* seconds */
};

struct config {
	char *path;       /* of the file that was read; NULL: none. All owned. */
	char *database;   /* libpq connection string, "local", or NULL */
	char *dns_server; /* ADDR[:PORT], or NULL */
	char *catalogue;  /* own services (docs/catalogue.md), or NULL; a relative path is made to
			   * begin where the configuration file is */
	struct config_mailbox *mailboxes;
	size_t n_mailboxes;
};

/* ST_FATAL: "FILE:LINE: what is wrong". config is zeroed first. */
enum status config_load(struct config *config, const char *explicit_path,
			struct err *err) MUST_CHECK;
void config_free(struct config *config);

/* ADDR[:PORT], [ADDR]:PORT for IPv6. */
bool config_is_server(const char *s);

#endif
