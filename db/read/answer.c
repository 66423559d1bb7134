/*
 * Months of many domains into their windows. A statement costs a journey to the server and back,
 * so it asks about many domains; what it brings waits as small as it came (a fold is six bytes a
 * record) until its domain's turn.
 */
#include <stdlib.h>

#include "core/mem.h"
#include "db/read/priv.h"

#define CHUNK_DOMAINS 100
#define CHUNK_RECORDS 1000000 /* their sightings are in memory together: 48 MB */
#define FOLDED_SHARE  8       /* a folded record takes an eighth of a sighting */

struct chunk {
	struct answer *q;
	struct answer_month *list;
	size_t n;
	struct month **picked; /* room for n */
	struct map met;        /* reporters */
	int64_t *reporters;
	size_t n_reporters, cap_reporters;
};

static size_t months_of_one(const struct answer_month *list, size_t n)
{
	size_t k = 1;
	while (k < n && list[k].domain == list[0].domain)
		k++;
	return k;
}

static uint64_t weight(const struct answer_month *list, size_t n)
{
	uint64_t sum = 0;
	for (size_t i = 0; i < n; i++)
		sum = count_add(sum, list[i].m.records / (list[i].m.folded ? FOLDED_SHARE : 1));
	return sum;
}

static bool is_there(const struct answer_month *list, size_t n, int64_t domain_id)
{
	for (size_t i = 0; i < n; i++)
		if (list[i].m.domain_id == domain_id)
			return true;
	return false;
}

/* Whole domains, at least one. A domain that is asked for twice begins another chunk. */
static size_t chunk_size(const struct answer_month *list, size_t n)
{
	uint64_t sum = 0;
	size_t i = 0;
	for (size_t domains = 0; i < n && domains < CHUNK_DOMAINS; domains++) {
		size_t k = months_of_one(&list[i], n - i);
		sum = count_add(sum, weight(&list[i], k));
		if (i > 0 && (sum > CHUNK_RECORDS || is_there(list, i, list[i].m.domain_id)))
			break;
		i += k;
	}
	return i;
}

static void meet(struct chunk *c, const int64_t *reporters, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		int64_t id = fold_reporter_id(reporters[i]);
		struct digest key = id_key(id);
		bool fresh;
		map_put(&c->met, &key, &fresh);
		if (!fresh)
			continue;
		c->reporters = MEM_ROOM(c->reporters, c->n_reporters, c->cap_reporters);
		c->reporters[c->n_reporters++] = id;
	}
}

/* One that is not there, of another version or damaged is as good as none: the records are still
 * there. */
static void check_folds(struct chunk *c)
{
	struct arena a = {0};
	for (size_t i = 0; i < c->n; i++) {
		struct month *m = &c->list[i].m;
		int64_t *reporters;
		size_t n;
		struct err why;
		if (!m->folded)
			continue;
		m->folded = m->bytes.len > 0 && fold_read_reporters(m->bytes.data, m->bytes.len, &a,
								    &reporters, &n, &why) == ST_OK;
		if (m->folded)
			meet(c, reporters, n);
		arena_reset(&a);
	}
	arena_free(&a);
}

static enum status read_folded(struct chunk *c, struct err *err)
{
	size_t n = 0;
	for (size_t i = 0; i < c->n; i++)
		if (c->list[i].m.folded)
			c->picked[n++] = &c->list[i].m;
	enum status st = n > 0 ? months_folded(c->q->db, c->picked, n, err) : ST_OK;
	if (st == ST_OK)
		check_folds(c);
	return st;
}

/* The first month after this one that is to be read from records; false: none. */
static bool next_raw(const struct chunk *c, bool any, int32_t *month)
{
	bool found = false;
	int32_t after = *month;
	for (size_t i = 0; i < c->n; i++) {
		const struct month *m = &c->list[i].m;
		if (m->folded || (any && m->month <= after) || (found && m->month >= *month))
			continue;
		*month = m->month;
		found = true;
	}
	return found;
}

static enum status read_raw(struct chunk *c, struct err *err)
{
	enum status st = ST_OK;
	int32_t month = 0;
	for (bool any = false; st == ST_OK && next_raw(c, any, &month); any = true) {
		struct window days = {0};
		size_t n = 0;
		for (size_t i = 0; i < c->n; i++) {
			if (c->list[i].m.folded || c->list[i].m.month != month)
				continue;
			const struct window both[] = {days, c->list[i].days};
			days = n > 0 ? window_span(both, 2) : both[1];
			c->picked[n++] = &c->list[i].m;
		}
		st = months_raw(c->q->db, c->picked, n, days, c->q->a, err);
		for (size_t i = 0; st == ST_OK && i < n; i++)
			meet(c, c->picked[i]->f.reporters, c->picked[i]->f.n_reporters);
	}
	return st;
}

