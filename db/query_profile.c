#include <endian.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/buf.h"
#include "core/mem.h"
#include "db/query_priv.h"
#include "sql.h"

const char *result_text(const PGresult *res, int row, int col, struct arena *a)
{
	if (PQgetisnull(res, row, col))
		return NULL;
	return arena_strndup(a, PQgetvalue(res, row, col), (size_t)PQgetlength(res, row, col));
}

static uint32_t take32(struct array *at)
{
	uint32_t v;
	memcpy(&v, at->next, sizeof v);
	at->next += sizeof v;
	return be32toh(v);
}

/* Dimensions, has nulls, type, length, lower bound; then length and bytes of each element. */
struct array array_open(const PGresult *res, int row, int col)
{
	struct array at = {PQgetvalue(res, row, col), 0};
	if (PQgetisnull(res, row, col) || take32(&at) == 0)
		return at;
	at.next += 8;
	at.n = take32(&at);
	at.next += 4;
	return at;
}

int64_t array_int8(struct array *at)
{
	uint64_t v;
	memcpy(&v, at->next + 4, sizeof v);
	at->next += 4 + sizeof v;
	return (int64_t)be64toh(v);
}

int32_t array_int4(struct array *at)
{
	at->next += 4;
	return (int32_t)take32(at);
}

/* family (2: IPv4, 3: IPv6), bits, is_cidr, length, address */
struct ip array_inet(struct array *at)
{
	struct ip ip = {0};
	uint32_t len = take32(at);
	if (len == UINT32_MAX)
		return ip;
	const uint8_t *v = (const uint8_t *)at->next;
	ip.family = v[0] == 2 ? 4 : 6;
	memcpy(ip.b, v + 4, v[3] <= sizeof ip.b ? v[3] : sizeof ip.b);
	at->next += len;
	return ip;
}

const char **result_text_array(const PGresult *res, int row, int col, struct arena *a, unsigned *n)
{
	struct array at = array_open(res, row, col);
	const char **out = arena_alloc(a, at.n * sizeof *out);
	for (unsigned i = 0; i < at.n; i++) {
		uint32_t len = take32(&at);
		if (len == UINT32_MAX)
			continue;
		out[i] = arena_strndup(a, at.next, len);
		at.next += len;
	}
	*n = at.n;
	return out;
}

int64_t *result_int8_array(const PGresult *res, int row, int col, struct arena *a, unsigned *n)
{
	struct array at = array_open(res, row, col);
	int64_t *out = arena_alloc(a, at.n * sizeof *out);
	for (unsigned i = 0; i < at.n; i++)
		out[i] = array_int8(&at);
	*n = at.n;
	return out;
}

static struct dmarc_word word(enum dmarc_vocabulary v, const char *raw)
{
	const char *text;
	struct dmarc_word w = {dmarc_word_lookup(v, raw ? raw : "", raw ? strlen(raw) : 0, &text),
			       NULL};
	w.text = text ? text : raw;
	return w;
}

/* Arrays in step: the first tells how many; one that is not there is all nulls. */
static unsigned read_columns(const PGresult *res, int row, int first, int columns, struct arena *a,
			     const char ***out)
{
	unsigned n = array_open(res, row, first).n, k;
	for (int i = 0; i < columns; i++) {
		out[i] = result_text_array(res, row, first + i, a, &k);
		if (k < n)
			out[i] = arena_alloc(a, n * sizeof **out);
	}
	return n;
}

