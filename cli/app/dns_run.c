#include "cli/app/dns_run.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "core/log.h"
#include "db/store/snapshot.h"

struct restore {
	struct resolver *r;
	int64_t now;
	size_t rows;
};

static void restore(void *ctx, const struct snapshot_row *row)
{
	struct restore *x = ctx;
	resolver_restore(x->r, row, x->now);
	x->rows++;
}

static void show_progress(void *ctx, size_t done, size_t noted)
{
	static time_t last;
	(void)ctx;
	time_t now = time(NULL);
	if (now == last && done < noted)
		return;
	last = now;
	fprintf(stderr, "\r\033[KDNS: %zu of %zu questions answered", done, noted);
	if (done == noted)
		fputs("\r\033[K", stderr);
	fflush(stderr);
}

int dns_run_open(struct app *app, struct resolver **out, const char **mode)
{
	struct resolver_options o = {.server = app->dns_server, .offline = app->offline};
	struct err err;
	if (isatty(STDERR_FILENO) && app->verbosity >= 0)
		o.progress = show_progress;
	*out = NULL;
	*mode = "none";
	enum status st = resolver_open(&o, out, &err);
	if (st == ST_FATAL)
		return app_fail(st, &err);
	if (st != ST_OK) {
		log_warn("%s: going on without DNS", err.msg);
		return EXIT_OK;
	}
	struct restore x = {.r = *out, .now = time(NULL)};
	if (app->db && snapshot_load(app->db, 0, restore, &x, &err) != ST_OK)
		log_warn("answers of earlier runs: %s", err.msg);
	*mode = !app->offline ? "live" : x.rows > 0 ? "snapshot" : "none";
	if (app->offline && x.rows == 0)
		log_warn("--offline: no answers of DNS are kept yet; most stays unknown");
	return EXIT_OK;
}

struct resolver *dns_run_kept(struct app *app)
{
	const struct resolver_options o = {.offline = true};
	struct restore x = {.now = time(NULL)};
	struct err err;
	if (resolver_open(&o, &x.r, &err) != ST_OK)
		return NULL;
	if (snapshot_load(app->db, 0, restore, &x, &err) == ST_OK && x.rows > 0)
		return x.r;
	resolver_close(x.r);
	return NULL;
}

bool dns_run_round(struct resolver *r)
{
	return r && resolver_run(r);
}

void dns_run_keep(struct app *app, struct resolver *r)
{
	struct snapshot_writer *w;
	struct err err;
	if (!r)
		return;
	struct resolver_stats stats = resolver_stats(r);
	if (stats.silent)
		log_warn("the DNS server does not answer: what it would say stays unknown");
	else if (stats.not_asked > 0 && !app->offline)
		log_warn(
		    "DNS: %zu questions were not asked, the run had to end; what they would tell "
		    "stays unknown",
		    stats.not_asked);
	if (app->db && stats.asked > stats.failed) {
		enum status st = snapshot_begin(app->db, &w, &err);
		if (st == ST_OK) {
			resolver_each(r, snapshot_add, w);
			st = snapshot_end(w, &err);
		}
		if (st != ST_OK)
			log_warn("answers of DNS could not be kept: %s", err.msg);
	}
}
