/* Inputs that a person names: files, directories, standard input. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/limits.h"
#include "ingest/bounce/bounce.h"
#include "ingest/files/opened.h"
#include "ingest/files/walk.h"
#include "ingest/stream/spool.h"

struct paths {
	struct bounce_reader *reader;
	const struct refusal_sink *sink;
	uint8_t *small;
};

static enum status tell_bad(const struct refusal_sink *sink, const char *path, const char *reason,
			    struct err *err)
{
	struct bounce_outcome o = {
	    .source = path, .what = BOUNCE_BAD, .reason = reason, .log = FORM_COUNT};
	return sink->outcome(sink->ctx, &o, err);
}

/* A pipe cannot be read twice: it is kept until it ends. */
static enum status read_input(struct paths *p, struct err *err)
{
	char piece[64 * 1024];
	struct spool spool;
	struct blob blob;
	struct err why;
	enum status st = ST_OK;
	ssize_t n;
	spool_init(&spool, LIMIT_BOUNCE_INPUT);
	while (st == ST_OK && (n = read(STDIN_FILENO, piece, sizeof piece)) != 0)
		st = n < 0 ? err_set(&why, ST_LATER, "cannot be read")
			   : spool_put(&spool, piece, (size_t)n, &why);
	spool_blob(&spool, &blob);
	if (st == ST_OK)
		st = bounce_read(p->reader, &blob, "-", p->sink, err);
	else if (st == ST_ITEM)
		st = tell_bad(p->sink, "-", why.msg, err);
	else
		st = err_set(err, st, "standard input: %s", why.msg);
	spool_free(&spool);
	return st;
}

static enum status on_file(void *ctx, const char *path, const char *problem, struct err *err)
{
	struct paths *p = ctx;
	struct opened file = {.blob = {.fd = -1}};
	struct err why;
	if (strcmp(path, "-") == 0)
		return read_input(p, err);
	if (problem)
		return tell_bad(p->sink, path, problem, err);
	enum status st = opened_file(&file, path, &p->small, NULL, &why);
	if (st == ST_ITEM)
		return tell_bad(p->sink, path, why.msg, err);
	if (st != ST_OK)
		return err_set(err, st, "%s: %s", path, why.msg);
	bounce_reader_written(p->reader, file.seen.st_mtime);
	st = bounce_read(p->reader, &file.blob, path, p->sink, err);
	opened_close(&file);
	return st;
}

enum status bounce_read_path(struct bounce_reader *r, const char *path,
			     const struct refusal_sink *sink, struct err *err)
{
	struct paths p = {.reader = r, .sink = sink};
	struct walk_visitor v = {.ctx = &p, .file = on_file};
	enum status st = walk(&path, 1, &v, err);
	free(p.small);
	return st;
}
