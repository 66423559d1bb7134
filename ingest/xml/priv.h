/*
 * priv.h - private to the reader of reports, in three files.
 *
 *	xml.c   a document: which passes it needs, repair, survey, the verdict
 *	pass.c  one pass: feeding libxml2, and what stands behind the root
 *	sax.c   what libxml2 calls: elements and texts to head and records
 */
#ifndef INGEST_XML_PRIV_H
#define INGEST_XML_PRIV_H

#include <libxml/parser.h>

#include "ingest/xml/head.h"
#include "ingest/xml/input.h"
#include "ingest/xml/tag.h"
#include "ingest/xml/xml.h"

#define XML_NAMES_BYTES ((size_t)MIB) /* names the parser keeps, from document to document too */

/* Why a pass over the document ended. */
enum end {
	END_GOING_ON,
	END_WHOLE,        /* the root was closed */
	END_NOT_REPORT,   /* why: another document */
	END_DAMAGED,      /* why: it cannot be stored */
	END_MALFORMED,    /* why: the text is no XML: another attempt with repair may help */
	END_NEED_SURVEY,  /* records came before what they need to be understood */
	END_NEED_CONTENT, /* there is no report_id: the content must be known first */
	END_SINK,         /* the sink, or the machine, failed: sink_status, sink_err */
};

enum pass {
	PASS_FULL,    /* to the sink */
	PASS_SURVEY,  /* the head, and whose mail the records are about */
	PASS_CONTENT, /* only the digest */
};

struct xml_reader {
	const struct name_rules *rules;
	const struct limits *limits;
	struct head_months months; /* of the input */
	struct normaliser *normaliser;
	struct sha256 *sha;
	xmlParserCtxtPtr ctxt;
	struct xml_input input;
	struct xml_tag tag;
	struct xml_names names;   /* of ctxt */
	struct arena head_arena;  /* of one document: raw head */
	struct arena arena;       /* of one pass: report, warnings */
	struct arena chunk_arena; /* of one chunk: source_raw */

	/* the document */
	const struct item *item;
	struct sink *sink;
	int64_t now;
	bool head_known; /* by the survey: the pass does not read it again */
	struct raw_head head;
	char domain[DOMAIN_SIZE]; /* taken from the records when the policy has none */
	const char *content_id;   /* stands in for a report_id */
	int names_before;         /* in the parser's dictionary */
	bool future;              /* it cannot be stored since its dates are ahead of now */

	/* the pass */
	enum pass pass;
	enum end end;
	uint64_t faults; /* that do not end it */
	struct err why;
	enum status sink_status;
	struct err sink_err;
	enum xml_place place[LIMIT_XML_DEPTH + 1];
	int depth;
	int skip; /* depth inside an element that is not read */
	bool root_seen, root_closed, doctype, wrapped, trailing, mentioned, begun, head_done;
	bool holds;           /* a root of a report, perhaps inside of another */
	bool follows;         /* another document */
	uint64_t behind_last; /* characters behind it */
	bool behind_text;     /* something stands between it and the root */
	char behind[64];      /* a tag behind the root, from '<' up to the end of its name */
	size_t behind_len;    /* 0: none is open */
	const xmlChar *root_uri;
	bool skip_extension; /* what is not read may hold what it likes */
	unsigned misplaced;  /* elements that would say something, were they in their place */
	const struct xml_field *leaf; /* whose text is gathered */
	bool reason_text, text_cut, metadata_seen;
	unsigned policies; /* elements */
	struct buf text;
	struct raw_record raw;
	struct dmarc_report report;
	struct warnings warnings;
	struct record_sum sum;
	struct dmarc_record chunk[CHUNK_RECORDS];
	size_t n_chunk;
	uint64_t records, messages, dropped;
	uint64_t flagged[DMARC_FLAG_COUNT];
	char first_org[DOMAIN_SIZE]; /* survey: of the records' header_from */
	bool mixed_orgs;
	const char *piece; /* of the document: what the parser is given next */
	size_t n_piece;
	bool input_ended;     /* no piece follows */
	uint64_t fed;         /* to the parser, before the root */
	bool cut_short;       /* the document ended before its root */
	bool cut;             /* libxml2 wanted more than there was */
	bool bracket_added;   /* the last piece is the '>' that one reporter leaves out */
	bool encoding_broken; /* iconv tripped over a byte */
	char tail[32];        /* the last bytes given */
	size_t n_tail;
};

/* pass.c */
enum status xml_run(struct xml_reader *r, const struct origin *origin, enum pass pass,
		    bool repair) MUST_CHECK;
void xml_behind(struct xml_reader *r, const char *p, size_t n); /* the root: look at what follows */

/* sax.c */
extern const xmlSAXHandler xml_sax;
void xml_begin_report(struct xml_reader *r); /* the head is complete: tell the sink, once */
bool xml_head_ready(const struct xml_reader *r);
void xml_flush_records(struct xml_reader *r);
long xml_line(const struct xml_reader *r);

#endif
