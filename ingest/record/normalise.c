#include "ingest/record/normalise.h"

#include <stdlib.h>
#include <string.h>

#include "core/arena.h"
#include "core/limits.h"
#include "core/mem.h"
#include "core/text.h"
#include "ingest/record/judge.h"

#define KEY_MAX  (4 * MIB) /* 100 results of some ceilings each */
#define KEY_HEAD 3         /* adkim, aspf, cut */

struct cached {
	const char *key;
	size_t n;
	const struct dmarc_profile *profile;
	struct digest values;
	struct cached *next; /* same hash */
};

struct normaliser {
	const struct name_rules *rules;
	struct sha256 *sha;
	struct arena arena; /* profiles, keys */
	struct map index;   /* hash of the key -> struct cached */
};

void raw_record_init(struct raw_record *r)
{
	*r = (struct raw_record){0};
	buf_init(&r->key, KEY_MAX);
}

void raw_record_free(struct raw_record *r)
{
	buf_free(&r->key);
}

void raw_record_begin(struct raw_record *r, enum dmarc_word_code adkim, enum dmarc_word_code aspf)
{
	buf_reset(&r->key);
	buf_putc(&r->key, adkim == W_STRICT);
	buf_putc(&r->key, aspf == W_STRICT);
	buf_putc(&r->key, 0);
	r->source_ip_len = r->count_len = 0;
	r->rows = r->counts = 0;
	r->earlier = 0;
	r->has_text = r->full = r->earlier_bad = false;
}

static void keep(char *to, size_t size, size_t *len, const char *text, size_t n)
{
	if (n > size - 1) {
		n = size - 1;
		n = utf8_valid_prefix(text, n);
	}
	memcpy(to, text, n);
	to[n] = '\0';
	*len = n;
}

static bool is_count(const struct raw_record *r, uint64_t *messages)
{
	return text_to_u64(r->count, r->count_len, messages) && *messages <= (uint64_t)LIMIT_COUNT;
}

/* One more is added to those before it. */
static void add_count(struct raw_record *r, const char *text, size_t n)
{
	uint64_t v;
	if (n == 0)
		return;
	if (r->counts++ > 0) {
		bool fits = is_count(r, &v) && r->earlier <= (uint64_t)LIMIT_COUNT;
		r->earlier += fits ? v : 0;
		r->earlier_bad |= !fits;
	}
	keep(r->count, sizeof r->count, &r->count_len, text, n);
}

void raw_record_add(struct raw_record *r, enum raw_tag tag, const char *text, size_t n)
{
	if (n > 0)
		r->has_text = true;
	if (tag == RAW_SOURCE_IP) {
		keep(r->source_ip, sizeof r->source_ip, &r->source_ip_len, text, n);
	} else if (tag == RAW_COUNT) {
		add_count(r, text, n);
	} else if (tag == RAW_CUT || r->full || r->key.len + 4 + n > KEY_MAX) {
		r->full |= tag != RAW_CUT; /* whole entries, in order: never one behind a gap */
		r->key.data[KEY_HEAD - 1] = 1;
	} else {
		char *to = buf_reserve(&r->key, 4 + n);
		const char head[4] = {(char)tag, (char)(n >> 16), (char)(n >> 8), (char)n};
		memcpy(to, head, sizeof head);
		memcpy(to + sizeof head, text, n);
		r->key.len += sizeof head + n;
	}
}

struct normaliser *normaliser_new(const struct name_rules *rules)
{
	struct normaliser *n = mem_alloc(sizeof *n);
	n->rules = rules;
	n->sha = sha256_new();
	return n;
}

void normaliser_free(struct normaliser *n)
{
	if (!n)
		return;
	sha256_free(n->sha);
	arena_free(&n->arena);
	map_free(&n->index);
	free(n);
}

bool normaliser_full(const struct normaliser *n)
{
	return n->arena.used > LIMIT_PROFILE_CACHE;
}

void normaliser_trim(struct normaliser *n)
{
	if (!normaliser_full(n))
		return;
	arena_reset(&n->arena);
	map_free(&n->index);
}

/* ---- texts to values ---- */

/* One text of the key. */
struct piece {
	enum raw_tag tag;
	const char *text;
	size_t n;
};

