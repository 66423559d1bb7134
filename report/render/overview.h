/*
 * overview.h - private to this wing: what the forms of the overview share; and a record that was
 * offered, as JSON has it.
 */
#ifndef REPORT_RENDER_OVERVIEW_H
#define REPORT_RENDER_OVERVIEW_H

#include "core/judgement.h"
#include "report/render/render.h"

struct verdict_word_of {
	const char *verdict, *words, *class; /* "not_ready", "not ready", "bad" */
};

const struct verdict_word_of *overview_verdict(const char *verdict); /* never NULL */

void overview_sort(struct overview_row *rows, size_t n); /* worst first */

/* The newest judged day of any; NO_DAY: none. */
int32_t overview_day(const struct overview_row *rows, size_t n);

/* Of the share of our mail that passes, in points, against the week before; false: one of them had
 * no mail. */
bool overview_change(const struct overview_row *r, double *points);

/* The members of an open object. */
struct json;
void overview_members(struct json *j, const struct overview_row *r);

void remedy_members(struct json *j, const struct judged_remedy *r);

/* What stands above the table, and the table; page_of: where the domain has a page, or NULL. */
void html_overview_head(struct buf *out, const struct overview_row *rows, size_t n);
void html_overview(struct buf *out, const struct overview_row *rows, size_t n,
		   const char *(*page_of)(const void *ctx, const struct overview_row *r),
		   const void *ctx);

#endif
