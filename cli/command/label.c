/* ruascope label: a person's word about a sender. */
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "cli/app/app.h"
#include "cli/command/commands.h"
#include "cli/command/label_target.h"
#include "core/arena.h"
#include "core/day.h"
#include "core/json.h"
#include "core/label.h"
#include "core/log.h"
#include "db/store/label.h"
#include "dns/names.h"

#define OUTPUT_MAX (256 * MIB)

static bool normal_domain(const struct app *app, const struct name_rules *rules, const char *s,
			  char out[DOMAIN_SIZE])
{
	if (domain_normalise(rules, s, strlen(s), out))
		return true;
	usage_error(app, "\"%s\" is not a domain", s);
	return false;
}

static void put_details(struct buf *b, const struct fact_label *l, int32_t today)
{
	char day[DAY_STRLEN];
	if (l->name) {
		buf_puts(b, "; name: ");
		put_text(b, l->name);
	}
	if (l->owner) {
		buf_puts(b, "; owner: ");
		put_text(b, l->owner);
	}
	if (l->has_until)
		buf_printf(b, "; until %s%s", day_format(l->until, day),
			   l->until <= today ? " (over)" : "");
}

static int32_t today(void)
{
	return day_from_unix(time(NULL));
}

/* "example.com: service:sendgrid: approve; owner: marketing"; below it, whom a network holds. */
static void print_label(const struct label *l, const char *holds)
{
	struct buf b;
	buf_init(&b, MIB);
	put_text(&b, l->domain);
	buf_puts(&b, ": ");
	put_text(&b, l->says.sender);
	buf_printf(&b, ": %s",
		   l->says.verdict ? label_verdict_names[l->says.verdict] : "no verdict");
	put_details(&b, &l->says, today());
	buf_putc(&b, '\n');
	if (holds) {
		put_text(&b, holds);
		buf_putc(&b, '\n');
	}
	print_buf(&b);
	buf_free(&b);
}

static bool read_option(const struct app *app, int c, struct label_change *change)
{
	struct err err;
	if (c == 'o') {
		change->owner = optarg;
		if (optarg[0] && label_text("--owner", optarg, LABEL_TEXT, &err) != ST_OK) {
			usage_error(app, "%s", err.msg);
			return false;
		}
		return true;
	}
	change->set_until = change->has_until = true;
	if (day_parse(optarg, &change->until))
		return true;
	usage_error(app, "--until: \"%s\" is not a date, YYYY-MM-DD", optarg);
	return false;
}

/* approve, deny, ignore: by the second word of the command. LABEL_NONE: name. */
static enum label_verdict verdict_word(const struct app *app)
{
	const char *word = strchr(app->command->name, ' ') + 1;
	for (int v = LABEL_APPROVE; v < LABEL_COUNT; v++)
		if (strcmp(word, label_verdict_names[v]) == 0)
			return (enum label_verdict)v;
	return LABEL_NONE;
}

static int store(struct app *app, const struct label_change *change, const char *holds)
{
	struct arena a = {0};
	struct label now;
	struct err err;
	if (change->has_until && change->until <= today())
		log_warn("that day has passed: the label counts for older reports only");
	enum status st = label_set(app->db, change, &a, &now, &err);
	if (st == ST_OK)
		print_label(&now, holds);
	arena_free(&a);
	return st == ST_OK ? EXIT_OK : app_fail(st, &err);
}

/* approve, deny, ignore, name: options are read, argv are the arguments. */
static int set(struct app *app, struct label_change *change, char **argv, bool force)
{
	struct label_target t;
	int rc = target_read(app, argv[0], argv[1], force, &t);
	if (rc == EXIT_OK)
		rc = app_open(app);
	if (rc == EXIT_OK)
		rc = target_find(app, &t, change->verdict, force);
	change->domain = t.domain;
	change->sender = t.sender;
	if (rc == EXIT_OK)
		rc = store(app, change, t.holds);
	arena_free(&t.a);
	return rc;
}

int cmd_label_set(struct app *app, int argc, char **argv)
{
	static const struct option options[] = {{"owner", required_argument, NULL, 'o'},
						{"until", required_argument, NULL, 'u'},
						{"force", no_argument, NULL, 'F'},
						{NULL, 0, NULL, 0}};
	struct label_change change = {.verdict = verdict_word(app)};
	struct err err;
	int c;
	bool names = change.verdict == LABEL_NONE, force = false;
	change.set_until = !names; /* a verdict without --until has no end */
	while ((c = getopt_long(argc, argv, ":", options, NULL)) != -1) {
		if (c != 'o' && c != 'u' && c != 'F')
			return bad_option(app, argv, c);
		force = force || c == 'F';
		if (c != 'F' && !read_option(app, c, &change))
			return EXIT_USAGE;
	}
	if (argc - optind != (names ? 3 : 2))
		return usage_error(app, names ? "DOMAIN, SENDER and NAME are required"
					      : "DOMAIN and SENDER are required");
	argv += optind;
	if (names && label_text("NAME", argv[2], LABEL_TEXT, &err) != ST_OK)
		return usage_error(app, "%s", err.msg);
	change.name = names ? argv[2] : NULL;
	return set(app, &change, argv, force);
}

