#include "ingest/auth/dkim.h"

#include <string.h>
#include <strings.h>

#include "core/limits.h"
#include "core/tags.h"
#include "ingest/auth/signature.h"

#define DAY    86400
#define CHUNK  (64 * 1024)
#define HEADER "DKIM-Signature"

/* A way to hash the body, and what came of it. */
struct way {
	bool known, failed, unquoted; /* failed: it cannot be read */
	uint8_t hash[32];
};

struct judge {
	const struct dkim_tools *t;
	const struct dkim_mail *m;
	struct arena *a;
	struct way ways[2][2]; /* canon; as it came, or without the marks of an mbox */
	unsigned verified;
};

static bool aligns(const struct judge *j, const char *domain)
{
	const struct name_rules *r = j->t->rules;
	return j->m->from &&
	       strcmp(r->org_domain(r->ctx, domain), r->org_domain(r->ctx, j->m->from)) == 0;
}

/* ---- which signatures ---- */

/* Without reading more of it than who signed. */
static bool may_align(const struct judge *j, const struct field *f)
{
	char domain[DOMAIN_SIZE];
	struct tags tags;
	if (!tags_read(f->p + f->value, f->n - f->value, &tags))
		return false;
	const struct tag *d = tags_find(&tags, "d");
	return d && domain_normalise(j->t->rules, d->value, d->n, domain) && aligns(j, domain);
}

struct looked {
	struct signature s[LIMIT_AUTH_LOOKED];
	size_t n;      /* that may count */
	size_t looked; /* and those that may not */
	bool more;     /* there are others */
};

/* All signatures that align, or all that do not, as far as the ceiling allows. */
static void look(struct judge *j, bool aligned, struct looked *out)
{
	const struct header *h = j->m->header;
	out->n = 0;
	for (size_t i = 0; i < h->n; i++) {
		const struct field *f = &h->fields[i];
		if (!field_is(f, HEADER) || may_align(j, f) != aligned)
			continue;
		if (out->looked == LIMIT_AUTH_LOOKED) {
			out->more = true;
			return;
		}
		out->looked++;
		out->n += signature_read(f, j->t->rules, j->a, &out->s[out->n]);
	}
}

/* ---- hashes ---- */

static bool hash_body(struct judge *j, struct body *body)
{
	struct blob b = j->m->mail->blob;
	uint64_t at = j->m->header->size;
	bool whole = true;
	crypto_hash_begin(j->t->crypto);
	if (b.mem) {
		body_put(body, b.mem + at, b.size - at);
	} else {
		struct arena_mark mark = arena_mark(j->a);
		char *chunk = arena_alloc(j->a, CHUNK);
		ssize_t got = 0;
		for (; at < b.size && (got = blob_read(&b, at, chunk, CHUNK)) > 0;
		     at += (size_t)got)
			body_put(body, chunk, (size_t)got);
		whole = at >= b.size;
		arena_rewind(j->a, mark);
	}
	body_end(body);
	return whole;
}

static const struct way *body_way(struct judge *j, enum canon canon, bool unquote)
{
	struct way *w = &j->ways[canon][unquote];
	struct body body = {
	    .canon = canon, .unquote = unquote, .out = crypto_hash_put, .ctx = j->t->crypto};
	if (w->known)
		return w;
	w->known = true;
	w->failed = !hash_body(j, &body);
	w->unquoted = body.hit;
	crypto_hash_end(j->t->crypto, w->hash);
	return w;
}

static enum auth body_fits(struct judge *j, const struct signature *s)
{
	const struct way *w = body_way(j, s->body, false);
	if (!w->failed && memcmp(w->hash, s->body_hash, sizeof w->hash) == 0)
		return AUTH_ALIGNED;
	if (!w->failed && j->m->mail->mbox) {
		w = body_way(j, s->body, true);
		if (w->unquoted && memcmp(w->hash, s->body_hash, sizeof w->hash) == 0)
			return AUTH_ALIGNED;
	}
	return w->failed ? AUTH_UNKNOWN : AUTH_FAIL;
}

/* The last field of the name that was not taken yet. */
static const struct field *take(const struct header *h, const struct word *name,
				const struct field *but, bool *used)
{
	for (size_t i = h->n; i > 0; i--) {
		const struct field *f = &h->fields[i - 1];
		if (used[i - 1] || f == but || f->name != name->n ||
		    strncasecmp(f->p, name->p, name->n) != 0)
			continue;
		used[i - 1] = true;
		return f;
	}
	return NULL;
}

static void hash_header(struct judge *j, const struct signature *s, uint8_t hash[32])
{
	const struct header *h = j->m->header;
	bool used[LIMIT_AUTH_FIELDS] = {false};
	struct buf b;
	buf_init(&b, 3 * LIMIT_AUTH_HEADER); /* LF becomes CRLF */
	buf_reserve(&b, 4 * KIB);
	for (size_t i = 0; i < s->n_fields; i++) {
		const struct field *f = take(h, &s->fields[i], s->field, used);
		if (f)
			canon_field(&b, s->header, f, NULL, NULL, true);
	}
	canon_field(&b, s->header, s->field, s->hole, s->hole_end, false);
	crypto_hash_begin(j->t->crypto);
	crypto_hash_put(j->t->crypto, b.data, b.len);
	crypto_hash_end(j->t->crypto, hash);
	buf_free(&b);
}

