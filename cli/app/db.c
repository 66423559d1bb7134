/* Which database, and what must be true of it before a command runs. */
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "cli/app/app.h"
#include "core/log.h"
#include "core/mem.h"
#include "db/migrate.h"

/* libpq's variables that say where or as whom; those that only say how (PGSSLMODE, PGTZ) do not
 * make a choice. */
static const char *const libpq_variables[] = {
    "PGSERVICE", "PGSERVICEFILE", "PGHOST", "PGHOSTADDR", "PGPORT", "PGDATABASE", "PGUSER",
};

static bool libpq_is_told(void)
{
	for (size_t i = 0; i < sizeof libpq_variables / sizeof *libpq_variables; i++) {
		const char *v = getenv(libpq_variables[i]);
		if (v && v[0] != '\0')
			return true;
	}
	return false;
}

void app_choose_db(const struct app *app, const char **conninfo)
{
	const char *given = app->db_option ? app->db_option : app->config.database;
	if (given)
		*conninfo = strcmp(given, "local") == 0 ? NULL : given;
	else
		*conninfo = libpq_is_told() ? "" : NULL;
}

static int unreachable(const struct err *err)
{
	log_error("%s", err->msg);
	return EXIT_NO_DATABASE;
}

int app_no_cluster(enum status st, const struct err *err)
{
	if (st == ST_LATER)
		return app_fail(st, err);
	log_error("%s", err->msg);
	return st == ST_FATAL ? EXIT_CONFIG : EXIT_NO_DATABASE;
}

static enum status prepare_schema(struct app *app, struct err *err)
{
	int from, to;
	if (!app->is_private)
		return migrate_check(app->db, err);
	enum status st = migrate_run(app->db, &from, &to, err);
	if (st == ST_OK && from != to)
		log_info("database: schema brought from version %d to %d", from, to);
	return st;
}

static void on_waiting(const char *what, unsigned seconds)
{
	log_warn("waiting for the database, %u s so far: for %s", seconds, what);
}

/* Of commands that do not look at the flag themselves: whatever waits for the server does, and has
 * the statement cancelled; else the signal ends the program as usual. */
static void on_signal(int sig)
{
	atomic_store(&app_interrupted, true);
	if (db_is_waiting())
		return;
	signal(sig, SIG_DFL);
	raise(sig);
}

static void watch_waits(const struct app *app)
{
	struct sigaction sa = {.sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND};
	struct db_watch w = {.stop = &app_interrupted,
			     .waiting = on_waiting,
			     .silence_s = app->config.database_timeout};
	db_set_watch(&w);
	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
}

int app_open(struct app *app)
{
	struct err err;
	const char *conninfo;
	if (app->command->need == NEED_NOTHING || app->db)
		return EXIT_OK;
	watch_waits(app);
	app_choose_db(app, &conninfo);
	app->is_private = conninfo == NULL;
	enum status st = ST_OK;
	if (app->is_private)
		st = cluster_acquire(&app->cluster, &conninfo, &err);
	if (st != ST_OK)
		return app_no_cluster(st, &err);
	app->conninfo = app->conninfo_owned = mem_strdup(conninfo);
	if (db_open(app->conninfo, &app->db, &err) != ST_OK)
		return unreachable(&err);
	if (app->command->need == NEED_DB_ANY)
		return EXIT_OK;
	st = prepare_schema(app, &err);
	if (st == ST_OK)
		return EXIT_OK;
	if (st == ST_RETRY)
		return unreachable(&err);
	log_error("%s", err.msg);
	return EXIT_CONFIG;
}

enum status app_connect(struct app *app, struct db **out, struct err *err)
{
	return db_open(app->conninfo, out, err);
}

enum status app_revive(struct app *app, struct err *err)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	struct cluster *fresh = NULL;
	const char *conninfo;
	if (!app->is_private)
		return ST_OK;
	pthread_mutex_lock(&lock);
	/* Held before the old hold is given up, so that nobody stops it in between. */
	enum status st = cluster_acquire(&fresh, &conninfo, err);
	if (st == ST_OK) {
		cluster_release(app->cluster);
		app->cluster = fresh;
	}
	pthread_mutex_unlock(&lock);
	return st;
}

void app_close(struct app *app)
{
	db_close(app->db);
	app->db = NULL;
	if (app->cluster)
		cluster_release(app->cluster);
	app->cluster = NULL;
	free(app->conninfo_owned);
	app->conninfo = app->conninfo_owned = NULL;
}

int app_fail(enum status st, const struct err *err)
{
	log_error("%s", err->msg);
	switch (st) {
	case ST_OK:
		return EXIT_OK;
	case ST_ITEM:
		return EXIT_SOME_SET_ASIDE;
	case ST_LATER:
	case ST_RETRY:
		return EXIT_TRY_LATER;
	case ST_FATAL:
		break;
	}
	return EXIT_INTERNAL;
}
