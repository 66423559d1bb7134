/* A domain's road as a page. */
#include <string.h>

#include "core/day.h"
#include "core/judgement.h"
#include "report/render/html.h"
#include "report/render/render.h"

static void put_cell(struct buf *out, uint64_t v)
{
	buf_puts(out, "<td class=\"n\">");
	html_count(out, v);
	buf_puts(out, "</td>");
}

static void put_months(const struct history *h, struct buf *out)
{
	char month[DAY_STRLEN];
	html_months_chart(out, h);
	html_table(out, "months", "Month by month");
	buf_puts(out, "<thead><tr><th scope=\"col\">Month</th>"
		      "<th scope=\"col\" class=\"n\">Messages</th><th scope=\"col\" "
		      "class=\"n\">Own mail</th><th scope=\"col\" class=\"n\">Pass</th>"
		      "<th scope=\"col\" class=\"n\">Spoofed</th><th scope=\"col\">Policy</th>"
		      "<th scope=\"col\">Verdict</th></tr></thead><tbody>\n");
	for (size_t i = 0; i < h->n_months; i++) {
		const struct history_month *m = &h->months[i];
		buf_printf(out, "<tr><th scope=\"row\">%s</th>", month_format(m->month, month));
		put_cell(out, m->messages);
		put_cell(out, m->own);
		buf_puts(out, "<td class=\"n\">");
		html_percent(out, m->own_pass, m->own);
		buf_puts(out, "</td>");
		put_cell(out, m->forged);
		buf_printf(out, "<td>%s</td><td>%s</td></tr>\n", m->p ? m->p : "-",
			   strcmp(m->verdict, "not_ready") == 0           ? "not ready"
			   : strcmp(m->verdict, "insufficient_data") == 0 ? "too little data"
									  : m->verdict);
	}
	html_table_end(out);
}

static void put_said(struct buf *out, const char *name, const struct dns_said *said, bool old)
{
	for (size_t i = 0; i < said->n; i++)
		html_record(out, name, said->records[i], old);
	if (said->n == 0)
		buf_puts(out, old ? "<p>Before: none.</p>\n" : "<p>After: none.</p>\n");
}

static void put_changes(const struct history *h, struct buf *out)
{
	char day[DAY_STRLEN];
	if (h->n_changes > 0)
		buf_puts(out, "<h2>Changes in DNS</h2>\n");
	for (size_t i = h->n_changes; i-- > 0;) {
		const struct dns_change *c = &h->changes[i];
		buf_printf(out, "<h3>%s: %s ", day_format(day_from_unix(c->seen_at), day), c->type);
		html_text(out, c->name);
		buf_puts(out, "</h3>\n");
		put_said(out, c->name, &c->before, true);
		put_said(out, c->name, &c->after, false);
	}
}

static void put_remedies(const struct history *h, struct buf *out)
{
	if (h->n_remedies > 0)
		buf_puts(out, "<h2>Records that were offered</h2>\n<ul>\n");
	for (size_t i = 0; i < h->n_remedies; i++) {
		struct buf said;
		buf_init(&said, 4096);
		render_remedy(&h->remedies[i], &said);
		buf_puts(out, "<li><strong>");
		html_text(out, h->remedies[i].name);
		buf_puts(out, "</strong> <code>");
		html_text(out, h->remedies[i].edit);
		buf_puts(out, "</code>: ");
		html_text(out, said.data);
		buf_puts(out, ".</li>\n");
		buf_free(&said);
	}
	if (h->n_remedies > 0)
		buf_puts(out, "</ul>\n");
}

static void put_events(const struct history *h, struct buf *out)
{
	char day[DAY_STRLEN];
	if (h->n_events > 0)
		buf_puts(out, "<h2>Events</h2>\n<ul>\n");
	for (size_t i = 0; i < h->n_events; i++) {
		const struct judged_event *e = &h->events[i];
		buf_printf(out, "<li>%s", day_format(e->opened, day));
		if (e->closed == NO_DAY)
			buf_puts(out, ", open");
		else if (e->closed != e->opened)
			buf_printf(out, " to %s", day_format(e->closed, day));
		buf_printf(out, ", %s: ", severity_names[e->severity]);
		html_text(out, e->text);
		buf_puts(out, "</li>\n");
	}
	if (h->n_events > 0)
		buf_puts(out, "</ul>\n");
}

void html_history(struct buf *out, const struct history *h)
{
	put_months(h, out);
	put_changes(h, out);
	put_remedies(h, out);
	put_events(h, out);
}

void render_history_html(const struct history *h, const struct page_notes *notes, struct buf *out)
{
	struct buf title;
	buf_init(&title, 4096);
	buf_printf(&title, "History of %s", h->domain);
	html_begin(out, title.data);
	buf_puts(out, "<h1>");
	html_text(out, title.data);
	buf_puts(out, "</h1>\n");
	html_history(out, h);
	html_end(out, notes);
	buf_free(&title);
}
