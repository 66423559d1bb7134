#include "cli/app/dns_run.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "core/limits.h"
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
	x->rows += resolver_restore(x->r, row, x->now);
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

/* Of questions and seconds, per cent: what is left is for later. Names of one domain lead to
 * others, and a zone that does not answer costs seconds each time. */
#define NAMES_SHARE     50
#define ADDRESSES_SHARE 90
#define SLICE           50000 /* addresses asked about together: their names lead back before the next */

void dns_run_ahead(struct resolver *r, const struct ahead *x, struct arena *round)
{
	if (!r)
		return;
	struct dns_view view = resolver_view(r);
	resolver_share(r, NAMES_SHARE);
	do {
		arena_reset(round);
		ahead_names(x, &view, round);
	} while (dns_run_round(r));
	resolver_share(r, ADDRESSES_SHARE);
	for (size_t first = 0; first < x->asked.n; first += SLICE)
		do
			ahead_addresses(x, &view, first, SLICE);
		while (dns_run_round(r));
	resolver_share(r, 100);
}

static void say_left(const struct asked *x)
{
	if (x->left_domains == 1)
		log_warn("DNS: %zu addresses of %s with the least mail were not asked about",
			 x->left, x->left_of);
	else if (x->left_domains > 1)
		log_warn("DNS: %zu addresses with the least mail were not asked about: %zu of %s, "
			 "the others of %zu more domain%s",
			 x->left, x->left_most, x->left_of, x->left_domains - 1,
			 x->left_domains == 2 ? "" : "s");
}

static void say_age(int64_t seconds)
{
	long long days = (long long)(seconds / (24 * 3600));
	if (days > 0)
		log_warn("answers of DNS are up to %lld day%s old", days, days == 1 ? "" : "s");
	else
		log_warn("answers of DNS are less than a day old");
}

void dns_run_keep(struct app *app, struct resolver *r, const struct ahead *x)
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
	if (!app->offline && !stats.silent)
		say_left(&x->asked);
	if (stats.remembered > 0)
		log_info("DNS: %zu questions failed within the last %d minutes and were not asked "
			 "again",
			 stats.remembered, LIMIT_DNS_FAILURE / 60);
	if (app->offline && stats.oldest > 0)
		say_age(time(NULL) - stats.oldest);
	if (app->db && (stats.asked > 0 || stats.silent)) {
		enum status st = snapshot_begin(app->db, &w, &err);
		if (st == ST_OK) {
			resolver_each(r, snapshot_add, w);
			st = snapshot_end(w, &err);
		}
		if (st != ST_OK)
			log_warn("answers of DNS could not be kept: %s", err.msg);
	}
}
