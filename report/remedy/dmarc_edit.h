/*
 * dmarc_edit.h - changes to the text of a DMARC record (RFC 9989 section 4.7). Pure.
 *
 * What the owner wrote stays as it is; only what must change changes.
 */
#ifndef REPORT_REMEDY_DMARC_EDIT_H
#define REPORT_REMEDY_DMARC_EDIT_H

#include "dns/dmarc.h"

struct dmarc_edit {
	const char *domain; /* whose record it is: reports go there where rua names no address */
	enum published_policy p;
	bool testing; /* t=y */
	/* A repair leaves out what is no value, and sp and np where they are weaker than p. The
	 * next step leaves out what is not used any more (pct, rf, ri), and sp=none, np=none. */
	bool repair;
	bool join;        /* without psd */
	char adkim, aspf; /* another mode: 'r' or 's'; 0: as it is */
};

/* r: the record that stands; NULL: none, and a first one is made. */
const char *dmarc_edit(struct arena *a, const struct dmarc_published *r,
		       const struct dmarc_edit *e);

#endif
