#include <string.h>

#include "core/day.h"
#include "core/text.h"
#include "report/command.h"
#include "report/render/render.h"
#include "report/render/table.h"
#include "report/render/todo.h"

#define WIDTH_MAX      200
#define ROWS_MAX       40 /* senders shown; the smallest of the others are folded into one line */
#define REASONS_MAX    20 /* senders explained */
#define EVIDENCE_SHOWN 4  /* lines of evidence; JSON has all */
#define NAME_MIN       12
#define NAME_AT_EASE   24 /* columns for names that are worth more than two more numbers */
#define PERCENT        7
#define SHARE          6
#define LAST           7
#define CHANGE         9

/* Columns of a domain's table; 0: not shown. */
struct layout {
	size_t width, name, category, messages, rejected, quarantined;
};

static const char *colour_of(enum category c)
{
	switch (c) {
	case CAT_AUTHORIZED:
		return "\033[32m";
	case CAT_FORWARDER:
		return "\033[36m";
	case CAT_UNKNOWN:
		return "\033[33m";
	default:
		return "\033[31m";
	}
}

/* Those that a person must look at. */
static bool is_open(const struct sender *s)
{
	return s->change != CHANGE_GONE && s->verdict.category != CAT_AUTHORIZED &&
	       s->verdict.category != CAT_FORWARDER;
}

static struct tally total_of(const struct domain_inventory *d)
{
	struct tally t = {0};
	for (size_t i = 0; i < d->n_senders; i++) {
		const struct tally *s = &d->senders[i].t;
		t.messages += s->messages;
		t.dmarc_pass += s->dmarc_pass;
		t.spf_aligned += s->spf_aligned;
		t.dkim_aligned += s->dkim_aligned;
		t.rejected += s->rejected;
		t.quarantined += s->quarantined;
	}
	return t;
}

static size_t wider(size_t a, size_t b)
{
	return a > b ? a : b;
}

static struct layout lay_out(const struct text_style *style, const struct domain_inventory *d,
			     const struct tally *total)
{
	struct layout l = {.width = style->width, .name = NAME_MIN};
	l.width = line_width(style);
	l.category = strlen("What it is");
	for (size_t i = 0; i < d->n_senders; i++) {
		const struct sender *s = &d->senders[i];
		if (sender_is_small(d, s))
			continue;
		l.name = wider(l.name, text_width(s->name, strnlen(s->name, WIDTH_MAX)));
		l.category = wider(l.category, strlen(category_words[s->verdict.category]));
	}
	l.messages = 2 + wider(strlen("Messages"), count_width(total->messages));
	size_t rejected = 2 + wider(strlen("Rejected"), count_width(total->rejected));
	size_t quarantined = 2 + wider(strlen("Quarantined"), count_width(total->quarantined));
	size_t room = l.width - 1 - l.category - l.messages - PERCENT - 2 * SHARE - LAST - CHANGE;
	if (total->rejected > 0 && room >= NAME_AT_EASE + rejected)
		room -= l.rejected = rejected;
	if (total->quarantined > 0 && room >= NAME_AT_EASE + quarantined)
		room -= l.quarantined = quarantined;
	l.name = l.name > room ? room : l.name;
	return l;
}

/* ---- the table ---- */

static void put_numbers(struct buf *out, const struct layout *l, const struct tally *t)
{
	put_count_cell(out, t->messages, l->messages);
	put_percent_cell(out, t->dmarc_pass, t->messages, PERCENT, 1);
	put_percent_cell(out, t->spf_aligned, t->messages, SHARE, 0);
	put_percent_cell(out, t->dkim_aligned, t->messages, SHARE, 0);
	if (l->rejected)
		put_count_cell(out, t->rejected, l->rejected);
	if (l->quarantined)
		put_count_cell(out, t->quarantined, l->quarantined);
}

static void put_head(struct buf *out, const struct text_style *style, const struct layout *l)
{
	put_text_cell(out, style, "Sender", l->name, true);
	buf_putc(out, ' ');
	put_text_cell(out, style, "What it is", l->category, true);
	buf_printf(out, "%*s%*s%*s%*s", (int)l->messages, "Messages", PERCENT, "DMARC", SHARE,
		   "SPF", SHARE, "DKIM");
	if (l->rejected)
		buf_printf(out, "%*s", (int)l->rejected, "Rejected");
	if (l->quarantined)
		buf_printf(out, "%*s", (int)l->quarantined, "Quarantined");
	buf_printf(out, "%*s  Change", LAST, "Last");
	put_line_end(out);
}

