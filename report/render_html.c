/* Inventory, findings and readiness as pages. */
#include <stdio.h>
#include <string.h>

#include "core/day.h"
#include "report/catalogue.h"
#include "report/html.h"
#include "report/readiness.h"
#include "report/render.h"

#define ROWS_MAX    150 /* senders of a domain in the table */
#define CARDS_MAX   40
#define SOURCES_MAX 50 /* addresses of a sender */

static bool is_action(const struct sender *s)
{
	enum category c = s->verdict.category;
	return s->change != CHANGE_GONE &&
	       (c == CAT_LEGIT_SPF_MISSING || c == CAT_LEGIT_UNALIGNED || c == CAT_LEGIT_BROKEN ||
		c == CAT_SUSPECT_ABUSE);
}

static void put_category(struct buf *out, const struct sender *s)
{
	buf_printf(out, "<span class=\"cat %s\">%s</span>", html_class(s->verdict.category),
		   category_words[s->verdict.category]);
}

static void put_sources(struct buf *out, const struct sender *s)
{
	char ip[IP_STRLEN];
	buf_puts(out, "<ul class=\"plain\">");
	for (size_t i = 0; i < s->n_sources && i < SOURCES_MAX; i++) {
		buf_printf(out, "<li>%s", ip_format(&s->sources[i].ip, ip));
		if (s->sources[i].ptr) {
			buf_puts(out, " ");
			html_text(out, s->sources[i].ptr);
		}
		buf_puts(out, ": ");
		html_count(out, s->sources[i].messages);
		buf_puts(out, "</li>");
	}
	buf_puts(out, "</ul>");
	if (s->n_sources > SOURCES_MAX)
		buf_printf(out, "<p>and %zu more</p>", s->n_sources - SOURCES_MAX);
}

static void put_evidence(struct buf *out, const struct sender *s)
{
	buf_puts(out, "<details><summary>Why, and from where</summary><ul class=\"plain\">");
	for (unsigned i = 0; i < s->n_evidence; i++) {
		buf_puts(out, "<li>");
		html_text(out, s->evidence[i].text);
		if (s->evidence[i].weight)
			buf_printf(out, " <span class=\"soft\">(%+d)</span>",
				   s->evidence[i].weight);
		buf_puts(out, "</li>");
	}
	buf_puts(out, "</ul>");
	put_sources(out, s);
	buf_puts(out, "</details>");
}

static void put_edit(struct buf *out, const struct remedy *r)
{
	const char *p = r->before ? r->before : "";
	if (!r->after)
		return;
	buf_puts(out, "<p class=\"soft\">Now:</p>");
	for (size_t n = strcspn(p, "\n"); n > 0; n = strcspn(p, "\n")) {
		struct buf line;
		buf_init(&line, 64 * 1024);
		buf_put(&line, p, n);
		html_record(out, r->domain, line.data, true);
		buf_free(&line);
		p += n + (p[n] == '\n');
	}
	buf_puts(out, "<p class=\"soft\">Publish instead (one click selects it):</p>");
	html_record(out, r->domain, r->after, false);
}

static void put_card(struct buf *out, const struct sender *s)
{
	uint64_t failing = s->t.messages - s->t.dmarc_pass;
	buf_printf(out, "<li class=\"%s\"><strong>", html_class(s->verdict.category));
	html_text(out, s->name);
	buf_puts(out, "</strong> ");
	put_category(out, s);
	buf_printf(out, " <span class=\"soft\">%d%% sure; ", s->verdict.confidence);
	html_count(out, failing);
	buf_puts(out, " of ");
	html_count(out, s->t.messages);
	buf_puts(out, " messages fail</span><p>");
	html_text(out, s->verdict.remedy.text);
	buf_puts(out, "</p>");
	put_edit(out, &s->verdict.remedy);
	put_evidence(out, s);
	buf_puts(out, "</li>\n");
}

static void put_cards(struct buf *out, const struct domain_inventory *d)
{
	size_t n = 0;
	for (size_t i = 0; i < d->n_senders; i++)
		n += is_action(&d->senders[i]);
	if (n == 0) {
		buf_puts(out, "<p class=\"verdict good\">Nothing of yours needs repair.</p>\n");
		return;
	}
	buf_printf(out,
		   "<p class=\"verdict warn\">%zu sender%s of yours need%s work.</p>\n<ol "
		   "class=\"todo\">\n",
		   n, n == 1 ? "" : "s", n == 1 ? "s" : "");
	size_t shown = 0;
	for (size_t i = 0; i < d->n_senders && shown < CARDS_MAX; i++)
		if (is_action(&d->senders[i])) {
			put_card(out, &d->senders[i]);
			shown++;
		}
	buf_puts(out, "</ol>\n");
	if (n > shown)
		buf_printf(out, "<p class=\"soft\">and %zu more, in the CSV and JSON forms</p>\n",
			   n - shown);
}

