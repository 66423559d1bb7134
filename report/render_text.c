#include <string.h>

#include "core/day.h"
#include "core/text.h"
#include "report/render.h"

#define WIDTH_MIN 72
#define NUMBERS   46 /* columns behind name and category */
#define CATEGORY  16
#define ROWS_MAX  40 /* senders shown; the smallest of the others are folded into one line */

static void put_spaces(struct buf *out, size_t n)
{
	while (n-- > 0)
		buf_putc(out, ' ');
}

/* s made harmless, cut or filled to width columns. */
static void put_padded(struct buf *out, const struct text_style *style, const char *s, size_t width)
{
	struct buf clean;
	buf_init(&clean, 64 * 1024);
	text_terminal(&clean, s, strlen(s));
	const char *p = clean.data ? clean.data : "";
	size_t n = strlen(p), shown = text_width(p, n);
	if (shown > width) {
		while (n > 0 && text_width(p, n) > width - 1)
			do
				n--;
			while (n > 0 && ((unsigned char)p[n] & 0xc0) == 0x80);
		buf_put(out, p, n);
		shown = text_width(p, n) + 1;
		buf_puts(out, style->utf8 ? "\xe2\x80\xa6" : "~");
	} else {
		buf_put(out, p, n);
	}
	put_spaces(out, width > shown ? width - shown : 0);
	buf_free(&clean);
}

/* 812,345 */
static void put_count(struct buf *out, uint64_t v)
{
	char digits[24], text[32];
	size_t n = 0, k = 0;
	do
		digits[n++] = (char)('0' + v % 10);
	while ((v /= 10) > 0);
	while (n > 0) {
		text[k++] = digits[--n];
		if (n > 0 && n % 3 == 0)
			text[k++] = ',';
	}
	buf_put(out, text, k);
}

static void put_right(struct buf *out, uint64_t v, size_t width)
{
	struct buf b;
	buf_init(&b, 64);
	put_count(&b, v);
	put_spaces(out, b.len < width ? width - b.len : 0);
	buf_put(out, b.data, b.len);
	buf_free(&b);
}

/* Never 100 % when something is missing, never 0 % when there is something. */
static void put_percent(struct buf *out, uint64_t part, uint64_t whole)
{
	if (whole == 0) {
		buf_puts(out, "     -");
		return;
	}
	double v = 100.0 * (double)part / (double)whole;
	if (part < whole && v > 99.9)
		v = 99.9;
	if (part > 0 && v < 0.1)
		v = 0.1;
	buf_printf(out, " %4.*f%%", v >= 100 ? 0 : 1, v);
}

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

static void put_row(struct buf *out, const struct text_style *style, const struct sender *s,
		    size_t name)
{
	char day[DAY_STRLEN];
	put_padded(out, style, s->name, name);
	buf_putc(out, ' ');
	if (style->colour)
		buf_puts(out, colour_of(s->category));
	put_padded(out, style, category_words[s->category], CATEGORY);
	if (style->colour)
		buf_puts(out, "\033[0m");
	put_right(out, s->t.messages, 10);
	put_percent(out, s->t.dmarc_pass, s->t.messages);
	put_percent(out, s->t.spf_aligned, s->t.messages);
	put_percent(out, s->t.dkim_aligned, s->t.messages);
	buf_printf(out, "  %s %s\n", day_format(s->last_day, day) + 5,
		   s->change == CHANGE_SAME ? "" : change_names[s->change]);
	while (out->len > 1 && out->data[out->len - 2] == ' ') { /* no blanks at the end */
		out->data[out->len - 2] = '\n';
		out->data[--out->len] = '\0';
	}
}

static bool needs_words(const struct sender *s)
{
	return s->change != CHANGE_GONE && s->category != CAT_AUTHORIZED &&
	       s->category != CAT_FORWARDER;
}

/* A burst of forgeries has hundreds of senders: of those that are not settled, the ones below a
 * hundredth of the domain's mail become one line when the table would be too long. */
static bool is_small(const struct domain_inventory *d, const struct sender *s)
{
	return d->n_senders > ROWS_MAX / 2 && needs_words(s) && 100 * s->t.messages < d->messages;
}

