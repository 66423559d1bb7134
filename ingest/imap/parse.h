/*
 * parse.h - what an IMAP server says (RFC 3501, 4315, 4731, 5161, 6851), out of any bytes. No
 * I/O.
 *
 * Two steps. The reader cuts a stream of bytes into responses: a line with its literals, which are
 * kept in it, but for the literal of a mail (BODY[] of a FETCH), which is handed out piece by piece
 * and never held. Then imap_parse() says what a response means, without copying.
 *
 *	imap_reader_init(&r, 64 * MIB);
 *	while (n > 0)
 *		switch (imap_reader_next(&r, &p, &n, &piece, &err)) {
 *		case IMAP_MORE:   ...	p[0..n) was used up
 *		case IMAP_BODY:   ...	piece is a part of a mail; its FETCH response follows
 *		case IMAP_LINE:   imap_parse(r.line.data, r.line.len, &response) ...
 *		case IMAP_BROKEN: ...	err says why; there is no going on
 *		}
 *
 * Every bound stands here: a server may be hostile, and a mail may hold anything.
 */
#ifndef INGEST_IMAP_PARSE_H
#define INGEST_IMAP_PARSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/buf.h"
#include "core/err.h"

#define IMAP_LINE_MAX   (64 * 1024)        /* a response, kept literals included */
#define IMAP_SEARCH_MAX (16 * 1024 * 1024) /* "* SEARCH": some 2 million UIDs of 7 digits */
#define IMAP_NESTING    16                 /* parentheses in a FETCH item that is skipped */

enum imap_event { IMAP_MORE, IMAP_BODY, IMAP_LINE, IMAP_BROKEN };

struct imap_piece {
	const char *p;
	size_t n;
};

struct imap_reader {
	struct buf line; /* the response at hand; valid until the next call after IMAP_LINE */
	uint64_t body_max;
	uint64_t left;            /* of the literal at hand */
	bool in_literal, in_body; /* the literal is kept; it is a mail */
	bool whole;               /* line was handed out: begin anew */
	uint64_t body_size;       /* as announced, of the mail in this response */
	unsigned bodies;          /* mails in this response: one is right */
};

/* body_max: a mail whose announced size is above it is a broken answer: sizes are asked first. */
void imap_reader_init(struct imap_reader *r, uint64_t body_max);
void imap_reader_free(struct imap_reader *r);

/* Take bytes from *p, *n of them, until there is something to tell. */
enum imap_event imap_reader_next(struct imap_reader *r, const char **p, size_t *n,
				 struct imap_piece *piece, struct err *err);

enum imap_kind {
	IMAP_OTHER, /* something that does not concern us */
	IMAP_CONTINUE,
	IMAP_STATUS, /* OK, NO, BAD, BYE, PREAUTH; tagged or not */
	IMAP_FETCH,
	IMAP_EXISTS,
	IMAP_EXPUNGE,
	IMAP_SEARCH, /* numbers in rest */
	IMAP_ESEARCH,
	IMAP_CAPABILITY, /* words in rest */
	IMAP_LIST,
};

enum imap_word { IMAP_OK, IMAP_NO, IMAP_BAD, IMAP_BYE, IMAP_PREAUTH };

/* Points into the line. */
struct imap_text {
	const char *s;
	size_t n;
};

struct imap_response {
	enum imap_kind kind;
	struct imap_text tag; /* n = 0: untagged */

	/* IMAP_STATUS; of IMAP_CONTINUE the text alone */
	enum imap_word word;
	struct imap_text code; /* between [ and ], n = 0: none */
	struct imap_text text;

	uint32_t number; /* EXISTS, EXPUNGE, FETCH: the sequence number */

	/* IMAP_FETCH */
	uint32_t uid;  /* 0: not told */
	bool has_size; /* RFC822.SIZE */
	uint64_t size;
	bool has_body; /* BODY[], handed out by the reader, or: */
	bool streamed;
	struct imap_text body; /* a quoted string, or a literal that was kept; raw between quotes */
	bool seen, deleted;    /* of FLAGS */

	/* SEARCH: numbers; ESEARCH: the set after ALL; CAPABILITY: words */
	struct imap_text rest;

	/* LIST */
	char separator; /* '\0': none */
	struct imap_text name;
};

/* false: it is not in the grammar; such a line tells nothing. */
bool imap_parse(const char *line, size_t n, struct imap_response *r);

/* The next number or range ("3", "5:9", "9:5") of a SEARCH answer or a set. false: no more, or
 * *bad.
 */
bool imap_next_range(struct imap_text *rest, uint32_t *lo, uint32_t *hi, bool *bad);

/* The next word; false: no more. */
bool imap_next_word(struct imap_text *rest, struct imap_text *word);

/* Is t this word, whatever its case? */
bool imap_is(struct imap_text t, const char *word);

/* Does the code begin with name, as a whole word? *value gets what follows. */
bool imap_code(const struct imap_response *r, const char *name, struct imap_text *value);

#endif