static void put_row(struct buf *out, const struct domain_inventory *d, const struct sender *s)
{
	char day[DAY_STRLEN];
	bool says = s->change != CHANGE_SAME && (s->change != CHANGE_NEW || d->compared);
	buf_puts(out, "<tr><th scope=\"row\">");
	html_text(out, s->name);
	buf_puts(out, "</th><td>");
	put_category(out, s);
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
	buf_puts(out, "</h2>\n<p class=\"soft\">");
	html_count(out, d->messages);
	buf_puts(out, " messages, ");
	html_percent(out, d->dmarc_pass, d->messages);
	buf_puts(out, " pass DMARC; ");
	html_count(out, d->reports);
	buf_puts(out, " reports of ");
	html_count(out, d->reporters);
	buf_puts(out, " reporters</p>\n");
	put_cards(out, d);
	if (!findings) {
		buf_puts(out, "<h3>Messages a day</h3>\n");
		html_days_chart(out, d, inv->window);
		html_share_chart(out, d);
		buf_puts(out, "<h3>Senders</h3>\n");
	}
	put_table(out, d);
	buf_puts(out, "</section>\n");
}

static void put_title(struct buf *out, const struct inventory *inv, bool findings)
{
	char since[DAY_STRLEN], until[DAY_STRLEN];
	buf_printf(out, "<header><h1>%s</h1><p class=\"soft\">%s to %s</p></header>\n",
		   findings ? "What to act on" : "Who sends as you",
		   day_format(inv->window.since, since), day_format(inv->window.until - 1, until));
}

void render_inventory_html(const struct inventory *inv, bool findings, struct buf *out)
{
	html_begin(out, findings ? "What to act on" : "Who sends as you");
	put_title(out, inv, findings);
	for (size_t i = 0; i < inv->n_domains; i++)
		put_domain(out, inv, &inv->domains[i], findings);
	if (inv->n_domains == 0)
		buf_puts(out, "<p>No reports in this period.</p>\n");
	html_end(out);
}

/* ---- readiness ---- */

static const char *status_class(enum check_status s)
{
	return s == CHECK_PASS   ? "good"
	       : s == CHECK_FAIL ? "bad"
	       : s == CHECK_WARN ? "warn"
				 : "grey";
}

static void put_glance(struct buf *out, const struct readiness *r)
{
	buf_puts(out, "<svg class=\"glance\" viewBox=\"0 0 1000 40\" role=\"img\" aria-label=\"All "
		      "checks at a "
		      "glance; the table below has them\">");
	for (int i = 0; i < CHECK_COUNT; i++)
		buf_printf(out,
			   "<rect class=\"%s\" x=\"%d\" y=\"0\" width=\"32\" height=\"22\" "
			   "rx=\"3\"><title>%s: %s</title></rect><text x=\"%d\" y=\"36\" "
			   "text-anchor=\"middle\">%s</text>",
			   status_class(r->checks[i].status), i * 37, r->checks[i].id,
			   check_status_names[r->checks[i].status], i * 37 + 16, r->checks[i].id);
	buf_puts(out, "</svg>\n");
}

/* What a person must read, before anything else. */
static void put_obstacles(struct buf *out, const struct readiness *r)
{
	static const enum check_status wanted[] = {CHECK_FAIL, CHECK_WARN};
	if (r->verdict == VERDICT_READY)
		return; /* of a domain that sends nothing C1 and others fail, and do not matter */
	buf_puts(out, "<ul class=\"plain\">");
	for (int w = 0; w < 2; w++)
		for (int i = 0; i < CHECK_COUNT; i++) {
			const struct check *c = &r->checks[i];
			if (c->status != wanted[w])
				continue;
			buf_printf(out, "<li><span class=\"cat %s\">%s</span> <strong>%s ",
				   status_class(c->status), check_status_names[c->status], c->id);
			html_text(out, c->title);
			buf_puts(out, "</strong>: ");
			html_text(out, c->text);
			buf_puts(out, "</li>\n");
		}
	buf_puts(out, "</ul>\n");
}

static void put_not_observed(struct buf *out, const struct readiness *r)
{
	if (r->n_not_observed == 0)
		return;
	buf_puts(out, "<p>Not observed in this window, though seen before: ");
	for (size_t i = 0; i < r->n_not_observed; i++) {
		buf_puts(out, i ? ", " : "");
		html_text(out, r->not_observed[i]);
	}
	buf_puts(out, "</p>\n");
}

