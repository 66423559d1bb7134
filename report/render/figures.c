/* What stands on top of a domain, before everything else; and whose word it is. */
#include <stdlib.h>
#include <string.h>

#include "core/day.h"
#include "core/judgement.h"
#include "core/mem.h"
#include "report/render/html.h"

#define RECEIVERS_MAX 10
#define COUNTRIES_MAX 10

const struct overview_row *notes_row(const struct page_notes *notes, const char *domain)
{
	for (size_t i = 0; notes && i < notes->n_rows; i++)
		if (strcmp(notes->rows[i].domain, domain) == 0)
			return &notes->rows[i];
	return NULL;
}

const struct history *notes_history(const struct page_notes *notes, const char *domain)
{
	for (size_t i = 0; notes && i < notes->n_histories; i++)
		if (strcmp(notes->histories[i].domain, domain) == 0)
			return &notes->histories[i];
	return NULL;
}

bool html_is_record(const char *next_step)
{
	return strncmp(next_step, "v=DMARC1", 8) == 0;
}

/* ---- four figures ---- */

static void put_was(struct buf *out, bool compared, uint64_t before)
{
	buf_puts(out, "</dd><dd class=\"soft\">");
	if (compared) {
		buf_puts(out, "before: ");
		html_count(out, before);
	} else {
		buf_puts(out, "nothing to compare with");
	}
	buf_puts(out, "</dd></div>\n");
}

static void put_figure(struct buf *out, const char *class, const char *name, uint64_t now,
		       bool compared, uint64_t before)
{
	buf_printf(out, "<div><dt>%s</dt><dd class=\"v %s\">", name, class);
	html_count(out, now);
	put_was(out, compared, before);
}

static const char *share_class(const struct mail_sums *s)
{
	return s->own == 0                        ? "grey"
	       : s->own_pass == s->own            ? "good"
	       : 100 * s->own_pass >= 95 * s->own ? "warn"
						  : "bad";
}

static void put_share(struct buf *out, const struct domain_inventory *d)
{
	const struct mail_sums *now = &d->sums, *was = &d->sums_before;
	buf_printf(out, "<div><dt>Of it passes</dt><dd class=\"v %s\">", share_class(now));
	html_percent(out, now->own_pass, now->own);
	buf_puts(out, "</dd><dd class=\"soft\">");
	if (d->compared && was->own > 0) {
		buf_puts(out, "before: ");
		html_percent(out, was->own_pass, was->own);
	} else {
		buf_puts(out, "nothing to compare with");
	}
	buf_puts(out, "</dd></div>\n");
}

static void put_sentence(struct buf *out, const struct domain_inventory *d)
{
	buf_puts(out, "<p class=\"lead\">");
	if (d->sums.own > 0) {
		buf_puts(out, "<strong>");
		html_percent(out, d->sums.own_pass, d->sums.own);
		buf_puts(out, "</strong> of your mail passes DMARC.</p>\n");
	} else {
		buf_puts(out, "No mail that is known to be yours was reported.</p>\n");
	}
}

/* ---- policy ---- */

/* As reports said it last; NULL: none did. */
static const char *reported_policy(const struct domain_facts *f)
{
	const struct fact_policy *last = NULL;
	for (size_t i = 0; f && i < f->n_policies; i++)
		if (!last || f->policies[i].last_day >= last->last_day)
			last = &f->policies[i];
	return last ? last->p.text : NULL;
}

static void put_policy(struct buf *out, const struct domain_inventory *d,
		       const struct overview_row *row)
{
	char day[DAY_STRLEN];
	const char *p = row ? row->p : reported_policy(d->facts);
	buf_puts(out, "<p>Policy: ");
	if (p) {
		buf_puts(out, "<strong>p=");
		html_text(out, p);
		buf_puts(out, "</strong>");
	} else {
		buf_puts(out, d->policy_known && !d->has_policy ? "none published" : "not known");
	}
	if (row && p && row->policy_since != NO_DAY)
		buf_printf(out, " since %s", day_format(row->policy_since, day));
	buf_puts(out, ".");
	if (row && row->next_step && row->next_step[0]) {
		buf_puts(out, " Next step: ");
		buf_puts(out, html_is_record(row->next_step) ? "publish " : "");
		html_text(out, row->next_step);
	}
	buf_puts(out, "</p>\n");
}

