/*
 * priv.h - private to this wing: what the pages of a site share.
 */
#ifndef REPORT_SITE_PRIV_H
#define REPORT_SITE_PRIV_H

#include "report/render/html.h"
#include "report/site/site.h"

#define SITE_BY 8 /* receivers that a table can be narrowed to; page.css knows as many */

/* A cell of text from outside; NULL and "": "-". What is long is cut. */
void html_cell(struct buf *out, const char *s);

/* A button of a row of which one is on: what it narrows a table to, its id says (page.css). */
void html_choice(struct buf *out, const char *row, const char *id, const char *words, bool on);

/* Organisations, one each, most messages first; at most SITE_BY. Which of them has a name: 1 to
 * SITE_BY; 0: none. */
struct site_by {
	const char *names[SITE_BY];
	uint64_t messages[SITE_BY];
	size_t n;
};
void site_by_add(struct site_by *by, const char *name, uint64_t messages);
unsigned site_by_of(const struct site_by *by, const char *name);
void html_by(struct buf *out, const struct site_by *by); /* its buttons */

#endif
