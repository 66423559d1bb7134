/* ruascope ingest: files and mails into the database. */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/app/app.h"
#include "cli/app/mail_keys.h"
#include "cli/command/commands.h"
#include "cli/command/ingest_imap.h"
#include "cli/command/own.h"
#include "cli/command/progress.h"
#include "cli/command/summary.h"
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
	const char *imap[MAILBOXES_MAX]; /* --imap, URLs or names */
	int n_imap;
	bool imap_all, watch;
	struct mailbox_options mailbox;
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

static int read_mailboxes(struct app *app, const struct ingest_options *o, struct mailbox *m,
			  size_t n)
{
	struct ingest_progress numbers = {0};
	struct ingest_totals totals = {0};
	struct timespec began;
	struct own own = {0};
	struct imap_job job = {.app = app,
			       .own = &own,
			       .mailboxes = m,
			       .n = n,
			       .limits = &o->limits,
			       .progress = &numbers,
			       .dry = o->dry,
			       .watch = o->watch};
	int rc = app_open(app);
	if (rc == EXIT_OK && !o->no_auth)
		rc = mail_key_source_open(app, &job.keys);
	if (rc == EXIT_OK)
		rc = own_open(app, &own);
	if (rc != EXIT_OK) {
		mail_key_source_close(job.keys);
		own_close(&own);
		return rc;
	}
	clock_gettime(CLOCK_MONOTONIC, &began);
	app_catch_signals();
	struct progress *bar = app->verbosity < 0 ? NULL : progress_start(&numbers);
	rc = ingest_imap(&job, &totals);
	mail_key_source_close(job.keys);
	progress_stop(bar);
	print_summary(o, &totals, &began);
	if (rc == EXIT_OK && !o->watch)
		rc = exit_code(&totals);
	if (!o->dry)
		own_propose(app, &own, o->json);
	own_close(&own);
	ingest_totals_free(&totals);
	return rc;
}

static int ingest_mailboxes(struct app *app, struct ingest_options *o)
{
	struct err err;
	int rc = EXIT_OK;
	for (size_t i = 0; o->imap_all && i < app->config.n_mailboxes && o->n_imap < MAILBOXES_MAX;
	     i++)
		o->imap[o->n_imap++] = app->config.mailboxes[i].name;
	if (o->n_imap == 0)
		return usage_error(app, "--all: the configuration has no mailbox");
	o->mailbox.archive = o->archive;
	struct mailbox *m = mem_alloc((size_t)o->n_imap * sizeof *m);
	int n = 0;
	for (; rc == EXIT_OK && n < o->n_imap; n++) {
		if (mailbox_init(&m[n], o->imap[n], &app->config, &o->mailbox, &err) == ST_OK)
			continue;
		log_error("%s", err.msg);
		rc = EXIT_CONFIG;
	}
	if (rc == EXIT_OK)
		rc = read_mailboxes(app, o, m, (size_t)n);
	for (int i = 0; i < n; i++)
		mailbox_free(&m[i]);
	free(m);
	return rc;
}

/* ---- options ---- */

enum {
	OPT_JSON = 256,
	OPT_DRY,
	OPT_JOBS,
	OPT_ARCHIVE,
	OPT_NO_AUTH,
	OPT_IMAP,
	OPT_ALL,
	OPT_WATCH,
	OPT_USER,
	OPT_CA,
	OPT_PASSWORD_FILE,
	OPT_PASSWORD_COMMAND,
	OPT_TIMEOUT,
	OPT_POLL,
};

static int read_seconds(const struct app *app, const char *name, unsigned *out)
{
	uint64_t n;
	if (!text_to_u64(optarg, strlen(optarg), &n) || n == 0 || n > 86400)
		return usage_error(app, "--%s: \"%s\" is not a number of seconds from 1 to 86400",
				   name, optarg);
	*out = (unsigned)n;
	return EXIT_OK;
}

static int read_imap_option(struct app *app, struct ingest_options *o, int c, char **argv)
{
	switch (c) {
	case OPT_IMAP:
		if (strcmp(optarg, "--all") == 0) { /* "--imap --all" is how one says it */
			o->imap_all = true;
			return EXIT_OK;
		}
		if (o->n_imap == MAILBOXES_MAX)
			return usage_error(app, "more than %d mailboxes", MAILBOXES_MAX);
		o->imap[o->n_imap++] = optarg;
		return EXIT_OK;
	case OPT_ALL:
		o->imap_all = true;
		return EXIT_OK;
	case OPT_WATCH:
		o->watch = true;
		return EXIT_OK;
	case OPT_USER:
		o->mailbox.user = optarg;
		return EXIT_OK;
	case OPT_CA:
		o->mailbox.ca = optarg;
		return EXIT_OK;
	case OPT_PASSWORD_FILE:
		o->mailbox.password_file = optarg;
		return EXIT_OK;
	case OPT_PASSWORD_COMMAND:
		o->mailbox.password_command = optarg;
		return EXIT_OK;
	case OPT_TIMEOUT:
		return read_seconds(app, "timeout", &o->mailbox.timeout_s);
	case OPT_POLL:
		return read_seconds(app, "poll", &o->mailbox.poll_s);
	default:
		return bad_option(app, argv, c);
	}
}

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
		return read_imap_option(app, o, c, argv);
	}
}

static int check_options(const struct app *app, const struct ingest_options *o)
{
	const struct mailbox_options *m = &o->mailbox;
	bool imap = o->imap_all || o->n_imap > 0;
	if (imap && o->n_paths > 0)
		return usage_error(app, "--imap and PATH cannot be combined");
	if (o->watch && o->dry)
		return usage_error(app, "--watch and --dry-run cannot be combined");
	if (imap)
		return EXIT_OK;
	if (o->watch || m->user || m->ca || m->password_file || m->password_command ||
	    m->timeout_s || m->poll_s)
		return usage_error(app,
				   "--watch, --user, --ca, --password-..., --timeout and --poll "
				   "are for mailboxes: --imap or --all");
	if (o->n_paths == 0)
		return usage_error(app, "a PATH is required");
	return check_paths(app, o->paths, o->n_paths);
}

int cmd_ingest(struct app *app, int argc, char **argv)
{
	static const struct option options[] = {
	    {"json", no_argument, NULL, OPT_JSON},
	    {"dry-run", no_argument, NULL, OPT_DRY},
	    {"jobs", required_argument, NULL, OPT_JOBS},
	    {"archive", required_argument, NULL, OPT_ARCHIVE},
	    {"no-auth", no_argument, NULL, OPT_NO_AUTH},
	    {"imap", required_argument, NULL, OPT_IMAP},
	    {"all", no_argument, NULL, OPT_ALL},
	    {"watch", no_argument, NULL, OPT_WATCH},
	    {"user", required_argument, NULL, OPT_USER},
	    {"ca", required_argument, NULL, OPT_CA},
	    {"password-file", required_argument, NULL, OPT_PASSWORD_FILE},
	    {"password-command", required_argument, NULL, OPT_PASSWORD_COMMAND},
	    {"timeout", required_argument, NULL, OPT_TIMEOUT},
	    {"poll", required_argument, NULL, OPT_POLL},
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
	if (o.imap_all || o.n_imap > 0)
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
