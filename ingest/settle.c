/* Tickets of a pipeline: what is not settled yet, and what follows when it is. */
#include <stdlib.h>

#include "core/buf.h"
#include "core/log.h"
#include "core/mem.h"
#include "ingest/pipeline_priv.h"

struct file_ticket *file_ticket_new(const char *path, const struct stat *seen)
{
	struct file_ticket *f = mem_alloc(sizeof *f);
	f->path = path ? mem_strdup(path) : NULL;
	if (seen)
		f->seen = *seen;
	f->refs = 1;
	return f;
}

void file_ticket_put(struct pipeline *p, struct file_ticket *f)
{
	struct err err;
	if (--f->refs > 0)
		return;
	if (p->o.archive && f->path && f->any && !f->partial &&
	    archive_move(p->o.archive, f->path, &f->seen, f->worst, &err) != ST_OK) {
		log_warn("%s: %s", f->path, err.msg);
		p->totals.not_moved++;
	}
	if (f->id != 0 && f->any && !f->partial && p->o.done)
		p->o.done(p->o.done_ctx, f->id, f->worst);
	free(f->path);
	free(f);
}

struct ticket *ticket_new(struct pipeline *p, struct file_ticket *file)
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

void ticket_put(struct pipeline *p, struct ticket *t)
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

void pipeline_settled(void *pipeline, const struct settlement *s)
{
	struct pipeline *p = pipeline;
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
