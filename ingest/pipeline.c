#include "ingest/pipeline.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "core/buf.h"
#include "core/log.h"
#include "core/mem.h"
#include "ingest/files/mbox.h"
#include "ingest/files/opened.h"
#include "ingest/stream/spool.h"
#include "ingest/unpack.h"
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
	bool has_report; /* something in it was one, or should have been */
	bool partial;
};

struct pipeline {
	struct pipeline_options o;
	struct sink *sink;
	struct xml_reader *xml;
	struct ingest_totals totals;
	struct ticket *alive;
	uint8_t *small; /* a small file, while it is read */
};

/* ---- tickets ---- */

static struct file_ticket *file_ticket_new(const char *path, const struct stat *seen)
{
	struct file_ticket *f = mem_alloc(sizeof *f);
	f->path = path ? mem_strdup(path) : NULL;
	if (seen)
		f->seen = *seen;
	f->refs = 1;
	return f;
}

static void file_ticket_put(struct pipeline *p, struct file_ticket *f)
{
	struct err err;
	if (--f->refs > 0)
		return;
	if (p->o.archive && f->path && f->any && !f->partial &&
	    archive_move(p->o.archive, f->path, &f->seen, f->worst, &err) != ST_OK) {
		log_warn("%s", err.msg);
		p->totals.not_moved++;
	}
	if (f->id != 0 && f->any && !f->partial && p->o.done)
		p->o.done(p->o.done_ctx, f->id, f->worst);
	free(f->path);
	free(f);
}

static struct ticket *ticket_new(struct pipeline *p, struct file_ticket *file)
{
	struct ticket *t = mem_alloc(sizeof *t);
	t->file = file;
	t->refs = 1;
	file->refs++;
	t->next = p->alive;
	t->link = &p->alive;
	if (t->next)
		t->next->link = &t->next;
	p->alive = t;
	return t;
}

static void ticket_unlink(struct ticket *t)
{
	*t->link = t->next;
	if (t->next)
		t->next->link = t->link;
}

static void ticket_put(struct pipeline *p, struct ticket *t)
{
	if (--t->refs > 0)
		return;
	if (t->partial) {
		t->file->partial = true;
	} else {
		p->totals.inputs++;
		if (!t->has_report)
			p->totals.not_reports++;
		if (p->o.progress)
			atomic_fetch_add(&p->o.progress->done, 1);
	}
	struct file_ticket *f = t->file;
	ticket_unlink(t);
	free(t);
	file_ticket_put(p, f);
}

/* One line out of the warnings of a stored report. */
static void list_warnings(struct ingest_totals *t, const struct settlement *s)
{
	struct buf b;
	buf_init(&b, INGEST_REASON_MAX);
	for (unsigned i = 0; i < s->n_warnings; i++)
		buf_printf(&b, "%s%s", i ? "; " : "", s->warnings[i]);
	ingest_totals_problem(t, s->source, s->outcome, b.data ? b.data : "");
	buf_free(&b);
}

static void on_settled(void *ctx, const struct settlement *s)
{
	struct pipeline *p = ctx;
	struct ticket *t = s->ticket;
	struct ingest_totals *sum = &p->totals;
	sum->outcomes[s->outcome]++;
	if (s->outcome == OUT_STORED) {
		sum->records += s->records;
		sum->messages += s->messages;
	}
	if (s->outcome == OUT_STORED && s->n_warnings > 0)
		list_warnings(sum, s);
	else if (s->reason || !ingest_is_minor(s->outcome))
		ingest_totals_problem(sum, s->source, s->outcome, s->reason ? s->reason : "");
	if (p->o.progress && s->outcome == OUT_STORED)
		atomic_fetch_add(&p->o.progress->stored, 1);
	if (p->o.progress && !ingest_is_minor(s->outcome))
		atomic_fetch_add(&p->o.progress->aside, 1);
	struct file_ticket *f = t->file;
	/* A mail is filed by what it brought, also when that was in an earlier run. Of a file the
	 * name may be an old one's, of a mailbox the number is not. */
	enum outcome brought = s->again && f->id != 0 ? OUT_STORED : s->outcome;
	f->worst = f->any ? archive_worse(f->worst, brought) : brought;
	f->any = true;
	ticket_put(p, t);
}

