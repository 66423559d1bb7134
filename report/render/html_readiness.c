/* Readiness as a page. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/day.h"
#include "report/readiness/readiness.h"
#include "report/render/html.h"
#include "report/render/render.h"
#include "report/render/todo.h"

#define LOSERS_MAX 50

static const char *status_class(enum check_status s)
{
	return s == CHECK_PASS   ? "good"
	       : s == CHECK_FAIL ? "bad"
	       : s == CHECK_WARN ? "warn"
				 : "grey";
}

/* Checks that say what the list says: told once, by its number. */
static void put_told(struct buf *out, const struct readiness *r, enum check_status status)
{
	for (size_t n = 1; n <= r->inventory->todo->n; n++) {
		bool any = false;
		for (int i = 0; i < CHECK_COUNT; i++) {
			const struct check *c = &r->checks[i];
			if (c->status != status || readiness_told_by(r, (enum check_id)i) != n)
				continue;
			if (!any)
				buf_printf(out, "<li><span class=\"cat %s\">%s</span> <strong>",
					   status_class(status), check_status_names[status]);
			buf_printf(out, "%s%s %s", any ? ", " : "", c->id, c->title);
			any = true;
		}
		if (any)
			buf_printf(out, "</strong>: see %zu in the list above</li>\n", n);
	}
}

/* What the list of things to do does not say. */
static void put_obstacles(struct buf *out, const struct readiness *r)
{
	static const enum check_status wanted[] = {CHECK_FAIL, CHECK_WARN};
	size_t n = 0;
	for (int i = 0; i < CHECK_COUNT; i++)
		n += r->checks[i].status == CHECK_FAIL || r->checks[i].status == CHECK_WARN;
	if (n == 0)
		return;
	buf_puts(out, "<h3>Blocking checks and warnings</h3>\n<ul class=\"plain\">");
	for (int w = 0; w < 2; w++) {
		put_told(out, r, wanted[w]);
		for (int i = 0; i < CHECK_COUNT; i++) {
			const struct check *c = &r->checks[i];
			if (c->status != wanted[w] || readiness_told_by(r, (enum check_id)i) > 0)
				continue;
			buf_printf(out, "<li><span class=\"cat %s\">%s</span> <strong>%s ",
				   status_class(c->status), check_status_names[c->status], c->id);
			html_text(out, c->title);
			buf_puts(out, "</strong>: ");
			html_text(out, c->value);
			buf_puts(out, c->limit[0] ? ", wanted " : "");
			html_text(out, c->limit);
			buf_puts(out, ". ");
			html_text(out, c->text);
			buf_puts(out, "</li>\n");
		}
	}
	buf_puts(out, "</ul>\n");
}

static void put_not_observed(struct buf *out, const struct readiness *r)
{
	if (r->n_not_observed == 0)
		return;
	buf_puts(out, "<p>Seen before, and not in this window: ");
	for (size_t i = 0; i < r->n_not_observed; i++) {
		buf_puts(out, i ? ", " : "");
		html_text(out, r->not_observed[i]);
	}
	if (r->all_not_observed > r->n_not_observed)
		buf_printf(out, " and %zu more", r->all_not_observed - r->n_not_observed);
	buf_puts(out, ".</p>\n");
}

/* ---- every check, in groups ---- */

static const struct {
	char letter;
	const char *name, *caption;
} groups[] = {{'C', "Data", "Every check of the data"},
	      {'A', "Your mail", "Every check of your mail"},
	      {'D', "DNS", "Every check of DNS"},
	      {'M', "Labels", "Every check of labels"}};

static void put_counts(struct buf *out, const struct readiness *r, size_t group)
{
	static const char *const words[CHECK_STATUS_COUNT] = {[CHECK_PASS] = "pass",
							      [CHECK_WARN] = "to look at",
							      [CHECK_FAIL] = "fail",
							      [CHECK_UNKNOWN] = "unknown",
							      [CHECK_INFO] = "for information"};
	static const enum check_status order[] = {CHECK_FAIL, CHECK_WARN, CHECK_PASS, CHECK_UNKNOWN,
						  CHECK_INFO};
	unsigned n[CHECK_STATUS_COUNT] = {0};
	bool any = false;
	for (int i = 0; i < CHECK_COUNT; i++)
		n[r->checks[i].status] += r->checks[i].id[0] == groups[group].letter;
	buf_printf(out, "<h4>%s: ", groups[group].name);
	for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
		if (n[order[i]] == 0)
			continue;
		buf_printf(out, "%s<span class=\"cat %s\">%u %s</span>", any ? ", " : "",
			   status_class(order[i]), n[order[i]], words[order[i]]);
		any = true;
	}
	buf_puts(out, "</h4>\n");
}

