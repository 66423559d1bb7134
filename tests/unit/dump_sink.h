/*
 * dump_sink.h - a sink that writes down what it is given, and documents from memory, for tests.
 *
 *	struct reading d;
 *	read_document(&d, reader, text, strlen(text), 0);
 *	d.verdict, d.reason, d.text ...
 *	reading_free(&d);
 *
 * One line a record, then one line for the report and one a warning:
 *
 *	record 192.0.2.1 n=2 disp=none eval=pass/fail from=a.example efrom=- eto=-
 *	       reasons=[mailing_list "x"] dkim=[a.example s1 pass -] spf=[b.example mfrom pass -]
 *	       aligned=dkim cell=P3 flags=[]                                    (all in one line)
 *	report org=.. email=.. extra=.. id=.. begin=.. end=.. day=.. format=.. version=..
 *	       generator=.. errors=[..] domain=.. p=.. sp=.. np=.. adkim=.. aspf=.. pct=.. fo=..
 *	       testing=.. discovery=.. records=.. messages=..
 *	warning ...
 */
#ifndef TESTS_UNIT_DUMP_SINK_H
#define TESTS_UNIT_DUMP_SINK_H

#include <stdlib.h>
#include <string.h>

#include "core/buf.h"
#include "core/day.h"
#include "core/mem.h"
#include "ingest/xml/xml.h"

#define TEST_NOW 1795420800 /* 2026-11-23 08:00 UTC */

struct reading {
	enum xml_verdict verdict;
	struct err reason;
	enum status status;
	struct buf text;
	bool begun;
	unsigned begins, ends, aborts;
	uint64_t records, messages; /* as handed over */
	struct digest identity, content;
	char org[256], id[600], domain[256], p[64];
	int64_t begin, end;
	unsigned warnings;
	bool quiet;              /* count only */
	enum status records_say; /* what the sink answers */
	uint64_t max_chunk;
};

static inline const char *or_dash(const char *s)
{
	return !s ? "-" : *s ? s : "\"\"";
}

static inline void dump_record(struct buf *b, const struct dmarc_record *r)
{
	const struct dmarc_profile *p = r->profile;
	char ip[IP_STRLEN];
	unsigned flags = r->flags | p->flags;
	if (r->source.family)
		buf_printf(b, "record %s", ip_format(&r->source, ip));
	else
		buf_printf(b, "record raw=%s", or_dash(r->source_raw));
	buf_printf(b, " n=%llu disp=%s eval=%s/%s from=%s efrom=%s eto=%s reasons=[",
		   (unsigned long long)r->messages, or_dash(p->disposition.text),
		   or_dash(p->eval_dkim.text), or_dash(p->eval_spf.text), or_dash(p->header_from),
		   or_dash(p->envelope_from), or_dash(p->envelope_to));
	for (unsigned i = 0; i < p->n_reasons; i++)
		buf_printf(b, "%s%s %s", i ? ", " : "", or_dash(p->reasons[i].type.text),
			   or_dash(p->reasons[i].comment));
	buf_puts(b, "] dkim=[");
	for (unsigned i = 0; i < p->n_dkim; i++)
		buf_printf(b, "%s%s %s %s %s", i ? ", " : "", or_dash(p->dkim[i].domain),
			   or_dash(p->dkim[i].selector), or_dash(p->dkim[i].result.text),
			   or_dash(p->dkim[i].human_result));
	buf_puts(b, "] spf=[");
	for (unsigned i = 0; i < p->n_spf; i++)
		buf_printf(b, "%s%s %s %s %s", i ? ", " : "", or_dash(p->spf[i].domain),
			   or_dash(p->spf[i].scope.text), or_dash(p->spf[i].result.text),
			   or_dash(p->spf[i].human_result));
	buf_printf(b, "] aligned=%s%s cell=%s flags=[", p->aligned_dkim ? "dkim" : "",
		   p->aligned_spf ? "spf" : "", dmarc_cell_name(p->cell));
	for (int i = 0, n = 0; i < DMARC_FLAG_COUNT; i++)
		if (flags >> i & 1)
			buf_printf(b, "%s%s", n++ ? " " : "", dmarc_flag_names[i]);
	buf_puts(b, "]\n");
}

static inline void dump_report(struct buf *b, const struct dmarc_report *r)
{
	static const char *const formats[] = {"draft", "rfc7489", "rfc9990"};
	const struct dmarc_policy *p = &r->policy;
	char day[DAY_STRLEN];
	buf_printf(b, "report org=%s email=%s extra=%s id=%s begin=%lld end=%lld day=%s format=%s",
		   or_dash(r->org_name), or_dash(r->email), or_dash(r->extra_contact_info),
		   or_dash(r->report_id), (long long)r->begin, (long long)r->end,
		   day_format(r->day, day), formats[r->format]);
	buf_printf(b, " version=%s generator=%s errors=[", or_dash(r->version),
		   or_dash(r->generator));
	for (unsigned i = 0; i < r->n_errors; i++)
		buf_printf(b, "%s%s", i ? ", " : "", r->errors[i]);
	buf_printf(b, "] domain=%s p=%s sp=%s np=%s adkim=%s aspf=%s pct=%d fo=%s testing=%s",
		   or_dash(p->domain), or_dash(p->p.text), or_dash(p->sp.text), or_dash(p->np.text),
		   or_dash(p->adkim.text), or_dash(p->aspf.text), p->pct, or_dash(p->fo),
		   or_dash(p->testing));
	buf_printf(b, " discovery=%s records=%llu messages=%llu\n", or_dash(p->discovery_method),
		   (unsigned long long)r->n_records, (unsigned long long)r->n_messages);
	for (unsigned i = 0; i < r->n_warnings; i++)
		buf_printf(b, "warning %s\n", r->warnings[i]);
}

