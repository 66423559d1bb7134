#include "ingest/auth/signature.h"

#include <stdio.h>
#include <string.h>

#include "core/base64.h"
#include "core/limits.h"
#include "core/tags.h"
#include "core/text.h"

/* a=, c=, q=, v=: what we can verify. */
static bool read_ways(const struct tags *tags, struct signature *s)
{
	const struct tag *a = tags_find(tags, "a"), *c = tags_find(tags, "c");
	const struct tag *q = tags_find(tags, "q");
	s->ed25519 = tag_is(a, "ed25519-sha256");
	if (!tag_is(tags_find(tags, "v"), "1") || (q && !tag_holds(q, "dns/txt")) ||
	    !(s->ed25519 || tag_is(a, "rsa-sha256")))
		return false;
	s->header = s->body = CANON_SIMPLE;
	if (!c)
		return true;
	const char *slash = memchr(c->value, '/', c->n);
	size_t n = slash ? (size_t)(slash - c->value) : c->n;
	return canon_read(c->value, n, &s->header) &&
	       (!slash || canon_read(slash + 1, c->n - n - 1, &s->body));
}

/* d=, s=, i=. */
static bool read_names(const struct tags *tags, const struct name_rules *rules, struct signature *s)
{
	const struct tag *d = tags_find(tags, "d"), *selector = tags_find(tags, "s");
	const struct tag *i = tags_find(tags, "i");
	char name[DOMAIN_SIZE], whole[3 * DOMAIN_SIZE];
	if (!d || !selector || !domain_normalise(rules, d->value, d->n, s->domain) ||
	    !domain_normalise(rules, selector->value, selector->n, name))
		return false;
	snprintf(whole, sizeof whole, "%s._domainkey.%s", name, s->domain);
	if (!domain_normalise(rules, whole, strlen(whole), s->key))
		return false;
	if (!i)
		return true;
	const char *at = memrchr(i->value, '@', i->n);
	if (!at || !domain_normalise(rules, at + 1, i->n - (size_t)(at - i->value) - 1, name) ||
	    !domain_is_below(name, s->domain))
		return false;
	s->below = strcmp(name, s->domain) != 0;
	return true;
}

static bool read_time(const struct tag *t, int64_t *out)
{
	uint64_t v;
	*out = -1;
	if (!t)
		return true;
	if (!text_to_u64(t->value, t->n, &v) || v > INT32_MAX * UINT64_C(1000))
		return false;
	*out = (int64_t)v;
	return true;
}

/* h=, with From in it. */
static bool read_fields(const struct tag *h, struct arena *a, struct signature *s)
{
	struct word words[LIMIT_AUTH_SIGNED];
	if (!h)
		return false;
	const char *p = h->value;
	size_t n = h->n;
	struct word w;
	while (tag_word(&p, &n, &w.p, &w.n)) {
		if (s->n_fields == LIMIT_AUTH_SIGNED)
			return false;
		words[s->n_fields++] = w;
	}
	s->fields = arena_memdup(a, words, s->n_fields * sizeof *words);
	return signature_covers(s, "from") > 0;
}

/* bh=, b=. */
static bool read_hashes(const struct tags *tags, struct arena *a, struct signature *s)
{
	const struct tag *bh = tags_find(tags, "bh"), *b = tags_find(tags, "b");
	uint8_t hash[BASE64_ROOM(100)];
	size_t n;
	if (!bh || !b || bh->n > 100 || b->n == 0 || b->n > LIMIT_AUTH_VALUE)
		return false;
	if (!base64_decode(bh->value, bh->n, hash, &n) || n != sizeof s->body_hash)
		return false;
	memcpy(s->body_hash, hash, sizeof s->body_hash);
	uint8_t *value = arena_alloc(a, BASE64_ROOM(b->n));
	s->value = value;
	s->hole = b->from;
	s->hole_end = b->to;
	return base64_decode(b->value, b->n, value, &s->n_value) && s->n_value > 0;
}

bool signature_read(const struct field *f, const struct name_rules *rules, struct arena *a,
		    struct signature *out)
{
	struct tags tags;
	*out = (struct signature){.field = f};
	return tags_read(f->p + f->value, f->n - f->value, &tags) && !tags_find(&tags, "l") &&
	       read_ways(&tags, out) && read_names(&tags, rules, out) &&
	       read_time(tags_find(&tags, "t"), &out->signed_at) &&
	       read_time(tags_find(&tags, "x"), &out->expires) &&
	       read_fields(tags_find(&tags, "h"), a, out) && read_hashes(&tags, a, out);
}

size_t signature_covers(const struct signature *s, const char *name)
{
	size_t count = 0;
	for (size_t i = 0; i < s->n_fields; i++)
		count += ascii_ieq_n(s->fields[i].p, s->fields[i].n, name);
	return count;
}
