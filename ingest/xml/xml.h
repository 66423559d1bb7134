/*
 * xml.h - one XML document to one report, handed to a sink as it streams by.
 *
 * Third stage of ingest: unpack -> [xml -> normalise] -> sink. Resident memory does not grow with
 * the document: records leave in chunks. The document is read once when it is ordinary, and again
 * when the policy stands behind the records or when the text needs repair (unescaped '<' or '&',
 * bytes that are no UTF-8, rubbish before the root).
 *
 * The grammar is one lenient superset of the draft, RFC 7489 and RFC 9990: local names, any order.
 *
 * The wing xml/: documents of aggregate reports. In: a stream of bytes. Out: one report, record by
 * record, into a sink. It may include stream/ and record/; libxml2 stays inside.
 */
#ifndef INGEST_XML_XML_H
#define INGEST_XML_XML_H

#include "core/domain.h"
#include "core/limits.h"
#include "core/sink.h"
#include "ingest/stream/stream.h"

/* A reusable parser: one libxml2 context, its buffers, the cache of profiles. One a worker. */
struct xml_reader;

struct xml_reader *xml_reader_new(const struct name_rules *rules, const struct limits *limits);
void xml_reader_free(struct xml_reader *r);

/* What comes now is of another input: the ceiling on months is one of each. */
void xml_new_input(struct xml_reader *r);

enum xml_verdict {
	XML_REPORT,       /* whole: sink->end was called */
	XML_DAMAGED,      /* a report, but not whole or not usable: reason; sink->abort was called
			     if sink->begin was */
	XML_FROM_FUTURE,  /* damaged in that it begins more than seven days ahead: reason. Or the
			     clock is wrong */
	XML_NOT_A_REPORT, /* another document: reason */
};

/*
 * Read the document of origin and drive sink through begin, records, end.
 *
 * now (Unix seconds) bounds dates from above. *verdict and reason (one line; for XML_DAMAGED with
 * line or byte) are set when ST_OK is returned. ST_LATER: the bytes cannot be read now, or come
 * from the sink as ST_RETRY and ST_FATAL do.
 */
enum status xml_read_report(struct xml_reader *r, const struct origin *origin,
			    const struct item *item, int64_t now, struct sink *sink,
			    enum xml_verdict *verdict, struct err *reason,
			    struct err *err) MUST_CHECK;

/* Does another document stand behind the report that was read last (together.h)? Behind a damaged
 * one: may it? */
bool xml_follows(const struct xml_reader *r);

#endif
