#include "ingest/xml.h"

#include <libxml/parser.h>
#include <libxml/parserInternals.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "core/text.h"
#include "ingest/xml_head.h"
#include "ingest/xml_input.h"

#define NAMESPACE_9990 "urn:ietf:params:xml:ns:dmarc-2.0"

/* Why a pass over the document ended. */
enum end {
	END_GOING_ON,
	END_WHOLE,        /* the root was closed */
	END_NOT_REPORT,   /* why: another document */
	END_DAMAGED,      /* why: it cannot be stored */
	END_MALFORMED,    /* why: the text is no XML: another attempt with repair may help */
	END_NEED_SURVEY,  /* records came before what they need to be understood */
	END_NEED_CONTENT, /* there is no report_id: the content must be known first */
	END_SINK,         /* the sink failed: sink_status, sink_err */
};

enum pass {
	PASS_FULL,    /* to the sink */
	PASS_SURVEY,  /* the head, and whose mail the records are about */
	PASS_CONTENT, /* only the digest */
};

struct xml_reader {
	const struct name_rules *rules;
	const struct limits *limits;
	struct normaliser *normaliser;
	struct sha256 *sha;
	xmlParserCtxtPtr ctxt;
	struct xml_input input;
	struct arena head_arena;  /* of one document: raw head */
	struct arena arena;       /* of one pass: report, warnings */
	struct arena chunk_arena; /* of one chunk: source_raw */

	/* the document */
	const struct item *item;
	struct sink *sink;
	int64_t now;
	bool head_known; /* by the survey: the pass does not read it again */
	struct raw_head head;
	char domain[DOMAIN_SIZE]; /* taken from the records when the policy has none */
	const char *content_id;   /* stands in for a report_id */

	/* the pass */
	enum pass pass;
	enum end end;
	struct err why;
	enum status sink_status;
	struct err sink_err;
	enum xml_place place[LIMIT_XML_DEPTH + 1];
	int depth;
	unsigned skip; /* depth inside an element that is not read */
	bool root_closed, doctype, wrapped, trailing, begun, head_done;
	const struct xml_field *leaf; /* whose text is gathered */
	bool reason_text, text_cut, policy_seen, metadata_seen;
	struct buf text;
	struct raw_record raw;
	struct dmarc_report report;
	struct warnings warnings;
	struct record_sum sum;
	struct dmarc_record chunk[CHUNK_RECORDS];
	size_t n_chunk;
	uint64_t records, messages, dropped;
	uint64_t flagged[DMARC_FLAG_COUNT];
	char first_org[DOMAIN_SIZE]; /* survey: of the records' header_from */
	bool mixed_orgs;
	char tail[32]; /* the last bytes fed */
	size_t n_tail;
};

static void stop(struct xml_reader *r, enum end end)
{
	if (r->end == END_GOING_ON)
		r->end = end;
	xmlStopParser(r->ctxt);
}

static long line(const struct xml_reader *r)
{
	return r->ctxt->input ? r->ctxt->input->line : 0;
}

/* ---- records to the sink ---- */

static void sink_failed(struct xml_reader *r, enum status st)
{
	r->sink_status = st;
	r->end = END_SINK;
	xmlStopParser(r->ctxt);
}

static void flush_chunk(struct xml_reader *r)
{
	if (r->n_chunk > 0 && r->pass == PASS_FULL) {
		enum status st = r->sink->records(r->sink->ctx, r->chunk, r->n_chunk, &r->sink_err);
		if (st != ST_OK)
			sink_failed(r, st);
	}
	r->n_chunk = 0;
	arena_reset(&r->chunk_arena);
	normaliser_trim(r->normaliser);
}

/* Is there enough of the head to understand records? */
static bool head_ready(const struct xml_reader *r)
{
	char domain[DOMAIN_SIZE];
	if (r->head_known)
		return true;
	return r->head.metadata && r->head.policy && head_domain(&r->head, r->rules, domain);
}

