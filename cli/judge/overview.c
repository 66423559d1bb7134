/* ruascope overview: where each domain stands, as it was judged. */
#include <getopt.h>
#include <string.h>

#include "cli/app/app.h"
#include "cli/app/domains.h"
#include "cli/app/notes.h"
#include "cli/judge/judge_commands.h"
#include "core/log.h"
#include "db/store/history.h"
#include "dns/names.h"
#include "report/render/render.h"

#define OUTPUT_MAX (256 * MIB)

static const char *const formats[] = {"text", "json", "csv", "html"};
#define N_FORMATS (sizeof formats / sizeof *formats)

static void render(struct overview_row *rows, size_t n, size_t format, struct buf *b)
{
	struct text_style style;
	struct page_notes notes;
	text_style_of(NULL, &style);
	notes_made(NULL, &notes);
	switch (format) {
	case 0:
		render_overview_text(rows, n, &style, b);
		break;
	case 1:
		render_overview_json(rows, n, b);
		break;
	case 2:
		render_overview_csv(rows, n, b);
		break;
	default:
		render_overview_html(rows, n, &notes, b);
	}
}

static int show(struct app *app, const struct domain_choice *choice, size_t format, struct arena *a)
{
	struct overview_row *rows;
	struct err err;
	struct buf b;
	size_t n;
	enum status st =
	    overview_read(app->db, choice->n ? choice->names : NULL, choice->n, a, &rows, &n, &err);
	if (st != ST_OK)
		return app_fail(st, &err);
	if (n == 0)
		log_warn("nothing was judged yet: `ruascope judge` does it");
	buf_init(&b, OUTPUT_MAX);
	render(rows, n, format, &b);
	print_buf(&b);
	buf_free(&b);
	return EXIT_OK;
}

int cmd_overview(struct app *app, int argc, char **argv)
{
	static const struct option options[] = {{"group", required_argument, NULL, 'g'},
						{"format", required_argument, NULL, 'f'},
						{"output", required_argument, NULL, 'o'},
						{NULL, 0, NULL, 0}};
	struct domain_choice choice = {0};
	struct arena a = {0};
	size_t format = 0;
	int c, rc = EXIT_OK;
	while (rc == EXIT_OK && (c = getopt_long(argc, argv, ":f:o:", options, NULL)) != -1) {
		if (c == 'g')
			rc = domains_group(app, &choice, optarg);
		else if (c == 'o')
			output_to(optarg);
		else if (c != 'f')
			rc = bad_option(app, argv, c);
		else
			for (format = 0;
			     format < N_FORMATS && strcmp(formats[format], optarg) != 0;)
				format++;
		if (rc == EXIT_OK && format == N_FORMATS)
			rc = usage_error(app, "-f: \"%s\" is not one of text, json, csv, html",
					 optarg);
	}
	if (rc != EXIT_OK)
		return rc;
	const struct name_rules *rules = names_open();
	rc = domains_choose(app, rules, &choice, argv + optind, argc - optind, &a);
	names_close(rules);
	if (rc == EXIT_OK)
		rc = app_open(app);
	if (rc == EXIT_OK)
		rc = show(app, &choice, format, &a);
	arena_free(&a);
	return rc;
}
