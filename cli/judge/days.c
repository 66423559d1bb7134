/* Which days are to be judged, and how: the very code of readiness, a day of many domains at once.
 */
#include <stdlib.h>
#include <string.h>

#include "cli/app/dns_run.h"
#include "cli/app/domains.h"
#include "cli/app/ready_windows.h"
#include "cli/judge/judge.h"
#include "core/day.h"
#include "core/log.h"
#include "report/watch/watch.h"

#define BATCH        100 /* domains at once: their facts are in memory together */
#define COMPLETE     3   /* days after which a day is complete, whoever has not reported it */
#define ABANDONED    90  /* days without a report after which a domain is judged no more */
#define READY_BEFORE 2   /* days before today that may be complete earlier */

static void tell_silent(struct judge_run *run, struct judged *d)
{
	log_warn("%s: its DNS does not answer: its days are left for the next run", d->name);
	run->silent[run->n_silent++] = arena_strdup(&run->a, d->name);
}

/* ---- which days ---- */

static const struct judgement_row *row_of(const struct judged *d, int32_t day)
{
	for (size_t i = 0; i < d->n_rows; i++)
		if (d->rows[i].day == day)
			return &d->rows[i];
	return NULL;
}

static const char *basis_of(const struct judgement_row *r)
{
	return r && r->basis ? r->basis : "0";
}

static bool is_judged(const struct judgement_row *r)
{
	return r && r->there && r->judged && strcmp(r->judged, basis_of(r)) == 0;
}

/* The first day that was not judged from the reports that are there now; or --day. */
static void choose_days(const struct judge_run *run, struct judged *d)
{
	int32_t since = run->today - JUDGE_BACK;
	d->from = d->first > since ? d->first : since;
	while (d->from <= d->to && is_judged(row_of(d, d->from)))
		d->from++;
	if (run->day != NO_DAY && run->day < d->from && run->day >= d->first)
		d->from = run->day;
}

static enum status read_days(struct judge_run *run, struct judged *domains, size_t n,
			     const char *const *names, struct err *err)
{
	struct judgement_row *rows;
	struct judgement_ready *ready;
	size_t n_rows, n_ready;
	enum status st = judgement_days(run->app->db, names, n, run->today - JUDGE_BACK, run->today,
					&run->batch, &rows, &n_rows, err);
	if (st == ST_OK)
		st = judgement_complete(run->app->db, names, n, run->today, &run->batch, &ready,
					&n_ready, err);
	for (size_t i = 0, k = 0; st == ST_OK && i < n; i++) {
		struct judged *d = &domains[i];
		d->rows = &rows[k];
		while (k < n_rows && strcmp(rows[k].domain, d->name) == 0)
			k++;
		d->n_rows = (size_t)(&rows[k] - d->rows);
		d->to = run->today - COMPLETE;
		for (int back = READY_BEFORE; back > 0; back--)
			for (size_t m = 0; m < n_ready; m++)
				if (strcmp(ready[m].domain, d->name) == 0 &&
				    ready[m].day == d->to + 1)
					d->to++;
		choose_days(run, d);
	}
	return st;
}

/* What is known of the day before, and what was said of the days that come. */
static enum status prepare(struct judge_run *run, struct judged *domains, size_t n, struct err *err)
{
	const char **names = arena_alloc(&run->batch, (n + 1) * sizeof *names);
	int32_t *days = arena_alloc(&run->batch, (n + 1) * sizeof *days);
	const char **memories = arena_alloc(&run->batch, (n + 1) * sizeof *memories);
	size_t k = 0;
	for (size_t i = 0; i < n; i++)
		if (!domains[i].silent && domains[i].from <= domains[i].to) {
			names[k] = domains[i].name;
			days[k++] = domains[i].from - 1;
		}
	enum status st = judgement_memory(run->app->db, names, days, k, &run->batch, memories, err);
	for (size_t i = 0, m = 0; st == ST_OK && i < n; i++)
		if (!domains[i].silent && domains[i].from <= domains[i].to)
			domains[i].memory = memories[m++];
	for (size_t i = 0; i < k; i++)
		days[i]++;
	return st == ST_OK ? judgement_again(run->app->db, names, days, k, err) : st;
}

/* ---- one day of several domains ---- */

struct day_run {
	struct judge_run *run;
	struct judged **domains;
	const char **names;
	size_t n;
	int32_t day;
	struct domain_facts *facts, *judged;
	struct weighed *weighed;
	struct readiness_input *in;
	struct readiness *out;
	struct looks_past *past;
};

