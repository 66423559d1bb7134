#include "ingest/mail/mime.h"

#include <gmime/gmime.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "core/mem.h"
#include "core/text.h"
#include "ingest/mail/guard.h"
#include "ingest/mail/uu.h"
#include "ingest/stream/sniff.h"
#include "ingest/stream/spool.h"

struct walker {
	const struct limits *limits;
	const struct mime_visitor *v;
	struct err *err;
	unsigned parts;
	bool over;     /* a ceiling was told; nothing more is visited */
	bool too_deep; /* told once */

	const uint8_t *bytes; /* what GMime reads */
	size_t n, skip;       /* and what stands before it */
	struct mime_mail mail;
	const char *open[LIMIT_MIME_DEPTH + 1]; /* boundaries of the multiparts around */
	size_t n_open, n_around;                /* the first n_around of them around the mail */
};

/* What GLib says before it ends the process: it does when memory runs out. */
static void on_glib_message(const char *domain, GLogLevelFlags level, const char *text, void *ctx)
{
	if ((level & G_LOG_FLAG_FATAL) && (!text || strstr(text, "failed to allocate")))
		mem_die();
	g_log_default_handler(domain, level, text, ctx);
}

static void start_gmime(void)
{
	g_log_set_default_handler(on_glib_message, NULL);
	g_mime_init();
}

/* ---- ceilings ---- */

static enum status tell_bad(struct walker *w, unsigned number, const char *bad)
{
	struct mime_part part = {.number = number, .bad = bad};
	part.content = (struct blob){.mem = (const uint8_t *)"", .fd = -1};
	return w->v->part(w->v->ctx, &part, w->err);
}

static enum status tell_over(struct walker *w, enum guard_verdict why)
{
	char reason[64];
	w->over = true;
	if (why == GUARD_OPEN)
		snprintf(reason, sizeof reason, "too many lines like boundaries, too many open");
	else if (why == GUARD_FIELDS)
		snprintf(reason, sizeof reason, "more than %d header fields", GUARD_FIELDS_MAX);
	else
		snprintf(reason, sizeof reason, "more than %" PRIu64 " MIME parts",
			 w->limits->mime_parts);
	return tell_bad(w, 0, reason);
}

static enum status tell_too_deep(struct walker *w)
{
	char reason[64];
	if (w->too_deep)
		return ST_OK;
	w->too_deep = true;
	snprintf(reason, sizeof reason, "MIME parts nested more than %d deep", LIMIT_MIME_DEPTH);
	return tell_bad(w, 0, reason);
}

/* ---- one leaf ---- */

/* GMime's decoder wants the data without the lines around it. */
static enum status decode_uu(GMimeStream *in, struct spool *spool, struct err *err)
{
	char raw[8 * 1024], plain[sizeof raw + UU_LINE_MAX];
	struct uu u = {0};
	enum status st = ST_OK;
	ssize_t n;
	g_mime_stream_reset(in);
	while (st == ST_OK && (n = g_mime_stream_read(in, raw, sizeof raw)) > 0)
		st = spool_put(spool, plain, uu_step(&u, raw, (size_t)n, plain), err);
	return st == ST_OK ? spool_put(spool, plain, uu_end(&u, plain), err) : st;
}

/* GMime's decoder drops the last octets of base64 without padding, so padding is always added. */
static enum status decode(GMimeStream *in, GMimeContentEncoding encoding, struct spool *spool,
			  struct err *err)
{
	char raw[8 * 1024], plain[16 * 1024];
	GMimeEncoding d;
	enum status st = ST_OK;
	if (encoding == GMIME_CONTENT_ENCODING_UUENCODE)
		return decode_uu(in, spool, err);
	g_mime_encoding_init_decode(&d, encoding);
	g_mime_stream_reset(in);
	while (st == ST_OK) {
		ssize_t n = g_mime_stream_read(in, raw, sizeof raw);
		if (n <= 0)
			break;
		size_t got = g_mime_encoding_step(&d, raw, (size_t)n, plain);
		st = spool_put(spool, plain, got, err);
	}
	if (st == ST_OK && encoding == GMIME_CONTENT_ENCODING_BASE64) {
		size_t got = g_mime_encoding_step(&d, "==", 2, plain);
		st = spool_put(spool, plain, got, err);
	} else if (st == ST_OK) {
		size_t got = g_mime_encoding_flush(&d, "", 0, plain);
		st = spool_put(spool, plain, got, err);
	}
	return st;
}

static bool is_type(GMimeObject *o, const char *type, const char *subtype)
{
	GMimeContentType *ct = g_mime_object_get_content_type(o);
	return ct && g_mime_content_type_is_type(ct, type, subtype);
}

static bool is_smime(GMimeObject *o)
{
	return is_type(o, "application", "pkcs7-mime") || is_type(o, "application", "x-pkcs7-mime");
}