/* The head is complete: begin the report. */
static void begin(struct xml_reader *r)
{
	char domain[DOMAIN_SIZE];
	if (r->head_done || r->end != END_GOING_ON)
		return;
	if (!head_domain(&r->head, r->rules, domain)) {
		memcpy(domain, r->domain, sizeof domain);
		warnings_add(&r->warnings, &r->arena,
			     "no usable policy domain: \"%s\" is taken from the records", domain);
	}
	enum status st = head_read(&r->head, arena_strdup(&r->arena, domain), r->now, &r->arena,
				   &r->warnings, &r->report, &r->why);
	if (st != ST_OK) {
		stop(r, END_DAMAGED);
		return;
	}
	if (!r->report.report_id && !r->content_id && r->pass == PASS_FULL) {
		stop(r, END_NEED_CONTENT);
		return;
	}
	if (!r->report.report_id && r->content_id) {
		r->report.report_id = r->content_id;
		warnings_add(&r->warnings, &r->arena, "no report_id: its content stands in for it");
	}
	head_identity(r->sha, &r->report);
	r->head_done = true;
	if (r->pass != PASS_FULL)
		return;
	st = r->sink->begin(r->sink->ctx, &r->report, r->item, &r->sink_err);
	if (st == ST_OK)
		r->begun = true;
	else
		sink_failed(r, st);
}

static void survey_record(struct xml_reader *r)
{
	char from[DOMAIN_SIZE];
	const char *org;
	if (!normalise_header_from(r->normaliser, &r->raw, from, &org))
		return;
	if (r->first_org[0] == '\0')
		memcpy(r->first_org, org, strlen(org) + 1);
	else if (strcmp(r->first_org, org) != 0)
		r->mixed_orgs = true;
}

static void end_record(struct xml_reader *r)
{
	struct dmarc_record *rec = &r->chunk[r->n_chunk];
	if (r->pass == PASS_SURVEY) {
		survey_record(r);
		return;
	}
	if (!normalise_record(r->normaliser, &r->raw, rec)) {
		r->dropped++;
		return;
	}
	if (++r->records > r->limits->records) {
		err_set(&r->why, ST_ITEM, "more than %llu records",
			(unsigned long long)r->limits->records);
		stop(r, END_DAMAGED);
		return;
	}
	r->messages += rec->messages;
	unsigned flags = rec->flags | rec->profile->flags;
	for (int bit = 0; flags && bit < DMARC_FLAG_COUNT; bit++)
		r->flagged[bit] += flags >> bit & 1;
	record_sum_add(&r->sum, rec);
	rec->source_raw = arena_strdup(&r->chunk_arena, rec->source_raw);
	if (++r->n_chunk == CHUNK_RECORDS)
		flush_chunk(r);
}

static void begin_record(struct xml_reader *r)
{
	if (r->pass != PASS_SURVEY) {
		if (!head_ready(r)) {
			stop(r, END_NEED_SURVEY);
			return;
		}
		begin(r);
	}
	raw_record_begin(&r->raw, r->report.policy.adkim.code, r->report.policy.aspf.code);
}

/* ---- elements ---- */

static void begin_place(struct xml_reader *r, enum xml_place place)
{
	r->place[r->depth] = place;
	switch (place) {
	case AT_METADATA:
		if (r->metadata_seen || r->head_known)
			r->skip = 1;
		r->metadata_seen = true;
		break;
	case AT_POLICY:
		if (r->policy_seen && !r->head_known)
			warnings_add(&r->warnings, &r->arena,
				     "several policy_published: the first counts");
		if (r->policy_seen || r->head_known)
			r->skip = 1;
		r->policy_seen = true;
		break;
	case AT_RECORD:
		begin_record(r);
		break;
	case AT_DKIM:
		raw_record_add(&r->raw, RAW_DKIM, "", 0);
		break;
	case AT_SPF:
		raw_record_add(&r->raw, RAW_SPF, "", 0);
		break;
	case AT_REASON:
		raw_record_add(&r->raw, RAW_REASON, "", 0);
		r->reason_text = true;
		buf_reset(&r->text);
		break;
	default:
		break;
	}
}

