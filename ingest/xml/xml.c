#include "ingest/xml/xml.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "ingest/xml/priv.h"

/* ---- the parser ---- */

static void new_parser(struct xml_reader *r)
{
	r->ctxt = xmlNewParserCtxt();
	if (!r->ctxt)
		mem_die();
	*r->ctxt->sax = xml_sax;
	r->ctxt->userData = r;
	r->names = (struct xml_names){0};
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
				    DMARC_BAD_NAME | DMARC_CUT | DMARC_IP_TRIMMED | DMARC_ADDED;
	for (int bit = 0; bit < DMARC_FLAG_COUNT; bit++)
		if (r->flagged[bit] > 0 && (odd >> bit & 1))
			warnings_add(&r->warnings, a, "%llu records with flag %s",
				     (unsigned long long)r->flagged[bit], dmarc_flag_names[bit]);
	if (r->policies > 1)
		warnings_add(&r->warnings, a, "%u policy_published: the first counts", r->policies);
	if (r->misplaced > 0)
		warnings_add(&r->warnings, a,
			     "%u <record> or <row> where none is expected: not read", r->misplaced);
	if (r->trailing && !r->follows)
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
		st = xml_run(r, origin, PASS_SURVEY, repair);
		*again = st == ST_OK && survey_helps(r);
		return st;
	}
	st = xml_run(r, origin, PASS_CONTENT, repair);
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
		enum status st = xml_run(r, origin, PASS_FULL, repair);
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
	r->future = r->follows = false;
	if (xmlDictGetUsage(r->ctxt->dict) > XML_NAMES_BYTES ||
	    xmlDictSize(r->ctxt->dict) > LIMIT_XML_NAMES) {
		xmlFreeParserCtxt(r->ctxt);
		new_parser(r);
	}
	r->names_before = xmlDictSize(r->ctxt->dict);
	enum status st = attempt(r, origin, false, err);
	bool cut_short = st == ST_OK && r->cut_short;
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
		   : r->future                ? XML_FROM_FUTURE
					      : XML_DAMAGED;
	if (*verdict == XML_DAMAGED || *verdict == XML_FROM_FUTURE)
		r->follows = !cut_short && r->input.bytes <= r->limits->report_bytes;
	return ST_OK;
}

bool xml_follows(const struct xml_reader *r)
{
	return r->follows;
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
	/* else a document would be damaged, or end early, for want of memory */
	xmlMemSetup(free, mem_malloc, mem_realloc, mem_strdup);
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

void xml_new_input(struct xml_reader *r)
{
	r->months = (struct head_months){0};
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
