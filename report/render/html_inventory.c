/* Inventory and findings as pages. */
#include <stdio.h>
#include <string.h>

#include "core/day.h"
#include "report/render/html.h"
#include "report/render/render.h"
#include "report/render/todo.h"

#define ROWS_MAX 150 /* senders of a domain in a table */

/* ---- senders ---- */

/* What a person looks at, and what is folded. */
enum part { PART_MAIN, PART_SMALL, PART_SPOOFED, PART_GONE, PART_COUNT };

static const struct {
	const char *caption, *fold, *folds;
} parts[PART_COUNT] = {
    [PART_MAIN] = {"Senders, what needs work first", NULL, NULL},
    [PART_SMALL] = {"Small senders", "small sender that is unknown",
		    "small senders that are unknown"},
    [PART_SPOOFED] = {"Spoofed", "stranger that spoofs you", "strangers that spoof you"},
    [PART_GONE] = {"Gone", "sender that is gone", "senders that are gone"},
};

static enum part part_of(const struct domain_inventory *d, const struct sender *s)
{
	return s->change == CHANGE_GONE                  ? PART_GONE
	       : s->verdict.category == CAT_UNAUTHORIZED ? PART_SPOOFED
	       : sender_is_small(d, s)                   ? PART_SMALL
							 : PART_MAIN;
}

static void put_name(struct buf *out, const struct sender *s, const struct page_notes *notes)
{
	const char *page = notes && notes->page_of ? notes->page_of(notes->ctx, s) : NULL;
	if (page)
		buf_printf(out, "<a href=\"%s\">", page);
	html_text(out, s->name);
	buf_puts(out, page ? "</a>" : "");
}

static void put_row(struct buf *out, const struct domain_inventory *d, const struct sender *s,
		    const struct page_notes *notes)
{
	bool says = s->change != CHANGE_SAME && (s->change != CHANGE_NEW || d->compared);
	buf_puts(out, "<tr><th scope=\"row\">");
	put_name(out, s, notes);
	html_sender_cells(out, s, says ? change_names[s->change] : "");
}

static void put_rows(struct buf *out, const struct domain_inventory *d, enum part part,
		     const struct page_notes *notes)
{
	size_t n = 0;
	html_table(out, "senders", parts[part].caption);
	buf_puts(out,
		 "<thead><tr><th scope=\"col\">Sender</th><th scope=\"col\">What it is</th>"
		 "<th scope=\"col\" class=\"n\">Messages</th>"
		 "<th scope=\"col\" class=\"n\">DMARC</th><th scope=\"col\" class=\"n\">SPF</th>"
		 "<th scope=\"col\" class=\"n\">DKIM</th><th scope=\"col\">Last</th>"
		 "<th scope=\"col\">Change</th></tr></thead><tbody>\n");
	for (size_t i = 0; i < d->n_senders; i++)
		if (part_of(d, &d->senders[i]) == part && n++ < ROWS_MAX)
			put_row(out, d, &d->senders[i], notes);
	html_table_end(out);
	if (n > ROWS_MAX)
		buf_printf(out, "<p class=\"soft\">%zu more are in the CSV and JSON forms.</p>\n",
			   n - ROWS_MAX);
}

static void put_part(struct buf *out, const struct domain_inventory *d, enum part part,
		     const struct page_notes *notes)
{
	uint64_t messages = 0;
	size_t n = 0;
	for (size_t i = 0; i < d->n_senders; i++)
		if (part_of(d, &d->senders[i]) == part) {
			n++;
			messages += d->senders[i].t.messages;
		}
	if (n == 0)
		return;
	if (!parts[part].fold) {
		put_rows(out, d, part, notes);
		return;
	}
	buf_printf(out, "<details class=\"fold\"><summary>%zu %s", n,
		   n == 1 ? parts[part].fold : parts[part].folds);
	if (messages > 0) {
		buf_puts(out, ", ");
		html_count(out, messages);
		buf_puts(out, messages == 1 ? " message" : " messages");
	}
	buf_puts(out, "</summary>\n");
	put_rows(out, d, part, notes);
	buf_puts(out, "</details>\n");
}

/* What no report tells: bounces and mail logs do. */
static void put_refused_mail(struct buf *out, const struct domain_inventory *d)
{
	struct buf text;
	if (d->n_refused == 0)
		return;
	buf_init(&text, 64 * 1024);
	put_refused_words(&text, d);
	buf_puts(out, "<p>");
	html_text(out, text.data);
	buf_puts(out, "</p>\n");
	buf_free(&text);
}

