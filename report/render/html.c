#include "report/render/html.h"

#include <stdlib.h>
#include <string.h>

#include "core/day.h"
#include "core/mem.h"
#include "core/text.h"
#include "page_css.h"
#include "report/remedy/spf_edit.h"
#include "report/render/table.h"
#include "report/render/todo.h"

#define DAYS_MAX 400

enum band { BAND_GOOD, BAND_FORWARDED, BAND_OURS_FAILING, BAND_UNKNOWN, BAND_FORGED, BAND_COUNT };

static const struct {
	const char *class, *word;
} bands[BAND_COUNT] = {{"good", "authorised"},
		       {"fwd", "forwarded"},
		       {"warn", "yours, failing"},
		       {"grey", "unknown"},
		       {"bad", "unauthorised"}};

static enum band band_of(enum category c)
{
	switch (c) {
	case CAT_AUTHORIZED:
		return BAND_GOOD;
	case CAT_FORWARDER:
		return BAND_FORWARDED;
	case CAT_UNKNOWN:
		return BAND_UNKNOWN;
	case CAT_UNAUTHORIZED:
	case CAT_SUSPECT_ABUSE:
		return BAND_FORGED;
	default:
		return BAND_OURS_FAILING;
	}
}

const char *html_class(enum category c)
{
	return bands[band_of(c)].class;
}

void html_category(struct buf *out, enum category c)
{
	buf_printf(out, "<span class=\"cat %s\">%s</span>", html_class(c), category_words[c]);
}

void html_nothing(struct buf *out, const struct domain_inventory *d)
{
	struct buf text;
	buf_init(&text, out->max);
	put_no_reports(&text, d);
	buf_puts(out, "<p>");
	html_text(out, text.data ? text.data : "");
	buf_puts(out, "</p>\n");
	buf_free(&text);
}

void html_text(struct buf *out, const char *s)
{
	struct buf clean;
	buf_init(&clean, out->max);
	text_terminal(&clean, s, strlen(s));
	for (size_t i = 0; i < clean.len; i++) {
		char c = clean.data[i];
		switch (c) {
		case '&':
			buf_puts(out, "&amp;");
			break;
		case '<':
			buf_puts(out, "&lt;");
			break;
		case '>':
			buf_puts(out, "&gt;");
			break;
		case '"':
			buf_puts(out, "&quot;");
			break;
		case '\'':
			buf_puts(out, "&#39;");
			break;
		default:
			buf_putc(out, c);
		}
	}
	buf_free(&clean);
}

void html_count(struct buf *out, uint64_t v)
{
	put_count(out, v);
}

void html_percent(struct buf *out, uint64_t part, uint64_t whole)
{
	put_percent_cell(out, part, whole, 0, 1);
}

void html_record(struct buf *out, const char *domain, const char *record, bool old)
{
	struct buf text;
	buf_init(&text, 256 * 1024);
	buf_printf(&text, "%s. TXT ", domain);
	spf_edit_quote(&text, record);
	buf_printf(out, "<code class=\"record%s\"%s>", old ? " old" : "",
		   old ? "" : " tabindex=\"0\"");
	html_text(out, text.data ? text.data : "");
	buf_puts(out, "</code>\n");
	buf_free(&text);
}

void html_begin(struct buf *out, const char *title)
{
	buf_puts(
	    out,
	    "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
	    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
	    "'unsafe-inline'; base-uri 'none'; form-action 'none'\">\n"
	    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
	    "<meta name=\"referrer\" content=\"no-referrer\">\n<title>");
	html_text(out, title);
	buf_puts(out, "</title>\n<style>\n");
	buf_put(out, page_css, strlen(page_css));
	buf_puts(out, "</style>\n</head>\n<body>\n<main>\n");
}

void html_end(struct buf *out)
{
	buf_puts(
	    out,
	    "</main>\n<footer class=\"soft\"><p>Made by ruascope. All days are UTC.</p></footer>\n"
	    "</body>\n</html>\n");
}

/* ---- charts ---- */

static void put_legend(struct buf *out, const uint64_t total[BAND_COUNT], uint64_t all)
{
	buf_puts(out, "<ul class=\"legend\">");
	for (int b = 0; b < BAND_COUNT; b++) {
		if (total[b] == 0)
			continue;
		buf_printf(out, "<li><span class=\"%s\"></span>%s ", bands[b].class, bands[b].word);
		html_count(out, total[b]);
		buf_puts(out, " (");
		html_percent(out, total[b], all);
		buf_puts(out, ")</li>");
	}
	buf_puts(out, "</ul>\n");
}

