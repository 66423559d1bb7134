#include "ingest/xml.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "core/text.h"
#include "ingest/xml_priv.h"

#define DICT_MAX (1 * MIB) /* names the parser keeps, from document to document too */

/* ---- the parser ---- */

static void new_parser(struct xml_reader *r)
{
	xmlSAXHandler sax = xml_sax; /* libxml2 copies it, but wants it writable */
	r->ctxt = xmlCreatePushParserCtxt(&sax, r, NULL, 0, NULL);
	r->names = (struct xml_names){0};
	if (!r->ctxt)
		abort(); /* out of memory */
}

static void free_parser(struct xml_reader *r)
{
	if (r->ctxt->myDoc) /* a document type declaration made one */
		xmlFreeDoc(r->ctxt->myDoc);
	xmlFreeParserCtxt(r->ctxt);
}

/* ---- a pass ---- */

static void start_pass(struct xml_reader *r, enum pass pass)
{
	r->pass = pass;
	r->end = END_GOING_ON;
	r->depth = 0;
	r->skip = 0;
	r->place[0] = AT_DOCUMENT;
	r->root_seen = r->root_closed = r->doctype = r->wrapped = r->trailing = false;
	r->begun = r->head_done = r->mentioned = false;
	r->leaf = NULL;
	r->reason_text = r->text_cut = r->metadata_seen = false;
	r->policies = 0;
	r->warnings = (struct warnings){0};
	r->sum = (struct record_sum){0};
	r->report = (struct dmarc_report){0};
	r->n_chunk = 0;
	r->records = r->messages = r->dropped = 0;
	memset(r->flagged, 0, sizeof r->flagged);
	r->first_org[0] = '\0';
	r->mixed_orgs = false;
	r->n_tail = 0;
	r->tag = (struct xml_tag){0};
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
		if (!xml_tag_measure(&r->tag, p, n)) {
			(void)err_set(&r->why, ST_ITEM, "a tag longer than %d bytes",
				      LIMIT_XML_TAG);
			r->end = END_DAMAGED;
			return;
		}
		xmlParseChunk(r->ctxt, p, (int)n, 0);
		if (r->ctxt->instate == XML_PARSER_EOF && r->end == END_GOING_ON &&
		    !r->root_closed) {
			(void)err_set(&r->why, ST_ITEM,
				      "line %ld: bytes that are not of its encoding", xml_line(r));
			r->end = END_MALFORMED;
		}
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
			xml_line(r));
		r->end = END_MALFORMED;
	}
}

