/* The sink of one document: who sent it is asked when it turns out to be a report, not before. */
#include "core/log.h"
#include "ingest/pipeline_priv.h"

static void tell(const struct item *item, const struct authentic *a)
{
	const char *from = a->from ? a->from : "nobody, or several";
	if (!a->mail)
		return;
	if (a->domain)
		log_debug("%s: from %s: %s (%s: %s)", item->source, from, auth_names[a->result],
			  auth_by_names[a->by], a->domain);
	else
		log_debug("%s: from %s: %s", item->source, from, auth_names[a->result]);
}

static enum status on_begin(void *ctx, const struct dmarc_report *report, const struct item *item,
			    struct err *err)
{
	struct attest *a = ctx;
	authenticate(a->authenticator, a->mail, a->now, &a->authentic);
	tell(item, &a->authentic);
	return a->sink->begin(a->sink->ctx, report, item, err);
}

static enum status on_records(void *ctx, const struct dmarc_record *records, size_t n,
			      struct err *err)
{
	struct attest *a = ctx;
	return a->sink->records(a->sink->ctx, records, n, err);
}

static enum status on_end(void *ctx, const struct dmarc_report *report, const struct item *item,
			  struct err *err)
{
	struct attest *a = ctx;
	return a->sink->end(a->sink->ctx, report, item, err);
}

static void on_abort(void *ctx)
{
	struct attest *a = ctx;
	a->sink->abort(a->sink->ctx);
}

struct sink attest_sink(struct attest *a)
{
	a->authentic = authentic_nothing;
	return (struct sink){
	    .ctx = a, .begin = on_begin, .records = on_records, .end = on_end, .abort = on_abort};
}
