/* What a run of judge sees of DNS, and that no reports come. */
#include <stdlib.h>
#include <string.h>

#include "cli/app/dns_run.h"
#include "cli/app/ready_windows.h"
#include "cli/judge/judge.h"
#include "core/day.h"

#define EVENTS_A_LOOK 3  /* at most, of one name */
#define RECENT        62 /* days after which a closed event is no matter any more */

/* All that a look rests on; lists are of all domains, sorted by domain. */
struct looking {
	struct judge_run *run;
	struct judged *domains;
	size_t n;
	struct domain_facts *windows;
	struct weighed *weighed;
	struct looks_input *in;
	struct looks *looks;
	struct judgement_offer *offers;
	size_t n_offers;
	struct dns_change *changes, *drops;
	struct judged_event *events;
	size_t n_changes, n_drops, n_events;
};

static const char *const *names_of(struct arena *a, const struct judged *domains, size_t n)
{
	const char **names = arena_alloc(a, (n + 1) * sizeof *names);
	for (size_t i = 0; i < n; i++)
		names[i] = domains[i].name;
	return names;
}

/* Sorted lists, given to their domains. */
static void share_out(struct looking *l, const struct dns_change *kept, size_t n_kept)
{
	for (size_t i = 0, k = 0; i < l->n; i++) {
		size_t first = k;
		while (k < n_kept && strcmp(kept[k].domain, l->domains[i].name) == 0)
			k++;
		l->domains[i].kept = &kept[first];
		l->domains[i].n_kept = k - first;
	}
}

static int by_domain(const void *x, const void *y)
{
	const struct judged_event *a = x, *b = y;
	return strcmp(a->domain, b->domain);
}

static void share_events(struct looking *l, struct judged_event *events, size_t n)
{
	qsort(events, n, sizeof *events, by_domain);
	for (size_t i = 0, k = 0; i < l->n; i++) {
		size_t first = k;
		while (k < n && strcmp(events[k].domain, l->domains[i].name) == 0)
			k++;
		l->domains[i].events = &events[first];
		l->domains[i].n_events = k - first;
	}
}

static enum status read_kept(struct looking *l, struct err *err)
{
	struct judge_run *run = l->run;
	struct db *db = run->app->db;
	struct arena *a = &run->batch;
	const char *const *names = names_of(a, l->domains, l->n);
	struct event_filter f = {names, l->n, false, true, run->today - RECENT};
	struct dns_change *kept;
	struct judged_event *events;
	size_t n_kept, n_events;
	enum status st = judgement_dns(db, names, l->n, a, &kept, &n_kept, err);
	if (st == ST_OK)
		st = event_list(db, &f, a, &events, &n_events, err);
	if (st != ST_OK)
		return st;
	share_out(l, kept, n_kept);
	/* those that are open since before do not fall out */
	struct judged_event *open;
	size_t n_open, n = 0;
	f.open = true;
	f.since = NO_DAY;
	st = event_list(db, &f, a, &open, &n_open, err);
	if (st != ST_OK)
		return st;
	struct judged_event *all = arena_alloc(a, (n_events + n_open + 1) * sizeof *all);
	for (size_t i = 0; i < n_open; i++)
		all[n++] = open[i];
	for (size_t i = 0; i < n_events; i++)
		if (events[i].closed != NO_DAY)
			all[n++] = events[i];
	share_events(l, all, n);
	return judgement_offers(db, names, l->n, a, &l->offers, &l->n_offers, err);
}

static void make_inputs(struct looking *l)
{
	struct arena *a = &l->run->batch;
	l->in = arena_alloc(a, (l->n + 1) * sizeof *l->in);
	l->looks = arena_alloc(a, (l->n + 1) * sizeof *l->looks);
	for (size_t i = 0, k = 0; i < l->n; i++) {
		const struct judged *d = &l->domains[i];
		const char **more = arena_alloc(a, (l->n_offers + 1) * sizeof *more);
		size_t n_more = 0;
		while (k < l->n_offers && strcmp(l->offers[k].domain, d->name) < 0)
			k++;
		for (; k < l->n_offers && strcmp(l->offers[k].domain, d->name) == 0; k++)
			more[n_more++] = l->offers[k].name;
		l->in[i] = (struct looks_input){.domain = d->name,
						.rules = l->run->rules,
						.window = &l->weighed[READY_WINDOWS * i].facts,
						.more = more,
						.n_more = n_more,
						.kept = d->kept,
						.n_kept = d->n_kept,
						.open = d->events,
						.n_open = d->n_events,
						.now = l->run->now};
	}
}

static void look(struct looking *l)
{
	struct judge_run *run = l->run;
	struct dns_view view = resolver_view(run->resolver);
	do {
		arena_reset(&run->round);
		for (size_t i = 0; i < l->n; i++)
			looks_read(&l->in[i], &view, &run->round, &l->looks[i]);
	} while (dns_run_round(run->resolver));
}

static void compare(struct looking *l)
{
	size_t names = 0;
	for (size_t i = 0; i < l->n; i++)
		names += l->looks[i].n;
	struct arena *a = &l->run->batch;
	l->changes = arena_alloc(a, (names + 1) * sizeof *l->changes);
	l->drops = arena_alloc(a, (names + 1) * sizeof *l->drops);
	l->events = arena_alloc(a, (EVENTS_A_LOOK * names + l->n + 1) * sizeof *l->events);
	for (size_t i = 0; i < l->n; i++) {
		struct looks_news news;
		if (l->looks[i].silent) {
			l->domains[i].silent = true;
			continue;
		}
		looks_compare(&l->in[i], &l->looks[i], a, &news);
		for (size_t k = 0; k < news.n_changes; k++)
			l->changes[l->n_changes++] = news.changes[k];
		for (size_t k = 0; k < news.n_drops; k++)
			l->drops[l->n_drops++] = news.drops[k];
		for (size_t k = 0; k < news.n_events; k++)
			l->events[l->n_events++] = news.events[k];
	}
}