static int forget(struct app *app, struct label_target *t)
{
	struct err err;
	bool found;
	int rc = target_labelled(app, t, &found);
	if (rc != EXIT_OK || !found)
		return rc;
	enum status st = label_forget(app->db, t->domain, t->sender, &found, &err);
	if (st != ST_OK)
		return app_fail(st, &err);
	printf("%s: %s: label removed\n", t->domain, t->sender);
	return EXIT_OK;
}

int cmd_label_forget(struct app *app, int argc, char **argv)
{
	static const struct option none[] = {{NULL, 0, NULL, 0}};
	struct label_target t;
	int c = getopt_long(argc, argv, ":", none, NULL);
	if (c != -1)
		return bad_option(app, argv, c);
	if (argc - optind != 2)
		return usage_error(app, "DOMAIN and SENDER are required");
	int rc = target_read(app, argv[optind], argv[optind + 1], true, &t);
	if (rc == EXIT_OK)
		rc = app_open(app);
	if (rc == EXIT_OK)
		rc = forget(app, &t);
	arena_free(&t.a);
	return rc;
}

/* ---- list ---- */

static void list_json(struct buf *b, const struct label *labels, size_t n)
{
	struct json j;
	char day[DAY_STRLEN];
	json_init(&j, b);
	json_object(&j);
	json_key(&j, "schema"), json_string(&j, "ruascope.labels/1");
	json_key(&j, "labels"), json_array(&j);
	for (size_t i = 0; i < n; i++) {
		const struct fact_label *l = &labels[i].says;
		json_object(&j);
		json_key(&j, "domain"), json_string(&j, labels[i].domain);
		json_key(&j, "sender"), json_string(&j, l->sender);
		json_key(&j, "network"), json_bool(&j, l->network.family != 0);
		json_key(&j, "verdict");
		json_string(&j, l->verdict ? label_verdict_names[l->verdict] : NULL);
		json_key(&j, "name"), json_string(&j, l->name);
		json_key(&j, "owner"), json_string(&j, l->owner);
		json_key(&j, "until");
		json_string(&j, l->has_until ? day_format(l->until, day) : NULL);
		json_key(&j, "set_at"), json_string(&j, labels[i].set_at);
		json_end(&j);
	}
	json_end(&j);
	json_end(&j);
	buf_putc(b, '\n');
}

static void list_text(struct buf *b, const struct label *labels, size_t n)
{
	int32_t day = today();
	for (size_t i = 0; i < n; i++) {
		const struct fact_label *l = &labels[i].says;
		buf_printf(b, "%-7s  ", l->verdict ? label_verdict_names[l->verdict] : "-");
		put_text(b, labels[i].domain);
		buf_puts(b, ": ");
		put_text(b, l->sender);
		put_details(b, l, day);
		buf_printf(b, "; set %.10s\n", labels[i].set_at);
	}
	if (n == 0)
		buf_puts(b, "No sender is labelled.\n");
}

static int list(struct app *app, const char *domain, bool as_json)
{
	struct arena a = {0};
	struct label *labels;
	struct buf b;
	struct err err;
	size_t n;
	int rc = app_open(app);
	if (rc != EXIT_OK)
		return rc;
	enum status st = label_list(app->db, domain, &a, &labels, &n, &err);
	if (st == ST_OK) {
		buf_init(&b, OUTPUT_MAX);
		if (as_json)
			list_json(&b, labels, n);
		else
			list_text(&b, labels, n);
		if (b.failed)
			st = err_set(&err, ST_FATAL, "too many labels to list at once");
		else
			print_buf(&b);
		buf_free(&b);
	}
	arena_free(&a);
	return st == ST_OK ? EXIT_OK : app_fail(st, &err);
}

int cmd_label_list(struct app *app, int argc, char **argv)
{
	char domain[DOMAIN_SIZE];
	bool as_json;
	int rc = format_option_only(app, argc, argv, &as_json);
	if (rc != EXIT_OK)
		return rc;
	if (argc - optind > 1)
		return usage_error(app, "at most one DOMAIN is possible");
	if (optind == argc)
		return list(app, NULL, as_json);
	const struct name_rules *rules = names_open();
	bool ok = normal_domain(app, rules, argv[optind], domain);
	names_close(rules);
	return ok ? list(app, domain, as_json) : EXIT_USAGE;
}
