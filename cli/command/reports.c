/* ruascope reports: what is stored, who sent it; one of them written out, or dropped. */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "cli/app/app.h"
#include "cli/app/domains.h"
#include "cli/command/commands.h"
#include "core/day.h"
#include "core/json.h"
#include "db/store/stored.h"
#include "dns/names.h"

#define OUTPUT_MAX (1 * GIB)

static void put_time(struct buf *b, int64_t seconds)
{
	char day[DAY_STRLEN];
	buf_puts(b, day_format((int32_t)(seconds / 86400), day));
}

static void list_json(struct buf *b, const struct stored_report *reports, size_t n)
{
	struct json j;
	json_init(&j, b);
	json_object(&j);
	json_key(&j, "schema"), json_string(&j, "ruascope.reports/1");
	json_key(&j, "reports"), json_array(&j);
	for (size_t i = 0; i < n; i++) {
		const struct stored_report *r = &reports[i];
		json_object(&j);
		json_key(&j, "domain"), json_string(&j, r->domain);
		json_key(&j, "org_name"), json_string(&j, r->org_name);
		json_key(&j, "email"), json_string(&j, r->email);
		json_key(&j, "report_id"), json_string(&j, r->report_id);
		json_key(&j, "begin"), json_int(&j, r->begin);
		json_key(&j, "end"), json_int(&j, r->end);
		json_key(&j, "records"), json_uint(&j, r->records);
		json_key(&j, "messages"), json_uint(&j, r->messages);
		json_key(&j, "auth"), json_string(&j, r->auth);
		json_key(&j, "auth_domain"), json_string(&j, r->auth_domain);
		json_key(&j, "auth_by"), json_string(&j, r->auth_by);
		json_key(&j, "proved"), json_bool(&j, r->standing == STANDING_PROVED);
		json_key(&j, "accepted"), json_bool(&j, r->standing == STANDING_ACCEPTED);
		json_key(&j, "source"), json_string(&j, r->source);
		json_key(&j, "stored_at"), json_string(&j, r->stored_at);
		json_end(&j);
	}
	json_end(&j);
	json_end(&j);
	buf_putc(b, '\n');
}

/* "aligned google.com, proved" */
static void put_sender(struct buf *b, const struct stored_report *r)
{
	buf_puts(b, r->auth);
	if (r->auth_domain) {
		buf_putc(b, ' ');
		put_text(b, r->auth_domain);
	}
	if (r->standing == STANDING_PROVED)
		buf_puts(b, ", proved");
	if (r->standing == STANDING_ACCEPTED)
		buf_puts(b, ", accepted");
}

static void list_text(struct buf *b, const struct stored_report *reports, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct stored_report *r = &reports[i];
		put_text(b, r->domain);
		buf_puts(b, "  ");
		put_time(b, r->begin);
		buf_puts(b, "  ");
		put_text(b, r->org_name);
		buf_puts(b, "  ");
		put_text(b, r->report_id);
		buf_puts(b, "  ");
		put_number(b, r->messages);
		buf_puts(b, r->messages == 1 ? " message  (" : " messages  (");
		put_sender(b, r);
		buf_puts(b, ")\n");
	}
	if (n == 0)
		buf_puts(b, "No such report is stored.\n");
}

static int list(struct app *app, const struct stored_filter *f, struct arena *a, bool as_json)
{
	struct stored_report *reports;
	struct err err;
	struct buf b;
	size_t n;
	enum status st = stored_list(app->db, f, a, &reports, &n, &err);
	if (st != ST_OK)
		return app_fail(st, &err);
	buf_init(&b, OUTPUT_MAX);
	if (as_json)
		list_json(&b, reports, n);
	else
		list_text(&b, reports, n);
	if (b.failed)
		st = err_set(&err, ST_FATAL,
			     "too many reports to list at once: choose with DOMAIN, --since");
	else
		print_buf(&b);
	buf_free(&b);
	return st == ST_OK ? EXIT_OK : app_fail(st, &err);
}

