/* ruascope bounce ingest: refused mail into the database, as counts. */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "cli/app/app.h"
#include "cli/bounce/bounce_commands.h"
#include "cli/bounce/keep.h"
#include "cli/intake/choice.h"
#include "cli/intake/ingest_imap.h"
#include "cli/intake/progress.h"
#include "core/log.h"
#include "core/mem.h"
#include "db/load/load.h"
#include "dns/names.h"
#include "ingest/budget.h"
#include "ingest/workers.h"

#define PROBLEM_LINES 20

struct bounce_ingest {
	struct app *app;
	struct bounce_tools tools;
	struct keeper keeper;
	struct limits limits;
	bool no_dns;
	const char *archive;
	char **paths;
	int n_paths;
	struct mailbox_choice mailboxes;
	struct ingest_progress numbers;
	struct ingest_totals totals;
};

/* ---- the end ---- */

static void put_count(struct buf *b, const char *before, uint64_t n, const char *one,
		      const char *many)
{
	buf_puts(b, before);
	put_number(b, n);
	buf_printf(b, " %s", n == 1 ? one : many);
}

/* What is no bounce is said to be what it is. */
static void tell_problems(const struct ingest_totals *t)
{
	uint64_t told = 0, all = 0;
	for (size_t i = 0; i < t->n_problems; i++) {
		const struct ingest_problem *p = &t->problems[i];
		if (p->outcome != OUT_REJECTED && p->outcome != OUT_NOT_A_REPORT)
			continue;
		if (all++ >= PROBLEM_LINES)
			continue;
		told++;
		if (p->outcome == OUT_REJECTED)
			log_warn("%s: rejected: %s", p->source, p->reason);
		else
			log_warn("%s: %s", p->source, p->reason);
	}
	all = t->outcomes[OUT_REJECTED] + t->outcomes[OUT_NOT_A_REPORT];
	if (all > told)
		log_warn("and %" PRIu64 " more", all - told);
}

static void print_summary(const struct bounce_ingest *run, double seconds)
{
	const struct ingest_totals *t = &run->totals;
	const struct bounce_stored *s = &run->keeper.sum;
	struct buf b;
	buf_init(&b, 4096);
	put_count(&b, "", t->inputs, "input: ", "inputs: ");
	put_count(&b, "", s->stored, "refusal counted", "refusals counted");
	put_count(&b, ", ", s->duplicate, "met before", "met before");
	put_count(&b, ", ", s->foreign, "of a domain that is not stored",
		  "of domains that are not stored");
	put_count(&b, ", ", run->keeper.others - t->outcomes[OUT_REJECTED], "input was no bounce",
		  "inputs were no bounces");
	put_count(&b, ", ", t->outcomes[OUT_REJECTED], "rejected", "rejected");
	buf_printf(&b, "; %.2f s\n", seconds);
	print_buf(&b);
	buf_free(&b);
	tell_problems(t);
}

static double seconds_since(const struct timespec *t)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)(now.tv_sec - t->tv_sec) + (double)(now.tv_nsec - t->tv_nsec) / 1e9;
}

static int exit_code(const struct bounce_ingest *run)
{
	if (run->totals.later > 0)
		return EXIT_TRY_LATER;
	return run->keeper.others > 0 || run->totals.not_moved > 0 ? EXIT_SOME_SET_ASIDE : EXIT_OK;
}

/* ---- from files ---- */

static enum status sink_open(void *ctx, struct sink **sink, struct err *err)
{
	struct bounce_ingest *run = ctx;
	(void)err;
	*sink = keeper_sink(&run->keeper, run->app->db);
	return ST_OK;
}

static void sink_close(void *ctx, struct sink *sink)
{
	(void)ctx;
	keeper_close_sink(sink);
}

/* Where mail arrives: what is not there did not come. */
static bool is_maildir(const char *path)
{
	static const char *const parts[] = {"cur", "new"};
	char name[4096];
	struct stat st;
	for (size_t i = 0; i < 2; i++) {
		int n = snprintf(name, sizeof name, "%s/%s", path, parts[i]);
		if (n < 0 || (size_t)n >= sizeof name || stat(name, &st) != 0 ||
		    !S_ISDIR(st.st_mode))
			return false;
	}
	return true;
}

static int read_paths(struct bounce_ingest *run, struct archive *archive)
{
	struct err err;
	int64_t run_id;
	bool opened = false;
	struct sink_factory factory = {run, sink_open, sink_close};
	struct workers_options w = {.pipeline = {.rules = run->tools.names,
						 .limits = &run->limits,
						 .archive = archive,
						 .progress = &run->numbers},
				    .jobs = 1, /* they would wait for each other */
				    .stop = &app_interrupted};
	enum status st = load_run_begin(run->app->db, run->paths[0], &run_id, &err);
	if (st == ST_OK)
		st = workers_run(&w, &factory, (const char *const *)run->paths, run->n_paths,
				 &run->totals, &opened, &err);
	if (st == ST_OK)
		st = load_run_end(run->app->db, run_id, run->totals.inputs, &err);
	if (st != ST_OK)
		return app_fail(st, &err);
	if (!atomic_load(&app_interrupted))
		return EXIT_OK;
	log_warn("interrupted; what is counted here is stored, the rest is for the next run");
	return EXIT_TRY_LATER;
}

