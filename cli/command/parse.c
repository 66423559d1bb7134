/* ruascope parse: reports as JSON lines, without a database. */
#include <getopt.h>
#include <stdio.h>

#include "cli/app/app.h"
#include "cli/command/commands.h"
#include "cli/command/parse_json.h"
#include "core/log.h"
#include "dns/names.h"
#include "ingest/files/walk.h"
#include "ingest/pipeline.h"

static enum status on_file(void *ctx, const char *path, const char *problem, struct err *err)
{
	return pipeline_file(ctx, path, problem, err);
}

static int parse_files(char **paths, int n, const struct limits *limits)
{
	struct err err;
	const struct name_rules *rules = names_open();
	struct parse_sink *sink = parse_sink_new(stdout);
	struct pipeline_options options = {.rules = rules, .limits = limits};
	struct pipeline *p = pipeline_new(&options, parse_sink_get(sink));
	struct walk_visitor visitor = {.ctx = p, .file = on_file};
	struct ingest_totals *t = pipeline_totals(p);
	int rc = EXIT_OK;
	enum status st = walk((const char *const *)paths, n, &visitor, &err);
	if (st == ST_OK)
		st = pipeline_flush(p, &err);
	if (ferror(stdout))
		rc = EXIT_OUTPUT; /* main() says it */
	else if (st != ST_OK)
		rc = app_fail(st, &err);
	else if (t->later > 0)
		rc = EXIT_TRY_LATER;
	else if (t->outcomes[OUT_REJECTED] > 0)
		rc = EXIT_SOME_SET_ASIDE;
	if (st == ST_OK && t->not_reports > 0)
		log_warn("%llu of %llu inputs hold no report (-v says what they are)",
			 (unsigned long long)t->not_reports, (unsigned long long)t->inputs);
	pipeline_free(p);
	parse_sink_free(sink);
	names_close(rules);
	return rc;
}

int cmd_parse(struct app *app, int argc, char **argv)
{
	static const struct option options[] = {LIMIT_OPTIONS, {NULL, 0, NULL, 0}};
	struct limits limits = LIMITS_DEFAULT;
	int c;
	while ((c = getopt_long(argc, argv, ":", options, NULL)) != -1) {
		if (c < OPT_LIMITS || c >= OPT_LIMITS_END)
			return bad_option(app, argv, c);
		if (!limit_option(app, &limits, c, optarg))
			return EXIT_USAGE;
	}
	if (optind == argc)
		return usage_error(app, "a FILE is required");
	int rc = check_paths(app, argv + optind, argc - optind);
	if (rc != EXIT_OK)
		return rc;
	return parse_files(argv + optind, argc - optind, &limits);
}
