/* ruascope judge: what inventory and readiness say of each complete day, kept, and what changed. */
#include "cli/judge/judge.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/app/dns_run.h"
#include "cli/app/domains.h"
#include "cli/app/ready_windows.h"
#include "cli/judge/judge_commands.h"
#include "core/day.h"
#include "core/log.h"
#include "dns/names.h"
#include "report/catalogue/catalogue.h"

static int work(struct judge_run *run, const struct domain_choice *choice)
{
	struct judgement_domain *list;
	struct app *app = run->app;
	struct err err;
	const char *mode;
	size_t n;
	enum status st = app_catalogue(app, run->rules, &run->catalogue, &err);
	if (st != ST_OK) {
		log_error("%s", err.msg);
		return EXIT_CONFIG;
	}
	int rc = ready_limits(app, &run->limits);
	if (rc == EXIT_OK)
		rc = app_open(app);
	if (rc != EXIT_OK)
		return rc;
	st = judgement_lock(app->db, &err);
	if (st == ST_OK)
		st = judgement_domains(app->db, choice->n ? choice->names : NULL, choice->n,
				       run->today, &run->a, &list, &n, &err);
	if (st != ST_OK)
		return app_fail(st, &err);
	if (choice->n > 0 && n == 0)
		return refuse(app, "no reports about %s%s", choice->names[0],
			      choice->n > 1 ? ", nor about the others" : "");
	rc = judge_check_day(run, list, n);
	if (rc == EXIT_OK)
		rc = dns_run_open(app, &run->resolver, &mode);
	if (rc != EXIT_OK)
		return rc;
	st = judge_domains(run, list, n, &err);
	if (run->resolver) {
		struct ahead none = {.n_domains = 0};
		dns_run_keep(app, run->resolver, &none);
	}
	return st == ST_OK ? EXIT_OK : app_fail(st, &err);
}

enum { OPT_DAY = 256, OPT_GROUP };

static int read_option(struct judge_run *run, struct domain_choice *choice, bool *as_json, int c,
		       char **argv)
{
	switch (c) {
	case OPT_DAY:
		return day_parse(optarg, &run->day)
			   ? EXIT_OK
			   : usage_error(run->app, "--day: \"%s\" is not YYYY-MM-DD", optarg);
	case OPT_GROUP:
		return domains_group(run->app, choice, optarg);
	case 'o':
		output_to(optarg);
		return EXIT_OK;
	case 'f':
		return format_text_or_json(run->app, optarg, as_json) ? EXIT_OK : EXIT_USAGE;
	default:
		return bad_option(run->app, argv, c);
	}
}

int cmd_judge(struct app *app, int argc, char **argv)
{
	static const struct option options[] = {{"day", required_argument, NULL, OPT_DAY},
						{"group", required_argument, NULL, OPT_GROUP},
						{"format", required_argument, NULL, 'f'},
						{"output", required_argument, NULL, 'o'},
						{NULL, 0, NULL, 0}};
	struct judge_run run = {
	    .app = app, .now = time(NULL), .day = NO_DAY, .newest = NO_DAY, .rules = NULL};
	struct domain_choice choice = {0};
	bool as_json = false;
	int c, rc = EXIT_OK;
	run.today = day_from_unix(run.now);
	while (rc == EXIT_OK && (c = getopt_long(argc, argv, ":f:o:", options, NULL)) != -1)
		rc = read_option(&run, &choice, &as_json, c, argv);
	if (rc != EXIT_OK)
		return rc;
	run.rules = names_open();
	rc = domains_choose(app, run.rules, &choice, argv + optind, argc - optind, &run.a);
	if (rc == EXIT_OK)
		rc = work(&run, &choice);
	if (rc == EXIT_OK)
		rc = judge_account(&run, as_json);
	resolver_close(run.resolver);
	catalogue_close(run.catalogue);
	free(run.events);
	arena_free(&run.round);
	arena_free(&run.facts);
	arena_free(&run.batch);
	arena_free(&run.a);
	names_close(run.rules);
	return rc;
}
