/* Refused mail, explained, as text. */
#include <string.h>

#include "core/day.h"
#include "core/text.h"
#include "report/bounce/explain.h"
#include "report/render/table.h"
#include "report/render/todo.h"

#define TEXT_MAX (64 * 1024)
#define INDENT   2
#define TOLD_MAX 40 /* kinds of refusals of one input; JSON has all */

static void put_labelled(struct buf *out, const struct text_style *style, const char *label,
			 const char *text)
{
	struct buf line;
	buf_init(&line, TEXT_MAX);
	if (label)
		buf_printf(&line, "%s: ", label);
	buf_puts(&line, text);
	put_spaces(out, INDENT);
	put_clean_wrapped(out, style, line.data, INDENT, INDENT);
	put_line_end(out);
	buf_free(&line);
}

/* "12 times, 10-02 to 10-31" */
static void put_times(struct buf *line, const struct bounce_case *x)
{
	char first[DAY_STRLEN], last[DAY_STRLEN];
	if (x->count < 2)
		return;
	buf_printf(line, ": %llu times", (unsigned long long)x->count);
	if (!x->first_at)
		return;
	day_format(day_from_unix(x->first_at), first);
	day_format(day_from_unix(x->last_at), last);
	if (strcmp(first, last) == 0)
		buf_printf(line, ", on %s", first + 5);
	else
		buf_printf(line, ", %s to %s", first + 5, last + 5);
}

static void put_summary(struct buf *out, const struct text_style *style,
			const struct bounce_explained *e)
{
	struct buf line;
	buf_init(&line, TEXT_MAX);
	buf_puts(&line, e->summary);
	if (!e->lines_only)
		put_times(&line, e->of);
	put_clean_wrapped(out, style, line.data, 0, INDENT);
	put_line_end(out);
	buf_free(&line);
}

static void put_todo(struct buf *out, const struct text_style *style, const struct todo *t,
		     bool first)
{
	bool either = strncmp(t->text, "If ", 3) == 0; /* which of several it is nobody knows */
	struct buf text;
	buf_init(&text, TEXT_MAX);
	buf_puts(&text, t->text);
	if (!t->record && !t->if_yours && text.len > 0 && text.data[text.len - 1] != '.' &&
	    !strstr(t->text, "https://"))
		buf_putc(&text, '.');
	put_labelled(out, style,
		     either  ? NULL
		     : first ? "To do"
			     : t->title,
		     text.data ? text.data : "");
	buf_free(&text);
	if (t->record || t->if_yours)
		put_record_text(out, t->record ? t->record : t->if_yours);
	for (unsigned i = 0; i < t->n_commands; i++) {
		buf_puts(out, "    $ ");
		text_terminal(out, t->commands[i], strlen(t->commands[i]));
		buf_putc(out, '\n');
	}
}

static void put_unchecked(struct buf *out, const struct text_style *style,
			  const struct bounce_explained *e)
{
	struct buf line;
	if (e->n_unchecked == 0)
		return;
	buf_init(&line, TEXT_MAX);
	for (unsigned i = 0; i < e->n_unchecked; i++)
		buf_printf(&line, "%s%s", i ? "; " : "", e->unchecked[i]);
	buf_putc(&line, '.');
	put_labelled(out, style, "Not checked", line.data);
	buf_free(&line);
}

static void put_one(struct buf *out, const struct text_style *style,
		    const struct bounce_explained *e)
{
	put_summary(out, style, e);
	for (unsigned i = 0; i < e->n_evidence; i++)
		put_labelled(out, style, e->evidence[i].label, e->evidence[i].text);
	for (unsigned i = 0; i < e->n_todo && !e->lines_only; i++)
		put_todo(out, style, &e->todo[i], i == 0);
	for (unsigned i = 0; i < e->n_notes; i++)
		put_labelled(out, style, NULL, e->notes[i]);
	put_unchecked(out, style, e);
}

/* What it is when it is no bounce, and where to go with it. */
static void put_other(struct buf *out, const struct text_style *style,
		      const struct bounce_outcome *o)
{
	static const char *const hints[BOUNCE_WHAT_COUNT] = {
	    [BOUNCE_DMARC_REPORT] = "; `ruascope ingest` reads it",
	    [BOUNCE_UNKNOWN] =
		"; paste the reply with its code (\"550 5.7.1 ...\"), the whole bounce, "
		"or the lines of the log"};
	struct buf line;
	buf_init(&line, TEXT_MAX);
	buf_printf(&line, "%s: %s%s%s%s", o->source, bounce_what_names[o->what],
		   o->reason ? ": " : "", o->reason ? o->reason : "",
		   hints[o->what] ? hints[o->what] : "");
	put_clean_wrapped(out, style, line.data, 0, INDENT);
	put_line_end(out);
	buf_free(&line);
}

/* What reading itself leaves open. */
static void put_remarks(struct buf *out, const struct text_style *style,
			const struct bounce_input *in)
{
	struct buf line;
	const struct bounce_outcome *o = &in->outcome;
	uint64_t more = in->more + o->dropped;
	buf_init(&line, TEXT_MAX);
	if (more > 0)
		buf_printf(&line, "%llu more refusals are of further kinds, and not told. ",
			   (unsigned long long)more);
	if (o->no_replies)
		buf_puts(&line,
			 "This log does not hold the replies themselves: the bounce mail does. ");
	if (o->year_guessed)
		buf_puts(&line, "Its dates have no year: the latest that fits was taken. ");
	if (line.len > 0) {
		put_clean_wrapped(out, style, line.data, 0, 0);
		put_line_end(out);
	}
	buf_free(&line);
}

void render_bounce_text(const struct bounce_input *in, const struct bounce_explained *all,
			bool named, const struct text_style *style, struct buf *out)
{
	size_t told = 0, left = 0;
	if (in->outcome.what != BOUNCE_REFUSALS) {
		put_other(out, style, &in->outcome);
		return;
	}
	if (named) {
		text_terminal(out, in->source, strlen(in->source));
		buf_puts(out, ":\n");
	}
	for (size_t i = 0; i < in->n; i++) {
		if (all[i].told)
			continue;
		if (told == TOLD_MAX) {
			left++;
			continue;
		}
		if (told++ > 0)
			buf_putc(out, '\n');
		put_one(out, style, &all[i]);
	}
	if (left > 0)
		buf_printf(out, "\nand %zu more kinds of refusals (see -f json)\n", left);
	put_remarks(out, style, in);
}
