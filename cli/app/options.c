/* Options that several commands take. */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "cli/app/app.h"
#include "core/day.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/text.h"

int usage_error(const struct app *app, const char *fmt, ...)
{
	char text[1024];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	const char *name = app->command ? app->command->name : NULL;
	log_error("%s%s%s", name ? name : "", name ? ": " : "", text);
	log_error("see `ruascope%s%s --help`", name ? " " : "", name ? name : "");
	return EXIT_USAGE;
}

int refuse(const struct app *app, const char *fmt, ...)
{
	char text[1024];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	log_error("%s: %s", app->command->name, text);
	return EXIT_USAGE;
}

/* Offer every --word of a text of the help. found is to be freed. */
static void offer_options(struct text_nearest *near, const char *help, char **found)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz-";
	for (const char *p = strstr(help, "--"); p; p = strstr(p, "--")) {
		size_t n = strspn(p, letters);
		char *option = mem_alloc(n + 1);
		memcpy(option, p, n);
		option[n] = '\0';
		p += n;
		if (p[0] != '.' && text_offer(near, option)) { /* "--max-..." is none */
			free(*found);
			*found = option;
		} else {
			free(option);
		}
	}
}

/* Whether one of the words of a list, blanks between them, is this one. */
static bool is_among(const char *list, const char *word)
{
	const size_t n = strlen(word);
	for (const char *p = list; (p = strstr(p, word)); p += n)
		if ((p == list || p[-1] == ' ') && (p[n] == ' ' || p[n] == '\0'))
			return true;
	return false;
}

/* word: as it was typed, with what may stand behind "=". */
static int unknown_option(const struct app *app, const char *word)
{
	static const char global[] = "--db --config --dns-server --offline --version --help";
	static const char limits[] = "--max-mail-bytes --max-report-bytes --max-container-bytes "
				     "--max-zip-members --max-mime-parts --max-records "
				     "--max-mbox-mails --max-documents --max-months --max-span "
				     "--first-month --max-memory --max-quarantine-bytes "
				     "--max-ratio";
	const struct command *c = app->command;
	char *typed = mem_strdup(word), *found = NULL;
	typed[strcspn(typed, "=")] = '\0';
	struct text_nearest near = {.word = typed};
	if (c && is_among(global, typed)) {
		int rc = usage_error(app, "option %s stands before the command: ruascope %s ... %s",
				     typed, typed, c->name);
		free(typed);
		return rc;
	}
	if (c) {
		offer_options(&near, c->arguments, &found);
		offer_options(&near, c->summary, &found);
		offer_options(&near, strstr(c->arguments, "--max-") ? limits : "--help", &found);
	} else {
		offer_options(&near, global, &found);
	}
	int rc = usage_error(app, "unknown option %s%s%s%s", typed, found ? "; did you mean " : "",
			     found ? found : "", found ? "?" : "");
	free(found);
	free(typed);
	return rc;
}

int bad_option(const struct app *app, char **argv, int c)
{
	const char *word = optind > 0 ? argv[optind - 1] : NULL;
	if (optopt > 0 && optopt < 256) /* a letter; a long option has its number here */
		return usage_error(
		    app, c == ':' ? "option -%c needs a value" : "unknown option -%c", optopt);
	if (c == ':')
		return usage_error(app, "option %s needs a value", word ? word : "");
	return unknown_option(app, word ? word : "");
}

int check_paths(const struct app *app, char **paths, int n)
{
	struct stat st;
	for (int i = 0; i < n; i++) {
		/* A dangling link exists: what it leads to is the run's business. */
		if (strcmp(paths[i], "-") != 0 && stat(paths[i], &st) != 0 &&
		    lstat(paths[i], &st) != 0)
			return usage_error(app, "%s: %s", paths[i], strerror(errno));
	}
	return EXIT_OK;
}

bool parse_size(const char *s, uint64_t *out)
{
	static const char suffixes[] = "kmgt";
	size_t n = strlen(s);
	unsigned shift = 0;
	const char *found = n > 0 ? strchr(suffixes, ascii_lower(s[n - 1])) : NULL;
	if (found) {
		shift = 10 * (unsigned)(found - suffixes + 1);
		n--;
	}
	if (!text_to_u64(s, n, out) || *out == 0 || *out > (UINT64_MAX >> 1) >> shift)
		return false;
	*out <<= shift;
	return true;
}

