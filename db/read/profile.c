#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/buf.h"
#include "core/day.h"
#include "core/mem.h"
#include "db/pg/array_text.h"
#include "db/pg/result.h"
#include "db/read/priv.h"
#include "sql.h"

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
					      stored_word(V_RESULT, column[2][i]), column[3][i]};
	p->dkim = dkim;
	p->n_dkim = n;
	n = read_columns(res, row, 11, 4, a, column);
	struct dmarc_spf *spf = arena_alloc(a, n * sizeof *spf);
	for (unsigned i = 0; i < n; i++)
		spf[i] = (struct dmarc_spf){column[0][i], stored_word(V_SCOPE, column[1][i]),
					    stored_word(V_RESULT, column[2][i]), column[3][i]};
	p->spf = spf;
	p->n_spf = n;
	n = read_columns(res, row, 15, 2, a, column);
	struct dmarc_reason *reasons = arena_alloc(a, n * sizeof *reasons);
	for (unsigned i = 0; i < n; i++)
		reasons[i] =
		    (struct dmarc_reason){stored_word(V_REASON, column[0][i]), column[1][i]};
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

/* Which profile of which domain. */
static struct digest key_of(int64_t domain_id, int64_t id)
{
	const int64_t both[] = {domain_id, id};
	return hash_fixed128(both, sizeof both);
}

/* What is read, and where it goes. */
struct reading {
	struct map index; /* key_of() -> index into wanted */
	const struct profile_wanted *wanted;
	struct arena *a;
};

static void add_profile(void *ctx, const PGresult *res)
{
	struct reading *r = ctx;
	struct digest key = key_of(db_int8(res, 0, 23), db_int8(res, 0, 0));
	const uint64_t *i = map_get(&r->index, &key);
	if (i)
		read_profile(res, 0, r->a, r->wanted[*i].out);
}

enum status profiles_read(struct db *db, int32_t month, const struct profile_wanted *wanted,
			  size_t n, struct arena *a, struct err *err)
{
	struct reading r = {.wanted = wanted, .a = a};
	struct buf domains, ids;
	char first[DAY_STRLEN];
	buf_init(&domains, MONTH_LIST_MAX);
	buf_init(&ids, MONTH_LIST_MAX);
	for (size_t i = 0; i < n; i++) {
		struct digest key = key_of(wanted[i].domain_id, wanted[i].id);
		*map_put(&r.index, &key, NULL) = i;
		*wanted[i].out = (struct dmarc_profile){0};
		array_put_number(&domains, wanted[i].domain_id);
		array_put_number(&ids, wanted[i].id);
	}
	const char *params[] = {array_close(&domains), day_format(month_first_day(month), first),
				array_close(&ids)};
	enum status st = db_each(db, sql_profiles, 3, params, add_profile, &r, err);
	buf_free(&domains);
	buf_free(&ids);
	map_free(&r.index);
	return st;
}
