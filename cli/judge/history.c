/* ruascope history: how a domain came to where it stands. */
#include <getopt.h>
#include <string.h>
#include <time.h>

#include "cli/app/app.h"
#include "cli/app/domains.h"
#include "cli/app/notes.h"
#include "cli/judge/judge_commands.h"
#include "core/day.h"
#include "core/log.h"
#include "core/text.h"
#include "db/store/history.h"
#include "dns/names.h"
#include "report/render/render.h"

#define OUTPUT_MAX (256 * MIB)
#define MONTHS     13

enum form { FORM_TEXT, FORM_JSON, FORM_HTML };

static enum status put_domain(struct app *app, const char *domain, int32_t since, enum form form,
			      struct arena *a, struct buf *b, struct err *err)
{
	struct text_style style;
	struct page_notes notes;
	struct history h;
	enum status st = history_read(app->db, domain, since, a, &h, err);
	if (st != ST_OK)
		return st;
	if (h.n_months == 0)
		log_warn("%s was not judged yet: `ruascope judge` does it", domain);
	text_style_of(NULL, &style);
	notes_made(NULL, &notes);
	if (form == FORM_JSON)
		render_history_json(&h, b);
	else if (form == FORM_HTML)
		render_history_html(&h, &notes, b);
	else
		render_history_text(&h, &style, b);
	return ST_OK;
}

static int show(struct app *app, const struct domain_choice *choice, uint64_t months,
		enum form form, struct arena *a)
{
	int32_t this = month_of_day(day_from_unix(time(NULL)));
	int32_t since = month_first_day(this - (int32_t)months + 1);
	enum status st = ST_OK;
	struct err err;
	struct buf b;
	buf_init(&b, OUTPUT_MAX);
	for (size_t i = 0; st == ST_OK && i < choice->n; i++) {
		if (i > 0 && form == FORM_TEXT)
			buf_puts(&b, "\n\n");
		st = put_domain(app, choice->names[i], since, form, a, &b, &err);
	}
	if (st == ST_OK)
		print_buf(&b);
	buf_free(&b);
	return st == ST_OK ? EXIT_OK : app_fail(st, &err);
}

static int read_form(const struct app *app, const char *word, enum form *form)
{
	bool as_json;
	if (strcmp(word, "html") == 0) {
		*form = FORM_HTML;
		return EXIT_OK;
	}
	if (!format_text_or_json(app, word, &as_json))
		return EXIT_USAGE;
	*form = as_json ? FORM_JSON : FORM_TEXT;
	return EXIT_OK;
}

int cmd_history(struct app *app, int argc, char **argv)
{
	static const struct option options[] = {{"months", required_argument, NULL, 'm'},
						{"group", required_argument, NULL, 'g'},
						{"format", required_argument, NULL, 'f'},
						{"output", required_argument, NULL, 'o'},
						{NULL, 0, NULL, 0}};
	struct domain_choice choice = {0};
	struct arena a = {0};
	enum form form = FORM_TEXT;
	uint64_t months = MONTHS;
	int c, rc = EXIT_OK;
	while (rc == EXIT_OK && (c = getopt_long(argc, argv, ":f:o:", options, NULL)) != -1) {
		if (c == 'm')
			rc = text_to_u64(optarg, strlen(optarg), &months) && months > 0 &&
				     months <= 1200
				 ? EXIT_OK
				 : usage_error(app,
					       "--months: \"%s\" is not a number from 1 to 1200",
					       optarg);
		else if (c == 'g')
			rc = domains_group(app, &choice, optarg);
		else if (c == 'f')
			rc = read_form(app, optarg, &form);
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
	if (rc == EXIT_OK && choice.n == 0)
		rc = usage_error(app, "a DOMAIN or --group is required");
	if (rc == EXIT_OK && choice.n > 1 && form == FORM_HTML)
		rc = usage_error(app, "-f html: one DOMAIN a page");
	if (rc == EXIT_OK)
		rc = app_open(app);
	if (rc == EXIT_OK)
		rc = show(app, &choice, months, form, &a);
	arena_free(&a);
	return rc;
}
