/*
 * reading.h - what the readers of this wing share: the arena of an input, names and addresses in
 * their form, where refusals go. Private.
 */
#ifndef INGEST_BOUNCE_READING_H
#define INGEST_BOUNCE_READING_H

#include "core/arena.h"
#include "core/bounce.h"
#include "ingest/bounce/bounce.h"
#include "ingest/bounce/span.h"
#include "ingest/record/digest.h"
#include "ingest/stream/meter.h"

struct reading {
	const struct bounce_options *options;
	int64_t written;    /* mtime of the input, 0: not known */
	struct arena arena; /* of one mail, or of one line of a log */
	struct sha256 *sha;
	struct meter meter;

	/* of the input that is read now */
	const struct refusal_sink *sink;
	const char *source;
	struct bounce_outcome outcome;
	struct err *err;
};

/* A name in its form, in the arena; NULL when it is none, or has no dot. "[192.0.2.1]" is none. */
const char *reading_name(struct reading *rd, struct span s);

/* An address, "<a@b>" or "a@b", maybe behind "rfc822;": its parts. false: it is none. */
struct address {
	struct span whole, local;
	const char *domain; /* NULL: it has none */
};
bool reading_address(struct reading *rd, struct span s, struct address *out);

/* The first address in s; *end (may be NULL) is where it ends. */
bool reading_find_address(struct reading *rd, struct span s, struct address *out, size_t *end);

/* s as one line of clean text in the arena, at most max octets; NULL: nothing is left. */
const char *reading_word(struct reading *rd, struct span s, size_t max);

/* Set mail_from_domain: "" for "<>" and MAILER-DAEMON. */
void reading_mail_from(struct reading *rd, struct span s, struct refusal *r);

/* Set recipient_domain and recipient. */
void reading_recipient(struct reading *rd, const struct address *a, struct refusal *r);

/* Set message and message_id_domain. */
void reading_message_id(struct reading *rd, struct span s, struct refusal *r);

/* Hand it over, up to the ceiling of one bounce; logs have none. */
enum status reading_tell(struct reading *rd, struct refusal *r) MUST_CHECK;

/* The outcome of the input; its form is reset for the next. */
enum status reading_end(struct reading *rd, enum bounce_what what, const char *reason) MUST_CHECK;

#endif
