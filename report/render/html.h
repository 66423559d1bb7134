/*
 * html.h - a page: what comes from outside is escaped here. Private to report/.
 *
 * One self-contained document: no script, no request to anybody; its Content-Security-Policy says
 * so. Style is report/render/page.css.
 */
#ifndef REPORT_RENDER_HTML_H
#define REPORT_RENDER_HTML_H

#include "core/buf.h"
#include "report/render/render.h"
#include "report/sender/finding.h"

struct history;

void html_begin(struct buf *out, const char *title);
void html_end(struct buf *out, const struct page_notes *notes); /* with what the words mean */

/* Text, also inside "..." attributes: & < > " ' escaped, control bytes shown, broken UTF-8
 * replaced. */
void html_text(struct buf *out, const char *s);
void html_count(struct buf *out, uint64_t v);                      /* 812,345 */
void html_percent(struct buf *out, uint64_t part, uint64_t whole); /* 98.2%, "-" of nothing */

/* A DNS record to be copied: one click, or Tab and copy, takes all of it. old: the one that goes.
 */
void html_record(struct buf *out, const char *domain, const char *record, bool old);

/* Class of a category for its colour: "good", "bad", "warn", "fwd", "grey". */
const char *html_class(enum category c);

/* "missing from SPF", in its colour. */
void html_category(struct buf *out, enum category c);
/* The rest of a row behind the sender's name: what it is, its mail, its last day. change: "" or a
 * word. */
void html_sender_cells(struct buf *out, const struct sender *s, const char *change);

/* A domain without data: a sentence, and where its reports go. */
void html_nothing(struct buf *out, const struct domain_inventory *d);

/* Of a list that rolls sideways where the screen is narrow: it can be reached by the keyboard. */
void html_table(struct buf *out, const char *class, const char *caption);
void html_table_end(struct buf *out);

/* Tables of senders; those of strangers and those that are gone are folded. (html_inventory.c) */
void html_senders(struct buf *out, const struct domain_inventory *d,
		  const struct page_notes *notes);

/* The same without the addresses. */
void html_why(struct buf *out, const struct sender *s);

/* What a sender is, why, what a person said of it, and its addresses. (todo_html.c) */
void html_sender(struct buf *out, const struct sender *s);

/* Figures, what to do, and whether what was done helped. */
void html_domain_head(struct buf *out, const struct domain_inventory *d, size_t domains,
		      const struct page_notes *notes);

/* Months, changes in DNS, records that were offered, events. (history_html.c) */
void html_history(struct buf *out, const struct history *h);

/* ---- figures.c: what stands on top of a domain ---- */

/* What was noted of a domain; NULL: nothing. */
const struct overview_row *notes_row(const struct page_notes *notes, const char *domain);
const struct history *notes_history(const struct page_notes *notes, const char *domain);

/* Is a next step a record to publish, and no sentence? */
bool html_is_record(const char *next_step);

/* A sentence, four figures against the period before, the policy and the next step. */
void html_figures(struct buf *out, const struct domain_inventory *d,
		  const struct page_notes *notes);

/* The records that were offered and are published by now: did it help? */
void html_taken(struct buf *out, const char *domain, const struct page_notes *notes);

/* Whose reports these are, and where the mail came from. */
void html_receivers(struct buf *out, const struct domain_inventory *d);
void html_countries(struct buf *out, const struct domain_inventory *d);

/* ---- chart.c: inline SVG, each with its figures in text ---- */

/* Messages a day, of a longer window a week or month, stacked by what their senders are. */
void html_days_chart(struct buf *out, const struct domain_inventory *d, struct window w);

/* Shares of the period, or of the one before; with the list of its colours. */
void html_share_chart(struct buf *out, const struct domain_inventory *d, bool before);

/* A bar a month, at most thirteen, as they were judged. */
void html_months_chart(struct buf *out, const struct history *h);

#endif
