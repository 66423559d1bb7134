/* ruascope inventory: who sends as each domain, compared with the period before. */
#include <getopt.h>
#include <langinfo.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/commands.h"
#include "core/arena.h"
#include "core/day.h"
#include "core/log.h"
#include "db/query.h"
#include "dns/names.h"
#include "report/inventory.h"
#include "report/render.h"

#define OUTPUT_MAX    (2 * GIB)
#define PAPER_COLUMNS 100 /* of a text that goes to a file or a pipe */

enum format { FORMAT_TEXT, FORMAT_JSON, FORMAT_CSV };

struct inventory_request {
	struct period_options period;
	struct inventory_options options;
	enum format format;
	const char *output;
	const char *const *domains; /* as asked for, normalised; n 0: all */
	size_t n_domains;
};

static int read_format(const struct app *app, const char *word, enum format *format)
{
	static const char *const names[] = {
	    [FORMAT_TEXT] = "text", [FORMAT_JSON] = "json", [FORMAT_CSV] = "csv"};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		if (strcmp(word, names[i]) == 0) {
			*format = (enum format)i;
			return EXIT_OK;
		}
	}
	return usage_error(app, "-f: \"%s\" is not one of text, json, csv", word);
}

static int read_category(const struct app *app, const char *word, struct inventory_options *o)
{
	struct buf b;
	if (category_parse(word, &o->category)) {
		o->one_category = true;
		return EXIT_OK;
	}
	buf_init(&b, 4096);
	for (int i = 0; i < CAT_COUNT; i++)
		buf_printf(&b, "%s%s", i ? ", " : "", category_names[i]);
	int rc = usage_error(app, "--category: \"%s\" is not one of %s", word, b.data);
	buf_free(&b);
	return rc;
}

enum { OPT_MONTH = 256, OPT_SINCE, OPT_UNTIL, OPT_CATEGORY };

static int read_option(const struct app *app, struct inventory_request *r, int c, char **argv)
{
	switch (c) {
	case OPT_MONTH:
		r->period.month = optarg;
		return EXIT_OK;
	case OPT_SINCE:
		r->period.since = optarg;
		return EXIT_OK;
	case OPT_UNTIL:
		r->period.until = optarg;
		return EXIT_OK;
	case OPT_CATEGORY:
		return read_category(app, optarg, &r->options);
	case 'f':
		return read_format(app, optarg, &r->format);
	case 'o':
		r->output = optarg;
		return EXIT_OK;
	default:
		return bad_option(app, argv, c);
	}
}

/* The DOMAIN arguments in normal form, each once. */
static int read_domains(const struct app *app, const struct name_rules *rules, char **argv, int n,
			struct arena *a, struct inventory_request *r)
{
	const char **names = arena_alloc(a, (size_t)n * sizeof *names);
	for (int i = 0; i < n; i++) {
		char name[DOMAIN_SIZE];
		bool known = false;
		if (!domain_normalise(rules, argv[i], strlen(argv[i]), name))
			return usage_error(app, "\"%s\" is not a domain name", argv[i]);
		for (size_t k = 0; k < r->n_domains; k++)
			known = known || strcmp(names[k], name) == 0;
		if (!known)
			names[r->n_domains++] = arena_strdup(a, name);
	}
	r->domains = names;
	return EXIT_OK;
}

static enum status add_domain(struct app *app, const struct name_rules *rules,
			      const struct inventory_request *r, const char *domain,
			      struct inventory *inv, struct arena *a, struct err *err)
{
	struct domain_facts now, before;
	enum status st = query_domain_facts(app->db, domain, inv->window, a, &now, err);
	if (st == ST_OK)
		st = query_domain_facts(app->db, domain, inv->before, a, &before, err);
	if (st == ST_OK)
		inventory_domain(&now, &before, rules, &r->options, a,
				 &inv->domains[inv->n_domains++]);
	return st;
}

