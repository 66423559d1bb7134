#include "cli/command/parse_json.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/buf.h"
#include "core/json.h"
#include "core/limits.h"
#include "core/log.h"
#include "core/mem.h"
#include "ingest/stream/spool.h"

/* One record: some hundred values of at most LIMIT_TEXT, six bytes each when escaped. */
#define RECORD_MAX (64 * MIB)
#define HEAD_MAX   (64 * MIB)

struct parse_sink {
	struct sink sink;
	FILE *out;
	struct buf line;     /* one record, or the head */
	struct spool *spool; /* records of the report at hand */
	struct spool store;
	bool comma; /* a record is in it */
};

static void put_word(struct json *j, const char *key, const struct dmarc_word *w)
{
	json_key(j, key);
	json_string(j, w->text);
}

static void put_string(struct json *j, const char *key, const char *s)
{
	json_key(j, key);
	json_string(j, s);
}

static void put_strings(struct json *j, const char *key, const char *const *s, unsigned n)
{
	json_key(j, key);
	json_array(j);
	for (unsigned i = 0; i < n; i++)
		json_string(j, s[i]);
	json_end(j);
}

static void put_policy(struct json *j, const struct dmarc_policy *p)
{
	json_key(j, "policy");
	json_object(j);
	put_string(j, "domain", p->domain);
	put_word(j, "p", &p->p);
	put_word(j, "sp", &p->sp);
	put_word(j, "np", &p->np);
	put_word(j, "adkim", &p->adkim);
	put_word(j, "aspf", &p->aspf);
	json_key(j, "pct");
	if (p->pct < 0)
		json_null(j);
	else
		json_int(j, p->pct);
	put_string(j, "fo", p->fo);
	put_string(j, "testing", p->testing);
	put_string(j, "discovery_method", p->discovery_method);
	json_end(j);
}

static void put_auth(struct json *j, const struct dmarc_profile *p)
{
	json_key(j, "dkim");
	json_array(j);
	for (unsigned i = 0; i < p->n_dkim; i++) {
		json_object(j);
		put_string(j, "domain", p->dkim[i].domain);
		put_string(j, "selector", p->dkim[i].selector);
		put_word(j, "result", &p->dkim[i].result);
		put_string(j, "human_result", p->dkim[i].human_result);
		json_end(j);
	}
	json_end(j);
	json_key(j, "spf");
	json_array(j);
	for (unsigned i = 0; i < p->n_spf; i++) {
		json_object(j);
		put_string(j, "domain", p->spf[i].domain);
		put_word(j, "scope", &p->spf[i].scope);
		put_word(j, "result", &p->spf[i].result);
		put_string(j, "human_result", p->spf[i].human_result);
		json_end(j);
	}
	json_end(j);
}

static void put_evaluated(struct json *j, const struct dmarc_profile *p)
{
	put_word(j, "disposition", &p->disposition);
	json_key(j, "evaluated");
	json_object(j);
	put_word(j, "dkim", &p->eval_dkim);
	put_word(j, "spf", &p->eval_spf);
	json_end(j);
	json_key(j, "reasons");
	json_array(j);
	for (unsigned i = 0; i < p->n_reasons; i++) {
		json_object(j);
		put_word(j, "type", &p->reasons[i].type);
		put_string(j, "comment", p->reasons[i].comment);
		json_end(j);
	}
	json_end(j);
}

static void put_judgement(struct json *j, const struct dmarc_profile *p, unsigned flags)
{
	json_key(j, "aligned");
	json_object(j);
	json_key(j, "dkim");
	json_bool(j, p->aligned_dkim);
	json_key(j, "spf");
	json_bool(j, p->aligned_spf);
	json_end(j);
	put_string(j, "cell", dmarc_cell_name(p->cell));
	json_key(j, "flags");
	json_array(j);
	for (unsigned i = 0; i < DMARC_FLAG_COUNT; i++) {
		if (flags & (1u << i))
			json_string(j, dmarc_flag_names[i]);
	}
	json_end(j);
}

static void put_record(struct buf *b, const struct dmarc_record *r)
{
	const struct dmarc_profile *p = r->profile;
	struct json j;
	char ip[IP_STRLEN];
	json_init(&j, b);
	json_object(&j);
	put_string(&j, "source_ip", r->source.family ? ip_format(&r->source, ip) : NULL);
	if (r->source.family == 0)
		put_string(&j, "source_ip_raw", r->source_raw);
	json_key(&j, "count");
	json_uint(&j, r->messages);
	put_evaluated(&j, p);
	put_string(&j, "header_from", p->header_from);
	put_string(&j, "envelope_from", p->envelope_from);
	put_string(&j, "envelope_to", p->envelope_to);
	put_auth(&j, p);
	put_judgement(&j, p, r->flags | p->flags);
	json_end(&j);
}