/* ---- one signature ---- */

/* Its own time is over, or has not come: whether the mail was good then, nobody can say. */
static bool in_time(const struct judge *j, const struct signature *s)
{
	int64_t date = j->m->date, now = j->m->now;
	if (s->signed_at > now + DAY)
		return false;
	if (s->expires < 0)
		return true;
	if (s->signed_at >= 0 && s->expires <= s->signed_at)
		return false;
	return s->expires >= (date > 0 ? date : now);
}

/* AUTH_ALIGNED: it is good, whoever signed. */
static enum auth verify(struct judge *j, const struct signature *s, const struct mail_key *key)
{
	uint8_t hash[32];
	if (key->state == MAIL_KEY_UNKNOWN)
		return AUTH_UNKNOWN;
	if (key->state == MAIL_KEY_UNFIT || key->ed25519 != s->ed25519 || (key->strict && s->below))
		return AUTH_FAIL;
	enum auth body = body_fits(j, s);
	if (body != AUTH_ALIGNED)
		return body;
	if (j->verified == LIMIT_AUTH_VERIFIED)
		return AUTH_UNKNOWN;
	j->verified++;
	hash_header(j, s, hash);
	enum crypto_verdict v = crypto_verify(j->t->crypto, key, hash, s->value, s->n_value);
	return v == CRYPTO_GOOD ? AUTH_ALIGNED : v == CRYPTO_BAD ? AUTH_FAIL : AUTH_UNKNOWN;
}

/* Is the view of the parts signed? Else anybody may make others of the same body. */
static bool shows_parts(const struct judge *j, const struct signature *s)
{
	return !j->m->mail->multipart ||
	       header_count(j->m->header, "Content-Type") <= signature_covers(s, "content-type");
}

/* ---- all of them ---- */

/* The keys of those that are in time, in one go; the others have none. */
static void find_keys(struct judge *j, const struct looked *l, struct mail_key *keys)
{
	const char *names[LIMIT_AUTH_LOOKED];
	struct mail_key found[LIMIT_AUTH_LOOKED];
	size_t of[LIMIT_AUTH_LOOKED], n = 0;
	for (size_t i = 0; i < l->n; i++) {
		keys[i] = (struct mail_key){.state = MAIL_KEY_UNKNOWN};
		if (!in_time(j, &l->s[i]))
			continue;
		for (of[i] = 0; of[i] < n && strcmp(names[of[i]], l->s[i].key) != 0;)
			of[i]++;
		if (of[i] == n)
			names[n++] = l->s[i].key;
	}
	if (n == 0 || !j->t->keys)
		return;
	j->t->keys->find(j->t->keys->ctx, names, n, j->a, found);
	for (size_t i = 0; i < l->n; i++)
		if (in_time(j, &l->s[i]))
			keys[i] = found[of[i]];
}

/* The best that can be said by those of l. */
static void judge_group(struct judge *j, const struct looked *l, bool aligned,
			struct authentic *out)
{
	struct mail_key keys[LIMIT_AUTH_LOOKED];
	const struct signature *failed = NULL;
	bool unknown = l->more;
	find_keys(j, l, keys);
	for (size_t i = 0; i < l->n; i++) {
		const struct signature *s = &l->s[i];
		enum auth one = verify(j, s, &keys[i]);
		if (one == AUTH_ALIGNED && aligned && !shows_parts(j, s))
			one = AUTH_UNKNOWN;
		if (one == AUTH_ALIGNED) {
			out->result = aligned ? AUTH_ALIGNED : AUTH_UNALIGNED;
			out->domain = arena_strdup(j->a, s->domain);
			return;
		}
		if (one == AUTH_FAIL && !failed)
			failed = s;
		unknown |= one == AUTH_UNKNOWN;
	}
	out->result = failed ? AUTH_FAIL : unknown ? AUTH_UNKNOWN : AUTH_NONE;
	out->domain = failed ? arena_strdup(j->a, failed->domain) : NULL;
}

void dkim_judge(const struct dkim_tools *t, const struct dkim_mail *m, struct arena *a,
		struct authentic *out)
{
	struct judge j = {.t = t, .m = m, .a = a};
	struct looked l = {.n = 0};
	out->result = AUTH_NONE;
	out->domain = NULL;
	look(&j, true, &l);
	judge_group(&j, &l, true, out);
	if (out->result == AUTH_NONE) { /* none of them may count: others say nothing of From, but
					   that somebody signed */
		look(&j, false, &l);
		judge_group(&j, &l, false, out);
	}
	bool said = out->result == AUTH_ALIGNED || out->result == AUTH_UNALIGNED ||
		    out->result == AUTH_FAIL;
	out->by = said ? AUTH_BY_DKIM : AUTH_BY_NOBODY;
}