static inline enum status dump_begin(void *ctx, const struct dmarc_report *r,
				     const struct item *item, struct err *err)
{
	struct reading *d = ctx;
	(void)item, (void)err;
	if (d->begun || !r->org_name || !r->report_id || !r->policy.domain)
		abort();
	d->begun = true;
	d->begins++;
	d->records = d->messages = 0;
	buf_reset(&d->text);
	return ST_OK;
}

static inline enum status dump_records(void *ctx, const struct dmarc_record *records, size_t n,
				       struct err *err)
{
	struct reading *d = ctx;
	if (!d->begun || n == 0 || n > CHUNK_RECORDS)
		abort();
	d->records += n;
	if (n > d->max_chunk)
		d->max_chunk = n;
	for (size_t i = 0; i < n; i++) {
		d->messages += records[i].messages;
		if (!d->quiet)
			dump_record(&d->text, &records[i]);
	}
	if (d->records_say != ST_OK)
		return err_set(err, d->records_say, "the sink is unwell");
	return ST_OK;
}

static inline void copy_text(char *to, size_t size, const char *from)
{
	size_t n = from ? strlen(from) : 0;
	if (n >= size)
		n = size - 1;
	if (n > 0)
		memcpy(to, from, n);
	to[n] = '\0';
}

static inline enum status dump_end(void *ctx, const struct dmarc_report *r, const struct item *item,
				   struct err *err)
{
	struct reading *d = ctx;
	(void)item, (void)err;
	if (!d->begun || r->n_records != d->records || r->n_messages != d->messages)
		abort();
	d->begun = false;
	d->ends++;
	d->identity = r->identity;
	d->content = r->content;
	d->begin = r->begin;
	d->end = r->end;
	d->warnings = r->n_warnings;
	copy_text(d->org, sizeof d->org, r->org_name);
	copy_text(d->id, sizeof d->id, r->report_id);
	copy_text(d->domain, sizeof d->domain, r->policy.domain);
	copy_text(d->p, sizeof d->p, r->policy.p.text);
	dump_report(&d->text, r);
	return ST_OK;
}

static inline void dump_abort(void *ctx)
{
	struct reading *d = ctx;
	if (!d->begun)
		abort();
	d->begun = false;
	d->aborts++;
	buf_reset(&d->text);
}

/* ---- documents from memory ---- */

struct memory_document {
	const char *p;
	size_t n;
	size_t step;         /* bytes a read, 0: as many as wanted */
	const char *warning; /* of the stream, at its end */
	const char *damage;  /* the error met at its end */
	unsigned opened;
};

struct memory_stream {
	struct stream base;
	const struct memory_document *doc;
	size_t at;
};

static inline enum status memory_read(struct stream *base, void *dst, size_t n, size_t *got,
				      struct err *err)
{
	struct memory_stream *s = (struct memory_stream *)base;
	size_t left = s->doc->n - s->at;
	if (s->doc->step && n > s->doc->step)
		n = s->doc->step;
	*got = left < n ? left : n;
	if (*got > 0)
		memcpy(dst, s->doc->p + s->at, *got);
	s->at += *got;
	if (*got == 0 && s->doc->damage)
		return err_set(err, ST_ITEM, "%s", s->doc->damage);
	if (*got == 0)
		base->warning = s->doc->warning;
	return ST_OK;
}

static inline void memory_close(struct stream *s)
{
	free(s);
}

static inline enum status memory_open(const struct origin *o, struct stream **out, struct err *err)
{
	static const struct stream_ops ops = {memory_read, memory_close};
	struct memory_stream *s = mem_alloc(sizeof *s);
	(void)err;
	s->base.ops = &ops;
	s->doc = o->ctx;
	((struct memory_document *)(uintptr_t)o->ctx)->opened++;
	*out = &s->base;
	return ST_OK;
}

static inline void read_origin(struct reading *d, struct xml_reader *reader, const struct origin *o)
{
	struct item item = {.source = "test", .auth = &authentic_nothing};
	struct err err = {.msg = ""};
	struct sink sink = {.ctx = d,
			    .begin = dump_begin,
			    .records = dump_records,
			    .end = dump_end,
			    .abort = dump_abort};
	buf_init(&d->text, 64 * MIB);
	d->status =
	    xml_read_report(reader, o, &item, TEST_NOW, &sink, &d->verdict, &d->reason, &err);
	if (d->begun || d->begins != d->ends + d->aborts)
		abort();
	if (d->text.len == 0)
		buf_puts(&d->text, "");
}

/* d is overwritten but for quiet and records_say. */
static inline void read_document(struct reading *d, struct xml_reader *reader, const char *p,
				 size_t n, size_t step)
{
	struct memory_document doc = {.p = p, .n = n, .step = step};
	struct origin o = {memory_open, &doc};
	*d = (struct reading){.quiet = d->quiet, .records_say = d->records_say};
	read_origin(d, reader, &o);
}

static inline void reading_free(struct reading *d)
{
	buf_free(&d->text);
}

#endif
