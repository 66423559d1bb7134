/* ruascope spf show, spf check: what the SPF record of a domain says, and why. */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "cli/app/app.h"
#include "cli/command/commands.h"
#include "cli/command/spf_text.h"
#include "core/log.h"
#include "dns/ask/resolver.h"
#include "dns/names.h"

#define OUTPUT_MAX (64 * MIB)

static int no_dns(const struct err *err)
{
	log_error("%s", err->msg);
	return EXIT_TRY_LATER;
}

/* Exit code: rc, unless it does not fit. */
static int print(struct buf *out, int rc)
{
	if (out->failed) {
		log_error("the answer is too large to print");
		rc = EXIT_INTERNAL;
	} else {
		print_buf(out);
	}
	buf_free(out);
	return rc;
}

/* A resolver without a database: these commands must work without one. */
static int open_resolver(struct app *app, struct resolver **r)
{
	struct err err;
	const struct resolver_options o = {.server = app->dns_server, .offline = app->offline};
	if (app->offline)
		return usage_error(app, "--offline: this command asks DNS");
	enum status st = resolver_open(&o, r, &err);
	return st == ST_OK ? EXIT_OK : st == ST_RETRY ? no_dns(&err) : app_fail(st, &err);
}

/* Either a record or an evaluation: what is asked over and over until nothing is open. */
struct spf_question {
	const char *domain;                /* of show */
	const struct spf_request *request; /* of check; NULL: show */
};

static enum spf_result work(const struct spf_question *q, const struct dns_view *view,
			    struct arena *a, struct spf_tree *tree, struct spf_check *check)
{
	arena_reset(a);
	if (q->request) {
		spf_check_host(view, q->request, a, check);
		return check->result;
	}
	spf_tree_read(view, q->domain, a, tree);
	return tree->root->result;
}

static int answer(struct app *app, const struct spf_question *q, bool as_json)
{
	struct resolver *r = NULL;
	struct arena a = {0};
	struct spf_tree tree;
	struct spf_check check;
	enum spf_result result;
	struct buf out;
	int rc = open_resolver(app, &r);
	if (rc != EXIT_OK)
		return rc;
	struct dns_view view = resolver_view(r);
	do
		result = work(q, &view, &a, &tree, &check);
	while (resolver_run(r));
	buf_init(&out, OUTPUT_MAX);
	if (!q->request)
		(as_json ? spf_tree_json : spf_tree_text)(&tree, &out);
	else if (as_json)
		spf_check_json(&check, &out);
	else
		spf_check_text(&check, q->request, &out);
	rc = print(&out, result == SPF_TEMPERROR ? EXIT_TRY_LATER : EXIT_OK);
	arena_free(&a);
	resolver_close(r);
	return rc;
}

int cmd_spf_show(struct app *app, int argc, char **argv)
{
	char domain[DOMAIN_SIZE];
	bool as_json;
	int rc = format_option_only(app, argc, argv, &as_json);
	if (rc != EXIT_OK)
		return rc;
	if (argc - optind != 1)
		return usage_error(app, "exactly one DOMAIN is required");
	const struct name_rules *rules = names_open();
	bool good = domain_normalise(rules, argv[optind], strlen(argv[optind]), domain);
	names_close(rules);
	return good ? answer(app, &(struct spf_question){.domain = domain}, as_json)
		    : usage_error(app, "\"%s\" is not a domain name", argv[optind]);
}

/* The sender with its domain in A-labels (RFC 7208 section 4.3); as it is when that cannot be. */
static char *with_alabels(const char *sender)
{
	const char *at = strrchr(sender, '@');
	const char *domain = at ? at + 1 : sender;
	char name[DOMAIN_SIZE];
	struct buf b;
	buf_init(&b, MIB);
	const struct name_rules *rules = names_open();
	buf_put(&b, sender, (size_t)(domain - sender));
	buf_puts(&b, domain_normalise(rules, domain, strlen(domain), name) ? name : domain);
	names_close(rules);
	return b.data; /* NULL: it is empty */
}

enum { OPT_IP = 256, OPT_MAIL_FROM, OPT_HELO };

int cmd_spf_check(struct app *app, int argc, char **argv)
{
	static const struct option options[] = {
	    {"ip", required_argument, NULL, OPT_IP},
	    {"mail-from", required_argument, NULL, OPT_MAIL_FROM},
	    {"helo", required_argument, NULL, OPT_HELO},
	    {"format", required_argument, NULL, 'f'},
	    {"output", required_argument, NULL, 'o'},
	    {NULL, 0, NULL, 0}};
	struct spf_request request = {0};
	bool as_json = false;
	int c;
	while ((c = getopt_long(argc, argv, ":f:o:", options, NULL)) != -1) {
		if (c == OPT_IP && !ip_parse(optarg, strlen(optarg), &request.ip, NULL))
			return usage_error(app, "--ip: \"%s\" is not an address", optarg);
		if (c == OPT_MAIL_FROM)
			request.mail_from = optarg;
		else if (c == OPT_HELO)
			request.helo = optarg;
		else if (c == 'o')
			output_to(optarg);
		else if (c == 'f' && !format_text_or_json(app, optarg, &as_json))
			return EXIT_USAGE;
		else if (c == '?' || c == ':')
			return bad_option(app, argv, c);
	}
	if (optind < argc)
		return usage_error(app, "unexpected \"%s\"", argv[optind]);
	if (request.ip.family == 0 || !request.mail_from)
		return usage_error(app, "--ip and --mail-from are required");
	char *sender = with_alabels(request.mail_from);
	request.mail_from = sender ? sender : "";
	int rc = answer(app, &(struct spf_question){.request = &request}, as_json);
	free(sender);
	return rc;
}
