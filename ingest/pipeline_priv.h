/*
 * pipeline_priv.h - private to the pipeline, in five files.
 *
 *	pipeline.c  where inputs come from
 *	input.c     one input: its documents to the sink
 *	refused.c   the same of refused mail, for sinks that take it
 *	attest.c    between them: who sent a document
 *	settle.c    tickets: what is not settled yet, and what follows when it is
 */
#ifndef INGEST_PIPELINE_PRIV_H
#define INGEST_PIPELINE_PRIV_H

#include <sys/stat.h>

#include "ingest/auth/authenticate.h"
#include "ingest/bounce/bounce.h"
#include "ingest/pipeline.h"
#include "ingest/xml/xml.h"

/* A file (or stdin, or a blob of the caller): one input, or a mailbox of many. */
struct file_ticket {
	char *path; /* to archive; NULL: not a file */
	struct stat seen;
	unsigned refs; /* its inputs, and one while it is being read */
	bool partial;  /* reading was stopped: not whole, not moved */
	bool any;
	enum outcome worst; /* when any */
	uint64_t id;        /* of pipeline_message(); 0: nobody is told */
};

/* An input: what item.ticket points to. */
struct ticket {
	struct ticket *next, **link; /* all that are alive */
	struct file_ticket *file;
	unsigned refs; /* outcomes not settled yet, and one while it is being read */
	unsigned leaves, noted;
	uint64_t told[OUT_COUNT]; /* also those past LIMIT_TOLD, which have no row of their own */
	bool has_report;          /* something in it was one, or should have been */
	bool in_mail;             /* what is read of it now stands in a mail */
	bool partial;
};

/* A report from the future: rejected, unless the clock is wrong. */
struct held {
	struct ticket *ticket;
	bool in_mail;
	char *source, *reason;
	struct blob container; /* its bytes are owned */
	uint8_t *bytes;
};

struct pipeline {
	struct pipeline_options o;
	struct sink *sink;
	struct xml_reader *xml;
	struct bounce_options refused_options;
	struct bounce_reader *refused; /* NULL: the sink takes reports */
	struct authenticator *authenticator, *stranger;
	struct ingest_totals totals;
	struct ticket *alive;
	struct held *held;
	size_t n_held, cap_held;
	uint8_t *small; /* a small file, while it is read */
};

/* ---- settle.c ---- */

struct file_ticket *file_ticket_new(const char *path, const struct stat *seen);
void file_ticket_put(struct pipeline *p, struct file_ticket *f);
struct ticket *ticket_new(struct pipeline *p, struct file_ticket *file);
void ticket_put(struct pipeline *p, struct ticket *t);
void pipeline_settled(void *pipeline, const struct settlement *s); /* of struct sink */

/* ---- attest.c ---- */

struct attest {
	const struct pipeline_options *options;
	struct authenticator *authenticator, *stranger; /* the latter asks nobody */
	const struct mail_around *mail;                 /* around the document; NULL: none */
	int64_t now;
	struct sink *sink;
	struct authentic authentic; /* known once begin() of the sink was called */
	bool our_own;               /* begin() answered ST_ITEM: it is what we sent */
};

/* A sink for one document, which passes on to a->sink. */
struct sink attest_sink(struct attest *a);

/* ---- input.c ---- */

bool pipeline_stopping(const struct pipeline *p);
int64_t pipeline_now(const struct pipeline *p);

/* A mail, a container or a bare report. */
struct input {
	const struct blob *blob;
	const char *source; /* clean */
	const char *doubt;  /* why it may be more than one; or NULL */
	bool mbox;          /* out of one */
};

/* ST_LATER: it cannot be read now, and is not settled. */
enum status input_read(struct pipeline *p, struct file_ticket *file, const struct input *input,
		       struct err *err) MUST_CHECK;
enum status input_reject(struct pipeline *p, struct file_ticket *file, const char *source,
			 const char *reason, struct err *err) MUST_CHECK;

/* Note what waits for the verdict on the clock, if there is one. */
enum status input_release(struct pipeline *p, bool at_end, struct err *err) MUST_CHECK;
void input_forget_held(struct pipeline *p);

/* ---- refused.c ---- */

void refused_open(struct pipeline *p);

/* In place of unpacking: what input holds goes to the sink. */
enum status refused_read(struct pipeline *p, struct ticket *t, const struct input *input,
			 struct err *err) MUST_CHECK;

#endif
