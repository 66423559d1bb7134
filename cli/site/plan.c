#include "cli/site/plan.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/day.h"
#include "core/log.h"
#include "core/text.h"
#include "db/store/history.h"
#include "db/store/stamp.h"

#define FORMAT     "1" /* other pages of the same data: another number */
#define FOLDER_MAX 200

/* ---- names ---- */

/* A name of a domain is a folder's where it is one in every file system, and no page's. */
static bool is_folder(const char *s)
{
	size_t n = strlen(s);
	if (n == 0 || n > FOLDER_MAX || s[0] == '.' || s[n - 1] == '.' || !strchr(s, '.'))
		return false;
	for (size_t i = 0; i < n; i++)
		if (!(s[i] >= 'a' && s[i] <= 'z') && !(s[i] >= '0' && s[i] <= '9') && s[i] != '.' &&
		    s[i] != '-' && s[i] != '_')
			return false;
	return strcmp(s, "index.html") != 0 && strcmp(s, "ledger.html") != 0 &&
	       strcmp(s, "status.json") != 0;
}

static const char *hex_of(struct arena *a, const char *s)
{
	struct digest d = hash_fixed128(s, strlen(s));
	uint64_t hi = 0, lo = 0;
	for (size_t i = 0; i < 8; i++) {
		hi = hi << 8 | d.b[i];
		lo = lo << 8 | d.b[8 + i];
	}
	return arena_printf(a, "%016llx%016llx", (unsigned long long)hi, (unsigned long long)lo);
}

const char *plan_sender(struct arena *a, const char *key)
{
	return arena_printf(a, "sender/%s.html", hex_of(a, key));
}

const char *plan_name(struct arena *a, const struct plan_domain *d, const char *what, int32_t month)
{
	char text[DAY_STRLEN];
	return arena_printf(a, "%s/%s%s.html", d->folder, what,
			    month ? month_format(month, text) : "");
}

/* ---- which domains ---- */

static int most_mail(const void *x, const void *y)
{
	const struct overview_row *a = x, *b = y;
	if (a->own != b->own)
		return a->own < b->own ? 1 : -1;
	if (a->messages != b->messages)
		return a->messages < b->messages ? 1 : -1;
	return strcmp(a->domain, b->domain);
}

static int by_domain(const void *x, const void *y)
{
	return strcmp(((const struct overview_row *)x)->domain,
		      ((const struct overview_row *)y)->domain);
}

/* Whoever invents domains has no mail that is theirs. */
static void cap(struct plan *p)
{
	if (p->n > LIMIT_SITE_DOMAINS) {
		qsort(p->rows, p->n, sizeof *p->rows, most_mail);
		p->left_out = p->n - LIMIT_SITE_DOMAINS;
		p->n = LIMIT_SITE_DOMAINS;
	}
	qsort(p->rows, p->n, sizeof *p->rows, by_domain);
}

static void name_domains(struct plan *p, struct arena *a)
{
	p->newest = NO_DAY;
	p->domains = arena_alloc(a, (p->n + 1) * sizeof *p->domains);
	for (size_t i = 0; i < p->n; i++) {
		struct plan_domain *d = &p->domains[i];
		const char *name = p->rows[i].domain;
		struct digest key = hash_fixed128(name, strlen(name));
		d->row = &p->rows[i];
		d->folder = is_folder(name) ? name : arena_printf(a, "x-%s", hex_of(a, name));
		d->prefix = arena_printf(a, "%s/", d->folder);
		*map_put(&p->by_name, &key, NULL) = i + 1;
		if (d->row->day > p->newest)
			p->newest = d->row->day;
	}
}

const struct plan_domain *plan_find(const struct plan *p, const char *domain)
{
	struct digest key = hash_fixed128(domain, strlen(domain));
	const uint64_t *at = map_get(&p->by_name, &key);
	return at ? &p->domains[*at - 1] : NULL;
}

static struct plan_domain *find(struct plan *p, const char *domain)
{
	struct digest key = hash_fixed128(domain, strlen(domain));
	const uint64_t *at = map_get(&p->by_name, &key);
	return at ? &p->domains[*at - 1] : NULL;
}

/* ---- what pages are made from ---- */

static struct digest digest_of(const struct buf *b)
{
	return hash_fixed128(b->data ? b->data : "", b->len);
}

static void put_digest(struct buf *b, const struct digest *d)
{
	buf_put(b, d, sizeof *d);
}

static void add_month(struct plan_domain *d, const struct month_stamp *m)
{
	struct plan_month *before = d->n_months > 0 ? &d->months[d->n_months - 1] : NULL;
	struct buf b;
	if (d->n_months == PLAN_MONTHS)
		return;
	struct plan_month *out = &d->months[d->n_months];
	d->month_names[d->n_months++] = out->month = m->month;
	buf_init(&b, 4096);
	buf_printf(&b, FORMAT " " RUASCOPE_VERSION " %d %llu %llu %llu", (int)m->month,
		   (unsigned long long)m->reports, (unsigned long long)m->messages,
		   (unsigned long long)m->newest);
	out->reports = digest_of(&b);
	if (before)
		put_digest(&b, &before->stamp);
	out->stamp = digest_of(&b);
	buf_free(&b);
}