static void read_auth(const PGresult *res, int row, struct arena *a, struct dmarc_profile *p)
{
	const char **column[4];
	unsigned n = read_columns(res, row, 7, 4, a, column);
	struct dmarc_dkim *dkim = arena_alloc(a, n * sizeof *dkim);
	for (unsigned i = 0; i < n; i++)
		dkim[i] = (struct dmarc_dkim){column[0][i], column[1][i],
					      word(V_RESULT, column[2][i]), column[3][i]};
	p->dkim = dkim;
	p->n_dkim = n;
	n = read_columns(res, row, 11, 4, a, column);
	struct dmarc_spf *spf = arena_alloc(a, n * sizeof *spf);
	for (unsigned i = 0; i < n; i++)
		spf[i] = (struct dmarc_spf){column[0][i], word(V_SCOPE, column[1][i]),
					    word(V_RESULT, column[2][i]), column[3][i]};
	p->spf = spf;
	p->n_spf = n;
	n = read_columns(res, row, 15, 2, a, column);
	struct dmarc_reason *reasons = arena_alloc(a, n * sizeof *reasons);
	for (unsigned i = 0; i < n; i++)
		reasons[i] = (struct dmarc_reason){word(V_REASON, column[0][i]), column[1][i]};
	p->reasons = reasons;
	p->n_reasons = n;
}

/* Columns as in profiles.sql. */
static void read_profile(const PGresult *res, int row, struct arena *a, struct dmarc_profile *p)
{
	memcpy(p->digest.b, PQgetvalue(res, row, 0), sizeof(int64_t)); /* the number is its head */
	p->header_from = result_text(res, row, 1, a);
	p->envelope_from = result_text(res, row, 2, a);
	p->envelope_to = result_text(res, row, 3, a);
	p->disposition = word(V_DISPOSITION, result_text(res, row, 4, a));
	p->eval_dkim = word(V_EVALUATED, result_text(res, row, 5, a));
	p->eval_spf = word(V_EVALUATED, result_text(res, row, 6, a));
	read_auth(res, row, a, p);
	p->adkim = word(V_ALIGNMENT, result_text(res, row, 17, a));
	p->aspf = word(V_ALIGNMENT, result_text(res, row, 18, a));
	p->aligned_dkim = db_bool(res, row, 19);
	p->aligned_spf = db_bool(res, row, 20);
	if (!dmarc_cell_parse(result_text(res, row, 21, a), &p->cell))
		p->cell = CELL_F10;
	p->flags = (unsigned)db_int4(res, row, 22);
}

void profiles_want(struct profile_set *s, const int64_t *ids, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct digest key = hash_fixed128(&ids[i], sizeof ids[i]);
		bool fresh;
		uint64_t *at = map_put(&s->index, &key, &fresh);
		if (!fresh)
			continue;
		if (s->n == s->cap) {
			s->cap = s->cap ? 2 * s->cap : 256;
			s->ids = mem_grow(s->ids, s->cap, sizeof *s->ids);
		}
		s->ids[s->n] = ids[i];
		*at = s->n++;
	}
}

static void add_profile(void *set, const PGresult *res)
{
	struct profile_set *s = set;
	int64_t id = db_int8(res, 0, 0);
	struct digest key = hash_fixed128(&id, sizeof id);
	const uint64_t *i = map_get(&s->index, &key);
	if (i)
		read_profile(res, 0, s->a, &s->profiles[*i]);
}

enum status profiles_read(struct profile_set *s, struct db *db, const char *domain_id,
			  struct arena *a, struct err *err)
{
	struct buf list;
	buf_init(&list, 1u << 30);
	buf_putc(&list, '{');
	for (size_t i = 0; i < s->n; i++)
		buf_printf(&list, "%s%lld", i ? "," : "", (long long)s->ids[i]);
	buf_putc(&list, '}');
	s->a = a;
	s->profiles = arena_alloc(a, s->n * sizeof *s->profiles);
	const char *params[] = {domain_id, list.data};
	enum status st = db_each(db, sql_profiles, 2, params, add_profile, s, err);
	buf_free(&list);
	return st;
}

const struct dmarc_profile *profiles_take(const struct profile_set *s, const int64_t *ids, size_t n,
					  struct arena *a)
{
	struct dmarc_profile *out = arena_alloc(a, n * sizeof *out);
	for (size_t i = 0; i < n; i++) {
		struct digest key = hash_fixed128(&ids[i], sizeof ids[i]);
		out[i] = s->profiles[*map_get(&s->index, &key)];
	}
	return out;
}

void profiles_free(struct profile_set *s)
{
	map_free(&s->index);
	free(s->ids);
}
