/* ruascope db distribute: the schema over several machines, with Citus. */
#include <getopt.h>
#include <stdio.h>

#include "cli/app/app.h"
#include "cli/command/commands.h"
#include "core/log.h"
#include "db/distribute.h"

int cmd_db_distribute(struct app *app, int argc, char **argv)
{
	static const struct option options[] = {{"print", no_argument, NULL, 256},
						{NULL, 0, NULL, 0}};
	struct err err;
	bool print = false;
	int c;
	while ((c = getopt_long(argc, argv, ":", options, NULL)) != -1) {
		if (c != 256)
			return bad_option(app, argv, c);
		print = true;
	}
	if (optind < argc)
		return usage_error(app, "unexpected \"%s\"", argv[optind]);
	if (print) {
		fputs(distribute_statements(), stdout);
		return EXIT_OK;
	}
	int rc = app_open(app);
	if (rc != EXIT_OK)
		return rc;
	enum status st = db_distribute(app->db, &err);
	if (st == ST_FATAL) {
		log_error("%s", err.msg);
		return EXIT_CONFIG;
	}
	if (st != ST_OK)
		return app_fail(st, &err);
	puts("The tables are distributed by domain.");
	return EXIT_OK;
}
