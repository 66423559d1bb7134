/*
 * mime.h - the parts of a mail, decoded. The only door to GMime.
 *
 * Structure is walked to LIMIT_MIME_DEPTH, through multiparts and mails inside the mail; each leaf
 * is decoded into a spool and handed to the visitor, numbered from 1 in order of appearance. Media
 * types only tell the mail's own words from attachments; what a part is, its content says.
 *
 *	struct mime_visitor v = {.ctx = me, .part = on_part};
 *	st = mime_walk(bytes, n, limits, &v, &err);
 *
 * Guards its library (guard.h), never writes a mail. Safe from several threads at once.
 *
 * The wing mail/: what a mail holds. In: the bytes of one mail. Out: its parts, decoded, each with
 * a name and a way to read it. It may include stream/; GMime is behind mime.h.
 */
#ifndef INGEST_MAIL_MIME_H
#define INGEST_MAIL_MIME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/blob.h"
#include "core/err.h"
#include "core/limits.h"

/* A mail: that which is walked, or one that is enclosed as a part of it. */
struct mime_mail {
	size_t at, size; /* in the bytes walked: from its first header field to its end */
	bool enclosed;
	bool multipart; /* the part is one of several that its header may tell apart */
	bool unsure; /* where it begins or ends, nobody can say, or the part lies outside of it */
};

struct mime_part {
	unsigned number;     /* from 1; 0: about the mail as a whole */
	const char *bad;     /* why there is no content ("multipart/encrypted"), or NULL */
	struct blob content; /* decoded; borrowed for the call */
	bool body;           /* text that is the mail's own words, or a signature: no attachment */
	bool media;          /* declared as image, audio, video or font */
	bool smime;          /* declared as application/pkcs7-mime */
	const char *type;    /* as declared: "message/delivery-status"; borrowed; NULL: unknown */
	const char *charset; /* as declared, or NULL */
	struct mime_mail mail; /* the innermost around the part */
};

struct mime_visitor {
	void *ctx;
	/* Return other than ST_OK to stop. */
	enum status (*part)(void *ctx, const struct mime_part *part, struct err *err);
};

/*
 * Visit the parts of mail[0..n), which is changed in places (guard.h).
 *
 * ST_OK; what the visitor returned; ST_LATER when a temporary file cannot be written.
 */
enum status mime_walk(uint8_t *mail, size_t n, const struct limits *limits,
		      const struct mime_visitor *visitor, struct err *err) MUST_CHECK;

#endif
