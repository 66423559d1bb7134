#include "ingest/xml/xml.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "core/text.h"
#include "ingest/xml/priv.h"

#define DICT_MAX (1 * MIB) /* names the parser keeps, from document to document too */

/* ---- the parser ---- */

static void new_parser(struct xml_reader *r)
{
	r->ctxt = xmlNewParserCtxt();
	if (!r->ctxt)
		abort(); /* out of memory */
	*r->ctxt->sax = xml_sax;
	r->ctxt->userData = r;
	r->names = (struct xml_names){0};
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
	r->input_ended = r->cut = r->bracket_added = r->encoding_broken = false;
	r->n_piece = 0;
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
	if (n < sizeof close || memcmp(r->tail + n - (sizeof close - 1), close, sizeof close - 1))
		return false;
	char before = r->tail[n - sizeof close];
	return before == '/' || before == ':';
}

/* Blanks after anything else could become part of it. */
static bool ends_in_tag(const struct xml_reader *r)
{
	size_t n = r->n_tail;
	while (n > 0 && ascii_is_space(r->tail[n - 1]))
		n--;
	return n > 0 && r->tail[n - 1] == '>';
}

static bool over_ceiling(struct xml_reader *r)
{
	if (r->input.bytes <= r->limits->report_bytes)
		return false;
	err_set(&r->why, ST_ITEM, "larger than %llu bytes",
		(unsigned long long)r->limits->report_bytes);
	return true;
}

/* The next piece of the document. false: there is none, or the pass is over. */
static bool next_piece(struct xml_reader *r)
{
	struct err err;
	enum status st = xml_input_next(&r->input, &r->piece, &r->n_piece, &err);
	if (st != ST_OK) { /* a damaged container, whatever the XML says; or a full disk */
		r->why = r->sink_err = err;
		r->sink_status = st;
		r->end = st == ST_ITEM ? END_DAMAGED : END_SINK;
	} else if (over_ceiling(r)) {
		r->end = END_DAMAGED;
	}
	if (r->end != END_GOING_ON)
		r->n_piece = 0;
	return r->n_piece > 0;
}

/*
 * The document has come to its end. What the parser may be given after it: the bracket that is
 * missing; or blanks, since it asks for more at every turn while it has less than 250 bytes left.
 */
static void after_input(struct xml_reader *r)
{
	static const char blanks[] =
	    "                                                                "
	    "                                                                "
	    "                                                                "
	    "                                                                ";
	r->input_ended = true;
	if (r->end != END_GOING_ON)
		return;
	r->bracket_added = only_bracket_missing(r);
	if (r->bracket_added) {
		r->piece = ">";
		r->n_piece = 1;
	} else if (!r->input.passthrough && ends_in_tag(r)) {
		r->piece = blanks;
		r->n_piece = sizeof blanks - 1;
	}
}

/* What the parser is given next, in r->piece. */
static void refill(struct xml_reader *r)
{
	if (r->end != END_GOING_ON || r->root_closed || r->input_ended)
		return;
	bool first = r->input.bytes == 0;
	if (!next_piece(r)) {
		after_input(r);
		return;
	}
	if (first)
		r->mentioned = memmem(r->piece, r->n_piece, "feedback", 8) != NULL;
	remember_tail(r, r->piece, r->n_piece);
	if (!xml_tag_measure(&r->tag, r->piece, r->n_piece)) {
		(void)err_set(&r->why, ST_ITEM, "a tag longer than %d bytes", LIMIT_XML_TAG);
		r->end = END_DAMAGED;
		r->n_piece = 0;
	}
}

/* libxml2 asks for more: the callback of xmlCtxtReadIO(). It takes less than all of room for the
 * end of the document: a name or an encoding would be cut there. */
static int pull(void *ctx, char *dst, int room)
{
	struct xml_reader *r = ctx;
	size_t size = (size_t)room, got = 0;
	while (got < size) {
		if (r->n_piece == 0)
			refill(r);
		if (r->n_piece == 0)
			break;
		size_t n = r->n_piece < size - got ? r->n_piece : size - got;
		memcpy(dst + got, r->piece, n);
		got += n;
		r->piece += n;
		r->n_piece -= n;
	}
	return (int)got;
}

/* The root is closed. The container may still turn out to be damaged, and what follows is noted. */
static void read_on(struct xml_reader *r)
{
	do
		for (; r->n_piece > 0 && !r->trailing; r->piece++, r->n_piece--)
			r->trailing = !ascii_is_space(*r->piece) && *r->piece != '\0';
	while (!r->input_ended && next_piece(r));
	if (r->end == END_GOING_ON)
		r->end = END_WHOLE;
	if (r->bracket_added && !r->trailing)
		warnings_add(&r->warnings, &r->arena,
			     "the document ends without its last character");
}

/* The parser came to an end before the root did, and gave no reason. */
static void ended_early(struct xml_reader *r)
{
	r->end = END_MALFORMED;
	if (r->encoding_broken)
		err_set(&r->why, ST_ITEM, "line %ld: bytes that are not of its encoding",
			xml_line(r));
	else if (r->depth == 0)
		err_set(&r->why, ST_ITEM, "XML without an element");
	else
		err_set(&r->why, ST_ITEM, "cut: the document ends in line %ld before </feedback>",
			xml_line(r));
}

static void say_nothing(void *ctx, const char *fmt, ...)
{
	(void)ctx, (void)fmt;
}

/* What belongs to no document: iconv trips over a byte. */
static void on_input_error(void *ctx, xmlErrorPtr e)
{
	struct xml_reader *r = ctx;
	if (e->code == XML_I18N_CONV_FAILED || e->code == XML_IO_ENCODER)
		r->encoding_broken = true;
}

static void run_stream(struct xml_reader *r, struct stream *s, bool repair)
{
	xml_input_init(&r->input, s, repair);
	xmlSetGenericErrorFunc(NULL, say_nothing); /* of this thread */
	xmlSetStructuredErrorFunc(r, on_input_error);
	xmlDocPtr doc = xmlCtxtReadIO(r->ctxt, pull, NULL, r, NULL, NULL, XML_PARSE_NONET);
	xmlSetStructuredErrorFunc(NULL, NULL); /* r may be gone before the thread */
	if (doc)                               /* a document type declaration made one */
		xmlFreeDoc(doc);
	if (r->end == END_GOING_ON && r->root_closed)
		read_on(r);
	else if (r->end == END_GOING_ON)
		ended_early(r);
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
		xmlFreeParserCtxt(r->ctxt);
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
