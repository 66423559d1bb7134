/* ruascope ingest: files and mails into the database. */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/app/app.h"
#include "cli/app/mail_keys.h"
#include "cli/command/commands.h"
#include "cli/intake/choice.h"
#include "cli/intake/ingest_imap.h"
#include "cli/intake/own.h"
#include "cli/intake/progress.h"
#include "cli/intake/summary.h"
#include "core/day.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/text.h"
#include "db/load/load.h"
#include "ingest/budget.h"
#include "ingest/workers.h"

struct ingest_options {
	bool json, dry;
	bool no_auth; /* nobody is asked who sent a report, and no header believed */
	int jobs;
	const char *archive;
	struct limits limits;
	char **paths;
	int n_paths;
	struct mailbox_choice mailboxes;
};

/* One loader a worker; the first works on the connection that is there already. */
struct loaders {
	struct app *app;
	int64_t run_id;
	bool dry;
	const struct limits *limits;
	struct load_known *known;
	const struct name_rules *rules;
	int n;
	struct loader *loader[WORKERS_MAX];
	struct db *db[WORKERS_MAX]; /* NULL: the application's */
};

static enum status loader_open(void *ctx, struct sink **sink, struct err *err)
{
	struct loaders *l = ctx;
	struct db *db = l->app->db;
	enum status st = ST_OK;
	l->db[l->n] = NULL;
	if (l->n > 0) {
		st = app_connect(l->app, &l->db[l->n], err);
		db = l->db[l->n];
	}
	if (st == ST_OK)
		st = load_open(db, l->run_id, l->dry, l->known, &l->loader[l->n], err);
	if (st != ST_OK) {
		db_close(l->db[l->n]);
		return st;
	}
	load_names(l->loader[l->n], l->rules);
	load_quarantine(l->loader[l->n], l->limits->quarantine, tell_trimmed);
	*sink = load_sink(l->loader[l->n++]);
	return ST_OK;
}

static void loader_close(void *ctx, struct sink *sink)
{
	struct loaders *l = ctx;
	for (int i = 0; i < l->n; i++) {
		if (!l->loader[i] || load_sink(l->loader[i]) != sink)
			continue;
		load_close(l->loader[i]);
		db_close(l->db[i]);
		l->loader[i] = NULL;
		return;
	}
}

static double seconds_since(const struct timespec *t)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)(now.tv_sec - t->tv_sec) + (double)(now.tv_nsec - t->tv_nsec) / 1e9;
}

static int after_run(struct app *app, int64_t run_id, const struct ingest_totals *t)
{
	struct err err;
	enum status st = load_run_end(app->db, run_id, t->inputs, &err);
	return st == ST_OK ? EXIT_OK : app_fail(st, &err);
}

static int exit_code(const struct ingest_totals *t)
{
	if (t->later > 0)
		return EXIT_TRY_LATER;
	if (t->outcomes[OUT_REJECTED] > 0 || t->outcomes[OUT_CONFLICT] > 0 || t->not_moved > 0)
		return EXIT_SOME_SET_ASIDE;
	return EXIT_OK;
}

/* What went wrong with the run as a whole, as an exit code; EXIT_OK: nothing. */
static int run_failure(enum status st, bool opened, const struct err *err)
{
	if (st != ST_OK) {
		int rc = app_fail(st, err);
		return st == ST_RETRY && !opened ? EXIT_NO_DATABASE : rc;
	}
	if (!atomic_load(&app_interrupted))
		return EXIT_OK;
	log_warn("interrupted; what is counted here is stored, the rest is for the next run");
	return EXIT_TRY_LATER;
}

static void print_summary(const struct ingest_options *o, const struct ingest_totals *t,
			  const struct timespec *began)
{
	if (o->json)
		summary_json(t, seconds_since(began));
	else
		summary_text(t, seconds_since(began), o->dry);
}

/* A directory that is not the right one looks like one in which all is done. */
static void say_nothing_found(const struct ingest_options *o, const struct ingest_totals *t)
{
	uint64_t found = t->later;
	for (int i = 0; i < OUT_COUNT; i++)
		found += i == OUT_NOT_A_REPORT ? 0 : t->outcomes[i];
	if (found == 0 && t->inputs > 0)
		log_warn("%s%s: no report in any of %llu inputs", o->paths[0],
			 o->n_paths > 1 ? " and the other paths" : "",
			 (unsigned long long)t->inputs);
}

