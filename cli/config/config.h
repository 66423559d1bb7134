/*
 * config.h - the configuration file, read with libconfuse.
 *
 *	# /etc/ruascope/ruascope.conf
 *	database = "service=dmarc"
 *	database-timeout = 60
 *	dns-server = "127.0.0.1:5353"
 *	catalogue = "services.csv"
 *	bounce-rules = "wordings.csv"
 *	domains = {"example.com"}
 *	trusted-authserv = {"mx.example.com"}
 *	require-auth = "known"
 *	group "customers" { domains = {"example.net"} } group.h
 *	mailbox rua { url = "imaps://..." ... } mailbox.h, oauth.h
 *
 * The file is the first of: --config FILE; $XDG_CONFIG_HOME/ruascope/ruascope.conf (~/.config when
 * it is not set); /etc/ruascope/ruascope.conf. None at all is fine; a --config that is missing, an
 * unknown key and a bad value are not.
 *
 * The wing config/: the configuration file. In: its text. Out: struct config. It includes nothing
 * of the room; libconfuse stays inside.
 */
#ifndef CLI_CONFIG_CONFIG_H
#define CLI_CONFIG_CONFIG_H

#include <stdbool.h>

#include "cli/config/group.h"
#include "cli/config/mailbox.h"
#include "cli/config/oauth.h"
#include "core/err.h"

struct config_mailbox {
	char *name; /* letters, digits, ".", "_" and "-" */
	struct config_source source;
	struct config_oauth oauth;
};

struct config {
	char *path;                /* of the file that was read; NULL: none. All owned. */
	char *database;            /* libpq connection string, "local", or NULL */
	unsigned database_timeout; /* seconds that a silent server is waited for; 0: the default */
	char *dns_server;          /* ADDR[:PORT], or NULL */
	char **readiness;          /* "A1 99 98": limits of checks; n_readiness of them */
	unsigned n_readiness;
	char **domains; /* ours; names below them count. None: nothing is said about that */
	unsigned n_domains;
	char **trusted_authserv; /* whose Authentication-Results are believed; n_trusted of them */
	unsigned n_trusted;
	int require; /* enum require_auth: whose reports must be proved to count */
	struct config_group *groups;
	unsigned n_groups;
	char *mmdb;         /* MaxMind DB of networks, or NULL; relative like catalogue */
	char *bounce_rules; /* own wordings of refusals (docs/bounces.md), or NULL; likewise */
	char *catalogue;    /* own services (docs/catalogue.md), or NULL; a relative path is made to
			     * begin where the configuration file is */
	struct config_mailbox *mailboxes;
	unsigned n_mailboxes;
};

/* ST_FATAL: "FILE:LINE: what is wrong". config is zeroed first. */
enum status config_load(struct config *config, const char *explicit_path,
			struct err *err) MUST_CHECK;
void config_free(struct config *config);

/* The section of this name, or NULL. */
const struct config_mailbox *config_mailbox(const struct config *config, const char *name);

/* The group of this name, in any case, or NULL. */
const struct config_group *config_group(const struct config *config, const char *name);

/* The path beside the configuration file, unless it is absolute; takes path and returns what is to
 * be freed. NULL stays NULL. */
char *config_beside(const char *config_path, char *path);

/* ADDR[:PORT], [ADDR]:PORT for IPv6. */
bool config_is_server(const char *s);

#endif