int cmd_reports_list(struct app *app, int argc, char **argv)
{
	static const struct option options[] = {{"since", required_argument, NULL, 's'},
						{"org", required_argument, NULL, 'O'},
						{"format", required_argument, NULL, 'f'},
						{NULL, 0, NULL, 0}};
	struct stored_filter f = {0};
	struct domain_choice choice = {0};
	struct arena a = {0};
	bool as_json = false;
	int c;
	while ((c = getopt_long(argc, argv, ":f:", options, NULL)) != -1) {
		if (c == 's' && !day_parse(optarg, &f.since))
			return usage_error(app, "--since: \"%s\" is not a date, YYYY-MM-DD",
					   optarg);
		if (c == 'f' && !format_text_or_json(app, optarg, &as_json))
			return EXIT_USAGE;
		if (c != 's' && c != 'O' && c != 'f')
			return bad_option(app, argv, c);
		f.has_since = f.has_since || c == 's';
		f.org_name = c == 'O' ? optarg : f.org_name;
	}
	const struct name_rules *rules = names_open();
	int rc = domains_choose(app, rules, &choice, argv + optind, argc - optind, &a);
	names_close(rules);
	f.domains = choice.names;
	f.n_domains = choice.n;
	if (rc == EXIT_OK)
		rc = app_open(app);
	if (rc == EXIT_OK)
		rc = list(app, &f, &a, as_json);
	arena_free(&a);
	return rc;
}

/* DOMAIN ID, and whose it is where several have the same. *one in the arena. */
static int find_one(struct app *app, int argc, char **argv, struct arena *a,
		    struct stored_report **one)
{
	static const struct option options[] = {{"org", required_argument, NULL, 'O'},
						{NULL, 0, NULL, 0}};
	struct stored_filter f = {0};
	struct domain_choice choice = {0};
	struct err err;
	size_t n;
	int c;
	while ((c = getopt_long(argc, argv, ":", options, NULL)) != -1) {
		if (c != 'O')
			return bad_option(app, argv, c);
		f.org_name = optarg;
	}
	if (argc - optind != 2)
		return usage_error(app, "DOMAIN and ID are required");
	const struct name_rules *rules = names_open();
	int rc = domains_choose(app, rules, &choice, argv + optind, 1, a);
	names_close(rules);
	if (rc == EXIT_OK)
		rc = app_open(app);
	if (rc != EXIT_OK)
		return rc;
	f.domains = choice.names;
	f.n_domains = choice.n;
	f.report_id = argv[optind + 1];
	enum status st = stored_list(app->db, &f, a, one, &n, &err);
	if (st != ST_OK)
		return app_fail(st, &err);
	if (n == 0)
		return refuse(app, "no report \"%s\" about %s is stored", f.report_id,
			      choice.names[0]);
	return n == 1 ? EXIT_OK
		      : refuse(app, "%zu reports about %s have the id \"%s\": say whose with --org",
			       n, choice.names[0], f.report_id);
}

int cmd_reports_show(struct app *app, int argc, char **argv)
{
	struct arena a = {0};
	struct stored_report *r;
	struct err err;
	int rc = find_one(app, argc, argv, &a, &r);
	if (rc == EXIT_OK) {
		enum status st = stored_write(app->db, r, stdout, &err);
		rc = st == ST_OK || ferror(stdout) ? EXIT_OK : app_fail(st, &err);
	}
	arena_free(&a);
	return rc;
}

int cmd_reports_drop(struct app *app, int argc, char **argv)
{
	struct arena a = {0};
	struct stored_report *r;
	struct err err;
	bool gone = false;
	int rc = find_one(app, argc, argv, &a, &r);
	if (rc == EXIT_OK) {
		enum status st = stored_drop(app->db, r, &gone, &err);
		rc = st == ST_OK ? EXIT_OK : app_fail(st, &err);
	}
	if (rc == EXIT_OK) {
		struct buf b;
		buf_init(&b, MIB);
		put_text(&b, r->domain);
		buf_puts(&b, ": the report ");
		put_text(&b, r->report_id);
		buf_puts(&b, " of ");
		put_text(&b, r->org_name);
		buf_puts(&b, gone ? " was dropped; if it is read again it is stored again\n"
				  : " was gone already\n");
		print_buf(&b);
		buf_free(&b);
	}
	arena_free(&a);
	return rc;
}
