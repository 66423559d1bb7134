/*
 * render.h - an inventory as text, JSON or CSV. What came from outside is made harmless here.
 *
 *	struct buf out;
 *	buf_init(&out, ceiling);
 *	render_inventory_json(&inventory, &out);
 *	if (out.failed)
 *		... it is larger than the ceiling
 *
 * All append to out; the inventory is borrowed for the call.
 *
 * The wing render/: findings for people and programs. In: inventories and readiness. Out: text,
 * JSON, CSV or HTML in a buffer. It may include all the room; nothing includes it but cli/.
 */
#ifndef REPORT_RENDER_RENDER_H
#define REPORT_RENDER_RENDER_H

#include "core/buf.h"
#include "report/sender/finding.h"

struct text_style {
	unsigned width; /* columns that a line may take; below 80 taken as 80, above 200 as 200 */
	bool colour;    /* of the category, nothing else */
	bool findings;  /* what to act on, without the table */
	bool utf8; /* the locale is UTF-8: "…" where something is cut, else "~" and ASCII only */
};

struct overview_row;
struct history;
struct judged_remedy;

/* What pages show beside what they are about: what was judged before. All may be left out. */
struct page_notes {
	int32_t made;                    /* the day it is made, or NO_DAY */
	const char *dns;                 /* "live", "snapshot", "none"; NULL: it plays no part */
	const struct overview_row *rows; /* where each domain stands */
	size_t n_rows;
	const struct history *histories; /* months of each */
	size_t n_histories;
	const struct judged_remedy *remedies;
	size_t n_remedies;
	/* Where a sender has a page of its own; NULL: nowhere. The name is ours, and safe. */
	const char *(*page_of)(const void *ctx, const struct sender *s);
	const void *ctx;
};

/* A table and, for what is not settled, why; small senders are folded into a line when there are
 * many. No line is wider than the style's width, but for DNS records and commands, which are there
 * to be pasted. */
void render_inventory_text(const struct inventory *inv, const struct text_style *style,
			   struct buf *out);

/* One line; docs/schema/inventory.json */
void render_inventory_json(const struct inventory *inv, struct buf *out);

/* The same senders as findings, and what became of records that were offered:
 * docs/schema/findings.json */
void render_findings_json(const struct inventory *inv, const struct page_notes *notes,
			  struct buf *out);

/* RFC 4180, a sender a row, ten of its sources. A cell that a spreadsheet would take for a formula
 * gets a leading apostrophe. */
void render_inventory_csv(const struct inventory *inv, struct buf *out);

/* The lists of things to do, a thing a row; a domain that DNS did not answer for has a row that
 * says so. */
void render_findings_csv(const struct inventory *inv, struct buf *out);

/* A page, see html.h. */
void render_inventory_html(const struct inventory *inv, bool findings,
			   const struct page_notes *notes, struct buf *out);

struct readiness;

void render_readiness_html(const struct readiness *all, size_t n, const struct page_notes *notes,
			   struct buf *out);

/* The verdict first, what blocks, every check, the projection, the next record to publish. */
void render_readiness_text(const struct readiness *r, const struct text_style *style,
			   struct buf *out);

/* One line a domain, for many. */
void render_readiness_summary(const struct readiness *all, size_t n, const struct text_style *style,
			      struct buf *out);

/* One line; docs/schema/readiness.json */
void render_readiness_json(const struct readiness *r, struct buf *out);

struct bounce_input;
struct bounce_explained;

/* What failed, whose it is, the evidence, the repair, what was not checked. named: with the name of
 * the input before it. */
void render_bounce_text(const struct bounce_input *in, const struct bounce_explained *all,
			bool named, const struct text_style *style, struct buf *out);

/* One line; docs/schema/bounce.json */
void render_bounce_json(const struct bounce_input *in, const struct bounce_explained *all,
			struct buf *out);

/* ---- what was judged (core/judgement.h) ---- */

struct judged_event;
struct json;

/* Each a line or more, as they come; docs/schema/events.json. */
void render_events_text(const struct judged_event *events, size_t n, const struct text_style *style,
			struct buf *out);
void render_events_json(const struct judged_event *events, size_t n, struct buf *out);
void render_event_json(const struct judged_event *e, struct json *j); /* one of them */

/* Refused mail that is kept, by domain; docs/schema/bounces.json. */
void render_refusals_text(const struct domain_refusal *list, size_t n,
			  const struct text_style *style, struct buf *out);
void render_refusals_json(const struct domain_refusal *list, size_t n, struct buf *out);
/* The members of one, in an object that is open. */
void render_refusal_json(const struct fact_refusal *f, struct json *j);

/* A line a domain, worst first. They are sorted. */
void render_overview_text(struct overview_row *rows, size_t n, const struct text_style *style,
			  struct buf *out);
void render_overview_json(struct overview_row *rows, size_t n, struct buf *out);
void render_overview_csv(struct overview_row *rows, size_t n, struct buf *out);
void render_overview_html(struct overview_row *rows, size_t n, const struct page_notes *notes,
			  struct buf *out);

void render_history_text(const struct history *h, const struct text_style *style, struct buf *out);
void render_history_json(const struct history *h, struct buf *out);
void render_history_html(const struct history *h, const struct page_notes *notes, struct buf *out);

/* Those of them that DNS has by now, and whether they helped; nothing when there is none. */
void render_taken_text(const struct judged_remedy *list, size_t n, const struct text_style *style,
		       struct buf *out);

/* "published 2026-10-07; since then 99.8 % of 1,204 messages pass", a sentence without its end. */
void render_remedy(const struct judged_remedy *r, struct buf *out);

#endif
