/*
 * log.h - mail logs, line by line. Private.
 *
 * A log may be of any length: it is read as a stream, and what is remembered between its lines is
 * bounded (join.h). Lines of several servers may stand in one file, as syslog writes them.
 */
#ifndef INGEST_BOUNCE_LOG_H
#define INGEST_BOUNCE_LOG_H

#include "ingest/bounce/join.h"
#include "ingest/bounce/reading.h"
#include "ingest/stream/stream.h"

struct log_line {
	struct span date;    /* as it stands there; n = 0: none */
	int64_t at;          /* where a format gives seconds; else 0, and log_at() reads date */
	struct span host;    /* that wrote the line, or n = 0 */
	struct span program; /* "postfix/smtp"; n = 0: the format tells whose line it is */
	struct span text;    /* what it said */
};

#define LOG_COLUMNS 40 /* of Exchange's message tracking; there are 26 to 30 */

enum tracking_column {
	COL_DATE,
	COL_CLIENT_IP,
	COL_ORIGINAL_CLIENT_IP,
	COL_SERVER_HOST,
	COL_SOURCE,
	COL_EVENT,
	COL_MESSAGE_ID,
	COL_RECIPIENT,
	COL_STATUS,
	COL_SENDER,
	COL_RETURN_PATH,
	COL_INTERNAL_ID,
	COL_COUNT
};

struct log {
	struct reading *rd;
	struct join join;
	uint64_t lines, read;
	int64_t first_at, last_at;
	bool year_guessed;
	enum refusal_form form; /* of the first line that a reader knew */
	int columns[COL_COUNT]; /* where they stand, from 0; -1: not there */
	bool tracking;          /* a header line of message tracking was seen */
};

/* Does a text that begins with head look like a log? mail: it looks like a mail, too, which may
 * quote a log; then its first line decides. */
bool log_looks_like(struct span head, bool mail);

enum status log_read(struct reading *rd, const struct origin *o) MUST_CHECK;

/* Of a line: is it one of this server's, and what does it refuse? *known is set when it is. */
enum status postfix_line(struct log *l, const struct log_line *line, bool *known) MUST_CHECK;
enum status exim_line(struct log *l, const struct log_line *line, bool *known) MUST_CHECK;
enum status sendmail_line(struct log *l, const struct log_line *line, bool *known) MUST_CHECK;
enum status opensmtpd_line(struct log *l, const struct log_line *line, bool *known) MUST_CHECK;
enum status qmail_line(struct log *l, const struct log_line *line, bool *known) MUST_CHECK;
enum status tracking_line(struct log *l, struct span whole, bool *known) MUST_CHECK;

/* A line that tells the columns of message tracking. */
bool tracking_header(struct log *l, struct span whole);

/* One object of `journalctl -o json`: its message as a line. buf holds what out points to. */
bool journal_line(struct span whole, struct buf *buf, struct log_line *out);

/* Split a line into date, host, program and text. false: it has no such form. */
bool log_split(struct span whole, struct log_line *out);

/* Unix seconds of a date; *guessed when it has no year. 0: none. */
int64_t log_date(const struct reading *rd, struct span date, bool *guessed);

/* A refusal of this line: form, at, line, reporting_host. */
struct refusal log_refusal(struct log *l, const struct log_line *line, enum refusal_form form);

/* What the join knows of a message: sender, client, Message-ID. */
void log_joined(struct log *l, const struct open_id *e, struct refusal *r);

/* "name[ip]" or "name (helo) [ip]:port" of a client. */
void log_client(struct log *l, struct span s, struct refusal *r);

/* Hand it over, and forget what was needed for it. */
enum status log_tell(struct log *l, struct refusal *r) MUST_CHECK;

#endif
