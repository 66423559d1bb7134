/*
 * site.h - the pages of a site: where all domains stand, a domain, a month of it, a sender, who
 * reports, which reports, what was set aside.
 *
 * A site is folders of files without a script:
 *
 *	index.html  status.json  ledger.html
 *	DOMAIN/index.html  DOMAIN/reporters.html  DOMAIN/YYYY-MM.html  DOMAIN/reports-YYYY-MM.html
 *	DOMAIN/sender/HASH.html
 *
 * Names of files are given by the caller, and are safe; all other texts are from outside. All
 * functions append a whole document to out.
 *
 * The wing site/: pages that lead to each other. In: an inventory, and what was judged. Out: HTML
 *in a buffer. It may include render/.
 */
#ifndef REPORT_SITE_H
#define REPORT_SITE_H

#include "core/judgement.h"
#include "report/render/render.h"

/* Rows and senders have pages where page_of says so. */
struct site_index {
	struct overview_row *rows; /* they are sorted */
	size_t n, left_out;        /* domains; and how many have no page, there are too many */
	const char *group;         /* NULL: all domains */
	bool ledger;               /* there is a page of what was set aside */
	const char *(*page_of)(const void *ctx, const struct overview_row *r);
	const void *ctx;
	int32_t made; /* the newest judged day */
};
void render_site_index(const struct site_index *s, struct buf *out);
void render_site_status(const struct site_index *s, struct buf *out); /* docs/schema/site.json */

/* What stands where other pages lead to already, until it is made; below: in a domain's folder. */
void render_site_stub(bool below, struct buf *out);

/* What the pages of a domain share. */
struct site_domain {
	const struct overview_row *row;
	const struct history *history;
	const struct domain_inventory *inventory; /* the 30 days up to the day of row */
	struct window window;
	const struct page_notes *notes; /* its page_of: of senders, from the domain's folder */
	const int32_t *months;          /* that have pages, rising */
	size_t n_months;
};
void render_site_domain(const struct site_domain *d, struct buf *out);
void render_site_reporters(const struct site_domain *d, struct buf *out);
void render_site_sender(const struct site_domain *d, const struct sender *s, struct buf *out);

/* A month: as `inventory` has it, without what was to be done then. */
void render_site_month(const struct domain_inventory *d, struct window w, int32_t month,
		       struct buf *out);

/* A report that is stored. */
struct site_report {
	const char *org_name, *report_id, *source, *auth; /* auth: NULL: not known */
	int64_t begin, end;
	uint64_t records, messages;
};
void render_site_reports(const char *domain, int32_t month, const struct site_report *reports,
			 size_t n, size_t all, struct buf *out);

/* What was set aside, and why. */
struct site_aside {
	const char *outcome, *reason, *source, *first_seen, *last_seen;
	uint64_t size;
};
void render_site_ledger(const struct site_aside *list, size_t n, uint64_t all, struct buf *out);

#endif
