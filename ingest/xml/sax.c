#include <libxml/parserInternals.h>
#include <string.h>

#include "core/text.h"
#include "ingest/xml/priv.h"

#define ATTRIBUTES_MAX 256 /* the parser compares each with each; a report needs three */
#define NAMESPACE_9990 "urn:ietf:params:xml:ns:dmarc-2.0"

static void stop(struct xml_reader *r, enum end end)
{
	if (r->end == END_GOING_ON)
		r->end = end;
	xmlStopParser(r->ctxt);
}

long xml_line(const struct xml_reader *r)
{
	return r->ctxt->input ? r->ctxt->input->line : 0;
}

/* Has the parser taken all there is? Then what it is at may be cut. */
static bool at_end(const struct xml_reader *r)
{
	const xmlParserInputPtr in = r->ctxt->input;
	return (r->input_ended || r->encoding_broken) && in && in->cur >= in->end;
}

/* ---- records to the sink ---- */

static void sink_failed(struct xml_reader *r, enum status st)
{
	r->sink_status = st;
	r->end = END_SINK;
	xmlStopParser(r->ctxt);
}

void xml_flush_records(struct xml_reader *r)
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

bool xml_head_ready(const struct xml_reader *r)
{
	char domain[DOMAIN_SIZE];
	if (r->head_known)
		return true;
	return r->head.metadata && r->head.policy && head_domain(&r->head, r->rules, domain);
}