static void put_checks(struct buf *out, const struct readiness *r)
{
	buf_puts(out, "<h3>Checks</h3>\n<div class=\"wide stack\" tabindex=\"0\" role=\"group\" "
		      "aria-label=\"Table\"><table><caption>Every check</caption><thead><tr><th "
		      "scope=\"col\">Check</th><th scope=\"col\">Result</th>"
		      "<th scope=\"col\">Found</th><th scope=\"col\">Wanted</th><th "
		      "scope=\"col\">What it means</th></tr></thead><tbody>\n");
	for (int i = 0; i < CHECK_COUNT; i++) {
		const struct check *c = &r->checks[i];
		buf_printf(out, "<tr><th scope=\"row\">%s %s</th><td class=\"cat %s\">%s</td><td>",
			   c->id, c->title, status_class(c->status), check_status_names[c->status]);
		html_text(out, c->value);
		buf_puts(out, "</td><td>");
		html_text(out, c->limit);
		buf_puts(out, "</td><td>");
		html_text(out, c->text);
		buf_puts(out, "</td></tr>\n");
	}
	buf_puts(out, "</tbody></table></div>\n");
}

static void put_projection(struct buf *out, const struct projection *p)
{
	static const char *const words[FATE_COUNT] = {"legitimate", "forwarded", "unknown",
						      "of forgers"};
	buf_puts(out,
		 "<h3>With p=reject in this window</h3>\n<div "
		 "class=\"wide\"><table><caption>Messages that receivers would have refused, of ");
	html_count(out, p->messages);
	buf_puts(out,
		 "</caption><thead><tr><th scope=\"col\">Mail</th><th scope=\"col\" class=\"n\">at "
		 "most</th><th scope=\"col\" class=\"n\">probably</th></tr></thead><tbody>\n");
	for (int f = 0; f < FATE_COUNT; f++) {
		buf_printf(out, "<tr><th scope=\"row\">%s</th><td class=\"n\">", words[f]);
		html_count(out, p->would_reject[f]);
		buf_puts(out, "</td><td class=\"n\">");
		html_count(out, p->expected[f]);
		buf_puts(out, "</td></tr>\n");
	}
	buf_puts(out, "</tbody></table></div>\n");
}

static void put_subdomains(struct buf *out, const struct projection *p)
{
	if (p->n_subdomains == 0)
		return;
	buf_puts(out,
		 "<div class=\"wide\" tabindex=\"0\" role=\"group\" "
		 "aria-label=\"Subdomains\"><table><caption>Mail from names below the domain, "
		 "and what applies to it while sp and np stay</caption><thead><tr><th "
		 "scope=\"col\">Name</th><th scope=\"col\">Policy</th><th scope=\"col\" "
		 "class=\"n\">Messages</th><th scope=\"col\" class=\"n\">fail</th></tr></thead>"
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
	buf_printf(out, ". Look again on %s.</p>\n", day_format(r->next.again, day));
	if (r->next.record) {
		if (r->dmarc.found == FOUND_HERE && r->dmarc.record.text)
			html_record(out, name, r->dmarc.record.text, true);
		html_record(out, name, r->next.record, false);
	}
}

void render_readiness_html(const struct readiness *all, size_t n, struct buf *out)
{
	static const char *const sentences[] = {"Ready for p=reject", "Ready, with warnings",
						"Not ready for p=reject", "Too little data to say"};
	static const char *const classes[] = {"good", "warn", "bad", "grey"};
	char since[DAY_STRLEN], until[DAY_STRLEN];
	html_begin(out, "May I publish p=reject?");
	buf_puts(out, "<header><h1>May I publish p=reject?</h1></header>\n");
	for (size_t i = 0; i < n; i++) {
		const struct readiness *r = &all[i];
		buf_puts(out, "<section><h2>");
		html_text(out, r->domain);
		buf_printf(
		    out,
		    "</h2>\n<p class=\"verdict %s\">%s</p>\n<p class=\"soft\">%s to %s, p=%s</p>\n",
		    classes[r->verdict], sentences[r->verdict], day_format(r->window.since, since),
		    day_format(r->window.until - 1, until),
		    r->dmarc.policy ? published_policy_names[r->dmarc.policy] : "(no record)");
		put_glance(out, r);
		put_obstacles(out, r);
		put_next(out, r);
		put_cards(out, r->inventory);
		put_projection(out, &r->projection);
		put_subdomains(out, &r->projection);
		put_not_observed(out, r);
		if (r->inventory->messages > 0)
			buf_puts(out, "<h3>Messages a day</h3>\n");
		html_days_chart(out, r->inventory, r->window);
		html_share_chart(out, r->inventory);
		put_checks(out, r);
		buf_puts(out, "</section>\n");
	}
	html_end(out);
}
