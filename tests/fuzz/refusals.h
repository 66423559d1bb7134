/* Refused mail out of any bytes, and what has to hold of each refusal. */
#ifndef TESTS_FUZZ_REFUSALS_H
#define TESTS_FUZZ_REFUSALS_H

#include <stdlib.h>
#include <string.h>

#include "core/text.h"
#include "ingest/bounce/bounce.h"

static inline void need(int ok)
{
	if (!ok)
		abort();
}

/* Clean UTF-8 in one line. */
static inline void need_clean(const char *s, size_t max)
{
	if (!s)
		return;
	size_t n = strlen(s);
	need(n <= max && utf8_valid_prefix(s, n) == n);
	for (size_t i = 0; i < n; i++)
		need((unsigned char)s[i] >= 0x20 && s[i] != 0x7f);
}

static inline void need_name(const char *s)
{
	need_clean(s, DOMAIN_SIZE - 1);
	need(!s || !strpbrk(s, "@ <>"));
}

static inline enum status on_refusal(void *ctx, const struct refusal *r, struct err *err)
{
	(void)err;
	++*(unsigned *)ctx;
	need(r->reply.text != NULL);
	need_clean(r->reply.text, 2 * LIMIT_BOUNCE_TEXT);
	need_clean(r->wrapper.text, 2 * LIMIT_BOUNCE_TEXT);
	need(r->reply.code == 0 || (r->reply.code >= 400 && r->reply.code < 600));
	need_name(r->remote_host);
	need_name(r->reporting_host);
	need_name(r->mail_from_domain);
	need_name(r->header_from_domain);
	need_name(r->recipient_domain);
	need_name(r->original_domain);
	need_name(r->quoted_domain);
	need_name(r->message_id_domain);
	need_name(r->client_host);
	need_clean(r->queue_id, 256);
	need_clean(r->helo, 256);
	need_clean(r->generated, 64);
	for (size_t i = 0; i < r->n_dkim; i++) {
		need_name(r->dkim[i].domain);
		need_name(r->dkim[i].selector);
	}
	return ST_OK;
}

static inline enum status on_outcome(void *ctx, const struct bounce_outcome *o, struct err *err)
{
	(void)ctx, (void)err;
	need((o->what == BOUNCE_REFUSALS) == (o->refusals > 0) || o->what == BOUNCE_BAD);
	return ST_OK;
}

static inline void read_refusals(const uint8_t *data, size_t size)
{
	struct limits limits = LIMITS_DEFAULT;
	struct bounce_options options = {.limits = &limits, .now = 1796000000};
	unsigned n = 0;
	struct refusal_sink sink = {.ctx = &n, .refusal = on_refusal, .outcome = on_outcome};
	struct bounce_reader *r = bounce_reader_new(&options);
	struct blob blob = {.size = size, .mem = data, .fd = -1};
	struct err err;
	need(bounce_read(r, &blob, "x", &sink, &err) == ST_OK);
	bounce_reader_free(r);
}

#endif