static void put_row(struct buf *out, const struct text_style *style, const struct layout *l,
		    const struct domain_inventory *d, const struct sender *s)
{
	char day[DAY_STRLEN];
	bool says = s->change != CHANGE_SAME && (s->change != CHANGE_NEW || d->compared);
	put_name_cell(out, style, s->name, 0, l->name);
	buf_putc(out, ' ');
	if (style->colour)
		buf_puts(out, colour_of(s->verdict.category));
	put_text_cell(out, style, category_words[s->verdict.category], l->category, true);
	if (style->colour)
		buf_puts(out, "\033[0m");
	put_numbers(out, l, &s->t);
	buf_printf(out, "%*s", LAST, day_format(s->last_day, day) + 5);
	buf_printf(out, "  %s", says ? change_names[s->change] : "");
	put_line_end(out);
}

/* A column that there is no room for is told in words. */
static void put_hidden(struct buf *out, const struct layout *l, const struct tally *total)
{
	bool rejected = total->rejected > 0 && !l->rejected;
	bool quarantined = total->quarantined > 0 && !l->quarantined;
	if (!rejected && !quarantined)
		return;
	buf_puts(out, "Of these, ");
	if (rejected) {
		put_count(out, total->rejected);
		buf_puts(out, quarantined ? " rejected and " : " rejected");
	}
	if (quarantined) {
		put_count(out, total->quarantined);
		buf_puts(out, " quarantined");
	}
	buf_puts(out, "; by sender: a wider window, or -f csv\n");
}

/* What is not shown, by category. */
struct folded {
	size_t senders;
	uint64_t messages;
};

static void fold(struct folded folded[CAT_COUNT], const struct sender *s)
{
	folded[s->verdict.category].senders++;
	folded[s->verdict.category].messages += s->t.messages;
}

/* small: of the table; else of the explanations. */
static void put_folded(struct buf *out, const struct folded folded[CAT_COUNT], bool small)
{
	for (int c = 0; c < CAT_COUNT; c++) {
		if (folded[c].senders == 0)
			continue;
		buf_puts(out, small ? "Not listed: " : "  and ");
		put_count(out, folded[c].senders);
		buf_puts(out, !small                   ? " more"
			      : folded[c].senders == 1 ? " small sender"
						       : " small senders");
		buf_printf(out, ": %s, ", category_words[c]);
		put_count(out, folded[c].messages);
		buf_printf(out, " message%s (see -f csv)\n", folded[c].messages == 1 ? "" : "s");
	}
}

static void put_rows(struct buf *out, const struct text_style *style, const struct layout *l,
		     const struct domain_inventory *d, const struct tally *total)
{
	struct folded folded[CAT_COUNT] = {{0, 0}};
	size_t shown = 0;
	for (size_t i = 0; i < d->n_senders; i++) {
		const struct sender *s = &d->senders[i];
		if (sender_is_small(d, s))
			fold(folded, s);
		else if (++shown <= ROWS_MAX)
			put_row(out, style, l, d, s);
	}
	put_text_cell(out, style, "Total", l->name, true);
	put_spaces(out, 1 + l->category);
	put_numbers(out, l, total);
	put_line_end(out);
	put_hidden(out, l, total);
	put_folded(out, folded, true);
	if (shown > ROWS_MAX)
		buf_printf(out, "Not listed: %zu more senders (see -f csv)\n", shown - ROWS_MAX);
}

/* ---- what is not in the list of things to do, and open ---- */

static void put_what_failed(struct buf *out, const struct tally *t)
{
	uint64_t failing = t->messages - t->dmarc_pass;
	if (failing == 0) {
		buf_puts(out, "all pass");
		return;
	}
	put_count(out, failing);
	if (failing < t->messages) {
		buf_puts(out, " of ");
		put_count(out, t->messages);
	} else {
		buf_puts(out, failing == 1 ? " message" : " messages");
	}
	buf_puts(out, failing == 1 ? " fails" : " fail");
	if (t->rejected > 0) {
		buf_puts(out, ", ");
		put_count(out, t->rejected);
		buf_puts(out, " rejected");
	}
	if (t->quarantined > 0) {
		buf_puts(out, ", ");
		put_count(out, t->quarantined);
		buf_puts(out, " quarantined");
	}
}

