/* ruascope bounce: why mail was refused, and what helps. */
#include <getopt.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli/app/app.h"
#include "cli/bounce/bounce_commands.h"
#include "cli/bounce/tools.h"
#include "core/log.h"
#include "db/cluster/cluster.h"
#include "dns/names.h"
#include "ingest/bounce/bounce.h"
#include "report/render/render.h"

#define OUTPUT_MAX (64 * MIB)

struct bounce_run {
	struct app *app;
	struct bounce_tools tools;
	bool json, no_db, no_dns;
	size_t inputs;    /* that were told */
	bool many;        /* each is told with its name */
	bool some_others; /* some were no bounces, or not understood */
	struct bounce_batch batch;
	struct bounce_facts facts;
};

/* ---- a batch of inputs ---- */

static void print(struct bounce_run *run, struct bounce_explained *const *all)
{
	struct text_style style;
	struct buf out;
	text_style_of(NULL, &style);
	buf_init(&out, OUTPUT_MAX);
	for (size_t i = 0; i < run->batch.n; i++) {
		const struct bounce_input *in = &run->batch.inputs[i];
		bool other =
		    in->outcome.what != BOUNCE_REFUSALS && in->outcome.what != BOUNCE_CLEAN_LOG;
		run->some_others = run->some_others || other;
		if (run->json) {
			render_bounce_json(in, all[i], &out);
			continue;
		}
		if (run->inputs++ > 0)
			buf_putc(&out, '\n');
		render_bounce_text(in, all[i], run->many, &style, &out);
	}
	if (out.failed)
		log_error("the answers are too large to print: name fewer inputs");
	print_buf(&out);
	buf_free(&out);
}

static enum status tell_batch(struct bounce_run *run, struct err *err)
{
	struct bounce_explained **all;
	if (run->batch.n == 0)
		return ST_OK;
	bounce_batch_sort(&run->batch);
	enum status st = bounce_tools_explain(&run->tools, &run->batch, &run->facts, &all, err);
	if (st != ST_OK)
		return st;
	print(run, all);
	bounce_facts_reset(&run->facts);
	bounce_batch_reset(&run->batch);
	return ST_OK;
}

static enum status take_refusal(void *ctx, const struct refusal *r, struct err *err)
{
	struct bounce_run *run = ctx;
	(void)err;
	bounce_batch_add(&run->batch, r);
	return ST_OK;
}

static enum status take_outcome(void *ctx, const struct bounce_outcome *o, struct err *err)
{
	struct bounce_run *run = ctx;
	bounce_batch_close(&run->batch, o);
	if (!bounce_batch_is_full(&run->batch))
		return ST_OK;
	run->many = run->many || run->batch.n > 1;
	return tell_batch(run, err);
}

/* ---- the run ---- */

/* A private cluster that is not there yet holds no reports: none is made for a question. */
static bool has_no_database(const struct app *app)
{
	const char *conninfo, *path;
	struct err err;
	app_choose_db(app, &conninfo);
	return !conninfo && cluster_directory(&path, &err) == ST_OK && access(path, F_OK) != 0;
}

static int open_all(struct bounce_run *run)
{
	int rc = bounce_tools_read(&run->tools);
	if (rc == EXIT_OK && !run->no_db && !has_no_database(run->app))
		rc = app_open(run->app);
	if (rc == EXIT_OK && !run->no_dns)
		rc = bounce_tools_ask(&run->tools);
	return rc;
}

static int read_all(struct bounce_run *run, char **paths, int n)
{
	char dash[] = "-", *standard_input[] = {dash};
	const struct limits limits = LIMITS_DEFAULT;
	const struct bounce_options options = {
	    .limits = &limits, .rules = run->tools.names, .now = time(NULL)};
	const struct refusal_sink sink = {
	    .ctx = run, .refusal = take_refusal, .outcome = take_outcome};
	struct err err = {.msg = ""};
	enum status st = ST_OK;
	struct bounce_reader *reader = bounce_reader_new(&options);
	if (n == 0) {
		paths = standard_input;
		n = 1;
	}
	run->many = n > 1;
	for (int i = 0; i < n && st == ST_OK; i++)
		st = bounce_read_path(reader, paths[i], &sink, &err);
	bounce_reader_free(reader);
	run->many = run->many || run->batch.n > 1;
	if (st == ST_OK)
		st = tell_batch(run, &err);
	if (st != ST_OK)
		return app_fail(st, &err);
	return run->some_others ? EXIT_SOME_SET_ASIDE : EXIT_OK;
}

enum { OPT_DOMAIN = 256, OPT_FROM_IP, OPT_DNSBL, OPT_NO_DB, OPT_NO_DNS };

static int read_domain(struct bounce_run *run, const char *word)
{
	char name[DOMAIN_SIZE];
	if (!domain_normalise(run->tools.names, word, strlen(word), name) || !strchr(name, '.'))
		return usage_error(run->app, "--domain: \"%s\" is not a domain", word);
	run->tools.domain = arena_strdup(&run->facts.kept, name);
	return EXIT_OK;
}

static int read_option(struct bounce_run *run, int c, char **argv)
{
	switch (c) {
	case 'f':
		return format_text_or_json(run->app, optarg, &run->json) ? EXIT_OK : EXIT_USAGE;
	case OPT_DOMAIN:
		return read_domain(run, optarg);
	case OPT_FROM_IP:
		if (ip_parse(optarg, strlen(optarg), &run->tools.from_ip, NULL))
			return EXIT_OK;
		return usage_error(run->app, "--from-ip: \"%s\" is not an address", optarg);
	case OPT_DNSBL:
		run->tools.lists = true;
		return EXIT_OK;
	case OPT_NO_DB:
		run->no_db = true;
		return EXIT_OK;
	case OPT_NO_DNS:
		run->no_dns = true;
		return EXIT_OK;
	default:
		return bad_option(run->app, argv, c);
	}
}

int cmd_bounce(struct app *app, int argc, char **argv)
{
	static const struct option options[] = {{"format", required_argument, NULL, 'f'},
						{"domain", required_argument, NULL, OPT_DOMAIN},
						{"from-ip", required_argument, NULL, OPT_FROM_IP},
						{"dnsbl", no_argument, NULL, OPT_DNSBL},
						{"no-db", no_argument, NULL, OPT_NO_DB},
						{"no-dns", no_argument, NULL, OPT_NO_DNS},
						{NULL, 0, NULL, 0}};
	struct bounce_run run = {.app = app, .tools = {.app = app, .names = names_open()}};
	int c, rc = EXIT_OK;
	bounce_batch_init(&run.batch);
	while (rc == EXIT_OK && (c = getopt_long(argc, argv, ":f:", options, NULL)) != -1)
		rc = read_option(&run, c, argv);
	if (rc == EXIT_OK)
		rc = check_paths(app, argv + optind, argc - optind);
	if (rc == EXIT_OK && run.tools.lists && run.no_dns)
		rc = usage_error(app, "--dnsbl cannot be combined with --no-dns");
	if (rc == EXIT_OK)
		rc = open_all(&run);
	if (rc == EXIT_OK)
		rc = read_all(&run, argv + optind, argc - optind);
	bounce_facts_free(&run.facts);
	bounce_batch_free(&run.batch);
	bounce_tools_close(&run.tools);
	return rc;
}
