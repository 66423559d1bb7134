/*
 * imap.h - a mailbox as a source of reports.
 *
 *	search by UID -> sizes -> BODY.PEEK[] in batches -> pipeline -> settled -> filed
 *
 * The mailbox is the queue. A mail is touched only when its outcome is durable, and then only as
 * the filing of that outcome says; reading marks nothing. What stays where it is is remembered by
 * UIDVALIDITY and UID (struct imap_memory). A run that dies in between is harmless: what it had
 * stored is a duplicate to the next.
 *
 *	source = imap_source_new(&options);
 *	pipeline options: .done = imap_source_settled, .done_ctx = source
 *	st = imap_source_run(source, pipeline, &err);
 *	imap_source_free(source);
 *
 * A lost connection is made again: a few times, or for ever with watch. ST_RETRY of the database
 * comes back to the caller, who may run the same source with another pipeline: nothing is
 * forgotten in between. One thread a source.
 *
 * The wing imap/: mails of a mailbox, over the net. In: an account and a folder. Out: blobs into
 * the pipeline above which it stands, and mails filed once they are settled. It may include the
 * room itself and stream/; libcurl is behind conn.h.
 */
#ifndef INGEST_IMAP_IMAP_H
#define INGEST_IMAP_IMAP_H

#include "core/limits.h"
#include "core/sink.h"
#include "core/uid_set.h"
#include "ingest/imap/client.h"
#include "ingest/pipeline.h"

#define IMAP_BATCH_BYTES    (16 * MIB) /* of one FETCH; a larger mail travels alone */
#define IMAP_BATCH_MAILS    500
#define IMAP_IDLE_MAX_S     (28 * 60) /* RFC 2177: less than 29 minutes */
#define IMAP_POLL_DEFAULT_S 300
#define IMAP_BACKOFF_MAX_S  300

enum imap_action {
	IMAP_LEAVE,
	IMAP_MOVE,
	IMAP_ARCHIVE, /* move to arg + separator + "stored", "duplicate" ... */
	IMAP_SEEN,
	IMAP_KEYWORD,
	IMAP_DELETE
};

/* What becomes of a mail. arg: the folder (UTF-8, with the server's separator) or the keyword. */
struct imap_filing {
	enum imap_action action;
	const char *arg;
};

/* What was done in earlier runs. load adds to done; save adds done to what is there. A folder whose
 * UIDVALIDITY is another is another folder. Between enter, which waits, and leave no other run
 * files mails of the mailbox: servers copy a mail twice that two sessions move at once. */
struct imap_memory {
	void *ctx;
	enum status (*load)(void *ctx, const char *mailbox, uint32_t uidvalidity,
			    struct uid_set *done, struct err *err);
	enum status (*save)(void *ctx, const char *mailbox, uint32_t uidvalidity,
			    const struct uid_set *done, struct err *err);
	enum status (*enter)(void *ctx, const char *mailbox, struct err *err);
	enum status (*leave)(void *ctx, struct err *err);
};

/* Each may be NULL. */
struct imap_hooks {
	void *ctx;
	void (*ready)(void *ctx);                          /* logged in, folder open */
	enum status (*passed)(void *ctx, struct err *err); /* something was settled and filed */
};

struct imap_options {
	struct imap_account account; /* mail_max is set from limits */
	const char *folder;          /* UTF-8 */
	struct imap_filing filing[OUT_COUNT];
	const struct limits *limits;
	struct imap_memory memory;
	struct imap_hooks hooks;
	struct ingest_progress *progress; /* may be NULL */
	bool dry;                         /* read, touch nothing, remember nothing */
	bool watch;
	unsigned poll_s; /* with watch: look at least this often; 0: IMAP_POLL_DEFAULT_S */
};

struct imap_source;

/* options and what they point to are borrowed until imap_source_free(). */
struct imap_source *imap_source_new(const struct imap_options *options);
void imap_source_free(struct imap_source *s);

/* "user@host/folder": the key of the memory, and a name for people. */
const char *imap_source_name(const struct imap_source *s);

/* For pipeline_options.done; ctx is the source. */
void imap_source_settled(void *ctx, uint64_t id, enum outcome worst);

/*
 * Read all that is new; with watch, until *stop. *database: it was the database's fault.
 *
 * ST_OK: read, or stopped. ST_RETRY: later. ST_FATAL: a person must act.
 */
enum status imap_source_run(struct imap_source *s, struct pipeline *p, bool *database,
			    struct err *err) MUST_CHECK;

#endif