static bool any_maildir(const struct bounce_ingest *run)
{
	for (int i = 0; i < run->n_paths; i++)
		if (is_maildir(run->paths[i]))
			return true;
	return false;
}

/* ---- from mailboxes ---- */

static enum status mail_sink_open(void *ctx, struct db *db, int64_t run_id, struct sink **sink,
				  struct err *err)
{
	struct bounce_ingest *run = ctx;
	(void)run_id, (void)err;
	*sink = keeper_sink(&run->keeper, db);
	return ST_OK;
}

static int read_mailboxes(struct bounce_ingest *run)
{
	const struct imap_sinks sinks = {run, mail_sink_open, sink_close, NULL};
	const struct imap_job job = {.app = run->app,
				     .sinks = &sinks,
				     .reads = "bounces",
				     .pipeline = {.rules = run->tools.names,
						  .limits = &run->limits,
						  .progress = &run->numbers},
				     .mailboxes = run->mailboxes.mailboxes,
				     .n = run->mailboxes.n};
	return ingest_imap(&job, &run->totals);
}

/* ---- both ---- */

static int read_all(struct bounce_ingest *run, struct archive *archive)
{
	struct timespec began;
	struct err err;
	bool mailboxes = mailbox_choice_any(&run->mailboxes);
	enum status st = keeper_open(&run->keeper, &err);
	if (st != ST_OK)
		return app_fail(st, &err);
	clock_gettime(CLOCK_MONOTONIC, &began);
	app_catch_signals();
	struct progress *bar = run->app->verbosity < 0 ? NULL : progress_start(&run->numbers);
	int rc = mailboxes ? read_mailboxes(run) : read_paths(run, archive);
	progress_stop(bar);
	bool live = rc == EXIT_OK && run->totals.later == 0 && (mailboxes || any_maildir(run));
	st = keeper_end(&run->keeper, live, &err);
	if (st != ST_OK && rc == EXIT_OK)
		rc = app_fail(st, &err);
	print_summary(run, seconds_since(&began));
	return rc != EXIT_OK ? rc : exit_code(run);
}

static int ingest(struct bounce_ingest *run)
{
	struct archive *archive = NULL;
	struct err err;
	int rc = EXIT_OK;
	run->mailboxes.options.archive = run->archive;
	if (mailbox_choice_any(&run->mailboxes)) {
		rc = mailbox_choice_open(run->app, &run->mailboxes);
	} else if (run->archive && archive_open(run->archive, (const char *const *)run->paths,
						run->n_paths, &archive, &err) != ST_OK) {
		log_error("--archive: %s", err.msg);
		return EXIT_OUTPUT;
	}
	if (rc == EXIT_OK)
		rc = bounce_tools_read(&run->tools);
	if (rc == EXIT_OK)
		rc = app_open(run->app);
	if (rc == EXIT_OK && !run->no_dns)
		rc = bounce_tools_ask(&run->tools);
	if (rc == EXIT_OK) {
		rc = read_all(run, archive);
		keeper_close(&run->keeper);
	}
	archive_close(archive);
	mailbox_choice_close(&run->mailboxes);
	ingest_totals_free(&run->totals);
	return rc;
}

enum { OPT_ARCHIVE = 256, OPT_NO_DNS };

static int read_option(struct bounce_ingest *run, int c, char **argv)
{
	if (c >= OPT_LIMITS && c < OPT_LIMITS_END)
		return limit_option(run->app, &run->limits, c, optarg) ? EXIT_OK : EXIT_USAGE;
	if (mailbox_choice_takes(c))
		return mailbox_choice_option(run->app, &run->mailboxes, c, argv);
	if (c == OPT_ARCHIVE)
		run->archive = optarg;
	else if (c == OPT_NO_DNS)
		run->no_dns = true;
	else
		return bad_option(run->app, argv, c);
	return EXIT_OK;
}

int cmd_bounce_ingest(struct app *app, int argc, char **argv)
{
	static const struct option options[] = {{"archive", required_argument, NULL, OPT_ARCHIVE},
						{"no-dns", no_argument, NULL, OPT_NO_DNS},
						MAILBOX_OPTIONS,
						LIMIT_OPTIONS,
						{NULL, 0, NULL, 0}};
	struct bounce_ingest run = {
	    .app = app, .limits = LIMITS_DEFAULT, .tools = {.app = app, .names = names_open()}};
	int c, rc = EXIT_OK;
	run.keeper.tools = &run.tools;
	while (rc == EXIT_OK && (c = getopt_long(argc, argv, ":", options, NULL)) != -1)
		rc = read_option(&run, c, argv);
	run.paths = argv + optind;
	run.n_paths = argc - optind;
	if (rc == EXIT_OK)
		rc = mailbox_choice_check(app, &run.mailboxes, run.n_paths);
	if (rc == EXIT_OK)
		rc = check_paths(app, run.paths, run.n_paths);
	if (rc == EXIT_OK) {
		budget_set(run.limits.memory);
		rc = ingest(&run);
	}
	bounce_tools_close(&run.tools);
	return rc;
}
