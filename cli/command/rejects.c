/* ruascope rejects: what was set aside, and another try. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "cli/app/app.h"
#include "cli/app/mail_keys.h"
#include "cli/command/commands.h"
#include "cli/intake/own.h"
#include "core/arena.h"
#include "core/day.h"
#include "core/json.h"
#include "core/log.h"
#include "core/text.h"
#include "db/load/load.h"
#include "db/store/quarantine.h"
#include "ingest/pipeline.h"

#define OUTPUT_MAX (1 * GIB)

static bool parse_id(const struct app *app, const char *s, int64_t *id)
{
	uint64_t v;
	if (text_to_u64(s, strlen(s), &v) && v > 0 && v <= INT64_MAX) {
		*id = (int64_t)v;
		return true;
	}
	usage_error(app, "\"%s\" is not an ID (`ruascope rejects list` shows them)", s);
	return false;
}

static void list_json(struct buf *b, const struct quarantined *rows, size_t n)
{
	struct json j;
	json_init(&j, b);
	json_object(&j);
	json_key(&j, "schema"), json_string(&j, "ruascope.rejects/1");
	json_key(&j, "rejects"), json_array(&j);
	for (size_t i = 0; i < n; i++) {
		const struct quarantined *q = &rows[i];
		json_object(&j);
		json_key(&j, "id"), json_int(&j, q->id);
		json_key(&j, "outcome"), json_string(&j, q->outcome);
		json_key(&j, "source"), json_string(&j, q->source);
		json_key(&j, "reason"), json_string(&j, q->reason);
		json_key(&j, "bytes"), json_uint(&j, q->size);
		json_key(&j, "truncated"), json_bool(&j, q->truncated);
		json_key(&j, "first_seen"), json_string(&j, q->first_seen);
		json_key(&j, "last_seen"), json_string(&j, q->last_seen);
		json_end(&j);
	}
	json_end(&j);
	json_end(&j);
	buf_putc(b, '\n');
}

static void list_text(struct buf *b, const struct quarantined *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct quarantined *q = &rows[i];
		buf_printf(b, "%6lld  %.10s  %-8s  ", (long long)q->id, q->last_seen, q->outcome);
		put_text(b, q->source);
		buf_puts(b, ": ");
		put_text(b, q->reason);
		buf_putc(b, '\n');
	}
	if (n == 0)
		buf_puts(b, "Nothing is quarantined.\n");
}

int cmd_rejects_list(struct app *app, int argc, char **argv)
{
	struct arena a = {0};
	struct quarantined *rows;
	struct buf b;
	struct err err;
	size_t n;
	bool as_json;
	int rc = format_option_only(app, argc, argv, &as_json);
	if (rc != EXIT_OK)
		return rc;
	if (optind < argc)
		return usage_error(app, "unexpected \"%s\"", argv[optind]);
	rc = app_open(app);
	if (rc != EXIT_OK)
		return rc;
	enum status st = quarantine_list(app->db, 0, &a, &rows, &n, &err);
	if (st == ST_OK) {
		buf_init(&b, OUTPUT_MAX);
		if (as_json)
			list_json(&b, rows, n);
		else
			list_text(&b, rows, n);
		print_buf(&b);
		buf_free(&b);
	}
	arena_free(&a);
	return st == ST_OK ? EXIT_OK : app_fail(st, &err);
}

/* One row by its id; EXIT_USAGE when there is none. */
static int find(struct app *app, int64_t id, struct arena *a, struct quarantined **row)
{
	struct err err;
	size_t n;
	enum status st = quarantine_list(app->db, id, a, row, &n, &err);
	if (st != ST_OK)
		return app_fail(st, &err);
	return n > 0 ? EXIT_OK
		     : usage_error(app, "nothing is quarantined under %lld", (long long)id);
}

static void show(const struct quarantined *q)
{
	struct buf b;
	buf_init(&b, MIB);
	buf_printf(&b, "id          %lld\noutcome     %s\nsource      ", (long long)q->id,
		   q->outcome);
	put_text(&b, q->source);
	buf_puts(&b, "\nreason      ");
	put_text(&b, q->reason);
	buf_puts(&b, "\nbytes       ");
	put_number(&b, q->size);
	buf_printf(&b, "%s\nfirst seen  %s\nlast seen   %s\n",
		   q->truncated ? " (only its head was kept)" : "", q->first_seen, q->last_seen);
	print_buf(&b);
	buf_free(&b);
}

