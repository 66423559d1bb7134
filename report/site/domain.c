/* A site's pages of a domain: where it stands, who reports, a month, the reports of a month. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/day.h"
#include "core/mem.h"
#include "report/render/overview.h"
#include "report/render/todo.h"
#include "report/site/priv.h"

#define SENDERS_MAX   300
#define REPORTERS_MAX 300

/* ---- choices: radio buttons, and rules of style ---- */

void html_choice(struct buf *out, const char *row, const char *id, const char *words, bool on)
{
	buf_printf(
	    out,
	    "<input class=\"choose\" type=\"radio\" name=\"%s\" id=\"%s\"%s><label for=\"%s\">",
	    row, id, on ? " checked" : "", id);
	html_text(out, words);
	buf_puts(out, "</label>\n");
}

/* The least of those that are kept gives way. Names come once each. */
void site_by_add(struct site_by *by, const char *name, uint64_t messages)
{
	size_t at = by->n;
	while (at > 0 && by->messages[at - 1] < messages)
		at--;
	if (at == SITE_BY)
		return;
	size_t last = by->n < SITE_BY ? by->n++ : SITE_BY - 1;
	for (size_t i = last; i > at; i--) {
		by->names[i] = by->names[i - 1];
		by->messages[i] = by->messages[i - 1];
	}
	by->names[at] = name;
	by->messages[at] = messages;
}

unsigned site_by_of(const struct site_by *by, const char *name)
{
	for (size_t i = 0; i < by->n; i++)
		if (strcmp(by->names[i], name) == 0)
			return (unsigned)i + 1;
	return 0;
}

void html_by(struct buf *out, const struct site_by *by)
{
	static const char *const ids[SITE_BY] = {"by-1", "by-2", "by-3", "by-4",
						 "by-5", "by-6", "by-7", "by-8"};
	if (by->n < 2)
		return;
	buf_puts(out, "<span class=\"soft\">Reported by</span>\n");
	html_choice(out, "by", "by-all", "anybody", true);
	for (size_t i = 0; i < by->n; i++)
		html_choice(out, "by", ids[i], by->names[i], false);
}

/* ---- senders ---- */

static const char *class_of(const struct sender *s)
{
	if (s->change == CHANGE_GONE)
		return "gone";
	switch (s->verdict.category) {
	case CAT_FORWARDER:
		return "handed";
	case CAT_UNKNOWN:
		return "open";
	case CAT_UNAUTHORIZED:
	case CAT_SUSPECT_ABUSE:
		return "forged";
	default:
		return "yours";
	}
}

static void put_row(struct buf *out, const struct site_domain *d, const struct sender *s)
{
	const char *page = d->notes->page_of(d->notes->ctx, s);
	buf_printf(out, "<tr class=\"%s%s\"><th scope=\"row\">", class_of(s),
		   s->t.dmarc_pass == s->t.messages ? " ok" : "");
	if (page)
		buf_printf(out, "<a href=\"%s\">", page);
	html_text(out, s->name);
	buf_puts(out, page ? "</a>" : "");
	bool says = s->change != CHANGE_SAME && d->inventory->compared;
	html_sender_cells(out, s, says ? change_names[s->change] : "");
}

static void put_senders(struct buf *out, const struct site_domain *d)
{
	const struct domain_inventory *inv = d->inventory;
	buf_puts(out, "<section><h3>Senders</h3>\n");
	html_choice(out, "show", "only-main", "without spoofed and gone", true);
	html_choice(out, "show", "only-all", "all", false);
	html_choice(out, "show", "only-failing", "failing", false);
	html_choice(out, "show", "only-yours", "yours", false);
	html_choice(out, "show", "only-forwarded", "forwarded", false);
	html_choice(out, "show", "only-unknown", "unknown", false);
	html_choice(out, "show", "only-spoofed", "spoofed", false);
	html_table(out, "senders", "Senders, what needs work first");
	buf_puts(out,
		 "<thead><tr><th scope=\"col\">Sender</th><th scope=\"col\">What it is</th>"
		 "<th scope=\"col\" class=\"n\">Messages</th>"
		 "<th scope=\"col\" class=\"n\">DMARC</th><th scope=\"col\" class=\"n\">SPF</th>"
		 "<th scope=\"col\" class=\"n\">DKIM</th><th scope=\"col\">Last</th>"
		 "<th scope=\"col\">Change</th></tr></thead><tbody>\n");
	for (size_t i = 0; i < inv->n_senders && i < SENDERS_MAX; i++)
		put_row(out, d, &inv->senders[i]);
	html_table_end(out);
	if (inv->n_senders > SENDERS_MAX)
		buf_printf(out,
			   "<p class=\"soft\">and %zu more, in `ruascope inventory -f csv`</p>\n",
			   inv->n_senders - SENDERS_MAX);
	buf_puts(out, "</section>\n");
}

/* ---- the domain ---- */

