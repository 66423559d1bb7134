/*
 * mail.h - a mail that may be a bounce: its parts collected, its kind told, its refusals read.
 * Private.
 */
#ifndef INGEST_BOUNCE_MAIL_H
#define INGEST_BOUNCE_MAIL_H

#include "ingest/auth/field.h"
#include "ingest/bounce/reading.h"

/* What is known of the message that came back, and who wrote the bounce: what all its refusals
 * have in common. */
struct common {
	struct refusal base;
	struct span known[6]; /* local parts that stand in it, to be struck out of texts */
	size_t n_known;
	struct address to; /* the returned header's To, when that is one address */
	bool has_to;
};

/* One recipient in a body's own words, or none (has_rcpt), and what is said of it. */
struct section {
	struct address rcpt;
	bool has_rcpt;
	struct span reply;   /* the paragraph that holds a reply; or else what is said first */
	struct span context; /* all that is said: other servers and phases are in it */
	bool coded;          /* reply holds a code or a status */
};

struct mail {
	struct span bytes;
	struct header header;
	struct common common;

	/* of its own parts, as UTF-8 */
	struct buf text, html;
	struct buf status;    /* message/delivery-status, one behind the other */
	struct buf returned;  /* text/rfc822-headers, or the head of the enclosed mail */
	struct span inner;    /* the first enclosed mail that holds a message/delivery-status */
	struct span enclosed; /* the first enclosed mail */
	bool feedback, receipt, tls_report, dmarc_report;
	const char *bad; /* a part that cannot be read */
};

/* Read one mail and say what it is. bytes are changed in places. */
enum status mail_read(struct reading *rd, uint8_t *bytes, size_t n) MUST_CHECK;

/* The refusals of message/delivery-status. *delivered: it says that something arrived. */
enum status dsn_read(struct reading *rd, struct mail *m, const struct section *sections, size_t n,
		     bool *delivered) MUST_CHECK;

/* Who wrote these words; FORM_BODY when nobody known. */
enum refusal_form body_form(const struct mail *m, struct span text);

/* The server that these words say wrote them, or NULL. */
const char *body_writer(struct reading *rd, struct span text);

/* The sections of a body; at most max; *more: how many recipients were left out. */
size_t body_sections(struct reading *rd, struct span text, struct section *out, size_t max,
		     uint64_t *more);

/* Where the copy of the message begins in a body's text, or its end. */
size_t body_copy(struct span text);

/* The header of the message that came back, into c. */
void returned_read(struct reading *rd, struct span header, struct common *c);

/* Is it a mail that no person and no server wrote about a failure? BOUNCE_WHAT_COUNT: it may be a
 * bounce. */
enum bounce_what other_kind(const struct mail *m);
bool other_looks_bounced(const struct mail *m);

#endif
