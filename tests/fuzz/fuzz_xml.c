/* A document through the whole reader, in pieces, into a sink that looks at everything. */
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "core/text.h"
#include "dns/names.h"
#include "ingest/xml/together.h"
#include "ingest/xml/xml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct bytes {
	const uint8_t *p;
	size_t n;
};

struct piece_stream {
	struct stream base;
	const struct bytes *b;
	size_t at;
};

static enum status piece_read(struct stream *base, void *dst, size_t n, size_t *got,
			      struct err *err)
{
	struct piece_stream *s = (struct piece_stream *)base;
	(void)err;
	size_t left = s->b->n - s->at;
	*got = left < n ? left : n;
	if (*got > 977)
		*got = 977;
	memcpy(dst, s->b->p + s->at, *got);
	s->at += *got;
	return ST_OK;
}

static void piece_close(struct stream *s)
{
	free(s);
}

static const struct stream_ops ops = {piece_read, piece_close};

static enum status piece_open(const struct origin *o, struct stream **out, struct err *err)
{
	(void)err;
	struct piece_stream *s = mem_alloc(sizeof *s);
	s->base.ops = &ops;
	s->b = o->ctx;
	*out = &s->base;
	return ST_OK;
}

static int open_reports;

static void look(const char *s)
{
	if (s && utf8_valid_prefix(s, strlen(s)) != strlen(s))
		abort();
}

static enum status on_begin(void *ctx, const struct dmarc_report *r, const struct item *i,
			    struct err *err)
{
	(void)ctx, (void)i, (void)err;
	look(r->org_name);
	look(r->report_id);
	if (!r->org_name || !r->report_id || !r->policy.domain || open_reports++ != 0)
		abort();
	return ST_OK;
}

static enum status on_records(void *ctx, const struct dmarc_record *r, size_t n, struct err *err)
{
	(void)ctx, (void)err;
	for (size_t i = 0; i < n; i++) {
		look(r[i].source_raw);
		look(r[i].profile->header_from);
		for (unsigned k = 0; k < r[i].profile->n_reasons; k++)
			look(r[i].profile->reasons[k].comment);
	}
	return ST_OK;
}

static enum status on_end(void *ctx, const struct dmarc_report *r, const struct item *i,
			  struct err *err)
{
	(void)ctx, (void)i, (void)err;
	for (unsigned k = 0; k < r->n_warnings; k++)
		look(r->warnings[k]);
	open_reports--;
	return ST_OK;
}

static void on_abort(void *ctx)
{
	(void)ctx;
	open_reports--;
}

/* What stands behind the first document, whatever that was. */
static void read_others(const struct origin *origin, const struct limits *limits, size_t size)
{
	static struct together t;
	struct blob doc;
	struct err err;
	bool more = true;
	uint64_t sum = 0;
	if (together_open(&t, origin, limits, &err) != ST_OK)
		abort();
	while (more && together_next(&t, &doc, &more, &err) == ST_OK)
		sum += more ? doc.size : 0;
	if (sum > 2 * size)
		abort();
	together_close(&t);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct limits limits = LIMITS_DEFAULT;
	static struct xml_reader *reader;
	static struct sink sink = {
	    .begin = on_begin, .records = on_records, .end = on_end, .abort = on_abort};
	struct bytes b = {data, size};
	struct origin origin = {piece_open, &b};
	struct item item = {.source = "fuzz", .auth = &authentic_nothing};
	enum xml_verdict verdict;
	struct err reason, err;
	if (!reader)
		reader = xml_reader_new(names_open(), &limits);
	open_reports = 0;
	if (xml_read_report(reader, &origin, &item, 1800000000, &sink, &verdict, &reason, &err) !=
		ST_OK ||
	    open_reports != 0)
		abort();
	read_others(&origin, &limits, size);
	return 0;
}