void html_senders(struct buf *out, const struct domain_inventory *d, const struct page_notes *notes)
{
	for (int part = 0; part < PART_COUNT; part++)
		put_part(out, d, (enum part)part, notes);
}

/* ---- domains ---- */

static void put_months(struct buf *out, const char *domain, const struct page_notes *notes)
{
	const struct history *h = notes_history(notes, domain);
	if (!h)
		return;
	struct buf chart;
	buf_init(&chart, 256 * 1024);
	html_months_chart(&chart, h);
	if (chart.len > 0) {
		buf_puts(out, "<h3>Month by month</h3>\n");
		buf_put(out, chart.data, chart.len);
	}
	buf_free(&chart);
}

void html_domain_head(struct buf *out, const struct domain_inventory *d, size_t domains,
		      const struct page_notes *notes)
{
	html_figures(out, d, notes);
	put_refused_mail(out, d);
	put_todo_html(out, d, domains);
	html_taken(out, d->domain, notes);
}

static void put_domain(struct buf *out, const struct inventory *inv, size_t at, bool findings,
		       const struct page_notes *notes)
{
	const struct domain_inventory *d = &inv->domains[at];
	buf_printf(out, "<section><h2 id=\"d%zu\">", at + 1);
	html_text(out, d->domain);
	buf_puts(out, "</h2>\n");
	if (d->reports == 0) {
		html_nothing(out, d);
		put_refused_mail(out, d);
		if (d->todo->n > 0)
			put_todo_html(out, d, inv->n_domains);
		buf_puts(out, "</section>\n");
		return;
	}
	html_domain_head(out, d, inv->n_domains, notes);
	if (!findings) {
		html_days_chart(out, d, inv->window);
		put_months(out, d->domain, notes);
		buf_puts(out, "<h3>Senders</h3>\n");
	}
	if (d->n_senders > 0 && findings) { /* most of them need no action */
		buf_printf(out,
			   "<details class=\"fold\"><summary>All senders whose mail fails, "
			   "%zu</summary>\n",
			   d->n_senders);
		html_senders(out, d, notes);
		buf_puts(out, "</details>\n");
	} else if (d->n_senders > 0) {
		html_senders(out, d, notes);
	}
	if (!findings) {
		html_receivers(out, d);
		html_countries(out, d);
	}
	buf_puts(out, "</section>\n");
}

/* Of several domains: which there are, and what each is about. */
static void put_index(struct buf *out, const struct inventory *inv)
{
	if (inv->n_domains < 2)
		return;
	buf_puts(out, "<nav aria-label=\"Domains\">\n");
	html_table(out, "index", "Domains on this page");
	buf_puts(out,
		 "<thead><tr><th scope=\"col\">Domain</th><th scope=\"col\" class=\"n\">Your "
		 "mail</th><th scope=\"col\" class=\"n\">Passes</th><th scope=\"col\" "
		 "class=\"n\">Spoofed</th><th scope=\"col\" class=\"n\">To do</th></tr></thead>"
		 "<tbody>\n");
	for (size_t i = 0; i < inv->n_domains; i++) {
		const struct domain_inventory *d = &inv->domains[i];
		buf_printf(out, "<tr><th scope=\"row\"><a href=\"#d%zu\">", i + 1);
		html_text(out, d->domain);
		buf_puts(out, "</a></th><td class=\"n\">");
		html_count(out, d->sums.own);
		buf_puts(out, "</td><td class=\"n\">");
		html_percent(out, d->sums.own_pass, d->sums.own);
		buf_puts(out, "</td><td class=\"n\">");
		html_count(out, d->sums.forged);
		buf_printf(out, "</td><td class=\"n\">%zu</td></tr>\n", todo_count(d->todo));
	}
	html_table_end(out);
	buf_puts(out, "</nav>\n");
}

static void put_title(struct buf *out, const struct inventory *inv, bool findings)
{
	char since[DAY_STRLEN], until[DAY_STRLEN];
	buf_printf(out, "<header><h1>%s</h1><p class=\"soft\">%s to %s</p></header>\n",
		   findings ? "What to do" : "Who sends as you",
		   day_format(inv->window.since, since), day_format(inv->window.until - 1, until));
}

void render_inventory_html(const struct inventory *inv, bool findings,
			   const struct page_notes *notes, struct buf *out)
{
	html_begin(out, findings ? "What to do" : "Who sends as you");
	put_title(out, inv, findings);
	put_index(out, inv);
	for (size_t i = 0; i < inv->n_domains; i++)
		put_domain(out, inv, i, findings, notes);
	if (inv->n_domains == 0)
		buf_puts(out, "<p>No reports in this period.</p>\n");
	html_end(out, notes);
}
