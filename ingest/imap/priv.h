/*
 * priv.h - private to this wing: the mailbox source in four files.
 *
 *	imap.c          sessions, passes, watching, reconnecting
 *	folder.c   what is in the folder: SELECT, SEARCH, sizes
 *	fetch.c    mails to the pipeline
 *	file.c     what is settled: moved, marked, remembered
 */
#ifndef INGEST_IMAP_PRIV_H
#define INGEST_IMAP_PRIV_H

#include <time.h>

#include "ingest/imap/imap.h"

#define IMAP_SIZES_AT_ONCE 2000
#define IMAP_RANGES_MAX    400 /* in a set: keeps a command below 8 KiB, which any server takes */

struct imap_settled {
	uint32_t uid;
	enum outcome outcome;
};

struct imap_mail {
	uint32_t uid;
	uint64_t size;
};

struct imap_source {
	struct imap_options o;
	char *name, *url;  /* url: what stands before ";UIDVALIDITY=" in a source */
	struct buf folder; /* as an argument */
	struct pipeline *p;
	bool remembers; /* some filing leaves a mail where it is */
	bool read_only; /* no filing touches anything */

	struct imap_client *client; /* NULL: no session */
	uint32_t uidvalidity;
	char permanent[1024]; /* PERMANENTFLAGS */
	struct uid_set done;  /* remembered */
	struct uid_set fresh; /* done, not saved yet */
	struct uid_set aside; /* not to be tried again by this process */
	time_t aside_since;
	struct imap_settled *settled; /* not filed yet */
	size_t n_settled, cap_settled;
	bool any_settled;         /* since the hook was called */
	char *targets[OUT_COUNT]; /* folders to move to */
	bool created[OUT_COUNT];

	uint32_t suspect;  /* the mail at which the session was lost last */
	unsigned strikes;  /* how often in a row */
	bool database;     /* the failure at hand is the pipeline's or the memory's */
	unsigned failures; /* sessions lost in a row */
};

bool imap_stopping(const struct imap_source *s);

/* Would the same command be answered otherwise later? */
bool imap_is_temporary(const struct imap_done *d);

/* folder.c */
enum status imap_select(struct imap_source *s, struct err *err) MUST_CHECK;
/* UIDs to read; *last is the highest that was listed, done or not. */
enum status imap_search(struct imap_source *s, struct uid_set *todo, uint32_t *last,
			struct err *err) MUST_CHECK;
/* mails has room for as many as uids holds; those that are gone are not in it. */
enum status imap_sizes(struct imap_source *s, const struct uid_set *uids, struct imap_mail *mails,
		       size_t *n, struct err *err) MUST_CHECK;
enum status imap_is_there(struct imap_source *s, uint32_t uid, bool *there,
			  struct err *err) MUST_CHECK;

/* fetch.c: all of them, through the pipeline; sorted by UID. */
enum status imap_fetch(struct imap_source *s, const struct imap_mail *mails, size_t n,
		       struct err *err) MUST_CHECK;

/* file.c */
enum status imap_targets(struct imap_source *s, struct err *err) MUST_CHECK;
enum status imap_file(struct imap_source *s, struct err *err) MUST_CHECK;
enum status imap_remember(struct imap_source *s, struct err *err) MUST_CHECK;

#endif