static bool next_piece(const char **p, const char *end, struct piece *out)
{
	if (*p >= end)
		return false;
	const unsigned char *head = (const unsigned char *)*p;
	out->tag = head[0];
	out->n = (size_t)head[1] << 16 | (size_t)head[2] << 8 | head[3];
	out->text = *p + 4;
	*p += 4 + out->n;
	return true;
}

struct builder {
	struct normaliser *n;
	struct dmarc_profile *p;
	struct dmarc_dkim *dkim;
	struct dmarc_spf *spf;
	struct dmarc_reason *reasons;
	bool skip_dkim, skip_spf, skip_reason; /* past the ceiling for their number */
};

static const char *text_of(struct builder *b, const struct piece *x)
{
	size_t n = x->n;
	if (n == 0)
		return NULL;
	if (n > LIMIT_TEXT) {
		n = utf8_valid_prefix(x->text, LIMIT_TEXT);
		b->p->flags |= DMARC_CUT;
	}
	return arena_strndup(&b->n->arena, x->text, n);
}

static const char *name_of(struct builder *b, const struct piece *x)
{
	char name[DOMAIN_SIZE];
	if (x->n == 0)
		return NULL;
	if (domain_normalise(b->n->rules, x->text, x->n, name))
		return arena_strdup(&b->n->arena, name);
	b->p->flags |= DMARC_BAD_NAME;
	return text_of(b, x);
}

/* envelope_from: absent is NULL, the null reverse-path is "" however it is written. */
static const char *envelope_of(struct builder *b, const struct piece *x)
{
	if (x->n == 0 || (x->n == 2 && memcmp(x->text, "<>", 2) == 0))
		return "";
	return name_of(b, x);
}

static struct dmarc_word word_of(struct builder *b, enum dmarc_vocabulary v, const struct piece *x)
{
	struct dmarc_word w = {0};
	w.code = dmarc_word_lookup(v, x->text, x->n, &w.text);
	if (w.code != W_ABSENT && !w.text) {
		w.text = text_of(b, x);
		b->p->flags |= DMARC_UNKNOWN_WORD;
	}
	return w;
}

/* Bare text in <reason> is its type when that is known, else a comment. */
static void reason_of(struct builder *b, struct dmarc_reason *r, const struct piece *x)
{
	const char *known;
	dmarc_word_lookup(V_REASON, x->text, x->n, &known);
	struct piece type = {.text = known ? known : "other", .n = known ? strlen(known) : 5};
	r->type = word_of(b, V_REASON, &type);
	if (!known)
		r->comment = text_of(b, x);
}

static void begin_entry(struct builder *b, enum raw_tag tag)
{
	struct dmarc_profile *p = b->p;
	bool *skip = tag == RAW_DKIM  ? &b->skip_dkim
		     : tag == RAW_SPF ? &b->skip_spf
				      : &b->skip_reason;
	unsigned *n = tag == RAW_DKIM ? &p->n_dkim : tag == RAW_SPF ? &p->n_spf : &p->n_reasons;
	*skip = *n >= (tag == RAW_REASON ? LIMIT_REASONS : LIMIT_AUTH_RESULTS);
	if (*skip)
		p->flags |= DMARC_CUT;
	else
		(*n)++;
}

static void add_dkim(struct builder *b, const struct piece *x)
{
	if (b->skip_dkim || b->p->n_dkim == 0)
		return;
	struct dmarc_dkim *d = &b->dkim[b->p->n_dkim - 1];
	if (x->tag == RAW_DKIM_DOMAIN)
		d->domain = name_of(b, x);
	else if (x->tag == RAW_DKIM_SELECTOR)
		d->selector = text_of(b, x);
	else if (x->tag == RAW_DKIM_RESULT)
		d->result = word_of(b, V_RESULT, x);
	else
		d->human_result = text_of(b, x);
}

static void add_spf(struct builder *b, const struct piece *x)
{
	if (b->skip_spf || b->p->n_spf == 0)
		return;
	struct dmarc_spf *s = &b->spf[b->p->n_spf - 1];
	if (x->tag == RAW_SPF_DOMAIN)
		s->domain = name_of(b, x);
	else if (x->tag == RAW_SPF_SCOPE)
		s->scope = word_of(b, V_SCOPE, x);
	else if (x->tag == RAW_SPF_RESULT)
		s->result = word_of(b, V_RESULT, x);
	else
		s->human_result = text_of(b, x);
}

