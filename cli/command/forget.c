/* ruascope db forget: a domain goes, with all that is stored about it. */
#include <getopt.h>

#include "cli/app/app.h"
#include "cli/app/domains.h"
#include "cli/command/commands.h"
#include "db/forget.h"
#include "dns/names.h"

static void tell(const char *domain, const struct forgotten *f, bool really)
{
	const struct {
		uint64_t n;
		const char *one, *many;
	} rows[] = {
	    {f->reports, "report", "reports"},
	    {f->states, "judged day", "judged days"},
	    {f->events, "event", "events"},
	    {f->labels, "label", "labels"},
	    {f->quarantined, "quarantined report", "quarantined reports"},
	};
	struct buf b;
	buf_init(&b, MIB);
	put_text(&b, domain);
	buf_puts(&b, really ? ": removed " : ": would remove ");
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		buf_puts(&b, i ? ", " : "");
		put_number(&b, rows[i].n);
		buf_printf(&b, " %s", rows[i].n == 1 ? rows[i].one : rows[i].many);
	}
	buf_puts(&b, really ? ".\n" : ". Nothing was removed: --yes does it.\n");
	print_buf(&b);
	buf_free(&b);
}

static int forget(struct app *app, const char *domain, bool really)
{
	struct forgotten f;
	struct err err;
	bool known;
	enum status st = db_forget(app->db, domain, really, &known, &f, &err);
	if (st != ST_OK)
		return app_fail(st, &err);
	if (!known)
		return refuse(app, "nothing is stored about %s", domain);
	tell(domain, &f, really);
	return EXIT_OK;
}

int cmd_db_forget(struct app *app, int argc, char **argv)
{
	static const struct option options[] = {{"yes", no_argument, NULL, 'y'},
						{NULL, 0, NULL, 0}};
	struct domain_choice choice = {0};
	struct arena a = {0};
	bool really = false;
	int c;
	while ((c = getopt_long(argc, argv, ":", options, NULL)) != -1) {
		if (c != 'y')
			return bad_option(app, argv, c);
		really = true;
	}
	if (argc - optind != 1)
		return usage_error(app, "exactly one DOMAIN is required");
	const struct name_rules *rules = names_open();
	int rc = domains_choose(app, rules, &choice, argv + optind, 1, &a);
	names_close(rules);
	if (rc == EXIT_OK)
		rc = app_open(app);
	if (rc == EXIT_OK)
		rc = forget(app, choice.names[0], really);
	arena_free(&a);
	return rc;
}
