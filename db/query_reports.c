#include <stdlib.h>
#include <string.h>

#include "core/buf.h"
#include "core/limits.h"
#include "core/mem.h"
#include "db/query_priv.h"
#include "sql.h"

static uint64_t add_up(uint64_t a, uint64_t b)
{
	return b > (uint64_t)INT64_MAX - a ? (uint64_t)INT64_MAX : a + b;
}

/* The index of key, one more than there were when it is new. */
static size_t index_of(struct map *map, const void *key, size_t size, size_t n, bool *fresh)
{
	struct digest d = hash_fixed128(key, size);
	uint64_t *at = map_put(map, &d, fresh);
	if (*fresh)
		*at = n;
	return (size_t)*at;
}

/* list with room for one more. */
#define ROOM(list, n, cap)                                                                         \
	((n) < (cap) ? (list) : mem_grow(list, (cap) = (cap) ? 2 * (cap) : 64, sizeof *(list)))

static void add_reporter(struct report_gather *r, int64_t id, uint64_t messages)
{
	bool fresh;
	size_t i = index_of(&r->reporters, &id, sizeof id, r->n_reporters, &fresh);
	if (fresh) {
		r->by_reporter = ROOM(r->by_reporter, r->n_reporters, r->cap_reporters);
		r->by_reporter[r->n_reporters++] = (struct report_sum){id, 0};
	}
	r->by_reporter[i].messages = add_up(r->by_reporter[i].messages, messages);
}

static void add_day(struct report_gather *r, int32_t day, uint64_t messages, uint64_t pass)
{
	bool fresh;
	size_t i = index_of(&r->days, &day, sizeof day, r->n_days, &fresh);
	if (fresh) {
		r->by_day = ROOM(r->by_day, r->n_days, r->cap_days);
		r->by_day[r->n_days++] = (struct fact_day){.day = day};
	}
	r->by_day[i].messages = add_up(r->by_day[i].messages, messages);
	r->by_day[i].dmarc_pass = add_up(r->by_day[i].dmarc_pass, pass);
}

static struct dmarc_word policy_word(const PGresult *res, int col, struct arena *a)
{
	const char *standard, *raw = result_text(res, 0, col, a);
	struct dmarc_word w = {W_ABSENT, raw};
	if (raw) {
		w.code = dmarc_word_lookup(V_POLICY, raw, strlen(raw), &standard);
		w.text = standard ? standard : raw;
	}
	return w;
}

static void put_word(struct buf *key, const PGresult *res, int col)
{
	int n = PQgetisnull(res, 0, col) ? -1 : PQgetlength(res, 0, col);
	buf_put(key, &n, sizeof n);
	buf_put(key, PQgetvalue(res, 0, col), n > 0 ? (size_t)n : 0);
}

static void add_policy(struct report_gather *r, const PGresult *res, int32_t day)
{
	struct buf key;
	bool fresh;
	buf_init(&key, 64 * KIB);
	for (int col = 4; col < 8; col++)
		put_word(&key, res, col);
	size_t i = index_of(&r->policies, key.data, key.len, r->n_policies, &fresh);
	buf_free(&key);
	if (fresh) {
		r->by_policy = ROOM(r->by_policy, r->n_policies, r->cap_policies);
		r->by_policy[r->n_policies++] = (struct fact_policy){
		    .p = policy_word(res, 4, &r->words),
		    .sp = policy_word(res, 5, &r->words),
		    .pct = PQgetisnull(res, 0, 6) ? -1 : db_int4(res, 0, 6),
		    .testing = db_bool(res, 0, 7),
		    .first_day = day,
		    .last_day = day,
		};
	}
	struct fact_policy *p = &r->by_policy[i];
	p->first_day = day < p->first_day ? day : p->first_day;
	p->last_day = day > p->last_day ? day : p->last_day;
	p->reports++;
}

void reports_add(void *gather, const PGresult *res)
{
	struct report_gather *r = gather;
	int32_t day = db_int4(res, 0, 1) + DB_EPOCH_DAY;
	uint64_t messages = (uint64_t)db_int8(res, 0, 2);
	add_reporter(r, db_int8(res, 0, 0), messages);
	add_day(r, day, messages, (uint64_t)db_int8(res, 0, 3));
	add_policy(r, res, day);
	r->n++;
}

