/*
 * fields.h - the whole format as a table: which element in which place means what.
 *
 * RFC 7489 Appendix C, RFC 9990 Appendix A, and the draft before them. Local names only.
 */
#ifndef INGEST_XML_FIELDS_H
#define INGEST_XML_FIELDS_H

#include <stddef.h>

#include "ingest/record/normalise.h"

enum xml_place {
	AT_DOCUMENT,
	AT_FEEDBACK,
	AT_WRAPPER, /* of records: an element that we do not know */
	AT_METADATA,
	AT_DATE_RANGE,
	AT_POLICY,
	AT_RECORD,
	AT_ROW,
	AT_EVALUATED,
	AT_REASON,
	AT_IDENTIFIERS,
	AT_AUTH_RESULTS,
	AT_DKIM,
	AT_SPF,
	AT_COUNT
};

/* Texts of the head of a report. */
enum head_field {
	HEAD_VERSION,
	HEAD_ORG_NAME,
	HEAD_EMAIL,
	HEAD_EXTRA_CONTACT_INFO,
	HEAD_REPORT_ID,
	HEAD_ERROR,
	HEAD_GENERATOR,
	HEAD_BEGIN,
	HEAD_END,
	HEAD_DOMAIN,
	HEAD_ADKIM,
	HEAD_ASPF,
	HEAD_P,
	HEAD_SP,
	HEAD_NP,
	HEAD_PCT,
	HEAD_FO,
	HEAD_TESTING,
	HEAD_DISCOVERY_METHOD,
	HEAD_COUNT
};

enum xml_meaning { XML_PLACE, XML_HEAD, XML_RECORD };

struct xml_field {
	enum xml_place at;
	const char *name;
	enum xml_meaning meaning;
	int what; /* enum xml_place, head_field or raw_tag */
};

const char *xml_head_name(enum head_field field); /* the element's name */

#define XML_FIELDS 51

/* Where names of the fields were met. Zero it with the parser: libxml2 keeps one copy of each name,
 * which stays where it is for as long as the parser lives. */
struct xml_names {
	const char *of[XML_FIELDS];
};

/* name: as libxml2 gave it. NULL: an element we do not know there; it is skipped with everything in
 * it. */
const struct xml_field *xml_field_find(struct xml_names *names, enum xml_place at,
				       const char *name);

#endif