static void put_links(struct buf *out, const struct site_domain *d)
{
	char month[DAY_STRLEN];
	buf_puts(out, "<h3>More</h3>\n<ul class=\"plain\">\n<li><a href=\"reporters.html\">Who "
		      "reports</a></li>\n");
	for (size_t i = d->n_months; i-- > 0;) {
		month_format(d->months[i], month);
		buf_printf(out,
			   "<li>%s: <a href=\"%s.html\">who sent in %s</a>, <a "
			   "href=\"reports-%s.html\">reports of %s</a></li>\n",
			   month, month, month, month, month);
	}
	buf_puts(out, "</ul>\n");
}

static void put_head(struct buf *out, const struct site_domain *d)
{
	char since[DAY_STRLEN], last[DAY_STRLEN];
	const struct verdict_word_of *v = overview_verdict(d->row->verdict);
	buf_puts(out,
		 "<p class=\"crumbs\"><a href=\"../index.html\">Domains</a></p>\n<header><h1>");
	html_text(out, d->row->domain);
	buf_printf(out,
		   "</h1><p class=\"soft\">%s to %s; for p=reject: <span class=\"cat %s\">%s</span>"
		   "</p></header>\n",
		   day_format(d->window.since, since), day_format(d->window.until - 1, last),
		   v->class, v->words);
}

static void put_events(struct buf *out, const struct history *h)
{
	char day[DAY_STRLEN];
	bool any = false;
	for (size_t i = 0; h && i < h->n_events; i++) {
		const struct judged_event *e = &h->events[i];
		if (e->closed != NO_DAY)
			continue;
		buf_puts(out, any ? "" : "<h3>Open events</h3>\n<ul class=\"plain\">\n");
		any = true;
		buf_printf(out, "<li><span class=\"cat %s\">%s</span> since %s: ",
			   e->severity == SEVERITY_HIGH ? "bad" : "warn",
			   severity_names[e->severity], day_format(e->opened, day));
		html_text(out, e->text);
		if (e->acked_at) {
			buf_puts(out, " (known to ");
			html_text(out, e->ack_owner ? e->ack_owner : "somebody");
			buf_puts(out, ")");
		}
		buf_puts(out, "</li>\n");
	}
	buf_puts(out, any ? "</ul>\n" : "");
}

void render_site_domain(const struct site_domain *d, struct buf *out)
{
	html_begin(out, d->row->domain);
	put_head(out, d);
	buf_puts(out, "<section><h2>Where it stands</h2>\n");
	if (d->inventory->reports > 0) {
		html_domain_head(out, d->inventory, 1, d->notes);
	} else {
		html_nothing(out, d->inventory);
		put_todo_html(out, d->inventory, 1);
	}
	put_events(out, d->history);
	buf_puts(out, "</section>\n<section><h2>Its mail</h2>\n");
	html_days_chart(out, d->inventory, d->window);
	if (d->inventory->n_senders > 0)
		put_senders(out, d);
	html_receivers(out, d->inventory);
	html_countries(out, d->inventory);
	buf_puts(out, "</section>\n<section><h2>How it came there</h2>\n");
	if (d->history)
		html_history(out, d->history);
	put_links(out, d);
	buf_puts(out, "</section>\n");
	html_end(out, d->notes);
}

/* ---- who reports ---- */

static const char *standing_words(enum standing s)
{
	switch (s) {
	case STANDING_OPEN:
		return "no proof";
	default:
		return "proved or not asked for";
	}
}

void render_site_reporters(const struct site_domain *d, struct buf *out)
{
	const struct domain_facts *f = d->inventory->facts;
	char first[DAY_STRLEN], last[DAY_STRLEN];
	size_t n = f ? f->n_reporters : 0;
	html_begin(out, "Who reports");
	buf_puts(out, "<p class=\"crumbs\"><a href=\"../index.html\">Domains</a> / <a "
		      "href=\"index.html\">");
	html_text(out, d->row->domain);
	buf_puts(out, "</a></p>\n<header><h1>Who reports</h1></header>\n");
	if (n == 0)
		buf_puts(out, "<p>Nobody reported in these days.</p>\n");
	else
		html_table(out, "rows", "Receivers that reported");
	if (n > 0)
		buf_puts(out,
			 "<thead><tr><th scope=\"col\">Receiver</th><th scope=\"col\" "
			 "class=\"n\">Messages</th><th scope=\"col\">First</th><th "
			 "scope=\"col\">Last</th><th scope=\"col\">Who sent the reports</th></tr>"
			 "</thead><tbody>\n");
	for (size_t i = 0; i < n && i < REPORTERS_MAX; i++) {
		const struct fact_reporter *r = &f->reporters[i];
		buf_puts(out, "<tr><th scope=\"row\">");
		html_text(out, r->org_name);
		buf_puts(out, "</th><td class=\"n\">");
		html_count(out, r->messages);
		buf_printf(out,
			   "</td><td class=\"d\">%s</td><td class=\"d\">%s</td><td>%s</td></tr>\n",
			   day_format(r->first_day, first), day_format(r->last_day, last),
			   standing_words(r->standing));
	}
	if (n > 0)
		html_table_end(out);
	if (n > REPORTERS_MAX)
		buf_printf(out, "<p class=\"soft\">and %zu more</p>\n", n - REPORTERS_MAX);
	html_end(out, d->notes);
}

