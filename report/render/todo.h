/*
 * todo.h - private to this wing: the list of things to do, as text, JSON, CSV and HTML. All say the
 * same of a thing, in the same order: what it is, what to do, the new record (once in a list; later
 * things name their part of it), the readings of a question, the record that a yes would need, what
 * to type, and why.
 */
#ifndef REPORT_RENDER_TODO_H
#define REPORT_RENDER_TODO_H

#include "core/json.h"
#include "report/readiness/readiness.h"
#include "report/render/render.h"
#include "report/todo.h"

/* Numbered, worst first; "Nothing to act on."; "NOT JUDGED" when DNS was silent. */
void put_todo_text(struct buf *out, const struct text_style *style,
		   const struct domain_inventory *d);

/* What there is to do in a domain, with a heading; on a page with so many domains. */
void put_todo_html(struct buf *out, const struct domain_inventory *d, size_t domains);

/* The members "judged" and "todo" of an open object. */
void put_todo_json(struct json *j, bool judged, const struct todo_list *list);

/* {"name":..., "type":"TXT", "before":[...], "after":...} under key; null for NULL. */
void put_change_json(struct json *j, const char *key, const struct record_change *c);

/* One thing of a list. */
void put_thing_json(struct json *j, const struct todo *t);

/* The record of a name as it is and as it is to be, a line each, to be pasted. */
void put_record_text(struct buf *out, const struct record_change *c);

/* ---- what the forms share ---- */

/* "unsigned mail of yours, forwarded" */
extern const char *const reading_words[READING_COUNT];

/* "Nothing to act on."; and what is said instead while mail of ours fails. */
void put_todo_nothing(struct buf *out, const struct domain_inventory *d);

/* "Nothing to act on." "Not judged: DNS did not answer." "3 things to do." */
void put_todo_verdict(struct buf *out, const struct domain_inventory *d);

/* What it means that the domain is not judged. */
const char *todo_unjudged(const struct domain_inventory *d);

/* "No reports in this period. They go to mailto:dmarc@example.com." */
void put_no_reports(struct buf *out, const struct domain_inventory *d);

/* The first thing of the list with the new record of the i-th; i itself: it is the first. */
size_t todo_record_at(const struct todo_list *list, size_t i);

/* "1 of 10 lookups (now 1), 71 octets. Only mail with an envelope sender @example.com is affected."
 * Nothing for a record that is not SPF. */
void put_change_cost(struct buf *out, const struct record_change *c);

/* What an evidence says, and for which reading. */
/* "Refused: 12 refused at gmail.com for SPF (web80); ..." in words, a few of them; "" for none. */
void put_refused_words(struct buf *text, const struct domain_inventory *d);

enum evidence_side {
	SIDE_YOURS,
	SIDE_FORWARDED,
	SIDE_NOT_FORWARDED,
	SIDE_SPOOFED,
	SIDE_NOTE,
	SIDE_COUNT
};
extern const char *const evidence_side_words[SIDE_COUNT]; /* "Speaks for yours" */
enum evidence_side evidence_side(const struct evidence *e);

/* Does a stronger one say the same? */
bool evidence_repeats(const struct sender *s, const struct evidence *e);

/* That which speaks for the category; SIDE_NOTE where nothing does. */
enum evidence_side category_side(enum category c);

/* ---- readiness ---- */

extern const char *const fate_words[FATE_COUNT]; /* "legitimate", "spoofed" */

/* "NOT READY for p=reject." */
const char *readiness_sentence(const struct readiness *r);

/* Indices of the senders of ours, forwarders and unknown ones whose mail p=reject would refuse,
 * most first. Free it. */
size_t *readiness_losers(const struct readiness *r, size_t *n);

/* The number of the thing of the list that says what a check says; 0: none does. */
size_t readiness_told_by(const struct readiness *r, enum check_id id);

#endif