static void begin_leaf(struct xml_reader *r, const struct xml_field *f)
{
	r->leaf = f;
	r->reason_text = false;
	r->text_cut = false;
	buf_reset(&r->text);
}

static void begin_root(struct xml_reader *r, const char *name, const xmlChar *uri)
{
	if (strcmp(name, "schema") == 0 && !r->wrapped) { /* <xs:schema> around it, never closed */
		r->wrapped = true;
		return;
	}
	if (strcmp(name, "feedback") != 0) {
		err_set(&r->why, ST_ITEM, "XML, but its root is <%.60s>", name);
		stop(r, END_NOT_REPORT);
	} else if (r->doctype) {
		err_set(&r->why, ST_ITEM, "a DOCTYPE is refused");
		stop(r, END_DAMAGED);
	} else {
		if (r->wrapped)
			warnings_add(&r->warnings, &r->arena, "<schema> around the report");
		if (uri && strcmp((const char *)uri, NAMESPACE_9990) == 0)
			r->head.namespace9990 = true;
		r->depth = 1;
		begin_place(r, AT_FEEDBACK);
	}
}

static void on_start(void *ctx, const xmlChar *localname, const xmlChar *prefix, const xmlChar *uri,
		     int n_namespaces, const xmlChar **namespaces, int n_attributes,
		     int n_defaulted, const xmlChar **attributes)
{
	struct xml_reader *r = ctx;
	const char *name = (const char *)localname;
	(void)prefix, (void)n_namespaces, (void)namespaces, (void)n_attributes, (void)n_defaulted,
	    (void)attributes;
	if (r->root_closed || r->end != END_GOING_ON)
		return;
	if (r->skip > 0 || r->leaf) { /* an element inside a text is not expected: not read */
		if (++r->skip > LIMIT_XML_DEPTH) {
			err_set(&r->why, ST_ITEM, "line %ld: elements nested more than %d deep",
				line(r), LIMIT_XML_DEPTH);
			stop(r, END_DAMAGED);
		}
		return;
	}
	if (r->depth == 0) {
		begin_root(r, name, uri);
		return;
	}
	const struct xml_field *f = xml_field_find(r->place[r->depth], name);
	if (!f || (f->meaning == XML_HEAD && r->head_known)) {
		r->skip = 1;
		return;
	}
	if (f->meaning == XML_PLACE) {
		r->depth++;
		begin_place(r, (enum xml_place)f->what);
		if (r->skip > 0) /* counted as one element that is skipped, not as a place */
			r->depth--;
	} else {
		begin_leaf(r, f);
	}
}

static void head_text(struct xml_reader *r, enum head_field field, const char *s, size_t n)
{
	if (n == 0)
		return;
	char *text = arena_strndup(&r->head_arena, s, n);
	if (field == HEAD_ERROR) {
		if (r->head.n_errors < LIMIT_ERRORS)
			r->head.errors[r->head.n_errors++] = text;
	} else if (!r->head.text[field]) {
		r->head.text[field] = text;
	}
}

static void end_leaf(struct xml_reader *r)
{
	const char *s = r->text.data ? r->text.data : "";
	size_t n = r->text.len;
	if (r->text_cut)
		n = utf8_valid_prefix(s, n);
	text_trim(&s, &n);
	if (r->leaf->meaning == XML_HEAD) {
		if (r->text_cut)
			warnings_add(&r->warnings, &r->arena, "%s cut to %d bytes", r->leaf->name,
				     LIMIT_XML_TEXT);
		head_text(r, (enum head_field)r->leaf->what, s, n);
	} else {
		raw_record_add(&r->raw, (enum raw_tag)r->leaf->what, s, n);
		if (r->text_cut)
			raw_record_add(&r->raw, RAW_CUT, "", 0);
	}
	r->leaf = NULL;
}