/* A document begins. libxml2 tells UTF-16 and UTF-32 from the bytes it is given at the reset. */
static void reset_parser(struct xml_reader *r, const char *p, size_t n)
{
	size_t head = r->input.passthrough && n >= 4 ? 4 : 0;
	xmlCtxtResetPush(r->ctxt, head ? p : NULL, (int)head, NULL, NULL);
	xmlCtxtUseOptions(r->ctxt, XML_PARSE_NONET);
	r->mentioned = memmem(p, n, "feedback", 8) != NULL;
	if (n > head)
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

static void say_nothing(void *ctx, const char *fmt, ...)
{
	(void)ctx, (void)fmt;
}

static void say_nothing_either(void *ctx, xmlErrorPtr e)
{
	(void)ctx, (void)e;
}

static void run_stream(struct xml_reader *r, struct stream *s, bool repair)
{
	struct err err;
	const char *p;
	size_t n = 1;
	bool first = true;
	xml_input_init(&r->input, s, repair);
	xmlSetGenericErrorFunc(NULL, say_nothing); /* of this thread: what iconv trips over */
	xmlSetStructuredErrorFunc(NULL, say_nothing_either);
	while (n > 0 && r->end == END_GOING_ON) {
		enum status st = xml_input_next(&r->input, &p, &n, &err);
		if (st != ST_OK) { /* a damaged container, whatever the XML says; or a full disk */
			r->why = r->sink_err = err;
			r->sink_status = st;
			r->end = st == ST_ITEM ? END_DAMAGED : END_SINK;
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
	if (r->policies > 1)
		warnings_add(&r->warnings, a, "%u policy_published: the first counts", r->policies);
	if (r->trailing)
		warnings_add(&r->warnings, a, "something follows the report and is ignored");
	if (r->input.replaced > 0)
		warnings_add(&r->warnings, a, "%llu bytes that are no text replaced",
			     (unsigned long long)r->input.replaced);
}

/* After a whole pass to the sink: the rest of it. */
static enum status deliver(struct xml_reader *r, bool repaired, struct err *err)
{
	xml_flush_records(r);
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

/* After a pass to the sink that saw the root closed, but no record: the head must do. */
static void begin_without_records(struct xml_reader *r)
{
	if (!xml_head_ready(r)) {
		r->end = END_NEED_SURVEY;
		return;
	}
	r->end = END_GOING_ON;
	xml_begin_report(r);
	if (r->end == END_GOING_ON)
		r->end = END_WHOLE;
}

/* What a full pass lacked. *again: it was found. */
static enum status look_ahead(struct xml_reader *r, const struct origin *origin, bool repair,
			      bool *again)
{
	enum status st;
	*again = false;
	if (r->end == END_NEED_SURVEY) {
		st = run(r, origin, PASS_SURVEY, repair);
		*again = st == ST_OK && survey_helps(r);
		return st;
	}
	st = run(r, origin, PASS_CONTENT, repair);
	if (st == ST_OK && r->end == END_WHOLE && !r->head_done)
		begin_without_records(r);
	if (st != ST_OK || r->end != END_WHOLE)
		return st;
	content_id(r);
	*again = true;
	return ST_OK;
}

/* All passes of one attempt: one, when the document is an ordinary one. */
static enum status attempt(struct xml_reader *r, const struct origin *origin, bool repair,
			   struct err *err)
{
	bool again = true;
	r->head_known = false;
	r->content_id = NULL;
	r->domain[0] = '\0';
	while (again) {
		enum status st = run(r, origin, PASS_FULL, repair);
		if (st == ST_OK && r->end == END_WHOLE && !r->head_done)
			begin_without_records(r);
		if (st == ST_OK && r->end == END_WHOLE) {
			st = deliver(r, repair, err);
			if (r->begun && r->end == END_SINK)
				r->sink->abort(r->sink->ctx);
			r->begun = false;
			return st;
		}
		if (r->begun)
			r->sink->abort(r->sink->ctx);
		r->begun = again = false;
		if (st == ST_OK && (r->end == END_NEED_SURVEY || r->end == END_NEED_CONTENT))
			st = look_ahead(r, origin, repair, &again);
		if (st != ST_OK) {
			*err = r->why;
			return st;
		}
	}
	return ST_OK;
}

/* It is no report, damaged or not, when nothing in it says so. */
static bool says_feedback(const struct xml_reader *r)
{
	return r->root_seen || r->mentioned;
}

enum status xml_read_report(struct xml_reader *r, const struct origin *origin,
			    const struct item *item, int64_t now, struct sink *sink,
			    enum xml_verdict *verdict, struct err *reason, struct err *err)
{
	r->item = item;
	r->now = now;
	r->sink = sink;
	if (xmlDictGetUsage(r->ctxt->dict) > DICT_MAX) {
		free_parser(r);
		new_parser(r);
	}
	enum status st = attempt(r, origin, false, err);
	if (st == ST_OK && r->end == END_MALFORMED) {
		struct err first = r->why;
		bool feedback = says_feedback(r);
		st = attempt(r, origin, true, err);
		if (st == ST_OK && (r->end == END_MALFORMED || r->end == END_DAMAGED)) {
			r->why = first;
			if (!feedback && !says_feedback(r))
				r->end = END_NOT_REPORT;
		}
	}
	if (st != ST_OK)
		return st;
	if (r->end == END_SINK) {
		*err = r->sink_err;
		return r->sink_status;
	}
	*reason = r->why;
	*verdict = r->end == END_WHOLE        ? XML_REPORT
		   : r->end == END_NOT_REPORT ? XML_NOT_A_REPORT
					      : XML_DAMAGED;
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
	r->rules = rules;
	r->limits = limits;
	r->normaliser = normaliser_new(rules);
	r->sha = sha256_new();
	new_parser(r);
	buf_init(&r->text, LIMIT_XML_TEXT);
	raw_record_init(&r->raw);
	return r;
}

void xml_reader_free(struct xml_reader *r)
{
	if (!r)
		return;
	free_parser(r);
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
