/*
 * dmarc.h - the DMARC record of a domain: which one is in force, how it was found, what is odd in
 * it.
 *
 * RFC 9989, and what RFC 7489 left behind: pct, rf, ri and the size limits of addresses are gone
 * and ignored; t=y asks receivers to apply one level less. Pure functions of a view (answer.h).
 */
#ifndef DNS_DMARC_H
#define DNS_DMARC_H

#include "core/domain.h"
#include "dns/ask/answer.h"

enum published_policy { POLICY_ABSENT, POLICY_NONE, POLICY_QUARANTINE, POLICY_REJECT };
extern const char *const published_policy_names[]; /* "", "none", "quarantine", "reject" */

/* What is to say of a record: bad makes it useless, or less than its owner thinks; odd does no
 * harm; a remark is of what may well be meant so. */
enum dmarc_weight { DMARC_REMARK, DMARC_ODD, DMARC_BAD };
struct dmarc_note {
	enum dmarc_weight weight;
	const char *text;
};

#define DMARC_NOTES_MAX 24
#define DMARC_RUA_MAX   8

struct dmarc_address {
	const char *uri;                                   /* as written, without a size limit */
	const char *domain;                                /* of a mailto: address; NULL: no such */
	bool external;                                     /* outside the organisational domain */
	enum { RUA_OK, RUA_UNKNOWN, RUA_REFUSED } consent; /* of <domain>._report._dmarc (7.1) */
};

struct dmarc_published {
	const char *text; /* the record; NULL: none */
	enum published_policy p, sp, np;
	char adkim, aspf; /* 'r' or 's' */
	char psd;         /* 'y', 'n' or 'u' */
	bool testing;
	struct dmarc_address rua[DMARC_RUA_MAX];
	unsigned n_rua;
	struct dmarc_note notes[DMARC_NOTES_MAX];
	unsigned n_notes;
};

/* Read one record, RFC 9989 section 4.8. out lives in a. false: it is no DMARC record (v is not
 * first); notes say so. */
bool dmarc_parse(const char *text, struct arena *a, struct dmarc_published *out);

/* How a record applies to a domain. */
enum dmarc_found {
	FOUND_NONE, /* no record anywhere */
	FOUND_HERE, /* at the domain itself: p */
	FOUND_ABOVE /* at its organisational domain, or a public suffix: sp, or np, or p */
};

struct dmarc_answer {
	bool pending, failed; /* failed: DNS did not answer about some name of the walk */
	/* The name that decides whether there is a record, and that could not be asked; then found
	 * is FOUND_NONE, and nothing below is known. NULL: all that matters answered. */
	const char *silent;
	enum dmarc_found found;
	const char *at;               /* the domain whose record it is */
	const char *org_domain;       /* by the tree walk, RFC 9989 section 4.10 */
	const char *psl_domain;       /* by the public suffix list, RFC 7489 section 3.2 */
	unsigned n_records;           /* at "at"; more than one means none */
	const char *owner;            /* where a CNAME at that name led; NULL: there is none */
	enum published_policy policy; /* what receivers are asked to do with mail of the domain */
	const char *tag;              /* of the record, that says so: "p", "sp", "np"; NULL: none */
	struct dmarc_published record;
};

void dmarc_discover(const struct dns_view *view, const struct name_rules *rules, const char *domain,
		    struct arena *a, struct dmarc_answer *out);

#endif
