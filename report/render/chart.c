/* Charts: inline SVG. What they show stands in text beside them, too. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/day.h"
#include "core/judgement.h"
#include "core/mem.h"
#include "report/render/html.h"

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

/* ---- shares ---- */

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
	buf_printf(out,
		   "<p class=\"soft\">%s</p>\n<svg class=\"share\" viewBox=\"0 0 1000 20\" "
		   "preserveAspectRatio=\"none\" role=\"img\" aria-label=\"%s: shares of the mail; "
		   "the list below has the figures\">",
		   what, what);
	for (int b = 0; b < BAND_COUNT; b++) {
		double w = 1000.0 * (double)total[b] / (double)all;
		if (total[b] > 0)
			buf_printf(out,
				   "<rect class=\"%s\" x=\"%.1f\" y=\"0\" width=\"%.1f\" "
				   "height=\"20\"><title>%s</title></rect>",
				   bands[b].class, x, w < 1 ? 1 : w, bands[b].word);
		x += w;
	}
	buf_puts(out, "</svg>\n");
	put_legend(out, total, all);
}

void html_share_chart(struct buf *out, const struct domain_inventory *d, bool before)
{
	uint64_t total[BAND_COUNT] = {0};
	for (size_t i = 0; !before && i < d->n_senders; i++)
		total[band_of(d->senders[i].verdict.category)] += d->senders[i].t.messages;
	for (int c = 0; before && c < CAT_COUNT; c++)
		total[band_of((enum category)c)] += d->before[c];
	if (!before || d->compared)
		put_share(out, before ? "The period before" : "This period", total);
}

/* ---- bars ---- */

#define BARS_MAX    430 /* a bar is to be seen */
#define TOTALS_MAX  35  /* bars that have room for a number */
#define LEFT        46.0
#define WIDTH       (1000 - LEFT)
#define WIDEST      76.0 /* a bar of few */
#define TOP         22.0
#define FLOOR       182.0
#define LABELS      199
#define PICTURE_END 206

struct bar {
	double band[BAND_COUNT];
	char label[DAY_STRLEN]; /* below it; "": none */
};

static double sum_of(const struct bar *bar)
{
	double sum = 0;
	for (int b = 0; b < BAND_COUNT; b++)
		sum += bar->band[b];
	return sum;
}

/* 812, 8124, 12k, 3.4M */
static void put_short(struct buf *out, double v)
{
	if (v < 9999.5)
		buf_printf(out, "%.0f", v);
	else if (v < 999500)
		buf_printf(out, "%.0fk", v / 1000);
	else if (v < 9.95e6)
		buf_printf(out, "%.1fM", v / 1e6);
	else if (v < 999.5e6)
		buf_printf(out, "%.0fM", v / 1e6);
	else
		buf_printf(out, "%.0fG", v / 1e9);
}

/* 1, 2 or 5 times a power of ten: at most five lines of a grid. */
static double grid_step(double most)
{
	static const double steps[] = {1, 2, 5};
	for (double ten = 1;; ten *= 10)
		for (size_t i = 0; i < sizeof steps / sizeof *steps; i++)
			if (most / (steps[i] * ten) <= 5)
				return steps[i] * ten;
}

static void put_grid(struct buf *out, double most, double scale)
{
	double step = grid_step(most);
	for (double v = 0; v <= most; v += step) {
		double y = FLOOR - v * scale;
		buf_printf(out, "<line x1=\"%.0f\" y1=\"%.1f\" x2=\"1000\" y2=\"%.1f\"/>", LEFT, y,
			   y);
		buf_printf(out, "<text x=\"%.0f\" y=\"%.1f\" text-anchor=\"end\">", LEFT - 6,
			   y + 4);
		put_short(out, v);
		buf_puts(out, "</text>");
	}
}

static void put_bar(struct buf *out, const struct bar *bar, double x, double width, double scale,
		    bool total)
{
	double y = FLOOR, sum = sum_of(bar);
	for (int b = 0; b < BAND_COUNT; b++) {
		double h = bar->band[b] * scale;
		if (h <= 0)
			continue;
		y -= h;
		buf_printf(out,
			   "<rect class=\"%s\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" "
			   "height=\"%.1f\"/>",
			   bands[b].class, x + width * 0.1, y, width * 0.8, h);
	}
	if (total && sum >= 0.5) {
		buf_printf(out, "<text class=\"t\" x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\">",
			   x + width / 2, y - 4);
		put_short(out, sum);
		buf_puts(out, "</text>");
	}
}

static void put_labels(struct buf *out, const struct bar *bars, size_t n, double width)
{
	for (size_t i = 0, k = 0; i < n; i++) {
		double x = LEFT + width * (double)i;
		if (!bars[i].label[0])
			continue;
		buf_printf(out, "<line x1=\"%.1f\" y1=\"%.0f\" x2=\"%.1f\" y2=\"%.0f\"/>", x, FLOOR,
			   x, FLOOR + 6);
		buf_printf(out, "<text%s x=\"%.1f\" y=\"%d\">%s</text>",
			   k++ % 2 ? " class=\"alt\"" : "", x + 3, LABELS, bars[i].label);
	}
}

