#include <endian.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/buf.h"
#include "core/day.h"
#include "core/mem.h"
#include "db/array_text.h"
#include "db/copy.h"
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

/* A list that is stored as one text (copy_list()). NULL has no elements. */
static const char **result_list(const PGresult *res, int row, int col, struct arena *a, unsigned *n)
{
	char *at = (char *)result_text(res, row, col, a);
	*n = 0;
	if (!at)
		return NULL;
	*n = 1;
	for (const char *s = at; (s = strpbrk(s, LIST_NEXT)); s++)
		++*n;
	const char **out = arena_alloc(a, *n * sizeof *out);
	for (unsigned i = 0; i < *n; i++) {
		char *element = strsep(&at, LIST_NEXT);
		out[i] = strcmp(element, LIST_NULL) == 0 ? NULL : element;
	}
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

struct dmarc_word result_word(const PGresult *res, int row, int col, enum dmarc_vocabulary v,
			      struct arena *a)
{
	return word(v, result_text(res, row, col, a));
}

/* Lists in step: the first tells how many; one that is not there is all nulls. */
static unsigned read_columns(const PGresult *res, int row, int first, int columns, struct arena *a,
			     const char ***out)
{
	unsigned n, k;
	out[0] = result_list(res, row, first, a, &n);
	for (int i = 1; i < columns; i++) {
		out[i] = result_list(res, row, first + i, a, &k);
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
	p->disposition = result_word(res, row, 4, V_DISPOSITION, a);
	p->eval_dkim = result_word(res, row, 5, V_EVALUATED, a);
	p->eval_spf = result_word(res, row, 6, V_EVALUATED, a);
	read_auth(res, row, a, p);
	p->adkim = result_word(res, row, 17, V_ALIGNMENT, a);
	p->aspf = result_word(res, row, 18, V_ALIGNMENT, a);
	p->aligned_dkim = db_bool(res, row, 19);
	p->aligned_spf = db_bool(res, row, 20);
	if (!dmarc_cell_parse(result_text(res, row, 21, a), &p->cell))
		p->cell = CELL_F10;
	p->flags = (unsigned)db_int4(res, row, 22);
}

int64_t profile_number(const struct dmarc_profile *p)
{
	uint64_t v;
	memcpy(&v, p->digest.b, sizeof v);
	return (int64_t)be64toh(v);
}

/* What is read, and where it goes. */
struct reading {
	struct map index; /* id -> index into out */
	struct dmarc_profile *out;
	struct arena *a;
};

static void add_profile(void *ctx, const PGresult *res)
{
	struct reading *r = ctx;
	struct digest key = id_key(db_int8(res, 0, 0));
	const uint64_t *i = map_get(&r->index, &key);
	if (i)
		read_profile(res, 0, r->a, &r->out[*i]);
}

enum status profiles_read(struct db *db, const char *domain_id, int32_t month, const int64_t *ids,
			  size_t n, struct arena *a, struct dmarc_profile *out, struct err *err)
{
	struct reading r = {.out = out, .a = a};
	struct buf list;
	char first[DAY_STRLEN];
	buf_init(&list, 1u << 30);
	for (size_t i = 0; i < n; i++) {
		struct digest key = id_key(ids[i]);
		*map_put(&r.index, &key, NULL) = i;
		out[i] = (struct dmarc_profile){0};
		array_put_number(&list, ids[i]);
	}
	const char *params[] = {domain_id, day_format(month_first_day(month), first),
				array_close(&list)};
	enum status st = db_each(db, sql_profiles, 3, params, add_profile, &r, err);
	buf_free(&list);
	map_free(&r.index);
	return st;
}
