/* ruascope readiness: may a domain publish p=reject, and what would break. */
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "cli/app/app.h"
#include "cli/app/dns_run.h"
#include "cli/app/domains.h"
#include "cli/app/notes.h"
#include "cli/app/ready_windows.h"
#include "cli/app/senders.h"
#include "cli/command/commands.h"
#include "core/day.h"
#include "core/log.h"
#include "db/read/query.h"
#include "dns/names.h"
#include "report/catalogue/catalogue.h"
#include "report/readiness/readiness.h"
#include "report/render/render.h"

#define OUTPUT_MAX (256 * MIB)

/* As a Nagios plugin has them. */
enum { READY = 0, WARNINGS = 1, NOT_READY = 2, TOO_LITTLE = 3 };

struct request {
	int32_t as_of;
	bool strict, all, json, html;
	const char *output; /* NULL: stdout */
	struct domain_choice choice;
	const char *const *domains;
	size_t n;
};

struct readiness_run {
	const struct name_rules *rules;
	struct catalogue *catalogue;
	struct resolver *resolver;
	struct readiness_limits limits;
	struct readiness_input *inputs;
	const struct domain_facts *windows; /* N_WINDOWS of each domain */
	struct weighed *weighed;            /* in step */
	struct domain_facts *judged;        /* what of them counts */
	struct readiness *out;
	struct known_domain *known; /* with --all, as out; else NULL */
	struct arena facts, round;
};

enum { WINDOW = READY_WINDOW, HISTORY = READY_HISTORY, N_WINDOWS = READY_WINDOWS };

static enum status read_facts(struct app *app, const struct request *q, struct readiness_run *run,
			      struct err *err)
{
	struct domain_facts *facts =
	    arena_alloc(&run->facts, (N_WINDOWS * q->n + 1) * sizeof *facts);
	enum status st =
	    ready_windows_read(app, q->domains, q->n, q->all, q->as_of, &run->facts, facts, err);
	run->windows = facts;
	weigh_domains(facts, q->n, N_WINDOWS, N_WINDOWS, &run->facts, &run->weighed, &run->judged);
	for (size_t i = 0; i < q->n; i++, facts += N_WINDOWS)
		run->inputs[i] = (struct readiness_input){.as_of = q->as_of,
							  .window = &facts[WINDOW],
							  .history = &facts[HISTORY],
							  .weighed = &run->weighed[N_WINDOWS * i],
							  .limits = &run->limits};
	return st;
}

static void judge(const struct app *app, struct readiness_run *run, const struct request *q,
		  const struct ahead *ahead)
{
	struct owner_lists owner;
	struct dns_view view = {0};
	struct knowledge k;
	if (run->resolver)
		view = resolver_view(run->resolver);
	owner_lists_read(app, run->rules, &run->facts, &owner);
	dns_run_ahead(run->resolver, ahead, &run->round);
	do {
		arena_reset(&run->round);
		knowledge_begin(&k, run->rules, run->resolver ? &view : NULL, run->catalogue,
				&run->round);
		k.asked = &ahead->asked;
		for (size_t i = 0; i < q->n; i++) {
			struct owner_list ours =
			    owner_domains(&owner, run->inputs[i].window->domain, &run->round);
			k.ours = ours.names;
			k.n_ours = ours.n;
			readiness_judge(&run->inputs[i], &k, &run->out[i]);
		}
		knowledge_end(&k);
	} while (dns_run_round(run->resolver));
	for (size_t i = 0; run->known && i < q->n; i++)
		run->out[i].newest_report = run->known[i].newest;
}

static int exit_of(const struct readiness *r, bool strict)
{
	switch (r->verdict) {
	case VERDICT_READY:
		return READY;
	case VERDICT_WARNINGS:
		return strict ? NOT_READY : WARNINGS;
	case VERDICT_NOT_READY:
		return NOT_READY;
	default:
		return TOO_LITTLE;
	}
}

static void put_text_form(const struct readiness *r, const struct text_style *style, bool more,
			  struct buf *out)
{
	if (more)
		buf_puts(out, "\n\n");
	render_readiness_text(r, style, out);
}

/* Of many domains the worst; that a domain's own DNS cannot be asked is another time's business. */
static int print(struct app *app, struct readiness_run *run, const struct request *q,
		 const char *mode)
{
	struct page_notes notes;
	struct text_style style;
	struct buf out;
	int rc = READY;
	bool later = false;
	text_style_of(q->output, &style);
	buf_init(&out, OUTPUT_MAX);
	for (size_t i = 0; i < q->n; i++) {
		const struct readiness *r = &run->out[i];
		int one = exit_of(r, q->strict);
		rc = one == NOT_READY || rc == NOT_READY ? NOT_READY : one > rc ? one : rc;
		later = later || r->dns_failed;
		if (q->json)
			render_readiness_json(r, &out);
		else if (!q->all && !q->html)
			put_text_form(r, &style, i > 0, &out);
	}
	if (q->html) {
		notes_read(app, q->domains, q->n, mode, &run->facts, &notes);
		render_readiness_html(run->out, q->n, &notes, &out);
	}
	if (q->all && !q->json && !q->html)
		render_readiness_summary(run->out, q->n, &style, &out);
	if (out.failed) {
		log_error("the document is too large to print: name fewer domains");
		rc = EXIT_INTERNAL;
	} else if (write_output(q->output, out.data, out.len) != EXIT_OK) {
		rc = EXIT_OUTPUT;
	} else if (later && !q->all && q->n == 1) {
		rc = EXIT_TRY_LATER;
	}
	buf_free(&out);
	return rc;
}

