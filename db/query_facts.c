#include <stdlib.h>
#include <string.h>

#include "core/day.h"
#include "core/mem.h"
#include "db/query_priv.h"

static struct digest id_key(int64_t id)
{
	return hash_fixed128(&id, sizeof id);
}

void facts_reporter(struct fact_gather *f, int64_t id, uint32_t index)
{
	struct digest key = id_key(id);
	*map_put(&f->reporters, &key, NULL) = index;
}

/* A fact is of one month: nothing of the last one is looked up again. */
void facts_month(struct fact_gather *f, int32_t month)
{
	f->month = month;
	map_clear(&f->index);
	map_clear(&f->pairs);
}

static uint32_t profile_index(struct fact_gather *f, int64_t id)
{
	struct digest key = id_key(id);
	bool fresh;
	uint64_t *i = map_put(&f->profiles, &key, &fresh);
	if (fresh) {
		if (f->n_profiles == f->cap_profiles) {
			f->cap_profiles = f->cap_profiles ? 2 * f->cap_profiles : 256;
			f->profile_ids =
			    mem_grow(f->profile_ids, f->cap_profiles, sizeof *f->profile_ids);
		}
		f->profile_ids[f->n_profiles] = id;
		*i = f->n_profiles++;
	}
	return (uint32_t)*i;
}

static uint32_t fact_index(struct fact_gather *f, const struct ip *source, int64_t profile_id)
{
	struct {
		int64_t profile_id;
		uint64_t family; /* no hole in it: its bytes are hashed */
		uint8_t address[16];
	} key = {profile_id, source->family, {0}};
	bool fresh;
	memcpy(key.address, source->b, sizeof key.address);
	struct digest d = hash_fixed128(&key, sizeof key);
	uint64_t *i = map_put(&f->index, &d, &fresh);
	if (fresh) {
		if (f->n == f->cap) {
			f->cap = f->cap ? 2 * f->cap : 1024;
			f->facts = mem_grow(f->facts, f->cap, sizeof *f->facts);
		}
		f->facts[f->n] = (struct fact){
		    .source = *source, .profile = profile_index(f, profile_id), .month = f->month};
		*i = f->n++;
	}
	return (uint32_t)*i;
}

/* Each reporter of a fact once. */
static void add_reporter(struct fact_gather *f, uint32_t fact, uint32_t reporter)
{
	struct fact_seen pair = {fact, reporter};
	struct digest d = hash_fixed128(&pair, sizeof pair);
	bool fresh;
	map_put(&f->pairs, &d, &fresh);
	if (!fresh)
		return;
	if (f->n_seen == f->cap_seen) {
		f->cap_seen = f->cap_seen ? 2 * f->cap_seen : 1024;
		f->seen = mem_grow(f->seen, f->cap_seen, sizeof *f->seen);
	}
	f->seen[f->n_seen++] = pair;
	f->facts[fact].n_reporters++;
}

static void add(struct fact_gather *f, uint32_t fact, uint64_t messages, uint64_t records,
		uint32_t days, const uint64_t *reporter)
{
	struct fact *to = &f->facts[fact];
	to->messages = messages > INT64_MAX - to->messages ? INT64_MAX : to->messages + messages;
	to->records += records;
	to->days |= days;
	if (reporter) /* a fold may know reporters whose reports were pruned */
		add_reporter(f, fact, (uint32_t)*reporter);
}

void facts_add_records(void *gather, const PGresult *res)
{
	struct fact_gather *f = gather;
	struct array source = array_open(res, 0, 0), profile = array_open(res, 0, 1),
		     messages = array_open(res, 0, 2);
	struct digest key = id_key(db_int8(res, 0, 3));
	const uint64_t *reporter = map_get(&f->reporters, &key);
	int32_t first = month_first_day(f->month);
	uint32_t day = UINT32_C(1) << (db_int4(res, 0, 4) + DB_EPOCH_DAY - first);
	for (unsigned i = 0; i < source.n && i < profile.n && i < messages.n; i++) {
		struct ip ip = array_inet(&source);
		uint32_t fact = fact_index(f, &ip, array_int8(&profile));
		add(f, fact, (uint64_t)array_int8(&messages), 1, day, reporter);
	}
}