static enum status read_facts(struct day_run *d, struct err *err)
{
	struct judge_run *run = d->run;
	struct arena *a = &run->facts;
	d->facts = arena_alloc(a, (READY_WINDOWS * d->n + 1) * sizeof *d->facts);
	d->in = arena_alloc(a, (d->n + 1) * sizeof *d->in);
	d->out = arena_alloc(a, (d->n + 1) * sizeof *d->out);
	enum status st =
	    ready_windows_read(run->app, d->names, d->n, true, d->day + 1, a, d->facts, err);
	if (st != ST_OK)
		return st;
	weigh_domains(d->facts, d->n, READY_WINDOWS, READY_WINDOWS, a, &d->weighed, &d->judged);
	for (size_t i = 0; i < d->n; i++) {
		const struct domain_facts *f = &d->facts[READY_WINDOWS * i];
		d->in[i] = (struct readiness_input){.as_of = d->day + 1,
						    .window = &f[READY_WINDOW],
						    .history = &f[READY_HISTORY],
						    .weighed = &d->weighed[READY_WINDOWS * i],
						    .limits = &run->limits};
	}
	return ST_OK;
}

/* The very code of readiness; only that names of ours say what they said on the day. */
static void judge_them(struct day_run *d, const struct dns_view *view)
{
	struct judge_run *run = d->run;
	struct ahead ahead = {.rules = run->rules,
			      .catalogue = run->catalogue,
			      .windows = d->judged,
			      .n_domains = d->n,
			      .n_windows = READY_WINDOWS};
	struct owner_lists owner;
	struct knowledge k;
	owner_lists_read(run->app, run->rules, &run->facts, &owner);
	ahead_begin(&ahead, &run->facts);
	dns_run_ahead(run->resolver, &ahead, &run->round);
	do {
		arena_reset(&run->round);
		knowledge_begin(&k, run->rules, view, run->catalogue, &run->round);
		k.asked = &ahead.asked;
		for (size_t i = 0; i < d->n; i++) {
			struct owner_list ours =
			    owner_domains(&owner, d->in[i].window->domain, &run->round);
			k.ours = ours.names;
			k.n_ours = ours.n;
			readiness_judge(&d->in[i], &k, &d->out[i]);
		}
		knowledge_end(&k);
	} while (dns_run_round(run->resolver));
	ahead_end(&ahead);
}

static void watch(struct day_run *d, size_t i, const struct dns_view *view, struct judged_day *out)
{
	struct judged *j = d->domains[i];
	const struct judgement_row *row = row_of(j, d->day);
	const struct watch_input in = {
	    .r = &d->out[i],
	    .raw = &d->facts[READY_WINDOWS * i],
	    .weighed = &d->weighed[READY_WINDOWS * i],
	    .view = view,
	    .by_dns = j->events,
	    .n_by_dns = j->n_events,
	    .memory = j->memory,
	    .first = !j->told,
	    .day = d->day,
	    .dns_day = looks_day(j->name, j->kept, j->n_kept, d->day),
	    .reports = row ? row->reports : 0,
	    .reporters = row ? row->reporters : 0,
	    .basis = basis_of(row),
	};
	watch_day(&in, &d->run->round, out);
	j->memory = arena_strdup(&d->run->batch, out->memory);
	j->told = true;
	for (size_t k = 0; k < out->n_events; k++)
		if (out->events[k].opened == d->day || out->events[k].closed == d->day)
			judge_tell(d->run, &out->events[k]);
}

static enum status keep(struct day_run *d, const struct dns_view *view, struct err *err)
{
	struct judge_run *run = d->run;
	struct judged_day *days = arena_alloc(&run->round, (d->n + 1) * sizeof *days);
	const char **last = arena_alloc(&run->round, (d->n + 1) * sizeof *last);
	size_t n = 0, n_last = 0;
	for (size_t i = 0; i < d->n; i++) {
		struct judged *j = d->domains[i];
		if (run->resolver && d->out[i].dns_failed) {
			j->silent = true;
			tell_silent(run, j);
			continue;
		}
		watch(d, i, view, &days[n++]);
		if (j->to == d->day)
			last[n_last++] = j->name;
	}
	run->n_days += n;
	if (n > 0 && (run->newest == NO_DAY || d->day > run->newest))
		run->newest = d->day;
	return judgement_store(run->app->db, days, n, last, n_last, run->today, err);
}