static void end_place(struct xml_reader *r)
{
	const char *s = r->text.data;
	size_t n = r->text.len;
	switch (r->place[r->depth]) {
	case AT_METADATA:
		r->head.metadata = true;
		break;
	case AT_POLICY:
		r->head.policy = true;
		break;
	case AT_REASON:
		if (!r->reason_text)
			break;
		text_trim(&s, &n);
		if (n > 0)
			raw_record_add(&r->raw, RAW_REASON_TEXT, s, n);
		r->reason_text = false;
		break;
	case AT_RECORD:
		end_record(r);
		break;
	case AT_FEEDBACK:
		r->root_closed = true;
		break;
	default:
		break;
	}
	r->depth--;
}

static void on_end(void *ctx, const xmlChar *localname, const xmlChar *prefix, const xmlChar *uri)
{
	struct xml_reader *r = ctx;
	(void)localname, (void)prefix, (void)uri;
	if (r->root_closed || r->end != END_GOING_ON)
		return;
	if (r->skip > 0)
		r->skip--;
	else if (r->leaf)
		end_leaf(r);
	else if (r->depth > 0)
		end_place(r);
}

static void on_text(void *ctx, const xmlChar *s, int len)
{
	struct xml_reader *r = ctx;
	if ((!r->leaf && !r->reason_text) || r->skip > 0)
		return;
	size_t n = (size_t)len, room = r->text.max - r->text.len;
	if (n > room) {
		n = room;
		r->text_cut = true;
	}
	buf_put(&r->text, s, n);
}

static void on_doctype(void *ctx, const xmlChar *name, const xmlChar *external,
		       const xmlChar *system)
{
	struct xml_reader *r = ctx;
	(void)external, (void)system;
	r->doctype = true;
	if (!xmlStrEqual(name, BAD_CAST "feedback")) {
		/* it may still lie about its root: that shows at the root */
		return;
	}
	err_set(&r->why, ST_ITEM, "line %ld: a DOCTYPE is refused", line(r));
	stop(r, END_DAMAGED);
}

/* XML's own five only: whatever a document declares does not exist. */
static xmlEntityPtr on_entity(void *ctx, const xmlChar *name)
{
	(void)ctx;
	return xmlGetPredefinedEntity(name);
}

static void on_error(void *ctx, xmlErrorPtr e)
{
	struct xml_reader *r = ctx;
	if (e->code == XML_ERR_DOCUMENT_END && r->root_closed)
		r->trailing = true;
	if (e->level != XML_ERR_FATAL || r->root_closed || r->end != END_GOING_ON)
		return;
	const char *text = e->message ? e->message : "not well-formed";
	err_set(&r->why, ST_ITEM, "line %d, byte %llu: %.*s", e->line,
		(unsigned long long)r->input.bytes, (int)strcspn(text, "\n"), text);
	r->end = END_MALFORMED;
}

/* ---- a pass ---- */

static void start_pass(struct xml_reader *r, enum pass pass)
{
	r->pass = pass;
	r->end = END_GOING_ON;
	r->depth = 0;
	r->skip = 0;
	r->place[0] = AT_DOCUMENT;
	r->root_closed = r->doctype = r->wrapped = r->trailing = r->begun = r->head_done = false;
	r->leaf = NULL;
	r->reason_text = r->text_cut = r->policy_seen = r->metadata_seen = false;
	r->warnings = (struct warnings){0};
	r->sum = (struct record_sum){0};
	r->report = (struct dmarc_report){0};
	r->n_chunk = 0;
	r->records = r->messages = r->dropped = 0;
	memset(r->flagged, 0, sizeof r->flagged);
	r->first_org[0] = '\0';
	r->mixed_orgs = false;
	r->n_tail = 0;
	buf_reset(&r->text);
	arena_reset(&r->arena);
	arena_reset(&r->chunk_arena);
	if (!r->head_known) {
		r->head = (struct raw_head){0};
		arena_reset(&r->head_arena);
	}
}

static void remember_tail(struct xml_reader *r, const char *p, size_t n)
{
	if (n >= sizeof r->tail) {
		memcpy(r->tail, p + n - sizeof r->tail, sizeof r->tail);
		r->n_tail = sizeof r->tail;
		return;
	}
	size_t keep = r->n_tail + n > sizeof r->tail ? sizeof r->tail - n : r->n_tail;
	memmove(r->tail, r->tail + r->n_tail - keep, keep);
	memcpy(r->tail + keep, p, n);
	r->n_tail = keep + n;
}

