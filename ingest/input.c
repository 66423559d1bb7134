/* One input of a pipeline: its documents to the sink. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/buf.h"
#include "core/mem.h"
#include "ingest/pipeline_priv.h"
#include "ingest/source_name.h"
#include "ingest/unpack.h"
#include "ingest/xml/together.h"

bool pipeline_stopping(const struct pipeline *p)
{
	return p->o.stop && atomic_load(p->o.stop);
}

int64_t pipeline_now(const struct pipeline *p)
{
	return p->o.now ? p->o.now : (int64_t)time(NULL);
}

/* ---- outcomes ---- */

/* Who sent what cannot be read is not asked; but whether it came by a mail is not forgotten. */
static const struct authentic *unasked(bool in_mail)
{
	static const struct authentic somebody = {.mail = true};
	return in_mail ? &somebody : &authentic_nothing;
}

static enum status note_now(struct pipeline *p, struct ticket *t, const char *source,
			    const struct blob *container, enum outcome outcome, const char *reason,
			    struct err *err)
{
	struct item item = {
	    .ticket = t, .source = source, .container = *container, .auth = unasked(t->in_mail)};
	t->noted++;
	t->refs++; /* settled() takes it back, now or later */
	enum status st = p->sink->note(p->sink->ctx, &item, outcome, reason, err);
	if (st != ST_OK)
		t->refs--; /* it will not be settled */
	return st;
}

/* An outcome of an input, unless it has had very many of the kind: tell_rest() has those. */
static enum status note(struct pipeline *p, struct ticket *t, const char *source,
			const struct blob *container, enum outcome outcome, const char *reason,
			struct err *err)
{
	if (outcome == OUT_REJECTED)
		t->has_report = true;
	if (t->told[outcome]++ >= LIMIT_TOLD)
		return ST_OK;
	return note_now(p, t, source, container, outcome, reason, err);
}

/* What was not told one by one, as one outcome that keeps the input as a whole. */
static enum status tell_rest(struct pipeline *p, struct ticket *t, const char *source,
			     const struct blob *input, struct err *err)
{
	char reason[96];
	enum status st = ST_OK;
	uint64_t bad = t->told[OUT_REJECTED], other = t->told[OUT_NOT_A_REPORT];
	if (bad > LIMIT_TOLD) {
		snprintf(reason, sizeof reason, "%" PRIu64 " more in it that cannot be read",
			 bad - LIMIT_TOLD);
		st = note_now(p, t, source, input, OUT_REJECTED, reason, err);
	}
	if (st == ST_OK && other > LIMIT_TOLD) {
		snprintf(reason, sizeof reason, "%" PRIu64 " more in it that are no reports",
			 other - LIMIT_TOLD);
		st = note_now(p, t, source, input, OUT_NOT_A_REPORT, reason, err);
	}
	return st;
}

/* ---- reports from the future ---- */

static void forget(struct held *h)
{
	free(h->source);
	free(h->reason);
	free(h->bytes);
}

void input_forget_held(struct pipeline *p)
{
	for (size_t i = 0; i < p->n_held; i++)
		forget(&p->held[i]);
	free(p->held);
	p->held = NULL;
	p->n_held = p->cap_held = 0;
}

/* Rejected, but not yet: perhaps it is the clock. What is too large to wait is rejected at once. */
static enum status hold(struct pipeline *p, struct ticket *t, const char *source,
			const struct blob *container, const char *reason, struct err *err)
{
	struct clock_watch *c = p->o.clock;
	if (!c || clock_judge(c, false) == CLOCK_RIGHT || container->size > LIMIT_HELD_COPY ||
	    t->told[OUT_REJECTED] >= LIMIT_TOLD)
		return note(p, t, source, container, OUT_REJECTED, reason, err);
	struct held h = {
	    .ticket = t, .in_mail = t->in_mail, .container = {.size = container->size, .fd = -1}};
	h.bytes = mem_grow(NULL, container->size + 1, 1);
	ssize_t got = blob_read(container, 0, h.bytes, container->size);
	h.container.size = got > 0 ? (uint64_t)got : 0;
	h.container.mem = h.bytes;
	h.source = mem_strdup(source);
	h.reason = mem_strdup(reason);
	t->has_report = true;
	t->told[OUT_REJECTED]++;
	t->noted++;
	t->refs++;
	p->held = MEM_ROOM(p->held, p->n_held, p->cap_held);
	p->held[p->n_held++] = h;
	return ST_OK;
}

