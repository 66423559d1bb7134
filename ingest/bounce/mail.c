#include "ingest/bounce/mail.h"

#include <stdlib.h>

#include "core/limits.h"
#include "core/mem.h"
#include "ingest/auth/author.h"
#include "ingest/bounce/clean.h"
#include "ingest/bounce/reply.h"
#include "ingest/mail/mime.h"
#include "ingest/stream/gzip.h"
#include "ingest/stream/sniff.h"
#include "ingest/stream/spool.h"
#include "ingest/stream/zip.h"

struct collect {
	struct reading *rd;
	struct mail *m;
};

/* ---- the parts ---- */

/* The content as bytes that last as long as the mail; cut at max. */
static struct span content_of(struct reading *rd, const struct blob *b, uint64_t max)
{
	size_t n = (size_t)(b->size < max ? b->size : max), at = 0;
	char *p = arena_alloc(&rd->arena, n + 1);
	while (at < n) {
		ssize_t got = blob_read(b, at, p + at, n - at);
		if (got <= 0)
			break;
		at += (size_t)got;
	}
	return (struct span){p, at};
}

static bool starts_feedback(const struct origin *o)
{
	char head[4096];
	size_t n = 0, got = 1;
	struct stream *s;
	struct err why;
	if (o->open(o, &s, &why) != ST_OK)
		return false;
	while (n < sizeof head && got > 0 &&
	       stream_read(s, head + n, sizeof head - n, &got, &why) == ST_OK)
		n += got;
	stream_close(s);
	return span_has((struct span){head, n}, "<feedback");
}

static bool zip_holds_feedback(const struct blob *b)
{
	struct zipfile *z = NULL;
	struct zip_member m;
	struct err why;
	bool found = false;
	if (zipfile_open(b, &z, &why) == ST_OK && zipfile_count(z) > 0) {
		zipfile_member(z, 0, &m);
		found = !m.bad && starts_feedback(&m.origin);
	}
	zipfile_close(z);
	return found;
}

/* An attachment that is, or holds, an aggregate report? */
static bool is_dmarc_report(const struct blob *b)
{
	uint8_t head[SNIFF_BYTES];
	struct gzip g;
	ssize_t n = blob_read(b, 0, head, sizeof head);
	struct origin plain = blob_origin(b), inflated = gzip_origin(&g, &plain, GZIP_FORMAT);
	if (n <= 0)
		return false;
	switch (sniff(head, (size_t)n).kind) {
	case KIND_XML:
		return starts_feedback(&plain);
	case KIND_GZIP:
		return starts_feedback(&inflated);
	case KIND_ZIP:
		return zip_holds_feedback(b);
	default:
		return false;
	}
}

static bool is_status(const char *type)
{
	return ascii_ieq(type, "message/delivery-status") ||
	       ascii_ieq(type, "message/global-delivery-status");
}

static void note_enclosed(struct mail *m, const struct mime_part *part)
{
	struct span enclosed = {m->bytes.p + part->mail.at, part->mail.size};
	if (part->mail.unsure || part->mail.at + part->mail.size > m->bytes.n || enclosed.n == 0)
		return;
	if (m->enclosed.n == 0)
		m->enclosed = enclosed;
	if (m->inner.n == 0 && is_status(part->type))
		m->inner = enclosed;
}

static void take_text(struct collect *c, const struct mime_part *part)
{
	struct mail *m = c->m;
	struct span raw = content_of(c->rd, &part->content, LIMIT_BOUNCE_BODY);
	struct buf plain;
	if (ascii_ieq(part->type, "text/html")) {
		buf_init(&plain, 4 * LIMIT_BOUNCE_BODY);
		clean_charset(&plain, raw, part->charset);
		clean_html(&m->html, (struct span){plain.data ? plain.data : "", plain.len});
		buf_putc(&m->html, '\n');
		buf_free(&plain);
		return;
	}
	clean_charset(&m->text, raw, part->charset);
	buf_putc(&m->text, '\n');
}

static void take_report_part(struct mail *m, const char *type)
{
	m->feedback |= ascii_ieq(type, "message/feedback-report");
	m->receipt |= ascii_ieq(type, "message/disposition-notification") ||
		      ascii_ieq(type, "message/global-disposition-notification");
	m->tls_report |= ascii_ieq(type, "application/tlsrpt+gzip") ||
			 ascii_ieq(type, "application/tlsrpt+json");
}

static enum status on_part(void *ctx, const struct mime_part *part, struct err *err)
{
	struct collect *c = ctx;
	struct mail *m = c->m;
	(void)err;
	if (part->bad) {
		m->bad = m->bad ? m->bad : arena_strdup(&c->rd->arena, part->bad);
	} else if (part->mail.enclosed) {
		note_enclosed(m, part);
	} else if (is_status(part->type)) {
		struct span s = content_of(c->rd, &part->content, UINT32_MAX);
		buf_put(&m->status, s.p, s.n);
		buf_puts(&m->status, "\n\n");
	} else if (ascii_ieq(part->type, "text/rfc822-headers") ||
		   ascii_ieq(part->type, "message/rfc822-headers") ||
		   ascii_ieq(part->type, "message/global-headers")) {
		struct span s = content_of(c->rd, &part->content, LIMIT_BOUNCE_BODY);
		buf_put(&m->returned, s.p, s.n);
	} else if (part->body) {
		take_text(c, part);
	} else {
		take_report_part(m, part->type ? part->type : "");
		m->dmarc_report |= !part->media && is_dmarc_report(&part->content);
	}
	return ST_OK;
}

