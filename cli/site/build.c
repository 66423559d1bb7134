#include "cli/site/build.h"

#include <stdlib.h>
#include <string.h>

#include "cli/app/senders.h"
#include "core/day.h"
#include "core/log.h"
#include "core/mem.h"
#include "db/store/history.h"

#define BATCH      100 /* domains at once: their facts are in memory together */
#define PAGE_MAX   (64 * MIB)
#define TAKEN_DAYS 60

/* A batch of domains in one window. */
struct batch {
	struct app *app;
	const struct plan *plan;
	struct tree *tree;
	const struct plan_domain *domains[BATCH];
	const char *names[BATCH];
	size_t n;
	struct window window;
	int32_t month; /* 0: the days up to the judged one */
	struct buf page;
};

static int put_page(struct batch *b, const char *name, const struct digest *stamp)
{
	if (b->page.failed) {
		log_error("%s: the page is too large", name);
		return EXIT_INTERNAL;
	}
	int rc = tree_put(b->tree, name, stamp, b->page.data, b->page.len);
	buf_reset(&b->page);
	return rc;
}

static int interrupted(void)
{
	return atomic_load(&app_interrupted) ? EXIT_TRY_LATER : EXIT_OK;
}

/* ---- which senders have a page ---- */

struct sender_pages {
	const struct domain_inventory *d;
	const char **names; /* in step with its senders; NULL: none */
};

static const char *sender_page(const void *ctx, const struct sender *s)
{
	const struct sender_pages *p = ctx;
	return p->names[s - p->d->senders];
}

static bool is_stranger(const struct sender *s)
{
	return s->verdict.category == CAT_UNAUTHORIZED || s->change == CHANGE_GONE;
}

static int most_messages(const void *x, const void *y)
{
	const struct sender *a = *(const struct sender *const *)x;
	const struct sender *b = *(const struct sender *const *)y;
	if (is_stranger(a) != is_stranger(b))
		return is_stranger(a) - is_stranger(b);
	if (a->t.messages != b->t.messages)
		return a->t.messages < b->t.messages ? 1 : -1;
	return strcmp(a->key, b->key);
}

/* Strangers choose how many strangers there are: only the largest have one. */
static struct sender_pages choose_senders(const struct domain_inventory *d, struct arena *a)
{
	struct sender_pages out = {d, arena_alloc(a, (d->n_senders + 1) * sizeof *out.names)};
	const struct sender **sorted = arena_alloc(a, (d->n_senders + 1) * sizeof *sorted);
	struct map taken = {0};
	size_t strangers = 0;
	for (size_t i = 0; i < d->n_senders; i++)
		sorted[i] = &d->senders[i];
	qsort(sorted, d->n_senders, sizeof *sorted, most_messages);
	for (size_t i = 0; i < d->n_senders && taken.n < LIMIT_SITE_SENDERS; i++) {
		const struct sender *s = sorted[i];
		struct digest key = hash_fixed128(s->key, strlen(s->key));
		bool fresh;
		if (is_stranger(s) && strangers++ >= LIMIT_SITE_STRANGERS)
			break;
		map_put(&taken, &key, &fresh);
		if (fresh)
			out.names[s - d->senders] = plan_sender(a, s->key);
	}
	map_free(&taken);
	return out;
}

/* ---- the pages of a domain ---- */

struct judged_notes {
	struct judged_remedy *remedies;
	size_t n;
};

static int put_senders(struct batch *b, const struct plan_domain *p, const struct site_domain *d,
		       const struct sender_pages *pages)
{
	int rc = EXIT_OK;
	char *name = NULL;
	for (size_t i = 0; rc == EXIT_OK && i < d->inventory->n_senders; i++) {
		if (!pages->names[i])
			continue;
		render_site_sender(d, &d->inventory->senders[i], &b->page);
		if (asprintf(&name, "%s%s", p->prefix, pages->names[i]) < 0)
			mem_die();
		rc = put_page(b, name, &p->stamp);
		free(name);
	}
	return rc;
}

static int put_domain(struct batch *b, const struct plan_domain *p, const struct senders *s,
		      const struct domain_inventory *inventory, const struct judged_notes *notes)
{
	struct arena a = {0};
	struct sender_pages pages = choose_senders(inventory, &a);
	const struct page_notes said = {.made = p->row->day,
					.dns = s->inventory.dns,
					.rows = p->row,
					.n_rows = 1,
					.histories = p->history,
					.n_histories = p->history ? 1 : 0,
					.remedies = notes->remedies,
					.n_remedies = notes->n,
					.page_of = sender_page,
					.ctx = &pages};
	const struct site_domain d = {.row = p->row,
				      .history = p->history,
				      .inventory = inventory,
				      .window = s->inventory.window,
				      .notes = &said,
				      .months = p->month_names,
				      .n_months = p->n_months};
	int rc = put_senders(b, p, &d, &pages);
	if (rc == EXIT_OK) {
		render_site_reporters(&d, &b->page);
		rc = put_page(b, plan_name(&a, p, "reporters", 0), &p->stamp);
	}
	if (rc == EXIT_OK) {
		render_site_domain(&d, &b->page);
		rc = put_page(b, plan_name(&a, p, "index", 0), &p->stamp);
	}
	arena_free(&a);
	return rc;
}