static int ingest(struct app *app, const struct ingest_options *o, struct archive *archive,
		  struct mail_key_source *keys, const struct own *own)
{
	struct err err;
	struct timespec began;
	struct ingest_totals totals = {0};
	struct ingest_progress numbers = {0};
	struct loaders loaders = {
	    .app = app, .dry = o->dry, .limits = &o->limits, .known = load_known_new()};
	struct sink_factory factory = {&loaders, loader_open, loader_close};
	bool opened = false;
	clock_gettime(CLOCK_MONOTONIC, &began);
	if (!o->dry && load_run_begin(app->db, o->paths[0], &loaders.run_id, &err) != ST_OK) {
		log_error("%s", err.msg);
		load_known_free(loaders.known);
		return EXIT_NO_DATABASE;
	}
	loaders.rules = own->rules;
	struct workers_options w = {
	    .pipeline = {.rules = own->rules,
			 .domains = own->domains,
			 .n_domains = own->n,
			 .limits = &o->limits,
			 .auth = mail_key_source_options(keys),
			 .archive = archive,
			 .progress = &numbers},
	    .jobs = o->jobs,
	    .stop = &app_interrupted,
	};
	app_catch_signals();
	struct progress *bar = app->verbosity < 0 ? NULL : progress_start(&numbers);
	enum status st = workers_run(&w, &factory, (const char *const *)o->paths, o->n_paths,
				     &totals, &opened, &err);
	progress_stop(bar);
	int rc = run_failure(st, opened, &err);
	if (!o->dry && st == ST_OK) {
		int after = after_run(app, loaders.run_id, &totals);
		rc = rc != EXIT_OK ? rc : after;
		mail_key_source_keep(keys, app->db);
	}
	print_summary(o, &totals, &began);
	if (rc == EXIT_OK) {
		say_nothing_found(o, &totals);
		rc = exit_code(&totals);
	}
	ingest_totals_free(&totals);
	load_known_free(loaders.known);
	return rc;
}

/* ---- from mailboxes ---- */

/* A loader for each mailbox. */
struct mail_loaders {
	const struct ingest_options *o;
	const struct own *own;
	struct mail_key_source *keys; /* NULL: nobody is asked who sent a report */
};

static enum status mail_loader_open(void *ctx, struct db *db, int64_t run_id, struct sink **sink,
				    struct err *err)
{
	const struct mail_loaders *m = ctx;
	struct loader *l;
	enum status st = load_open(db, run_id, m->o->dry, NULL, &l, err);
	if (st != ST_OK)
		return st;
	load_quarantine(l, m->o->limits.quarantine, tell_trimmed);
	load_names(l, m->own->rules);
	*sink = load_sink(l);
	return ST_OK;
}

static void mail_loader_close(void *ctx, struct sink *sink)
{
	(void)ctx;
	load_close(load_of(sink));
}

static void mail_loader_passed(void *ctx, struct db *db)
{
	const struct mail_loaders *m = ctx;
	mail_key_source_keep(m->keys, db);
}

static int read_mailboxes(struct app *app, const struct ingest_options *o,
			  const struct mail_loaders *loaders)
{
	const struct imap_sinks sinks = {(void *)loaders, mail_loader_open, mail_loader_close,
					 mail_loader_passed};
	struct ingest_progress numbers = {0};
	struct ingest_totals totals = {0};
	struct timespec began;
	const struct imap_job job = {.app = app,
				     .sinks = &sinks,
				     .pipeline = {.rules = loaders->own->rules,
						  .domains = loaders->own->domains,
						  .n_domains = loaders->own->n,
						  .limits = &o->limits,
						  .auth = mail_key_source_options(loaders->keys),
						  .progress = &numbers},
				     .mailboxes = o->mailboxes.mailboxes,
				     .n = o->mailboxes.n,
				     .dry = o->dry,
				     .watch = o->mailboxes.watch};
	clock_gettime(CLOCK_MONOTONIC, &began);
	app_catch_signals();
	struct progress *bar = app->verbosity < 0 ? NULL : progress_start(&numbers);
	int rc = ingest_imap(&job, &totals);
	mail_key_source_close(loaders->keys);
	progress_stop(bar);
	print_summary(o, &totals, &began);
	if (rc == EXIT_OK && !job.watch)
		rc = exit_code(&totals);
	if (!o->dry)
		own_propose(app, loaders->own, o->json);
	ingest_totals_free(&totals);
	return rc;
}