/* The label of a domain counts in all of its months. */
static void add_labels(struct plan_domain *d, const struct label_stamp *l)
{
	for (size_t i = 0; i < d->n_months; i++) {
		struct buf b;
		buf_init(&b, 4096);
		put_digest(&b, &d->months[i].stamp);
		buf_printf(&b, "%llu %s", (unsigned long long)l->labels, l->set_at);
		d->months[i].stamp = digest_of(&b);
		buf_free(&b);
	}
}

/* All that the page says of what was judged, and the reports that it counts. */
static void stamp_domain(struct plan_domain *d, struct buf *b)
{
	buf_reset(b);
	buf_puts(b, FORMAT " " RUASCOPE_VERSION " ");
	struct overview_row row = *d->row;
	render_overview_json(&row, 1, b);
	if (d->history) {
		render_history_json(d->history, b);
		render_events_json(d->history->events, d->history->n_events, b);
	}
	for (size_t i = 0; i < d->n_months; i++)
		put_digest(b, &d->months[i].stamp);
	d->stamp = digest_of(b);
}

static enum status read_stamps(struct app *app, struct plan *p, const char *const *names,
			       int32_t since, struct arena *a, struct err *err)
{
	struct month_stamp *months;
	struct label_stamp *labels;
	size_t n;
	enum status st = stamp_months(app->db, names, p->n, since, a, &months, &n, err);
	for (size_t i = 0; st == ST_OK && i < n; i++) {
		struct plan_domain *d = find(p, months[i].domain);
		if (d)
			add_month(d, &months[i]);
	}
	if (st == ST_OK)
		st = stamp_labels(app->db, names, p->n, a, &labels, &n, err);
	for (size_t i = 0; st == ST_OK && i < n; i++) {
		struct plan_domain *d = find(p, labels[i].domain);
		if (d)
			add_labels(d, &labels[i]);
	}
	return st;
}

static enum status read_histories(struct app *app, struct plan *p, const char *const *names,
				  int32_t since, struct arena *a, struct err *err)
{
	struct history *list;
	size_t n;
	enum status st = histories_read(app->db, names, p->n, since, a, &list, &n, err);
	for (size_t i = 0; st == ST_OK && i < n; i++) {
		struct plan_domain *d = find(p, list[i].domain);
		if (d)
			d->history = &list[i];
	}
	return st;
}

int plan_make(struct app *app, const char *const *names, size_t n, struct arena *a,
	      struct plan *out)
{
	struct err err;
	struct buf b;
	int32_t this = month_of_day(day_from_unix(time(NULL)));
	int32_t since = month_first_day(this - PLAN_MONTHS + 1);
	*out = (struct plan){.newest = NO_DAY};
	enum status st = overview_read(app->db, n ? names : NULL, n, a, &out->rows, &out->n, &err);
	if (st != ST_OK)
		return app_fail(st, &err);
	cap(out);
	name_domains(out, a);
	const char **list = arena_alloc(a, (out->n + 1) * sizeof *list);
	for (size_t i = 0; i < out->n; i++)
		list[i] = out->rows[i].domain;
	st = read_histories(app, out, list, since, a, &err);
	if (st == ST_OK)
		st = read_stamps(app, out, list, since, a, &err);
	if (st != ST_OK)
		return app_fail(st, &err);
	buf_init(&b, 64 * MIB);
	for (size_t i = 0; i < out->n; i++)
		stamp_domain(&out->domains[i], &b);
	buf_free(&b);
	return EXIT_OK;
}

void plan_free(struct plan *p)
{
	map_free(&p->by_name);
}

void plan_keep(struct plan *p, struct tree *t)
{
	struct arena a = {0};
	for (size_t i = 0; i < p->n; i++) {
		struct plan_domain *d = &p->domains[i];
		arena_reset(&a);
		d->fresh = tree_has(t, d->prefix, plan_name(&a, d, "index", 0), &d->stamp);
		if (d->fresh)
			tree_keep(t, d->prefix, &d->stamp);
		for (size_t k = 0; k < d->n_months; k++) {
			struct plan_month *m = &d->months[k];
			const char *senders = plan_name(&a, d, "", m->month);
			const char *reports = plan_name(&a, d, "reports-", m->month);
			m->fresh = tree_has(t, senders, senders, &m->stamp);
			m->fresh_reports = tree_has(t, reports, reports, &m->reports);
			if (m->fresh)
				tree_keep(t, senders, &m->stamp);
			if (m->fresh_reports)
				tree_keep(t, reports, &m->reports);
		}
	}
	arena_free(&a);
}