/* One organisation may have several ids: one for each email it used. */
static enum status name_reporters(struct report_gather *r, struct db *db, struct fact_gather *facts,
				  struct arena *a, struct domain_facts *out, struct err *err)
{
	struct fact_reporter *named = arena_alloc(a, r->n_reporters * sizeof *named);
	struct buf list;
	PGresult *res;
	out->reporters = named;
	if (r->n_reporters == 0)
		return ST_OK;
	buf_init(&list, 1u << 30);
	for (size_t i = 0; i < r->n_reporters; i++)
		buf_printf(&list, "%c%lld", i ? ',' : '{', (long long)r->by_reporter[i].id);
	buf_putc(&list, '}');
	const char *param = list.data;
	enum status st = db_query_binary(db, sql_reporter_names, 1, &param, &res, err);
	buf_free(&list);
	if (st != ST_OK)
		return st;
	size_t n = 0;
	for (int i = 0; i < PQntuples(res); i++) {
		bool fresh;
		int64_t id = db_int8(res, i, 0);
		const char *name = PQgetvalue(res, i, 1);
		size_t at = index_of(&r->reporters, &id, sizeof id, r->n_reporters, &fresh);
		if (fresh)
			continue; /* it was not asked for */
		if (n == 0 || strcmp(named[n - 1].org_name, name) != 0)
			named[n++] = (struct fact_reporter){result_text(res, i, 1, a), 0};
		named[n - 1].messages = add_up(named[n - 1].messages, r->by_reporter[at].messages);
		facts_reporter(facts, id, (uint32_t)(n - 1));
	}
	PQclear(res);
	out->n_reporters = n;
	return ST_OK;
}

static int by_day(const void *x, const void *y)
{
	const struct fact_day *a = x, *b = y;
	return (a->day > b->day) - (a->day < b->day);
}

static int by_first_day(const void *x, const void *y)
{
	const struct fact_policy *a = x, *b = y;
	int order = (a->first_day > b->first_day) - (a->first_day < b->first_day);
	if (order == 0)
		order = strcmp(a->p.text ? a->p.text : "", b->p.text ? b->p.text : "");
	if (order == 0)
		order = strcmp(a->sp.text ? a->sp.text : "", b->sp.text ? b->sp.text : "");
	if (order == 0)
		order = (a->pct > b->pct) - (a->pct < b->pct);
	return order ? order : a->testing - b->testing;
}

enum status reports_finish(struct report_gather *r, struct db *db, struct fact_gather *facts,
			   struct arena *a, struct domain_facts *out, struct err *err)
{
	if (r->n_days > 1)
		qsort(r->by_day, r->n_days, sizeof *r->by_day, by_day);
	if (r->n_policies > 1)
		qsort(r->by_policy, r->n_policies, sizeof *r->by_policy, by_first_day);
	struct fact_policy *policies =
	    arena_memdup(a, r->by_policy, r->n_policies * sizeof *policies);
	for (size_t i = 0; i < r->n_policies; i++) {
		struct dmarc_word *words[] = {&policies[i].p, &policies[i].sp};
		for (int k = 0; k < 2; k++)
			words[k]->text = words[k]->text ? arena_strdup(a, words[k]->text) : NULL;
	}
	out->reports = r->n;
	out->days = arena_memdup(a, r->by_day, r->n_days * sizeof *r->by_day);
	out->n_days = r->n_days;
	out->policies = policies;
	out->n_policies = r->n_policies;
	for (size_t i = 0; i < out->n_days; i++) {
		out->messages = add_up(out->messages, out->days[i].messages);
		out->dmarc_pass = add_up(out->dmarc_pass, out->days[i].dmarc_pass);
	}
	return name_reporters(r, db, facts, a, out, err);
}

void reports_free(struct report_gather *r)
{
	map_free(&r->reporters);
	map_free(&r->days);
	map_free(&r->policies);
	free(r->by_reporter);
	free(r->by_day);
	free(r->by_policy);
	arena_free(&r->words);
}
