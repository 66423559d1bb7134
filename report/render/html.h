/*
 * html.h - a page: what comes from outside is escaped here. Private to report/.
 *
 * One self-contained document: no script, no request to anybody; its Content-Security-Policy says
 * so. Style is report/render/page.css.
 */
#ifndef REPORT_RENDER_HTML_H
#define REPORT_RENDER_HTML_H

#include "core/buf.h"
#include "report/sender/finding.h"

void html_begin(struct buf *out, const char *title);
void html_end(struct buf *out);

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

/* A domain without data: a sentence, and where its reports go. */
void html_nothing(struct buf *out, const struct domain_inventory *d);

/* Messages per day, stacked by what their senders are; and their shares. Inline SVG with its text.
 */
void html_days_chart(struct buf *out, const struct domain_inventory *d, struct window w);
void html_share_chart(struct buf *out, const struct domain_inventory *d);

#endif
