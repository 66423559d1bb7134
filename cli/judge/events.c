/* ruascope events: what opened and closed; events ack: a person knows of one. */
#include <getopt.h>
#include <string.h>

#include "cli/app/app.h"
#include "cli/app/domains.h"
#include "cli/judge/judge_commands.h"
#include "core/day.h"
#include "core/label.h"
#include "db/store/judgement.h"
#include "dns/names.h"
#include "report/render/render.h"

#define OUTPUT_MAX (256 * MIB)

static int print(const struct judged_event *events, size_t n, bool open, bool as_json)
{
	struct text_style style;
	struct buf b;
	text_style_of(NULL, &style);
	buf_init(&b, OUTPUT_MAX);
	if (as_json)
		render_events_json(events, n, &b);
	else if (n > 0)
		render_events_text(events, n, &style, &b);
	else
		buf_puts(&b, open ? "No open events.\n" : "No events.\n");
	print_buf(&b);
	buf_free(&b);
	return EXIT_OK;
}

int cmd_events(struct app *app, int argc, char **argv)
{
	static const struct option options[] = {
	    {"all", no_argument, NULL, 'A'},          {"since", required_argument, NULL, 's'},
	    {"group", required_argument, NULL, 'g'},  {"format", required_argument, NULL, 'f'},
	    {"output", required_argument, NULL, 'o'}, {NULL, 0, NULL, 0}};
	struct event_filter f = {.open = true, .since = NO_DAY};
	struct domain_choice choice = {0};
	struct arena a = {0};
	struct judged_event *events;
	struct err err;
	size_t n;
	bool as_json = false;
	int c, rc = EXIT_OK;
	while (rc == EXIT_OK && (c = getopt_long(argc, argv, ":f:o:", options, NULL)) != -1) {
		if (c == 'A')
			f.open = false;
		else if (c == 's')
			rc = day_parse(optarg, &f.since)
				 ? EXIT_OK
				 : usage_error(app, "--since: \"%s\" is not a date, YYYY-MM-DD",
					       optarg);
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
	f.open = f.open && f.since == NO_DAY;
	const struct name_rules *rules = names_open();
	rc = domains_choose(app, rules, &choice, argv + optind, argc - optind, &a);
	names_close(rules);
	f.domains = choice.names;
	f.n_domains = choice.n;
	if (rc == EXIT_OK)
		rc = app_open(app);
	if (rc == EXIT_OK) {
		enum status st = event_list(app->db, &f, &a, &events, &n, &err);
		rc = st == ST_OK ? print(events, n, f.open, as_json) : app_fail(st, &err);
	}
	arena_free(&a);
	return rc;
}

static bool is_uuid(const char *s)
{
	return strlen(s) == UUID_SIZE - 1 && strspn(s, "0123456789abcdefABCDEF-") == UUID_SIZE - 1;
}

int cmd_events_ack(struct app *app, int argc, char **argv)
{
	static const struct option options[] = {{"owner", required_argument, NULL, 'w'},
						{"until", required_argument, NULL, 'u'},
						{NULL, 0, NULL, 0}};
	const char *owner = NULL;
	int32_t until = NO_DAY;
	struct err err;
	bool found;
	int c;
	while ((c = getopt_long(argc, argv, ":", options, NULL)) != -1) {
		if (c == 'u' && !day_parse(optarg, &until))
			return usage_error(app, "--until: \"%s\" is not a date, YYYY-MM-DD",
					   optarg);
		if (c == 'w')
			owner = optarg;
		if (c != 'u' && c != 'w')
			return bad_option(app, argv, c);
	}
	if (argc - optind != 1)
		return usage_error(app, "exactly one ID is required");
	const char *id = argv[optind];
	if (!is_uuid(id))
		return usage_error(app, "\"%s\" is not an id that `ruascope events` shows", id);
	if (owner && label_text("--owner", owner, LABEL_TEXT, &err) != ST_OK)
		return usage_error(app, "%s", err.msg);
	int rc = app_open(app);
	if (rc != EXIT_OK)
		return rc;
	enum status st = event_ack(app->db, id, owner, until, &found, &err);
	if (st != ST_OK)
		return app_fail(st, &err);
	if (!found)
		return refuse(app, "there is no event %s", id);
	printf("%s: acknowledged\n", id);
	return EXIT_OK;
}