/* One reporter always ends its documents with "</feedback", without the last character. */
static bool only_bracket_missing(const struct xml_reader *r)
{
	static const char close[] = "feedback";
	size_t n = r->n_tail;
	while (n > 0 && (ascii_is_space(r->tail[n - 1]) || r->tail[n - 1] == '\0'))
		n--;
	if (r->depth != 1 || r->skip > 0 || r->leaf || n < sizeof close)
		return false;
	if (memcmp(r->tail + n - (sizeof close - 1), close, sizeof close - 1) != 0)
		return false;
	char before = r->tail[n - sizeof close];
	return before == '/' || before == ':';
}

static void feed(struct xml_reader *r, const char *p, size_t n)
{
	if (!r->root_closed) {
		remember_tail(r, p, n);
		xmlParseChunk(r->ctxt, p, (int)n, 0);
		return;
	}
	for (size_t i = 0; i < n && !r->trailing; i++)
		r->trailing = !ascii_is_space(p[i]) && p[i] != '\0';
}

/* The stream is at its end. */
static void finish_feeding(struct xml_reader *r)
{
	if (!r->root_closed && r->end == END_GOING_ON && only_bracket_missing(r)) {
		xmlParseChunk(r->ctxt, ">", 1, 0);
		if (r->root_closed)
			warnings_add(&r->warnings, &r->arena,
				     "the document ends without its last character");
	}
	if (r->end != END_GOING_ON)
		return;
	if (r->root_closed) {
		r->end = END_WHOLE;
	} else if (r->depth == 0) { /* nothing was opened: libxml2 may still wait for more */
		err_set(&r->why, ST_ITEM, "XML without an element");
		r->end = END_MALFORMED;
	} else {
		/* or libxml2 still waits for the ';' of an '&' that begins no reference */
		err_set(&r->why, ST_ITEM, "cut: the document ends in line %ld before </feedback>",
			line(r));
		r->end = END_MALFORMED;
	}
}

/* A document begins. libxml2 tells UTF-16 and UTF-32 from the bytes it is given at the reset. */
static void reset_parser(struct xml_reader *r, const char *p, size_t n)
{
	size_t head = r->input.passthrough && n >= 4 ? 4 : 0;
	xmlCtxtResetPush(r->ctxt, head ? p : NULL, (int)head, NULL, NULL);
	xmlCtxtUseOptions(r->ctxt, XML_PARSE_NONET);
	feed(r, p + head, n - head);
}

static bool over_ceiling(struct xml_reader *r)
{
	if (r->input.bytes <= r->limits->report_bytes)
		return false;
	err_set(&r->why, ST_ITEM, "larger than %llu bytes",
		(unsigned long long)r->limits->report_bytes);
	return true;
}

static void run_stream(struct xml_reader *r, struct stream *s, bool repair)
{
	struct err err;
	const char *p;
	size_t n = 1;
	xml_input_init(&r->input, s, repair);
	bool first = true;
	while (n > 0 && r->end == END_GOING_ON) {
		if (xml_input_next(&r->input, &p, &n, &err) != ST_OK) {
			r->why = err; /* a damaged container, whatever the XML says */
			r->end = END_DAMAGED;
			return;
		}
		if (first)
			reset_parser(r, p, n);
		else if (n > 0)
			feed(r, p, n);
		first = false;
		if (over_ceiling(r) && (r->end == END_GOING_ON || r->end == END_WHOLE))
			r->end = END_DAMAGED;
	}
	finish_feeding(r);
}

static enum status run(struct xml_reader *r, const struct origin *origin, enum pass pass,
		       bool repair)
{
	struct stream *s;
	start_pass(r, pass);
	enum status st = origin->open(origin, &s, &r->why);
	if (st == ST_ITEM) {
		r->end = END_DAMAGED;
		return ST_OK;
	}
	if (st != ST_OK)
		return st;
	run_stream(r, s, repair);
	if (r->end == END_WHOLE && s->warning)
		warnings_add(&r->warnings, &r->arena, "%s", s->warning);
	stream_close(s);
	return ST_OK;
}