void xml_begin_report(struct xml_reader *r)
{
	char domain[DOMAIN_SIZE];
	if (r->head_done)
		return;
	if (!head_domain(&r->head, r->rules, domain)) {
		memcpy(domain, r->domain, sizeof domain);
		warnings_add(&r->warnings, &r->arena,
			     "no usable policy domain: \"%s\" is taken from the records", domain);
	}
	enum status st = head_read(&r->head, arena_strdup(&r->arena, domain), r->now, &r->arena,
				   &r->warnings, &r->report, &r->why);
	if (st == ST_OK)
		st = head_bounds(&r->report, r->limits, &r->months, &r->why);
	if (st != ST_OK) {
		r->future = head_from_future(&r->head, r->now);
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
	struct digest values;
	if (r->pass == PASS_SURVEY) {
		survey_record(r);
		return;
	}
	if (!normalise_record(r->normaliser, &r->raw, rec, &values)) {
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
	for (; flags; flags &= flags - 1)
		r->flagged[__builtin_ctz(flags)]++;
	record_sum_add(&r->sum, rec, &values);
	rec->source_raw = arena_strdup(&r->chunk_arena, rec->source_raw);
	if (++r->n_chunk == CHUNK_RECORDS || normaliser_full(r->normaliser))
		xml_flush_records(r);
}

static void begin_record(struct xml_reader *r)
{
	if (r->pass != PASS_SURVEY) {
		if (!xml_head_ready(r)) {
			stop(r, END_NEED_SURVEY);
			return;
		}
		xml_begin_report(r);
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
		if (r->policies++ > 0 || r->head_known)
			r->skip = 1;
		break;
	case AT_RECORD:
		begin_record(r);
		break;
	case AT_ROW:
		r->raw.rows++;
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

/* Bare text in <reason>, up to its first child. */
static void end_reason_text(struct xml_reader *r)
{
	const char *s = r->text.data ? r->text.data : "";
	size_t n = r->text.len;
	if (!r->reason_text)
		return;
	text_trim(&s, &n);
	if (n > 0)
		raw_record_add(&r->raw, RAW_REASON_TEXT, s, n);
	r->reason_text = false;
}

static void begin_leaf(struct xml_reader *r, const struct xml_field *f)
{
	end_reason_text(r);
	r->leaf = f;
	r->text_cut = false;
	buf_reset(&r->text);
}

static void begin_root(struct xml_reader *r, const char *name, const xmlChar *uri)
{
	r->root_seen = true;
	if (strcmp(name, "schema") == 0 && !r->wrapped) { /* <xs:schema> around it, never closed */
		r->wrapped = true;
		return;
	}
	if (strcmp(name, "feedback") != 0 && r->holds) {
		err_set(&r->why, ST_ITEM, "<feedback> inside of <%.60s>", name);
		stop(r, END_DAMAGED);
	} else if (strcmp(name, "feedback") != 0) {
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
		r->root_uri = uri;
		r->depth = 1;
		begin_place(r, AT_FEEDBACK);
	}
}

/* RFC 9990 has room for what is not in it: an <extension>, or elements of another namespace. */
static bool is_extension(const struct xml_reader *r, const char *name, const xmlChar *uri)
{
	return strncmp(name, "extension", 9) == 0 || uri != r->root_uri;
}

/* Is something lost when it is not read? */
static bool is_telling(const struct xml_reader *r, const char *name)
{
	return !r->skip_extension && (strcmp(name, "record") == 0 || strcmp(name, "row") == 0);
}

/* An unknown element directly in the root may have records in it. */
static bool is_wrapper(const struct xml_reader *r, const char *name)
{
	return r->place[r->depth] == AT_FEEDBACK && strcmp(name, "feedback") != 0 &&
	       strcmp(name, "row") != 0;
}

static void on_start(void *ctx, const xmlChar *localname, const xmlChar *prefix, const xmlChar *uri,
		     int n_namespaces, const xmlChar **namespaces, int n_attributes,
		     int n_defaulted, const xmlChar **attributes)
{
	struct xml_reader *r = ctx;
	const char *name = (const char *)localname;
	(void)prefix, (void)namespaces, (void)n_defaulted, (void)attributes;
	if (r->root_closed || r->end != END_GOING_ON || at_end(r)) /* no '>' follows: a cut name */
		return;
	if (n_attributes > ATTRIBUTES_MAX || n_namespaces > ATTRIBUTES_MAX) {
		(void)err_set(&r->why, ST_ITEM, "line %ld: an element with over %d attributes",
			      xml_line(r), ATTRIBUTES_MAX);
		stop(r, END_DAMAGED);
		return;
	}
	if (r->skip > 0 || r->leaf) { /* an element inside a text is not expected: not read */
		r->misplaced += is_telling(r, name);
		if (r->depth + ++r->skip > LIMIT_XML_DEPTH) {
			(void)err_set(&r->why, ST_ITEM,
				      "line %ld: elements nested more than %d deep", xml_line(r),
				      LIMIT_XML_DEPTH);
			stop(r, END_DAMAGED);
		}
		return;
	}
	if (r->depth == 0) {
		begin_root(r, name, uri);
		return;
	}
	const struct xml_field *f = xml_field_find(&r->names, r->place[r->depth], name);
	if (!f)
		r->skip_extension = is_extension(r, name, uri);
	if (!f && !r->skip_extension && is_wrapper(r, name)) {
		r->place[++r->depth] = AT_WRAPPER;
		return;
	}
	if (!f || (f->meaning == XML_HEAD && r->head_known)) {
		r->misplaced += is_telling(r, name);
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
			r->head.cut |= 1u << r->leaf->what;
		head_text(r, (enum head_field)r->leaf->what, s, n);
	} else {
		raw_record_add(&r->raw, (enum raw_tag)r->leaf->what, s, n);
		if (r->text_cut)
			raw_record_add(&r->raw, RAW_CUT, "", 0);
	}
	r->leaf = NULL;
}

/* What follows is not read: stop, and look at what the parser holds already. */
static void end_root(struct xml_reader *r)
{
	const xmlParserInputPtr in = r->ctxt->input;
	r->root_closed = true;
	xml_behind(r, (const char *)in->cur, (size_t)(in->end - in->cur));
	xmlStopParser(r->ctxt);
}

static void end_place(struct xml_reader *r)
{
	switch (r->place[r->depth]) {
	case AT_METADATA:
		r->head.metadata = true;
		break;
	case AT_POLICY:
		r->head.policy = true;
		break;
	case AT_REASON:
		end_reason_text(r);
		break;
	case AT_RECORD:
		end_record(r);
		break;
	case AT_FEEDBACK:
		end_root(r);
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
	if (!xmlStrEqual(name, BAD_CAST "feedback")) /* it may lie: that shows at the root */
		return;
	err_set(&r->why, ST_ITEM, "line %ld: a DOCTYPE is refused", xml_line(r));
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
	r->faults += e->level != XML_ERR_FATAL;
	if (e->level != XML_ERR_FATAL || r->root_closed || r->end != END_GOING_ON)
		return;
	if (e->code == XML_ERR_NO_MEMORY) {
		sink_failed(r, err_set(&r->sink_err, ST_LATER, "out of memory"));
		return;
	}
	const char *text = e->message ? e->message : "not well-formed";
	const xmlParserInputPtr in = r->ctxt->input;
	/* at the end it only wants more; but the last tag may be a wrong one */
	if (at_end(r) && (r->cut || e->code != XML_ERR_TAG_NAME_MISMATCH)) {
		r->cut = true;
		return;
	}
	unsigned long long at = in ? in->consumed + (unsigned long long)(in->cur - in->base) : 0;
	err_set(&r->why, ST_ITEM, "line %d, byte %llu: %.*s", e->line, at, (int)strcspn(text, "\n"),
		text);
	r->end = END_MALFORMED;
}

const xmlSAXHandler xml_sax = {
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