static void put_check(struct buf *out, const struct check *c)
{
	buf_printf(out, "<tr><th scope=\"row\">%s %s</th><td class=\"cat %s\">%s</td><td>", c->id,
		   c->title, status_class(c->status), check_status_names[c->status]);
	html_text(out, c->value);
	buf_puts(out, "</td><td>");
	html_text(out, c->limit);
	buf_puts(out, "</td><td>");
	html_text(out, c->text);
	buf_puts(out, "</td></tr>\n");
}

static void put_checks(struct buf *out, const struct readiness *r)
{
	buf_puts(out, "<h3>Checks</h3>\n");
	for (size_t g = 0; g < sizeof groups / sizeof *groups; g++) {
		put_counts(out, r, g);
		html_table(out, "stack", groups[g].caption);
		buf_puts(out, "<thead><tr><th scope=\"col\">Check</th><th scope=\"col\">Result</th>"
			      "<th scope=\"col\">Found</th><th scope=\"col\">Wanted</th><th "
			      "scope=\"col\">What it means</th></tr></thead><tbody>\n");
		for (int i = 0; i < CHECK_COUNT; i++)
			if (r->checks[i].id[0] == groups[g].letter)
				put_check(out, &r->checks[i]);
		html_table_end(out);
	}
}

static void put_projection(struct buf *out, const struct projection *p)
{
	buf_puts(
	    out,
	    "<h3>With p=reject in this window</h3>\n<div "
	    "class=\"wide short\"><table><caption>Messages that receivers would have refused, of ");
	html_count(out, p->messages);
	buf_puts(out,
		 "</caption><thead><tr><th scope=\"col\">Mail</th><th scope=\"col\" class=\"n\">at "
		 "most</th><th scope=\"col\" class=\"n\">expected</th></tr></thead><tbody>\n");
	for (int f = 0; f < FATE_COUNT; f++) {
		buf_printf(out, "<tr><th scope=\"row\">%s</th><td class=\"n\">", fate_words[f]);
		html_count(out, p->would_reject[f]);
		buf_puts(out, "</td><td class=\"n\">");
		html_count(out, p->expected[f]);
		buf_puts(out, "</td></tr>\n");
	}
	buf_puts(out, "</tbody></table></div>\n");
}

static void put_losers(struct buf *out, const struct readiness *r)
{
	size_t n, *losers = readiness_losers(r, &n);
	if (n > 0)
		buf_puts(out,
			 "<div class=\"wide short\" tabindex=\"0\" role=\"group\" "
			 "aria-label=\"Senders that would lose mail\"><table><caption>Senders that "
			 "would lose mail</caption><thead><tr><th scope=\"col\">Sender</th><th "
			 "scope=\"col\">What it is</th><th scope=\"col\" class=\"n\">Refused at "
			 "most</th></tr></thead><tbody>\n");
	for (size_t i = 0; i < n && i < LOSERS_MAX; i++) {
		const struct sender *s = &r->inventory->senders[losers[i]];
		char day[DAY_STRLEN];
		buf_puts(out, "<tr><th scope=\"row\">");
		html_text(out, s->name);
		buf_puts(out, "</th><td>");
		html_category(out, s->verdict.category);
		buf_puts(out, "</td><td class=\"n\">");
		html_count(out, r->projection.of_sender[losers[i]]);
		if (s->change == CHANGE_GONE)
			buf_printf(out, " until %s", day_format(s->last_day, day));
		buf_puts(out, "</td></tr>\n");
	}
	buf_puts(out, n > 0 ? "</tbody></table></div>\n" : "");
	if (n > LOSERS_MAX)
		buf_printf(out, "<p class=\"soft\">and %zu more, in the JSON form</p>\n",
			   n - LOSERS_MAX);
	free(losers);
}

static void put_subdomains(struct buf *out, const struct projection *p)
{
	if (p->n_subdomains == 0)
		return;
	buf_puts(out,
		 "<div class=\"wide short\" tabindex=\"0\" role=\"group\" "
		 "aria-label=\"Subdomains\"><table><caption>Subdomains, and the policy they would "
		 "get (sp and np unchanged)</caption><thead><tr><th "
		 "scope=\"col\">Name</th><th scope=\"col\">Policy</th><th scope=\"col\" "
		 "class=\"n\">Messages</th><th scope=\"col\" class=\"n\">Failing</th></tr></thead>"
		 "<tbody>\n");
	for (size_t i = 0; i < p->n_subdomains; i++) {
		const struct subdomain *s = p->subdomains[i];
		buf_puts(out, "<tr><th scope=\"row\">");
		html_text(out, s->name);
		buf_printf(out, "</th><td>%s</td><td class=\"n\">", subdomain_policy(s));
		html_count(out, s->messages);
		buf_puts(out, "</td><td class=\"n\">");
		html_count(out, subdomain_failing(s));
		buf_puts(out, "</td></tr>\n");
	}
	buf_puts(out, "</tbody></table></div>\n");
	if (p->more_subdomains)
		buf_printf(out, "<p class=\"soft\">and %zu more names, counted as if refused</p>\n",
			   p->more_subdomains);
}

