/*
 * config.h - the configuration file, read with libconfuse.
 *
 *	# /etc/ruascope/ruascope.conf
 *	database = "service=dmarc"
 *	dns-server = "127.0.0.1:5353"
 *	catalogue = "services.csv"
 *
 * The file is the first of: --config FILE; $XDG_CONFIG_HOME/ruascope/ruascope.conf (~/.config when
 * it is not set); /etc/ruascope/ruascope.conf. None at all is fine; a --config that is missing, an
 * unknown key and a bad value are not.
 */
#ifndef CLI_CONFIG_H
#define CLI_CONFIG_H

#include <stdbool.h>

#include "core/err.h"

struct config {
	char *path;       /* of the file that was read; NULL: none. All owned. */
	char *database;   /* libpq connection string, "local", or NULL */
	char *dns_server; /* ADDR[:PORT], or NULL */
	char *mmdb;       /* MaxMind DB of networks, or NULL; relative like catalogue */
	char *catalogue;  /* own services (docs/catalogue.md), or NULL; a relative path is made to
			   * begin where the configuration file is */
};

/* ST_FATAL: "FILE:LINE: what is wrong". config is zeroed first. */
enum status config_load(struct config *config, const char *explicit_path,
			struct err *err) MUST_CHECK;
void config_free(struct config *config);

/* ADDR[:PORT], [ADDR]:PORT for IPv6. */
bool config_is_server(const char *s);

#endif