/* ---- what all refusals of a mail share ---- */

static struct span field_value(const struct mail *m, const char *name)
{
	for (size_t i = 0; i < m->header.n; i++)
		if (field_is(&m->header.fields[i], name))
			return span_trim(
			    (struct span){m->header.fields[i].p + m->header.fields[i].value,
					  m->header.fields[i].n - m->header.fields[i].value});
	return (struct span){"", 0};
}

/* The message that came back: as a part, else behind the words of the body. */
static struct span returned_header(const struct mail *m, struct span text)
{
	if (m->returned.len > 0)
		return (struct span){m->returned.data, m->returned.len};
	if (m->enclosed.n > 0)
		return m->enclosed;
	struct span copy = span_from(text, body_copy(text)), line;
	for (struct span s = copy; span_line(&s, &line);) {
		size_t colon = span_chr(line, ':'), blank = span_chr(line, ' ');
		if (line.n > 0 && line.p[0] != '-' && colon != SPAN_NONE && colon > 0 &&
		    (blank == SPAN_NONE || colon < blank) && colon + 1 < line.n)
			return span_from(copy, (size_t)(line.p - copy.p));
	}
	return (struct span){"", 0};
}

static void read_common(struct reading *rd, struct mail *m, struct span text)
{
	struct common *c = &m->common;
	struct span date = field_value(m, "Date"), to = field_value(m, "To");
	struct address a, second;
	size_t end;
	if (date.n > 0 && date.n < 200 && !mail_date_read(date.p, date.n, &c->base.at))
		c->base.at = 0;
	returned_read(rd, returned_header(m, text), c);
	c->base.reporting_host = body_writer(rd, text);
	/* a bounce goes to the MAIL FROM address (RFC 5321 section 4.5.5) */
	if (!c->base.mail_from_domain && reading_find_address(rd, to, &a, &end) &&
	    !reading_find_address(rd, span_from(to, end), &second, NULL)) {
		c->base.mail_from_domain = a.domain;
		if (c->n_known < sizeof c->known / sizeof *c->known)
			c->known[c->n_known++] = a.local;
	}
}

/* ---- bodies ---- */

static enum status tell_section(struct reading *rd, const struct mail *m, const struct section *s,
				enum refusal_form form)
{
	struct refusal r = m->common.base;
	struct span known[8];
	size_t n_known = m->common.n_known;
	bool end;
	memcpy(known, m->common.known, n_known * sizeof *known);
	const struct address *rcpt = s->has_rcpt        ? &s->rcpt
				     : m->common.has_to ? &m->common.to
							: NULL;
	if (rcpt) {
		known[n_known++] = rcpt->local;
		reading_recipient(rd, rcpt, &r);
	}
	r.form = form;
	reply_read(rd, s->reply, known, n_known, &r);
	struct span context = clean_line(&rd->arena, s->context);
	reply_peer(rd, context, &r);
	if (r.reply.phase == PHASE_UNKNOWN) {
		r.reply.phase = reply_phase(context, &end);
		r.reply.phase_end = r.reply.phase != PHASE_UNKNOWN && end;
	}
	if (r.reply.code / 100 == 4 || span_has(context, "will retry") ||
	    span_has(context, "delayed"))
		r.action = r.reply.code / 100 == 5 ? REFUSAL_FAILED : REFUSAL_DELAYED;
	return reading_tell(rd, &r);
}

/* X-Failed-Recipients names more than the body does. */
static size_t add_failed(struct reading *rd, const struct mail *m, struct section *list, size_t n,
			 size_t max)
{
	struct span s = field_value(m, "X-Failed-Recipients");
	struct address a;
	size_t end;
	while (n < max && reading_find_address(rd, s, &a, &end)) {
		bool known = false;
		s = span_from(s, end);
		for (size_t i = 0; i < n && !known && i < 64; i++)
			known = list[i].has_rcpt && list[i].rcpt.whole.n == a.whole.n &&
				memcmp(list[i].rcpt.whole.p, a.whole.p, a.whole.n) == 0;
		if (known)
			continue;
		if (n == 1 && !list[0].has_rcpt) { /* all that is said is of him */
			list[0].has_rcpt = true;
			list[0].rcpt = a;
			continue;
		}
		list[n] = n > 0 ? list[0] : (struct section){.coded = false};
		list[n].rcpt = a;
		list[n++].has_rcpt = true;
	}
	return n;
}

static bool any_coded(const struct section *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (list[i].coded)
			return true;
	return false;
}

