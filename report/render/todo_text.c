#include <string.h>

#include "core/text.h"
#include "report/remedy/spf_edit.h"
#include "report/render/table.h"
#include "report/render/todo.h"

#define TEXT_MAX       (256 * 1024)
#define INDENT         4
#define THINGS_MAX     40 /* of a list; the others are counted */
#define EVIDENCE_SHOWN 4  /* the weightiest; JSON and HTML have all */
#define NAMES_SHOWN    8  /* senders of one thing */

/* Wrapped, every line indented. */
static void put_paragraph(struct buf *out, const struct text_style *style, const char *text)
{
	buf_printf(out, "%*s", INDENT, "");
	put_clean_wrapped(out, style, text, INDENT, INDENT);
	put_line_end(out);
}

/* Lines of their own and in one piece each, however wide: they are there to be pasted. */
static void put_line(struct buf *out, const char *head, const char *text, size_t n)
{
	buf_printf(out, "%*s%s", INDENT, "", head);
	text_terminal(out, text, n);
	buf_putc(out, '\n');
}

/* As a zone file has it: a quote in a text is written \". */
static void put_escaped(struct buf *out, const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		buf_puts(out, s[i] == '"' || s[i] == '\\' ? "\\" : "");
		buf_put(out, s + i, 1);
	}
}

void put_record_text(struct buf *out, const struct record_change *c)
{
	struct buf line;
	buf_init(&line, TEXT_MAX);
	for (const char *s = c->before; s && *s;) {
		size_t n = strcspn(s, "\n");
		buf_reset(&line);
		buf_printf(&line, "%s. TXT \"", c->name);
		put_escaped(&line, s, n);
		buf_puts(&line, "\"");
		put_line(out, "now:  ", line.data, line.len);
		s += n + (s[n] == '\n');
	}
	buf_reset(&line);
	buf_printf(&line, "%s. TXT ", c->name);
	spf_edit_quote(&line, c->after);
	put_line(out, "new:  ", line.data, line.len);
	buf_free(&line);
}

static void put_cost(struct buf *out, const struct text_style *style, const struct record_change *c)
{
	struct buf text;
	buf_init(&text, TEXT_MAX);
	put_change_cost(&text, c);
	if (text.len > 0)
		put_paragraph(out, style, text.data);
	buf_free(&text);
}

/* The whole list holds a new record of a name once. */
static void put_edit(struct buf *out, const struct text_style *style, const struct todo_list *list,
		     size_t i)
{
	const struct record_change *c = list->list[i].record;
	size_t at = todo_record_at(list, i);
	if (at == i) {
		put_record_text(out, c);
		put_cost(out, style, c);
		return;
	}
	struct buf text;
	buf_init(&text, TEXT_MAX);
	buf_printf(&text, "In the new record of %s, at %zu: %s.", c->name, at + 1,
		   *c->terms ? c->terms : "the repair");
	put_paragraph(out, style, text.data);
	buf_free(&text);
}

static void put_reasons(struct buf *text, const char *head, const char *const *list, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		buf_printf(text, "%s%s", i ? "; " : head, list[i]);
	buf_puts(text, n ? "." : "");
}

static void put_readings(struct buf *out, const struct text_style *style, const struct todo *t)
{
	if (t->n_readings > 0)
		put_paragraph(out, style, "It may be, the likeliest first:");
	for (unsigned i = 0; i < t->n_readings; i++) {
		const struct reading *r = &t->readings[i];
		struct buf text;
		buf_init(&text, TEXT_MAX);
		buf_printf(&text, "%s.", reading_words[r->kind]);
		put_reasons(&text, " For: ", r->speaks_for, r->n_for);
		put_reasons(&text, " Against: ", r->against, r->n_against);
		buf_printf(out, "%*s- ", INDENT, "");
		put_clean_wrapped(out, style, text.data, INDENT + 2, INDENT + 2);
		put_line_end(out);
		buf_free(&text);
	}
}

