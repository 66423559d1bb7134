/* Who sends as each domain. */
#include <getopt.h>
#include <langinfo.h>
#include <stdlib.h>
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

enum format { FORMAT_TEXT, FORMAT_JSON, FORMAT_CSV };

struct options {
	struct period_options period;
	struct inventory_options inventory;
	enum format format;
	const char *output;
};

static bool parse_format(const struct app *app, const char *word, enum format *out)
{
	static const char *const names[] = {"text", "json", "csv"};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (strcmp(word, names[i]) == 0) {
			*out = (enum format)i;
			return true;
		}
	usage_error(app, "-f %s: the formats are text, json, csv", word);
	return false;
}

/* Exit code, or -1 to go on. */
static int parse(struct app *app, int argc, char **argv, struct options *o)
{
	static const struct option rows[] = {
	    {"month", required_argument, NULL, 'm'}, {"since", required_argument, NULL, 's'},
	    {"until", required_argument, NULL, 'u'}, {"format", required_argument, NULL, 'f'},
	    {"output", required_argument, NULL, 'o'}, {"category", required_argument, NULL, 'c'},
	    {NULL, 0, NULL, 0},
	};
	int c;
	while ((c = getopt_long(argc, argv, ":f:o:", rows, NULL)) != -1) {
		switch (c) {
		case 'm':
			o->period.month = optarg;
			break;
		case 's':
			o->period.since = optarg;
			break;
		case 'u':
			o->period.until = optarg;
			break;
		case 'f':
			if (!parse_format(app, optarg, &o->format))
				return EXIT_USAGE;
			break;
		case 'o':
			o->output = optarg;
			break;
		case 'c':
			o->inventory.one_category = true;
			if (!category_parse(optarg, &o->inventory.category))
				return usage_error(app, "--category %s: no such category", optarg);
			break;
		default:
			return bad_option(app, argv, c);
		}
	}
	return -1;
}

static struct text_style terminal_style(const struct options *o)
{
	struct winsize size;
	struct text_style style = {.width = 100};
	const char *columns = getenv("COLUMNS");
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
		style.width = size.ws_col;
	else if (columns)
		style.width = (unsigned)strtoul(columns, NULL, 10);
	if (style.width > 200)
		style.width = 200;
	style.colour = !o->output && use_colour();
	style.utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
	return style;
}

/* The domains asked for, in normal form, or all that have reports in the window. */
static int choose_domains(struct app *app, const struct name_rules *rules, char **argv, int n_args,
			  struct window w, struct arena *a, const char *const **domains, size_t *n)
{
	struct err err;
	if (n_args == 0) {
		enum status st = query_domains(app->db, w, a, domains, n, &err);
		return st == ST_OK ? EXIT_OK : app_fail(st, &err);
	}
	const char **names = arena_alloc(a, (size_t)n_args * sizeof *names);
	for (int i = 0; i < n_args; i++) {
		char name[DOMAIN_SIZE];
		if (!domain_normalise(rules, argv[i], strlen(argv[i]), name))
			return usage_error(app, "%s: not a domain name", argv[i]);
		names[i] = arena_strdup(a, name);
	}
	*domains = names;
	*n = (size_t)n_args;
	return EXIT_OK;
}

/* Nothing in the window: say where there is something. */
static void hint(struct app *app, const struct inventory *inv)
{
	struct err err;
	char day[DAY_STRLEN], month[DAY_STRLEN];
	int32_t oldest, newest;
	bool any;
	for (size_t i = 0; i < inv->n_domains; i++)
		if (inv->domains[i].reports > 0)
			return;
	if (query_day_range(app->db, &oldest, &newest, &any, &err) != ST_OK)
		return;
	if (any)
		log_warn("no reports in this period; the newest is of %s: try --month %s",
			 day_format(newest, day), month_format(month_of_day(newest), month));
	else
		log_warn("no reports stored yet: see `ruascope ingest`");
}

static int write_inventory(const struct options *o, const struct inventory *inv)
{
	struct buf out;
	struct text_style style = terminal_style(o);
	buf_init(&out, 2 * GIB);
	switch (o->format) {
	case FORMAT_TEXT:
		render_inventory_text(inv, &style, &out);
		break;
	case FORMAT_JSON:
		render_inventory_json(inv, &out);
		break;
	case FORMAT_CSV:
		render_inventory_csv(inv, &out);
		break;
	}
	int code = write_output(o->output, out.data, out.len);
	buf_free(&out);
	return code;
}

int cmd_inventory(struct app *app, int argc, char **argv)
{
	struct options o = {0};
	struct inventory inv = {.dns = "none"};
	struct arena a = {0};
	const char *const *names;
	size_t n;
	struct err err;
	int code = parse(app, argc, argv, &o);
	if (code >= 0)
		return code;
	if (!period_windows(app, &o.period, &inv.window, &inv.before))
		return EXIT_USAGE;
	code = app_open(app);
	if (code != EXIT_OK)
		return code;
	const struct name_rules *rules = names_open();
	code = choose_domains(app, rules, argv + optind, argc - optind, inv.window, &a, &names, &n);
	if (code != EXIT_OK)
		goto out;
	inv.domains = arena_alloc(&a, n * sizeof *inv.domains);
	for (size_t i = 0; i < n; i++) {
		struct domain_facts *now = arena_alloc(&a, sizeof *now);
		struct domain_facts *before = arena_alloc(&a, sizeof *before);
		enum status st = query_domain_facts(app->db, names[i], inv.window, &a, now, &err);
		if (st == ST_OK)
			st = query_domain_facts(app->db, names[i], inv.before, &a, before, &err);
		if (st != ST_OK) {
			code = app_fail(st, &err);
			goto out;
		}
		inventory_domain(now, before, rules, &o.inventory, &a, &inv.domains[i]);
	}
	inv.n_domains = n;
	hint(app, &inv);
	code = write_inventory(&o, &inv);
out:
	names_close(rules);
	arena_free(&a);
	return code;
}
