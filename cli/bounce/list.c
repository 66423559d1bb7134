/* ruascope bounce list: refused mail that is kept. */
#include <getopt.h>
#include <string.h>

#include "cli/app/app.h"
#include "cli/app/domains.h"
#include "cli/bounce/bounce_commands.h"
#include "core/day.h"
#include "db/store/bounce.h"
#include "dns/names.h"
#include "report/render/render.h"

#define OUTPUT_MAX (1024 * MIB)

static void print(const struct domain_refusal *list, size_t n, bool as_json)
{
	struct text_style style;
	struct buf b;
	text_style_of(NULL, &style);
	buf_init(&b, OUTPUT_MAX);
	if (as_json)
		render_refusals_json(list, n, &b);
	else if (n > 0)
		render_refusals_text(list, n, &style, &b);
	else
		buf_puts(&b, "No refused mail is kept.\n");
	print_buf(&b);
	buf_free(&b);
}

static int list_refusals(struct app *app, const struct bounce_filter *f, bool as_json,
			 struct arena *a)
{
	struct domain_refusal *list;
	struct err err;
	size_t n;
	int rc = app_open(app);
	if (rc != EXIT_OK)
		return rc;
	if (bounce_list(app->db, f, a, &list, &n, &err) != ST_OK)
		return app_fail(ST_RETRY, &err);
	print(list, n, as_json);
	return EXIT_OK;
}

static int read_since(const struct app *app, struct bounce_filter *f)
{
	f->has_since = true;
	if (day_parse(optarg, &f->since))
		return EXIT_OK;
	return usage_error(app, "--since: \"%s\" is not a date, YYYY-MM-DD", optarg);
}

int cmd_bounce_list(struct app *app, int argc, char **argv)
{
	static const struct option options[] = {{"since", required_argument, NULL, 's'},
						{"group", required_argument, NULL, 'g'},
						{"format", required_argument, NULL, 'f'},
						{"output", required_argument, NULL, 'o'},
						{NULL, 0, NULL, 0}};
	struct bounce_filter f = {0};
	struct domain_choice choice = {0};
	struct arena a = {0};
	bool as_json = false;
	int c, rc = EXIT_OK;
	while (rc == EXIT_OK && (c = getopt_long(argc, argv, ":f:o:", options, NULL)) != -1) {
		if (c == 's')
			rc = read_since(app, &f);
		else if (c == 'g')
			rc = domains_group(app, &choice, optarg);
		else if (c == 'f')
			rc = format_text_or_json(app, optarg, &as_json) ? EXIT_OK : EXIT_USAGE;
		else if (c == 'o')
			output_to(optarg);
		else
			rc = bad_option(app, argv, c);
	}
	if (rc != EXIT_OK)
		return rc;
	const struct name_rules *rules = names_open();
	rc = domains_choose(app, rules, &choice, argv + optind, argc - optind, &a);
	names_close(rules);
	f.domains = choice.names;
	f.n_domains = choice.n;
	if (rc == EXIT_OK)
		rc = list_refusals(app, &f, as_json, &a);
	arena_free(&a);
	return rc;
}