enum status input_release(struct pipeline *p, bool at_end, struct err *err)
{
	enum clock_verdict v = p->o.clock ? clock_judge(p->o.clock, at_end) : CLOCK_RIGHT;
	if (v == CLOCK_WRONG)
		return clock_complain(p->o.clock, pipeline_now(p), err);
	if (v == CLOCK_OPEN)
		return ST_OK;
	enum status st = ST_OK;
	size_t done = 0;
	while (done < p->n_held && st == ST_OK) {
		struct held *h = &p->held[done++];
		struct item item = {.ticket = h->ticket,
				    .source = h->source,
				    .container = h->container,
				    .auth = unasked(h->in_mail)};
		st = p->sink->note(p->sink->ctx, &item, OUT_REJECTED, h->reason, err);
		forget(h); /* its ticket waits for the sink now; or for pipeline_free() */
	}
	p->n_held -= done;
	if (p->n_held > 0)
		memmove(p->held, p->held + done, p->n_held * sizeof *p->held);
	return st;
}

/* ---- documents ---- */

struct visit {
	struct pipeline *p;
	struct ticket *t;
	bool stopped;    /* by the flag, not by a failure */
	uint64_t behind; /* documents that stood behind another, in all of its leaves */
};

/* What is behind a whole report must be one. */
enum place_of { FIRST, BEHIND };

/* One document of leaf, which origin reads. */
static enum status read_document(struct visit *v, const struct leaf *leaf,
				 const struct origin *origin, const char *source,
				 enum place_of place, enum xml_verdict *verdict, struct err *err)
{
	struct pipeline *p = v->p;
	struct ticket *t = v->t;
	struct attest attest = {.authenticator = p->authenticator,
				.stranger = p->stranger,
				.mail = leaf->mail,
				.now = pipeline_now(p),
				.options = &p->o,
				.sink = p->sink};
	struct sink sink = attest_sink(&attest);
	struct item item = {
	    .ticket = t, .source = source, .container = leaf->container, .auth = &attest.authentic};
	struct err reason = {.msg = ""};
	*verdict = XML_DAMAGED;
	t->refs++; /* for end(), which may settle before it returns */
	enum status st =
	    xml_read_report(p->xml, origin, &item, attest.now, &sink, verdict, &reason, err);
	if (p->o.clock && st == ST_OK && (*verdict == XML_REPORT || *verdict == XML_FROM_FUTURE))
		clock_saw(p->o.clock, *verdict == XML_FROM_FUTURE);
	if (st == ST_OK && *verdict == XML_REPORT) {
		t->has_report = true;
		return ST_OK;
	}
	t->refs--;
	if (st == ST_ITEM && attest.our_own)
		return note(p, t, source, &leaf->container, OUT_NOT_A_REPORT, err->msg, err);
	if (st == ST_ITEM)
		return note(p, t, source, &leaf->container, OUT_REJECTED, err->msg, err);
	if (st != ST_OK)
		return st;
	if (*verdict == XML_FROM_FUTURE)
		return hold(p, t, source, &leaf->container, reason.msg, err);
	if (*verdict == XML_DAMAGED || place == BEHIND)
		return note(p, t, source, &leaf->container, OUT_REJECTED, reason.msg, err);
	if (leaf->mail_body || leaf->again)
		return ST_OK;
	return note(p, t, source, &leaf->container, OUT_NOT_A_REPORT, reason.msg, err);
}

/* The documents behind the first. *n: how many there are. ST_ITEM: the bytes end in damage. */
static enum status read_others(struct visit *v, const struct leaf *leaf, struct together *t,
			       unsigned *n, struct err *err)
{
	enum status st = ST_OK;
	bool more = true;
	while (st == ST_OK) {
		struct blob doc;
		enum xml_verdict verdict;
		st = together_next(t, &doc, &more, err);
		if (st != ST_OK || !more)
			break;
		if (++v->behind > v->p->o.limits->documents)
			return err_set(err, ST_ITEM, "more than %" PRIu64 " documents in one input",
				       v->p->o.limits->documents);
		if (++*n >= LIMIT_TOGETHER)
			return err_set(err, ST_ITEM, "more than %d documents, one behind the other",
				       LIMIT_TOGETHER);
		struct origin origin = blob_origin(&doc);
		char *source = source_number(leaf->source, "document", *n + 1);
		st = read_document(v, leaf, &origin, source, BEHIND, &verdict, err);
		free(source);
	}
	return st;
}