static enum status judge_day(struct day_run *d, struct err *err)
{
	struct judge_run *run = d->run;
	struct dns_view inner = {0}, view;
	if (run->resolver)
		inner = resolver_view(run->resolver);
	d->past->inner = run->resolver ? &inner : NULL;
	d->past->day = d->day;
	d->past->a = &run->facts;
	view = looks_view(d->past);
	enum status st = read_facts(d, err);
	if (st == ST_OK) {
		judge_them(d, &view);
		st = keep(d, &view, err);
	}
	arena_reset(&run->facts);
	return st;
}

/* ---- many ---- */

static enum status judge_all_days(struct judge_run *run, struct judged *domains, size_t n,
				  struct looks_past *past, struct err *err)
{
	int32_t from = INT32_MAX, to = INT32_MIN;
	struct day_run d = {.run = run, .past = past};
	enum status st = ST_OK;
	d.domains = arena_alloc(&run->batch, (n + 1) * sizeof *d.domains);
	d.names = arena_alloc(&run->batch, (n + 1) * sizeof *d.names);
	for (size_t i = 0; i < n; i++) {
		from = domains[i].from < from ? domains[i].from : from;
		to = domains[i].to > to ? domains[i].to : to;
	}
	for (d.day = from; st == ST_OK && d.day <= to; d.day++) {
		d.n = 0;
		for (size_t i = 0; i < n; i++)
			if (!domains[i].silent && domains[i].from <= d.day &&
			    d.day <= domains[i].to) {
				d.names[d.n] = domains[i].name;
				d.domains[d.n++] = &domains[i];
			}
		if (d.n > 0)
			st = judge_day(&d, err);
	}
	return st;
}

static enum status judge_batch(struct judge_run *run, struct judged *domains, size_t n,
			       struct err *err)
{
	const char **names = arena_alloc(&run->batch, (n + 1) * sizeof *names);
	for (size_t i = 0; i < n; i++)
		names[i] = domains[i].name;
	enum status st = judge_looks(run, domains, n, err);
	for (size_t i = 0; i < n; i++)
		if (domains[i].silent)
			tell_silent(run, &domains[i]);
	if (st == ST_OK)
		st = read_days(run, domains, n, names, err);
	if (st == ST_OK)
		st = prepare(run, domains, n, err);
	if (st != ST_OK)
		return st;
	struct looks_past past = {.kept = n > 0 ? domains[0].kept : NULL};
	for (size_t i = 0; i < n; i++)
		past.n_kept += domains[i].n_kept;
	looks_past_begin(&past);
	st = judge_all_days(run, domains, n, &past, err);
	looks_past_end(&past);
	return st;
}

/* --day of a day that is not over yet for one of them is a mistake. */
int judge_check_day(struct judge_run *run, const struct judgement_domain *list, size_t n)
{
	char day[DAY_STRLEN];
	if (run->day == NO_DAY || n == 0)
		return EXIT_OK;
	day_format(run->day, day);
	if (run->day < run->today - JUDGE_BACK)
		return refuse(run->app, "--day: %s is more than %d days ago", day, JUDGE_BACK);
	if (run->day <= run->today - COMPLETE)
		return EXIT_OK;
	struct judgement_ready *ready;
	const char **names = arena_alloc(&run->a, n * sizeof *names);
	size_t n_ready, there = 0;
	struct err err;
	for (size_t i = 0; i < n; i++)
		names[i] = list[i].name;
	enum status st =
	    judgement_complete(run->app->db, names, n, run->today, &run->a, &ready, &n_ready, &err);
	if (st != ST_OK)
		return app_fail(st, &err);
	for (size_t i = 0; i < n_ready; i++)
		there += ready[i].day == run->day;
	return there == n
		   ? EXIT_OK
		   : refuse(run->app, "--day: %s is not complete yet: reports may still come", day);
}

enum status judge_domains(struct judge_run *run, const struct judgement_domain *list, size_t n,
			  struct err *err)
{
	enum status st = ST_OK;
	run->silent = arena_alloc(&run->a, (n + 1) * sizeof *run->silent);
	for (size_t at = 0; st == ST_OK && at < n;) {
		struct judged *batch = arena_alloc(&run->batch, BATCH * sizeof *batch);
		size_t k = 0;
		for (; at < n && k < BATCH; at++)
			if (run->today - list[at].newest <= ABANDONED)
				batch[k++] = (struct judged){.name = list[at].name,
							     .first = list[at].first,
							     .newest = list[at].newest};
		run->n_domains += k;
		if (k > 0)
			st = judge_batch(run, batch, k, err);
		arena_reset(&run->batch);
	}
	return st;
}
