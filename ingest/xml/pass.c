/* One pass over a document: its bytes to libxml2, and why the pass came to an end. */
#include <libxml/parserInternals.h>
#include <string.h>

#include "core/text.h"
#include "ingest/xml/priv.h"

static void start_pass(struct xml_reader *r, enum pass pass)
{
	r->pass = pass;
	r->end = END_GOING_ON;
	r->faults = 0;
	r->depth = 0;
	r->skip = 0;
	r->place[0] = AT_DOCUMENT;
	r->root_seen = r->root_closed = r->doctype = r->wrapped = r->trailing = false;
	r->follows = r->behind_text = r->holds = false;
	r->behind_len = 0;
	r->behind_last = 0;
	r->misplaced = 0;
	r->fed = 0;
	r->cut_short = false;
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

/* "<feedback", or with a prefix, as a name and not the beginning of one? */
static bool holds_root(const char *p, size_t n)
{
	static const char *const starts[] = {"<feedback", ":feedback"};
	for (size_t i = 0; i < sizeof starts / sizeof *starts; i++)
		for (const char *hit = p; (hit = memmem(hit, n - (size_t)(hit - p), starts[i], 9));
		     hit++)
			if (hit + 9 < p + n && (hit[9] == '>' || ascii_is_space(hit[9])))
				return true;
	return false;
}

/* What grows in the parser while the root is awaited, or with each new name. */
static bool over_bounds(struct xml_reader *r)
{
	xmlDictPtr dict = r->ctxt->dict;
	if (xmlDictSize(dict) - r->names_before > LIMIT_XML_NAMES ||
	    xmlDictGetUsage(dict) > XML_NAMES_BYTES + XML_NAMES_BYTES)
		(void)err_set(&r->why, ST_ITEM, "more than %d different names of elements",
			      LIMIT_XML_NAMES);
	else if (r->faults + r->input.escaped > LIMIT_XML_FAULTS)
		(void)err_set(&r->why, ST_ITEM, "more than %d faults of its XML", LIMIT_XML_FAULTS);
	else if (r->doctype && !r->root_seen && r->input.bytes > LIMIT_DOCTYPE)
		(void)err_set(&r->why, ST_ITEM, "a DOCTYPE of more than %d bytes", LIMIT_DOCTYPE);
	else if (!r->root_seen && (r->fed += r->n_piece) > LIMIT_PROLOG)
		(void)err_set(&r->why, ST_ITEM, "no element in the first %d bytes", LIMIT_PROLOG);
	else if (!xml_tag_measure(&r->tag, r->piece, r->n_piece))
		(void)err_set(&r->why, ST_ITEM, "a tag longer than %d bytes", LIMIT_XML_TAG);
	else
		return false;
	return true;
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
	if (first) {
		r->mentioned = memmem(r->piece, r->n_piece, "feedback", 8) != NULL;
		r->holds = r->mentioned && holds_root(r->piece, r->n_piece);
	}
	remember_tail(r, r->piece, r->n_piece);
	if (over_bounds(r)) {
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

/* The name of a tag behind the root is complete. */
static void end_behind(struct xml_reader *r)
{
	const char *name = r->behind, *colon = memchr(name, ':', r->behind_len);
	size_t n = r->behind_len;
	if (n == 0)
		return;
	r->behind_len = 0;
	if (!r->behind_text && n > 1 && (ascii_lower(name[1]) >= 'a' || name[1] == '_'))
		r->follows = true; /* a root, whatever its name is */
	r->behind_text = true;
	if (n == 5 && memcmp(name, "<?xml", 5) == 0)
		r->follows = true;
	const char *local = colon ? colon + 1 : name + 1;
	if ((size_t)(name + n - local) == 8 && memcmp(local, "feedback", 8) == 0)
		r->follows = true;
}

/* What begins a gzip or a zip, or either in base64; no text does. The second byte of a gzip may
 * have been replaced: it is no UTF-8. */
static bool begins_container(uint64_t last)
{
	uint32_t four = (uint32_t)last;
	return (last & UINT64_C(0xffffff)) == 0x1f8b08 ||
	       (last & UINT64_C(0xffffffffff)) == UINT64_C(0x1fefbfbd08) ||
	       four == 0x504b0304 /* PK.. */ || four == 0x48347349 /* H4sI */ ||
	       four == 0x55457344 /* UEsD */;
}

void xml_behind(struct xml_reader *r, const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		char c = p[i];
		r->behind_last = r->behind_last << 8 | (uint8_t)c;
		r->follows |= begins_container(r->behind_last);
		if (c == '\0') /* also every other octet of UTF-16 */
			continue;
		if (!ascii_is_space(c))
			r->trailing = true;
		if (c == '<') {
			end_behind(r);
			r->behind[r->behind_len++] = c;
		} else if (r->behind_len == 0) {
			bool mark = c == '\xef' || c == '\xbb' || c == '\xbf';
			r->behind_text |= !ascii_is_space(c) && !mark;
		} else if (ascii_is_space(c) || c == '>' || (c == '/' && r->behind_len > 1)) {
			end_behind(r);
		} else if (r->behind_len < sizeof r->behind) {
			r->behind[r->behind_len++] = c;
		}
	}
}

/* The root is closed. The container may still turn out to be damaged, and what follows is noted. */
static void read_on(struct xml_reader *r)
{
	do
		xml_behind(r, r->piece, r->n_piece);
	while (!r->input_ended && next_piece(r));
	end_behind(r);
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
	r->cut_short = r->depth > 0 && !r->encoding_broken;
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
	r->input.max = r->limits->report_bytes;
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

enum status xml_run(struct xml_reader *r, const struct origin *origin, enum pass pass, bool repair)
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
