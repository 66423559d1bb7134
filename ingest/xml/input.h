/*
 * input.h - the bytes of a document on their way into libxml2.
 *
 * A byte order mark, blanks and NULs in front are skipped; a run of blanks anywhere is shortened to
 * what a text node has room for. Where the encoding is UTF-8 (declared,
 * or by default) broken bytes become U+FFFD; other declared encodings and UTF-16/32 pass through to
 * libxml2. In repair mode, the second attempt at text that is not well-formed:
 *
 *	'<' that begins no plausible markup       becomes &lt;
 *	'&' that begins no reference known to XML becomes &amp;
 *	control characters XML has no place for   become U+FFFD
 *	text before the first element             is dropped, the declaration too (its encoding may
 * be the trouble: the text is read as UTF-8)
 */
#ifndef INGEST_XML_INPUT_H
#define INGEST_XML_INPUT_H

#include <stdbool.h>
#include <stdint.h>

#include "core/buf.h"
#include "ingest/stream/stream.h"

#define XML_PIECE (32 * 1024)

enum xml_input_state { IN_PROLOG, IN_TEXT, IN_TAG, IN_COMMENT, IN_CDATA, IN_PI };

struct xml_input {
	struct stream *stream; /* borrowed */
	bool repair;
	bool started, bom, ended, passthrough;
	bool wide;                  /* UTF-16 or UTF-32 */
	enum xml_input_state state; /* of the repair */
	bool seen_element;
	uint64_t bytes;    /* read from stream */
	uint64_t max;      /* of bytes that anybody wants; set it after init */
	uint64_t blanks;   /* how many the run at hand has, in whole reads */
	uint64_t replaced; /* broken bytes and control characters */
	uint64_t escaped;  /* '<' and '&' that begin nothing, '>' beside them */
	char raw[XML_PIECE + 1024];
	char tail[4]; /* of a UTF-8 sequence that the piece cut */
	size_t n_tail;
	struct buf clean, pending, out; /* valid UTF-8; what repair has not looked at; repaired */
};

void xml_input_init(struct xml_input *in, struct stream *stream, bool repair);
void xml_input_free(struct xml_input *in);

/* The next bytes for the parser, valid until the next call; *n = 0 at the end. ST_ITEM: the stream
 * is damaged. */
enum status xml_input_next(struct xml_input *in, const char **p, size_t *n,
			   struct err *err) MUST_CHECK;

#endif
