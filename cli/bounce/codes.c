/* ruascope bounce codes: the wordings of refused mail, and what each means. */
#include <getopt.h>
#include <string.h>

#include "cli/app/app.h"
#include "cli/bounce/bounce_commands.h"
#include "core/log.h"
#include "report/bounce/rules.h"

#define OUTPUT_MAX (16 * MIB)

static void put_line(struct buf *b, const char *label, const char *text)
{
	if (!text[0])
		return;
	buf_printf(b, "    %-9s", label);
	put_text(b, text);
	buf_putc(b, '\n');
}

static void put_rule(struct buf *b, const struct bounce_rule *r, bool whole)
{
	put_text(b, r->id);
	buf_printf(b, "  %s  %s %s%s", bounce_class_names[r->class], r->code[0] ? r->code : "*",
		   r->status[0] ? r->status : "*", r->own ? "  (own)" : "");
	buf_putc(b, '\n');
	if (!whole)
		return;
	put_line(b, "meaning", bounce_class_words[r->class]);
	put_line(b, "says", r->provider);
	put_line(b, "example", r->example);
	put_line(b, "words", r->pattern);
	put_line(b, "to do", bounce_rule_advice(r));
	put_line(b, "source", r->source);
}

/* Has it the word in what it is called, what it means, its numbers, whose it is, its example? */
static bool names(const struct bounce_rule *r, const char *word)
{
	const char *const texts[] = {
	    r->id, bounce_class_names[r->class], r->code, r->status, r->provider, r->example};
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		if (strcasestr(texts[i], word))
			return true;
	return false;
}

static bool put_matches(struct buf *b, const struct bounce_rules *rules, const char *word)
{
	size_t n;
	const struct bounce_rule *all = bounce_rules_all(rules, &n);
	bool any = false;
	for (size_t i = 0; i < n; i++)
		if (!word || names(&all[i], word)) {
			put_rule(b, &all[i], word != NULL);
			any = true;
		}
	return any;
}

int cmd_bounce_codes(struct app *app, int argc, char **argv)
{
	static const struct option options[] = {{"file", required_argument, NULL, 'F'},
						{NULL, 0, NULL, 0}};
	const char *path = NULL;
	struct bounce_rules *rules;
	struct err err;
	struct buf b;
	int opt, rc = EXIT_OK;
	while ((opt = getopt_long(argc, argv, ":", options, NULL)) != -1) {
		if (opt != 'F')
			return bad_option(app, argv, opt);
		path = optarg;
	}
	if (app_bounce_rules(app, path, &rules, &err) != ST_OK) {
		log_error("%s", err.msg);
		return EXIT_CONFIG;
	}
	buf_init(&b, OUTPUT_MAX);
	if (optind == argc)
		put_matches(&b, rules, NULL);
	for (int i = optind; i < argc; i++)
		if (!put_matches(&b, rules, argv[i])) {
			log_warn("no wording is known by \"%s\"", argv[i]);
			rc = EXIT_SOME_SET_ASIDE;
		}
	print_buf(&b);
	buf_free(&b);
	bounce_rules_close(rules);
	return rc;
}