/* Several documents in the same bytes are several reports. follows: something is there, and what
 * cannot be read of it is set aside. */
static enum status read_behind(struct visit *v, const struct leaf *leaf, bool follows,
			       struct err *err)
{
	struct pipeline *p = v->p;
	struct together *t = mem_alloc(sizeof *t);
	struct err why = {.msg = ""};
	unsigned n = 0;
	enum status st = together_open(t, &leaf->xml, p->o.limits, &why);
	if (st == ST_OK)
		st = read_others(v, leaf, t, &n, &why);
	together_close(t);
	free(t);
	if (st == ST_ITEM && (follows || n > 0))
		return note(p, v->t, leaf->source, &leaf->container, OUT_REJECTED, why.msg, err);
	if (st == ST_OK && follows && n == 0)
		return note(p, v->t, leaf->source, &leaf->container, OUT_REJECTED,
			    "what follows the report is no report", err);
	if (st == ST_ITEM)
		return ST_OK;
	if (st != ST_OK)
		*err = why;
	return st;
}

static enum status read_xml(struct visit *v, const struct leaf *leaf, bool *report, struct err *err)
{
	enum xml_verdict verdict;
	enum status st = read_document(v, leaf, &leaf->xml, leaf->source, FIRST, &verdict, err);
	if (st != ST_OK)
		return st;
	*report = verdict != XML_NOT_A_REPORT;
	if (verdict == XML_NOT_A_REPORT || !xml_follows(v->p->xml))
		return ST_OK;
	return read_behind(v, leaf, verdict == XML_REPORT, err);
}

static enum status on_leaf(void *ctx, const struct leaf *leaf, bool *report, struct err *err)
{
	struct visit *v = ctx;
	if (v->t->leaves > 0 && pipeline_stopping(v->p)) {
		v->stopped = true;
		return err_set(err, ST_RETRY, "interrupted");
	}
	v->t->leaves++;
	v->t->in_mail = leaf->mail != NULL;
	switch (leaf->kind) {
	case LEAF_XML:
		return read_xml(v, leaf, report, err);
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

/* ---- an input ---- */

enum status input_read(struct pipeline *p, struct file_ticket *file, const struct input *input,
		       struct err *err)
{
	struct ticket *t = ticket_new(p, file);
	struct visit v = {.p = p, .t = t};
	struct unpack_visitor visitor = {.ctx = &v, .mbox = input->mbox, .leaf = on_leaf};
	const struct blob *blob = input->blob;
	const char *source = input->source;
	enum status st;
	authenticator_forget(p->authenticator);
	xml_new_input(p->xml);
	authenticator_forget(p->stranger);
	if (p->refused)
		st = refused_read(p, t, input, err);
	else
		st = unpack(blob, source, p->o.limits, &visitor, err);
	t->in_mail = false; /* what is said now is of the input: it says itself whether it is one */
	if (st == ST_ITEM)
		st = note(p, t, source, blob, OUT_REJECTED, err->msg, err);
	if (st == ST_OK && input->doubt)
		st = note(p, t, source, blob, OUT_REJECTED, input->doubt, err);
	/* An input of one document that was noted has its outcome; of several, the parts have
	 * theirs and the whole gets its own. */
	if (st == ST_OK && !p->refused && !t->has_report && !(t->leaves == 1 && t->noted == 1))
		st = note_now(p, t, source, blob, OUT_NOT_A_REPORT, "no report in it", err);
	if (st == ST_OK)
		st = tell_rest(p, t, source, blob, err);
	if (st != ST_OK)
		t->partial = true;
	ticket_put(p, t);
	if (st == ST_OK)
		st = input_release(p, false, err);
	return v.stopped || (p->refused && st != ST_OK && pipeline_stopping(p)) ? ST_OK : st;
}

enum status input_reject(struct pipeline *p, struct file_ticket *file, const char *source,
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
