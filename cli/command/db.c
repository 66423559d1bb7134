/* ruascope db: the database in use - its schema, its size, its life. */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cli/app/app.h"
#include "cli/command/commands.h"
#include "core/day.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/text.h"
#include "db/migrate.h"
#include "db/pg/conninfo.h"
#include "db/prune.h"

static int no_arguments(struct app *app, int argc, char **argv)
{
	static const struct option none[] = {{NULL, 0, NULL, 0}};
	int c = getopt_long(argc, argv, ":", none, NULL);
	if (c != -1)
		return bad_option(app, argv, c);
	return optind < argc ? usage_error(app, "unexpected \"%s\"", argv[optind]) : EXIT_OK;
}

int cmd_db_migrate(struct app *app, int argc, char **argv)
{
	struct err err;
	int from, to;
	int rc = no_arguments(app, argc, argv);
	if (rc == EXIT_OK)
		rc = app_open(app);
	if (rc != EXIT_OK)
		return rc;
	enum status st = migrate_run(app->db, &from, &to, &err);
	if (st == ST_FATAL) {
		log_error("%s", err.msg);
		return EXIT_CONFIG;
	}
	if (st != ST_OK)
		return app_fail(st, &err);
	if (from == to)
		printf("The schema is at version %d already.\n", to);
	else
		printf("The schema was brought from version %d to version %d.\n", from, to);
	return EXIT_OK;
}

static int prune_options(struct app *app, int argc, char **argv, uint64_t *keep)
{
	static const struct option options[] = {{"keep", required_argument, NULL, 256},
						{NULL, 0, NULL, 0}};
	int c;
	while ((c = getopt_long(argc, argv, ":", options, NULL)) != -1) {
		if (c != 256)
			return bad_option(app, argv, c);
		if (!text_to_u64(optarg, strlen(optarg), keep) || *keep == 0 || *keep > 12000)
			return usage_error(app, "--keep: \"%s\" is not a number of months", optarg);
	}
	if (optind < argc)
		return usage_error(app, "unexpected \"%s\"", argv[optind]);
	return *keep == 0 ? usage_error(app, "--keep MONTHS is missing") : EXIT_OK;
}

/* The running month is not counted: --keep 1 keeps it and the one before. */
int cmd_db_prune(struct app *app, int argc, char **argv)
{
	struct err err;
	struct prune_result r;
	uint64_t keep = 0;
	char from[DAY_STRLEN];
	int rc = prune_options(app, argc, argv, &keep);
	if (rc == EXIT_OK)
		rc = app_open(app);
	if (rc != EXIT_OK)
		return rc;
	int32_t first = month_first_day(month_of_day(day_from_unix(time(NULL))) - (int32_t)keep);
	enum status st = db_prune(app->db, first, &r, &err);
	if (st != ST_OK)
		return app_fail(st, &err);
	printf(
	    "Kept everything from %s on. Dropped: %u monthly partitions, %llu reports, %llu ledger "
	    "rows, %llu quarantined.\n",
	    day_format(first, from), r.partitions, (unsigned long long)r.reports,
	    (unsigned long long)r.ledger_rows, (unsigned long long)r.quarantined);
	return EXIT_OK;
}

/* Start and stop are about the private cluster: --db elsewhere is a mistake. */
static int private_only(struct app *app)
{
	const char *conninfo;
	app_choose_db(app, &conninfo);
	return conninfo ? usage_error(app, "the database in use is not the private cluster "
					   "(--db local names it)")
			: EXIT_OK;
}

int cmd_db_start(struct app *app, int argc, char **argv)
{
	struct err err;
	const char *conninfo;
	int rc = no_arguments(app, argc, argv);
	if (rc == EXIT_OK)
		rc = private_only(app);
	if (rc != EXIT_OK)
		return rc;
	enum status st = cluster_acquire(&app->cluster, &conninfo, &err);
	if (st == ST_OK)
		st = cluster_keep(app->cluster, &err);
	if (st != ST_OK)
		return app_no_cluster(st, &err);
	printf("The private cluster is running: %s\n", conninfo);
	return EXIT_OK;
}

int cmd_db_stop(struct app *app, int argc, char **argv)
{
	struct err err;
	bool was_running = false;
	int rc = no_arguments(app, argc, argv);
	if (rc == EXIT_OK)
		rc = private_only(app);
	if (rc != EXIT_OK)
		return rc;
	enum status st = cluster_stop(&was_running, &err);
	if (st != ST_OK)
		return app_no_cluster(st, &err);
	puts(was_running ? "The private cluster was stopped."
			 : "The private cluster was not running.");
	return EXIT_OK;
}

extern char **environ;

/* psql as a child: the private cluster must be held while it runs. Interrupts are psql's. */
static int run_psql(char **argv)
{
	posix_spawnattr_t attr;
	sigset_t reset;
	pid_t pid;
	int status = 0;
	sigemptyset(&reset);
	sigaddset(&reset, SIGINT);
	sigaddset(&reset, SIGQUIT);
	sigaddset(&reset, SIGPIPE);
	signal(SIGINT, SIG_IGN);
	signal(SIGQUIT, SIG_IGN);
	posix_spawnattr_init(&attr);
	posix_spawnattr_setsigdefault(&attr, &reset);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGDEF);
	int rc = posix_spawnp(&pid, "psql", NULL, &attr, argv, environ);
	posix_spawnattr_destroy(&attr);
	if (rc != 0) {
		log_error("psql: %s", strerror(rc));
		return EXIT_INTERNAL;
	}
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_INTERNAL;
}

int cmd_db_psql(struct app *app, int argc, char **argv)
{
	struct err err;
	struct buf conninfo;
	int first = argc > 1 && strcmp(argv[1], "--") == 0 ? 2 : 1;
	int rc = app_open(app);
	if (rc != EXIT_OK)
		return rc;
	buf_init(&conninfo, MIB);
	enum status st = conninfo_hide(app->conninfo, &conninfo, &err);
	if (st != ST_OK) {
		buf_free(&conninfo);
		return app_fail(st, &err);
	}
	db_close(app->db); /* it was good; psql makes its own */
	app->db = NULL;
	char **args = mem_grow(NULL, (size_t)argc + 4, sizeof *args);
	char name[] = "psql", option[] = "-d"; /* argv is not const */
	int n = 0;
	args[n++] = name;
	if (conninfo.len > 0) {
		args[n++] = option;
		args[n++] = conninfo.data;
	}
	for (int i = first; i < argc; i++)
		args[n++] = argv[i];
	args[n] = NULL;
	rc = run_psql(args);
	free(args);
	buf_free(&conninfo);
	return rc;
}
