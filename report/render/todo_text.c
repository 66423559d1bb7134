#include <string.h>

#include "core/text.h"
#include "report/remedy/spf_edit.h"
#include "report/render/table.h"
#include "report/render/todo.h"

#define TEXT_MAX (256 * 1024)
#define INDENT   4

static unsigned width_of(const struct text_style *style)
{
	return style->width < 80 ? 80 : style->width > 200 ? 200 : style->width;
}

/* Clean of what terminals obey, wrapped, every line indented. */
static void put_paragraph(struct buf *out, const struct text_style *style, const char *text)
{
	struct buf clean;
	buf_init(&clean, TEXT_MAX);
	text_terminal(&clean, text, strlen(text));
	for (size_t i = 0; i < clean.len && !style->utf8; i++)
		if ((unsigned char)clean.data[i] >= 0x80)
			clean.data[i] = '?';
	buf_printf(out, "%*s", INDENT, "");
	put_wrapped(out, clean.data ? clean.data : "", INDENT, INDENT, width_of(style));
	put_line_end(out);
	buf_free(&clean);
}

/* Lines of their own and in one piece each, however wide: they are there to be pasted. */
static void put_line(struct buf *out, const char *head, const char *text, size_t n)
{
	buf_printf(out, "%*s%s", INDENT, "", head);
	text_terminal(out, text, n);
	buf_putc(out, '\n');
}

static void put_record(struct buf *out, const struct record_change *c, const char *head)
{
	struct buf line;
	buf_init(&line, TEXT_MAX);
	for (const char *s = c->before; s && *s;) {
		size_t n = strcspn(s, "\n");
		buf_reset(&line);
		buf_printf(&line, "%s. TXT \"", c->name);
		buf_put(&line, s, n);
		buf_puts(&line, "\"");
		put_line(out, "now:  ", line.data, line.len);
		s += n + (s[n] == '\n');
	}
	buf_reset(&line);
	buf_printf(&line, "%s. TXT ", c->name);
	spf_edit_quote(&line, c->after);
	put_line(out, head, line.data, line.len);
	buf_free(&line);
}

static bool same_record(const struct record_change *a, const struct record_change *b)
{
	return a && b && strcmp(a->name, b->name) == 0 && strcmp(a->after, b->after) == 0;
}

/* The whole list holds a new record of a name once. */
static void put_edit(struct buf *out, const struct text_style *style, const struct todo_list *list,
		     size_t i)
{
	const struct record_change *c = list->list[i].record;
	struct buf text;
	for (size_t k = 0; k < i; k++) {
		if (!same_record(list->list[k].record, c))
			continue;
		buf_init(&text, TEXT_MAX);
		buf_printf(&text, "Its part of the new record of %s (at %zu): %s", c->name, k + 1,
			   *c->terms ? c->terms : "the repair");
		put_paragraph(out, style, text.data);
		buf_free(&text);
		return;
	}
	put_record(out, c, "new:  ");
	if (c->lookups_after || c->lookups_before)
		buf_printf(
		    out,
		    "%*s      %u of %d lookups (now %u), %zu octets; only mail with an envelope "
		    "sender @",
		    INDENT, "", c->lookups_after, SPF_LOOKUP_LIMIT, c->lookups_before,
		    strlen(c->after));
	if (c->lookups_after || c->lookups_before) {
		text_terminal(out, c->name, strlen(c->name));
		buf_puts(out, " is affected\n");
	}
}

static void put_reason_list(struct buf *text, const char *head, const char *const *list, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		buf_printf(text, "%s%s", i ? "; " : head, list[i]);
}

static void put_readings(struct buf *out, const struct text_style *style, const struct todo *t)
{
	static const char *const words[READING_COUNT] = {
	    [READING_MISSING] = "yours, and missing from SPF",
	    [READING_FORGED] = "forged",
	    [READING_FORWARDED] = "mail of yours that is not signed, forwarded",
	    [READING_SWITCHED_OFF] = "yours, and switched off on purpose",
	    [READING_STRANGER] = "another owner by now",
	};
	for (unsigned i = 0; i < t->n_readings; i++) {
		const struct reading *r = &t->readings[i];
		struct buf text;
		buf_init(&text, TEXT_MAX);
		buf_printf(&text, "%s %s.", i ? "or:" : "It may be:", words[r->kind]);
		put_reason_list(&text, " For it: ", r->speaks_for, r->n_for);
		put_reason_list(&text, r->n_for ? ". Against it: " : " Against it: ", r->against,
				r->n_against);
		put_paragraph(out, style, text.data);
		buf_free(&text);
	}
}

/* What speaks for a category; what speaks against it is told as that. */
static void put_evidence(struct buf *out, const struct text_style *style, const struct sender *s)
{
	static const char sides[CAT_COUNT] = {
	    [CAT_AUTHORIZED] = 'L',   [CAT_LEGIT_SPF_MISSING] = 'L', [CAT_LEGIT_UNALIGNED] = 'L',
	    [CAT_LEGIT_BROKEN] = 'L', [CAT_FORWARDER] = 'F',         [CAT_SUSPECT_ABUSE] = 'N',
	    [CAT_UNAUTHORIZED] = 'S', [CAT_UNKNOWN] = 'N',
	};
	char side = sides[s->verdict.category];
	struct buf text;
	unsigned shown = 0;
	buf_init(&text, TEXT_MAX);
	buf_printf(&text, "%d%% sure", s->verdict.confidence);
	for (unsigned i = 0; i < s->n_evidence; i++)
		if (s->evidence[i].code[0] == side && s->evidence[i].weight >= 0)
			buf_printf(&text, "%s%s", shown++ ? "; " : ": ", s->evidence[i].text);
	put_paragraph(out, style, text.data);
	buf_free(&text);
}

static void put_title(struct buf *out, const struct text_style *style, size_t number,
		      const struct todo *t)
{
	struct buf text, clean;
	buf_init(&text, TEXT_MAX);
	buf_init(&clean, TEXT_MAX);
	buf_printf(&text, "%s: %s", todo_kind_words[t->kind], t->title);
	if (t->messages > 0 && t->kind != TODO_FORGED) {
		buf_puts(&text, " (");
		put_count(&text, t->messages);
		buf_puts(&text, t->messages == 1 ? " message)" : " messages)");
	}
	text_terminal(&clean, text.data, text.len);
	buf_printf(out, "%2zu. ", number);
	put_wrapped(out, clean.data, INDENT, INDENT, width_of(style));
	put_line_end(out);
	buf_free(&text);
	buf_free(&clean);
}

void put_todo_text(struct buf *out, const struct text_style *style, const struct todo_list *list)
{
	for (size_t i = 0; i < list->n; i++) {
		const struct todo *t = &list->list[i];
		put_title(out, style, i + 1, t);
		put_paragraph(out, style, t->text);
		if (t->n_senders == 1 && t->kind != TODO_DUTY && t->n_readings == 0)
			put_evidence(out, style, t->senders[0]);
		if (t->record)
			put_edit(out, style, list, i);
		put_readings(out, style, t);
		if (t->if_yours)
			put_record(out, t->if_yours, "if it is yours:  ");
		for (unsigned k = 0; k < t->n_commands; k++)
			put_line(out, "$ ", t->commands[k], strlen(t->commands[k]));
	}
}