/* Nothing is said of names where nobody was asked. */
static enum status ask(struct looking *l, struct err *err)
{
	struct judge_run *run = l->run;
	struct domain_facts *judged;
	if (!run->resolver || run->app->offline)
		return ST_OK;
	l->windows = arena_alloc(&run->facts, (READY_WINDOWS * l->n + 1) * sizeof *l->windows);
	enum status st = ready_windows_read(run->app, names_of(&run->batch, l->domains, l->n), l->n,
					    true, run->today, &run->facts, l->windows, err);
	if (st != ST_OK)
		return st;
	weigh_domains(l->windows, l->n, READY_WINDOWS, READY_WINDOWS, &run->facts, &l->weighed,
		      &judged);
	make_inputs(l);
	look(l);
	compare(l);
	return ST_OK;
}

enum status judge_looks(struct judge_run *run, struct judged *domains, size_t n, struct err *err)
{
	struct looking l = {.run = run, .domains = domains, .n = n};
	enum status st = read_kept(&l, err);
	if (st == ST_OK)
		st = ask(&l, err);
	if (st == ST_OK && !l.events)
		l.events = arena_alloc(&run->batch, (n + 1) * sizeof *l.events);
	if (st == ST_OK)
		st = judge_silence(run, domains, n, l.events, &l.n_events, err);
	if (st == ST_OK)
		st = judgement_store_looks(run->app->db, l.changes, l.n_changes, l.drops, l.n_drops,
					   l.events, l.n_events, run->now, err);
	for (size_t i = 0; st == ST_OK && i < l.n_events; i++)
		judge_tell(run, &l.events[i]);
	if (st == ST_OK) /* with what was learned just now */
		st = read_kept(&l, err);
	arena_reset(&run->facts);
	return st;
}

/* ---- no reports ---- */

#define RECENT_DAYS    14
#define RECENT_REPORTS 5
#define SILENT_LEAST   3
#define BASELINE       7
#define REOPENED       7 /* days */

static const struct judged_event *open_silence(const struct judged *d)
{
	for (size_t i = 0; i < d->n_events; i++)
		if (d->events[i].closed == NO_DAY && strcmp(d->events[i].rule, "reports.none") == 0)
			return &d->events[i];
	return NULL;
}

/* The one that was closed within a week: silence that comes back is the same. */
static const struct judged_event *closed_silence(const struct judge_run *run,
						 const struct judged *d)
{
	for (size_t i = 0; i < d->n_events; i++)
		if (d->events[i].closed != NO_DAY && run->today - d->events[i].closed <= REOPENED &&
		    strcmp(d->events[i].rule, "reports.none") == 0)
			return &d->events[i];
	return NULL;
}

static int32_t stage_of(int32_t silent)
{
	return silent >= 14 ? 14 : silent >= 7 ? 7 : SILENT_LEAST;
}

/* At 7 and at 14 days it is told again. */
static bool is_worse(const struct judged_event *e, int32_t silent)
{
	const char *at = e->numbers ? strstr(e->numbers, "\"days\":") : NULL;
	return !at || stage_of(silent) > stage_of((int32_t)strtol(at + 7, NULL, 10));
}

static void tell_silence(struct judge_run *run, const struct judged *d, int32_t silent,
			 struct judged_event *e)
{
	char day[DAY_STRLEN];
	e->text = arena_printf(&run->batch, "No report has come for %d days; the newest is of %s.",
			       silent, day_format(d->newest, day));
	e->numbers = arena_printf(&run->batch, "{\"days\":%d}", silent);
}

enum status judge_silence(struct judge_run *run, struct judged *domains, size_t n,
			  struct judged_event *list, size_t *n_list, struct err *err)
{
	struct judgement_recent *recent;
	int32_t *days = arena_alloc(&run->batch, (n + 1) * sizeof *days);
	for (size_t i = 0; i < n; i++)
		days[i] = domains[i].newest;
	enum status st = judgement_recent(run->app->db, names_of(&run->batch, domains, n), days, n,
					  &run->batch, &recent, err);
	for (size_t i = 0; st == ST_OK && i < n; i++) {
		const struct judged *d = &domains[i];
		const struct judged_event *open = open_silence(d);
		int32_t silent = run->today - d->newest;
		int32_t gap = recent[i].days ? (int32_t)(3 * RECENT_DAYS / recent[i].days) : 0;
		int32_t most = gap > SILENT_LEAST ? gap : SILENT_LEAST;
		struct judged_event e = {.domain = d->name,
					 .rule = "reports.none",
					 .subject = d->name,
					 .severity = SEVERITY_HIGH,
					 .opened = run->today,
					 .closed = NO_DAY,
					 .times = 1,
					 .by_run = true,
					 .ack_until = NO_DAY};
		bool usual = recent[i].reports >= RECENT_REPORTS && silent <= JUDGE_BACK &&
			     d->newest - d->first >= BASELINE;
		const struct judged_event *was = open ? open : closed_silence(run, d);
		if (was) {
			e = *was;
			e.text = e.numbers = NULL;
			e.closed = NO_DAY;
			e.times += !open;
		}
		if (open && silent <= most)
			e.closed = run->today;
		else if (silent > most && (open ? is_worse(open, silent) : usual))
			tell_silence(run, d, silent, &e);
		else
			continue;
		judged_event_name(&e);
		list[(*n_list)++] = e;
	}
	return st;
}