int cmd_rejects_show(struct app *app, int argc, char **argv)
{
	static const struct option none[] = {{NULL, 0, NULL, 0}};
	struct arena a = {0};
	struct quarantined *row;
	int64_t id;
	int c = getopt_long(argc, argv, ":", none, NULL);
	if (c != -1)
		return bad_option(app, argv, c);
	if (argc - optind != 1)
		return usage_error(app, "exactly one ID is required");
	if (!parse_id(app, argv[optind], &id))
		return EXIT_USAGE;
	int rc = app_open(app);
	if (rc == EXIT_OK)
		rc = find(app, id, &a, &row);
	if (rc == EXIT_OK)
		show(row);
	arena_free(&a);
	return rc;
}

static int export_to(struct app *app, int64_t id, const char *path)
{
	struct output o = {.f = stdout}; /* main() looks at stdout */
	struct err err;
	bool to_file = path && strcmp(path, "-") != 0;
	int rc = to_file ? output_open(path, &o) : EXIT_OK;
	if (rc != EXIT_OK)
		return rc;
	enum status st = quarantine_export(app->db, id, o.f, &err);
	if (st != ST_OK)
		rc = app_fail(st, &err);
	int written = to_file ? output_close(&o, st == ST_OK) : EXIT_OK;
	return rc != EXIT_OK ? rc : written;
}

int cmd_rejects_export(struct app *app, int argc, char **argv)
{
	static const struct option options[] = {{"output", required_argument, NULL, 'o'},
						{NULL, 0, NULL, 0}};
	struct arena a = {0};
	struct quarantined *row;
	const char *path = NULL;
	int64_t id;
	int c;
	while ((c = getopt_long(argc, argv, ":o:", options, NULL)) != -1) {
		if (c != 'o')
			return bad_option(app, argv, c);
		path = optarg;
	}
	if (argc - optind != 1)
		return usage_error(app, "exactly one ID is required");
	if (!parse_id(app, argv[optind], &id))
		return EXIT_USAGE;
	int rc = app_open(app);
	if (rc == EXIT_OK)
		rc = find(app, id, &a, &row); /* before the output file is touched */
	if (rc == EXIT_OK && row->truncated)
		log_warn("only the head of %llu bytes was kept", (unsigned long long)row->size);
	if (rc == EXIT_OK)
		rc = export_to(app, id, path);
	arena_free(&a);
	return rc;
}

/* ---- retry ---- */

struct retry {
	struct app *app;
	struct pipeline *pipeline;
	struct loader *loader;
	bool accept; /* whatever is stored */
	uint64_t tried, settled, impossible;
};

static int word_index(const char *const *words, int n, const char *word)
{
	for (int i = 0; i < n; i++)
		if (words[i] && word && strcmp(words[i], word) == 0)
			return i;
	return 0;
}

/* What was known of the mail when it came: the bytes do not say it. */
static struct load_origin origin_of(const struct quarantined *q)
{
	return (struct load_origin){
	    .known = q->has_auth,
	    .auth = (enum auth)word_index(auth_names, AUTH_COUNT, q->auth),
	    .by = (enum auth_by)word_index(auth_by_names, AUTH_BY_COUNT, q->auth_by),
	    .standing = (enum standing)q->standing,
	    .domain = q->auth_domain,
	    .content = q->content,
	};
}

/*
 * Did the bytes read well this time? A conflict that is still one is reported as a duplicate of
 * itself, so only being stored ends it.
 */
static bool is_settled(const struct quarantined *q, const uint64_t before[OUT_COUNT],
		       const uint64_t now[OUT_COUNT])
{
	if (strcmp(q->outcome, outcome_names[OUT_CONFLICT]) == 0)
		return now[OUT_STORED] > before[OUT_STORED] &&
		       now[OUT_CONFLICT] == before[OUT_CONFLICT];
	/* that nothing in it looks like a report any more is no reason to forget the bytes */
	return now[OUT_REJECTED] == before[OUT_REJECTED] &&
	       now[OUT_CONFLICT] == before[OUT_CONFLICT] &&
	       now[OUT_STORED] + now[OUT_DUPLICATE] > before[OUT_STORED] + before[OUT_DUPLICATE];
}