void facts_add_folded(void *gather, const PGresult *res)
{
	struct fact_gather *f = gather;
	struct array source = array_open(res, 0, 0), profile = array_open(res, 0, 1),
		     messages = array_open(res, 0, 2), reporter = array_open(res, 0, 3),
		     days = array_open(res, 0, 4), records = array_open(res, 0, 5);
	for (unsigned i = 0; i < source.n; i++) {
		struct ip ip = array_inet(&source);
		uint32_t fact = fact_index(f, &ip, array_int8(&profile));
		struct digest key = id_key(array_int8(&reporter));
		uint64_t n = (uint64_t)array_int8(&messages);
		uint64_t n_records = (uint64_t)array_int8(&records);
		add(f, fact, n, n_records, (uint32_t)array_int4(&days),
		    map_get(&f->reporters, &key));
	}
}

static int compare_facts(const void *x, const void *y)
{
	const struct fact *a = x, *b = y;
	int order = ip_cmp(&a->source, &b->source);
	if (order == 0)
		order = (a->month > b->month) - (a->month < b->month);
	if (order == 0)
		order = (a->profile > b->profile) - (a->profile < b->profile);
	return order;
}

static int compare_ids(const void *x, const void *y)
{
	const int64_t a = *(const int64_t *)x, b = *(const int64_t *)y;
	return (a > b) - (a < b);
}

static int compare_indexes(const void *x, const void *y)
{
	const uint32_t a = *(const uint32_t *)x, b = *(const uint32_t *)y;
	return (a > b) - (a < b);
}

/* Number the profiles by id, not as the rows happened to come: the same question gets the same
 * answer, folded or raw. */
static void order_profiles(struct fact_gather *f)
{
	uint32_t *renumber = mem_grow(NULL, f->n_profiles + 1, sizeof *renumber);
	if (f->n_profiles > 1)
		qsort(f->profile_ids, f->n_profiles, sizeof *f->profile_ids, compare_ids);
	for (size_t i = 0; i < f->n_profiles; i++) {
		struct digest key = id_key(f->profile_ids[i]);
		renumber[*map_get(&f->profiles, &key)] = (uint32_t)i;
	}
	for (size_t i = 0; i < f->n; i++)
		f->facts[i].profile = renumber[f->facts[i].profile];
	free(renumber);
}

/* One block for all; each fact has its slice, in order. */
static void hand_out_reporters(struct fact_gather *f, struct arena *a)
{
	uint32_t *block = arena_alloc(a, f->n_seen * sizeof *block);
	uint32_t **slice = mem_grow(NULL, f->n + 1, sizeof *slice);
	for (size_t i = 0; i < f->n; i++) {
		f->facts[i].reporters = slice[i] = block;
		block += f->facts[i].n_reporters;
	}
	for (size_t i = 0; i < f->n_seen; i++)
		*slice[f->seen[i].fact]++ = f->seen[i].reporter;
	for (size_t i = 0; i < f->n; i++) {
		uint32_t n = f->facts[i].n_reporters;
		if (n > 1)
			qsort(slice[i] - n, n, sizeof **slice, compare_indexes);
	}
	free(slice);
}

int64_t *facts_finish(struct fact_gather *f, struct arena *a, struct domain_facts *out)
{
	hand_out_reporters(f, a);
	order_profiles(f);
	if (f->n > 1)
		qsort(f->facts, f->n, sizeof *f->facts, compare_facts);
	out->facts = arena_memdup(a, f->facts, f->n * sizeof *f->facts);
	out->n_facts = f->n;
	out->n_profiles = f->n_profiles;
	return f->profile_ids;
}

void facts_free(struct fact_gather *f)
{
	map_free(&f->profiles);
	map_free(&f->reporters);
	map_free(&f->index);
	map_free(&f->pairs);
	free(f->profile_ids);
	free(f->facts);
	free(f->seen);
}
