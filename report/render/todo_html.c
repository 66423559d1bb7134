/* The list of things to do on a page: a card each. */
#include <string.h>

#include "core/day.h"
#include "report/render/html.h"
#include "report/render/todo.h"

/* A page of fifty domains is to stay below 5 MB: so many cards on it, and of a domain. */
#define CARDS_PAGE  1000
#define CARDS_MAX   40
#define CARDS_MIN   5
#define SOURCES_MAX 10 /* addresses of a sender */
#define NAMES_MAX   20 /* senders of one card */

static const char *const classes[TODO_KIND_COUNT] = {
    [TODO_ZONE_FAULT] = "bad", [TODO_OWN_FAILING] = "bad", [TODO_OWN_REFUSED] = "bad",
    [TODO_ABUSE] = "bad",      [TODO_QUESTION] = "warn",   [TODO_DUTY] = "warn",
    [TODO_FORGED] = "grey",
};

static void put_paragraph(struct buf *out, const char *text)
{
	buf_puts(out, "<p>");
	html_text(out, text);
	buf_puts(out, "</p>\n");
}

/* ---- records ---- */

static void put_record(struct buf *out, const struct record_change *c)
{
	struct buf line;
	const char *p = c->before ? c->before : "";
	buf_init(&line, 64 * 1024);
	buf_puts(out, *p ? "<p class=\"soft\">Now:</p>\n" : "");
	for (size_t n = strcspn(p, "\n"); n > 0; n = strcspn(p, "\n")) {
		buf_reset(&line);
		buf_put(&line, p, n);
		html_record(out, c->name, line.data, true);
		p += n + (p[n] == '\n');
	}
	buf_printf(out, "<p class=\"soft\">Publish%s (one click selects it):</p>\n",
		   c->before ? " instead" : "");
	html_record(out, c->name, c->after, false);
	buf_reset(&line);
	put_change_cost(&line, c);
	if (line.len > 0) {
		buf_puts(out, "<p class=\"soft\">");
		html_text(out, line.data);
		buf_puts(out, "</p>\n");
	}
	buf_free(&line);
}

static void put_edit(struct buf *out, const struct todo_list *list, size_t i)
{
	const struct record_change *c = list->list[i].record;
	size_t at = todo_record_at(list, i);
	if (at == i) {
		put_record(out, c);
		return;
	}
	buf_puts(out, "<p>In the new record of ");
	html_text(out, c->name);
	buf_printf(out, ", at %zu: <code>", at + 1);
	html_text(out, *c->terms ? c->terms : "the repair");
	buf_puts(out, "</code>.</p>\n");
}

/* ---- questions ---- */

static void put_reasons(struct buf *out, const char *head, const char *const *list, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		buf_puts(out, i ? "; " : head);
		html_text(out, list[i]);
	}
	buf_puts(out, n ? "." : "");
}

static void put_readings(struct buf *out, const struct todo *t)
{
	if (t->n_readings == 0)
		return;
	buf_puts(out, "<p>It may be, the likeliest first:</p>\n<ol class=\"readings\">");
	for (unsigned i = 0; i < t->n_readings; i++) {
		const struct reading *r = &t->readings[i];
		buf_printf(out, "<li><strong>%s</strong>.", reading_words[r->kind]);
		put_reasons(out, " <span class=\"side\">For:</span> ", r->speaks_for, r->n_for);
		put_reasons(out, " <span class=\"side\">Against:</span> ", r->against,
			    r->n_against);
		buf_puts(out, "</li>\n");
	}
	buf_puts(out, "</ol>\n");
}

static void put_if_yours(struct buf *out, const struct todo *t)
{
	if (!t->if_yours)
		return;
	buf_puts(out, "<details><summary>");
	buf_puts(out, t->n_senders ? "If it is yours" : "If you want that");
	buf_puts(out, ": the record</summary>\n");
	put_record(out, t->if_yours);
	buf_puts(out, "</details>\n");
}

static void put_commands(struct buf *out, const struct todo *t)
{
	if (t->n_commands == 0)
		return;
	buf_puts(out, "<p class=\"soft\">When you know, say so:</p>\n<ul class=\"commands\">");
	for (unsigned i = 0; i < t->n_commands; i++) {
		buf_puts(out, "<li><code>");
		html_text(out, t->commands[i]);
		buf_puts(out, "</code></li>");
	}
	buf_puts(out, "</ul>\n");
}

/* ---- why, and from where ---- */

static void put_sources(struct buf *out, const struct sender *s)
{
	char ip[IP_STRLEN];
	size_t all = s->n_sources + s->more_sources;
	if (s->n_sources == 0)
		return;
	buf_puts(out, "<p>Addresses, and messages from each:</p>\n<ul class=\"plain\">");
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
	buf_puts(out, "</ul>\n");
	if (all > SOURCES_MAX)
		buf_printf(out, "<p class=\"soft\">and %zu more, in the JSON form</p>\n",
			   all - SOURCES_MAX);
}

