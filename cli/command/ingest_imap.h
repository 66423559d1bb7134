/*
 * ingest_imap.h - ingest from mailboxes: one thread each, with connections of its own.
 *
 * A mailbox that fails holds back no other. Without watch all are read once; with it, each is
 * watched until SIGTERM, and survives the loss of its server and of the database.
 */
#ifndef CLI_COMMAND_INGEST_IMAP_H
#define CLI_COMMAND_INGEST_IMAP_H

#include "cli/app/app.h"
#include "cli/app/mail_keys.h"
#include "cli/command/own.h"
#include "cli/mailbox/mailbox.h"
#include "ingest/pipeline.h"

#define MAILBOXES_MAX 64

struct imap_job {
	struct app *app; /* after app_open() */
	const struct own *own;
	struct mailbox *mailboxes;
	size_t n;
	const struct limits *limits;
	struct mail_key_source *keys; /* NULL: nobody is asked who sent a report */
	struct ingest_progress *progress;
	bool dry, watch;
};

/* Returns an exit code; totals is complete for what was settled. Complains itself. */
int ingest_imap(const struct imap_job *job, struct ingest_totals *totals);

#endif
