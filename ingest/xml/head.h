/*
 * head.h - the raw texts before the records, and the struct dmarc_report made of them.
 */
#ifndef INGEST_XML_HEAD_H
#define INGEST_XML_HEAD_H

#include <stdbool.h>

#include "core/arena.h"
#include "core/dmarc.h"
#include "core/limits.h"
#include "ingest/xml/fields.h"

struct raw_head {
	const char *text[HEAD_COUNT]; /* NULL: absent or empty; the first one counts */
	const char *errors[LIMIT_ERRORS];
	unsigned n_errors;
	bool metadata, policy; /* these elements were closed */
	bool namespace9990;
	uint32_t cut; /* 1 << enum head_field: longer than LIMIT_XML_TEXT */
};

/* One line each; past LIMIT_WARNINGS only counted. */
struct warnings {
	const char *list[LIMIT_WARNINGS + 1];
	unsigned n, more;
};

void warnings_add(struct warnings *w, struct arena *a, const char *fmt, ...) PRINTF_LIKE(3, 4);

/* Make "and N more" of what did not fit; call once. */
void warnings_close(struct warnings *w, struct arena *a);

/* Has the head a policy domain that is a name? */
bool head_domain(const struct raw_head *h, const struct name_rules *rules, char out[DOMAIN_SIZE]);

/*
 * Everything of r that the head tells, but identity. domain: the policy domain, in normal form. r
 * and its texts live in a. r->report_id is NULL when there is none. ST_ITEM: no such report can be
 * stored, err says why.
 */
enum status head_read(const struct raw_head *h, const char *domain, int64_t now, struct arena *a,
		      struct warnings *w, struct dmarc_report *r, struct err *err) MUST_CHECK;

/* Months of reports of one input, as bits since 1970: until 2055. */
struct head_months {
	uint64_t seen[16];
	unsigned n;
};

/* Is the report within what may be: its month not too early, its range not too long, its month not
 * one too many of the input? ST_ITEM: err says why. Counts the month. */
enum status head_bounds(const struct dmarc_report *r, const struct limits *limits,
			struct head_months *months, struct err *err) MUST_CHECK;

/* Does it begin after now, by more than clocks differ? */
bool head_from_future(const struct raw_head *h, int64_t now);

/* The report_id without blanks and <> around it; narrows *s, *n. */
void head_fold_id(const char **s, size_t *n);

void head_identity(struct sha256 *sha, struct dmarc_report *r);
void head_content(struct sha256 *sha, const struct record_sum *sum, struct dmarc_report *r);

#endif