static void put_head(struct json *j, const struct dmarc_report *r, const char *source)
{
	static const char *const formats[] = {
	    [DMARC_DRAFT] = "draft", [DMARC_RFC7489] = "rfc7489", [DMARC_RFC9990] = "rfc9990"};
	json_object(j);
	put_string(j, "schema", "ruascope.report/1");
	put_string(j, "source", source);
	put_string(j, "org_name", r->org_name);
	put_string(j, "email", r->email);
	put_string(j, "extra_contact_info", r->extra_contact_info);
	put_string(j, "report_id", r->report_id);
	json_key(j, "begin");
	json_int(j, r->begin);
	json_key(j, "end");
	json_int(j, r->end);
	put_string(j, "format", formats[r->format]);
	put_strings(j, "errors", r->errors, r->n_errors);
	put_string(j, "generator", r->generator);
	put_string(j, "auth", auth_names[AUTH_UNKNOWN]); /* nobody is asked here */
	put_policy(j, &r->policy);
	json_key(j, "records");
	json_array(j);
}

/* ---- the sink ---- */

static void forget(struct parse_sink *p)
{
	if (p->spool)
		spool_free(p->spool);
	p->spool = NULL;
}

static enum status on_begin(void *ctx, const struct dmarc_report *report, const struct item *item,
			    struct err *err)
{
	struct parse_sink *p = ctx;
	(void)report, (void)item, (void)err;
	forget(p);
	spool_init(&p->store, UINT64_MAX);
	p->spool = &p->store;
	p->comma = false;
	return ST_OK;
}

static enum status on_records(void *ctx, const struct dmarc_record *records, size_t n,
			      struct err *err)
{
	struct parse_sink *p = ctx;
	enum status st = ST_OK;
	for (size_t i = 0; i < n && st == ST_OK; i++) {
		buf_reset(&p->line);
		if (p->comma)
			buf_putc(&p->line, ',');
		p->comma = true;
		put_record(&p->line, &records[i]);
		if (p->line.failed)
			return err_set(err, ST_ITEM, "a record is too large to print");
		st = spool_put(p->spool, p->line.data, p->line.len, err);
	}
	return st;
}

static bool copy_records(struct parse_sink *p)
{
	char chunk[16 * 1024];
	struct blob b;
	uint64_t at = 0;
	ssize_t n;
	spool_blob(p->spool, &b);
	while ((n = blob_read(&b, at, chunk, sizeof chunk)) > 0) {
		fwrite(chunk, 1, (size_t)n, p->out);
		at += (uint64_t)n;
	}
	return at == b.size;
}

static enum status on_end(void *ctx, const struct dmarc_report *report, const struct item *item,
			  struct err *err)
{
	struct parse_sink *p = ctx;
	struct json j;
	buf_reset(&p->line);
	json_init(&j, &p->line);
	put_head(&j, report, item->source);
	size_t head = p->line.len;
	json_end(&j);
	put_strings(&j, "warnings", report->warnings, report->n_warnings);
	json_end(&j);
	if (p->line.failed)
		return err_set(err, ST_ITEM, "the head of the report is too large to print");
	fwrite(p->line.data, 1, head, p->out);
	if (!copy_records(p))
		return err_set(err, ST_FATAL, "temporary file: %s", strerror(errno));
	fwrite(p->line.data + head, 1, p->line.len - head, p->out);
	fputc('\n', p->out);
	forget(p);
	if (ferror(p->out))
		return err_set(err, ST_FATAL, "output: %s", strerror(errno));
	struct settlement s = {.ticket = item->ticket,
			       .source = item->source,
			       .outcome = OUT_STORED,
			       .records = report->n_records,
			       .messages = report->n_messages};
	p->sink.settled(p->sink.settled_ctx, &s);
	return ST_OK;
}

static void on_abort(void *ctx)
{
	forget(ctx);
}

static enum status on_note(void *ctx, const struct item *item, enum outcome outcome,
			   const char *reason, struct err *err)
{
	struct parse_sink *p = ctx;
	(void)err;
	if (outcome == OUT_REJECTED)
		log_warn("%s: rejected: %s", item->source, reason);
	else
		log_info("%s: not a report: %s", item->source, reason);
	struct settlement s = {
	    .ticket = item->ticket, .source = item->source, .outcome = outcome, .reason = reason};
	p->sink.settled(p->sink.settled_ctx, &s);
	return ST_OK;
}

static enum status on_flush(void *ctx, struct err *err)
{
	struct parse_sink *p = ctx;
	if (fflush(p->out) != 0 || ferror(p->out))
		return err_set(err, ST_FATAL, "output: %s", strerror(errno));
	return ST_OK;
}

struct parse_sink *parse_sink_new(FILE *out)
{
	struct parse_sink *p = mem_alloc(sizeof *p);
	p->out = out;
	buf_init(&p->line, RECORD_MAX > HEAD_MAX ? RECORD_MAX : HEAD_MAX);
	p->sink = (struct sink){
	    .ctx = p,
	    .begin = on_begin,
	    .records = on_records,
	    .end = on_end,
	    .abort = on_abort,
	    .note = on_note,
	    .flush = on_flush,
	};
	return p;
}

struct sink *parse_sink_get(struct parse_sink *p)
{
	return &p->sink;
}

void parse_sink_free(struct parse_sink *p)
{
	if (!p)
		return;
	forget(p);
	buf_free(&p->line);
	free(p);
}