bool limit_option(const struct app *app, struct limits *limits, int option, const char *value)
{
	static const struct option names[] = {LIMIT_OPTIONS};
	uint64_t *const field[] = {
	    &limits->mail_bytes,  &limits->report_bytes, &limits->container_bytes,
	    &limits->zip_members, &limits->mime_parts,   &limits->records,
	    &limits->mbox_mails,  &limits->documents,    &limits->months,
	    &limits->span_days,   &limits->first_month,  &limits->memory,
	    &limits->quarantine,  &limits->ratio};
	int32_t month;
	if (field[option - OPT_LIMITS] == &limits->first_month) {
		if (!month_parse(value, &month) || month < 1970 * 12) {
			usage_error(app, "--first-month: \"%s\" is not YYYY-MM from 1970-01 on",
				    value);
			return false;
		}
		limits->first_month = (uint64_t)month;
		return true;
	}
	if (parse_size(value, field[option - OPT_LIMITS]))
		return true;
	usage_error(app, "--%s: \"%s\" is not a number or size", names[option - OPT_LIMITS].name,
		    value);
	return false;
}

void tell_trimmed(uint64_t dropped, uint64_t max)
{
	log_warn("the quarantine holds no more than %" PRIu64 " MiB: the oldest went, %" PRIu64
		 " of them (see --max-quarantine-bytes)",
		 max / MIB, dropped);
}

bool format_text_or_json(const struct app *app, const char *word, bool *as_json)
{
	*as_json = strcmp(word, "json") == 0;
	if (*as_json || strcmp(word, "text") == 0)
		return true;
	usage_error(app, "-f: \"%s\" is not text or json", word);
	return false;
}

int format_option_only(const struct app *app, int argc, char **argv, bool *as_json)
{
	static const struct option options[] = {{"format", required_argument, NULL, 'f'},
						{"output", required_argument, NULL, 'o'},
						{NULL, 0, NULL, 0}};
	int c;
	*as_json = false;
	while ((c = getopt_long(argc, argv, ":f:o:", options, NULL)) != -1) {
		if (c != 'f' && c != 'o')
			return bad_option(app, argv, c);
		if (c == 'o')
			output_to(optarg);
		else if (!format_text_or_json(app, optarg, as_json))
			return EXIT_USAGE;
	}
	return EXIT_OK;
}

static bool month_windows(const struct app *app, const char *text, struct window *now,
			  struct window *before)
{
	int32_t month;
	if (text && !month_parse(text, &month)) {
		usage_error(app, "--month: \"%s\" is not YYYY-MM", text);
		return false;
	}
	if (!text)
		month = month_of_day(day_from_unix(time(NULL))) - 1;
	*now = (struct window){month_first_day(month), month_first_day(month + 1)};
	*before = (struct window){month_first_day(month - 1), now->since};
	return true;
}

bool period_windows(const struct app *app, const struct period_options *o, struct window *now,
		    struct window *before)
{
	if (!o->since && !o->until)
		return month_windows(app, o->month, now, before);
	if (o->month || !o->since) {
		usage_error(app, o->month ? "--month and --since, --until cannot be combined"
					  : "--until needs --since");
		return false;
	}
	/* Without --until: up to and with today. */
	now->until = day_from_unix(time(NULL)) + 1;
	if (!day_parse(o->since, &now->since)) {
		usage_error(app, "--since: \"%s\" is not a date, YYYY-MM-DD", o->since);
		return false;
	}
	if (o->until && !day_parse(o->until, &now->until)) {
		usage_error(app, "--until: \"%s\" is not a date, YYYY-MM-DD", o->until);
		return false;
	}
	if (now->until <= now->since) {
		usage_error(app, "the window is empty: --until is exclusive and must be later than "
				 "--since");
		return false;
	}
	before->since = now->since - (now->until - now->since);
	before->until = now->since;
	return true;
}
