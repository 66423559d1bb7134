/* ruascope catalogue: which services are known, and whose a name is. */
#include <getopt.h>
#include <string.h>

#include "cli/app/app.h"
#include "cli/command/commands.h"
#include "core/log.h"
#include "dns/names.h"
#include "report/catalogue/catalogue.h"

#define OUTPUT_MAX (64 * MIB)

static const char *const by_words[BY_COUNT] = {"address", "return path", "DKIM domain", "zone",
					       "include"};

static void put_service(struct buf *b, const struct service *s)
{
	buf_printf(b, "%-9s  ", service_kind_names[s->kind]);
	put_text(b, s->key);
	buf_puts(b, "  ");
	put_text(b, s->name);
	buf_puts(b, s->own ? "  (own)\n" : "\n");
}

static void put_line(struct buf *b, const char *label, const char *text)
{
	if (!text[0])
		return;
	buf_printf(b, "%11s%s", "", label);
	put_text(b, text);
	buf_putc(b, '\n');
}

/* Which SPF term goes with what in the zone, and the addresses that no record should name. */
static void put_networks(struct buf *b, const struct service *s)
{
	char ip[IP_STRLEN];
	for (unsigned i = 0; i < s->n_include_for; i++) {
		buf_printf(b, "%11s%s leads here: ", "", s->include_for[i].mark);
		put_text(b, s->include_for[i].term);
		buf_putc(b, '\n');
	}
	for (unsigned i = 0; i < s->n_pools; i++)
		buf_printf(b, "%11snever in an SPF record: %s/%u\n", "",
			   ip_format(&s->pools[i].ip, ip), s->pools[i].bits);
}

static void put_advice(struct buf *b, const struct service *s)
{
	put_line(b, "", s->advice);
	put_line(b, "SPF: ", s->advice_spf);
	put_line(b, "DKIM: ", s->advice_dkim);
	put_line(b, "Return-Path: ", s->advice_return_path);
	if (s->verifies != ANSWER_UNKNOWN)
		put_line(b,
			 s->verifies == ANSWER_YES ? "only who proved a domain sends as it: "
						   : "others may send as your domain: ",
			 s->verifies_source[0] ? s->verifies_source : "no source is given");
	put_networks(b, s);
	put_line(b, "", s->link);
	put_line(b, "", s->source);
}

/* Everything that the name says, by where it would be met; by service name too. */
static bool put_matches(struct buf *b, const struct catalogue *c, const char *name)
{
	const struct service *named = catalogue_named(c, name), *before = named;
	if (named) {
		put_service(b, named);
		put_advice(b, named);
	}
	bool any = named != NULL;
	for (int by = 0; by < BY_COUNT; by++) {
		const struct service *s = catalogue_find(c, (enum catalogue_by)by, name);
		if (!s)
			continue;
		any = true;
		put_text(b, name);
		buf_printf(b, " as %s:\n", by_words[by]);
		put_service(b, s);
		if (s != before)
			put_advice(b, s);
		before = s;
	}
	return any;
}

static void put_all(struct buf *b, const struct catalogue *c)
{
	size_t n;
	const struct service *all = catalogue_services(c, &n);
	for (size_t i = 0; i < n; i++)
		put_service(b, &all[i]);
}

int cmd_catalogue(struct app *app, int argc, char **argv)
{
	static const struct option options[] = {{"file", required_argument, NULL, 'F'},
						{NULL, 0, NULL, 0}};
	const char *path = NULL;
	struct catalogue *c;
	struct err err;
	struct buf b;
	int opt, rc = EXIT_OK;
	while ((opt = getopt_long(argc, argv, ":", options, NULL)) != -1) {
		if (opt != 'F')
			return bad_option(app, argv, opt);
		path = optarg;
	}
	const struct name_rules *rules = names_open();
	enum status st =
	    path ? app_catalogue_file(path, rules, &c, &err) : app_catalogue(app, rules, &c, &err);
	names_close(rules);
	if (st != ST_OK) {
		log_error("%s", err.msg);
		return EXIT_CONFIG;
	}
	buf_init(&b, OUTPUT_MAX);
	if (optind == argc)
		put_all(&b, c);
	for (int i = optind; i < argc; i++) {
		if (!put_matches(&b, c, argv[i])) {
			log_warn("no service is known by \"%s\"", argv[i]);
			rc = EXIT_SOME_SET_ASIDE;
		}
	}
	print_buf(&b);
	buf_free(&b);
	catalogue_close(c);
	return rc;
}