/* ---- a whole document ---- */

/* What a look at everything must have found. */
static bool survey_helps(struct xml_reader *r)
{
	char domain[DOMAIN_SIZE];
	if (r->end != END_WHOLE)
		return false;
	r->end = END_DAMAGED;
	if (!r->head.metadata) {
		err_set(&r->why, ST_ITEM, "no report_metadata");
		return false;
	}
	if (!head_domain(&r->head, r->rules, domain)) {
		if (r->first_org[0] == '\0' || r->mixed_orgs) {
			err_set(&r->why, ST_ITEM, "no usable policy domain");
			return false;
		}
		memcpy(r->domain, r->first_org, sizeof r->domain);
	}
	r->head_known = true;
	return true;
}

static void content_id(struct xml_reader *r)
{
	static const char hex[] = "0123456789abcdef";
	char id[] = "sha256:0123456789abcdef";
	r->report.n_records = r->records;
	r->report.n_messages = r->messages;
	head_content(r->sha, &r->sum, &r->report);
	for (int i = 0; i < 8; i++) {
		id[7 + 2 * i] = hex[r->report.content.b[i] >> 4];
		id[8 + 2 * i] = hex[r->report.content.b[i] & 15];
	}
	r->head_known = true; /* so that its arena stays */
	r->content_id = arena_strdup(&r->head_arena, id);
	if (!r->domain[0])
		head_domain(&r->head, r->rules, r->domain);
}

static void record_warnings(struct xml_reader *r)
{
	struct arena *a = &r->arena;
	if (r->dropped > 0)
		warnings_add(&r->warnings, a, "%llu empty records dropped",
			     (unsigned long long)r->dropped);
	/* what is odd in the text; the marks for diagnosis are no warnings */
	static const unsigned odd = DMARC_BAD_IP | DMARC_BAD_COUNT | DMARC_UNKNOWN_WORD |
				    DMARC_BAD_NAME | DMARC_CUT | DMARC_IP_TRIMMED;
	for (int bit = 0; bit < DMARC_FLAG_COUNT; bit++)
		if (r->flagged[bit] > 0 && (odd >> bit & 1))
			warnings_add(&r->warnings, a, "%llu records with flag %s",
				     (unsigned long long)r->flagged[bit], dmarc_flag_names[bit]);
	if (r->trailing)
		warnings_add(&r->warnings, a, "something follows the report and is ignored");
	if (r->input.replaced > 0)
		warnings_add(&r->warnings, a, "%llu bytes that are no text replaced",
			     (unsigned long long)r->input.replaced);
}

/* After a whole pass to the sink: the rest of it. */
static enum status deliver(struct xml_reader *r, bool repaired, struct err *err)
{
	flush_chunk(r);
	if (r->end != END_WHOLE)
		return ST_OK;
	if (repaired)
		warnings_add(&r->warnings, &r->arena,
			     "the XML was not well-formed and had to be repaired");
	record_warnings(r);
	warnings_close(&r->warnings, &r->arena);
	r->report.n_records = r->records;
	r->report.n_messages = r->messages;
	r->report.warnings = r->warnings.list;
	r->report.n_warnings = r->warnings.n;
	head_content(r->sha, &r->sum, &r->report);
	enum status st = r->sink->end(r->sink->ctx, &r->report, r->item, err);
	r->begun = false; /* it is the sink's now, whatever it answered */
	return st;
}