/* With --all: every domain that ever had a report. One that fell silent is news. */
static enum status find_domains(struct app *app, struct request *q, struct readiness_run *run,
				struct err *err)
{
	if (!q->all)
		return ST_OK;
	enum status st =
	    query_known_domains(app->db, q->as_of, NULL, &run->facts, &run->known, &q->n, err);
	if (st != ST_OK)
		return st;
	const char **names = arena_alloc(&run->facts, (q->n + 1) * sizeof *names);
	for (size_t i = 0; i < q->n; i++)
		names[i] = run->known[i].name;
	q->domains = names;
	return ST_OK;
}

static int work(struct app *app, struct request *q, struct readiness_run *run)
{
	struct err err;
	const char *mode;
	enum status st = app_catalogue(app, run->rules, &run->catalogue, &err);
	if (st != ST_OK) {
		log_error("%s", err.msg);
		return EXIT_CONFIG;
	}
	int rc = ready_limits(app, &run->limits);
	if (rc == EXIT_OK)
		rc = app_open(app);
	if (rc != EXIT_OK)
		return rc;
	st = find_domains(app, q, run, &err);
	run->inputs = arena_alloc(&run->facts, (q->n + 1) * sizeof *run->inputs);
	run->out = arena_alloc(&run->facts, (q->n + 1) * sizeof *run->out);
	if (st == ST_OK)
		st = read_facts(app, q, run, &err);
	if (st != ST_OK)
		return app_fail(st, &err);
	rc = dns_run_open(app, &run->resolver, &mode);
	if (rc != EXIT_OK)
		return rc;
	struct ahead ahead = {.rules = run->rules,
			      .catalogue = run->catalogue,
			      .windows = run->judged,
			      .n_domains = q->n,
			      .n_windows = N_WINDOWS};
	ahead_begin(&ahead, &run->facts);
	judge(app, run, q, &ahead);
	dns_run_keep(app, run->resolver, &ahead);
	ahead_end(&ahead);
	return print(app, run, q, mode);
}

enum { OPT_AS_OF = 256, OPT_STRICT, OPT_ALL, OPT_GROUP };

static int read_option(struct app *app, struct request *q, int c, char **argv)
{
	switch (c) {
	case OPT_AS_OF:
		return day_parse(optarg, &q->as_of)
			   ? EXIT_OK
			   : usage_error(app, "--as-of: \"%s\" is not YYYY-MM-DD", optarg);
	case OPT_STRICT:
		q->strict = true;
		return EXIT_OK;
	case OPT_ALL:
		q->all = true;
		return EXIT_OK;
	case OPT_GROUP:
		return domains_group(app, &q->choice, optarg);
	case 'o':
		q->output = optarg;
		return EXIT_OK;
	case 'f':
		q->html = strcmp(optarg, "html") == 0;
		return q->html || format_text_or_json(app, optarg, &q->json) ? EXIT_OK : EXIT_USAGE;
	default:
		return bad_option(app, argv, c);
	}
}

int cmd_readiness(struct app *app, int argc, char **argv)
{
	static const struct option options[] = {{"as-of", required_argument, NULL, OPT_AS_OF},
						{"strict", no_argument, NULL, OPT_STRICT},
						{"all", no_argument, NULL, OPT_ALL},
						{"group", required_argument, NULL, OPT_GROUP},
						{"format", required_argument, NULL, 'f'},
						{"output", required_argument, NULL, 'o'},
						{NULL, 0, NULL, 0}};
	struct request q = {.as_of = day_from_unix(time(NULL))};
	struct readiness_run run = {.rules = NULL};
	int c, rc = EXIT_OK;
	while (rc == EXIT_OK && (c = getopt_long(argc, argv, ":f:o:", options, NULL)) != -1)
		rc = read_option(app, &q, c, argv);
	if (rc != EXIT_OK)
		return rc;
	if (q.all ? optind != argc || q.choice.n_groups > 0
		  : optind == argc && q.choice.n_groups == 0)
		return usage_error(app, q.all ? "--all cannot be combined with DOMAIN or --group"
					      : "a DOMAIN, --group or --all is required");
	run.rules = names_open();
	rc = domains_choose(app, run.rules, &q.choice, argv + optind, argc - optind, &run.facts);
	q.domains = q.choice.names;
	q.n = q.choice.n;
	if (rc == EXIT_OK)
		rc = work(app, &q, &run);
	resolver_close(run.resolver);
	catalogue_close(run.catalogue);
	arena_free(&run.round);
	arena_free(&run.facts);
	names_close(run.rules);
	return rc;
}
