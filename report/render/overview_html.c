/* Where each domain stands, as a page. */
#include <stdlib.h>
#include <string.h>

#include "core/day.h"
#include "core/judgement.h"
#include "report/render/html.h"
#include "report/render/overview.h"

static void put_change(struct buf *out, const struct overview_row *r)
{
	double points;
	if (overview_change(r, &points))
		buf_printf(out, "%+.1f", points);
	else
		buf_putc(out, '-');
}

static void put_cell(struct buf *out, uint64_t v)
{
	buf_puts(out, "<td class=\"n\">");
	html_count(out, v);
	buf_puts(out, "</td>");
}

/* The next step is a sentence: it has a line of its own. */
static void put_row(struct buf *out, const struct overview_row *r, const char *page)
{
	char day[DAY_STRLEN];
	const struct verdict_word_of *v = overview_verdict(r->verdict);
	buf_puts(out, "<tbody><tr><th scope=\"row\">");
	if (page)
		buf_printf(out, "<a href=\"%s\">", page);
	html_text(out, r->domain);
	buf_printf(out, "%s</th><td><span class=\"cat %s\">%s</span></td><td>%s",
		   page ? "</a>" : "", v->class, v->words, r->p ? "p=" : "none");
	html_text(out, r->p ? r->p : "");
	if (r->policy_since != NO_DAY)
		buf_printf(out, " since %s", day_format(r->policy_since, day));
	buf_puts(out, "</td>");
	put_cell(out, r->own);
	buf_puts(out, "<td class=\"n\">");
	html_percent(out, r->own_pass, r->own);
	buf_puts(out, "</td><td class=\"n\">");
	put_change(out, r);
	buf_puts(out, "</td>");
	put_cell(out, r->forged);
	put_cell(out, r->questions);
	put_cell(out, r->todo);
	put_cell(out, r->events_open);
	buf_printf(out, "<td>%s</td></tr>\n",
		   r->newest_report == NO_DAY ? "-" : day_format(r->newest_report, day));
	if (r->next_step && r->next_step[0]) {
		buf_puts(
		    out,
		    "<tr class=\"next\"><td colspan=\"11\"><span class=\"soft\">Next:</span> ");
		buf_puts(out, html_is_record(r->next_step) ? "publish " : "");
		html_text(out, r->next_step);
		buf_puts(out, "</td></tr>\n");
	}
	buf_puts(out, "</tbody>\n");
}

void html_overview(struct buf *out, const struct overview_row *rows, size_t n,
		   const char *(*page_of)(const void *ctx, const struct overview_row *r),
		   const void *ctx)
{
	html_table(out, "overview", "Domains, what needs work first");
	buf_puts(
	    out,
	    "<thead><tr><th scope=\"col\">Domain</th><th scope=\"col\">Verdict</th>"
	    "<th scope=\"col\">Policy</th><th scope=\"col\" class=\"n\">Your mail</th>"
	    "<th scope=\"col\" class=\"n\">Passes</th><th scope=\"col\" class=\"n\">Change</th>"
	    "<th scope=\"col\" class=\"n\">Spoofed</th><th scope=\"col\" class=\"n\">Questions"
	    "</th><th scope=\"col\" class=\"n\">To do</th><th scope=\"col\" "
	    "class=\"n\">Events</th><th scope=\"col\">Newest report</th></tr></thead>\n");
	for (size_t i = 0; i < n; i++)
		put_row(out, &rows[i], page_of ? page_of(ctx, &rows[i]) : NULL);
	buf_puts(out, "</table></div>\n");
}

/* All of them together, as of a domain: a sentence and figures. */
static void put_sums(struct buf *out, const struct overview_row *rows, size_t n)
{
	uint64_t own = 0, pass = 0, forged = 0, events = 0;
	for (size_t i = 0; i < n; i++) {
		own += rows[i].own;
		pass += rows[i].own_pass;
		forged += rows[i].forged;
		events += rows[i].events_open;
	}
	buf_puts(out, "<p class=\"lead\">");
	if (own > 0) {
		buf_puts(out, "<strong>");
		html_percent(out, pass, own);
		buf_puts(out, "</strong> of your mail passes DMARC.</p>\n<dl class=\"figures\">\n");
	} else {
		buf_puts(out, "No mail of yours in these days.</p>\n<dl class=\"figures\">\n");
	}
	buf_puts(out, "<div><dt>Your mail</dt><dd class=\"v\">");
	html_count(out, own);
	buf_printf(out, "</dd></div>\n<div><dt>Of it fails</dt><dd class=\"v %s\">",
		   own > pass ? "bad" : "good");
	html_count(out, own - pass);
	buf_puts(out, "</dd></div>\n<div><dt>Spoofed</dt><dd class=\"v\">");
	html_count(out, forged);
	buf_printf(out, "</dd></div>\n<div><dt>Open events</dt><dd class=\"v %s\">",
		   events > 0 ? "warn" : "good");
	html_count(out, events);
	buf_puts(out, "</dd></div>\n</dl>\n");
}

void html_overview_head(struct buf *out, const struct overview_row *rows, size_t n)
{
	char day[DAY_STRLEN];
	int32_t newest = overview_day(rows, n);
	buf_puts(out, "<header><h1>Overview of domains</h1></header>\n");
	put_sums(out, rows, n);
	buf_printf(out,
		   "<p class=\"soft\">As of %s: mail of the last seven judged days of each domain; "
		   "the change is against the seven before, in points.</p>\n",
		   newest == NO_DAY ? "no day yet" : day_format(newest, day));
}

void render_overview_html(struct overview_row *rows, size_t n, const struct page_notes *notes,
			  struct buf *out)
{
	overview_sort(rows, n);
	html_begin(out, "Overview of domains");
	html_overview_head(out, rows, n);
	html_overview(out, rows, n, NULL, NULL);
	html_end(out, notes);
}
