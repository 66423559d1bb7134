/*
 * ingest_imap.h - ingest from mailboxes: one thread each, with connections of its own.
 *
 * A mailbox that fails holds back no other. Without watch all are read once; with it, each is
 * watched until SIGTERM, and survives the loss of its server and of the database.
 */
#ifndef CLI_COMMAND_INGEST_IMAP_H
#define CLI_COMMAND_INGEST_IMAP_H

#include "cli/app/app.h"
#include "cli/mailbox/mailbox.h"
#include "ingest/pipeline.h"

/* What the mails go to. Called from many threads at once, each with connections of its own. */
struct imap_sinks {
	void *ctx;
	/* db is for this sink alone until close(). */
	enum status (*open)(void *ctx, struct db *db, int64_t run_id, struct sink **sink,
			    struct err *err);
	void (*close)(void *ctx, struct sink *sink);
	void (*passed)(void *ctx, struct db *db); /* a pass is settled; may be NULL */
};

struct imap_job {
	struct app *app; /* after app_open() */
	const struct imap_sinks *sinks;
	/* What is read is remembered apart from what others read of the same mailbox: "bounces";
	 * NULL: reports. */
	const char *reads;
	struct pipeline_options pipeline; /* what is of one mailbox is set */
	struct mailbox *mailboxes;
	size_t n;
	bool dry, watch;
};

/* Returns an exit code; totals is complete for what was settled. Complains itself. */
int ingest_imap(const struct imap_job *job, struct ingest_totals *totals);

#endif