/* All passes of one attempt. */
static enum status attempt(struct xml_reader *r, const struct origin *origin, bool repair,
			   struct err *err)
{
	enum status st = ST_OK;
	r->head_known = false;
	r->content_id = NULL;
	r->domain[0] = '\0';
	for (int i = 0; i < 4 && st == ST_OK; i++) {
		st = run(r, origin, PASS_FULL, repair);
		if (st != ST_OK)
			break;
		if (r->end == END_WHOLE && !r->head_done) { /* no records: the head must do */
			if (!head_ready(r)) {
				r->end = END_NEED_SURVEY;
			} else {
				r->end = END_GOING_ON;
				begin(r);
				if (r->end == END_GOING_ON)
					r->end = END_WHOLE;
			}
		}
		if (r->end == END_WHOLE)
			return deliver(r, repair, err);
		if (r->begun)
			r->sink->abort(r->sink->ctx);
		r->begun = false;
		if (r->end == END_NEED_SURVEY) {
			st = run(r, origin, PASS_SURVEY, repair);
			if (st == ST_OK && !survey_helps(r))
				break;
		} else if (r->end == END_NEED_CONTENT) {
			st = run(r, origin, PASS_CONTENT, repair);
			if (st != ST_OK || r->end != END_WHOLE)
				break;
			if (!r->head_done) {
				r->end = END_GOING_ON;
				begin(r);
				if (r->end != END_GOING_ON)
					break;
			}
			content_id(r);
		} else {
			break;
		}
	}
	if (st != ST_OK)
		*err = r->why;
	return st;
}

enum status xml_read_report(struct xml_reader *r, const struct origin *origin,
			    const struct item *item, int64_t now, struct sink *sink,
			    enum xml_verdict *verdict, struct err *reason, struct err *err)
{
	r->item = item;
	r->now = now;
	r->sink = sink;
	enum status st = attempt(r, origin, false, err);
	if (st == ST_OK && r->end == END_MALFORMED) {
		struct err first = r->why;
		st = attempt(r, origin, true, err);
		if (st == ST_OK && (r->end == END_MALFORMED || r->end == END_DAMAGED))
			r->why = first;
	}
	if (st != ST_OK)
		return st;
	if (r->end == END_SINK) {
		*err = r->sink_err;
		return r->sink_status;
	}
	*reason = r->why;
	switch (r->end) {
	case END_WHOLE:
		*verdict = XML_REPORT;
		break;
	case END_NOT_REPORT:
		*verdict = XML_NOT_A_REPORT;
		break;
	default:
		*verdict = XML_DAMAGED;
		break;
	}
	return ST_OK;
}

/* ---- the reader ---- */

static xmlParserInputPtr refuse_external(const char *url, const char *id, xmlParserCtxtPtr ctxt)
{
	(void)url, (void)id, (void)ctxt;
	return NULL;
}

static pthread_once_t once = PTHREAD_ONCE_INIT;

static void init_libxml(void)
{
	xmlInitParser();
	xmlSetExternalEntityLoader(refuse_external);
}

struct xml_reader *xml_reader_new(const struct name_rules *rules, const struct limits *limits)
{
	pthread_once(&once, init_libxml);
	struct xml_reader *r = mem_alloc(sizeof *r);
	xmlSAXHandler sax = {
	    .initialized = XML_SAX2_MAGIC,
	    .startElementNs = on_start,
	    .endElementNs = on_end,
	    .characters = on_text,
	    .cdataBlock = on_text,
	    .ignorableWhitespace = on_text,
	    .internalSubset = on_doctype,
	    .getEntity = on_entity,
	    .serror = on_error,
	};
	r->rules = rules;
	r->limits = limits;
	r->normaliser = normaliser_new(rules);
	r->sha = sha256_new();
	r->ctxt = xmlCreatePushParserCtxt(&sax, r, NULL, 0, NULL);
	buf_init(&r->text, LIMIT_XML_TEXT);
	raw_record_init(&r->raw);
	return r;
}

void xml_reader_free(struct xml_reader *r)
{
	if (!r)
		return;
	xmlFreeParserCtxt(r->ctxt);
	normaliser_free(r->normaliser);
	sha256_free(r->sha);
	xml_input_free(&r->input);
	arena_free(&r->head_arena);
	arena_free(&r->arena);
	arena_free(&r->chunk_arena);
	buf_free(&r->text);
	raw_record_free(&r->raw);
	free(r);
}