static void put_rows(struct buf *out, const struct text_style *style,
		     const struct domain_inventory *d, size_t name)
{
	size_t folded = 0, shown = 0;
	uint64_t messages = 0;
	for (size_t i = 0; i < d->n_senders; i++) {
		const struct sender *s = &d->senders[i];
		if (is_small(d, s)) {
			folded++;
			messages += s->t.messages;
		}
	}
	for (size_t i = 0; i < d->n_senders; i++) {
		const struct sender *s = &d->senders[i];
		if (is_small(d, s))
			continue;
		if (++shown <= ROWS_MAX)
			put_row(out, style, s, name);
	}
	if (folded > 0) {
		buf_printf(out, "and %zu small senders that are unknown, ", folded);
		put_count(out, messages);
		buf_puts(out, " messages: see -f csv\n");
	}
	if (shown > ROWS_MAX)
		buf_printf(out, "and %zu more: see -f csv\n", shown - ROWS_MAX);
}

static void put_wrapped(struct buf *out, const char *text, size_t width)
{
	size_t column = 6;
	put_spaces(out, 6);
	for (const char *p = text; *p;) {
		size_t n = strcspn(p, " ");
		if (column + n > width && column > 6) {
			buf_putc(out, '\n');
			put_spaces(out, 6);
			column = 6;
		}
		buf_put(out, p, n);
		column += n + 1;
		p += n;
		while (*p == ' ')
			p++;
		if (*p)
			buf_putc(out, ' ');
	}
	buf_putc(out, '\n');
}

/* Why, and what to do: for those that are not settled. */
static void put_explanations(struct buf *out, const struct text_style *style,
			     const struct domain_inventory *d, size_t width)
{
	size_t shown = 0;
	for (size_t i = 0; i < d->n_senders; i++) {
		const struct sender *s = &d->senders[i];
		if (!needs_words(s) || is_small(d, s))
			continue;
		if (++shown > 10)
			continue;
		if (shown == 1)
			buf_puts(out, "\n  To look at:\n");
		struct buf head;
		buf_init(&head, 64 * 1024);
		put_padded(&head, style, s->name, width > 40 ? width - 34 : 20);
		while (head.len > 0 && head.data[head.len - 1] == ' ')
			head.data[--head.len] = '\0';
		buf_printf(out, "\n    %s: ", head.data);
		buf_free(&head);
		put_count(out, s->t.messages - s->t.dmarc_pass);
		buf_puts(out, " failing\n");
		for (unsigned k = 0; k < s->n_evidence; k++)
			if (s->evidence[k].code[0] != 'L')
				put_wrapped(out, s->evidence[k].text, width);
		put_wrapped(out, s->remedy_text, width);
	}
	if (shown > 10)
		buf_printf(out, "\n    and %zu more: see -f json or -f csv\n", shown - 10);
}

static void put_domain(struct buf *out, const struct text_style *style, const struct inventory *inv,
		       const struct domain_inventory *d)
{
	char since[DAY_STRLEN], until[DAY_STRLEN];
	size_t width = style->width < WIDTH_MIN ? WIDTH_MIN : style->width;
	size_t name = 12, widest = width - NUMBERS - CATEGORY - 1;
	struct buf clean;
	for (size_t i = 0; i < d->n_senders; i++) {
		size_t n = text_width(d->senders[i].name, strlen(d->senders[i].name));
		if (!is_small(d, &d->senders[i]))
			name = n > name ? n : name;
	}
	name = name > widest ? widest : name;
	buf_init(&clean, 1024);
	text_terminal(&clean, d->domain, strlen(d->domain));
	buf_printf(out, "%s: %s to %s\n  ", clean.data, day_format(inv->window.since, since),
		   day_format(inv->window.until - 1, until));
	buf_free(&clean);
	put_count(out, d->messages);
	buf_puts(out, " messages,");
	put_percent(out, d->dmarc_pass, d->messages);
	buf_printf(out, " pass DMARC; %llu reports of %llu reporters\n\n",
		   (unsigned long long)d->reports, (unsigned long long)d->reporters);
	put_padded(out, style, "Sender", name);
	buf_putc(out, ' ');
	put_padded(out, style, "What it is", CATEGORY);
	buf_puts(out, "  Messages  DMARC   SPF  DKIM   Last  Change\n");
	put_rows(out, style, d, name);
	if (d->n_senders == 0)
		buf_puts(out, "(no sender)\n");
	put_explanations(out, style, d, width);
	buf_putc(out, '\n');
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
