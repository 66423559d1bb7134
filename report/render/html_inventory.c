/* Inventory and findings as pages. */
#include <stdio.h>
#include <string.h>

#include "core/day.h"
#include "report/render/html.h"
#include "report/render/render.h"
#include "report/render/todo.h"

#define ROWS_MAX 150 /* senders of a domain in the table */

static void put_row(struct buf *out, const struct domain_inventory *d, const struct sender *s)
{
	char day[DAY_STRLEN];
	bool says = s->change != CHANGE_SAME && (s->change != CHANGE_NEW || d->compared);
	buf_puts(out, "<tr><th scope=\"row\">");
	html_text(out, s->name);
	buf_puts(out, "</th><td>");
	html_category(out, s->verdict.category);
	buf_puts(out, "</td><td class=\"n\">");
	html_count(out, s->t.messages);
	buf_puts(out, "</td><td class=\"n\">");
	html_percent(out, s->t.dmarc_pass, s->t.messages);
	buf_puts(out, "</td><td class=\"n\">");
	html_percent(out, s->t.spf_aligned, s->t.messages);
	buf_puts(out, "</td><td class=\"n\">");
	html_percent(out, s->t.dkim_aligned, s->t.messages);
	buf_printf(out, "</td><td>%s</td><td>%s</td></tr>\n", day_format(s->last_day, day),
		   says ? change_names[s->change] : "");
}

static void put_head(struct buf *out, const char *caption)
{
	buf_printf(out,
		   "<div class=\"wide\" tabindex=\"0\" role=\"group\" "
		   "aria-label=\"Table\"><table><caption>%s</caption><thead><tr><th "
		   "scope=\"col\">Sender</th>"
		   "<th scope=\"col\">What it is</th><th scope=\"col\" class=\"n\">Messages</th>"
		   "<th scope=\"col\" class=\"n\">DMARC</th><th scope=\"col\" class=\"n\">SPF</th>"
		   "<th scope=\"col\" class=\"n\">DKIM</th><th scope=\"col\">Last</th>"
		   "<th scope=\"col\">Change</th></tr></thead><tbody>\n",
		   caption);
}

/* The senders that are small, or those that are not; returns how many there are. */
static size_t put_rows(struct buf *out, const struct domain_inventory *d, bool small,
		       const char *caption)
{
	size_t n = 0;
	put_head(out, caption);
	for (size_t i = 0; i < d->n_senders; i++)
		if (sender_is_small(d, &d->senders[i]) == small && n++ < ROWS_MAX)
			put_row(out, d, &d->senders[i]);
	buf_puts(out, "</tbody></table></div>\n");
	if (n > ROWS_MAX)
		buf_printf(out, "<p class=\"soft\">%zu more are in the CSV and JSON forms.</p>\n",
			   n - ROWS_MAX);
	return n;
}

static void put_table(struct buf *out, const struct domain_inventory *d)
{
	size_t small = 0;
	uint64_t messages = 0;
	put_rows(out, d, false, "Senders, what needs work first");
	for (size_t i = 0; i < d->n_senders; i++)
		if (sender_is_small(d, &d->senders[i])) {
			small++;
			messages += d->senders[i].t.messages;
		}
	if (small == 0)
		return;
	buf_printf(out, "<details><summary>%zu small senders that are unauthorised or unknown, ",
		   small);
	html_count(out, messages);
	buf_puts(out, " messages</summary>\n");
	put_rows(out, d, true, "Small senders");
	buf_puts(out, "</details>\n");
}

static void put_domain(struct buf *out, const struct inventory *inv,
		       const struct domain_inventory *d, bool findings)
{
	buf_puts(out, "<section><h2>");
	html_text(out, d->domain);
	buf_puts(out, "</h2>\n");
	if (d->reports == 0) {
		html_nothing(out, d);
		if (d->todo->n > 0)
			put_todo_html(out, d, inv->n_domains);
		buf_puts(out, "</section>\n");
		return;
	}
	buf_puts(out, "<p class=\"soft\">");
	html_count(out, d->messages);
	buf_puts(out, d->messages == 1 ? " message, " : " messages, ");
	html_percent(out, d->dmarc_pass, d->messages);
	buf_puts(out, " pass DMARC; ");
	html_count(out, d->reports);
	buf_puts(out, d->reports == 1 ? " report from " : " reports from ");
	html_count(out, d->reporters);
	buf_puts(out, d->reporters == 1 ? " receiver</p>\n" : " receivers</p>\n");
	put_todo_html(out, d, inv->n_domains);
	if (!findings) {
		buf_puts(out, "<h3>Messages a day</h3>\n");
		html_days_chart(out, d, inv->window);
		html_share_chart(out, d);
		buf_puts(out, "<h3>Senders</h3>\n");
	}
	if (d->n_senders > 0 && findings) { /* most of them need no action */
		buf_printf(out, "<details><summary>All senders whose mail fails, %zu</summary>\n",
			   d->n_senders);
		put_table(out, d);
		buf_puts(out, "</details>\n");
	} else if (d->n_senders > 0) {
		put_table(out, d);
	}
	buf_puts(out, "</section>\n");
}

static void put_title(struct buf *out, const struct inventory *inv, bool findings)
{
	char since[DAY_STRLEN], until[DAY_STRLEN];
	buf_printf(out, "<header><h1>%s</h1><p class=\"soft\">%s to %s</p></header>\n",
		   findings ? "What to do" : "Who sends as you",
		   day_format(inv->window.since, since), day_format(inv->window.until - 1, until));
}

void render_inventory_html(const struct inventory *inv, bool findings, struct buf *out)
{
	html_begin(out, findings ? "What to do" : "Who sends as you");
	put_title(out, inv, findings);
	for (size_t i = 0; i < inv->n_domains; i++)
		put_domain(out, inv, &inv->domains[i], findings);
	if (inv->n_domains == 0)
		buf_puts(out, "<p>No reports in this period.</p>\n");
	html_end(out);
}