static void put_share(struct buf *out, const char *what, const uint64_t total[BAND_COUNT])
{
	uint64_t all = 0;
	double x = 0;
	for (int b = 0; b < BAND_COUNT; b++)
		all += total[b];
	if (all == 0)
		return;
	buf_printf(
	    out,
	    "<p class=\"soft\">%s</p>\n<svg viewBox=\"0 0 1000 26\" role=\"img\" aria-label=\"%s: "
	    "shares of the mail; the list below has the figures\">",
	    what, what);
	for (int b = 0; b < BAND_COUNT; b++) {
		double w = 1000.0 * (double)total[b] / (double)all;
		if (total[b] > 0)
			buf_printf(out,
				   "<rect class=\"%s\" x=\"%.1f\" y=\"0\" width=\"%.1f\" "
				   "height=\"26\"><title>"
				   "%s</title></rect>",
				   bands[b].class, x, w < 1 ? 1 : w, bands[b].word);
		x += w;
	}
	buf_puts(out, "</svg>\n");
	put_legend(out, total, all);
}

void html_share_chart(struct buf *out, const struct domain_inventory *d)
{
	uint64_t now[BAND_COUNT] = {0}, before[BAND_COUNT] = {0};
	for (size_t i = 0; i < d->n_senders; i++)
		now[band_of(d->senders[i].verdict.category)] += d->senders[i].t.messages;
	for (int c = 0; c < CAT_COUNT; c++)
		before[band_of((enum category)c)] += d->before[c];
	put_share(out, "This period", now);
	if (d->compared)
		put_share(out, "The period before", before);
}

/* A fact's messages are spread evenly over its days. */
static void add_days(double *days, size_t n, int32_t since, const struct sender *s)
{
	enum band band = band_of(s->verdict.category);
	for (size_t i = 0; i < s->n_facts; i++) {
		const struct fact *f = s->facts[i];
		int32_t first = month_first_day(f->month) - since;
		unsigned count = f->days ? (unsigned)__builtin_popcount(f->days) : 1;
		for (uint32_t bits = f->days ? f->days : 1; bits; bits &= bits - 1) {
			int32_t day = first + __builtin_ctz(bits);
			if (day >= 0 && (size_t)day < n)
				days[(size_t)day * BAND_COUNT + band] +=
				    (double)f->messages / count;
		}
	}
}

static void put_day(struct buf *out, const double *day, double x, double width, double scale)
{
	double y = 180;
	for (int b = 0; b < BAND_COUNT; b++) {
		double h = day[b] * scale;
		if (h <= 0)
			continue;
		y -= h;
		buf_printf(
		    out,
		    "<rect class=\"%s\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"/>",
		    bands[b].class, x, y, width * 0.8, h);
	}
}

void html_days_chart(struct buf *out, const struct domain_inventory *d, struct window w)
{
	size_t n = w.until > w.since ? (size_t)(w.until - w.since) : 0;
	char text[DAY_STRLEN];
	double most = 0;
	if (n == 0 || n > DAYS_MAX || d->messages == 0)
		return;
	double *days = mem_alloc(n * BAND_COUNT * sizeof *days);
	for (size_t i = 0; i < d->n_senders; i++)
		add_days(days, n, w.since, &d->senders[i]);
	for (size_t i = 0; i < n; i++) {
		double sum = 0;
		for (int b = 0; b < BAND_COUNT; b++)
			sum += days[i * BAND_COUNT + b];
		most = sum > most ? sum : most;
	}
	double width = 960.0 / (double)n;
	buf_printf(
	    out,
	    "<svg viewBox=\"0 0 1000 205\" role=\"img\" aria-label=\"Messages a day, at most ");
	html_count(out, (uint64_t)(most + 0.5));
	buf_puts(out, "\"><line x1=\"0\" y1=\"180\" x2=\"1000\" y2=\"180\"/>");
	for (size_t i = 0; i < n && most > 0; i++)
		put_day(out, &days[i * BAND_COUNT], 20 + width * (double)i, width, 165 / most);
	buf_printf(out, "<text x=\"20\" y=\"197\">%s</text>", day_format(w.since, text));
	buf_printf(out, "<text x=\"980\" y=\"197\" text-anchor=\"end\">%s</text>",
		   day_format(w.until - 1, text));
	buf_puts(out, "<text x=\"20\" y=\"12\">");
	html_count(out, (uint64_t)(most + 0.5));
	buf_puts(out, " a day</text></svg>\n");
	free(days);
}