static enum status collect(struct app *app, const struct name_rules *rules,
			   struct inventory_request *r, struct inventory *inv, struct arena *a,
			   struct err *err)
{
	enum status st = ST_OK;
	if (r->n_domains == 0) /* a domain that fell silent is in it too: its senders are gone */
		st = query_domains(app->db, (struct window){inv->before.since, inv->window.until},
				   a, &r->domains, &r->n_domains, err);
	if (st != ST_OK)
		return st;
	inv->domains = arena_alloc(a, r->n_domains * sizeof *inv->domains);
	for (size_t i = 0; i < r->n_domains && st == ST_OK; i++)
		st = add_domain(app, rules, r, r->domains[i], inv, a, err);
	return st;
}

/* An empty inventory is mostly a wrong window: say where the data is. */
static enum status explain_emptiness(struct app *app, const struct inventory *inv, struct err *err)
{
	char since[DAY_STRLEN], last[DAY_STRLEN], day[DAY_STRLEN], month[DAY_STRLEN];
	int32_t oldest, newest;
	bool any;
	for (size_t i = 0; i < inv->n_domains; i++) {
		if (inv->domains[i].reports > 0)
			return ST_OK;
	}
	enum status st = query_day_range(app->db, &oldest, &newest, &any, err);
	if (st != ST_OK)
		return st;
	day_format(inv->window.since, since);
	day_format(inv->window.until - 1, last);
	if (any)
		log_warn("no reports from %s to %s; the newest day with data is %s "
			 "(try --month %s)",
			 since, last, day_format(newest, day),
			 month_format(month_of_day(newest), month));
	else
		log_warn("no reports from %s to %s; the database is empty: "
			 "`ruascope ingest PATH` fills it",
			 since, last);
	return ST_OK;
}

static struct text_style text_style(const char *output)
{
	struct winsize w;
	struct text_style s = {.width = PAPER_COLUMNS,
			       .utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0};
	if (output)
		return s;
	s.colour = use_colour();
	if (isatty(STDOUT_FILENO) && ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) == 0 && w.ws_col > 0)
		s.width = w.ws_col;
	return s;
}

static int print(const struct inventory *inv, const struct inventory_request *r)
{
	struct buf b;
	struct text_style style = text_style(r->output);
	int rc = EXIT_INTERNAL;
	buf_init(&b, OUTPUT_MAX);
	switch (r->format) {
	case FORMAT_TEXT:
		render_inventory_text(inv, &style, &b);
		break;
	case FORMAT_JSON:
		render_inventory_json(inv, &b);
		break;
	case FORMAT_CSV:
		render_inventory_csv(inv, &b);
		break;
	}
	if (b.failed)
		log_error("the inventory is too large to print: name fewer domains");
	else
		rc = write_output(r->output, b.data, b.len);
	buf_free(&b);
	return rc;
}

static int run(struct app *app, const struct name_rules *rules, struct inventory_request *r,
	       struct arena *a)
{
	struct err err;
	struct inventory inv = {.dns = "none"};
	if (!period_windows(app, &r->period, &inv.window, &inv.before))
		return EXIT_USAGE;
	int rc = app_open(app);
	if (rc != EXIT_OK)
		return rc;
	enum status st = collect(app, rules, r, &inv, a, &err);
	if (st == ST_OK)
		st = explain_emptiness(app, &inv, &err);
	return st == ST_OK ? print(&inv, r) : app_fail(st, &err);
}

int cmd_inventory(struct app *app, int argc, char **argv)
{
	static const struct option options[] = {
	    {"month", required_argument, NULL, OPT_MONTH},
	    {"since", required_argument, NULL, OPT_SINCE},
	    {"until", required_argument, NULL, OPT_UNTIL},
	    {"category", required_argument, NULL, OPT_CATEGORY},
	    {"format", required_argument, NULL, 'f'},
	    {"output", required_argument, NULL, 'o'},
	    {NULL, 0, NULL, 0},
	};
	struct inventory_request r = {0};
	struct arena a = {0};
	int c, rc = EXIT_OK;
	while (rc == EXIT_OK && (c = getopt_long(argc, argv, ":f:o:", options, NULL)) != -1)
		rc = read_option(app, &r, c, argv);
	if (rc != EXIT_OK)
		return rc;
	const struct name_rules *rules = names_open();
	rc = read_domains(app, rules, argv + optind, argc - optind, &a, &r);
	if (rc == EXIT_OK)
		rc = run(app, rules, &r, &a);
	arena_free(&a);
	names_close(rules);
	return rc;
}
