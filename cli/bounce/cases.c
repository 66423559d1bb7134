#include "cli/bounce/cases.h"

#include <stdlib.h>
#include <string.h>

#include "core/limits.h"
#include "core/mem.h"
#include "core/text.h"

#define KEY_MAX (LIMIT_BOUNCE_TEXT + 8 * DOMAIN_SIZE)

void bounce_batch_init(struct bounce_batch *b)
{
	*b = (struct bounce_batch){0};
}

/* ---- what is alike ---- */

static void put_name(struct buf *key, const char *s)
{
	buf_puts(key, s ? s : "\001");
	buf_putc(key, '\n');
}

/* Words without digits: queue ids, addresses and times make no other kind. */
static void put_words(struct buf *key, const char *s)
{
	while (*s) {
		size_t n = strcspn(s, " ");
		bool digit = false;
		for (size_t i = 0; i < n; i++)
			digit = digit || (s[i] >= '0' && s[i] <= '9');
		if (!digit)
			buf_put(key, s, n);
		s += n + (s[n] == ' ');
	}
	buf_putc(key, '\n');
}

static struct digest kind_of(const struct refusal *r)
{
	struct buf key;
	buf_init(&key, KEY_MAX);
	buf_printf(&key, "%d %d %d %u %s %s %d %d\n", r->form, r->direction, r->action,
		   r->reply.code, r->reply.status, r->wrapper.status, r->reply.phase, r->ip_source);
	buf_put(&key, &r->ip, sizeof r->ip);
	buf_put(&key, &r->client_ip, sizeof r->client_ip);
	put_name(&key, r->mail_from_domain);
	put_name(&key, r->header_from_domain);
	put_name(&key, r->recipient_domain);
	put_name(&key, r->quoted_domain);
	put_words(&key, r->reply.text);
	struct digest d = hash_fixed128(key.data, key.len);
	buf_free(&key);
	return d;
}

/* ---- a refusal of our own ---- */

static void keep_texts(struct arena *a, struct refusal *r)
{
	const char **const texts[] = {&r->reply.text,
				      &r->wrapper.text,
				      &r->remote_host,
				      &r->reporting_host,
				      &r->mail_from_domain,
				      &r->header_from_domain,
				      &r->recipient_domain,
				      &r->original_domain,
				      &r->message_id_domain,
				      &r->queue_id,
				      &r->quoted_domain,
				      &r->client_host,
				      &r->helo,
				      &r->received_host,
				      &r->generated};
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		*texts[i] = arena_strdup(a, *texts[i]);
	struct refusal_dkim *dkim = arena_memdup(a, r->dkim, r->n_dkim * sizeof *dkim);
	for (size_t i = 0; i < r->n_dkim; i++) {
		dkim[i].domain = arena_strdup(a, dkim[i].domain);
		dkim[i].selector = arena_strdup(a, dkim[i].selector);
	}
	r->dkim = dkim;
}

static void note_time(struct bounce_case *x, int64_t at)
{
	if (!at)
		return;
	if (!x->first_at || at < x->first_at)
		x->first_at = at;
	if (at > x->last_at)
		x->last_at = at;
}

size_t bounce_batch_add(struct bounce_batch *b, const struct refusal *r)
{
	struct digest kind = kind_of(r);
	uint64_t *known = map_get(&b->kinds, &kind);
	if (!known && b->now.n == CASES_MAX) {
		b->now.more++;
		return CASES_MAX;
	}
	if (!known) {
		b->now.cases = MEM_ROOM(b->now.cases, b->now.n, b->cap_cases);
		b->now.cases[b->now.n] = (struct bounce_case){.r = *r};
		keep_texts(&b->a, &b->now.cases[b->now.n].r);
		known = map_put(&b->kinds, &kind, NULL);
		*known = ++b->now.n;
		b->n_cases++;
	}
	struct bounce_case *x = &b->now.cases[*known - 1];
	x->count++;
	note_time(x, r->at);
	return (size_t)*known - 1;
}

/* Most first; those of a mail stay in its order. */
static int by_count(const void *x, const void *y)
{
	const struct bounce_case *a = x, *b = y;
	if (a->count != b->count)
		return a->count < b->count ? 1 : -1;
	return a->r.line < b->r.line ? -1 : a->r.line > b->r.line;
}

void bounce_batch_close(struct bounce_batch *b, const struct bounce_outcome *o)
{
	struct bounce_input *in = &b->now;
	in->source = arena_strdup(&b->a, o->source);
	in->outcome = *o;
	in->outcome.source = in->source;
	in->outcome.reason = arena_strdup(&b->a, o->reason);
	b->inputs = MEM_ROOM(b->inputs, b->n, b->cap);
	b->inputs[b->n++] = *in;
	*in = (struct bounce_input){0};
	b->cap_cases = 0;
	map_clear(&b->kinds);
}

void bounce_batch_sort(struct bounce_batch *b)
{
	for (size_t i = 0; i < b->n; i++) {
		struct bounce_input *in = &b->inputs[i];
		if (in->n > 1 && in->cases[0].r.line > 0)
			qsort(in->cases, in->n, sizeof *in->cases, by_count);
	}
}

bool bounce_batch_is_full(const struct bounce_batch *b)
{
	return b->n >= INPUTS_MAX || b->n_cases >= CASES_MAX;
}

void bounce_batch_drop(struct bounce_batch *b)
{
	b->n_cases -= b->now.n;
	free(b->now.cases);
	b->now = (struct bounce_input){0};
	b->cap_cases = 0;
	map_clear(&b->kinds);
}

void bounce_batch_reset(struct bounce_batch *b)
{
	for (size_t i = 0; i < b->n; i++)
		free(b->inputs[i].cases);
	b->n = b->n_cases = 0;
	arena_reset(&b->a);
}

void bounce_batch_free(struct bounce_batch *b)
{
	bounce_batch_reset(b);
	free(b->now.cases);
	free(b->inputs);
	map_free(&b->kinds);
	arena_free(&b->a);
}