/* ---- one input ---- */

static bool stopping(const struct pipeline *p)
{
	return p->o.stop && atomic_load(p->o.stop);
}

static enum status note(struct pipeline *p, struct ticket *t, const char *source,
			const struct blob *container, enum outcome outcome, const char *reason,
			struct err *err)
{
	struct item item = {.ticket = t, .source = source, .container = *container};
	if (outcome == OUT_REJECTED)
		t->has_report = true;
	t->noted++;
	t->refs++; /* settled() takes it back, now or later */
	enum status st = p->sink->note(p->sink->ctx, &item, outcome, reason, err);
	if (st != ST_OK)
		t->refs--; /* it will not be settled */
	return st;
}

struct visit {
	struct pipeline *p;
	struct ticket *t;
	bool stopped; /* by the flag, not by a failure */
};

static enum status read_xml(struct visit *v, const struct leaf *leaf, struct err *err)
{
	struct pipeline *p = v->p;
	struct ticket *t = v->t;
	struct item item = {.ticket = t, .source = leaf->source, .container = leaf->container};
	int64_t now = p->o.now ? p->o.now : (int64_t)time(NULL);
	enum xml_verdict verdict;
	struct err reason = {.msg = ""};
	t->refs++; /* for end(), which may settle before it returns */
	enum status st =
	    xml_read_report(p->xml, &leaf->xml, &item, now, p->sink, &verdict, &reason, err);
	if (st == ST_OK && verdict == XML_REPORT) {
		t->has_report = true;
		return ST_OK;
	}
	t->refs--;
	if (st == ST_ITEM)
		return note(p, t, leaf->source, &leaf->container, OUT_REJECTED, err->msg, err);
	if (st != ST_OK)
		return st;
	if (verdict == XML_DAMAGED)
		return note(p, t, leaf->source, &leaf->container, OUT_REJECTED, reason.msg, err);
	if (leaf->mail_body)
		return ST_OK;
	return note(p, t, leaf->source, &leaf->container, OUT_NOT_A_REPORT, reason.msg, err);
}

static enum status on_leaf(void *ctx, const struct leaf *leaf, struct err *err)
{
	struct visit *v = ctx;
	if (v->t->leaves > 0 && stopping(v->p)) {
		v->stopped = true;
		return err_set(err, ST_RETRY, "interrupted");
	}
	v->t->leaves++;
	switch (leaf->kind) {
	case LEAF_XML:
		return read_xml(v, leaf, err);
	case LEAF_BAD:
		return note(v->p, v->t, leaf->source, &leaf->container, OUT_REJECTED, leaf->reason,
			    err);
	case LEAF_OTHER:
		break;
	}
	if (leaf->mail_body)
		return ST_OK;
	return note(v->p, v->t, leaf->source, &leaf->container, OUT_NOT_A_REPORT, leaf->reason,
		    err);
}

/* A mail, a container or a bare report; source is clean. */
static enum status read_input(struct pipeline *p, struct file_ticket *file,
			      const struct blob *input, const char *source, struct err *err)
{
	struct ticket *t = ticket_new(p, file);
	struct visit v = {.p = p, .t = t};
	struct unpack_visitor visitor = {.ctx = &v, .leaf = on_leaf};
	enum status st = unpack(input, source, p->o.limits, &visitor, err);
	if (st == ST_ITEM)
		st = note(p, t, source, input, OUT_REJECTED, err->msg, err);
	/* An input of one document that was noted has its outcome; of several, the parts have
	 * theirs and the whole gets its own. */
	if (st == ST_OK && !t->has_report && !(t->leaves == 1 && t->noted == 1))
		st = note(p, t, source, input, OUT_NOT_A_REPORT, "no report in it", err);
	if (st != ST_OK)
		t->partial = true;
	ticket_put(p, t);
	return v.stopped ? ST_OK : st;
}

