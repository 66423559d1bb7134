/* One input of a pipeline whose sink takes refused mail (core/bounce.h). */
#include "ingest/bounce/bounce.h"
#include "ingest/pipeline_priv.h"

struct visit {
	struct pipeline *p;
	struct ticket *t;
	const struct blob *container;
};

static enum status on_refusal(void *ctx, const struct refusal *r, struct err *err)
{
	struct visit *v = ctx;
	return v->p->sink->refusal(v->p->sink->ctx, r, err);
}

static enum status on_outcome(void *ctx, const struct bounce_outcome *o, struct err *err)
{
	struct visit *v = ctx;
	struct item item = {.ticket = v->t,
			    .source = o->source,
			    .container = *v->container,
			    .auth = &authentic_nothing};
	if (o->what == BOUNCE_REFUSALS || o->what == BOUNCE_CLEAN_LOG || o->what == BOUNCE_BAD)
		v->t->has_report = true;
	v->t->noted++;
	v->t->refs++; /* settled() takes it back, now or later */
	enum status st = v->p->sink->told(v->p->sink->ctx, o, &item, err);
	if (st != ST_OK)
		v->t->refs--; /* it will not be settled */
	return st;
}

void refused_open(struct pipeline *p)
{
	p->refused_options = (struct bounce_options){
	    .limits = p->o.limits, .rules = p->o.rules, .now = pipeline_now(p), .stop = p->o.stop};
	p->refused = bounce_reader_new(&p->refused_options);
}

enum status refused_read(struct pipeline *p, struct ticket *t, const struct input *input,
			 struct err *err)
{
	struct visit v = {.p = p, .t = t, .container = input->blob};
	const struct refusal_sink sink = {.ctx = &v, .refusal = on_refusal, .outcome = on_outcome};
	if (t->file->path)
		bounce_reader_written(p->refused, t->file->seen.st_mtime);
	enum status st = bounce_read(p->refused, input->blob, input->source, &sink, err);
	if (st != ST_OK)
		p->sink->abort(p->sink->ctx);
	return st;
}
