#include "ingest/pipeline.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/buf.h"
#include "core/log.h"
#include "core/mem.h"
#include "ingest/files/mbox.h"
#include "ingest/files/opened.h"
#include "ingest/pipeline_priv.h"
#include "ingest/stream/spool.h"

/* It stays where it is, and is not counted. */
static void left(struct pipeline *p, const char *source, const struct err *why)
{
	log_warn("%s: left for the next run: %s", source, why->msg);
	p->totals.later++;
}

/* A mail that cannot be read now keeps the file where it is; the others are read. */
static enum status read_mbox(struct pipeline *p, struct file_ticket *file, const struct blob *input,
			     const char *source, struct err *err)
{
	struct mbox m;
	struct err why;
	enum status later = ST_OK;
	mbox_init(&m, input);
	for (;;) {
		struct blob mail;
		bool more = false;
		if (pipeline_stopping(p)) {
			file->partial = true;
			return ST_OK;
		}
		enum status st = mbox_next(&m, &mail, &more, err);
		if (st == ST_ITEM)
			return input_reject(p, file, source, err->msg, err);
		if (st != ST_OK)
			return st;
		if (!more)
			break;
		struct buf name;
		buf_init(&name, INGEST_SOURCE_MAX);
		buf_printf(&name, "%s!mail%u", source, m.n);
		struct input one = {.blob = &mail,
				    .source = name.data ? name.data : source,
				    .doubt = m.doubtful > 0 ? MBOX_DOUBTFUL : NULL,
				    .mbox = true};
		st = input_read(p, file, &one, err);
		buf_free(&name);
		if (st == ST_LATER) {
			later = st;
			why = *err;
		} else if (st != ST_OK) {
			return st;
		}
	}
	if (later != ST_OK)
		*err = why;
	return later;
}

static enum status read_blob(struct pipeline *p, struct file_ticket *file, const struct blob *input,
			     const char *source, struct err *err)
{
	struct input one = {.blob = input, .source = source};
	enum status st = mbox_looks_like(input) ? read_mbox(p, file, input, source, err)
						: input_read(p, file, &one, err);
	if (st != ST_OK)
		file->partial = true;
	file_ticket_put(p, file);
	return st;
}

enum status pipeline_blob(struct pipeline *p, const struct blob *input, const char *source,
			  struct err *err)
{
	char *clean = ingest_clean_utf8(source, INGEST_SOURCE_MAX);
	enum status st = read_blob(p, file_ticket_new(NULL, NULL), input, clean, err);
	free(clean);
	return st;
}

enum status pipeline_message(struct pipeline *p, const struct blob *mail, const char *source,
			     uint64_t id, struct err *err)
{
	char *clean = ingest_clean_utf8(source, INGEST_SOURCE_MAX);
	struct file_ticket *f = file_ticket_new(NULL, NULL);
	f->id = id;
	struct input one = {.blob = mail, .source = clean};
	enum status st = input_read(p, f, &one, err);
	if (st != ST_OK)
		f->partial = true;
	if (st == ST_LATER)
		left(p, clean, err);
	file_ticket_put(p, f);
	free(clean);
	return st;
}

enum status pipeline_reject(struct pipeline *p, const char *source, const char *reason, uint64_t id,
			    struct err *err)
{
	char *clean = ingest_clean_utf8(source, INGEST_SOURCE_MAX);
	struct file_ticket *f = file_ticket_new(NULL, NULL);
	f->id = id;
	enum status st = input_reject(p, f, clean, reason, err);
	file_ticket_put(p, f);
	free(clean);
	return st;
}

/* ---- where inputs come from ---- */

/* What has no bytes, because of why. */
static enum status unreadable(struct pipeline *p, const char *source, const char *why,
			      struct err *err)
{
	struct file_ticket *f = file_ticket_new(NULL, NULL);
	enum status st = input_reject(p, f, source, why, err);
	file_ticket_put(p, f);
	return st;
}

