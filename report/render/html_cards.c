/* What needs work, a card each: what it is, what to publish, why. */
#include <stdio.h>
#include <string.h>

#include "report/catalogue/catalogue.h"
#include "report/render/html.h"
#include "report/render/render.h"
#include "report/sender/command.h"

/* A page of fifty domains is to stay below 5 MB: so many cards on it, and of a domain. */
#define CARDS_PAGE  1000
#define CARDS_MAX   40
#define CARDS_MIN   5
#define SOURCES_MAX 10 /* addresses of a sender */

static bool is_action(const struct sender *s)
{
	enum category c = s->verdict.category;
	return s->change != CHANGE_GONE &&
	       (c == CAT_LEGIT_SPF_MISSING || c == CAT_LEGIT_UNALIGNED || c == CAT_LEGIT_BROKEN ||
		c == CAT_SUSPECT_ABUSE);
}

void html_category(struct buf *out, enum category c)
{
	buf_printf(out, "<span class=\"cat %s\">%s</span>", html_class(c), category_words[c]);
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

static void put_command(struct buf *out, const char *domain, const struct sender *s)
{
	struct buf command;
	buf_init(&command, 64 * 1024);
	buf_puts(out, "<p>Key: <code>");
	html_text(out, s->key);
	buf_puts(out, "</code></p>");
	if (!(s->label && s->label->verdict) && label_command(&command, "approve", domain, s)) {
		buf_puts(out, "<p>If it is yours: <code>");
		html_text(out, command.data);
		buf_puts(out, "</code></p>");
	}
	buf_free(&command);
}

static void put_evidence(struct buf *out, const char *domain, const struct sender *s)
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
	put_command(out, domain, s);
	put_sources(out, s);
	buf_puts(out, "</details>");
}

static void put_edit(struct buf *out, const struct remedy *r)
{
	const struct record_change *c = r->change;
	if (!c)
		return;
	const char *p = c->before ? c->before : "";
	buf_puts(out, "<p class=\"soft\">Now:</p>");
	for (size_t n = strcspn(p, "\n"); n > 0; n = strcspn(p, "\n")) {
		struct buf line;
		buf_init(&line, 64 * 1024);
		buf_put(&line, p, n);
		html_record(out, c->name, line.data, true);
		buf_free(&line);
		p += n + (p[n] == '\n');
	}
	buf_puts(out, "<p class=\"soft\">Publish instead (one click selects it):</p>");
	html_record(out, c->name, c->after, false);
}

static void put_card(struct buf *out, const char *domain, const struct sender *s)
{
	uint64_t failing = s->t.messages - s->t.dmarc_pass;
	buf_printf(out, "<li class=\"%s\"><strong>", html_class(s->verdict.category));
	html_text(out, s->name);
	buf_puts(out, "</strong> ");
	html_category(out, s->verdict.category);
	buf_printf(out, " <span class=\"soft\">%d%% sure; ", s->verdict.confidence);
	html_count(out, failing);
	buf_puts(out, " of ");
	html_count(out, s->t.messages);
	buf_puts(out, " messages fail</span><p>");
	html_text(out, s->verdict.remedy.text);
	buf_puts(out, "</p>");
	put_edit(out, &s->verdict.remedy);
	put_evidence(out, domain, s);
	buf_puts(out, "</li>\n");
}

void html_cards(struct buf *out, const struct domain_inventory *d, size_t domains)
{
	size_t n = 0, most = CARDS_PAGE / (domains ? domains : 1);
	most = most > CARDS_MAX ? CARDS_MAX : most < CARDS_MIN ? CARDS_MIN : most;
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
	for (size_t i = 0; i < d->n_senders && shown < most; i++)
		if (is_action(&d->senders[i])) {
			put_card(out, d->domain, &d->senders[i]);
			shown++;
		}
	buf_puts(out, "</ol>\n");
	if (n > shown)
		buf_printf(out, "<p class=\"soft\">and %zu more, in the CSV and JSON forms</p>\n",
			   n - shown);
}