void html_figures(struct buf *out, const struct domain_inventory *d, const struct page_notes *notes)
{
	const struct mail_sums *now = &d->sums, *was = &d->sums_before;
	uint64_t failing = now->own - now->own_pass;
	put_sentence(out, d);
	buf_puts(out, "<dl class=\"figures\">\n");
	put_figure(out, "", "Your mail", now->own, d->compared, was->own);
	put_share(out, d);
	put_figure(out, failing ? "bad" : "good", "Of it fails", failing, d->compared,
		   was->own - was->own_pass);
	put_figure(out, "", "Spoofed", now->forged, d->compared, was->forged);
	buf_puts(out, "</dl>\n");
	put_policy(out, d, notes_row(notes, d->domain));
	buf_puts(out, "<p class=\"soft\">");
	html_count(out, d->messages);
	buf_puts(out, d->messages == 1 ? " message, " : " messages, ");
	html_percent(out, d->dmarc_pass, d->messages);
	buf_puts(out, " pass DMARC; ");
	html_count(out, d->reports);
	buf_puts(out, d->reports == 1 ? " report from " : " reports from ");
	html_count(out, d->reporters);
	buf_puts(out, d->reporters == 1 ? " receiver</p>\n" : " receivers</p>\n");
}

/* ---- did it take? ---- */

void html_taken(struct buf *out, const char *domain, const struct page_notes *notes)
{
	bool any = false;
	for (size_t i = 0; notes && i < notes->n_remedies; i++) {
		const struct judged_remedy *r = &notes->remedies[i];
		struct buf said;
		if (strcmp(r->domain, domain) != 0 || r->seen == NO_DAY)
			continue;
		buf_puts(out, any ? "" : "<h3>Did it take?</h3>\n<ul class=\"plain\">\n");
		any = true;
		buf_init(&said, 4096);
		render_remedy(r, &said);
		buf_puts(out, "<li><strong>");
		html_text(out, r->name);
		buf_puts(out, "</strong> <code>");
		html_text(out, r->edit);
		buf_puts(out, "</code>: ");
		html_text(out, said.data ? said.data : "");
		buf_puts(out, ".</li>\n");
		buf_free(&said);
	}
	buf_puts(out, any ? "</ul>\n" : "");
}

/* ---- receivers and countries ---- */

struct share {
	const char *name;
	uint64_t messages;
};

static int most_first(const void *x, const void *y)
{
	const struct share *a = x, *b = y;
	if (a->messages != b->messages)
		return a->messages < b->messages ? 1 : -1;
	return strcmp(a->name, b->name);
}

static void put_shares(struct buf *out, const char *head, struct share *list, size_t n, size_t most,
		       uint64_t all)
{
	qsort(list, n, sizeof *list, most_first);
	buf_printf(out, "<h3>%s</h3>\n<ul class=\"shares\">\n", head);
	for (size_t i = 0; i < n && i < most; i++) {
		buf_puts(out, "<li>");
		html_text(out, list[i].name);
		buf_puts(out, " <span class=\"soft\">");
		html_count(out, list[i].messages);
		buf_puts(out, " (");
		html_percent(out, list[i].messages, all);
		buf_puts(out, ")</span></li>\n");
	}
	if (n > most)
		buf_printf(out, "<li class=\"soft\">and %zu more</li>\n", n - most);
	buf_puts(out, "</ul>\n");
}

/* Those of one name stand one behind the other. */
void html_receivers(struct buf *out, const struct domain_inventory *d)
{
	const struct domain_facts *f = d->facts;
	if (!f || f->n_reporters == 0)
		return;
	struct share *list = mem_alloc(f->n_reporters * sizeof *list);
	size_t n = 0;
	for (size_t i = 0; i < f->n_reporters; i++) {
		const struct fact_reporter *r = &f->reporters[i];
		if (n == 0 || strcmp(list[n - 1].name, r->org_name) != 0)
			list[n++].name = r->org_name;
		list[n - 1].messages += r->messages;
	}
	put_shares(out, "Who reported", list, n, RECEIVERS_MAX, d->messages);
	free(list);
}

#define LETTERS 26

/* By the two letters of the country; what is not known is not told. */
void html_countries(struct buf *out, const struct domain_inventory *d)
{
	static const size_t room = LETTERS * LETTERS;
	struct share *list = mem_alloc(room * sizeof *list);
	uint64_t all = 0;
	size_t n = 0;
	for (size_t i = 0; i < d->n_senders; i++)
		for (size_t k = 0; k < d->senders[i].n_sources; k++) {
			const struct sender_source *s = &d->senders[i].sources[k];
			const char *c = s->origin.country;
			if (c[0] < 'A' || c[0] > 'Z' || c[1] < 'A' || c[1] > 'Z')
				continue;
			struct share *at = &list[(c[0] - 'A') * LETTERS + c[1] - 'A'];
			at->name = c;
			at->messages += s->messages;
			all += s->messages;
		}
	for (size_t i = 0; i < room; i++)
		if (list[i].name)
			list[n++] = list[i];
	if (n > 0)
		put_shares(out, "From which countries", list, n, COUNTRIES_MAX, all);
	free(list);
}
