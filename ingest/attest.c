/* The sink of one document: whose domain it is about, and who sent it, is asked when it turns out
 * to be a report, not before. */
#include <string.h>

#include "core/log.h"
#include "ingest/pipeline_priv.h"

static bool is_ours(const struct pipeline_options *o, const char *name)
{
	for (size_t i = 0; i < o->n_domains; i++)
		if (domain_is_below(name, o->domains[i]))
			return true;
	return false;
}

/* A bounce brings back what we sent: our own report about somebody else. */
static bool is_sent_by_us(const struct pipeline_options *o, const struct authentic *a)
{
	const char *at = a->from ? strrchr(a->from, '@') : NULL;
	return at && is_ours(o, at + 1);
}

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
	const struct pipeline_options *o = a->options;
	bool foreign = o->n_domains > 0 && !is_ours(o, report->policy.domain);
	/* of what is set aside anyway nobody asks who signed it */
	authenticate(foreign ? a->stranger : a->authenticator, a->mail, a->now, &a->authentic);
	tell(item, &a->authentic);
	if (!foreign)
		return a->sink->begin(a->sink->ctx, report, item, err);
	a->our_own = is_sent_by_us(o, &a->authentic);
	return err_set(err, ST_ITEM,
		       a->our_own ? "a report that we sent ourselves" : REASON_FOREIGN);
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