static void add_reason(struct builder *b, const struct piece *x)
{
	if (b->skip_reason || b->p->n_reasons == 0)
		return;
	struct dmarc_reason *r = &b->reasons[b->p->n_reasons - 1];
	if (x->tag == RAW_REASON_TYPE)
		r->type = word_of(b, V_REASON, x);
	else if (x->tag == RAW_REASON_COMMENT)
		r->comment = text_of(b, x);
	else
		reason_of(b, r, x);
}

static void add_piece(struct builder *b, const struct piece *x)
{
	struct dmarc_profile *p = b->p;
	switch (x->tag) {
	case RAW_DISPOSITION:
		p->disposition = word_of(b, V_DISPOSITION, x);
		break;
	case RAW_EVAL_DKIM:
		p->eval_dkim = word_of(b, V_EVALUATED, x);
		break;
	case RAW_EVAL_SPF:
		p->eval_spf = word_of(b, V_EVALUATED, x);
		break;
	case RAW_HEADER_FROM:
		p->header_from = name_of(b, x);
		break;
	case RAW_ENVELOPE_FROM:
		p->envelope_from = envelope_of(b, x);
		break;
	case RAW_ENVELOPE_TO:
		p->envelope_to = name_of(b, x);
		break;
	case RAW_DKIM:
	case RAW_SPF:
	case RAW_REASON:
		begin_entry(b, x->tag);
		break;
	case RAW_DKIM_DOMAIN:
	case RAW_DKIM_SELECTOR:
	case RAW_DKIM_RESULT:
	case RAW_DKIM_HUMAN:
		add_dkim(b, x);
		break;
	case RAW_SPF_DOMAIN:
	case RAW_SPF_SCOPE:
	case RAW_SPF_RESULT:
	case RAW_SPF_HUMAN:
		add_spf(b, x);
		break;
	case RAW_REASON_TYPE:
	case RAW_REASON_COMMENT:
	case RAW_REASON_TEXT:
		add_reason(b, x);
		break;
	case RAW_SOURCE_IP:
	case RAW_COUNT:
	case RAW_CUT:
		break;
	}
}

static unsigned count_tags(const char *p, const char *end, enum raw_tag tag, unsigned max)
{
	struct piece x;
	unsigned n = 0;
	while (next_piece(&p, end, &x))
		n += x.tag == tag;
	return n < max ? n : max;
}

static struct digest values_digest(struct sha256 *s, const struct dmarc_profile *p)
{
	sha256_text(s, p->header_from);
	sha256_text(s, p->envelope_from);
	sha256_text(s, p->envelope_to);
	sha256_text(s, p->disposition.text);
	sha256_text(s, p->eval_dkim.text);
	sha256_text(s, p->eval_spf.text);
	sha256_int(s, p->n_reasons);
	for (unsigned i = 0; i < p->n_reasons; i++) {
		sha256_text(s, p->reasons[i].type.text);
		sha256_text(s, p->reasons[i].comment);
	}
	sha256_int(s, p->n_dkim);
	for (unsigned i = 0; i < p->n_dkim; i++) {
		sha256_text(s, p->dkim[i].domain);
		sha256_text(s, p->dkim[i].selector);
		sha256_text(s, p->dkim[i].result.text);
		sha256_text(s, p->dkim[i].human_result);
	}
	sha256_int(s, p->n_spf);
	for (unsigned i = 0; i < p->n_spf; i++) {
		sha256_text(s, p->spf[i].domain);
		sha256_text(s, p->spf[i].scope.text);
		sha256_text(s, p->spf[i].result.text);
		sha256_text(s, p->spf[i].human_result);
	}
	sha256_int(s, p->adkim.code == W_STRICT);
	sha256_int(s, p->aspf.code == W_STRICT);
	return sha256_cut(s);
}

static struct digest profile_digest(struct sha256 *s, const struct dmarc_profile *p,
				    const struct digest *values)
{
	sha256_bytes(s, values->b, sizeof values->b);
	sha256_int(s, p->aligned_dkim);
	sha256_int(s, p->aligned_spf);
	sha256_int(s, p->cell);
	sha256_int(s, p->flags);
	return sha256_cut(s);
}

