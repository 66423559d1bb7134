/*
 * sniff.h - what bytes are, told from how they begin.
 *
 * File names and media types lie; content does not. Pure.
 *
 *	struct sniffed s = sniff(p, n);
 *	if (s.kind == KIND_OTHER)
 *		reason = s.name;
 */
#ifndef INGEST_STREAM_SNIFF_H
#define INGEST_STREAM_SNIFF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SNIFF_BYTES 1024 /* what sniff() wants to see; less is fine at the end of the input */

enum kind {
	KIND_EMPTY,
	KIND_XML, /* '<' behind BOM and blanks, UTF-8, UTF-16 or UTF-32; or text that holds
		     "<feedback" or "<?xml" near its start */
	KIND_GZIP,
	KIND_ZLIB,
	KIND_ZIP,
	KIND_MAIL,        /* begins with header fields (RFC 5322), or a bare "From " line */
	KIND_MBOX,        /* begins with a "From " line that has a date */
	KIND_SIGNED,      /* PKCS #7 signed-data, DER or BER: the content is inside */
	KIND_OTHER,       /* whole but nothing we read */
	KIND_UNSUPPORTED, /* a container that we cannot open */
};

struct sniffed {
	enum kind kind;
	const char *name; /* in plain words: "text", "a PNG image", "a 7z archive"; static */
};

struct sniffed sniff(const uint8_t *p, size_t n);

/* Do p[0..n) begin with a "From " line that ends in a date (mbox)? */
bool sniff_from_line(const uint8_t *p, size_t n);

#endif
