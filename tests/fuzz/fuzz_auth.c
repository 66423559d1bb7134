/*
 * Any bytes as a mail: its header is read, every signature, Authentication-Results and key in it
 * too; a body comes out the same in one piece and in many.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/base64.h"
#include "core/mem.h"
#include "core/tags.h"
#include "dns/mail_key.h"
#include "ingest/auth/authenticate.h"
#include "ingest/auth/canon.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *itself(void *ctx, const char *name)
{
	(void)ctx;
	return name;
}

static bool no_name(void *ctx, const char *s, size_t n, char out[DOMAIN_SIZE])
{
	(void)ctx, (void)s, (void)n, (void)out;
	return false;
}

/* The mail itself is the record of every key. */
static void find(void *ctx, const char *const *names, size_t n, struct arena *a,
		 struct mail_key *out)
{
	const struct dns_text *text = ctx;
	struct dns_answer answer = {.outcome = DNS_OK, .n = 1, .texts = text};
	for (size_t i = 0; i < n; i++) {
		answer.name = names[i];
		out[i] = mail_key_read(&answer, a);
	}
}

static void take(void *ctx, const void *p, size_t n)
{
	buf_put(ctx, p, n);
}

static void put(struct buf *out, const uint8_t *p, size_t n, int way, size_t step)
{
	struct body b = {.canon = way & 1 ? CANON_RELAXED : CANON_SIMPLE,
			 .unquote = (way & 2) != 0,
			 .out = take,
			 .ctx = out};
	buf_init(out, 4 * n + 16);
	for (size_t at = 0; at < n; at += step)
		body_put(&b, p + at, n - at < step ? n - at : step);
	body_end(&b);
}

static void bodies(const uint8_t *p, size_t n)
{
	for (int way = 0; way < 4; way++) {
		struct buf whole, parts;
		put(&whole, p, n, way, n + 1);
		put(&parts, p, n, way, 1 + n % 7);
		if (whole.failed || whole.len != parts.len ||
		    (whole.len > 0 && memcmp(whole.data, parts.data, whole.len) != 0))
			abort();
		/* what is canonical stays as it is; marks are taken off once more */
		struct buf again;
		put(&again, (uint8_t *)whole.data, whole.len, way & 1, whole.len + 1);
		if (again.len != whole.len ||
		    (whole.len > 0 && memcmp(whole.data, again.data, whole.len) != 0))
			abort();
		buf_free(&whole);
		buf_free(&parts);
		buf_free(&again);
	}
}

/* Every field, folded as it is, in both forms: each a line, and relaxed without line ends inside.
 */
static void fields(const uint8_t *p, size_t n)
{
	struct arena a = {0};
	struct header h;
	struct buf b;
	header_read((const char *)p, n, true, &a, &h);
	if (h.size > n)
		abort();
	for (size_t i = 0; i < h.n; i++) {
		const struct field *f = &h.fields[i];
		buf_init(&b, 4 * n + 16);
		canon_field(&b, CANON_SIMPLE, f, NULL, NULL, true);
		buf_reset(&b);
		canon_field(&b, CANON_RELAXED, f, NULL, NULL, true);
		if (b.len < 2 || memchr(b.data, '\n', b.len) != b.data + b.len - 1)
			abort();
		buf_free(&b);
	}
	arena_free(&a);
}

static void lists(const uint8_t *p, size_t n)
{
	struct tags tags;
	uint8_t *out = mem_alloc(BASE64_ROOM(n));
	size_t len;
	if (base64_decode((const char *)p, n, out, &len) && len > BASE64_ROOM(n))
		abort();
	free(out);
	if (!tags_read((const char *)p, n, &tags))
		return;
	for (size_t i = 0; i < tags.n; i++)
		if (tags.list[i].value < tags.list[i].from ||
		    tags.list[i].value + tags.list[i].n > tags.list[i].to)
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const trusted[] = {"mx.example.com"};
	const struct name_rules rules = {NULL, no_name, itself};
	struct dns_text text = {(const char *)data, size, 1};
	struct mail_keys keys = {&text, find};
	struct auth_options o = {trusted, 1, &keys};
	struct authenticator *a = authenticator_new(&o, &rules);
	for (unsigned i = 0; i < 2; i++) {
		struct mail_around m = {.blob = {.size = size, .mem = data, .fd = -1},
					.number = i,
					.multipart = true,
					.mbox = i == 1};
		struct authentic out;
		authenticate(a, &m, 1796064473, &out);
		if (out.result >= AUTH_COUNT || (out.result == AUTH_ALIGNED && !out.domain))
			abort();
	}
	authenticator_free(a);
	fields(data, size);
	bodies(data, size);
	lists(data, size);
	return 0;
}