static int put_month(struct batch *b, const struct plan_domain *p, const struct senders *s,
		     const struct domain_inventory *inventory)
{
	struct arena a = {0};
	const struct plan_month *m = p->months;
	while (m->month != b->month)
		m++;
	render_site_month(inventory, s->inventory.window, b->month, &b->page);
	int rc = put_page(b, plan_name(&a, p, "", b->month), &m->stamp);
	arena_free(&a);
	return rc;
}

static int read_notes(struct batch *b, struct arena *a, struct judged_notes *out)
{
	struct err err;
	enum status st = remedy_list(b->app->db, b->names, b->n, b->window.until - TAKEN_DAYS, a,
				     &out->remedies, &out->n, &err);
	return st == ST_OK ? EXIT_OK : app_fail(st, &err);
}

/* Judged with the answers of DNS that are kept. */
static int build_batch(struct batch *b)
{
	char since[DAY_STRLEN], until[DAY_STRLEN];
	struct senders_request r = {.domains = b->names, .n_domains = b->n, .quiet = true};
	struct judged_notes notes = {NULL, 0};
	struct senders s = {0};
	struct arena a = {0};
	int rc = b->n > 0 ? interrupted() : EXIT_OK;
	r.period.since = day_format(b->window.since, since);
	r.period.until = day_format(b->window.until, until);
	if (rc != EXIT_OK || b->n == 0)
		return rc;
	rc = senders_collect(b->app, &r, &s);
	if (rc == EXIT_OK && b->month == 0)
		rc = read_notes(b, &a, &notes);
	for (size_t i = 0; rc == EXIT_OK && i < b->n; i++)
		rc = b->month ? put_month(b, b->domains[i], &s, &s.inventory.domains[i])
			      : put_domain(b, b->domains[i], &s, &s.inventory.domains[i], &notes);
	senders_close(&s);
	arena_free(&a);
	b->n = 0;
	return rc;
}

static int add(struct batch *b, const struct plan_domain *d)
{
	b->domains[b->n] = d;
	b->names[b->n++] = d->row->domain;
	return b->n == BATCH ? build_batch(b) : EXIT_OK;
}

/* ---- all of them ---- */

static const struct plan_month *month_of(const struct plan_domain *d, int32_t month)
{
	for (size_t i = 0; i < d->n_months; i++)
		if (d->months[i].month == month)
			return &d->months[i];
	return NULL;
}

static void month_range(const struct plan *p, int32_t *first, int32_t *last)
{
	*first = INT32_MAX;
	*last = INT32_MIN;
	for (size_t i = 0; i < p->n; i++)
		for (size_t k = 0; k < p->domains[i].n_months; k++) {
			int32_t m = p->domains[i].months[k].month;
			*first = m < *first ? m : *first;
			*last = m > *last ? m : *last;
		}
}

int build_months(struct app *app, const struct plan *p, struct tree *t)
{
	struct batch b = {.app = app, .plan = p, .tree = t};
	int32_t first, last;
	int rc = EXIT_OK;
	month_range(p, &first, &last);
	buf_init(&b.page, PAGE_MAX);
	for (b.month = first; rc == EXIT_OK && b.month <= last; b.month++) {
		b.window = (struct window){month_first_day(b.month), month_first_day(b.month + 1)};
		for (size_t i = 0; rc == EXIT_OK && i < p->n; i++) {
			const struct plan_month *m = month_of(&p->domains[i], b.month);
			if (m && !m->fresh)
				rc = add(&b, &p->domains[i]);
		}
		if (rc == EXIT_OK)
			rc = build_batch(&b);
	}
	buf_free(&b.page);
	return rc;
}

static int by_day(const void *x, const void *y)
{
	const struct plan_domain *a = *(const struct plan_domain *const *)x;
	const struct plan_domain *b = *(const struct plan_domain *const *)y;
	if (a->row->day != b->row->day)
		return a->row->day < b->row->day ? -1 : 1;
	return strcmp(a->row->domain, b->row->domain);
}

#define WINDOW_DAYS 30 /* as judge has them */

int build_domains(struct app *app, const struct plan *p, struct tree *t)
{
	struct batch b = {.app = app, .plan = p, .tree = t};
	const struct plan_domain **sorted = mem_alloc((p->n + 1) * sizeof *sorted);
	int rc = EXIT_OK;
	buf_init(&b.page, PAGE_MAX);
	for (size_t i = 0; i < p->n; i++)
		sorted[i] = &p->domains[i];
	qsort(sorted, p->n, sizeof *sorted, by_day);
	for (size_t i = 0; rc == EXIT_OK && i < p->n; i++) {
		int32_t until = sorted[i]->row->day + 1;
		if (b.n > 0 && b.window.until != until)
			rc = build_batch(&b);
		b.window = (struct window){until - WINDOW_DAYS, until};
		if (rc == EXIT_OK && !sorted[i]->fresh)
			rc = add(&b, sorted[i]);
	}
	if (rc == EXIT_OK)
		rc = build_batch(&b);
	buf_free(&b.page);
	free(sorted);
	return rc;
}