static void put_label(struct buf *text, const struct sender *s)
{
	const struct fact_label *l = s->label;
	char day[DAY_STRLEN];
	if (!l || l->verdict == LABEL_NONE)
		return;
	buf_printf(text, ". Labelled %s%s%s",
		   l->verdict == LABEL_APPROVE ? "yours"
		   : l->verdict == LABEL_DENY  ? "not yours"
					       : "to be hidden",
		   l->owner ? " by " : "", l->owner ? l->owner : "");
	if (l->has_until)
		buf_printf(text, ", until %s", day_format(l->until, day));
}

/* The weightiest of one side. */
static void put_evidence(struct buf *text, const struct sender *s, enum evidence_side side,
			 const char *head)
{
	bool told[EVIDENCE_MAX] = {false};
	for (unsigned shown = 0; shown < EVIDENCE_SHOWN; shown++) {
		const struct evidence *best = NULL;
		for (unsigned k = 0; k < s->n_evidence; k++) {
			const struct evidence *e = &s->evidence[k];
			/* "messages fail" says that already */
			if (!told[k] && evidence_side(e) == side &&
			    strcmp(e->code, "S_NEVER_ALIGNED") != 0 && !evidence_repeats(s, e) &&
			    (!best || e->weight > best->weight))
				best = e;
		}
		if (!best)
			return;
		told[best - s->evidence] = true;
		buf_printf(text, "%s%s", shown ? "; " : head, best->text);
	}
}

/* In one piece: it is there to be pasted. Who has spoken need not be asked; and nobody is invited
 * to approve a stranger. */
static void put_command(struct buf *out, const struct domain_inventory *d, const struct sender *s)
{
	struct buf command;
	buf_init(&command, 64 * 1024);
	bool unproved = strcmp(s->key, "net:unproved") == 0; /* whoever they are */
	bool ours =
	    !d->dns || sender_is_legit(s) || s->hinted || s->verdict.remedy.kind == REMEDY_CONFIRM;
	if (!unproved && !(s->label && s->label->verdict) &&
	    label_command(&command, ours ? "approve" : "deny", d->domain, s))
		buf_printf(out, "    %s: %s\n", ours ? "if yours" : "if not yours", command.data);
	buf_free(&command);
}

/* One paragraph a sender: what fails, and what speaks for which reading. */
static void put_reason(struct buf *out, const struct text_style *style,
		       const struct domain_inventory *d, const struct sender *s)
{
	enum evidence_side side = category_side(s->verdict.category);
	struct buf text;
	buf_init(&text, 64 * 1024);
	buf_printf(&text, "%s: ", s->name);
	put_what_failed(&text, &s->t);
	put_label(&text, s);
	put_evidence(&text, s, side, "; ");
	if (s->n_evidence == 0)
		buf_printf(&text, ". %s", s->verdict.remedy.text);
	if (s->verdict.category == CAT_UNKNOWN) {
		put_evidence(&text, s, SIDE_YOURS, ". It may be yours: ");
		put_evidence(&text, s, SIDE_SPOOFED, ". It may be spoofed: ");
	}
	if (text.len > 0 && text.data[text.len - 1] != '.')
		buf_putc(&text, '.');
	buf_puts(out, "  ");
	put_clean_wrapped(out, style, text.data, 2, 4);
	put_line_end(out);
	put_command(out, d, s);
	buf_free(&text);
}

static void put_sentence(struct buf *out, const struct layout *l, const char *text)
{
	put_wrapped(out, text, 0, 0, l->width);
	put_line_end(out);
}

/* How many of a category are explained: what comes in swarms is told by a few. */
static size_t most_explained(const struct sender *s)
{
	bool swarm =
	    s->verdict.category == CAT_UNAUTHORIZED || sender_has_evidence(s, "S_DISPERSED");
	return swarm ? 5 : REASONS_MAX;
}

/* What the list says is not said twice. */
static void put_reasons(struct buf *out, const struct text_style *style, const struct layout *l,
			const struct domain_inventory *d)
{
	size_t shown = 0, refused = 0, of[CAT_COUNT] = {0};
	struct folded folded[CAT_COUNT] = {{0, 0}};
	for (size_t i = 0; i < d->n_senders; i++) {
		const struct sender *s = &d->senders[i];
		if (!is_open(s) || sender_is_small(d, s) || todo_about(d->todo, s) > 0)
			continue;
		refused +=
		    s->verdict.category == CAT_UNAUTHORIZED && 2 * s->t.dmarc_pass <= s->t.messages;
		if (shown == REASONS_MAX || ++of[s->verdict.category] > most_explained(s)) {
			fold(folded, s);
			continue;
		}
		if (shown++ == 0)
			buf_puts(out,
				 d->todo->n > 0 ? "\nOther open senders:\n" : "\nOpen senders:\n");
		put_reason(out, style, d, s);
	}
	put_folded(out, folded, false);
	if (refused > 0)
		put_sentence(out, l,
			     "Unauthorised senders need no change of yours in SPF: with p=reject "
			     "receivers refuse them.");
	if (of[CAT_UNKNOWN] > 0)
		put_sentence(out, l,
			     d->dns ? "What is unknown may be yours: find out, and say so with "
				      "`ruascope label`."
				    : "What is unknown may be yours: reports alone do not tell.");
}