static enum status reject_input(struct pipeline *p, struct file_ticket *file, const char *source,
				const char *reason, struct err *err)
{
	static const struct blob nothing = {.mem = (const uint8_t *)"", .fd = -1};
	struct ticket *t = ticket_new(p, file);
	enum status st = note(p, t, source, &nothing, OUT_REJECTED, reason, err);
	if (st != ST_OK)
		t->partial = true;
	ticket_put(p, t);
	return st;
}

static enum status read_mbox(struct pipeline *p, struct file_ticket *file, const struct blob *input,
			     const char *source, struct err *err)
{
	struct mbox m;
	mbox_init(&m, input);
	for (;;) {
		struct blob mail;
		bool more = false;
		if (stopping(p)) {
			file->partial = true;
			return ST_OK;
		}
		enum status st = mbox_next(&m, &mail, &more, err);
		if (st == ST_ITEM)
			return reject_input(p, file, source, err->msg, err);
		if (st != ST_OK || !more)
			return st;
		struct buf name;
		buf_init(&name, INGEST_SOURCE_MAX);
		buf_printf(&name, "%s!mail%u", source, m.n);
		st = read_input(p, file, &mail, name.data ? name.data : source, err);
		buf_free(&name);
		if (st != ST_OK)
			return st;
	}
}

static enum status read_blob(struct pipeline *p, struct file_ticket *file, const struct blob *input,
			     const char *source, struct err *err)
{
	enum status st = mbox_looks_like(input) ? read_mbox(p, file, input, source, err)
						: read_input(p, file, input, source, err);
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
	enum status st = read_input(p, f, mail, clean, err);
	if (st != ST_OK)
		f->partial = true;
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
	enum status st = reject_input(p, f, clean, reason, err);
	file_ticket_put(p, f);
	free(clean);
	return st;
}

/* ---- where inputs come from ---- */

/* All of stdin into spool. poll() wakes now and then to look at the stop flag. *whole = false:
 * stopped. ST_ITEM: read error or over the ceiling. */
static enum status spool_stdin(struct pipeline *p, struct spool *spool, bool *whole,
			       struct err *err)
{
	char chunk[32 * 1024];
	*whole = false;
	while (!stopping(p)) {
		struct pollfd pfd = {.fd = STDIN_FILENO, .events = POLLIN};
		if (poll(&pfd, 1, 200) == 0)
			continue;
		ssize_t n = read(STDIN_FILENO, chunk, sizeof chunk);
		if (n < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (n < 0)
			return err_set(err, ST_ITEM, "stdin: %s", strerror(errno));
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
		struct file_ticket *f = file_ticket_new(NULL, NULL);
		st = reject_input(p, f, "-", err->msg, err);
		file_ticket_put(p, f);
	} else if (st == ST_OK && whole) {
		spool_blob(&spool, &blob);
		st = pipeline_blob(p, &blob, "-", err);
	}
	spool_free(&spool);
	return st;
}

enum status pipeline_file(struct pipeline *p, const char *path, const char *problem,
			  struct err *err)
{
	struct opened o = {.blob.fd = -1};
	enum status st;
	if (!problem && strcmp(path, "-") == 0)
		return read_stdin(p, err);
	if (!problem)
		problem = opened_file(&o, path, &p->small, p->o.cold);
	char *clean = ingest_clean_utf8(path, INGEST_SOURCE_MAX);
	if (problem) {
		struct file_ticket *f = file_ticket_new(NULL, NULL);
		st = reject_input(p, f, clean, problem, err);
		file_ticket_put(p, f);
	} else {
		st = read_blob(p, file_ticket_new(path, &o.seen), &o.blob, clean, err);
	}
	free(clean);
	opened_close(&o);
	return st;
}

enum status pipeline_flush(struct pipeline *p, struct err *err)
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
	sink->settled = on_settled;
	sink->settled_ctx = p;
	return p;
}

void pipeline_free(struct pipeline *p)
{
	if (!p)
		return;
	while (p->alive) { /* not settled: neither counted nor moved */
		struct ticket *t = p->alive;
		t->partial = true;
		t->refs = 1;
		ticket_put(p, t);
	}
	xml_reader_free(p->xml);
	free(p->small);
	ingest_totals_free(&p->totals);
	free(p);
}