static bool is_media(GMimeObject *o)
{
	return is_type(o, "image", "*") || is_type(o, "audio", "*") || is_type(o, "video", "*") ||
	       is_type(o, "font", "*");
}

/* The mail's own words: text without a file name that nobody calls an attachment; and signatures.
 */
static bool is_body(GMimeObject *o)
{
	GMimeContentDisposition *cd = g_mime_object_get_content_disposition(o);
	if (is_type(o, "application", "pkcs7-signature") ||
	    is_type(o, "application", "x-pkcs7-signature") ||
	    is_type(o, "application", "pgp-signature"))
		return true;
	if (!is_type(o, "text", "*"))
		return false;
	if (cd && ascii_ieq(g_mime_content_disposition_get_disposition(cd), "attachment"))
		return false;
	const char *cte = g_mime_object_get_header(o, "Content-Transfer-Encoding");
	if (cte && !g_mime_object_get_header(o, "Content-Type") &&
	    g_mime_content_encoding_from_string(cte) == GMIME_CONTENT_ENCODING_BASE64)
		return false; /* "ContentType:", or none: text only by default */
	return !GMIME_IS_PART(o) || !g_mime_part_get_filename(GMIME_PART(o));
}

/* ---- mails in the mail ---- */

/* Where the first of the fields stands, or at. */
static gint64 first_field(GMimeObject *o, gint64 at)
{
	GMimeHeaderList *list = o ? g_mime_object_get_header_list(o) : NULL;
	int n = list ? g_mime_header_list_get_count(list) : 0;
	for (int i = 0; i < n; i++) {
		gint64 offset = g_mime_header_get_offset(g_mime_header_list_get_header_at(list, i));
		if (offset >= 0 && (at < 0 || offset < at))
			at = offset;
	}
	return at;
}

/* A delimiter of a multipart that is open: "--", a boundary, maybe "--", blanks. */
static bool is_delimiter(const struct walker *w, const uint8_t *line, size_t n)
{
	if (n < 2 || line[0] != '-' || line[1] != '-')
		return false;
	while (n > 2 && ascii_is_space((char)line[n - 1]))
		n--;
	for (size_t i = 0; i < w->n_open; i++) {
		size_t len = strlen(w->open[i]);
		if (n < 2 + len || memcmp(line + 2, w->open[i], len) != 0)
			continue;
		if (n == 2 + len || (n == 4 + len && memcmp(line + 2 + len, "--", 2) == 0))
			return true;
	}
	return false;
}

/* Where the mail that begins at ends: before the line end in front of a delimiter. */
static size_t end_of_mail(const struct walker *w, size_t at)
{
	size_t before = at;
	while (at < w->n) {
		const uint8_t *lf = memchr(w->bytes + at, '\n', w->n - at);
		size_t next = lf ? (size_t)(lf - w->bytes) + 1 : w->n;
		if (is_delimiter(w, w->bytes + at, next - at))
			return before;
		before = lf ? next - 1 : next;
		before -= before > at && w->bytes[before - 1] == '\r';
		at = next;
	}
	return w->n;
}

static struct mime_mail enclosed_mail(const struct walker *w, GMimeMessage *m)
{
	gint64 at = first_field(GMIME_OBJECT(m), -1);
	at = first_field(g_mime_message_get_mime_part(m), at);
	if (at < 0 || (size_t)at > w->n)
		return (struct mime_mail){.enclosed = true, .unsure = true};
	size_t end = end_of_mail(w, (size_t)at);
	return (struct mime_mail){
	    .at = w->skip + (size_t)at, .size = end - (size_t)at, .enclosed = true};
}

/* The mail around a part, whose content in reads. */
static struct mime_mail mail_around(const struct walker *w, GMimeStream *in)
{
	struct mime_mail mail = w->mail;
	mail.multipart = w->n_open > w->n_around;
	if (!in)
		return mail;
	gint64 from = in->bound_start, to = in->bound_end < 0 ? from : in->bound_end;
	if (from < 0 || (size_t)from + w->skip < mail.at ||
	    (size_t)to + w->skip > mail.at + mail.size)
		mail.unsure = true;
	return mail;
}