/* ---- a month, and its reports ---- */

static void put_month_head(struct buf *out, const char *title, const char *domain)
{
	html_begin(out, title);
	buf_puts(out, "<p class=\"crumbs\"><a href=\"../index.html\">Domains</a> / <a "
		      "href=\"index.html\">");
	html_text(out, domain);
	buf_printf(out, "</a></p>\n<header><h1>%s</h1></header>\n", title);
}

void render_site_month(const struct domain_inventory *d, struct window w, int32_t month,
		       struct buf *out)
{
	const struct page_notes notes = {.made = NO_DAY, .dns = "snapshot"};
	char title[64], text[DAY_STRLEN];
	snprintf(title, sizeof title, "Who sent in %s", month_format(month, text));
	put_month_head(out, title, d->domain);
	buf_puts(out, "<section><h2>Its mail</h2>\n");
	if (d->reports > 0)
		html_figures(out, d, &notes);
	else
		html_nothing(out, d);
	html_days_chart(out, d, w);
	if (d->n_senders > 0) {
		buf_puts(out, "<h3>Senders</h3>\n");
		html_senders(out, d, &notes);
	}
	html_receivers(out, d);
	html_countries(out, d);
	buf_printf(out, "<p><a href=\"reports-%s.html\">Reports of the month</a></p>\n</section>\n",
		   month_format(month, text));
	html_end(out, &notes);
}

static int by_name(const void *x, const void *y)
{
	return strcmp((*(const struct site_report *const *)x)->org_name,
		      (*(const struct site_report *const *)y)->org_name);
}

static void choose_orgs(const struct site_report *reports, size_t n, struct site_by *by)
{
	const struct site_report **sorted = mem_alloc((n + 1) * sizeof *sorted);
	for (size_t i = 0; i < n; i++)
		sorted[i] = &reports[i];
	qsort(sorted, n, sizeof *sorted, by_name);
	for (size_t i = 0, end; i < n; i = end) {
		uint64_t messages = 0;
		for (end = i; end < n && strcmp(sorted[end]->org_name, sorted[i]->org_name) == 0;
		     end++)
			messages += sorted[end]->messages;
		site_by_add(by, sorted[i]->org_name, messages);
	}
	free(sorted);
}

static void put_report(struct buf *out, const struct site_report *r, unsigned by)
{
	char first[DAY_STRLEN], last[DAY_STRLEN];
	buf_printf(out, "<tr class=\"by-%u\"><th scope=\"row\">", by);
	html_text(out, r->org_name);
	buf_printf(out, "</th><td class=\"d\">%s", day_format(day_from_unix(r->begin), first));
	if (day_from_unix(r->end) != day_from_unix(r->begin))
		buf_printf(out, " to %s", day_format(day_from_unix(r->end), last));
	buf_puts(out, "</td><td class=\"n\">");
	html_count(out, r->messages);
	buf_puts(out, "</td><td class=\"n\">");
	html_count(out, r->records);
	buf_puts(out, "</td>");
	html_cell(out, r->auth);
	html_cell(out, r->report_id);
	html_cell(out, r->source);
	buf_puts(out, "</tr>\n");
}

void render_site_reports(const char *domain, int32_t month, const struct site_report *reports,
			 size_t n, size_t all, struct buf *out)
{
	const struct page_notes notes = {.made = NO_DAY};
	struct site_by by = {.n = 0};
	char title[64], text[DAY_STRLEN];
	choose_orgs(reports, n, &by);
	snprintf(title, sizeof title, "Reports of %s", month_format(month, text));
	put_month_head(out, title, domain);
	buf_puts(out, "<section><h2>What was reported</h2>\n");
	html_by(out, &by);
	html_table(out, "rows reports", "Reports by day");
	buf_puts(out,
		 "<thead><tr><th scope=\"col\">Receiver</th><th scope=\"col\">Days</th><th "
		 "scope=\"col\" class=\"n\">Messages</th><th scope=\"col\" "
		 "class=\"n\">Records</th><th scope=\"col\">Proof of sender</th><th "
		 "scope=\"col\">Report id</th><th scope=\"col\">File</th></tr></thead><tbody>\n");
	for (size_t i = 0; i < n; i++)
		put_report(out, &reports[i], site_by_of(&by, reports[i].org_name));
	html_table_end(out);
	if (all > n)
		buf_printf(out, "<p class=\"soft\">and %zu more, in `ruascope reports list`</p>\n",
			   all - n);
	buf_puts(out, "</section>\n");
	html_end(out, &notes);
}