static const struct dmarc_profile *build(struct normaliser *n, const char *key, size_t len,
					 struct digest *values)
{
	struct builder b = {.n = n, .p = arena_alloc(&n->arena, sizeof *b.p)};
	const char *p = key + KEY_HEAD, *end = key + len;
	struct piece x;
	b.p->adkim =
	    key[0] ? (struct dmarc_word){W_STRICT, "s"} : (struct dmarc_word){W_RELAXED, "r"};
	b.p->aspf =
	    key[1] ? (struct dmarc_word){W_STRICT, "s"} : (struct dmarc_word){W_RELAXED, "r"};
	b.dkim = arena_alloc(&n->arena,
			     count_tags(p, end, RAW_DKIM, LIMIT_AUTH_RESULTS) * sizeof *b.dkim);
	b.spf =
	    arena_alloc(&n->arena, count_tags(p, end, RAW_SPF, LIMIT_AUTH_RESULTS) * sizeof *b.spf);
	b.reasons = arena_alloc(&n->arena,
				count_tags(p, end, RAW_REASON, LIMIT_REASONS) * sizeof *b.reasons);
	b.p->dkim = b.dkim;
	b.p->spf = b.spf;
	b.p->reasons = b.reasons;
	if (key[2])
		b.p->flags |= DMARC_CUT;
	while (next_piece(&p, end, &x))
		add_piece(&b, &x);
	judge_profile(n->rules, b.p);
	*values = values_digest(n->sha, b.p);
	b.p->digest = profile_digest(n->sha, b.p, values);
	return b.p;
}

static const struct cached *profile_of(struct normaliser *n, const char *key, size_t len)
{
	struct digest d = hash_fixed128(key, len);
	bool fresh;
	uint64_t *slot = map_put(&n->index, &d, &fresh);
	struct cached *first = (struct cached *)(uintptr_t)*slot;
	for (struct cached *c = first; c; c = c->next)
		if (c->n == len && memcmp(c->key, key, len) == 0)
			return c;
	struct cached *c = arena_alloc(&n->arena, sizeof *c);
	*slot = (uint64_t)(uintptr_t)c;
	*c = (struct cached){.key = arena_memdup(&n->arena, key, len), .n = len, .next = first};
	c->profile = build(n, key, len, &c->values);
	return c;
}

/* ---- a record ---- */

static bool count_of(const struct raw_record *raw, uint64_t *messages)
{
	if (!is_count(raw, messages) || raw->earlier_bad)
		return false;
	*messages += raw->earlier;
	return *messages <= (uint64_t)LIMIT_COUNT;
}

bool normalise_record(struct normaliser *n, const struct raw_record *raw, struct dmarc_record *out,
		      struct digest *values)
{
	unsigned marks = 0;
	*out = (struct dmarc_record){0};
	bool counted = count_of(raw, &out->messages);
	if (!raw->has_text || (raw->source_ip_len == 0 && counted && out->messages == 0))
		return false;
	if (!counted) {
		out->messages = 0;
		out->flags |= DMARC_BAD_COUNT;
	}
	if (raw->rows > 1 || raw->counts > 1)
		out->flags |= DMARC_ADDED;
	if (!ip_parse(raw->source_ip, raw->source_ip_len, &out->source, &marks)) {
		out->flags |= DMARC_BAD_IP;
		out->source_raw = raw->source_ip_len ? raw->source_ip : NULL;
	} else {
		if (marks & (IP_BRACKETS | IP_PORT | IP_ZONE))
			out->flags |= DMARC_IP_TRIMMED;
		if (marks & IP_MAPPED)
			out->flags |= DMARC_IP_MAPPED;
	}
	const struct cached *c = profile_of(n, raw->key.data, raw->key.len);
	out->profile = c->profile;
	*values = c->values;
	return true;
}

const char *normalise_header_from(struct normaliser *n, const struct raw_record *raw,
				  char out[DOMAIN_SIZE], const char **org)
{
	const char *p = raw->key.data + KEY_HEAD, *end = raw->key.data + raw->key.len;
	struct piece x;
	while (next_piece(&p, end, &x))
		if (x.tag == RAW_HEADER_FROM && domain_normalise(n->rules, x.text, x.n, out)) {
			*org = n->rules->org_domain(n->rules->ctx, out);
			return out;
		}
	return NULL;
}