static enum status visit_leaf(struct walker *w, GMimeObject *o)
{
	if (w->parts >= w->limits->mime_parts)
		return tell_over(w, GUARD_PARTS);
	struct mime_part part = {
	    .number = ++w->parts, .body = is_body(o), .media = is_media(o), .smime = is_smime(o)};
	GMimeDataWrapper *content =
	    GMIME_IS_PART(o) ? g_mime_part_get_content(GMIME_PART(o)) : NULL;
	GMimeStream *in = content ? g_mime_data_wrapper_get_stream(content) : NULL;
	part.mail = mail_around(w, in);
	GMimeContentType *declared = g_mime_object_get_content_type(o);
	char *type = declared ? g_mime_content_type_get_mime_type(declared) : NULL;
	part.type = type;
	part.charset = declared ? g_mime_content_type_get_parameter(declared, "charset") : NULL;
	struct spool spool;
	enum status st = ST_OK;
	spool_init(&spool, w->limits->mail_bytes);
	if (in)
		st = decode(in, g_mime_data_wrapper_get_encoding(content), &spool, w->err);
	if (st == ST_ITEM) { /* decoding only shrinks; uuencode cannot grow past this either */
		st = tell_bad(w, part.number, w->err->msg);
	} else if (st == ST_OK) {
		spool_blob(&spool, &part.content);
		st = w->v->part(w->v->ctx, &part, w->err);
	}
	spool_free(&spool);
	g_free(type);
	return st;
}

/* ---- the tree ---- */

static enum status visit(struct walker *w, GMimeObject *o, int depth);

/* The parameter is only read: g_mime_multipart_get_boundary makes one where there is none and
 * writes the field anew, which never ends when the name of another has 70 characters. */
static enum status visit_multipart(struct walker *w, GMimeMultipart *mp, int depth)
{
	const char *boundary =
	    g_mime_object_get_content_type_parameter(GMIME_OBJECT(mp), "boundary");
	int n = g_mime_multipart_get_count(mp);
	enum status st = ST_OK;
	if (!boundary)
		return ST_OK; /* n is 0: nothing tells where a part begins */
	w->open[w->n_open++] = boundary;
	for (int i = 0; i < n && st == ST_OK && !w->over; i++)
		st = visit(w, g_mime_multipart_get_part(mp, i), depth + 1);
	w->n_open--;
	return st;
}

static enum status visit_message(struct walker *w, GMimeMessage *m, int depth)
{
	struct mime_mail outer = w->mail;
	size_t n_around = w->n_around;
	w->mail = enclosed_mail(w, m);
	w->n_around = w->n_open;
	enum status st = visit(w, g_mime_message_get_mime_part(m), depth + 1);
	w->n_around = n_around;
	w->mail = outer;
	return st;
}

static enum status visit(struct walker *w, GMimeObject *o, int depth)
{
	if (!o)
		return ST_OK;
	if (depth > LIMIT_MIME_DEPTH)
		return tell_too_deep(w);
	if (is_type(o, "multipart", "encrypted"))
		return tell_bad(w, ++w->parts, "encrypted (PGP/MIME)");
	if (GMIME_IS_MULTIPART(o))
		return visit_multipart(w, GMIME_MULTIPART(o), depth);
	if (GMIME_IS_MESSAGE_PART(o)) {
		GMimeMessage *m = g_mime_message_part_get_message(GMIME_MESSAGE_PART(o));
		return m ? visit_message(w, m, depth) : ST_OK;
	}
	return visit_leaf(w, o);
}

/* As a part, not as a message: then the top level's addresses are not parsed at all. The tree reads
 * from bytes, in place, as long as it lives. */
static GMimeObject *parse(GByteArray *bytes)
{
	GMimeStream *mem = g_mime_stream_mem_new();
	g_mime_stream_mem_set_byte_array(GMIME_STREAM_MEM(mem), bytes);
	GMimeParser *parser = g_mime_parser_new_with_stream(mem);
	GMimeObject *top = g_mime_parser_construct_part(parser, NULL);
	g_object_unref(parser);
	g_object_unref(mem);
	return top;
}

enum status mime_walk(uint8_t *mail, size_t n, const struct limits *limits,
		      const struct mime_visitor *visitor, struct err *err)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	struct walker w = {.limits = limits, .v = visitor, .err = err};
	enum guard_verdict over;
	struct mail_front front;
	mem_watch_stack();
	pthread_once(&once, start_gmime);
	sniff_mail_front(mail, n < SNIFF_BYTES ? n : SNIFF_BYTES, &front);
	size_t skip = front.skip;
	if (front.length < n - skip)
		n = skip + (size_t)front.length;
	size_t use = mime_guard(mail + skip, n - skip, limits->mime_parts, &over);
	w.bytes = mail + skip;
	w.n = use;
	w.skip = skip;
	w.mail = (struct mime_mail){.at = skip, .size = n - skip};
	GByteArray bytes = {.data = mail + skip, .len = (guint)use};
	GMimeObject *top = use > 0 && use <= INT32_MAX ? parse(&bytes) : NULL;
	enum status st = top ? visit(&w, top, 1) : ST_OK;
	if (st == ST_OK && over != GUARD_FITS && !w.over)
		st = tell_over(&w, over);
	if (top)
		g_object_unref(top);
	return st;
}
