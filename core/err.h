/*
 * err.h - what to do (enum status) and what happened (struct err).
 *
 * A function that can fail returns enum status: the caller reads from it what to do next. The
 * caller owns a struct err; the function that fails writes one line into it, callers on the way
 * up may put their context before it. Only the pipeline and cli/ print it.
 *
 *	struct err err;
 *	if (n == 0)
 *		return err_set(&err, ST_ITEM, "gzip: truncated after %zu bytes", n);
 */
#ifndef CORE_ERR_H
#define CORE_ERR_H

#define MUST_CHECK             __attribute__((warn_unused_result))
#define PRINTF_LIKE(fmt, args) __attribute__((format(printf, fmt, args)))

/* Ordered by how much of the run is lost. */
enum status {
	ST_OK = 0,
	ST_ITEM,  /* this one thing is bad: set it aside, go on */
	ST_LATER, /* this one thing cannot be read now (EIO, no memory, a full disk): leave it, go
		     on */
	ST_RETRY, /* this run cannot go on: try again later (database, network) */
	ST_FATAL, /* configuration, usage or a bug: a person must act */
};

#define ERR_SIZE 512

/* One line of clean UTF-8: control bytes and broken UTF-8 are shown as \xNN. */
struct err {
	char msg[ERR_SIZE];
};

/* Write the message (cut at ERR_SIZE) and return st, so that failing is one line. err may be NULL.
 */
enum status err_set(struct err *err, enum status st, const char *fmt, ...) PRINTF_LIKE(3, 4);

/* What an errno of reading means: ST_LATER where the next try may succeed, else ST_ITEM. */
enum status err_status(int error);

/* Put "context: " before the message that stands there, and return st. */
enum status err_wrap(struct err *err, enum status st, const char *fmt, ...) PRINTF_LIKE(3, 4);

#endif
