/* What a reader of refused mail hands over, as lines of text that tests compare. */
#ifndef TESTS_UNIT_INGEST_BOUNCE_H
#define TESTS_UNIT_INGEST_BOUNCE_H

#include "tests/unit/check.h"

#include <stdio.h>
#include <string.h>

#include "core/bounce.h"
#include "core/buf.h"
#include "ingest/bounce/bounce.h"

#define NOW 1796000000 /* 2026-11-29 */

struct seen {
	struct buf lines; /* one a refusal, then one an outcome */
	unsigned refusals, outcomes;
	struct digest message, recipient; /* of the last refusal */
	int64_t at;
	uint64_t dropped, read, forgotten;
	int64_t first_at, last_at;
	bool no_replies, year_guessed;
	enum bounce_what what;
};

static inline void put_field(struct buf *b, const char *name, const char *value)
{
	if (value)
		buf_printf(b, " %s=%s", name, value[0] ? value : "<>");
}

static inline void put_ip(struct buf *b, const char *name, const struct ip *ip)
{
	char text[IP_STRLEN];
	if (ip->family)
		buf_printf(b, " %s=%s", name, ip_format(ip, text));
}

/* What there is of it, in a fixed order. */
static inline enum status on_refusal(void *ctx, const struct refusal *r, struct err *err)
{
	struct seen *s = ctx;
	struct buf *b = &s->lines;
	(void)err;
	s->refusals++;
	s->message = r->message;
	s->recipient = r->recipient;
	s->at = r->at;
	buf_printf(b, "[%s]", r->reply.text);
	if (r->reply.code || r->reply.status[0])
		buf_printf(b, " %u/%s", r->reply.code, r->reply.status);
	put_field(b, "phase", refusal_phase_names[r->reply.phase]);
	if (r->reply.phase_end)
		buf_puts(b, "-end");
	if (r->wrapper.text)
		buf_printf(b, " in=%u/%s", r->wrapper.code, r->wrapper.status);
	if (r->bounce_status[0])
		put_field(b, "dsn", r->bounce_status);
	if (r->action == REFUSAL_DELAYED)
		buf_puts(b, " delayed");
	put_field(b, "host", r->remote_host);
	put_ip(b, "at", &r->remote_ip);
	put_field(b, "by", r->reporting_host);
	put_field(b, "from", r->mail_from_domain);
	put_field(b, "header", r->header_from_domain);
	put_field(b, "to", r->recipient_domain);
	put_field(b, "was", r->original_domain);
	for (size_t i = 0; i < r->n_dkim; i++)
		buf_printf(b, " dkim=%s/%s", r->dkim[i].domain, r->dkim[i].selector);
	put_field(b, "id", r->message_id_domain);
	put_field(b, "queue", r->queue_id);
	if (r->ip.family)
		put_ip(b, refusal_ip_source_names[r->ip_source], &r->ip);
	put_field(b, "domain", r->quoted_domain);
	if (r->direction == REFUSED_BY_US)
		buf_puts(b, " ours");
	put_field(b, "client", r->client_host);
	put_ip(b, "client-ip", &r->client_ip);
	put_field(b, "helo", r->helo);
	if (r->logged_in)
		buf_puts(b, " logged-in");
	if (r->submission)
		buf_puts(b, " submission");
	put_field(b, "generated", r->generated);
	buf_putc(b, '\n');
	return ST_OK;
}

static inline enum status on_outcome(void *ctx, const struct bounce_outcome *o, struct err *err)
{
	struct seen *s = ctx;
	(void)err;
	s->outcomes++;
	s->what = o->what;
	s->dropped = o->dropped;
	s->read = o->read;
	s->forgotten = o->forgotten;
	s->first_at = o->first_at;
	s->last_at = o->last_at;
	s->no_replies = o->no_replies;
	s->year_guessed = o->year_guessed;
	buf_printf(&s->lines, "%s: %s%s%s\n", o->source, bounce_what_names[o->what],
		   o->reason ? ": " : "", o->reason ? o->reason : "");
	return ST_OK;
}

/* Read p[0..n) and keep what is seen; free it with seen_free(). */
static inline void see(struct seen *s, const void *p, size_t n)
{
	struct limits limits = LIMITS_DEFAULT;
	struct bounce_options options = {.limits = &limits, .now = NOW};
	struct refusal_sink sink = {.ctx = s, .refusal = on_refusal, .outcome = on_outcome};
	struct bounce_reader *r = bounce_reader_new(&options);
	struct blob blob = {.size = n, .mem = p, .fd = -1};
	struct err err = {""};
	*s = (struct seen){.refusals = 0};
	buf_init(&s->lines, 64 * 1024 * 1024);
	buf_puts(&s->lines, "");
	assert_int_equal(bounce_read(r, &blob, "x", &sink, &err), ST_OK);
	assert_false(s->lines.failed);
	bounce_reader_free(r);
}

static inline void see_text(struct seen *s, const char *text)
{
	see(s, text, strlen(text));
}

static inline void seen_free(struct seen *s)
{
	buf_free(&s->lines);
}

/* text is read as want, line by line. */
static inline void check_read(const char *text, const char *want, const char *file, int line)
{
	struct seen s;
	see_text(&s, text);
	if (strcmp(s.lines.data, want) != 0) {
		print_error("read:\n%s---- wanted:\n%s", s.lines.data, want);
		_fail(file, line);
	}
	seen_free(&s);
}

#define READS(text, want) check_read(text, want, __FILE__, __LINE__)

#endif
