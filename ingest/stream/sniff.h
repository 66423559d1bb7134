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
		     "<feedback" or "<?xml" near its start; or nothing but blanks so far */
	KIND_GZIP,
	KIND_ZLIB,
	KIND_ZIP,
	KIND_MAIL,        /* header fields (RFC 5322), also behind what a server or program says */
	KIND_MBOX,        /* a "From " line with a date, or with a header field behind it */
	KIND_SIGNED,      /* PKCS #7 signed-data, DER or BER: the content is inside */
	KIND_WIDE,        /* text in UTF-16, or anything in UTF-32 */
	KIND_CR,          /* a mail or a mailbox with a CR alone behind each line */
	KIND_TEXT,        /* some text: a report may stand further down in it */
	KIND_OTHER,       /* known, and nothing we read */
	KIND_UNKNOWN,     /* bytes that are no text: what they are, nobody can say */
	KIND_UNSUPPORTED, /* a container that we cannot open */
};

struct sniffed {
	enum kind kind;
	const char *name; /* in plain words: "text", "a PNG image", "a 7z archive"; static */
	size_t skip;      /* bytes in front of a container that do not belong to it */
};

struct sniffed sniff(const uint8_t *p, size_t n);

struct encoding {
	unsigned width; /* octets a unit: 1 (UTF-8, or any that begins like ASCII), 2, 4 */
	bool big;       /* endian */
	size_t bom;     /* octets of a byte order mark */
};

struct encoding sniff_encoding(const uint8_t *p, size_t n);

/* A byte order mark and blanks in front: how many bytes. */
size_t sniff_front(const uint8_t *p, size_t n);

/* Do p[0..n) begin with a "From " line that ends in a date? */
bool sniff_from_date(const uint8_t *p, size_t n);

/* A mail or a mailbox, were each CR a line end? There is no LF in what begins so. */
bool sniff_cr_mail(const uint8_t *p, size_t n);

/* With a "From " line, whatever it says, and a header field on the next: a mail of an mbox? */
bool sniff_separator(const uint8_t *p, size_t n);

/* What stands in front of a mail: a byte order mark, what a POP3 or IMAP server said, the length of
 * Apple's .emlx, a "From " line. */
struct mail_front {
	size_t skip;
	uint64_t length; /* of the mail, with a line that says it; else UINT64_MAX */
};

/* true: header fields follow. */
bool sniff_mail_front(const uint8_t *p, size_t n, struct mail_front *front);

#endif