/* ---- a domain ---- */

static void put_summary(struct buf *out, const struct domain_inventory *d, size_t width)
{
	struct buf text;
	buf_init(&text, 4096);
	put_count(&text, d->messages);
	buf_puts(&text, d->messages == 1 ? " message, " : " messages, ");
	put_percent_cell(&text, d->dmarc_pass, d->messages, 0, 1);
	buf_puts(&text, " pass DMARC; ");
	put_count(&text, d->reports);
	buf_puts(&text, d->reports == 1 ? " report from " : " reports from ");
	put_count(&text, d->reporters);
	buf_puts(&text, d->reporters == 1 ? " receiver" : " receivers");
	if (!d->compared)
		buf_puts(&text, "; no reports of the period before to compare with");
	put_wrapped(out, text.data, 0, 0, width);
	buf_puts(out, "\n\n");
	buf_free(&text);
}

/* What no report tells: bounces and mail logs do. */
static void put_refused_mail(struct buf *out, const struct text_style *style,
			     const struct domain_inventory *d)
{
	struct buf text;
	if (d->n_refused == 0)
		return;
	buf_init(&text, 64 * 1024);
	put_refused_words(&text, d);
	put_clean_wrapped(out, style, text.data, 0, 2);
	buf_puts(out, "\n\n");
	buf_free(&text);
}

/* A domain without data: one sentence, and where its reports go. */
static void put_nothing(struct buf *out, const struct text_style *style,
			const struct domain_inventory *d)
{
	struct buf text;
	buf_init(&text, 64 * 1024);
	put_no_reports(&text, d);
	put_clean_wrapped(out, style, text.data, 0, 0);
	buf_puts(out, "\n\n");
	buf_free(&text);
}

static void put_senders(struct buf *out, const struct text_style *style, const struct layout *l,
			const struct domain_inventory *d, const struct tally *total)
{
	put_head(out, style, l);
	put_rows(out, style, l, d, total);
	buf_puts(out, todo_count(d->todo) > 0 ? "\nTo do, worst first:\n" : "\n");
	put_todo_text(out, style, d);
	put_reasons(out, style, l, d);
	buf_putc(out, '\n');
}

static void put_domain(struct buf *out, const struct text_style *style, const struct inventory *inv,
		       const struct domain_inventory *d)
{
	char since[DAY_STRLEN], until[DAY_STRLEN];
	struct tally total = total_of(d);
	struct layout l = lay_out(style, d, &total);
	put_text_cell(out, style, d->domain, l.width - 26, false);
	buf_printf(out, ": %s to %s\n", day_format(inv->window.since, since),
		   day_format(inv->window.until - 1, until));
	if (d->reports > 0)
		put_summary(out, d, l.width);
	else if (d->n_senders == 0 || style->findings)
		put_nothing(out, style, d);
	else
		buf_puts(out, "No reports in this period.\n\n");
	put_refused_mail(out, style, d);
	if (style->findings && (d->reports > 0 || d->todo->n > 0)) {
		put_todo_text(out, style, d);
		buf_putc(out, '\n');
	} else if (!style->findings && d->n_senders > 0) {
		put_senders(out, style, &l, d, &total);
	} else if (d->reports > 0) {
		buf_puts(out, "No sender to show.\n\n");
	}
}

void render_inventory_text(const struct inventory *inv, const struct text_style *style,
			   struct buf *out)
{
	char since[DAY_STRLEN], until[DAY_STRLEN];
	for (size_t i = 0; i < inv->n_domains; i++)
		put_domain(out, style, inv, &inv->domains[i]);
	if (inv->n_domains == 0)
		buf_printf(out, "No reports from %s to %s.\n", day_format(inv->window.since, since),
			   day_format(inv->window.until - 1, until));
}