static enum status read_body(struct reading *rd, struct mail *m, struct span text,
			     struct section *list, size_t n, uint64_t more)
{
	enum refusal_form form = body_form(m, text);
	bool failed = field_value(m, "X-Failed-Recipients").n > 0;
	enum status st = ST_OK;
	bool named = n > 0 && list[0].has_rcpt;
	if (!other_looks_bounced(m) && form == FORM_BODY && !failed)
		return ST_OK;
	n = add_failed(rd, m, list, n, LIMIT_BOUNCE_RECIPIENTS);
	if (!any_coded(list, n) && !named && !failed && form == FORM_BODY && !m->common.has_to)
		return ST_OK;
	for (size_t i = 0; i < n && st == ST_OK; i++)
		st = tell_section(rd, m, &list[i], form);
	rd->outcome.dropped += more;
	return st;
}

/* ---- one mail ---- */

/* A bounce whose boundaries are not those that it declares: what it says is there all the same. */
static void take_raw(struct mail *m)
{
	struct span body = span_from(m->bytes, m->header.size);
	size_t group = span_find(body, "\nreporting-mta:");
	if (m->text.len + m->html.len > 0 || m->status.len > 0 || group == SPAN_NONE)
		return;
	clean_charset(&m->text, span_to(body, group), NULL);
	struct span status = span_from(body, group + 1);
	size_t copy = body_copy(status);
	buf_put(&m->status, status.p, copy);
	struct span rest = span_to(span_from(status, copy), LIMIT_BOUNCE_BODY - 1);
	buf_put(&m->returned, rest.p, rest.n);
}

static enum status read_parts(struct reading *rd, struct mail *m, bool *delivered)
{
	take_raw(m);
	struct span plain = {m->text.data ? m->text.data : "", m->text.len};
	struct span html = {m->html.data ? m->html.data : "", m->html.len};
	size_t max = LIMIT_BOUNCE_RECIPIENTS, n;
	uint64_t more = 0;
	struct section *list = arena_alloc(&rd->arena, (max + 1) * sizeof *list);
	struct span text = span_trim(plain).n > 0 ? plain : html;
	n = body_sections(rd, text, list, max, &more);
	if (!any_coded(list, n) && html.n > 0 && text.p == plain.p) {
		uint64_t more_html;
		struct section *second = arena_alloc(&rd->arena, (max + 1) * sizeof *second);
		size_t n_html = body_sections(rd, html, second, max, &more_html);
		if (any_coded(second, n_html))
			list = second, n = n_html, more = more_html, text = html;
	}
	read_common(rd, m, text);
	m->common.base.form = FORM_DSN;
	enum status st = dsn_read(rd, m, list, n, delivered);
	if (st == ST_OK && rd->outcome.refusals == 0 && !*delivered)
		st = read_body(rd, m, text, list, n, more);
	return st;
}

static void mail_init(struct mail *m, uint8_t *bytes, size_t n)
{
	*m = (struct mail){.bytes = {(const char *)bytes, n}};
	buf_init(&m->text, 4 * LIMIT_BOUNCE_BODY);
	buf_init(&m->html, 4 * LIMIT_BOUNCE_BODY);
	buf_init(&m->status, (size_t)1 << 30);
	buf_init(&m->returned, LIMIT_BOUNCE_BODY);
}

static void mail_free(struct mail *m)
{
	buf_free(&m->text);
	buf_free(&m->html);
	buf_free(&m->status);
	buf_free(&m->returned);
}

static enum status read_one(struct reading *rd, uint8_t *bytes, size_t n, int depth,
			    enum bounce_what *what, const char **bad)
{
	struct mail m;
	struct mail_front front;
	struct collect c = {rd, &m};
	struct mime_visitor v = {.ctx = &c, .part = on_part};
	bool delivered = false;
	mail_init(&m, bytes, n);
	sniff_mail_front(bytes, n < SNIFF_BYTES ? n : SNIFF_BYTES, &front);
	enum status st = mime_walk(bytes, n, rd->options->limits, &v, rd->err);
	if (st == ST_OK) {
		header_read(m.bytes.p + front.skip, n - front.skip, true, &rd->arena, &m.header);
		*what = other_kind(&m);
		if (*what == BOUNCE_WHAT_COUNT)
			st = read_parts(rd, &m, &delivered);
		if (*what == BOUNCE_WHAT_COUNT)
			*what = delivered ? BOUNCE_DELIVERED : BOUNCE_MAIL;
	}
	/* a bounce that a person passed on: the mail in the mail is it */
	struct span inner = m.inner.n > 0 ? m.inner : m.enclosed;
	if (st == ST_OK && *what == BOUNCE_MAIL && rd->outcome.refusals == 0 && inner.n > 0 &&
	    depth < LIMIT_NESTING)
		st = read_one(rd, bytes + (inner.p - m.bytes.p), inner.n, depth + 1, what, bad);
	if (m.bad && !*bad)
		*bad = m.bad;
	mail_free(&m);
	return st;
}

enum status mail_read(struct reading *rd, uint8_t *bytes, size_t n)
{
	enum bounce_what what = BOUNCE_MAIL;
	const char *why = NULL;
	enum status st = read_one(rd, bytes, n, 1, &what, &why);
	if (st != ST_OK)
		return st;
	return reading_end(rd, why && what == BOUNCE_MAIL ? BOUNCE_BAD : what, why);
}