/* What speaks for each reading, apart. */
static void put_evidence(struct buf *out, const struct sender *s)
{
	for (int side = 0; side < SIDE_COUNT; side++) {
		bool any = false;
		for (unsigned i = 0; i < s->n_evidence; i++) {
			const struct evidence *e = &s->evidence[i];
			if (evidence_side(e) != (enum evidence_side)side || evidence_repeats(s, e))
				continue;
			if (!any)
				buf_printf(out, "<p>%s:</p>\n<ul class=\"plain\">",
					   evidence_side_words[side]);
			any = true;
			buf_puts(out, "<li>");
			html_text(out, e->text);
			buf_puts(out, "</li>");
		}
		buf_puts(out, any ? "</ul>\n" : "");
	}
}

/* What a person said of it. */
static void put_label(struct buf *out, const struct fact_label *l)
{
	static const char *const words[LABEL_COUNT] = {[LABEL_NONE] = "named",
						       [LABEL_APPROVE] = "approved",
						       [LABEL_DENY] = "denied",
						       [LABEL_IGNORE] = "hidden"};
	char day[DAY_STRLEN];
	if (!l) {
		buf_puts(out, " Label: none.");
		return;
	}
	buf_printf(out, " Label: %s", words[l->verdict]);
	if (l->has_until)
		buf_printf(out, " until %s", day_format(l->until, day));
	buf_puts(out, ". Owner: ");
	html_text(out, l->owner ? l->owner : "nobody named");
	buf_puts(out, ".");
}

void html_why(struct buf *out, const struct sender *s)
{
	buf_puts(out, "<p>");
	html_category(out, s->verdict.category);
	buf_printf(out, ", %d%% sure. Key: <code>", s->verdict.confidence);
	html_text(out, s->key);
	buf_puts(out, "</code>.");
	put_label(out, s->label);
	buf_puts(out, "</p>\n");
	put_evidence(out, s);
}

void html_sender(struct buf *out, const struct sender *s)
{
	html_why(out, s);
	put_sources(out, s);
}

static void put_names(struct buf *out, const struct todo *t)
{
	buf_puts(out, "<ul class=\"plain\">");
	for (size_t i = 0; i < t->n_senders && i < NAMES_MAX; i++) {
		buf_puts(out, "<li>");
		html_text(out, t->senders[i]->name);
		buf_puts(out, " <code>");
		html_text(out, t->senders[i]->key);
		buf_puts(out, "</code></li>");
	}
	buf_puts(out, "</ul>\n");
	if (t->n_senders > NAMES_MAX)
		buf_printf(out, "<p class=\"soft\">and %zu more, in the JSON form</p>\n",
			   t->n_senders - NAMES_MAX);
}

static void put_why(struct buf *out, const struct todo *t)
{
	if (t->n_senders == 0)
		return;
	buf_printf(out, "<details><summary>%s</summary>\n",
		   t->n_senders == 1 ? "Why, and from where" : "Who they are");
	if (t->n_senders == 1)
		html_sender(out, t->senders[0]);
	else
		put_names(out, t);
	buf_puts(out, "</details>\n");
}

/* ---- cards ---- */

static void put_card(struct buf *out, const struct todo_list *list, size_t i)
{
	const struct todo *t = &list->list[i];
	buf_printf(out, "<li class=\"%s\"><p class=\"head\">%zu. <strong>", classes[t->kind],
		   i + 1);
	html_text(out, t->title);
	buf_printf(out, "</strong> <span class=\"cat %s\">%s</span>", classes[t->kind],
		   todo_kind_words[t->kind]);
	if (t->messages > 0) {
		buf_puts(out, " <span class=\"soft\">");
		html_count(out, t->messages);
		buf_puts(out, t->messages == 1 ? " message</span>" : " messages</span>");
	}
	buf_puts(out, "</p>\n");
	put_paragraph(out, t->text);
	if (t->record)
		put_edit(out, list, i);
	put_readings(out, t);
	put_if_yours(out, t);
	put_commands(out, t);
	put_why(out, t);
	buf_puts(out, "</li>\n");
}

void put_todo_html(struct buf *out, const struct domain_inventory *d, size_t domains)
{
	const struct todo_list *list = d->todo;
	size_t n = todo_count(list), most = CARDS_PAGE / (domains ? domains : 1);
	most = most > CARDS_MAX ? CARDS_MAX : most < CARDS_MIN ? CARDS_MIN : most;
	buf_printf(out, "<p class=\"verdict %s\">",
		   !inventory_is_judged(d) ? "grey"
		   : n == 0                ? "good"
					   : "warn");
	put_todo_verdict(out, d);
	buf_puts(out, "</p>\n");
	if (!inventory_is_judged(d))
		put_paragraph(out, todo_unjudged(d));
	buf_puts(out, n > 0 ? "<ol class=\"todo\">\n" : "");
	for (size_t i = 0; i < n && i < most; i++)
		put_card(out, list, i);
	buf_puts(out, n > 0 ? "</ol>\n" : "");
	if (n > most)
		buf_printf(out, "<p class=\"soft\">and %zu more, in the CSV and JSON forms</p>\n",
			   n - most);
	if (list->hidden > 0)
		buf_printf(out, "<p class=\"soft\">%zu more of other categories</p>\n",
			   list->hidden);
	for (size_t i = n; i < list->n; i++) {
		buf_puts(out, "<p class=\"soft\">Strangers: ");
		html_text(out, list->list[i].text);
		buf_puts(out, "</p>\n");
	}
}