static void put_next(struct buf *out, const struct readiness *r)
{
	char day[DAY_STRLEN], name[300];
	snprintf(name, sizeof name, "_dmarc.%.253s", r->domain);
	buf_puts(out, "<h3>Next</h3>\n<p>");
	html_text(out, r->next.text);
	buf_printf(out, " Look again on %s.</p>\n", day_format(r->next.again, day));
	if (r->next.record) {
		if (r->dmarc.found == FOUND_HERE && r->dmarc.record.text)
			html_record(out, name, r->dmarc.record.text, true);
		html_record(out, name, r->next.record, false);
	}
}

/* Green is for what was judged, and exists. */
static const char *verdict_class(const struct readiness *r)
{
	static const char *const classes[] = {"good", "warn", "bad", "grey"};
	return r->dns_failed || r->does_not_exist ? "grey" : classes[r->verdict];
}

static void put_figures(struct buf *out, const struct readiness *r)
{
	put_projection(out, &r->projection);
	put_losers(out, r);
	put_subdomains(out, &r->projection);
	put_not_observed(out, r);
	html_days_chart(out, r->inventory, r->window);
}

/* As text has it: the verdict, the list, what blocks besides, figures, the next step, every check.
 */
static void put_domain(struct buf *out, const struct readiness *r, size_t at, size_t domains,
		       const struct page_notes *notes)
{
	char since[DAY_STRLEN], until[DAY_STRLEN];
	bool empty = r->inventory->reports == 0;
	buf_printf(out, "<section><h2 id=\"d%zu\">", at + 1);
	html_text(out, r->domain);
	buf_printf(
	    out, "</h2>\n<p class=\"verdict %s\">%s</p>\n<p class=\"soft\">%s to %s, p=%s%s</p>\n",
	    verdict_class(r), readiness_sentence(r), day_format(r->window.since, since),
	    day_format(r->window.until - 1, until),
	    r->dmarc.policy ? published_policy_names[r->dmarc.policy] : "(no record)",
	    r->dmarc.record.testing ? " in test mode" : "");
	if (empty)
		html_nothing(out, r->inventory);
	else
		html_figures(out, r->inventory, notes);
	if (r->inventory->todo->n > 0) {
		buf_puts(out, "<h3>What to do</h3>\n");
		put_todo_html(out, r->inventory, domains);
	}
	html_taken(out, r->domain, notes);
	if (!empty || r->parked)
		put_obstacles(out, r);
	if (!empty)
		put_figures(out, r);
	put_next(out, r);
	if (!empty || r->parked)
		put_checks(out, r);
	buf_puts(out, "</section>\n");
}

/* Of several domains: where each stands. */
static void put_index(struct buf *out, const struct readiness *all, size_t n)
{
	if (n < 2)
		return;
	buf_puts(out, "<nav aria-label=\"Domains\">\n");
	html_table(out, "index", "Domains on this page");
	buf_puts(out,
		 "<thead><tr><th scope=\"col\">Domain</th><th scope=\"col\">Verdict</th><th "
		 "scope=\"col\">Policy</th><th scope=\"col\" class=\"n\">Passes</th></tr></thead>"
		 "<tbody>\n");
	for (size_t i = 0; i < n; i++) {
		const struct readiness *r = &all[i];
		buf_printf(out, "<tr><th scope=\"row\"><a href=\"#d%zu\">", i + 1);
		html_text(out, r->domain);
		buf_printf(out, "</a></th><td class=\"%s\">%s</td><td>%s</td><td class=\"n\">",
			   verdict_class(r), readiness_sentence(r),
			   r->dmarc.policy ? published_policy_names[r->dmarc.policy] : "-");
		html_percent(out, r->inventory->sums.own_pass, r->inventory->sums.own);
		buf_puts(out, "</td></tr>\n");
	}
	html_table_end(out);
	buf_puts(out, "</nav>\n");
}

void render_readiness_html(const struct readiness *all, size_t n, const struct page_notes *notes,
			   struct buf *out)
{
	html_begin(out, "May I publish p=reject?");
	buf_puts(out, "<header><h1>May I publish p=reject?</h1></header>\n");
	put_index(out, all, n);
	for (size_t i = 0; i < n; i++)
		put_domain(out, &all[i], i, n, notes);
	html_end(out, notes);
}