/* The bytes to a temporary file, which goes with its handle. */
static enum status fetch(struct app *app, int64_t id, FILE **f, struct blob *blob, struct err *err)
{
	struct stat s;
	*f = tmpfile();
	if (!*f)
		return err_set(err, ST_RETRY, "temporary file: %s", strerror(errno));
	enum status st = quarantine_export(app->db, id, *f, err);
	if (st == ST_OK && (fflush(*f) != 0 || ferror(*f) || fstat(fileno(*f), &s) != 0))
		st = err_set(err, ST_RETRY, "temporary file: %s", strerror(errno));
	if (st == ST_OK)
		*blob = (struct blob){.size = (uint64_t)s.st_size, .fd = fileno(*f)};
	return st;
}

/* Why it is set aside now: the last such word since there were n problems. */
static const char *why(const struct ingest_totals *t, size_t n, const struct quarantined *q)
{
	for (size_t i = t->n_problems; i > n; i--) {
		const struct ingest_problem *p = &t->problems[i - 1];
		if (p->outcome == OUT_REJECTED || p->outcome == OUT_CONFLICT)
			return p->reason;
	}
	return q->reason;
}

static enum status read_as(struct retry *r, const struct blob *blob, const struct quarantined *q,
			   const struct load_origin *origin, struct err *err)
{
	load_origin(r->loader, origin);
	enum status st = pipeline_blob(r->pipeline, blob, q->source, err);
	return st == ST_OK ? pipeline_flush(r->pipeline, err) : st;
}

static enum status retry_one(struct retry *r, const struct quarantined *q, struct err *err)
{
	uint64_t before[OUT_COUNT];
	struct blob blob;
	FILE *f = NULL;
	struct ingest_totals *t = pipeline_totals(r->pipeline);
	if (q->truncated) {
		log_warn("%lld: %s: only its head was kept; it cannot be read again",
			 (long long)q->id, q->source);
		r->impossible++;
		return ST_OK;
	}
	size_t n_problems = t->n_problems;
	memcpy(before, t->outcomes, sizeof before);
	struct load_origin origin = origin_of(q);
	origin.accept = r->accept;
	enum status st = fetch(r->app, q->id, &f, &blob, err);
	if (st == ST_OK)
		st = read_as(r, &blob, q, &origin, err);
	uint64_t seen = t->outcomes[OUT_DUPLICATE] - before[OUT_DUPLICATE] +
			t->outcomes[OUT_CONFLICT] - before[OUT_CONFLICT];
	if (st == ST_OK && r->accept && seen == 1 &&
	    t->outcomes[OUT_STORED] == before[OUT_STORED]) {
		/* some marks of spelling are lost in a document that was made anew */
		origin.any = true;
		st = read_as(r, &blob, q, &origin, err);
	}
	if (f)
		fclose(f);
	if (st != ST_OK)
		return st;
	r->tried++;
	if (is_settled(q, before, t->outcomes)) {
		r->settled++;
		return quarantine_delete(r->app->db, q->id, err);
	}
	log_warn("%lld: %s: still quarantined: %s", (long long)q->id, q->source,
		 why(t, n_problems, q));
	return ST_OK;
}

static int conclude(struct retry *r, enum status st, struct err *err)
{
	uint64_t stored = pipeline_totals(r->pipeline)->outcomes[OUT_STORED];
	printf("%llu tried: %llu read now (%llu reports stored), %llu still quarantined, "
	       "%llu cannot be read again.\n",
	       (unsigned long long)r->tried, (unsigned long long)r->settled,
	       (unsigned long long)stored, (unsigned long long)(r->tried - r->settled),
	       (unsigned long long)r->impossible);
	if (st != ST_OK)
		return app_fail(st, err);
	if (atomic_load(&app_interrupted))
		return EXIT_TRY_LATER;
	return r->tried > r->settled || r->impossible > 0 ? EXIT_SOME_SET_ASIDE : EXIT_OK;
}

static enum status open_loader(struct retry *r, const char *what, int64_t *run_id, struct db **db,
			       struct err *err)
{
	enum status st = load_run_begin(r->app->db, what, run_id, err);
	if (st == ST_OK) /* a loader wants a connection to itself */
		st = app_connect(r->app, db, err);
	return st == ST_OK ? load_open(*db, *run_id, false, NULL, &r->loader, err) : st;
}