/* All of stdin into spool. poll() wakes now and then to look at the stop flag. *whole = false:
 * stopped. ST_ITEM: read error or over the ceiling. */
static enum status spool_stdin(struct pipeline *p, struct spool *spool, bool *whole,
			       struct err *err)
{
	char chunk[32 * 1024];
	*whole = false;
	while (!pipeline_stopping(p)) {
		struct pollfd pfd = {.fd = STDIN_FILENO, .events = POLLIN};
		if (poll(&pfd, 1, 200) == 0)
			continue;
		ssize_t n = read(STDIN_FILENO, chunk, sizeof chunk);
		if (n < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (n < 0)
			return err_set(err, err_status(errno), "stdin: %s", strerror(errno));
		if (n == 0) {
			*whole = true;
			return ST_OK;
		}
		enum status st = spool_put(spool, chunk, (size_t)n, err);
		if (st != ST_OK)
			return st;
	}
	return ST_OK;
}

static enum status read_stdin(struct pipeline *p, struct err *err)
{
	struct spool spool;
	struct blob blob;
	bool whole;
	spool_init(&spool, p->o.limits->container_bytes);
	enum status st = spool_stdin(p, &spool, &whole, err);
	if (st == ST_ITEM) {
		st = unreadable(p, "-", err->msg, err);
	} else if (st == ST_OK && whole) {
		spool_blob(&spool, &blob);
		st = pipeline_blob(p, &blob, "-", err);
	}
	spool_free(&spool);
	if (st != ST_LATER)
		return st;
	left(p, "-", err);
	return ST_OK;
}

enum status pipeline_file(struct pipeline *p, const char *path, const char *problem,
			  struct err *err)
{
	struct opened o = {.blob.fd = -1};
	struct err why;
	if (!problem && strcmp(path, "-") == 0)
		return read_stdin(p, err);
	char *clean = ingest_clean_utf8(path, INGEST_SOURCE_MAX);
	enum status st = problem ? err_set(&why, ST_ITEM, "%s", problem)
				 : opened_file(&o, path, &p->small, p->o.cold, &why);
	if (st == ST_OK)
		st = read_blob(p, file_ticket_new(path, &o.seen), &o.blob, clean, &why);
	else if (st == ST_ITEM)
		st = unreadable(p, clean, why.msg, &why);
	if (st == ST_LATER) {
		left(p, clean, &why);
		st = ST_OK;
	}
	if (st != ST_OK)
		*err = why;
	free(clean);
	opened_close(&o);
	return st;
}

enum status pipeline_flush(struct pipeline *p, struct err *err)
{
	enum status st = input_release(p, true, err);
	return st == ST_OK ? pipeline_flush_early(p, err) : st;
}

enum status pipeline_flush_early(struct pipeline *p, struct err *err)
{
	return p->sink->flush(p->sink->ctx, err);
}

struct ingest_totals *pipeline_totals(struct pipeline *p)
{
	return &p->totals;
}

struct pipeline *pipeline_new(const struct pipeline_options *options, struct sink *sink)
{
	struct pipeline *p = mem_alloc(sizeof *p);
	p->o = *options;
	p->sink = sink;
	p->xml = xml_reader_new(p->o.rules, p->o.limits);
	if (sink->refusal)
		refused_open(p);
	p->authenticator = authenticator_new(p->o.auth, p->o.rules);
	p->stranger = authenticator_new(NULL, p->o.rules);
	sink->settled = pipeline_settled;
	sink->settled_ctx = p;
	return p;
}

void pipeline_free(struct pipeline *p)
{
	if (!p)
		return;
	input_forget_held(p);
	while (p->alive) { /* not settled: neither counted nor moved */
		struct ticket *t = p->alive;
		t->partial = true;
		t->refs = 1;
		ticket_put(p, t);
	}
	xml_reader_free(p->xml);
	bounce_reader_free(p->refused);
	authenticator_free(p->authenticator);
	authenticator_free(p->stranger);
	free(p->small);
	ingest_totals_free(&p->totals);
	free(p);
}