static void put_bars(struct buf *out, const char *what, const struct bar *bars, size_t n)
{
	double most = 0, width = WIDTH / (double)n;
	width = width < WIDEST ? width : WIDEST;
	for (size_t i = 0; i < n; i++)
		most = sum_of(&bars[i]) > most ? sum_of(&bars[i]) : most;
	double scale = (FLOOR - TOP) / (most > 0 ? most : 1);
	buf_printf(
	    out,
	    "<svg class=\"bars\" viewBox=\"0 0 1000 %d\" role=\"img\" aria-label=\"%s, at most ",
	    PICTURE_END, what);
	html_count(out, (uint64_t)(most + 0.5));
	buf_puts(out, "\">");
	put_grid(out, most, scale);
	for (size_t i = 0; i < n; i++)
		put_bar(out, &bars[i], LEFT + width * (double)i, width, scale, n <= TOTALS_MAX);
	put_labels(out, bars, n, width);
	buf_puts(out, "</svg>\n");
}

/* ---- days, weeks, months ---- */

enum step { STEP_DAY, STEP_WEEK, STEP_MONTH };
#define DAYS_OF_DAYS  62
#define DAYS_OF_WEEKS 400

static bool is_monday(int32_t day)
{
	return (day + 3) % 7 == 0; /* 1970-01-01 was a Thursday */
}

/* Which bar a day is in, counted from that of the first. */
static size_t bar_at(enum step step, int32_t since, int32_t day)
{
	switch (step) {
	case STEP_DAY:
		return (size_t)(day - since);
	case STEP_WEEK:
		return (size_t)((day + 3) / 7 - (since + 3) / 7);
	default:
		return (size_t)(month_of_day(day) - month_of_day(since));
	}
}

/* A fact's messages are spread evenly over its days. */
static void add_days(struct bar *bars, enum step step, struct window w, const struct sender *s)
{
	enum band band = band_of(s->verdict.category);
	for (size_t i = 0; i < s->n_facts; i++) {
		const struct fact *f = s->facts[i];
		int32_t first = month_first_day(f->month);
		unsigned count = f->days ? (unsigned)__builtin_popcount(f->days) : 1;
		for (uint32_t bits = f->days ? f->days : 1; bits; bits &= bits - 1) {
			int32_t day = first + __builtin_ctz(bits);
			if (day >= w.since && day < w.until)
				bars[bar_at(step, w.since, day)].band[band] +=
				    (double)f->messages / count;
		}
	}
}

static void label_days(struct bar *bars, enum step step, struct window w)
{
	char text[DAY_STRLEN];
	bool few = w.until - w.since <= 14;
	for (int32_t day = w.since; day < w.until; day++) {
		struct bar *bar = &bars[bar_at(step, w.since, day)];
		bool first = month_first_day(month_of_day(day)) == day;
		if (step == STEP_DAY && (few || is_monday(day)))
			snprintf(bar->label, sizeof bar->label, "%.5s", day_format(day, text) + 5);
		else if (step != STEP_DAY && first)
			month_format(month_of_day(day), bar->label);
	}
}

void html_days_chart(struct buf *out, const struct domain_inventory *d, struct window w)
{
	static const char *const words[] = {"Messages a day", "Messages a week",
					    "Messages a month"};
	int32_t days = w.until - w.since;
	if (days <= 0 || d->messages == 0)
		return;
	enum step step = days <= DAYS_OF_DAYS    ? STEP_DAY
			 : days <= DAYS_OF_WEEKS ? STEP_WEEK
						 : STEP_MONTH;
	size_t n = bar_at(step, w.since, w.until - 1) + 1;
	if (n > BARS_MAX)
		return;
	struct bar *bars = mem_alloc(n * sizeof *bars);
	for (size_t i = 0; i < d->n_senders; i++)
		add_days(bars, step, w, &d->senders[i]);
	label_days(bars, step, w);
	buf_printf(out, "<h3>%s</h3>\n", words[step]);
	if (d->n_senders > 1)
		html_share_chart(out, d, false);
	put_bars(out, words[step], bars, n);
	html_share_chart(out, d, true);
	free(bars);
}

/* ---- months ---- */

#define MONTHS_MAX 13

static void put_months_legend(struct buf *out)
{
	static const struct {
		enum band band;
		const char *word;
	} words[] = {{BAND_GOOD, "yours, passing"},
		     {BAND_OURS_FAILING, "yours, failing"},
		     {BAND_UNKNOWN, "others"},
		     {BAND_FORGED, "spoofed"}};
	buf_puts(out, "<ul class=\"legend\">");
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		buf_printf(out, "<li><span class=\"%s\"></span>%s</li>", bands[words[i].band].class,
			   words[i].word);
	buf_puts(out, "</ul>\n");
}

void html_months_chart(struct buf *out, const struct history *h)
{
	struct bar bars[MONTHS_MAX] = {0};
	size_t first = h->n_months > MONTHS_MAX ? h->n_months - MONTHS_MAX : 0;
	size_t n = h->n_months - first;
	for (size_t i = 0; i < n; i++) {
		const struct history_month *m = &h->months[first + i];
		uint64_t others =
		    m->own + m->forged < m->messages ? m->messages - m->own - m->forged : 0;
		bars[i].band[BAND_GOOD] = (double)m->own_pass;
		bars[i].band[BAND_OURS_FAILING] = (double)(m->own - m->own_pass);
		bars[i].band[BAND_UNKNOWN] = (double)others;
		bars[i].band[BAND_FORGED] = (double)m->forged;
		month_format(m->month, bars[i].label);
	}
	if (n < 2)
		return;
	put_months_legend(out);
	put_bars(out, "Messages a month", bars, n);
}