static int retry_rows(struct app *app, const struct limits *limits, const struct quarantined *rows,
		      size_t n, bool accept, bool no_auth)
{
	struct err err;
	struct db *db = NULL;
	struct mail_key_source *keys = NULL;
	struct own own = {0};
	int64_t run_id = 0;
	struct retry r = {.app = app, .accept = accept};
	int rc = own_open(app, &own);
	enum status st = ST_OK;
	if (rc == EXIT_OK && !no_auth)
		rc = mail_key_source_open(app, &keys);
	if (rc != EXIT_OK)
		goto out;
	st = open_loader(&r, accept ? "rejects accept" : "rejects retry", &run_id, &db, &err);
	if (st != ST_OK) {
		rc = app_fail(st, &err);
		goto out;
	}
	load_names(r.loader, own.rules);
	load_quarantine(r.loader, limits->quarantine, tell_trimmed);
	/* no stop flag: a row is read whole before it is judged */
	struct pipeline_options o = {.rules = own.rules,
				     .limits = limits,
				     .auth = mail_key_source_options(keys),
				     .domains = own.domains,
				     .n_domains = own.n};
	r.pipeline = pipeline_new(&o, load_sink(r.loader));
	app_catch_signals();
	for (size_t i = 0; i < n && st == ST_OK && !atomic_load(&app_interrupted); i++)
		st = retry_one(&r, &rows[i], &err);
	if (st == ST_OK)
		st = load_run_end(app->db, run_id, r.tried, &err);
	if (st == ST_OK && keys)
		mail_key_source_keep(keys, app->db);
	rc = conclude(&r, st, &err);
out:
	pipeline_free(r.pipeline);
	load_close(r.loader);
	db_close(db);
	mail_key_source_close(keys);
	own_close(&own);
	return rc;
}

int cmd_rejects_accept(struct app *app, int argc, char **argv)
{
	static const struct option none[] = {{NULL, 0, NULL, 0}};
	struct limits limits = LIMITS_DEFAULT;
	struct arena a = {0};
	struct quarantined *row;
	int64_t id;
	int c = getopt_long(argc, argv, ":", none, NULL);
	if (c != -1)
		return bad_option(app, argv, c);
	if (argc - optind != 1)
		return usage_error(app, "exactly one ID is required");
	if (!parse_id(app, argv[optind], &id))
		return EXIT_USAGE;
	int rc = app_open(app);
	if (rc == EXIT_OK)
		rc = find(app, id, &a, &row);
	if (rc == EXIT_OK && !row->has_content)
		rc = refuse(app, "%lld is no report that conflicts with a stored one",
			    (long long)id);
	if (rc == EXIT_OK)
		rc = retry_rows(app, &limits, row, 1, true, true); /* it is a person's word */
	arena_free(&a);
	return rc;
}

int cmd_rejects_retry(struct app *app, int argc, char **argv)
{
	static const struct option options[] = {
	    {"no-auth", no_argument, NULL, 'n'}, LIMIT_OPTIONS, {NULL, 0, NULL, 0}};
	struct limits limits = LIMITS_DEFAULT;
	struct arena a = {0};
	struct quarantined *rows = NULL;
	struct err err;
	size_t n = 0;
	int64_t id;
	bool no_auth = false;
	int c;
	while ((c = getopt_long(argc, argv, ":", options, NULL)) != -1) {
		if (c == 'n') {
			no_auth = true;
			continue;
		}
		if (c < OPT_LIMITS || c >= OPT_LIMITS_END)
			return bad_option(app, argv, c);
		if (!limit_option(app, &limits, c, optarg))
			return EXIT_USAGE;
	}
	int first = optind;
	for (int i = first; i < argc; i++) {
		if (!parse_id(app, argv[i], &id))
			return EXIT_USAGE;
	}
	int rc = app_open(app);
	if (rc != EXIT_OK)
		return rc;
	if (first == argc) {
		enum status st = quarantine_list(app->db, 0, &a, &rows, &n, &err);
		rc = st == ST_OK ? EXIT_OK : app_fail(st, &err);
	} else {
		n = (size_t)(argc - first);
		rows = arena_alloc(&a, n * sizeof *rows);
	}
	for (int i = first; i < argc && rc == EXIT_OK; i++) {
		struct quarantined *row;
		(void)parse_id(app, argv[i], &id);
		rc = find(app, id, &a, &row);
		if (rc == EXIT_OK)
			rows[i - first] = *row;
	}
	if (rc == EXIT_OK)
		rc = retry_rows(app, &limits, rows, n, false, no_auth);
	arena_free(&a);
	return rc;
}
