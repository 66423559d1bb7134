/* ruascope inventory: who sends as each domain, compared with the period before; ruascope report:
 * of that, what a person must act on. */
#include <getopt.h>
#include <string.h>

#include "cli/app/app.h"
#include "cli/app/domains.h"
#include "cli/app/notes.h"
#include "cli/app/senders.h"
#include "cli/command/commands.h"
#include "core/arena.h"
#include "core/log.h"
#include "core/text.h"
#include "dns/names.h"
#include "report/render/render.h"

#define OUTPUT_MAX (2 * GIB)

enum format { FORMAT_TEXT, FORMAT_JSON, FORMAT_CSV, FORMAT_HTML };

struct inventory_request {
	struct senders_request senders;
	struct domain_choice choice;
	enum format format;
	const char *output;
};

static int read_format(const struct app *app, const char *word, enum format *format)
{
	static const char *const names[] = {[FORMAT_TEXT] = "text",
					    [FORMAT_JSON] = "json",
					    [FORMAT_CSV] = "csv",
					    [FORMAT_HTML] = "html"};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		if (strcmp(word, names[i]) == 0) {
			*format = (enum format)i;
			return EXIT_OK;
		}
	}
	return usage_error(app, "-f: \"%s\" is not one of text, json, csv, html", word);
}

static int read_category(const struct app *app, const char *word, struct inventory_options *o)
{
	struct text_nearest near = {.word = word};
	struct buf b;
	if (category_parse(word, &o->category)) {
		o->one_category = true;
		return EXIT_OK;
	}
	buf_init(&b, 4096);
	for (int i = 0; i < CAT_COUNT; i++) {
		buf_printf(&b, "%s%s", i ? ", " : "", category_names[i]);
		text_offer(&near, category_names[i]);
		text_offer(&near, category_words[i]);
	}
	int rc = near.found ? usage_error(app, "--category: no \"%s\"; did you mean \"%s\"?", word,
					  near.found)
			    : usage_error(app, "--category: \"%s\" is not one of %s", word, b.data);
	buf_free(&b);
	return rc;
}

enum { OPT_MONTH = 256, OPT_SINCE, OPT_UNTIL, OPT_CATEGORY, OPT_GROUP };

static int read_option(const struct app *app, struct inventory_request *r, int c, char **argv)
{
	switch (c) {
	case OPT_MONTH:
		r->senders.period.month = optarg;
		return EXIT_OK;
	case OPT_SINCE:
		r->senders.period.since = optarg;
		return EXIT_OK;
	case OPT_UNTIL:
		r->senders.period.until = optarg;
		return EXIT_OK;
	case OPT_CATEGORY:
		return read_category(app, optarg, &r->senders.options);
	case OPT_GROUP:
		return domains_group(app, &r->choice, optarg);
	case 'f':
		return read_format(app, optarg, &r->format);
	case 'o':
		r->output = optarg;
		return EXIT_OK;
	default:
		return bad_option(app, argv, c);
	}
}

/* What was judged of its domains, for forms that have room for it. */
static void read_notes(struct app *app, const struct inventory *inv, struct arena *a,
		       struct page_notes *out)
{
	const char **names = arena_alloc(a, (inv->n_domains + 1) * sizeof *names);
	for (size_t i = 0; i < inv->n_domains; i++)
		names[i] = inv->domains[i].domain;
	notes_read(app, names, inv->n_domains, inv->dns, a, out);
}

static int print(struct app *app, const struct inventory *inv, const struct inventory_request *r)
{
	struct buf b;
	struct arena a = {0};
	struct page_notes notes = {0};
	bool findings = r->senders.options.findings;
	struct text_style style;
	text_style_of(r->output, &style);
	style.findings = findings;
	int rc = EXIT_INTERNAL;
	buf_init(&b, OUTPUT_MAX);
	if (findings || r->format == FORMAT_HTML)
		read_notes(app, inv, &a, &notes);
	switch (r->format) {
	case FORMAT_TEXT:
		render_inventory_text(inv, &style, &b);
		if (findings)
			render_taken_text(notes.remedies, notes.n_remedies, &style, &b);
		break;
	case FORMAT_JSON:
		if (findings)
			render_findings_json(inv, &notes, &b);
		else
			render_inventory_json(inv, &b);
		break;
	case FORMAT_CSV:
		(findings ? render_findings_csv : render_inventory_csv)(inv, &b);
		break;
	case FORMAT_HTML:
		render_inventory_html(inv, findings, &notes, &b);
		break;
	}
	if (b.failed)
		log_error("the inventory is too large to print: name fewer domains");
	else
		rc = write_output(r->output, b.data, b.len);
	buf_free(&b);
	arena_free(&a);
	return rc;
}

static int run(struct app *app, int argc, char **argv, bool findings)
{
	static const struct option options[] = {
	    {"month", required_argument, NULL, OPT_MONTH},
	    {"since", required_argument, NULL, OPT_SINCE},
	    {"until", required_argument, NULL, OPT_UNTIL},
	    {"category", required_argument, NULL, OPT_CATEGORY},
	    {"group", required_argument, NULL, OPT_GROUP},
	    {"format", required_argument, NULL, 'f'},
	    {"output", required_argument, NULL, 'o'},
	    {NULL, 0, NULL, 0},
	};
	struct inventory_request r = {.senders.options.findings = findings};
	struct senders senders = {0};
	struct arena a = {0};
	int c, rc = EXIT_OK;
	while (rc == EXIT_OK && (c = getopt_long(argc, argv, ":f:o:", options, NULL)) != -1)
		rc = read_option(app, &r, c, argv);
	if (rc != EXIT_OK)
		return rc;
	const struct name_rules *rules = names_open();
	rc = domains_choose(app, rules, &r.choice, argv + optind, argc - optind, &a);
	names_close(rules);
	r.senders.domains = r.choice.names;
	r.senders.n_domains = r.choice.n;
	if (rc == EXIT_OK)
		rc = senders_collect(app, &r.senders, &senders);
	if (rc == EXIT_OK)
		rc = print(app, &senders.inventory, &r);
	senders_close(&senders);
	arena_free(&a);
	return rc;
}

int cmd_inventory(struct app *app, int argc, char **argv)
{
	return run(app, argc, argv, false);
}

int cmd_report(struct app *app, int argc, char **argv)
{
	return run(app, argc, argv, true);
}