static enum status ask_names(struct chunk *c, struct err *err)
{
	uint32_t *numbers = mem_grow(NULL, c->n_reporters + 1, sizeof *numbers);
	enum status st =
	    names_ask(&c->q->names, c->q->db, c->reporters, c->n_reporters, numbers, err);
	free(numbers);
	return st;
}

/* The numbers of a fold's reporters. Names are known by now, but for a fold that was read anew. */
static enum status number(struct answer *q, const struct fold *f, uint32_t *numbers,
			  struct err *err)
{
	int64_t *ids = mem_grow(NULL, f->n_reporters + 1, sizeof *ids);
	for (size_t i = 0; i < f->n_reporters; i++)
		ids[i] = fold_reporter_id(f->reporters[i]);
	enum status st = names_ask(&q->names, q->db, ids, f->n_reporters, numbers, err);
	for (size_t i = 0; st == ST_OK && i < f->n_reporters; i++)
		numbers[i] = gather_number(numbers[i], fold_reporter_standing(f->reporters[i]));
	free(ids);
	return st;
}

/* A month into all windows of its domain; its memory is given back. */
static enum status give_month(struct answer *q, struct answer_month *at, struct gather *g,
			      struct err *err)
{
	struct month *m = &at->m;
	struct err why;
	enum status st = ST_OK;
	if (m->folded && fold_read(m->bytes.data, m->bytes.len, q->a, &m->f, &why) != ST_OK)
		st = months_raw(q->db, &m, 1, at->days, q->a, err);
	if (st != ST_OK)
		return st;
	uint32_t *numbers = mem_grow(NULL, m->f.n_reporters + 1, sizeof *numbers);
	st = number(q, &m->f, numbers, err);
	for (size_t i = 0; st == ST_OK && i < q->n_windows; i++)
		gather_month(&g[i], &m->f, numbers, m->month);
	free(numbers);
	fold_free(&m->f);
	buf_free(&m->bytes);
	return st;
}

static enum status give_domain(struct answer *q, size_t domain, struct answer_month *list, size_t n,
			       struct err *err)
{
	struct gather *g = mem_alloc(q->n_windows * sizeof *g);
	enum status st = ST_OK;
	for (size_t i = 0; i < q->n_windows; i++)
		g[i].out = &q->out[domain * q->n_windows + i];
	for (size_t i = 0; st == ST_OK && i < n; i++)
		st = give_month(q, &list[i], g, err);
	for (size_t i = 0; i < q->n_windows; i++) {
		if (st == ST_OK)
			gather_finish(&g[i], &q->names, q->a);
		gather_free(&g[i]);
	}
	free(g);
	return st;
}

static enum status answer_chunk(struct answer *q, struct answer_month *list, size_t n,
				struct err *err)
{
	struct chunk c = {.q = q, .list = list, .n = n};
	c.picked = mem_grow(NULL, n, sizeof(struct month *));
	for (size_t i = 0; i < n; i++)
		buf_init(&list[i].m.bytes, FOLD_MAX);
	enum status st = read_folded(&c, err);
	if (st == ST_OK)
		st = read_raw(&c, err);
	if (st == ST_OK)
		st = ask_names(&c, err);
	for (size_t i = 0, k; st == ST_OK && i < n; i += k) {
		k = months_of_one(&list[i], n - i);
		st = give_domain(q, list[i].domain, &list[i], k, err);
	}
	for (size_t i = 0; i < n; i++) {
		fold_free(&list[i].m.f);
		buf_free(&list[i].m.bytes);
	}
	map_free(&c.met);
	free(c.reporters);
	free((void *)c.picked);
	return st;
}

enum status answer_months(struct answer *q, size_t n_domains, struct answer_month *list, size_t n,
			  struct err *err)
{
	enum status st = ST_OK;
	for (size_t i = 0, k; st == ST_OK && i < n; i += k) {
		k = chunk_size(&list[i], n - i);
		st = answer_chunk(q, &list[i], k, err);
	}
	for (size_t d = 0, i = 0; st == ST_OK && d < n_domains; d++)
		if (i < n && list[i].domain == d)
			i += months_of_one(&list[i], n - i);
		else
			st = give_domain(q, d, NULL, 0, err);
	return st;
}