static int ingest_mailboxes(struct app *app, struct ingest_options *o)
{
	struct own own = {0};
	struct mail_loaders loaders = {.o = o, .own = &own};
	o->mailboxes.options.archive = o->archive;
	int rc = mailbox_choice_open(app, &o->mailboxes);
	if (rc == EXIT_OK)
		rc = app_open(app);
	if (rc == EXIT_OK && !o->no_auth)
		rc = mail_key_source_open(app, &loaders.keys);
	if (rc == EXIT_OK) {
		rc = own_open(app, &own);
		if (rc == EXIT_OK)
			rc = read_mailboxes(app, o, &loaders);
		else
			mail_key_source_close(loaders.keys);
	}
	own_close(&own);
	mailbox_choice_close(&o->mailboxes);
	return rc;
}

/* ---- options ---- */

enum {
	OPT_JSON = 256,
	OPT_DRY,
	OPT_JOBS,
	OPT_ARCHIVE,
	OPT_NO_AUTH,
};

static int read_option(struct app *app, struct ingest_options *o, int c, char **argv)
{
	uint64_t jobs;
	if (c >= OPT_LIMITS && c < OPT_LIMITS_END) {
		if (!limit_option(app, &o->limits, c, optarg))
			return EXIT_USAGE;
		return EXIT_OK;
	}
	switch (c) {
	case OPT_JSON:
		o->json = true;
		return EXIT_OK;
	case OPT_DRY:
		o->dry = true;
		return EXIT_OK;
	case OPT_JOBS:
		if (!parse_size(optarg, &jobs) || jobs > WORKERS_MAX)
			return usage_error(app, "--jobs: \"%s\" is not a number from 1 to %d",
					   optarg, WORKERS_MAX);
		o->jobs = (int)jobs;
		return EXIT_OK;
	case OPT_ARCHIVE:
		o->archive = optarg;
		return EXIT_OK;
	case OPT_NO_AUTH:
		o->no_auth = true;
		return EXIT_OK;
	default:
		return mailbox_choice_option(app, &o->mailboxes, c, argv);
	}
}

static int check_options(const struct app *app, const struct ingest_options *o)
{
	int rc = mailbox_choice_check(app, &o->mailboxes, o->n_paths);
	if (rc == EXIT_OK && o->mailboxes.watch && o->dry)
		rc = usage_error(app, "--watch and --dry-run cannot be combined");
	return rc == EXIT_OK ? check_paths(app, o->paths, o->n_paths) : rc;
}

int cmd_ingest(struct app *app, int argc, char **argv)
{
	static const struct option options[] = {
	    {"json", no_argument, NULL, OPT_JSON},
	    {"dry-run", no_argument, NULL, OPT_DRY},
	    {"jobs", required_argument, NULL, OPT_JOBS},
	    {"archive", required_argument, NULL, OPT_ARCHIVE},
	    {"no-auth", no_argument, NULL, OPT_NO_AUTH},
	    MAILBOX_OPTIONS,
	    MAILBOX_WATCH_OPTIONS,
	    LIMIT_OPTIONS,
	    {NULL, 0, NULL, 0},
	};
	struct ingest_options o = {.jobs = workers_default_jobs(), .limits = LIMITS_DEFAULT};
	struct archive *archive = NULL;
	struct own own = {0};
	struct err err;
	int c, rc = EXIT_OK;
	while (rc == EXIT_OK && (c = getopt_long(argc, argv, ":", options, NULL)) != -1)
		rc = read_option(app, &o, c, argv);
	if (rc != EXIT_OK)
		return rc;
	o.paths = argv + optind;
	o.n_paths = argc - optind;
	rc = check_options(app, &o);
	if (rc != EXIT_OK)
		return rc;
	budget_set(o.limits.memory);
	if (mailbox_choice_any(&o.mailboxes))
		return ingest_mailboxes(app, &o);
	/* A dry run moves nothing. */
	if (o.archive && !o.dry &&
	    archive_open(o.archive, (const char *const *)o.paths, o.n_paths, &archive, &err) !=
		ST_OK) {
		log_error("--archive: %s", err.msg);
		return EXIT_OUTPUT;
	}
	mem_keep_freed();
	struct mail_key_source *keys = NULL;
	rc = app_open(app);
	if (rc == EXIT_OK && !o.no_auth)
		rc = mail_key_source_open(app, &keys);
	if (rc == EXIT_OK)
		rc = own_open(app, &own);
	if (rc == EXIT_OK) {
		rc = ingest(app, &o, archive, keys, &own);
		if (!o.dry)
			own_propose(app, &own, o.json);
	}
	own_close(&own);
	mail_key_source_close(keys);
	archive_close(archive);
	return rc;
}