/* The weightiest of what speaks for the category. */
static void put_evidence(struct buf *out, const struct text_style *style, const struct sender *s)
{
	enum evidence_side side = category_side(s->verdict.category);
	bool told[EVIDENCE_MAX] = {false};
	struct buf text;
	buf_init(&text, TEXT_MAX);
	buf_printf(&text, "%d%% sure", s->verdict.confidence);
	for (unsigned shown = 0; shown < EVIDENCE_SHOWN; shown++) {
		const struct evidence *best = NULL;
		for (unsigned k = 0; k < s->n_evidence; k++) {
			const struct evidence *e = &s->evidence[k];
			if (!told[k] && evidence_side(e) == side && !evidence_repeats(s, e) &&
			    (!best || e->weight > best->weight))
				best = e;
		}
		if (!best)
			break;
		told[best - s->evidence] = true;
		buf_printf(&text, "%s%s", shown ? "; " : ": ", best->text);
	}
	buf_putc(&text, '.');
	put_paragraph(out, style, text.data);
	buf_free(&text);
}

/* Whom a thing is about, where its title does not say all. */
static void put_names(struct buf *out, const struct text_style *style, const struct todo *t)
{
	struct buf text;
	if (t->n_senders < 2)
		return;
	buf_init(&text, TEXT_MAX);
	for (size_t i = 0; i < t->n_senders && i < NAMES_SHOWN; i++)
		buf_printf(&text, "%s%s", i ? ", " : "They are: ", t->senders[i]->name);
	if (t->n_senders > NAMES_SHOWN)
		buf_printf(&text, " and %zu more (see -f json)", t->n_senders - NAMES_SHOWN);
	buf_putc(&text, '.');
	put_paragraph(out, style, text.data);
	buf_free(&text);
}

static void put_title(struct buf *out, const struct text_style *style, size_t number,
		      const struct todo *t)
{
	struct buf text;
	buf_init(&text, TEXT_MAX);
	buf_printf(&text, "[%s] %s", todo_kind_words[t->kind], t->title);
	if (t->messages > 0 && t->kind != TODO_FORGED) {
		buf_puts(&text, " (");
		put_count(&text, t->messages);
		buf_puts(&text, t->messages == 1 ? " message)" : " messages)");
	}
	buf_printf(out, "%2zu. ", number);
	put_clean_wrapped(out, style, text.data, INDENT, INDENT);
	put_line_end(out);
	buf_free(&text);
}

static void put_thing(struct buf *out, const struct text_style *style, const struct todo_list *list,
		      size_t i)
{
	const struct todo *t = &list->list[i];
	put_title(out, style, i + 1, t);
	put_paragraph(out, style, t->text);
	put_names(out, style, t);
	if (t->n_senders == 1 && t->kind != TODO_DUTY && t->kind != TODO_ZONE_FAULT &&
	    t->n_readings == 0)
		put_evidence(out, style, t->senders[0]);
	if (t->record)
		put_edit(out, style, list, i);
	put_readings(out, style, t);
	if (t->if_yours) {
		put_paragraph(out, style, t->n_senders ? "If it is yours:" : "If you want that:");
		put_record_text(out, t->if_yours);
		put_cost(out, style, t->if_yours);
	}
	for (unsigned k = 0; k < t->n_commands; k++)
		put_line(out, "$ ", t->commands[k], strlen(t->commands[k]));
}

/* That forgers exist is told, and no thing to do. */
static void put_forged(struct buf *out, const struct text_style *style,
		       const struct todo_list *list)
{
	struct buf text;
	for (size_t i = todo_count(list); i < list->n; i++) {
		buf_init(&text, TEXT_MAX);
		buf_printf(&text, "Strangers: %s", list->list[i].text);
		put_clean_wrapped(out, style, text.data, 0, 0);
		put_line_end(out);
		buf_free(&text);
	}
}

void put_todo_text(struct buf *out, const struct text_style *style,
		   const struct domain_inventory *d)
{
	size_t n = todo_count(d->todo), shown = n > THINGS_MAX + 1 ? THINGS_MAX : n;
	if (!inventory_is_judged(d)) {
		struct buf text;
		buf_init(&text, TEXT_MAX);
		buf_printf(&text, "NOT JUDGED: DNS did not answer. %s", todo_unjudged(d));
		put_clean_wrapped(out, style, text.data, 0, 0);
		buf_free(&text);
		buf_putc(out, '\n');
	}
	for (size_t i = 0; i < shown; i++)
		put_thing(out, style, d->todo, i);
	if (shown < n)
		buf_printf(out, "    and %zu more things (see -f csv or json)\n", n - shown);
	if (inventory_is_judged(d) && n == 0) {
		put_todo_nothing(out, d);
		buf_putc(out, '\n');
	}
	if (d->todo->hidden > 0)
		buf_printf(out, "(%zu more of other categories)\n", d->todo->hidden);
	put_forged(out, style, d->todo);
}
